/* SPDX-License-Identifier: MIT
 *
 * convcat — convolution over several inputs, forward and backward (CPU, oneDNN)
 *
 * The inputs are never put side by side: each is convolved with its part of the
 * weight, and the results are summed in place. Nor is the first one ever
 * upsampled. Row 2 i + a of a 3x3 convolution of nearest x2 reads only the rows
 * i + a - 1 and i + a of the input, so it is a 2x2 convolution there with
 *   row u of the kernel = sum of the weight's rows r with (r + 1 - a) / 2 = u,
 * and likewise for columns: four kernels, one a phase (a, b), with 4/9 of the
 * arithmetic. All four are made at once, one pixel larger than the input, and
 * phase (a, b) of the result's pixel (2 i + a, 2 j + b) is found at
 * (i + a, j + b). In bf16 by matrix tiles (tileconv.c) all of this is one pass.
 * See docs/ops.md. Sibling: conv.c */
#include "core/tensor/nfhostroom.h"
#include "cpu/avx512/tileconv.h"
#include "cpu/avx512/winograd.h"
#include "cpu/dnnl/nfdnnl.h"
#include "cpu/dnnl/nfdnnlweight.h"
#include "cpu/reduce.h"

#include <string.h>

/* ---------------------------------------------------------------- weights */

/* one row of a kernel: where its channels begin in the weight */
static inline gint64
weight_at (const NfTensor *w, gint64 o, gint64 r, gint64 s)
{
  return ((o * w->h + r) * w->w + s) * w->c;
}

static void
fill_plain (const NfTensor *weight, const gfloat *from, const NfDnnlPart *part,
    const NfTensor *out, gpointer to)
{
  nf_cpu_copy_channels (from + part->from, weight->c, to, part->count,
      part->count, weight->n * weight->h * weight->w, sizeof (gfloat));
}

static void
fill_phases (const NfTensor *weight, const gfloat *from, const NfDnnlPart *part,
    const NfTensor *out, gpointer data)
{
  gfloat *to = data;

  memset (to, 0, out->bytes);
#pragma omp parallel for
  for (gint64 k = 0; k < 4 * weight->n; k++) {
    gint64 o = k % weight->n, a = k / weight->n / 2, b = k / weight->n % 2;

    for (gint64 r = 0; r < 3; r++) {
      for (gint64 s = 0; s < 3; s++) {
        const gfloat *x = from + weight_at (weight, o, r, s) + part->from;
        gfloat *y =
            to + weight_at (out, k, nf_phase_tap (r, a), nf_phase_tap (s, b));

        for (gint64 i = 0; i < part->count; i++)
          y[i] += x[i];
      }
    }
  }
}

/* the gradient of a part into its channels of dweight */
static void
unfill_plain (const NfTensor *part, gint64 from, NfTensor *dweight)
{
  nf_cpu_copy_channels (part->data, part->c, nf_cpu_f32 (dweight) + from,
      dweight->c, part->c, part->n * part->h * part->w, sizeof (gfloat));
}

static void
unfill_phases (const NfTensor *part, gint64 from, NfTensor *dweight)
{
#pragma omp parallel for
  for (gint64 k = 0; k < 9 * dweight->n; k++) {
    gint64 o = k / 9, r = k / 3 % 3, s = k % 3;
    gfloat *to = nf_cpu_f32 (dweight) + weight_at (dweight, o, r, s) + from;

    memset (to, 0, (gsize) part->c * sizeof *to);
    for (gint64 ab = 0; ab < 4; ab++) {
      const gfloat *at = nf_cpu_f32 (part)
          + weight_at (part, ab * dweight->n + o, nf_phase_tap (r, ab / 2),
              nf_phase_tap (s, ab % 2));

      for (gint64 i = 0; i < part->c; i++)
        to[i] += at[i];
    }
  }
}

/* ----------------------------------------------------------------- phases */

