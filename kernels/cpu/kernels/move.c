/* SPDX-License-Identifier: MIT
 *
 * move — ops that move data: concat, slice, pad, flip, argmax (CPU)
 *
 * The gradient of each goes back the way the data came. See docs/ops.md. */
#include "cpu/bf16.h"
#include "cpu/nfvec.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

static gint64
pixels_of (const NfTensor *t)
{
  return t->n * t->h * t->w;
}

/**
 * nf_cpu_copy:
 * @from: a tensor
 * @to: (out): one of the same shape and type
 */
void
nf_cpu_copy (const NfTensor *from, NfTensor *to)
{
  gsize n = from->bytes;

#pragma omp parallel for if (n > NF_CPU_GRAIN * sizeof(gfloat))
  for (gsize i = 0; i < n; i += NF_CPU_GRAIN)
    memcpy ((guint8 *) to->data + i, (const guint8 *) from->data + i,
        MIN (NF_CPU_GRAIN, n - i));
}

/**
 * nf_cpu_copy_channels:
 * @from: first channel wanted of the first pixel
 * @from_c: channels that a pixel has there
 * @to: (out): its place
 * @to_c: channels that a pixel has there
 * @count: how many channels of each pixel
 * @pixels: how many pixels
 * @size: of an element
 */
void
nf_cpu_copy_channels (gconstpointer from, gint64 from_c, gpointer to,
    gint64 to_c, gint64 count, gint64 pixels, gsize size)
{
  gsize from_step = (gsize) from_c * size, to_step = (gsize) to_c * size;

#pragma omp parallel for if (pixels * count > NF_CPU_GRAIN)
  for (gint64 i = 0; i < pixels; i++)
    memcpy ((guint8 *) to + (gsize) i * to_step,
        (const guint8 *) from + (gsize) i * from_step, (gsize) count * size);
}

/* where a channel of the first pixel lies */
static guint8 *
channel_of (const NfTensor *t, gint64 channel)
{
  return (guint8 *) t->data + (gsize) channel * nf_dtype_size (t->dtype);
}

gboolean
nf_cpu_concat_forward (NfOpCall *call, GError **error)
{
  gint64 at = 0;

  for (guint i = 0; i < call->n_in; at += call->in[i++]->c) {
    const NfTensor *x = call->in[i];

    nf_cpu_copy_channels (x->data, x->c, channel_of (call->out, at),
        call->out->c, x->c, pixels_of (x), nf_dtype_size (x->dtype));
  }
  return TRUE;
}

gboolean
nf_cpu_concat_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  gint64 at = 0;

  for (guint i = 0; i < call->n_in; at += call->in[i++]->c) {
    const NfTensor *x = call->in[i];

    if (grad_in[i] != NULL)
      nf_cpu_copy_channels (channel_of (grad_out, at), grad_out->c,
          grad_in[i]->data, x->c, x->c, pixels_of (x),
          nf_dtype_size (x->dtype));
  }
  return TRUE;
}

gboolean
nf_cpu_slice_forward (NfOpCall *call, GError **error)
{
  const NfSliceParams *p = call->params;
  const NfTensor *x = call->in[NF_SLICE_X];

  nf_cpu_copy_channels (channel_of (x, p->from), x->c, call->out->data,
      p->count, p->count, pixels_of (x), nf_dtype_size (x->dtype));
  return TRUE;
}

gboolean
nf_cpu_slice_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfSliceParams *p = call->params;
  NfTensor *dx = grad_in[NF_SLICE_X];

  memset (dx->data, 0, dx->bytes);
  nf_cpu_copy_channels (grad_out->data, p->count, channel_of (dx, p->from),
      dx->c, p->count, pixels_of (dx), nf_dtype_size (dx->dtype));
  return TRUE;
}

/* row or column of the source for one of the result; -1: none */
static gint64
pad_source (gint64 at, gint64 before, gint64 size, NfPadMode mode)
{
  gint64 from = at - before;

  if (from >= 0 && from < size)
    return from;
  return mode == NF_PAD_EDGE ? CLAMP (from, 0, size - 1) : -1;
}

