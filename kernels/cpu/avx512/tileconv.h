/* SPDX-License-Identifier: MIT
 *
 * tileconv — convolution in bf16 by matrix tiles (CPU)
 *
 * Private to the library. For processors with AMX. The order of the sums does
 * not depend on the number of threads. */
#pragma once

#include "cpu/dnnl/nfdnnlproblem.h"
#include "cpu/nfcpu.h"

G_BEGIN_DECLS

/**
 * NfTileInput:
 * @x: (N, H, W, C) in bf16
 * @c: its channels
 * @up: whether it is half as large as the convolution says, and counts as
 *   nearest x2
 *
 * One of the inputs whose channels stand side by side.
 */
typedef struct
{
  gconstpointer x;
  gint64 c;
  gboolean up;
} NfTileInput;

/**
 * NfTileConv:
 * @conv: the convolution, of all inputs together
 * @weight: (O, C, k, k); a form of it is kept with it
 * @bias: (nullable): O values
 * @residual: (nullable): (N, OH, OW, O) in bf16, added before gain and
 *   activation
 * @y: (N, OH, OW, O) in bf16
 * @n_in: how many inputs
 * @in: the inputs; only the first may be @up
 *
 * A convolution and where its tensors lie.
 */
typedef struct
{
  NfDnnlConv conv;
  NfTensor *weight;
  const gfloat *bias;
  gconstpointer residual;
  gpointer y;
  guint n_in;
  NfTileInput in[NF_OP_MAX_INPUTS];
} NfTileConv;

gboolean nf_tile_conv_fits (const NfTileConv *conv);
gboolean nf_tile_conv_forward (
    NfDevice *device, const NfTileConv *conv, GError **error);

G_END_DECLS
