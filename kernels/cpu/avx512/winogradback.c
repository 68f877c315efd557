/* SPDX-License-Identifier: MIT
 *
 * winogradback — the weight's gradient of a 3x3 convolution in f32 (CPU)
 *
 * winograd.c makes a tile of results as A^T ((G g G^T) . (B^T d B)) A. So with
 * the gradient y of such a tile, that of g is
 *   G^T (sum over tiles (A y A^T) . (B^T d B)) G,
 * 36 products in place of 144 for a tile and a pair of channels. The tiles are
 * split into parts, and those added up in order, both by the shape alone.
 * See docs/ops.md. Siblings: winograd.c, conv.c */
#include "cpu/avx512/winograd.h"
#include "cpu/avx512/winogradtile.h"
#include "cpu/nfisa.h"

#include <omp.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)

#define ROWS 8 /* results of a product that are made at once */
#define ROOM (1024 * 1024) /* bytes of a block's tiles, to stay in a cache */
#define SUMS ((gint64) 8 * 1024 * 1024) /* bytes of all parts' sums */
#define PARTS 8
#define PART 32 /* least tiles of a part */
#define GROUP 4096 /* pairs of channels whose sums stay in a cache */

typedef struct
{
  const NfDnnlConv *conv;
  const gfloat *x, *dy;
  Tiles tiles;
  gint64 parts, part; /* part: its tiles */
  gint64 group; /* results that are added up at once */
  gint64 block; /* tiles, likewise */
  gfloat *sums; /* (parts, points, O, C) */
} Problem;

/* --------------------------------------------------------------- gradients */

/* A y */
INLINE void
gradient_points (const __m512 y[STEP], __m512 m[SIDE])
{
  const __m512 a2 = _mm512_set1_ps (A2), b2 = _mm512_set1_ps (B2);
  __m512 even_a = _mm512_fmadd_ps (a2, y[2], y[0]);
  __m512 even_b = _mm512_fmadd_ps (b2, y[2], y[0]);
  __m512 odd_a =
      _mm512_mul_ps (_mm512_set1_ps (A1), _mm512_fmadd_ps (a2, y[3], y[1]));
  __m512 odd_b =
      _mm512_mul_ps (_mm512_set1_ps (B1), _mm512_fmadd_ps (b2, y[3], y[1]));

  m[0] = y[0];
  m[1] = _mm512_add_ps (even_a, odd_a);
  m[2] = _mm512_sub_ps (even_a, odd_a);
  m[3] = _mm512_add_ps (even_b, odd_b);
  m[4] = _mm512_sub_ps (even_b, odd_b);
  m[5] = y[3];
}

/* A y A^T of one tile and the results from @o on, the points @stride apart */
TARGET static void
gradient_tile (const Problem *p, gint64 tile, gint64 o, gint64 count,
    const gfloat *zero, gfloat *m, gint64 stride)
{
  const gfloat *at[STEP * STEP];

  tile_pixels (&p->tiles, tile, STEP, 0, p->dy + o, p->conv->o, zero, at);
  for (gint64 from = 0; from < count; from += LANES) {
    __m512 half[SIDE][STEP];

    for (gint j = 0; j < STEP; j++) {
      __m512 y[STEP], points[SIDE];

      for (gint i = 0; i < STEP; i++)
        y[i] = _mm512_loadu_ps (at[i * STEP + j] + from);
      gradient_points (y, points);
      for (gint i = 0; i < SIDE; i++)
        half[i][j] = points[i];
    }
    for (gint i = 0; i < SIDE; i++) {
      __m512 points[SIDE];

      gradient_points (half[i], points);
      for (gint j = 0; j < SIDE; j++)
        _mm512_storeu_ps (m + (i * SIDE + j) * stride + from, points[j]);
    }
  }
}

/* ---------------------------------------------------------------- products */

/* M^T V of one point, for eight results and @wide times 16 inputs; added to
 * what is there unless @first */
