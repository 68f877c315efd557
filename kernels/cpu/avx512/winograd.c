/* SPDX-License-Identifier: MIT
 *
 * winograd — 3x3 convolution in f32 with a quarter of the products (CPU)
 *
 * A tile of 4x4 results is made from 6x6 inputs d and a 3x3 kernel g as
 *   A^T ((G g G^T) . (B^T d B)) A,
 * 36 products in place of 144 (Winograd's F(4x4, 3x3)): in one dimension d and
 * g, as polynomials, are evaluated at six points, multiplied there, and the
 * results read off. The points are 0, a, -a, b, -b with a = 3/4, b = 3/2, and
 * infinity: so the error stays twice that of the plain sum, where 1 and 2 give
 * four times. With M(z) = z (z^2 - a^2) (z^2 - b^2):
 *   B^T  row p: the coefficients of M(z) / (z - p); at infinity: of M(z)
 *   G    row p: (1, p, p^2) / M'(p); at infinity: (0, 0, 1)
 *   A^T  column p: (1, p, p^2, p^3); at infinity: (0, 0, 0, 1)
 * The sums over channels are 36 matrix products, tiles x channels times
 * channels x results. Their order does not depend on the number of threads.
 * The gradient of the inputs is such a convolution, too: of the results'
 * gradient, with inputs and results of the weight in each other's place and the
 * kernels turned round.
 * Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016;
 * Barabasz et al., "Error analysis and improving the accuracy of Winograd
 * convolution for deep neural networks", 2020, on the points.
 * See docs/ops.md. Siblings: conv.c, winogradback.c */
#include "cpu/avx512/winograd.h"
#include "cpu/avx512/winogradtile.h"

#include <nextframe/core/tensor/nftensor.h>
#include "cpu/dnnl/nfdnnlweight.h"
#include "cpu/nfisa.h"

#include <omp.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)

#define PANEL 32 /* results of a product that are made at once */
#define ROWS 12 /* tiles of a product, likewise */
#define WIDE 8 /* results whose kernels are made at once, in doubles */

/* ----------------------------------------------------------------- weights */

/* G g */
INLINE void
kernel_points (__m512d g0, __m512d g1, __m512d g2, __m512d u[SIDE])
{
  const gdouble a = A1, b = B1;
  const __m512d na = _mm512_set1_pd (0.5 / (a * a * (a * a - b * b)));
  const __m512d nb = _mm512_set1_pd (0.5 / (b * b * (b * b - a * a)));
  __m512d even_a = _mm512_fmadd_pd (_mm512_set1_pd (a * a), g2, g0);
  __m512d even_b = _mm512_fmadd_pd (_mm512_set1_pd (b * b), g2, g0);
  __m512d odd_a = _mm512_mul_pd (_mm512_set1_pd (a), g1);
  __m512d odd_b = _mm512_mul_pd (_mm512_set1_pd (b), g1);

  u[0] = _mm512_mul_pd (_mm512_set1_pd (1.0 / (a * a * b * b)), g0);
  u[1] = _mm512_mul_pd (na, _mm512_add_pd (even_a, odd_a));
  u[2] = _mm512_mul_pd (na, _mm512_sub_pd (even_a, odd_a));
  u[3] = _mm512_mul_pd (nb, _mm512_add_pd (even_b, odd_b));
  u[4] = _mm512_mul_pd (nb, _mm512_sub_pd (even_b, odd_b));
  u[5] = g2;
}

/* G g G^T of eight kernels, whose values are @lane apart; from one of a
 * kernel's nine values to the next are @tap of them; the points @stride apart
 */
