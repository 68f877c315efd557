/* SPDX-License-Identifier: MIT
 *
 * reduce — sums whose bits do not depend on the number of threads (CPU)
 *
 * The items are cut into pieces of fixed size, each piece is summed by one
 * thread, and the pieces are added in their order. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

/**
 * NfCpuPartialSum:
 * @data: what the caller passed
 * @from: first item
 * @to: end of the items
 *
 * Returns: the sum over the items @from to @to - 1
 */
typedef gdouble (*NfCpuPartialSum) (gconstpointer data, gsize from, gsize to);

gdouble nf_cpu_sum (gsize n_items, gsize item_size, NfCpuPartialSum partial,
    gconstpointer data);
gsize nf_cpu_piece (gsize item_size);

G_END_DECLS
