/* SPDX-License-Identifier: MIT
 *
 * philox — random numbers on the device, with the CPU's bits
 *
 * Philox 4x32-10 and Box-Muller as in kernels/core/random/nfrng.c, which says where
 * they come from. Each operation is rounded by itself, as it is there. */
#pragma once

#include "cuda/kernels/nfkernel.h"

typedef struct
{
  guint32 v[4];
} NfPhilox;

/* the block of four words of a sample: key.stream is that of sample 0 */
static __device__ __forceinline__ NfPhilox
nf_philox (const NfRngKey &key, guint64 sample, guint32 block)
{
  const guint64 stream = key.stream + sample;
  NfPhilox c = { { block, key.purpose, (guint32) stream,
      (guint32) (stream >> 32) } };
  guint32 k0 = (guint32) key.seed, k1 = (guint32) (key.seed >> 32);

#pragma unroll
  for (int round = 0; round < 10; round++) {
    const guint64 p0 = (guint64) 0xD2511F53u * c.v[0];
    const guint64 p1 = (guint64) 0xCD9E8D57u * c.v[2];

    c = NfPhilox{ { (guint32) (p1 >> 32) ^ c.v[1] ^ k0, (guint32) p1,
        (guint32) (p0 >> 32) ^ c.v[3] ^ k1, (guint32) p0 } };
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

/* a x + b in two roundings */
static __device__ __forceinline__ float
nf_mul_add (float a, float x, float b)
{
  return __fadd_rn (__fmul_rn (a, x), b);
}

/* ln u for u in (0, 1] */
static __device__ __forceinline__ float
nf_log_fixed (float u)
{
  const guint32 bits = __float_as_uint (u);
  int e = (int) (bits >> 23) - 127;
  float m = __uint_as_float ((bits & 0x7fffffu) | 0x3f800000u), s, s2, p;

  if (m > 1.41421356f) {
    m = __fmul_rn (m, 0.5f);
    e = e + 1;
  }
  s = __fdiv_rn (__fadd_rn (m, -1.0f), __fadd_rn (m, 1.0f));
  s2 = __fmul_rn (s, s);
  p = nf_mul_add (0.11111111f, s2, 0.14285714f);
  p = nf_mul_add (p, s2, 0.2f);
  p = nf_mul_add (p, s2, 0.33333333f);
  p = nf_mul_add (p, s2, 1.0f);
  return __fadd_rn (
      __fmul_rn ((float) e, 0.69314718f), __fmul_rn (__fmul_rn (2.0f, s), p));
}

/* sine and cosine of 2 pi u for u in [0, 1) */
static __device__ __forceinline__ void
nf_sincos_fixed (float u, float *sine, float *cosine)
{
  const float turns = __fmul_rn (u, 4.0f);
  const int q = (int) __fadd_rn (turns, 0.5f);
  const float a = __fmul_rn (__fadd_rn (turns, -(float) q), 1.57079633f);
  const float a2 = __fmul_rn (a, a);
  float s, c;

  s = nf_mul_add (2.75573192e-6f, a2, -1.98412698e-4f);
  s = nf_mul_add (s, a2, 8.33333333e-3f);
  s = nf_mul_add (s, a2, -1.66666667e-1f);
  s = nf_mul_add (s, a2, 1.0f);
  s = __fmul_rn (s, a);
  c = nf_mul_add (2.48015873e-5f, a2, -1.38888889e-3f);
  c = nf_mul_add (c, a2, 4.16666667e-2f);
  c = nf_mul_add (c, a2, -0.5f);
  c = nf_mul_add (c, a2, 1.0f);
  *sine = q & 1 ? c : s;
  *cosine = q & 1 ? s : c;
  if (q & 2)
    *sine = -*sine;
  if ((q + 1) & 2)
    *cosine = -*cosine;
}

/* two numbers from N(0, 1) of two random words */
static __device__ __forceinline__ void
nf_normal_pair (guint32 first, guint32 second, float *out)
{
  const float u = __fmul_rn (__fadd_rn ((float) (first >> 9), 0.5f), 0x1p-23f);
  const float v = __fmul_rn ((float) (second >> 8), 0x1p-24f);
  const float r = __fsqrt_rn (__fmul_rn (-2.0f, nf_log_fixed (u)));
  float s, c;

  nf_sincos_fixed (v, &s, &c);
  out[0] = __fmul_rn (r, c);
  out[1] = __fmul_rn (r, s);
}
