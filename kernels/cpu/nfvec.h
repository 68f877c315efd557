/* SPDX-License-Identifier: MIT
 *
 * nfvec — what loops need so that the compiler makes vectors of them
 *
 * Private to the CPU backend. */
#pragma once

#include "cpu/nfisa.h"

G_BEGIN_DECLS

typedef union
{
  gfloat value;
  guint32 bits;
} NfVecFloat;

/* exp (x) within 2e-7 of its value; x is taken as -87 below and 88 above.
 * With k = round (x / ln 2), r = x - k ln 2: exp (x) = 2^k exp (r), exp (r) by
 * its Taylor series up to r^6, |r| <= 0.35. Adding 1.5 * 2^23 leaves k in the
 * low bits. NaN stays NaN. */
static inline gfloat
nf_vec_exp (gfloat x)
{
  const gfloat shift = 12582912.0f;
  NfVecFloat k, scale;
  gfloat r, p, whole;

  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  k.value = x * 1.44269504f + shift;
  whole = k.value - shift;
  r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  p = 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  scale.bits = (k.bits << 23) + 0x3f800000u;

  return p * scale.value;
}

static inline gfloat
nf_vec_sigmoid (gfloat x)
{
  return 1.0f / (1.0f + nf_vec_exp (-x));
}

static inline gfloat
nf_vec_silu (gfloat x)
{
  return x / (1.0f + nf_vec_exp (-x));
}

/* 2^x within 8e-5 of its value, |x| <= 126: 2^k 2^f with |f| <= 0.5, 2^f by a
 * polynomial */
static inline gfloat
nf_vec_exp2_bf16 (gfloat x)
{
  const gfloat shift = 12582912.0f;
  NfVecFloat k = { .value = x + shift }, scale;
  gfloat f = x - (k.value - shift), p;

  p = 0.05517167f;
  p = p * f + 0.24261112f;
  p = p * f + 0.69326099f;
  p = p * f + 0.99992807f;
  scale.bits = (k.bits << 23) + 0x3f800000u;

  return p * scale.value;
}

/* exp (x), x <= 0, within 8e-5 of its value, for results that bf16 will round;
 * x is taken as -87 below. NaN stays NaN. */
static inline gfloat
nf_vec_exp_bf16 (gfloat x)
{
  return nf_vec_exp2_bf16 (1.44269504f * (x < -87.0f ? -87.0f : x));
}

/* x sigmoid (x) within 1e-4 of its value, for results that bf16 will round. |x|
 * counts as 80 at most, by the order of its bits: a comparison of floats would
 * be a jump. The reciprocal is made from its bits by two of Newton's steps. NaN
 * stays NaN. */
static inline gfloat
nf_vec_silu_bf16 (gfloat x)
{
  NfVecFloat v = { .value = x }, d, r;
  gint32 size = (gint32) (v.bits & 0x7fffffffu);

  size = MIN (size, 0x42a00000);
  v.bits = (guint32) size | (v.bits & 0x80000000u);
  d.value = 1.0f + nf_vec_exp2_bf16 (v.value * -1.44269504f);
  r.bits = 0x7ef311c3u - d.bits;
  r.value = r.value * (2.0f - d.value * r.value);
  r.value = r.value * (2.0f - d.value * r.value);

  return x * r.value;
}

static inline gfloat
nf_vec_widen (guint16 x)
{
  NfVecFloat f = { .bits = (guint32) x << 16 };

  return f.value;
}

/* element i of an array of either type */
static inline __attribute__ ((always_inline)) gfloat
nf_vec_load (gconstpointer x, gint64 i, gboolean bf16)
{
  return bf16 ? nf_vec_widen (((const guint16 *) x)[i])
              : ((const gfloat *) x)[i];
}

/* to nearest, ties to even; NaN stays NaN */
static inline guint16
nf_vec_narrow (gfloat x)
{
  NfVecFloat f = { .value = x };
  guint32 rounded = (f.bits + 0x7fffu + (f.bits >> 16 & 1)) >> 16;

  return (guint16) (x != x ? f.bits >> 16 | 0x40u : rounded);
}

/* x becomes element i of an array of either type */
static inline __attribute__ ((always_inline)) void
nf_vec_store (gfloat x, gpointer y, gint64 i, gboolean bf16)
{
  if (bf16)
    ((guint16 *) y)[i] = nf_vec_narrow (x);
  else
    ((gfloat *) y)[i] = x;
}

/* x where gate > 0, else 0: the gradient through a ReLU. The compiler makes a
 * jump of a plain choice, and no vectors */
static inline gfloat
nf_vec_gate (gfloat x, gfloat gate)
{
  NfVecFloat y = { .value = x };

  y.bits &= -(guint32) (gate > 0.0f);
  return y.value;
}

G_END_DECLS
