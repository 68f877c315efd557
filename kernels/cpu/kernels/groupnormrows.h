/* SPDX-License-Identifier: MIT
 *
 * groupnormrows — the passes of group norm over a sample's values (CPU)
 *
 * Two forward (groupnormrows.c), two backward (groupnormback.c). Private to
 * groupnorm.c. Values are f32, or bf16 with f32 between. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

/* the channels that come from one of the inputs x and skip */
typedef struct
{
  const guint8 *x; /* of the first row */
  gint64 from, count; /* channels of the whole */
} NfNormSource;

/* some rows (pixels) of one sample */
typedef struct
{
  gint64 c; /* of all sources together */
  NfNormSource sources[2];
  guint n_sources;
  const gfloat *abst; /* c each: a and b of a x + b, 1 + scale and shift of the
                         time */
  const guint8 *scale, *shift; /* maps of the first row, or NULL */
  gint64 map_step; /* from row to row of a map */
  guint8 *y; /* the first row's result */
  gboolean silu, bf16;
} NfNormRows;

/* what the backward pass needs beside: of the first row as well */
typedef struct
{
  NfNormRows rows; /* without y */
  const guint8 *dy;
  gfloat *dg; /* (out): gradient of a x + b */
  guint8 *dscale, *dshift; /* (out): of the maps, or NULL */
  gboolean add; /* to what is in them */
} NfNormBack;

void nf_cpu_norm_rows (const NfNormRows *k, gint64 rows);
gboolean nf_cpu_norm_sums (const NfTensor *x, gint64 sample, gint64 per,
    gdouble *sums, gdouble *squares, GError **error);
void nf_cpu_norm_back_rows (const NfNormBack *k, gint64 rows, gdouble *sums);
void nf_cpu_norm_finish_rows (const NfNormRows *k, const gfloat *dg,
    gint64 rows, const gfloat *pqs, guint8 *const dx[2]);

G_END_DECLS