TARGET static void
kernel_tiles (
    const gfloat *w, gint64 lane, gint64 tap, gfloat *to, gint64 stride)
{
  const __m512i lanes = _mm512_setr_epi64 (
      0, lane, 2 * lane, 3 * lane, 4 * lane, 5 * lane, 6 * lane, 7 * lane);
  __m512d half[SIDE][3];

  for (gint j = 0; j < 3; j++) {
    __m512d g[3], u[SIDE];

    for (gint i = 0; i < 3; i++)
      g[i] = _mm512_cvtps_pd (
          _mm512_i64gather_ps (lanes, w + (3 * i + j) * tap, sizeof *w));
    kernel_points (g[0], g[1], g[2], u);
    for (gint i = 0; i < SIDE; i++)
      half[i][j] = u[i];
  }
  for (gint i = 0; i < SIDE; i++) {
    __m512d u[SIDE];

    kernel_points (half[i][0], half[i][1], half[i][2], u);
    for (gint j = 0; j < SIDE; j++)
      _mm256_storeu_ps (to + (i * SIDE + j) * stride, _mm512_cvtpd_ps (u[j]));
  }
}

/* the same of the @some kernels that are left, and zeros behind them */
TARGET static void
last_kernel_tiles (const gfloat *w, gint64 lane, gint64 tap, gint64 some,
    gfloat *to, gint64 stride)
{
  gfloat kernels[WIDE * 9] = { 0 };

  for (gint64 i = 0; i < some; i++)
    for (gint64 t = 0; t < 9; t++)
      kernels[9 * i + t] = w[i * lane + t * tap];
  kernel_tiles (kernels, 9, 1, to, stride);
}

/* 36 matrices of O / 32 panels (rounded up), each C x 32; backward the
 * convolution's results and inputs change places, and its kernels are turned
 * round */
static void
fill_points (const NfTensor *weight, const gfloat *from, const NfDnnlPart *part,
    const NfTensor *out, gpointer data)
{
  gfloat *to = data;
  const gint64 o = out->n, c = out->c, in = weight->c;

#pragma omp parallel for collapse(2)
  for (gint64 i = 0; i < o; i += WIDE)
    for (gint64 j = 0; j < c; j++) {
      gfloat *at = to + (i / PANEL * c + j) * PANEL + i % PANEL;

      if (part->back)
        kernel_tiles (
            from + (9 * j + 8) * in + part->from + i, 1, -in, at, o * c);
      else if (i + WIDE <= weight->n)
        kernel_tiles (
            from + 9 * i * in + part->from + j, 9 * in, in, at, o * c);
      else
        last_kernel_tiles (from + 9 * i * in + part->from + j, 9 * in, in,
            weight->n - i, at, o * c);
    }
}

/* @o results rounded up to whole panels */
static inline gint64
in_panels (gint64 o)
{
  return (o + PANEL - 1) / PANEL * PANEL;
}

/* one convolution */
typedef struct
{
  const NfDnnlConv *conv;
  const gfloat *x, *bias, *residual, *weight; /* weight: see fill_points() */
  gfloat *y, gain;
  Tiles tiles;
  gint64 block; /* tiles that a thread takes at once */
} Problem;

/* ---------------------------------------------------------------- products */

/* @rows tiles of one point, (rows, C) times a panel (C, 32); fetches the values
 * from @next on, @step of them in each step */
INLINE void
product_rows (gint rows, const gfloat *v, const gfloat *u, gint64 c, gfloat *m,
    const gfloat *next, gint64 step)
{
  __m512 sum[ROWS][2];

  for (gint i = 0; i < rows; i++)
    sum[i][0] = sum[i][1] = _mm512_setzero_ps ();
  for (gint64 k = 0; k < c; k++) {
    __m512 left = _mm512_loadu_ps (u + k * PANEL);
    __m512 right = _mm512_loadu_ps (u + k * PANEL + LANES);

    _mm_prefetch (next + k * step, _MM_HINT_T0);
    for (gint i = 0; i < rows; i++) {
      __m512 x = _mm512_set1_ps (v[i * c + k]);

      sum[i][0] = _mm512_fmadd_ps (x, left, sum[i][0]);
      sum[i][1] = _mm512_fmadd_ps (x, right, sum[i][1]);
    }
  }
  for (gint i = 0; i < rows; i++) {
    _mm512_storeu_ps (m + i * PANEL, sum[i][0]);
    _mm512_storeu_ps (m + i * PANEL + LANES, sum[i][1]);
  }
}