INLINE void
product_rows (gint wide, gint64 tiles, const gfloat *m, gint64 m_step,
    const gfloat *v, gint64 v_step, gboolean first, gfloat *sums, gint64 c)
{
  __m512 sum[ROWS][2];

  for (gint i = 0; i < ROWS; i++)
    for (gint l = 0; l < wide; l++)
      sum[i][l] = first ? _mm512_setzero_ps ()
                        : _mm512_loadu_ps (sums + i * c + l * LANES);
  for (gint64 t = 0; t < tiles; t++) {
    __m512 x[2];

    for (gint l = 0; l < wide; l++)
      x[l] = _mm512_loadu_ps (v + t * v_step + l * LANES);
    for (gint i = 0; i < ROWS; i++) {
      __m512 y = _mm512_set1_ps (m[t * m_step + i]);

      for (gint l = 0; l < wide; l++)
        sum[i][l] = _mm512_fmadd_ps (y, x[l], sum[i][l]);
    }
  }
  for (gint i = 0; i < ROWS; i++)
    for (gint l = 0; l < wide; l++)
      _mm512_storeu_ps (sums + i * c + l * LANES, sum[i][l]);
}

/* the same for @count results, and all inputs */
TARGET static void
product (gint64 tiles, const gfloat *m, gint64 count, const gfloat *v, gint64 c,
    gboolean first, gfloat *sums)
{
  gint64 at = 0;

  for (; at + 2 * LANES <= c; at += 2 * LANES)
    for (gint64 o = 0; o < count; o += ROWS)
      product_rows (
          2, tiles, m + o, count, v + at, c, first, sums + o * c + at, c);
  if (at < c)
    for (gint64 o = 0; o < count; o += ROWS)
      product_rows (
          1, tiles, m + o, count, v + at, c, first, sums + o * c + at, c);
}

/* the sums of one part for @count results from @o on; room for a block's tiles
 * at all points, and max (C, O) zeros behind */
static void
run_part (const Problem *p, gint64 part, gint64 o, gint64 count, gfloat *room)
{
  const gint64 c = p->conv->c, all = tiles_count (&p->tiles);
  const gint64 begin = part * p->part, end = MIN (begin + p->part, all);
  const gint64 v_apart = p->block * c + APART;
  const gint64 m_apart = p->block * p->group + APART;
  gfloat *v = room, *m = v + POINTS * v_apart, *zero = m + POINTS * m_apart;
  gfloat *sums = p->sums + part * POINTS * p->conv->o * c + o * c;

  memset (zero, 0, (gsize) MAX (c, count) * sizeof *zero);
  for (gint64 from = begin; from < end; from += p->block) {
    gint64 tiles = MIN (p->block, end - from);

    for (gint64 i = 0; i < tiles; i++) {
      input_tile (&p->tiles, from + i, p->x, c, zero, v + i * c, v_apart);
      gradient_tile (p, from + i, o, count, zero, m + i * count, m_apart);
    }
    for (gint64 k = 0; k < POINTS; k++)
      product (tiles, m + k * m_apart, count, v + k * v_apart, c, from == begin,
          sums + k * p->conv->o * c);
  }
}

/* ----------------------------------------------------------------- kernels */

/* G^T s */
INLINE void
kernel_gradient (const __m512 s[SIDE], __m512 g[3])
{
  const gfloat a = 0.5f / (A2 * (A2 - B2)), b = 0.5f / (B2 * (B2 - A2));
  __m512 even_a =
      _mm512_mul_ps (_mm512_set1_ps (a), _mm512_add_ps (s[1], s[2]));
  __m512 even_b =
      _mm512_mul_ps (_mm512_set1_ps (b), _mm512_add_ps (s[3], s[4]));
  __m512 odd_a =
      _mm512_mul_ps (_mm512_set1_ps (a * A1), _mm512_sub_ps (s[1], s[2]));

  g[0] = _mm512_fmadd_ps (
      _mm512_set1_ps (1.0f / (A2 * B2)), s[0], _mm512_add_ps (even_a, even_b));
  g[1] = _mm512_fmadd_ps (
      _mm512_set1_ps (b * B1), _mm512_sub_ps (s[3], s[4]), odd_a);
  g[2] = _mm512_fmadd_ps (_mm512_set1_ps (A2), even_a,
      _mm512_fmadd_ps (_mm512_set1_ps (B2), even_b, s[5]));
}

/* G^T S G of one result and the 16 inputs from @c on; the nine values @ld
 * apart */
