/* SPDX-License-Identifier: MIT
 *
 * graphnet — a small function of tensors for tests of nfgraph */
#include "graphnet.h"

#include <string.h>

NfTensor *
nf_test_net_input (NfDevice *device, gint64 h, guint64 seed)
{
  NfRandnParams params = { 2, 3, h, 5, { seed, 0, NF_RNG_TEST } };
  g_autoptr (GError) error = NULL;
  NfTensor *x = nf_op_randn (device, &params, &error);

  g_assert_no_error (error);
  return x;
}

/* data: a NfTestNet; silu (a + 2 b) (1 + gain) + gain + a, with values that live shortly in between */
NfTensor *
nf_test_net_run (gpointer data, NfTensor *const *in, GError **error)
{
  static const NfAxpbyParams first = { 1.0f, 2.0f, NF_ACT_NONE };
  static const NfAxpbyParams last = { 1.0f, 1.0f, NF_ACT_NONE };
  NfTestNet *net = data;
  g_autoptr (NfTensor) sum = nf_op_axpby (in[0], in[1], &first, error);
  g_autoptr (NfTensor) act = nf_op_activation (sum, NF_ACT_SILU, error);
  g_autoptr (NfTensor) mod = NULL;

  net->calls++;
  if (act != NULL && net->fails) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "planted");
    return NULL;
  }
  mod = nf_op_modulate (act, net->gain, net->gain, error);
  return nf_op_axpby (mod, in[0], &last, error);
}

void
nf_test_assert_same_bits (const NfTensor *a, const NfTensor *b)
{
  g_autofree guint8 *left = g_malloc (a->bytes);
  g_autofree guint8 *right = g_malloc (a->bytes);
  g_autoptr (GError) error = NULL;

  g_assert_true (nf_tensor_same_shape (a, b));
  nf_tensor_to_nhwc (a, left, &error);
  g_assert_no_error (error);
  nf_tensor_to_nhwc (b, right, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (left, a->bytes, right, b->bytes);
}

/* runs the graph and the function on new inputs of @h rows */
void
nf_test_net_check (
    NfGraph *graph, NfTestNet *net, NfDevice *device, gint64 h, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) a = nf_test_net_input (device, h, seed);
  g_autoptr (NfTensor) b = nf_test_net_input (device, h, seed + 1000);
  NfTensor *in[] = { a, b };
  g_autoptr (NfTensor) got = nf_graph_run (graph, in, 2, &error);
  g_autoptr (NfTensor) want = NULL;

  g_assert_no_error (error);
  want = nf_test_net_run (net, in, &error);
  g_assert_no_error (error);
  nf_test_assert_same_bits (got, want);
}
