/* SPDX-License-Identifier: MIT
 *
 * matmul — linear layers, forward and backward (CPU, oneDNN)
 *
 * Linear: pixels are rows, y = x W^T + b, or x W where W is stored [in, out];
 * two inputs side by side are two products that add up. See docs/ops.md.
 * Sibling: attention.c */
#include <nextframe/core/tensor/nftensor.h>
#include "cpu/avx512/panelmatmul.h"
#include "cpu/dnnl/nfdnnl.h"
#include "cpu/dnnl/nfdnnlweight.h"
#include "core/ops/nfinputs.h"
#include "cpu/reduce.h"

#include <string.h>

/* where the weight of a source's input i for output o lies in the matrix */
static inline gint64
part_at (const NfTensor *weight, const NfDnnlPart *part, gint64 o, gint64 i)
{
  gint64 in = part->from + i;

  return part->transposed ? in * weight->c + o : o * weight->c + in;
}

/* the weights of one source, (O, I, 1, 1) */
static void
fill_part (const NfTensor *weight, const gfloat *from, const NfDnnlPart *part,
    const NfTensor *out, gpointer data)
{
  gfloat *to = data;

  for (gint64 o = 0; o < out->n; o++)
    for (gint64 i = 0; i < part->count; i++)
      to[o * part->count + i] = from[part_at (weight, part, o, i)];
}

/* bf16: 1x1 convolutions that add up. That of one input, the bias being added
 * with the first */
static NfDnnlConv
linear_conv (const NfOpCall *call, const NfLinearSource *s)
{
  const gboolean first = s->input == NF_LINEAR_X;
  const NfTensor *x = s->x, *y = call->out;

  return (NfDnnlConv){ .n = x->n,
    .c = x->c,
    .h = x->h,
    .w = x->w,
    .o = y->c,
    .oh = y->h,
    .ow = y->w,
    .kh = 1,
    .kw = 1,
    .stride = 1,
    .pad = 0,
    .act = NF_ACT_NONE,
    .bias = first && call->in[NF_LINEAR_BIAS] != NULL,
    .residual = !first,
    .gain = 1.0,
    .bf16 = TRUE };
}

/* its part of the weight */
static NfDnnlPart
linear_part (const NfOpCall *call, const NfLinearSource *s)
{
  const NfLinearParams *p = call->params;
  gint64 from = s->input == NF_LINEAR_X ? 0 : call->in[NF_LINEAR_X]->c;

  return (NfDnnlPart){
    .from = from, .count = s->x->c, .phases = FALSE, .transposed = p->transposed
  };
}

static gboolean
linear_bf16 (NfOpCall *call, GError **error)
{
  const NfTensor *y = call->out, *bias = call->in[NF_LINEAR_BIAS];
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  for (guint i = 0; i < n; i++) {
    NfDnnlConv conv = linear_conv (call, &sources[i]);
    NfDnnlPart part = linear_part (call, &sources[i]);
    g_autoptr (NfTensor) weight = nf_dnnl_weight_part (
        call->device, call->in[NF_LINEAR_WEIGHT], &part, fill_part, error);

    if (weight == NULL
        || !nf_dnnl_conv_forward (call->device, &conv, sources[i].x->data,
            weight, conv.bias ? nf_cpu_f32 (bias) : NULL, y->data, error))
      return FALSE;
  }
  return nf_dnnl_done_with (
      call->in[NF_LINEAR_WEIGHT], call->record, FALSE, TRUE);
}

/* the transpose of fill_part() */
static void
unfill_part (const NfTensor *from, const NfDnnlPart *part, NfTensor *dweight)
{
  for (gint64 o = 0; o < from->n; o++)
    for (gint64 i = 0; i < part->count; i++)
      nf_cpu_f32 (dweight)[part_at (dweight, part, o, i)] =
          nf_cpu_f32 (from)[o * part->count + i];
}

static gboolean
linear_weights_bf16 (const NfOpCall *call, const NfLinearSource *s,
    const NfTensor *dy, NfTensor *dw, GError **error)
{
  NfDnnlConv conv = linear_conv (call, s);
  NfDnnlPart part = linear_part (call, s);
  g_autoptr (NfTensor) dpart =
      nf_tensor_new (call->device, NF_F32, conv.o, conv.c, 1, 1, error);

  conv.bias = conv.residual = FALSE;
  if (dpart == NULL
      || !nf_dnnl_conv_backward_weights (call->device, &conv, s->x->data,
          dy->data, nf_cpu_f32 (dpart), NULL, error))
    return FALSE;
  unfill_part (dpart, &part, dw);
  return TRUE;
}

static gboolean
linear_data_bf16 (const NfOpCall *call, const NfLinearSource *s,
    const NfTensor *dy, NfTensor *dx, GError **error)
{
  NfDnnlConv conv = linear_conv (call, s);
  NfDnnlPart part = linear_part (call, s);
  g_autoptr (NfTensor) weight = nf_dnnl_weight_part (
      call->device, call->in[NF_LINEAR_WEIGHT], &part, fill_part, error);

  conv.bias = conv.residual = FALSE;
  return weight != NULL
      && nf_dnnl_conv_backward_data (
          call->device, &conv, dy->data, weight, dx->data, error);
}