/* the same for all tiles of a block, a multiple of 4; @next: the next panel */
TARGET static void
product (gint64 tiles, const gfloat *v, const gfloat *u, gint64 c, gfloat *m,
    const gfloat *next)
{
  gint64 parts = (tiles + ROWS - 1) / ROWS, i = 0;
  gint64 step = (PANEL + parts - 1) / parts, ahead = step * c;

  for (; i + 12 <= tiles; i += 12, next += ahead)
    product_rows (12, v + i * c, u, c, m + i * PANEL, next, step);
  if (i + 8 <= tiles)
    product_rows (8, v + i * c, u, c, m + i * PANEL, next, step);
  else if (i < tiles)
    product_rows (4, v + i * c, u, c, m + i * PANEL, next, step);
}

/* ----------------------------------------------------------------- results */

/* A^T m */
INLINE void
result_points (const __m512 m[SIDE], __m512 y[STEP])
{
  __m512 even_a = _mm512_add_ps (m[1], m[2]),
         odd_a = _mm512_sub_ps (m[1], m[2]);
  __m512 even_b = _mm512_add_ps (m[3], m[4]),
         odd_b = _mm512_sub_ps (m[3], m[4]);

  y[0] = _mm512_add_ps (m[0], _mm512_add_ps (even_a, even_b));
  y[1] = _mm512_fmadd_ps (
      _mm512_set1_ps (A1), odd_a, _mm512_mul_ps (_mm512_set1_ps (B1), odd_b));
  y[2] = _mm512_fmadd_ps (
      _mm512_set1_ps (A2), even_a, _mm512_mul_ps (_mm512_set1_ps (B2), even_b));
  y[3] = _mm512_fmadd_ps (_mm512_set1_ps (A1 * A2), odd_a,
      _mm512_fmadd_ps (_mm512_set1_ps (B1 * B2), odd_b, m[5]));
}

/* act (gain (v + bias + residual)) of 16 channels from @o on */
INLINE void
store_result (const Problem *p, __m512 v, gint64 pixel, gint64 o)
{
  gint64 at = pixel * p->conv->o + o;
  const __mmask16 mask = (__mmask16) ((1u << MIN (LANES, p->conv->o - o)) - 1u);

  if (p->bias != NULL)
    v = _mm512_add_ps (v, _mm512_maskz_loadu_ps (mask, p->bias + o));
  if (p->residual != NULL)
    v = _mm512_add_ps (v, _mm512_maskz_loadu_ps (mask, p->residual + at));
  v = _mm512_mul_ps (v, _mm512_set1_ps (p->gain));
  if (p->conv->act == NF_ACT_RELU)
    v = _mm512_max_ps (_mm512_setzero_ps (), v); /* NaN stays NaN */
  _mm512_mask_storeu_ps (p->y + at, mask, v);
}

/* A^T m A of one tile and 16 channels from @o on, the points @stride apart */
TARGET static void
result_tile (
    const Problem *p, gint64 tile, gint64 o, const gfloat *m, gint64 stride)
{
  const NfDnnlConv *c = p->conv;
  gint64 top = tile / p->tiles.across % p->tiles.down * STEP;
  gint64 left = tile % p->tiles.across * STEP;
  gint64 n = tile / (p->tiles.down * p->tiles.across);
  gint64 first = (n * c->h + top) * c->w + left;
  __m512 half[STEP][SIDE];

  for (gint j = 0; j < SIDE; j++) {
    __m512 column[SIDE], y[STEP];

    for (gint i = 0; i < SIDE; i++)
      column[i] = _mm512_loadu_ps (m + (i * SIDE + j) * stride);
    result_points (column, y);
    for (gint i = 0; i < STEP; i++)
      half[i][j] = y[i];
  }
  for (gint64 i = 0; i < STEP && top + i < c->h; i++) {
    __m512 y[STEP];

    result_points (half[i], y);
    for (gint64 j = 0; j < STEP && left + j < c->w; j++)
      store_result (p, y[j], first + i * c->w + j, o);
  }
}

