/* SPDX-License-Identifier: MIT
 *
 * panelmatmul — rows times a matrix in panels, in f32 (CPU)
 *
 * Private to the CPU backend. For products of a few thousand rows with matrices
 * of some hundred columns. Libraries that are made for large products spend
 * most of the time on preparing such small ones. The order of the sums does not
 * depend on the number of threads. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

/**
 * NfMatrix:
 * @k: rows
 * @n: columns, divisible by 32
 * @data: its first element
 * @ld: from one row to the next, or where it is @transposed from column to
 *   column
 * @transposed: its columns lie together, not its rows
 *
 * The right factor of a product.
 */
typedef struct
{
  gint64 k, n;
  const gfloat *data;
  gint64 ld;
  gboolean transposed;
} NfMatrix;

gboolean nf_panel_matmul_fits (gint64 rows, const NfMatrix *b);
void nf_panel_matmul_pack (
    const NfMatrix *b, gint64 from, gint64 count, gfloat *panels);
void nf_panel_matmul_run (gint64 rows, const gfloat *x, gint64 ldx,
    const NfMatrix *b, const gfloat *panels, const gfloat *bias, gboolean add,
    gfloat *y, gint64 ldy);
gboolean nf_panel_matmul_multiply (NfDevice *device, gint64 rows,
    const gfloat *x, gint64 ldx, const NfMatrix *b, const gfloat *bias,
    gboolean add, gfloat *y, gint64 ldy, GError **error);

G_END_DECLS
