/* SPDX-License-Identifier: MIT
 *
 * precise — forward passes with sums in double, for gradients at a kink
 *
 * The gradient of a network with ReLUs jumps where one's input changes sign.
 * Among millions of inputs some are smaller than the rounding of a convolution
 * that sums in single precision; then the side is chance, and a gradient from
 * the other side is as right, but not the same. With these kernels the forward
 * pass rounds only what it stores, so inputs lie where exact arithmetic has
 * them. The gradients themselves are the library's own in any case. */
#include "golden.h"

#include <math.h>

#include <nextframe/core/ops/nfops.h>

static const NfBackend *right; /* the device's own */

static const gfloat *
f32 (const NfTensor *tensor)
{
  return tensor->data;
}

/* One result: the products of a window of x with the channels of one filter
 * from @first on. @shift: x counts as 1 << shift times as large, by nearest
 * neighbours */
static gdouble
convolve (const NfTensor *x, guint shift, const NfTensor *weight, gint64 first,
    gint64 n, gint64 o, gint64 top, gint64 left)
{
  const gint64 h = x->h << shift, w = x->w << shift;
  gdouble sum = 0;

  for (gint64 ky = MAX (0, -top); ky < MIN (weight->h, h - top); ky++)
    for (gint64 kx = MAX (0, -left); kx < MIN (weight->w, w - left); kx++) {
      const gint64 row = (top + ky) >> shift, column = (left + kx) >> shift;
      const gfloat *from = f32 (x) + ((n * x->h + row) * x->w + column) * x->c;
      const gfloat *k = f32 (weight) + first
          + ((o * weight->h + ky) * weight->w + kx) * weight->c;

#pragma omp simd reduction(+ : sum)
      for (gint64 i = 0; i < x->c; i++)
        sum += (gdouble) from[i] * (gdouble) k[i];
    }
  return sum;
}

static gboolean
conv2d_forward (NfOpCall *call, GError **error)
{
  const NfConv2dParams *p = call->params;
  const NfTensor *x = call->in[NF_CONV2D_X],
                 *weight = call->in[NF_CONV2D_WEIGHT],
                 *bias = call->in[NF_CONV2D_BIAS];
  const NfTensor *residual = call->in[NF_CONV2D_RESIDUAL];
  gdouble gain = p->gain != 0.0f ? (gdouble) p->gain : 1.0;
  NfTensor *y = call->out;

  if (p->act == NF_ACT_SILU)
    return right->ops[NF_OP_CONV2D].forward (call, error);
#pragma omp parallel for
  for (gint64 row = 0; row < y->n * y->h; row++)
    for (gint64 column = 0; column < y->w; column++) {
      gint64 at = (row * y->w + column) * y->c;

      for (gint64 o = 0; o < y->c; o++) {
        gdouble sum =
            convolve (x, 0, weight, 0, row / y->h, o,
                row % y->h * p->stride - p->pad, column * p->stride - p->pad)
            + (bias != NULL ? (gdouble) f32 (bias)[o] : 0.0)
            + (residual != NULL ? (gdouble) f32 (residual)[at + o] : 0.0);

        ((gfloat *) y->data)[at + o] =
            (gfloat) (p->act == NF_ACT_RELU && sum < 0.0 ? 0.0 : gain * sum);
      }
    }
  return TRUE;
}

/* all inputs' windows at one pixel with one filter */
static gdouble
convolve_all (const NfOpCall *call, gint64 n, gint64 y, gint64 x, gint64 o)
{
  const NfConv2dCatParams *p = call->params;
  const NfTensor *weight = call->in[NF_CONV2D_CAT_WEIGHT];
  const guint end = call->n_in - (p->bias ? 1 : 0);
  gdouble sum = p->bias ? (gdouble) f32 (call->in[end])[o] : 0;
  gint64 first = 0;

  for (guint i = 1; i < end; first += call->in[i++]->c)
    sum += convolve (call->in[i], p->up && i == 1 ? 1 : 0, weight, first, n, o,
        y - weight->h / 2, x - weight->w / 2);
  return sum;
}

static gboolean
conv2d_cat_forward (NfOpCall *call, GError **error)
{
  const NfConv2dCatParams *p = call->params;
  const NfTensor *y = call->out;

#pragma omp parallel for
  for (gint64 at = 0; at < y->n * y->h * y->w; at++) {
    gfloat *to = (gfloat *) y->data + at * y->c;

    for (gint64 o = 0; o < y->c; o++) {
      gdouble sum =
          convolve_all (call, at / y->w / y->h, at / y->w % y->h, at % y->w, o);

      to[o] = (gfloat) (p->act == NF_ACT_RELU && sum < 0.0 ? 0.0 : sum);
    }
  }
  return TRUE;
}

