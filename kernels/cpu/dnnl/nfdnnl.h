/* SPDX-License-Identifier: MIT
 *
 * nfdnnl — oneDNN for the CPU backend: convolution, pooling, softmax, matmul
 *
 * Private to the library. Primitives are made once for each problem and kept;
 * a weight's packed copy is kept with the weight until it changes. Calls may
 * come from several threads at once. Activations are channels-last. */
#pragma once

#include "cpu/flow.h"

G_BEGIN_DECLS

/**
 * NfDnnlConv:
 *
 * A convolution (N, C, H, W) -> (N, O, OH, OW); also the key it is kept under,
 * so clear it before filling it in.
 */
typedef struct
{
  gint64 n, c, h, w, o, oh, ow;
  gint64 kh, kw, stride, pad;
  gint64 act; /* NfAct, forward only */
  gint64 bias; /* TRUE where there is one */
  gint64 residual; /* TRUE where y holds one; forward only */
  gdouble gain; /* before act, forward only */
  gint64 bf16; /* TRUE where x and y are bf16, not f32 */
} NfDnnlConv;

/**
 * NfDnnlPool:
 *
 * A max pooling (N, C, H, W) -> (N, C, OH, OW).
 */
typedef struct
{
  gint64 n, c, h, w, oh, ow;
  gint64 kernel, stride, pad;
  gint64 bf16; /* TRUE where x and y are bf16, not f32 */
} NfDnnlPool;

/**
 * NfDnnlMatmul:
 *
 * C = op (A) op (B), row-major, op (A) is m x k, op (B) k x n; the ld of each is
 * the distance of its rows. A and B are bf16 or f32, and so is C.
 */
typedef struct
{
  gint64 m, n, k, lda, ldb, ldc;
  gint64 trans_b, bf16, c_bf16, trans_a; /* booleans */
} NfDnnlMatmul;

/**
 * NfDnnlPart:
 *
 * Which part of a weight: @count input channels from @from on; @phases: as four
 * 2x2 kernels, for an upsampled input, see convcat.c; @transposed: the weight is
 * a matrix [in, out], see matmul.c; @points: for winograd.c; @back: inputs and
 * results in each other's place.
 */
typedef struct
{
  gint64 from, count;
  gboolean phases, transposed, points, back;
} NfDnnlPart;

/* makes the part `to`, whose shape is that of out, of the weight's elements;
 * called with a lock held */
typedef void (*NfDnnlPartFill) (const NfTensor *weight, const gfloat *from,
    const NfDnnlPart *part, const NfTensor *out, gfloat *to);

gboolean nf_dnnl_lacks_bf16 (const NfOpCall *call);
NfDnnl *nf_dnnl_new (GError **error);
void nf_dnnl_free (NfDnnl *dnnl);

NfTensor *nf_dnnl_weight_part (NfDevice *device, NfTensor *weight,
    const NfDnnlPart *part, NfDnnlPartFill fill, GError **error);

void nf_dnnl_weight_forget (NfTensor *weight);

#define NF_DNNL_LARGE ((gsize) 1 << 20) /* bytes: worth being packed again */

/* a weight that is being trained changes before its next use, and a large one
 * that runs but once a block of frames is better packed anew; returns `ok` */
static inline gboolean
nf_dnnl_done_with (
    NfTensor *weight, gboolean recorded, gboolean once, gboolean ok)
{
  if ((recorded && weight->requires_grad)
      || (once && weight->bytes >= NF_DNNL_LARGE))
    nf_dnnl_weight_forget (weight);
  return ok;
}

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
