/* SPDX-License-Identifier: MIT
 *
 * matmul — linear layers, forward and backward (CPU, oneDNN)
 *
 * Linear: pixels are rows, y = x W^T + b, or x W where W is stored [in, out];
 * two inputs side by side are two products that add up. See docs/ops.md.
 * Sibling: attention.c */
#include "cpu/nfdnnl.h"

#include <string.h>

/* one of the inputs whose channels lie side by side, and its weights */
typedef struct
{
  const NfTensor *x;
  gint64 rows, out;
  gsize at; /* of its first weight */
  gint64 ld; /* from one of the matrix's rows to the next */
} Source;

static guint
linear_sources (const NfOpCall *call, Source sources[2])
{
  const NfLinearParams *p = call->params;
  const NfTensor *x = call->in[0], *w = call->in[1], *skip = call->in[3];
  gint64 rows = x->n * x->h * x->w, out = call->out->c;
  gint64 from = x->c * (p->transposed ? out : 1);

  sources[0] = (Source){ x, rows, out, 0, w->c };
  sources[1] = (Source){ skip, rows, out, (gsize) from, w->c };
  return skip != NULL ? 2 : 1;
}

/* the weights of one source, (O, I, 1, 1) */
static void
fill_part (const NfTensor *weight, const NfDnnlPart *part, NfTensor *out)
{
  for (gint64 o = 0; o < out->n; o++)
    for (gint64 i = 0; i < part->count; i++)
      nf_cpu_f32 (out)[o * part->count + i] = nf_cpu_f32 (
          weight)[part->transposed ? (part->from + i) * weight->c + o
                                   : o * weight->c + part->from + i];
}

/* bf16: 1x1 convolutions that add up */
static gboolean
linear_bf16 (NfOpCall *call, GError **error)
{
  const NfLinearParams *p = call->params;
  const NfTensor *y = call->out, *bias = call->in[2];
  gint64 from = 0;

  for (guint i = 0; i < 4 && call->in[i] != NULL; i += 3) {
    const NfTensor *x = call->in[i];
    NfDnnlConv conv = { x->n, x->c, x->h, x->w, y->c, y->h, y->w, 1, 1, 1, 0,
      NF_ACT_NONE, bias != NULL && i == 0, i > 0, 1.0, TRUE };
    NfDnnlPart part = { from, x->c, FALSE, p->transposed };
    NfTensor *weight = nf_dnnl_weight_part (
        call->device, call->in[1], &part, fill_part, error);

    if (weight == NULL
        || !nf_dnnl_conv_forward (call->device, &conv, x->data, weight,
            conv.bias ? nf_cpu_f32 (bias) : NULL, y->data, error))
      return FALSE;
    from += x->c;
  }
  return TRUE;
}

gboolean
nf_cpu_linear_forward (NfOpCall *call, GError **error)
{
  const NfLinearParams *p = call->params;
  const NfTensor *w = call->in[1], *b = call->in[2];
  gfloat *y = nf_cpu_f32 (call->out);
  Source sources[2];
  guint n = linear_sources (call, sources);
  gint64 rows = sources[0].rows, out = sources[0].out;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_linear_forward, error);
  if (nf_cpu_is_bf16 (call))
    return linear_bf16 (call, error);
#pragma omp parallel for if (rows * out > NF_CPU_GRAIN)
  for (gint64 r = 0; r < (b != NULL ? rows : 0); r++)
    memcpy (y + r * out, b->data, (gsize) out * sizeof *y);
  for (guint i = 0; i < n; i++) {
    const Source *s = &sources[i];

    if (!nf_dnnl_gemm (FALSE, !p->transposed, rows, out, s->x->c, 1.0f,
            nf_cpu_f32 (s->x), s->x->c, nf_cpu_f32 (w) + s->at, s->ld,
            b != NULL || i > 0 ? 1.0f : 0.0f, y, out, error))
      return FALSE;
  }
  return TRUE;
}

/* of one source: its gradient, and its part of the weight's */
static gboolean
linear_source_backward (const NfOpCall *call, const Source *s, const gfloat *dy,
    NfTensor *dx, NfTensor *dw, GError **error)
{
  const NfLinearParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (s->x);
  gint64 in = s->x->c;

  if (dx != NULL
      && !nf_dnnl_gemm (FALSE, p->transposed, s->rows, in, s->out, 1.0f, dy,
          s->out, nf_cpu_f32 (call->in[1]) + s->at, s->ld, 0.0f,
          nf_cpu_f32 (dx), in, error))
    return FALSE;
  if (dw == NULL)
    return TRUE;
  if (p->transposed)
    return nf_dnnl_gemm (TRUE, FALSE, in, s->out, s->rows, 1.0f, x, in, dy,
        s->out, 0.0f, nf_cpu_f32 (dw) + s->at, s->ld, error);
  return nf_dnnl_gemm (TRUE, FALSE, s->out, in, s->rows, 1.0f, dy, s->out, x,
      in, 0.0f, nf_cpu_f32 (dw) + s->at, s->ld, error);
}

gboolean
nf_cpu_linear_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gfloat *dy = nf_cpu_f32 (grad_out);
  Source sources[2];
  guint n = linear_sources (call, sources);

  if (nf_cpu_is_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_linear_backward, error);
  for (guint i = 0; i < n; i++)
    if (!linear_source_backward (
            call, &sources[i], dy, grad_in[3 * i], grad_in[1], error))
      return FALSE;
  if (grad_in[2] != NULL)
    nf_cpu_sum_rows (
        dy, sources[0].rows, sources[0].out, nf_cpu_f32 (grad_in[2]));
  return TRUE;
}