/* gamma (x - mean) / sqrt (var + eps) + beta for one channel of a batch */
static void
normalize_channel (const NfOpCall *call, gint64 c)
{
  const NfBatchNormParams *p = call->params;
  const NfTensor *x = call->in[NF_BATCH_NORM_X],
                 *residual = call->in[NF_BATCH_NORM_RESIDUAL];
  const gdouble rows = (gdouble) (x->n * x->h * x->w);
  gfloat *y = call->out->data;
  gdouble mean = 0, var = 0, scale, value;
  gint64 r;

  for (r = 0; r < x->n * x->h * x->w; r++)
    mean += (gdouble) f32 (x)[r * x->c + c] / rows;
  for (r = 0; r < x->n * x->h * x->w; r++) {
    value = (gdouble) f32 (x)[r * x->c + c] - mean;
    var += value * value / rows;
  }
  scale = (gdouble) f32 (call->in[NF_BATCH_NORM_WEIGHT])[c]
      / sqrt (var + (gdouble) p->eps);
  for (r = 0; r < x->n * x->h * x->w; r++) {
    value = ((gdouble) f32 (x)[r * x->c + c] - mean) * scale
        + (gdouble) f32 (call->in[NF_BATCH_NORM_BIAS])[c]
        + (residual != NULL ? (gdouble) f32 (residual)[r * x->c + c] : 0.0);
    y[r * x->c + c] =
        (gfloat) (p->act == NF_ACT_RELU ? MAX (value, 0.0) : value);
  }
}

static gboolean
batch_norm_forward (NfOpCall *call, GError **error)
{
#pragma omp parallel for
  for (gint64 c = 0; c < call->out->c; c++)
    normalize_channel (call, c);
  return TRUE;
}

static NfTensor *
to_host (NfDevice *host, const NfTensor *tensor, GError **error)
{
  g_autofree gpointer data = g_malloc (tensor->bytes);

  if (!nf_tensor_to_nhwc (tensor, data, error))
    return NULL;
  return nf_tensor_new_from_nhwc (host, tensor->dtype, tensor->n, tensor->c,
      tensor->h, tensor->w, data, error);
}

/* runs a kernel from above on copies in host memory */
static gboolean
run_on_host (NfOpCall *call, NfOpForward kernel, GError **error)
{
  g_autoptr (NfDevice) host = nf_device_open ("cpu", error);
  NfOpCall copy = *call;
  gboolean ok = host != NULL;

  copy.out = ok ? to_host (host, call->out, error) : NULL;
  ok = copy.out != NULL;
  for (guint i = 0; i < call->n_in; i++) {
    copy.in[i] =
        ok && call->in[i] != NULL ? to_host (host, call->in[i], error) : NULL;
    ok = ok && (copy.in[i] != NULL || call->in[i] == NULL);
  }
  ok = ok && kernel (&copy, error)
      && nf_tensor_set_nhwc (call->out, copy.out->data, error);
  for (guint i = 0; i < call->n_in; i++)
    nf_tensor_clear (&copy.in[i]);
  nf_tensor_clear (&copy.out);
  return ok;
}

static gboolean
precise_conv2d (NfOpCall *call, GError **error)
{
  return run_on_host (call, conv2d_forward, error);
}

static gboolean
precise_conv2d_cat (NfOpCall *call, GError **error)
{
  return run_on_host (call, conv2d_cat_forward, error);
}

/* The library's own, for its saved statistics, then its result anew */
static gboolean
precise_batch_norm (NfOpCall *call, GError **error)
{
  const NfBatchNormParams *p = call->params;

  return right->ops[NF_OP_BATCH_NORM].forward (call, error)
      && (!p->training || run_on_host (call, batch_norm_forward, error));
}

/**
 * golden_set_precise:
 * @device: a device that nobody else uses
 * @precise: whether its convolutions and batch norms sum in double, on the
 *   host, from now on
 *
 * Changes the forward kernels of a device. Other devices stay as they are.
 */
void
golden_set_precise (NfDevice *device, gboolean precise)
{
  static NfOpKernels kernels[NF_N_OPS];
  static NfBackend backend;

  if (right == NULL) {
    right = device->backend;
    backend = *right;
    for (guint i = 0; i < NF_N_OPS; i++)
      kernels[i] = backend.ops[i];
    kernels[NF_OP_CONV2D].forward = precise_conv2d;
    kernels[NF_OP_CONV2D_CAT].forward = precise_conv2d_cat;
    kernels[NF_OP_BATCH_NORM].forward = precise_batch_norm;
    backend.ops = kernels;
  }
  device->backend = precise ? &backend : right;
}
