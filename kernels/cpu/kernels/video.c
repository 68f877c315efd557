/* SPDX-License-Identifier: MIT
 *
 * video — ops on video frames and masks, bytes in and out (CPU)
 *
 * to_rgb, resize, paint, confusion. What happens to one pixel stands in
 * nfpixels.h and nfids.h of core/ops. Sibling: kernels/cuda/kernels/video.cu. See
 * docs/ops.md. */
#include "core/ops/nfids.h"
#include "core/ops/nfpixels.h"
#include "core/tensor/nfhostroom.h"
#include "cpu/nfcpu.h"
#include "cpu/nfvec.h"

#include <omp.h>
#include <string.h>

gboolean
nf_cpu_to_rgb_forward (NfOpCall *call, GError **error)
{
  const NfToRgb f = nf_to_rgb_of (call);
  const NfTensor *out = call->out;

#pragma omp parallel for if (out->bytes > NF_CPU_GRAIN)
  for (gint64 row = 0; row < out->n * f.h; row++) {
    guint8 *rgb = (guint8 *) out->data + row * f.w * 3;

    for (gint64 x = 0; x < f.w; x++)
      nf_to_rgb_pixel (&f, row / f.h, row % f.h, x, rgb + 3 * x);
  }
  return TRUE;
}

/* sum += weight * row */
NF_KERNEL (static, void, add_row,
    (const guint8 *row, gsize n, guint32 weight, guint32 *sum),
    (row, n, weight, sum))
{
  for (gsize i = 0; i < n; i++)
    sum[i] += weight * row[i];
}

/* a row of the source: the weighted sum of those under the filter; returns the
 * sum of the weights */
static guint64
sum_rows (const NfResizeAxis *axis, gint64 at, const guint8 *image, gsize n,
    guint32 *sum)
{
  const NfResizePlace place = nf_resize_place (axis, at);
  guint64 weights = 0;

  memset (sum, 0, n * sizeof *sum);
  for (gint i = 0; i < axis->taps; i++) {
    const guint32 weight = nf_resize_weight (axis, &place, i);

    weights += weight;
    if (weight > 0)
      add_row (
          image + (gsize) nf_resize_tap (axis, &place, i) * n, n, weight, sum);
  }
  return weights;
}

/* a pixel of the result from such a row */
static void
sum_columns (const NfResizeAxis *axis, gint64 at, const guint32 *row, gint64 c,
    guint64 row_weights, guint8 *out)
{
  const NfResizePlace place = nf_resize_place (axis, at);

  for (gint64 k = 0; k < c; k++) {
    guint64 sum = 0, weights = 0;

    for (gint i = 0; i < axis->taps; i++) {
      const guint32 weight = nf_resize_weight (axis, &place, i);

      weights += weight;
      sum += (guint64) weight * row[nf_resize_tap (axis, &place, i) * c + k];
    }
    weights *= row_weights;
    out[k] = (guint8) ((sum + weights / 2) / weights);
  }
}

gboolean
nf_cpu_resize_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_RESIZE_X], *y = call->out;
  const NfResizeAxis rows = nf_resize_axis (x->h, y->h);
  const NfResizeAxis columns = nf_resize_axis (x->w, y->w);
  const gsize line = (gsize) (x->w * x->c);
  /* a row for each thread */
  g_autofree guint32 *room = nf_host_room (
      (gsize) omp_get_max_threads () * line * sizeof *room, error);

  if (room == NULL)
    return FALSE;
#pragma omp parallel for if (y->bytes > NF_CPU_GRAIN)
  for (gint64 row = 0; row < y->n * y->h; row++) {
    const guint8 *image =
        (const guint8 *) x->data + (gsize) (row / y->h * x->h) * line;
    guint8 *out = (guint8 *) y->data + row * y->w * y->c;
    guint32 *sum = room + (gsize) omp_get_thread_num () * line;
    const guint64 weights = sum_rows (&rows, row % y->h, image, line, sum);

    for (gint64 i = 0; i < y->w; i++)
      sum_columns (&columns, i, sum, y->c, weights, out + i * y->c);
  }
  return TRUE;
}

gboolean
nf_cpu_paint_forward (NfOpCall *call, GError **error)
{
  const NfTensor *frame = call->in[NF_PAINT_FRAME];
  const guint8 *ids = call->in[NF_PAINT_IDS]->data,
               *colors = call->in[NF_PAINT_COLORS]->data;
  const gsize channels = frame != NULL ? (gsize) frame->c : 0;
  const gsize n = call->in[NF_PAINT_IDS]->bytes;

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i += NF_CPU_GRAIN)
    nf_ids_paint (ids + i, MIN (NF_CPU_GRAIN, n - i), colors,
        frame != NULL ? (const guint8 *) frame->data + i * channels : NULL,
        (guint) channels, (guint8 *) call->out->data + 3 * i);
  return TRUE;
}

gboolean
nf_cpu_confusion_forward (NfOpCall *call, GError **error)
{
  const NfConfusionParams *p = call->params;

  memset (call->out->data, 0, call->out->bytes);
  nf_ids_count (call->in[NF_CONFUSION_TRUTH]->data,
      call->in[NF_CONFUSION_PREDICTION]->data,
      call->in[NF_CONFUSION_TRUTH]->bytes, (guint) p->classes, call->out->data);
  return TRUE;
}