/* ------------------------------------------------------------------- calls */

/* @count tiles from @first on; room for the tiles at all points and for what a
 * panel's products are, and C zeros behind */
static void
run_block (const Problem *p, gint64 first, gint64 count, gfloat *room)
{
  const gint64 c = p->conv->c, o = in_panels (p->conv->o);
  const gint64 tiles = (count + 3) / 4 * 4;
  const gint64 v_apart = tiles * c + APART, m_apart = tiles * PANEL + APART;
  gfloat *v = room, *m = v + POINTS * v_apart, *zero = m + POINTS * m_apart;

  memset (zero, 0, (gsize) c * sizeof *zero);
  for (gint64 i = 0; i < tiles; i++)
    input_tile (&p->tiles, first + MIN (i, count - 1), p->x, c, zero, v + i * c,
        v_apart);
  for (gint64 panel = 0; panel < o; panel += PANEL) {
    const gfloat *u = p->weight + panel * c;

    for (gint64 k = 0; k < POINTS; k++)
      product (tiles, v + k * v_apart, u + k * o * c, c, m + k * m_apart,
          k + 1 < POINTS ? u + (k + 1) * o * c : u + PANEL * c);
    for (gint64 i = 0; i < count; i++)
      for (gint64 l = 0; l < PANEL && panel + l < p->conv->o; l += LANES)
        result_tile (p, first + i, panel + l, m + i * PANEL + l, m_apart);
  }
}

#define BLOCK_BYTES (768 * 1024) /* of a block's room, to stay in a cache */

/* tiles of a block, a multiple of 4: few enough for the cache, and as many for
 * each thread */
static gint64
tiles_of_block (const NfDnnlConv *conv, gint64 tiles)
{
  gint64 tile = POINTS * (conv->c + PANEL) * (gint64) sizeof (gfloat);
  gint64 most = MAX (BLOCK_BYTES / tile / ROWS, 2) * ROWS;
  gint64 threads = omp_get_max_threads ();
  gint64 blocks = (tiles + most - 1) / most;

  blocks = (blocks + threads - 1) / threads * threads;
  return ((tiles + blocks - 1) / blocks + 3) / 4 * 4;
}

#define FEW_WEIGHTS 32768 /* pairs of channels whose points are 4.5 MiB */

/**
 * nf_winograd_fits:
 * @conv: a convolution
 *
 * The answer depends on the shape and the processor alone. With few pixels,
 * reading the weights takes longer than the products. The weights of small
 * layers must not take four times their memory for little gain. Results that
 * fill up the last panel are made in vain: a quarter at most.
 *
 * Returns: whether nf_winograd_forward() computes it, and faster
 */
gboolean
nf_winograd_fits (const NfDnnlConv *c)
{
  gint64 pixels = c->n * c->oh * c->ow;

  return nf_isa () >= NF_ISA_AVX512 && !c->bf16 && c->kh == 3 && c->kw == 3
      && c->stride == 1 && c->pad == 1 && c->act != NF_ACT_SILU
      && c->c % LANES == 0 && in_panels (c->o) * 3 <= c->o * 4 && pixels >= 256
      && (c->c * c->o <= FEW_WEIGHTS || pixels >= 4 * MAX (c->c, c->o));
}

/* the convolution that computes the gradient of the inputs from that of the
 * results */
static NfDnnlConv
turn (const NfDnnlConv *conv)
{
  NfDnnlConv turned = *conv;

  turned.c = conv->o;
  turned.o = conv->c;
  turned.act = NF_ACT_NONE;
  return turned;
}