/* y (N, O, 2 h, 2 w) from phases (N, 4 O, h + 1, w + 1), of any type */
static void
interleave (const guint8 *phases, NfTensor *y)
{
  gint64 o = y->c, h = y->h / 2, w = y->w / 2;
  gsize pixel = (gsize) o * nf_dtype_size (y->dtype);

#pragma omp parallel for if (y->n * y->h * y->w * o > NF_CPU_GRAIN)
  for (gint64 row = 0; row < y->n * y->h; row++) {
    gint64 a = row % 2, i = row % y->h / 2 + a;
    const guint8 *from = phases
        + (gsize) ((row / y->h * (h + 1) + i) * (w + 1) * 4 + 2 * a) * pixel;
    guint8 *to = (guint8 *) y->data + (gsize) (row * y->w) * pixel;

    for (gint64 j = 0; j < w; j++, from += 4 * pixel, to += 2 * pixel) {
      memcpy (to, from, pixel);
      memcpy (to + pixel, from + 5 * pixel, pixel);
    }
  }
}

/* the transpose: phases that no pixel of dy comes from are zero */
static void
deinterleave (const NfTensor *dy, guint8 *phases)
{
  gint64 h = dy->h / 2, w = dy->w / 2;
  gsize pixel = (gsize) dy->c * nf_dtype_size (dy->dtype);

#pragma omp parallel for if (dy->n * dy->h * dy->w * dy->c > NF_CPU_GRAIN)
  for (gint64 row = 0; row < dy->n * (h + 1); row++) {
    gint64 n = row / (h + 1);
    guint8 *to = phases + (gsize) (row * (w + 1) * 4) * pixel;

    for (gint64 at = 0; at < (w + 1) * 4; at++, to += pixel) {
      gint64 i = row % (h + 1) - at % 4 / 2, j = at / 4 - at % 2;

      gint64 from = (n * dy->h + 2 * i + at % 4 / 2) * dy->w + 2 * j + at % 2;

      if (i < 0 || i >= h || j < 0 || j >= w)
        memset (to, 0, pixel);
      else
        memcpy (to, (const guint8 *) dy->data + (gsize) from * pixel, pixel);
    }
  }
}

/* ---------------------------------------------------------------- forward */

/* one input: its convolution, and its part of the weight */
typedef struct
{
  NfDnnlConv conv;
  NfDnnlPart part;
  const NfTensor *x;
} Source;

static guint
n_sources (const NfOpCall *call)
{
  const NfConv2dCatParams *p = call->params;

  return call->n_in - (p->bias ? 2 : 1);
}

static Source
source_of (const NfOpCall *call, guint index)
{
  const NfConv2dCatParams *p = call->params;
  const NfTensor *w = call->in[NF_CONV2D_CAT_WEIGHT],
                 *x = call->in[NF_CONV2D_CAT_X + index];
  gboolean up = p->up && index == 0;
  gint64 more = up ? 1 : 0, k = up ? 2 : w->h;
  Source s = { .conv = { .n = x->n,
                   .c = x->c,
                   .h = x->h,
                   .w = x->w,
                   .o = up ? 4 * w->n : w->n,
                   .oh = x->h + more,
                   .ow = x->w + more,
                   .kh = k,
                   .kw = k,
                   .stride = 1,
                   .pad = up ? 1 : w->h / 2 },
    .part = { .from = 0, .count = x->c, .phases = up },
    .x = x };

  s.conv.gain = 1.0;
  s.conv.bf16 = x->dtype == NF_BF16;
  for (guint i = 0; i < index; i++)
    s.part.from += call->in[NF_CONV2D_CAT_X + i]->c;
  return s;
}

static NfTensor *
weight_of (const NfOpCall *call, const Source *s, GError **error)
{
  return nf_dnnl_weight_part (call->device, call->in[NF_CONV2D_CAT_WEIGHT],
      &s->part, s->part.phases ? fill_phases : fill_plain, error);
}

