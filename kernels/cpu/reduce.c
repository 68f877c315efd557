/* SPDX-License-Identifier: MIT
 *
 * reduce — sums whose bits do not depend on the number of threads (CPU)
 *
 * Used by loss.c and optim.c. */
#include "cpu/reduce.h"

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
 *
 * Returns: the sum over all items
 */
gdouble
nf_cpu_sum (
    gsize n_items, gsize item_size, NfCpuPartialSum partial, gconstpointer data)
{
  const gsize piece = nf_cpu_piece (item_size);
  const gsize n_pieces = (n_items + piece - 1) / piece;
  g_autofree gdouble *sums = g_new (gdouble, MAX (1, n_pieces));
  gdouble total = 0;

#pragma omp parallel for if (n_pieces > 1)
  for (gsize i = 0; i < n_pieces; i++)
    sums[i] = partial (data, i * piece, MIN (n_items, (i + 1) * piece));
  for (gsize i = 0; i < n_pieces; i++)
    total += sums[i];
  return total;
}
