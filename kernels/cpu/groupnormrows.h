/* SPDX-License-Identifier: MIT
 *
 * groupnormrows — the two passes of group norm over a sample's values (CPU)
 *
 * Private to groupnorm.c. Values are f32, or bf16 with f32 between. */
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
  guint8 *y; /* the first row's result */
  gboolean silu, bf16;
} NfNormRows;

void nf_cpu_norm_rows (const NfNormRows *k, gint64 rows);
void nf_cpu_norm_sums (const NfTensor *x, gint64 sample, gint64 per,
    gdouble *sums, gdouble *squares);

G_END_DECLS