/* `n` times the same pixel, zeros where there is none */
static guint8 *
pad_repeat (guint8 *to, gint64 n, const guint8 *from, gsize pixel)
{
  for (; n > 0; n--, to += pixel) {
    if (from != NULL)
      memcpy (to, from, pixel);
    else
      memset (to, 0, pixel);
  }
  return to;
}

/* one row of the result, from a row of the source */
static void
pad_row (const NfPadParams *p, const guint8 *from, gint64 from_w, guint8 *to,
    gint64 to_w, gsize pixel)
{
  gboolean edge = p->mode == NF_PAD_EDGE;
  gint64 begin = CLAMP (p->left, 0, to_w);
  gint64 end = CLAMP (p->left + from_w, begin, to_w);
  gsize middle = (gsize) (end - begin) * pixel;

  to = pad_repeat (to, begin, edge ? from : NULL, pixel);
  memcpy (to, from + (gsize) (begin - p->left) * pixel, middle);
  pad_repeat (to + middle, to_w - end,
      edge ? from + (gsize) (from_w - 1) * pixel : NULL, pixel);
}

gboolean
nf_cpu_pad_forward (NfOpCall *call, GError **error)
{
  const NfPadParams *p = call->params;
  const NfTensor *x = call->in[NF_PAD_X], *y = call->out;
  gsize pixel = (gsize) x->c * nf_dtype_size (x->dtype);

#pragma omp parallel for if (pixels_of(y) * y->c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < y->n * y->h; r++) {
    gint64 row = pad_source (r % y->h, p->top, x->h, p->mode);
    gsize from = (gsize) ((r / y->h * x->h + row) * x->w) * pixel;
    guint8 *to = (guint8 *) y->data + (gsize) (r * y->w) * pixel;

    if (row < 0)
      memset (to, 0, (gsize) y->w * pixel);
    else
      pad_row (p, (const guint8 *) x->data + from, x->w, to, y->w, pixel);
  }
  return TRUE;
}

gboolean
nf_cpu_pad_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfPadParams *p = call->params;
  const NfTensor *y = call->out;
  NfTensor *dx = grad_in[NF_PAD_X];

  if (nf_cpu_is_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_pad_backward, error);
  memset (dx->data, 0, dx->bytes);
#pragma omp parallel for if (y->n > 1)
  for (gint64 n = 0; n < y->n; n++) {
    const gfloat *from = nf_cpu_f32 (grad_out) + n * y->h * y->w * y->c;

    for (gint64 at = 0; at < y->h * y->w; at++, from += y->c) {
      gint64 row = pad_source (at / y->w, p->top, dx->h, p->mode);
      gint64 col = pad_source (at % y->w, p->left, dx->w, p->mode);
      gfloat *to = nf_cpu_f32 (dx) + ((n * dx->h + row) * dx->w + col) * dx->c;

      for (gint64 i = 0; row >= 0 && col >= 0 && i < y->c; i++)
        to[i] += from[i];
    }
  }
  return TRUE;
}

static void
flip (const NfTensor *x, NfTensor *y)
{
  gsize pixel = (gsize) x->c * nf_dtype_size (x->dtype);
  const guint8 *from = x->data;
  guint8 *to = y->data;

#pragma omp parallel for if (pixels_of(x) * x->c > NF_CPU_GRAIN)
  for (gint64 r = 0; r < x->n * x->h; r++)
    for (gint64 i = 0; i < x->w; i++)
      memcpy (to + (gsize) (r * x->w + i) * pixel,
          from + (gsize) (r * x->w + x->w - 1 - i) * pixel, pixel);
}

gboolean
nf_cpu_flip_forward (NfOpCall *call, GError **error)
{
  flip (call->in[NF_FLIP_X], call->out);
  return TRUE;
}

gboolean
nf_cpu_flip_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  flip (grad_out, grad_in[NF_FLIP_X]);
  return TRUE;
}

#define LEAST_WIDE 8 /* values, for which vectors are worth it */

/* the index of the largest of n values, the first one of equals; NaN is
 * ignored, except that a first value that is NaN is the result */
