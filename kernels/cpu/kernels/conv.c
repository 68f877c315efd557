/* SPDX-License-Identifier: MIT
 *
 * conv — convolution, forward and backward (CPU, oneDNN and by hand)
 *
 * y = act (gain * (sum x * weight + bias + residual)). ReLU's gradient is taken
 * from y: dy counts where y > 0. See docs/ops.md. */
#include "cpu/avx512/tileconv.h"
#include "cpu/avx512/winograd.h"
#include "cpu/dnnl/nfdnnl.h"
#include "cpu/dnnl/nfdnnlweight.h"
#include "cpu/reduce.h"

static NfDnnlConv
conv_of (const NfOpCall *call)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *x = call->in[NF_CONV2D_X], *w = call->in[NF_CONV2D_WEIGHT],
                 *y = call->out;

  return (NfDnnlConv){ .n = x->n,
    .c = x->c,
    .h = x->h,
    .w = x->w,
    .o = w->n,
    .oh = y->h,
    .ow = y->w,
    .kh = w->h,
    .kw = w->w,
    .stride = p->stride,
    .pad = p->pad,
    .act = p->act,
    .bias = call->in[NF_CONV2D_BIAS] != NULL,
    .residual = call->in[NF_CONV2D_RESIDUAL] != NULL,
    .gain = p->gain != 0.0f ? (gdouble) p->gain : 1.0,
    .bf16 = x->dtype == NF_BF16 };
}

/* the same for tileconv.c */
static NfTileConv
tile_conv_of (const NfOpCall *call, const NfDnnlConv *conv)
{
  const NfTensor *bias = call->in[NF_CONV2D_BIAS],
                 *residual = call->in[NF_CONV2D_RESIDUAL];

  return (NfTileConv){ .conv = *conv,
    .weight = call->in[NF_CONV2D_WEIGHT],
    .bias = bias != NULL ? nf_cpu_f32 (bias) : NULL,
    .residual = residual != NULL ? residual->data : NULL,
    .y = call->out->data,
    .n_in = 1,
    .in = { { .x = call->in[NF_CONV2D_X]->data, .c = conv->c } } };
}

#define ONCE_PIXELS 1024 /* of weights that are made ready for one run alone */

/* their form for winograd.c is large, so it is kept where it is used often */
static gboolean
done_with_points (const NfOpCall *call, gboolean ok)
{
  const NfConv2dParams *p = call->params;

  if (p->once)
    nf_dnnl_weight_forget (call->in[NF_CONV2D_WEIGHT]);
  return nf_dnnl_done_with (
      call->in[NF_CONV2D_WEIGHT], call->record, FALSE, ok);
}

gboolean
nf_cpu_conv2d_forward (NfOpCall *call, GError **error)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *bias = call->in[NF_CONV2D_BIAS],
                 *residual = call->in[NF_CONV2D_RESIDUAL];
  const NfDnnlConv conv = conv_of (call);
  const NfTileConv tiles = tile_conv_of (call, &conv);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_conv2d_forward, error);
  /* making tiles of a weight that is trained takes longer than they save */
  if (!nf_dnnl_is_trained (call->in[NF_CONV2D_WEIGHT], call->record)
      && nf_tile_conv_fits (&tiles))
    return nf_dnnl_done_with (call->in[NF_CONV2D_WEIGHT], call->record, p->once,
        nf_tile_conv_forward (call->device, &tiles, error));
  if ((call->record || !p->once || conv.h * conv.w >= ONCE_PIXELS)
      && nf_winograd_fits (&conv))
    return done_with_points (call,
        nf_winograd_forward (call->device, &conv,
            nf_cpu_f32 (call->in[NF_CONV2D_X]), call->in[NF_CONV2D_WEIGHT], 0,
            bias != NULL ? nf_cpu_f32 (bias) : NULL,
            residual != NULL ? nf_cpu_f32 (residual) : NULL,
            nf_cpu_f32 (call->out), error));
  /* the convolution adds to what is there */
  if (residual != NULL)
    nf_cpu_copy (residual, call->out);
  return nf_dnnl_done_with (call->in[NF_CONV2D_WEIGHT], call->record, p->once,
      nf_dnnl_conv_forward (call->device, &conv, call->in[NF_CONV2D_X]->data,
          call->in[NF_CONV2D_WEIGHT], bias != NULL ? nf_cpu_f32 (bias) : NULL,
          call->out->data, error));
}

static gboolean
backward_data (NfDevice *device, const NfDnnlConv *conv, const NfTensor *dy,
    NfTensor *weight, NfTensor *dx, GError **error)
{
  gboolean ok = nf_winograd_fits_backward (conv)
      ? nf_winograd_backward_data (
          device, conv, nf_cpu_f32 (dy), weight, 0, nf_cpu_f32 (dx), error)
      : nf_dnnl_conv_backward_data (
          device, conv, dy->data, weight, dx->data, error);

  return nf_dnnl_done_with (weight, TRUE, FALSE, ok);
}

static gboolean
backward_weights (const NfOpCall *call, const NfDnnlConv *conv,
    const NfTensor *dy, NfTensor *dweight, NfTensor *dbias, GError **error)
{
  const NfTensor *x = call->in[NF_CONV2D_X];

  if (!nf_winograd_fits_weights (conv))
    return nf_dnnl_conv_backward_weights (call->device, conv, x->data, dy->data,
        nf_cpu_f32 (dweight), dbias != NULL ? nf_cpu_f32 (dbias) : NULL, error);
  if (dbias != NULL && !nf_cpu_sum_rows (dy, dbias, error))
    return FALSE;
  return nf_winograd_backward_weights (call->device, conv, nf_cpu_f32 (x),
      nf_cpu_f32 (dy), nf_cpu_f32 (dweight), conv->c, error);
}

gboolean
nf_cpu_conv2d_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  NfDnnlConv conv = conv_of (call);
  g_autoptr (NfTensor) room = NULL;
  const NfTensor *dy = grad_out;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_conv2d_backward, error);
  if (grad_in[NF_CONV2D_RESIDUAL] != NULL || conv.act == NF_ACT_RELU
      || conv.gain != 1.0) {
    room = grad_in[NF_CONV2D_RESIDUAL] != NULL
        ? nf_tensor_ref (grad_in[NF_CONV2D_RESIDUAL])
        : nf_tensor_new_like (grad_out, error);
    if (room == NULL)
      return FALSE;
    nf_cpu_gate (conv.act == NF_ACT_RELU ? call->out : NULL, grad_out,
        (gfloat) conv.gain, room);
    dy = room;
  }
  conv.act = NF_ACT_NONE;
  conv.bias = conv.residual = FALSE;
  conv.gain = 1.0;
  if (grad_in[NF_CONV2D_X] != NULL
      && !backward_data (call->device, &conv, dy, call->in[NF_CONV2D_WEIGHT],
          grad_in[NF_CONV2D_X], error))
    return FALSE;
  if (grad_in[NF_CONV2D_WEIGHT] == NULL && grad_in[NF_CONV2D_BIAS] == NULL)
    return TRUE;
  conv.bias = grad_in[NF_CONV2D_BIAS] != NULL;
  if (grad_in[NF_CONV2D_WEIGHT] != NULL)
    return backward_weights (call, &conv, dy, grad_in[NF_CONV2D_WEIGHT],
        grad_in[NF_CONV2D_BIAS], error);
  return nf_cpu_sum_rows (dy, grad_in[NF_CONV2D_BIAS], error);
}