static NfTensor *
phases_new (const NfOpCall *call, const Source *s, GError **error)
{
  return nf_tensor_new (call->device, s->x->dtype, s->conv.n, s->conv.o,
      s->conv.oh, s->conv.ow, error);
}

static gboolean
forward_phases (
    const NfOpCall *call, const Source *s, const gfloat *bias, GError **error)
{
  g_autoptr (NfTensor) phases = phases_new (call, s, error);
  g_autofree gfloat *four = NULL;
  g_autoptr (NfTensor) weight =
      phases != NULL ? weight_of (call, s, error) : NULL;

  if (weight != NULL)
    four = nf_host_room ((gsize) s->conv.o * sizeof *four, error);
  if (four == NULL)
    return FALSE;
  for (gint64 i = 0; bias != NULL && i < s->conv.o; i++)
    four[i] = bias[i % call->out->c];
  if (!nf_dnnl_conv_forward (call->device, &s->conv, s->x->data, weight,
          bias != NULL ? four : NULL, phases->data, error))
    return FALSE;
  interleave (phases->data, call->out);
  return TRUE;
}

/* all of it at once, for tileconv.c */
static NfTileConv
tile_conv_of (const NfOpCall *call)
{
  const NfConv2dCatParams *p = call->params;
  const NfTensor *w = call->in[NF_CONV2D_CAT_WEIGHT], *y = call->out;
  const guint n = n_sources (call);
  NfTileConv conv = { .conv = { .n = y->n,
                          .c = w->c,
                          .h = y->h,
                          .w = y->w,
                          .o = y->c,
                          .oh = y->h,
                          .ow = y->w,
                          .kh = w->h,
                          .kw = w->w,
                          .stride = 1,
                          .pad = w->h / 2,
                          .act = p->act,
                          .gain = 1.0,
                          .bf16 = y->dtype == NF_BF16 },
    .weight = call->in[NF_CONV2D_CAT_WEIGHT],
    .bias = p->bias ? nf_cpu_f32 (call->in[NF_CONV2D_CAT_X + n]) : NULL,
    .y = y->data,
    .n_in = n };

  for (guint i = 0; i < n; i++) {
    const NfTensor *x = call->in[NF_CONV2D_CAT_X + i];

    conv.in[i] =
        (NfTileInput){ .x = x->data, .c = x->c, .up = p->up && i == 0 };
  }
  return conv;
}

gboolean
nf_cpu_conv2d_cat_forward (NfOpCall *call, GError **error)
{
  const NfConv2dCatParams *p = call->params;
  const NfTileConv tiles = tile_conv_of (call);
  guint n = n_sources (call);

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_conv2d_cat_forward, error);
  if (!nf_dnnl_is_trained (call->in[NF_CONV2D_CAT_WEIGHT], call->record)
      && nf_tile_conv_fits (&tiles))
    return nf_dnnl_done_with (call->in[NF_CONV2D_CAT_WEIGHT], call->record,
        FALSE, nf_tile_conv_forward (call->device, &tiles, error));
  for (guint i = 0; i < n; i++) {
    Source s = source_of (call, i);
    gboolean last = i + 1 == n;
    const gfloat *bias =
        last && p->bias ? nf_cpu_f32 (call->in[NF_CONV2D_CAT_X + n]) : NULL;
    g_autoptr (NfTensor) weight = NULL;

    s.conv.residual = i > 0;
    s.conv.bias = bias != NULL;
    s.conv.act = last ? p->act : NF_ACT_NONE;
    if (s.part.phases) {
      if (!forward_phases (call, &s, bias, error))
        return FALSE;
      continue;
    }
    if (nf_winograd_fits (&s.conv)) {
      if (!nf_winograd_forward (call->device, &s.conv, nf_cpu_f32 (s.x),
              call->in[NF_CONV2D_CAT_WEIGHT], s.part.from, bias,
              i > 0 ? nf_cpu_f32 (call->out) : NULL, nf_cpu_f32 (call->out),
              error))
        return FALSE;
      continue;
    }
    weight = weight_of (call, &s, error);
    if (weight == NULL
        || !nf_dnnl_conv_forward (call->device, &s.conv, s.x->data, weight,
            bias, call->out->data, error))
      return FALSE;
  }
  return nf_dnnl_done_with (
      call->in[NF_CONV2D_CAT_WEIGHT], call->record, FALSE, TRUE);
}

