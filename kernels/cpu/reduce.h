/* SPDX-License-Identifier: MIT
 *
 * reduce — sums whose bits do not depend on the number of threads (CPU)
 *
 * The items are cut into pieces by their number alone. Each piece is summed by
 * one thread, and the pieces are added in their order. Sums are doubles. */
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

gboolean nf_cpu_sum (gsize n_items, gsize item_size, NfCpuPartialSum partial,
    gconstpointer data, gdouble *total, GError **error);
gsize nf_cpu_piece (gsize item_size);

gboolean nf_cpu_channel_sums (const NfTensor *a, const NfTensor *b, gint64 from,
    gint64 count, gdouble *sum_a, gdouble *sum_ab, GError **error);
gboolean nf_cpu_sum_rows (const NfTensor *x, NfTensor *sum, GError **error);

G_END_DECLS
