/* SPDX-License-Identifier: MIT
 *
 * winogradtile — tiles of a convolution's inputs at Winograd's points (CPU)
 *
 * Private to winograd.c, which has the maths, and winogradback.c. */
#pragma once

#include "cpu/dnnl/nfdnnlproblem.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define TARGET __attribute__ ((target ("avx512f")))
#define INLINE TARGET __attribute__ ((always_inline)) static inline

#define SIDE 6 /* of a tile's inputs */
#define STEP 4 /* of its results */
#define POINTS (SIDE * SIDE)
#define LANES 16
#define APART 16 /* values between points: else they would share cache sets */

#define A1 0.75f
#define B1 1.5f
#define A2 (A1 * A1)
#define B2 (B1 * B1)

/* the tiles of N images of h x w pixels */
typedef struct
{
  gint64 n, h, w;
  gint64 down, across; /* tiles of an image */
} Tiles;

static inline Tiles
tiles_of (const NfDnnlConv *conv)
{
  return (Tiles){ conv->n, conv->h, conv->w, (conv->h + STEP - 1) / STEP,
    (conv->w + STEP - 1) / STEP };
}

static inline gint64
tiles_count (const Tiles *t)
{
  return t->n * t->down * t->across;
}

/* the places of the @side x @side pixels, of c values each, that begin @before
 * above and left of a tile's results; @zero stands for those outside */
static inline void
tile_pixels (const Tiles *t, gint64 tile, gint side, gint before,
    const gfloat *x, gint64 c, const gfloat *zero, const gfloat **at)
{
  gint64 n = tile / (t->down * t->across);
  gint64 top = tile / t->across % t->down * STEP - before;
  gint64 left = tile % t->across * STEP - before;

  for (gint64 i = 0; i < side * side; i++) {
    gint64 row = top + i / side, column = left + i % side;
    gboolean inside = row >= 0 && row < t->h && column >= 0 && column < t->w;

    at[i] = inside ? x + ((n * t->h + row) * t->w + column) * c : zero;
  }
}

/* B^T d */
INLINE void
input_points (__m512 d[SIDE])
{
  const __m512 a = _mm512_set1_ps (A1), b = _mm512_set1_ps (B1);
  const __m512 a2 = _mm512_set1_ps (A2), b2 = _mm512_set1_ps (B2);
  const __m512 sum = _mm512_set1_ps (A2 + B2);
  const __m512 product = _mm512_set1_ps (A2 * B2);
  __m512 even_a = _mm512_fnmadd_ps (b2, d[2], d[4]);
  __m512 odd_a = _mm512_fnmadd_ps (b2, d[1], d[3]);
  __m512 even_b = _mm512_fnmadd_ps (a2, d[2], d[4]);
  __m512 odd_b = _mm512_fnmadd_ps (a2, d[1], d[3]);

  d[0] = _mm512_fmadd_ps (product, d[0], _mm512_fnmadd_ps (sum, d[2], d[4]));
  d[5] = _mm512_fmadd_ps (product, d[1], _mm512_fnmadd_ps (sum, d[3], d[5]));
  d[1] = _mm512_fmadd_ps (a, odd_a, even_a);
  d[2] = _mm512_fnmadd_ps (a, odd_a, even_a);
  d[3] = _mm512_fmadd_ps (b, odd_b, even_b);
  d[4] = _mm512_fnmadd_ps (b, odd_b, even_b);
}

/* B^T d B of one tile of x (N, h, w, c), the points @stride apart */
TARGET static inline void
input_tile (const Tiles *t, gint64 tile, const gfloat *x, gint64 c,
    const gfloat *zero, gfloat *v, gint64 stride)
{
  const gfloat *at[POINTS];

  tile_pixels (t, tile, SIDE, 1, x, c, zero, at);
  for (gint64 from = 0; from < c; from += LANES) {
    __m512 half[SIDE][SIDE];

#pragma GCC unroll 6
    for (gint j = 0; j < SIDE; j++) {
      __m512 d[SIDE];

      for (gint i = 0; i < SIDE; i++)
        d[i] = _mm512_loadu_ps (at[i * SIDE + j] + from);
      input_points (d);
      for (gint i = 0; i < SIDE; i++)
        half[i][j] = d[i];
    }
#pragma GCC unroll 6
    for (gint i = 0; i < SIDE; i++) {
      __m512 d[SIDE];

      for (gint j = 0; j < SIDE; j++)
        d[j] = half[i][j];
      input_points (d);
      for (gint j = 0; j < SIDE; j++)
        _mm512_storeu_ps (v + (i * SIDE + j) * stride + from, d[j]);
    }
  }
}

#endif