static gboolean
linear_backward_bf16 (const NfOpCall *call, const NfTensor *dy,
    NfTensor **grad_in, GError **error)
{
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  for (guint i = 0; i < n; i++) {
    const NfLinearSource *s = &sources[i];
    NfTensor *dx = grad_in[s->input], *dw = grad_in[NF_LINEAR_WEIGHT];

    if ((dx != NULL && !linear_data_bf16 (call, s, dy, dx, error))
        || (dw != NULL && !linear_weights_bf16 (call, s, dy, dw, error)))
      return FALSE;
  }
  if (grad_in[NF_LINEAR_BIAS] != NULL
      && !nf_cpu_sum_rows (dy, grad_in[NF_LINEAR_BIAS], error))
    return FALSE;
  return nf_dnnl_done_with (call->in[NF_LINEAR_WEIGHT], TRUE, FALSE, TRUE);
}

/* y = x b + bias, or added to y */
static gboolean
multiply (NfDevice *device, gint64 rows, const gfloat *x, const NfMatrix *b,
    const gfloat *bias, gboolean add, gfloat *y, GError **error)
{
  if (nf_panel_matmul_fits (rows, b))
    return nf_panel_matmul_multiply (
        device, rows, x, b->k, b, bias, add, y, b->n, error);
#pragma omp parallel for if (rows * b->n > NF_CPU_GRAIN)
  for (gint64 r = 0; r < (bias != NULL ? rows : 0); r++)
    memcpy (y + r * b->n, bias, (gsize) b->n * sizeof *y);
  return nf_dnnl_gemm (FALSE, b->transposed, rows, b->n, b->k, 1.0f, x, b->k,
      b->data, b->ld, add || bias != NULL ? 1.0f : 0.0f, y, b->n, error);
}

gboolean
nf_cpu_linear_forward (NfOpCall *call, GError **error)
{
  const NfLinearParams *p = call->params;
  NfTensor *w = call->in[NF_LINEAR_WEIGHT];
  const NfTensor *b = call->in[NF_LINEAR_BIAS];
  gfloat *y = nf_cpu_f32 (call->out);
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_linear_forward, error);
  if (nf_cpu_is_bf16 (call))
    return linear_bf16 (call, error);
  if (!nf_tensor_need_data (w, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const NfLinearSource *s = &sources[i];
    const NfMatrix matrix = { .k = s->x->c,
      .n = s->out,
      .data = nf_cpu_f32 (w) + s->at,
      .ld = s->step,
      .transposed = !p->transposed };

    if (!multiply (call->device, s->rows, nf_cpu_f32 (s->x), &matrix,
            i == 0 && b != NULL ? nf_cpu_f32 (b) : NULL, i > 0, y, error))
      return FALSE;
  }
  return TRUE;
}

/* of one source: its gradient, and its part of the weight's */
static gboolean
linear_source_backward (const NfOpCall *call, const NfLinearSource *s,
    const gfloat *dy, NfTensor *dx, NfTensor *dw, GError **error)
{
  const NfLinearParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (s->x);
  gint64 in = s->x->c;

  const NfMatrix back = { .k = s->out,
    .n = in,
    .data = nf_cpu_f32 (call->in[NF_LINEAR_WEIGHT]) + s->at,
    .ld = s->step,
    .transposed = p->transposed };

  if (dx != NULL
      && !multiply (call->device, s->rows, dy, &back, NULL, FALSE,
          nf_cpu_f32 (dx), error))
    return FALSE;
  if (dw == NULL)
    return TRUE;
  if (p->transposed)
    return nf_dnnl_gemm (TRUE, FALSE, in, s->out, s->rows, 1.0f, x, in, dy,
        s->out, 0.0f, nf_cpu_f32 (dw) + s->at, s->step, error);
  return nf_dnnl_gemm (TRUE, FALSE, s->out, in, s->rows, 1.0f, dy, s->out, x,
      in, 0.0f, nf_cpu_f32 (dw) + s->at, s->step, error);
}

gboolean
nf_cpu_linear_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gfloat *dy = nf_cpu_f32 (grad_out);
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_linear_backward, error);
  if (nf_cpu_is_bf16 (call))
    return linear_backward_bf16 (call, grad_out, grad_in, error);
  for (guint i = 0; i < n; i++)
    if (!linear_source_backward (call, &sources[i], dy,
            grad_in[sources[i].input], grad_in[NF_LINEAR_WEIGHT], error))
      return FALSE;
  return grad_in[NF_LINEAR_BIAS] == NULL
      || nf_cpu_sum_rows (grad_out, grad_in[NF_LINEAR_BIAS], error);
}