static inline __attribute__ ((always_inline)) gint64
argmax_plain (gconstpointer x, gint64 from, gint64 n, gboolean bf16)
{
  gfloat top = nf_vec_load (x, from, bf16);
  gint64 best = 0;

  for (gint64 i = 1; i < n; i++) {
    gfloat v = nf_vec_load (x, from + i, bf16);

    best = v > top ? i : best;
    top = v > top ? v : top;
  }
  return best;
}

static void
argmax_rows (gconstpointer x, gint64 rows, gint64 c, gboolean bf16, guint8 *y)
{
  for (gint64 r = 0; r < rows; r++)
    y[r] = (guint8) (bf16 ? argmax_plain (x, r * c, c, TRUE)
                          : argmax_plain (x, r * c, c, FALSE));
}

#if defined(__x86_64__) && defined(__GNUC__)

#define LANES 16
#define WIDE __attribute__ ((target ("avx512f,avx512bw,avx512vl")))

WIDE static inline __m512
load_some (__mmask16 some, gconstpointer x, gint64 at, gboolean bf16)
{
  return bf16 ? _mm512_castsi512_ps (_mm512_slli_epi32 (
             _mm512_cvtepu16_epi32 (
                 _mm256_maskz_loadu_epi16 (some, (const guint16 *) x + at)),
             16))
              : _mm512_maskz_loadu_ps (some, (const gfloat *) x + at);
}

/* the same with vectors: the largest value, then where it is first */
WIDE static inline __attribute__ ((always_inline)) gint64
argmax_wide (gconstpointer x, gint64 from, gint64 n, gboolean bf16)
{
  __m512 top = _mm512_set1_ps (nf_vec_load (x, from, bf16));
  __mmask16 here = 0;
  gint64 at = 0;

  for (gint64 i = 0; i < n; i += LANES) {
    __mmask16 some = (__mmask16) (0xffff >> MAX (i + LANES - n, 0));
    __m512 v = load_some (some, x, from + i, bf16);

    top = _mm512_mask_mov_ps (
        top, _mm512_mask_cmp_ps_mask (some, v, top, _CMP_GT_OQ), v);
  }
  top = _mm512_set1_ps (_mm512_reduce_max_ps (top));
  for (; at < n && here == 0; at += LANES) {
    __mmask16 some = (__mmask16) (0xffff >> MAX (at + LANES - n, 0));

    here = _mm512_mask_cmp_ps_mask (
        some, load_some (some, x, from + at, bf16), top, _CMP_EQ_OQ);
  }
  return here != 0 ? at - LANES + __builtin_ctz (here) : 0;
}

WIDE static void
argmax_rows_wide (
    gconstpointer x, gint64 rows, gint64 c, gboolean bf16, guint8 *y)
{
  for (gint64 r = 0; r < rows; r++)
    y[r] = (guint8) (bf16 ? argmax_wide (x, r * c, c, TRUE)
                          : argmax_wide (x, r * c, c, FALSE));
}

#else
#define argmax_rows_wide argmax_rows
#endif

static void (*const argmax_table[NF_N_ISAS]) (
    gconstpointer x, gint64 rows, gint64 c, gboolean bf16, guint8 *y) = {
  argmax_rows,
  argmax_rows,
  argmax_rows_wide,
  argmax_rows_wide,
  argmax_rows_wide,
};

gboolean
nf_cpu_argmax_forward (NfOpCall *call, GError **error)
{
  const NfTensor *x = call->in[NF_ARGMAX_X];
  const gsize size = nf_dtype_size (x->dtype);
  gint64 rows = pixels_of (x), c = x->c, per = NF_CPU_GRAIN / c + 1;
  NfIsa isa = c >= LEAST_WIDE ? nf_isa () : NF_ISA_C;

#pragma omp parallel for if (rows > per)
  for (gint64 r = 0; r < rows; r += per)
    argmax_table[isa]((const guint8 *) x->data + (gsize) (r * c) * size,
        MIN (per, rows - r), c, x->dtype == NF_BF16,
        (guint8 *) call->out->data + r);
  return TRUE;
}
