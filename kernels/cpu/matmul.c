/* SPDX-License-Identifier: MIT
 *
 * matmul — linear layers and attention, forward and backward (CPU, oneDNN)
 *
 * Linear: pixels are rows, y = x W^T + b, or x W where W is stored [in, out].
 * Attention, per head with d = C / heads: P = softmax (q k^T / sqrt (d)),
 * y = P v (Vaswani et al., 2017). Backward, with P kept:
 * dv = P^T dy, dS = P (dP - sum (dP P)) / sqrt (d) with dP = dy v^T,
 * dq = dS k, dk = dS^T q. See docs/ops.md. */
#include "cpu/nfdnnl.h"

#include <math.h>
#include <string.h>

gboolean
nf_cpu_linear_forward (NfOpCall *call, GError **error)
{
  const NfLinearParams *p = call->params;
  const NfTensor *x = call->in[0], *w = call->in[1], *b = call->in[2];
  gint64 rows = x->n * x->h * x->w, in = x->c, out = call->out->c;
  gfloat *y = nf_cpu_f32 (call->out);

  for (gint64 r = 0; b != NULL && r < rows; r++)
    memcpy (y + r * out, b->data, (gsize) out * sizeof *y);
  return nf_dnnl_gemm (FALSE, !p->transposed, rows, out, in, 1.0f,
      nf_cpu_f32 (x), in, nf_cpu_f32 (w), p->transposed ? out : in,
      b != NULL ? 1.0f : 0.0f, y, out, error);
}

gboolean
nf_cpu_linear_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfLinearParams *p = call->params;
  const NfTensor *x = call->in[0], *w = call->in[1];
  gint64 rows = x->n * x->h * x->w, in = x->c, out = call->out->c;
  const gfloat *dy = nf_cpu_f32 (grad_out);

  if (grad_in[0] != NULL
      && !nf_dnnl_gemm (FALSE, p->transposed, rows, in, out, 1.0f, dy, out,
          nf_cpu_f32 (w), p->transposed ? out : in, 0.0f,
          nf_cpu_f32 (grad_in[0]), in, error))
    return FALSE;
  if (grad_in[2] != NULL)
    nf_cpu_sum_rows (dy, rows, out, nf_cpu_f32 (grad_in[2]));
  if (grad_in[1] == NULL)
    return TRUE;
  if (p->transposed)
    return nf_dnnl_gemm (TRUE, FALSE, in, out, rows, 1.0f, nf_cpu_f32 (x), in,
        dy, out, 0.0f, nf_cpu_f32 (grad_in[1]), out, error);
  return nf_dnnl_gemm (TRUE, FALSE, out, in, rows, 1.0f, dy, out,
      nf_cpu_f32 (x), in, 0.0f, nf_cpu_f32 (grad_in[1]), in, error);
}

gboolean
nf_cpu_attention_forward (NfOpCall *call, GError **error)
{
  const NfAttentionParams *p = call->params;
  const NfTensor *q = call->in[0];
  gint64 pixels = q->h * q->w, c = q->c, d = c / p->heads;
  gint64 maps = call->record ? q->n * p->heads : 1;
  g_autoptr (NfTensor) probs =
      nf_tensor_new (call->device, NF_F32, maps, pixels, pixels, 1, error);

  if (probs == NULL)
    return FALSE;
  for (gint64 i = 0; i < q->n * p->heads; i++) {
    gint64 at = i / p->heads * pixels * c + i % p->heads * d;
    gfloat *s = nf_cpu_f32 (probs) + (call->record ? i * pixels * pixels : 0);

    if (!nf_dnnl_gemm (FALSE, TRUE, pixels, pixels, d,
            1.0f / sqrtf ((gfloat) d), nf_cpu_f32 (q) + at, c,
            nf_cpu_f32 (call->in[1]) + at, c, 0.0f, s, pixels, error)
        || !nf_dnnl_softmax_forward (call->device, pixels, pixels, s, s, error)
        || !nf_dnnl_gemm (FALSE, FALSE, pixels, d, pixels, 1.0f, s, pixels,
            nf_cpu_f32 (call->in[2]) + at, c, 0.0f, nf_cpu_f32 (call->out) + at,
            c, error))
      return FALSE;
  }
  if (call->record)
    call->saved[0] = g_steal_pointer (&probs);
  return TRUE;
}

gboolean
nf_cpu_attention_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfAttentionParams *p = call->params;
  const NfTensor *q = call->in[0];
  gint64 pixels = q->h * q->w, c = q->c, d = c / p->heads;
  gfloat scale = 1.0f / sqrtf ((gfloat) d);
  g_autoptr (NfTensor) room =
      nf_tensor_new (call->device, NF_F32, 2, pixels, pixels, 1, error);
  gfloat *dp, *ds;

  if (room == NULL)
    return FALSE;
  dp = nf_cpu_f32 (room);
  ds = dp + pixels * pixels;
  for (gint64 i = 0; i < q->n * p->heads; i++) {
    gint64 at = i / p->heads * pixels * c + i % p->heads * d;
    const gfloat *probs = nf_cpu_f32 (call->saved[0]) + i * pixels * pixels;
    const gfloat *dy = nf_cpu_f32 (grad_out) + at;

    if (grad_in[2] != NULL
        && !nf_dnnl_gemm (TRUE, FALSE, pixels, d, pixels, 1.0f, probs, pixels,
            dy, c, 0.0f, nf_cpu_f32 (grad_in[2]) + at, c, error))
      return FALSE;
    if (!nf_dnnl_gemm (FALSE, TRUE, pixels, pixels, d, 1.0f, dy, c,
            nf_cpu_f32 (call->in[2]) + at, c, 0.0f, dp, pixels, error)
        || !nf_dnnl_softmax_backward (
            call->device, pixels, pixels, probs, dp, ds, error))
      return FALSE;
    if (grad_in[0] != NULL
        && !nf_dnnl_gemm (FALSE, FALSE, pixels, d, pixels, scale, ds, pixels,
            nf_cpu_f32 (call->in[1]) + at, c, 0.0f,
            nf_cpu_f32 (grad_in[0]) + at, c, error))
      return FALSE;
    if (grad_in[1] != NULL
        && !nf_dnnl_gemm (TRUE, FALSE, pixels, d, pixels, scale, ds, pixels,
            nf_cpu_f32 (q) + at, c, 0.0f, nf_cpu_f32 (grad_in[1]) + at, c,
            error))
      return FALSE;
  }
  return TRUE;
}
