/* SPDX-License-Identifier: MIT
 *
 * reduce — sums whose bits do not depend on the number of threads (CPU) */
#include "cpu/reduce.h"
#include "core/tensor/nfhostroom.h"
#include "cpu/nfvec.h"

#include <string.h>

#define PARTS 32 /* at most, of a matrix's rows */

/**
 * nf_cpu_piece:
 * @item_size: elements an item has
 *
 * Returns: how many items a piece has; depends on nothing else
 */
gsize
nf_cpu_piece (gsize item_size)
{
  return MAX (1, NF_CPU_GRAIN / MAX (1, item_size));
}

/**
 * nf_cpu_sum:
 * @n_items: how many items
 * @item_size: elements an item has
 * @partial: sums a piece; called from several threads
 * @data: for @partial
 * @total: (out): the sum over all items
 * @error: return location
 *
 * Returns: whether there was memory for it
 */
gboolean
nf_cpu_sum (gsize n_items, gsize item_size, NfCpuPartialSum partial,
    gconstpointer data, gdouble *total, GError **error)
{
  const gsize piece = nf_cpu_piece (item_size);
  const gsize n_pieces = (n_items + piece - 1) / piece;
  g_autofree gdouble *sums = nf_host_room (n_pieces * sizeof *sums, error);

  if (sums == NULL)
    return FALSE;
#pragma omp parallel for if (n_pieces > 1)
  for (gsize i = 0; i < n_pieces; i++)
    sums[i] = partial (data, i * piece, MIN (n_items, (i + 1) * piece));
  *total = 0;
  for (gsize i = 0; i < n_pieces; i++)
    *total += sums[i];
  return TRUE;
}

/* ------------------------- over the rows of a matrix of channels-last pixels */

static inline __attribute__ ((always_inline)) void
sums_body (gconstpointer a, gconstpointer b, gint64 rows, gint64 c,
    gboolean bf16, gdouble *restrict sum_a, gdouble *restrict sum_ab)
{
  for (gint64 at = 0; at < rows * c; at += c)
    for (gint64 i = 0; i < c; i++) {
      gdouble x = (gdouble) nf_vec_load (a, at + i, bf16);

      sum_a[i] += x;
      if (b != NULL)
        sum_ab[i] += x * (gdouble) nf_vec_load (b, at + i, bf16);
    }
}

NF_KERNEL (static, void, part_sums,
    (gconstpointer a, gconstpointer b, gint64 rows, gint64 c, gboolean bf16,
        gdouble *sum_a, gdouble *sum_ab),
    (a, b, rows, c, bf16, sum_a, sum_ab))
{
  if (bf16 && b != NULL)
    sums_body (a, b, rows, c, TRUE, sum_a, sum_ab);
  else if (bf16)
    sums_body (a, NULL, rows, c, TRUE, sum_a, sum_ab);
  else if (b != NULL)
    sums_body (a, b, rows, c, FALSE, sum_a, sum_ab);
  else
    sums_body (a, NULL, rows, c, FALSE, sum_a, sum_ab);
}

/**
 * nf_cpu_channel_sums:
 * @a: f32 or bf16
 * @b: (nullable): same shape and type
 * @from: first sample
 * @count: how many samples
 * @sum_a: (out): a sum of a for each channel
 * @sum_ab: (out) (nullable): a sum of a b for each, where @b is given
 * @error: return location
 *
 * Returns: whether there was memory for it
 */
gboolean
nf_cpu_channel_sums (const NfTensor *a, const NfTensor *b, gint64 from,
    gint64 count, gdouble *sum_a, gdouble *sum_ab, GError **error)
{
  gint64 c = a->c, rows = count * a->h * a->w;
  gint64 per = MAX ((rows + PARTS - 1) / PARTS, NF_CPU_GRAIN / c + 1);
  gint64 parts = (rows + per - 1) / per;
  gsize row = (gsize) c * nf_dtype_size (a->dtype);
  gsize begin = (gsize) (from * a->h * a->w) * row;
  g_autofree gdouble *room =
      nf_host_zeros ((gsize) (parts * 2 * c) * sizeof *room, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel for if (parts > 1)
  for (gint64 p = 0; p < parts; p++) {
    gsize at = begin + (gsize) (p * per) * row;

    part_sums ((const guint8 *) a->data + at,
        b != NULL ? (const guint8 *) b->data + at : NULL,
        MIN (per, rows - p * per), c, a->dtype == NF_BF16, room + p * 2 * c,
        room + (p * 2 + 1) * c);
  }
  memset (sum_a, 0, (gsize) c * sizeof *sum_a);
  if (b != NULL)
    memset (sum_ab, 0, (gsize) c * sizeof *sum_ab);
  for (gint64 p = 0; p < parts; p++) {
    for (gint64 i = 0; i < c; i++)
      sum_a[i] += room[p * 2 * c + i];
    for (gint64 i = 0; b != NULL && i < c; i++)
      sum_ab[i] += room[(p * 2 + 1) * c + i];
  }
  return TRUE;
}

/**
 * nf_cpu_sum_rows:
 * @x: f32 or bf16
 * @sum: (out): f32, a sum for each channel
 * @error: return location
 *
 * Returns: whether there was memory for it
 */
gboolean
nf_cpu_sum_rows (const NfTensor *x, NfTensor *sum, GError **error)
{
  g_autofree gdouble *total =
      nf_host_room ((gsize) x->c * sizeof *total, error);

  if (total == NULL
      || !nf_cpu_channel_sums (x, NULL, 0, x->n, total, NULL, error))
    return FALSE;
  for (gint64 i = 0; i < x->c; i++)
    nf_cpu_f32 (sum)[i] = (gfloat) total[i];
  return TRUE;
}
