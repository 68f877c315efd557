/* SPDX-License-Identifier: MIT
 *
 * resample — nearest neighbour and FIR resampling, forward and backward (CPU)
 *
 * nearest   y[i] = x[floor (i H / h)]; backward adds up each source's copies
 * fir       separable (1, 3, 3, 1) / 8, zeros outside. In one dimension,
 *   up (times 2)  y[2i] = (x[i-1] + 3 x[i]) / 4, y[2i+1] = (3 x[i] + x[i+1]) / 4
 *   down          y[i] = (x[2i-1] + 3 x[2i] + 3 x[2i+1] + x[2i+2]) / 8
 * In two dimensions the transpose of up is 4 down, of down it is up / 4: so
 * two functions with a gain serve all four. See: docs/ops.md. */
#include "core/tensor/nfhostroom.h"
#include "cpu/bf16.h"
#include "cpu/nfvec.h"

#include <omp.h>
#include <string.h>

/* first i with floor (i * source / result) >= at */
static inline gint64
first_copy (gint64 at, gint64 source, gint64 result)
{
  return (at * result + source - 1) / source;
}

gboolean
nf_cpu_nearest_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_NEAREST_X], *y = call->out;
  const gint64 rows = y->n * y->h;
  const gsize pixel = (gsize) x->c * nf_dtype_size (x->dtype);

#pragma omp parallel for if (rows * y->w * x->c > NF_CPU_GRAIN)
  for (gint64 row = 0; row < rows; row++) {
    const gint64 from = row / y->h * x->h + row % y->h * x->h / y->h;
    const guint8 *src =
        (const guint8 *) x->data + (gsize) (from * x->w) * pixel;
    guint8 *dst = (guint8 *) y->data + (gsize) (row * y->w) * pixel;

    for (gint64 i = 0; i < y->w; i++)
      memcpy (dst + (gsize) i * pixel, src + (gsize) (i * x->w / y->w) * pixel,
          pixel);
  }
  return TRUE;
}

static void
nearest_gather_row (
    const NfTensor *grad_out, gint64 y, gint64 source_w, gfloat *dst)
{
  const gint64 c = grad_out->c, w = grad_out->w;
  const gfloat *src = (const gfloat *) grad_out->data + y * w * c;

  for (gint64 i = 0; i < source_w; i++)
    for (gint64 k = first_copy (i, source_w, w);
         k < first_copy (i + 1, source_w, w); k++)
      for (gint64 j = 0; j < c; j++)
        dst[i * c + j] += src[k * c + j];
}

gboolean
nf_cpu_nearest_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfTensor *x = call->in[NF_NEAREST_X];
  const gint64 rows = x->n * x->h, stride = x->w * x->c;

  if (grad_in[NF_NEAREST_X] == NULL)
    return TRUE;
  if (nf_cpu_is_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_nearest_backward, error);
#pragma omp parallel for if (grad_out->bytes > NF_CPU_GRAIN * sizeof(gfloat))
  for (gint64 row = 0; row < rows; row++) {
    const gint64 image = row / x->h * grad_out->h, at = row % x->h;
    gfloat *dst = (gfloat *) grad_in[NF_NEAREST_X]->data + row * stride;

    memset (dst, 0, stride * sizeof (gfloat));
    for (gint64 y = first_copy (at, x->h, grad_out->h);
         y < first_copy (at + 1, x->h, grad_out->h); y++)
      nearest_gather_row (grad_out, image + y, x->w, dst);
  }
  return TRUE;
}

NF_KERNEL (static, void, add_scaled,
    (const gfloat *src, gint64 n, gfloat weight, gfloat *line),
    (src, n, weight, line))
{
  for (gint64 i = 0; i < n; i++)
    line[i] += weight * src[i];
}

/* line += weight * row y of image n; a row outside the image is zero; @room is
 * for a row */
static void
add_row (gfloat *line, const NfTensor *x, gint64 n, gint64 y, gfloat weight,
    gfloat *room)
{
  const gint64 stride = x->w * x->c;

  if (y < 0 || y >= x->h)
    return;
  add_scaled (nf_cpu_load (x, (n * x->h + y) * stride, stride, room), stride,
      weight, line);
}

/* row y of twice the size; line has a pixel of zeros on both sides */
static void
fir_up_row (const NfTensor *x, gint64 n, gint64 y, gfloat gain, gfloat *line,
    gfloat *room, gfloat *dst, gint64 width)
{
  const gint64 c = x->c;

  memset (line, 0, x->w * c * sizeof (gfloat));
  add_row (line, x, n, y / 2, 3 * gain, room);
  add_row (line, x, n, y % 2 ? y / 2 + 1 : y / 2 - 1, gain, room);
  for (gint64 i = 0; i < width; i++) {
    const gfloat *near = line + i / 2 * c;
    const gfloat *far = i % 2 ? near + c : near - c;

    for (gint64 j = 0; j < c; j++)
      dst[i * c + j] = 3 * near[j] + far[j];
  }
}

/* row y of half the size; line has a pixel of zeros on both sides */
static void
fir_down_row (const NfTensor *x, gint64 n, gint64 y, gfloat gain, gfloat *line,
    gfloat *room, gfloat *dst, gint64 width)
{
  const gint64 c = x->c;

  memset (line, 0, x->w * c * sizeof (gfloat));
  for (gint64 k = -1; k <= 2; k++)
    add_row (line, x, n, 2 * y + k, k == 0 || k == 1 ? 3 * gain : gain, room);
  for (gint64 i = 0; i < width; i++) {
    const gfloat *p = line + 2 * i * c;

    for (gint64 j = 0; j < c; j++)
      dst[i * c + j] = (p[j - c] + p[j + 2 * c]) + 3 * (p[j] + p[j + c]);
  }
}

static gboolean
fir (const NfTensor *x, NfTensor *y, gboolean up, gfloat gain, GError **error)
{
  const gint64 rows = y->n * y->h, stride = y->w * y->c;
  const gint64 line = (x->w + 2) * x->c; /* with a pixel of zeros at its ends */
  const gint64 each = line + x->w * x->c + stride; /* of a thread */
  const gint64 edge = x->c * (gint64) sizeof (gfloat);
  const gboolean shared = x->bytes > NF_CPU_GRAIN * sizeof (gfloat);
  const gint64 threads = shared ? omp_get_max_threads () : 1;
  g_autofree gfloat *all =
      nf_host_room ((gsize) (threads * each) * sizeof *all, error);

  if (all == NULL)
    return FALSE;
#pragma omp parallel for if (shared)
  for (gint64 row = 0; row < rows; row++) {
    gfloat *mine = all + omp_get_thread_num () * each, *room = mine + line;
    gfloat *to = nf_cpu_place (y, row * stride, room + x->w * x->c);

    memset (mine, 0, edge);
    memset (room - x->c, 0, edge);
    (up ? fir_up_row : fir_down_row) (
        x, row / y->h, row % y->h, gain, mine + x->c, room, to, y->w);
    nf_cpu_store (y, row * stride, stride, to);
  }
  return TRUE;
}

gboolean
nf_cpu_fir_forward (NfOpCall *call, GError **error)
{
  const gboolean up = ((const NfFirParams *) call->params)->up;

  return fir (
      call->in[NF_FIR_X], call->out, up, up ? 1.0f / 16 : 1.0f / 64, error);
}

gboolean
nf_cpu_fir_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const gboolean up = ((const NfFirParams *) call->params)->up;

  return grad_in[NF_FIR_X] == NULL
      || fir (
          grad_out, grad_in[NF_FIR_X], !up, up ? 1.0f / 16 : 1.0f / 64, error);
}