/* --------------------------------------------------------------- backward */

static gboolean
backward_data (const NfOpCall *call, const Source *s, const NfTensor *dy,
    NfTensor *dx, GError **error)
{
  g_autoptr (NfTensor) weight = NULL;

  if (!s->part.phases && nf_winograd_fits_backward (&s->conv))
    return nf_winograd_backward_data (call->device, &s->conv, nf_cpu_f32 (dy),
        call->in[NF_CONV2D_CAT_WEIGHT], s->part.from, nf_cpu_f32 (dx), error);
  weight = weight_of (call, s, error);
  return weight != NULL
      && nf_dnnl_conv_backward_data (
          call->device, &s->conv, dy->data, weight, dx->data, error);
}

/* gradients of one input and of its part of the weight, each where wanted */
static gboolean
backward_source (const NfOpCall *call, const Source *s, const NfTensor *dy,
    NfTensor *dx, NfTensor *dweight, GError **error)
{
  g_autoptr (NfTensor) dpart = NULL;

  if (dx != NULL && !backward_data (call, s, dy, dx, error))
    return FALSE;
  if (dweight == NULL)
    return TRUE;
  if (!s->part.phases && nf_winograd_fits_weights (&s->conv))
    return nf_winograd_backward_weights (call->device, &s->conv,
        nf_cpu_f32 (s->x), nf_cpu_f32 (dy), nf_cpu_f32 (dweight) + s->part.from,
        dweight->c, error);
  dpart = nf_tensor_new (call->device, NF_F32, s->conv.o, s->conv.c, s->conv.kh,
      s->conv.kw, error);
  if (dpart == NULL
      || !nf_dnnl_conv_backward_weights (call->device, &s->conv, s->x->data,
          dy->data, nf_cpu_f32 (dpart), NULL, error))
    return FALSE;
  (s->part.phases ? unfill_phases : unfill_plain) (
      dpart, s->part.from, dweight);
  return TRUE;
}

gboolean
nf_cpu_conv2d_cat_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfConv2dCatParams *p = call->params;
  guint n = n_sources (call);
  g_autoptr (NfTensor) masked = NULL;
  const NfTensor *dy = grad_out;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_conv2d_cat_backward, error);
  if (p->act == NF_ACT_RELU) {
    masked = nf_tensor_new_like (grad_out, error);
    if (masked == NULL)
      return FALSE;
    nf_cpu_gate (call->out, grad_out, 1.0f, masked);
    dy = masked;
  }
  for (guint i = 0; i < n; i++) {
    Source s = source_of (call, i);
    g_autoptr (NfTensor) phases = NULL;

    if (grad_in[NF_CONV2D_CAT_WEIGHT] == NULL
        && grad_in[NF_CONV2D_CAT_X + i] == NULL)
      continue;
    if (s.part.phases) {
      phases = phases_new (call, &s, error);
      if (phases == NULL)
        return FALSE;
      deinterleave (dy, phases->data);
    }
    if (!backward_source (call, &s, phases != NULL ? phases : dy,
            grad_in[NF_CONV2D_CAT_X + i], grad_in[NF_CONV2D_CAT_WEIGHT], error))
      return FALSE;
  }
  if (p->bias && grad_in[NF_CONV2D_CAT_X + n] != NULL
      && !nf_cpu_sum_rows (dy, grad_in[NF_CONV2D_CAT_X + n], error))
    return FALSE;
  return nf_dnnl_done_with (call->in[NF_CONV2D_CAT_WEIGHT], TRUE, FALSE, TRUE);
}