TARGET static void
kernel_store (const Problem *p, gint64 o, gint64 c, gfloat *dweight, gint64 ld)
{
  const gint64 apart = p->conv->o * p->conv->c;
  const gfloat *from = p->sums + o * p->conv->c + c;
  __m512 half[3][SIDE];

  for (gint j = 0; j < SIDE; j++) {
    __m512 s[SIDE], g[3];

    for (gint i = 0; i < SIDE; i++) {
      const gfloat *at = from + (i * SIDE + j) * apart;

      s[i] = _mm512_loadu_ps (at);
      for (gint64 k = 1; k < p->parts; k++)
        s[i] = _mm512_add_ps (s[i], _mm512_loadu_ps (at + k * POINTS * apart));
    }
    kernel_gradient (s, g);
    for (gint i = 0; i < 3; i++)
      half[i][j] = g[i];
  }
  for (gint i = 0; i < 3; i++) {
    __m512 g[3];

    kernel_gradient (half[i], g);
    for (gint j = 0; j < 3; j++)
      _mm512_storeu_ps (dweight + (3 * i + j) * ld, g[j]);
  }
}

/* ------------------------------------------------------------------- calls */

/**
 * nf_winograd_fits_weights:
 * @conv: a convolution
 *
 * Depends on its shape alone, and on the processor. Few tiles take less time
 * than making kernels of their sums.
 *
 * Returns: whether nf_winograd_backward_weights() computes its weight's
 *   gradient, and faster
 */
gboolean
nf_winograd_fits_weights (const NfDnnlConv *c)
{
  return nf_isa () >= NF_ISA_AVX512 && !c->bf16 && c->kh == 3 && c->kw == 3
      && c->stride == 1 && c->pad == 1 && c->c % LANES == 0 && c->o % LANES == 0
      && c->n * c->oh * c->ow >= 16 * PART
      && POINTS * c->c * c->o * (gint64) sizeof (gfloat) <= SUMS;
}

static void
split (Problem *p)
{
  const NfDnnlConv *c = p->conv;
  gint64 tiles = tiles_count (&p->tiles);
  gint64 sums = POINTS * c->c * c->o * (gint64) sizeof (gfloat);
  gint64 parts = CLAMP (MIN (SUMS / sums, tiles / PART), 1, PARTS);

  p->part = (tiles + parts - 1) / parts;
  p->parts = (tiles + p->part - 1) / p->part;
  p->group = MIN (CLAMP (GROUP / c->c / LANES, 1, 8) * LANES, c->o);
  p->block =
      CLAMP (ROOM / (POINTS * (c->c + p->group) * (gint64) sizeof (gfloat)), 8,
          p->part);
}

/**
 * nf_winograd_backward_weights:
 * @conv: one that nf_winograd_fits_weights()
 * @x: (N, H, W, C)
 * @dy: (N, H, W, O)
 * @dweight: (out): (O, 3, 3, C), the C values @ld apart
 * @ld: at least C
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_winograd_backward_weights (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, const gfloat *dy, gfloat *dweight, gint64 ld,
    GError **error)
{
  const gint64 c = conv->c, o = conv->o;
  Problem p = { .conv = conv, .x = x, .dy = dy, .tiles = tiles_of (conv) };
  g_autoptr (NfTensor) sums = NULL;
  g_autoptr (NfTensor) room = NULL;
  gint64 size, groups;

  split (&p);
  groups = (o + p.group - 1) / p.group;
  size = POINTS * (p.block * (c + p.group) + 2 * APART) + MAX (c, o);
  sums = nf_tensor_new (device, NF_F32, p.parts, POINTS, o, c, error);
  room = sums != NULL ? nf_tensor_new (
             device, NF_F32, omp_get_max_threads (), size, 1, 1, error)
                      : NULL;
  if (room == NULL)
    return FALSE;
  p.sums = nf_cpu_f32 (sums);
#pragma omp parallel for schedule(static)
  for (gint64 i = 0; i < p.parts * groups; i++) {
    gint64 from = i % groups * p.group;

    run_part (&p, i / groups, from, MIN (p.group, o - from),
        nf_cpu_f32 (room) + omp_get_thread_num () * size);
  }
#pragma omp parallel for schedule(static)
  for (gint64 i = 0; i < o; i++)
    for (gint64 from = 0; from < c; from += LANES)
      kernel_store (&p, i, from, dweight + 9 * i * ld + from, ld);
  return TRUE;
}

#else

gboolean
nf_winograd_fits_weights (const NfDnnlConv *conv)
{
  return FALSE;
}

gboolean
nf_winograd_backward_weights (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, const gfloat *dy, gfloat *dweight, gint64 ld,
    GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "convolution: this processor has no such kernel");
  return FALSE;
}

#endif
