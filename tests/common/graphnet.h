/* SPDX-License-Identifier: MIT
 *
 * graphnet — a small function of tensors for tests of nfgraph */
#pragma once

#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/random/nfrng.h>

G_BEGIN_DECLS

/**
 * NfTestNet:
 * @gain: does not change
 * @calls: of nf_test_net_run()
 * @fails: whether it shall fail from now on
 */
typedef struct
{
  NfTensor *gain;
  guint calls;
  gboolean fails;
} NfTestNet;

NfTensor *nf_test_net_input (NfDevice *device, gint64 h, guint64 seed);
NfTensor *nf_test_net_run (gpointer data, NfTensor *const *in, GError **error);
void nf_test_net_check (
    NfGraph *graph, NfTestNet *net, NfDevice *device, gint64 h, guint64 seed);
void nf_test_assert_same_bits (const NfTensor *a, const NfTensor *b);

G_END_DECLS
