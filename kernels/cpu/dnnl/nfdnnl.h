/* SPDX-License-Identifier: MIT
 *
 * nfdnnl — oneDNN for the CPU backend: convolution, pooling, softmax, matmul
 *
 * Private to the library. Primitives are made once for each problem and kept;
 * a weight's packed copy is kept with the weight until it changes. Calls may
 * come from several threads at once. Activations are channels-last.
 *
 * From the ground up: nfdnnlcompat.h (oneDNN's versions), nfdnnlproblem.h (what
 * is computed), nfdnnlplan.c (primitives), nfdnnlweight.c (weights in their
 * layouts), and this. */
#pragma once

#include "cpu/dnnl/nfdnnlproblem.h"
#include "cpu/bf16.h"

G_BEGIN_DECLS

gboolean nf_dnnl_lacks_bf16 (const NfOpCall *call);

gboolean nf_dnnl_conv_forward (NfDevice *device, const NfDnnlConv *conv,
    gconstpointer x, NfTensor *weight, const gfloat *bias, gpointer y,
    GError **error);
gboolean nf_dnnl_conv_backward_data (NfDevice *device, const NfDnnlConv *conv,
    gconstpointer dy, NfTensor *weight, gpointer dx, GError **error);
gboolean nf_dnnl_conv_backward_weights (NfDevice *device,
    const NfDnnlConv *conv, gconstpointer x, gconstpointer dy, gfloat *dweight,
    gfloat *dbias, GError **error);

gboolean nf_dnnl_max_pool_forward (NfDevice *device, const NfDnnlPool *pool,
    gconstpointer x, gpointer y, NfTensor **workspace, GError **error);
gboolean nf_dnnl_max_pool_backward (NfDevice *device, const NfDnnlPool *pool,
    gconstpointer dy, NfTensor *workspace, gpointer dx, GError **error);

gboolean nf_dnnl_softmax_forward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *x, gfloat *y, GError **error);
gboolean nf_dnnl_softmax_backward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *y, const gfloat *dy, gfloat *dx, GError **error);

gboolean nf_dnnl_matmul (NfDevice *device, const NfDnnlMatmul *matmul,
    gconstpointer a, gconstpointer b, gpointer c, GError **error);

/* C = alpha op (A) op (B) + beta C, row-major, C is m x n */
gboolean nf_dnnl_gemm (gboolean trans_a, gboolean trans_b, gint64 m, gint64 n,
    gint64 k, gfloat alpha, const gfloat *a, gint64 lda, const gfloat *b,
    gint64 ldb, gfloat beta, gfloat *c, gint64 ldc, GError **error);

G_END_DECLS