/**
 * nf_winograd_fits_backward:
 * @conv: a convolution
 *
 * Returns: whether nf_winograd_backward_data() computes its inputs' gradient,
 *   and faster
 */
gboolean
nf_winograd_fits_backward (const NfDnnlConv *conv)
{
  const NfDnnlConv turned = turn (conv);

  return conv->c % PANEL == 0 && nf_winograd_fits (&turned);
}

static gboolean
run (NfDevice *device, const NfDnnlConv *conv, NfTensor *weight,
    const NfDnnlPart *part, Problem *p, GError **error)
{
  g_autoptr (NfTensor) points =
      nf_dnnl_weight_part (device, weight, part, fill_points, error);
  g_autoptr (NfTensor) room = NULL;
  gint64 tiles, size;

  if (points == NULL || !nf_tensor_need_data (points, error))
    return FALSE;
  p->conv = conv;
  p->weight = nf_cpu_f32 (points);
  p->tiles = tiles_of (conv);
  tiles = tiles_count (&p->tiles);
  p->block = tiles_of_block (conv, tiles);
  size = POINTS * (p->block * (conv->c + PANEL) + 2 * APART) + conv->c;
  room =
      nf_tensor_new (device, NF_F32, omp_get_max_threads (), size, 1, 1, error);
  if (room == NULL)
    return FALSE;
#pragma omp parallel for schedule(static)
  for (gint64 first = 0; first < tiles; first += p->block)
    run_block (p, first, MIN (p->block, tiles - first),
        nf_cpu_f32 (room) + omp_get_thread_num () * size);
  return TRUE;
}

/**
 * nf_winograd_forward:
 * @conv: one that nf_winograd_fits()
 * @x: (N, H, W, C)
 * @weight: (O, from + C or more, 3, 3); a form of it is kept with it
 * @from: its first channel that counts
 * @bias: (nullable): O values
 * @residual: (nullable): (N, H, W, O), added before gain and activation; may be
 *   @y
 * @y: (out): (N, H, W, O)
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_winograd_forward (NfDevice *device, const NfDnnlConv *conv, const gfloat *x,
    NfTensor *weight, gint64 from, const gfloat *bias, const gfloat *residual,
    gfloat *y, GError **error)
{
  const NfDnnlPart part = { .from = from, .count = conv->c, .points = TRUE };
  Problem p = {
    .x = x, .bias = bias, .residual = residual, .y = y, .gain = conv->gain
  };

  return run (device, conv, weight, &part, &p, error);
}

/**
 * nf_winograd_backward_data:
 * @conv: one that nf_winograd_fits_backward()
 * @dy: (N, H, W, O)
 * @weight: (O, from + C or more, 3, 3); a form of it is kept with it
 * @from: its first channel that counts
 * @dx: (out): (N, H, W, C)
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_winograd_backward_data (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *dy, NfTensor *weight, gint64 from, gfloat *dx, GError **error)
{
  const NfDnnlPart part = {
    .from = from, .count = conv->c, .points = TRUE, .back = TRUE
  };
  const NfDnnlConv turned = turn (conv);
  Problem p = { .x = dy, .y = dx, .gain = 1.0f };

  return run (device, &turned, weight, &part, &p, error);
}

#else

gboolean
nf_winograd_fits (const NfDnnlConv *conv)
{
  return FALSE;
}

gboolean
nf_winograd_fits_backward (const NfDnnlConv *conv)
{
  return FALSE;
}

static gboolean
unsupported (GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "convolution: this processor has no such kernel");
  return FALSE;
}

gboolean
nf_winograd_forward (NfDevice *device, const NfDnnlConv *conv, const gfloat *x,
    NfTensor *weight, gint64 from, const gfloat *bias, const gfloat *residual,
    gfloat *y, GError **error)
{
  return unsupported (error);
}

gboolean
nf_winograd_backward_data (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *dy, NfTensor *weight, gint64 from, gfloat *dx, GError **error)
{
  return unsupported (error);
}

#endif
