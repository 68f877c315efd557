/* SPDX-License-Identifier: MIT
 *
 * nfrng — counter-based random numbers (Philox 4x32-10)
 *
 * The counter is (block, purpose, stream low, stream high), the key the seed;
 * number `index` is word index % 4 of block index / 4. */
#include <nextframe/core/random/nfrng.h>

#include "core/random/nfphilox.h"

#include <math.h>
#include <string.h>

void
nf_rng_philox (const guint32 counter[4], const guint32 key[2], guint32 out[4])
{
  NfPhilox c;

  memcpy (c.v, counter, sizeof c.v);
  c = nf_philox (c, key[0], key[1]);
  memcpy (out, c.v, sizeof c.v);
}

void
nf_rng_block (const NfRngKey *key, guint32 block, guint32 out[4])
{
  guint32 counter[4] = { block, key->purpose, (guint32) key->stream,
    (guint32) (key->stream >> 32) };
  guint32 k[2] = { (guint32) key->seed, (guint32) (key->seed >> 32) };

  nf_rng_philox (counter, k, out);
}

guint32
nf_rng_u32 (const NfRngKey *key, guint64 index)
{
  guint32 out[4];

  nf_rng_block (key, (guint32) (index / 4), out);
  return out[index % 4];
}

gfloat
nf_rng_uniform (const NfRngKey *key, guint64 index)
{
  return (gfloat) (nf_rng_u32 (key, index) >> 8) * 0x1p-24f;
}

guint32
nf_rng_below (const NfRngKey *key, guint64 index, guint32 limit)
{
  return (guint32) (((guint64) nf_rng_u32 (key, index) * limit) >> 32);
}

/* ln u for u in (0, 1]: u = m 2^e, m near 1, and ln m = 2 atanh ((m-1)/(m+1)) */
static gfloat
log_fixed (gfloat u)
{
  guint32 bits;
  gint32 e;
  gfloat m, s, s2, p;

  memcpy (&bits, &u, sizeof bits);
  e = (gint32) (bits >> 23) - 127;
  bits = (bits & 0x7fffffu) | 0x3f800000u;
  memcpy (&m, &bits, sizeof m);
  if (m > 1.41421356f) {
    m = m * 0.5f;
    e = e + 1;
  }
  s = (m - 1.0f) / (m + 1.0f);
  s2 = s * s;
  p = 0.11111111f;
  p = p * s2 + 0.14285714f;
  p = p * s2 + 0.2f;
  p = p * s2 + 0.33333333f;
  p = p * s2 + 1.0f;
  return (gfloat) e * 0.69314718f + 2.0f * s * p;
}

/* sine and cosine of 2 pi u for u in [0, 1): quadrant, then Taylor series */
static void
sincos_fixed (gfloat u, gfloat *sine, gfloat *cosine)
{
  gfloat turns = u * 4.0f;
  gint q = (gint) (turns + 0.5f);
  gfloat a = (turns - (gfloat) q) * 1.57079633f;
  gfloat a2 = a * a, s, c;

  s = 2.75573192e-6f;
  s = s * a2 - 1.98412698e-4f;
  s = s * a2 + 8.33333333e-3f;
  s = s * a2 - 1.66666667e-1f;
  s = s * a2 + 1.0f;
  s = s * a;
  c = 2.48015873e-5f;
  c = c * a2 - 1.38888889e-3f;
  c = c * a2 + 4.16666667e-2f;
  c = c * a2 - 0.5f;
  c = c * a2 + 1.0f;
  switch (q & 3) {
    case 0:
      *sine = s, *cosine = c;
      break;
    case 1:
      *sine = c, *cosine = -s;
      break;
    case 2:
      *sine = -s, *cosine = -c;
      break;
    default:
      *sine = -c, *cosine = s;
      break;
  }
}

static void
normal_block (const NfRngKey *key, guint32 block, gfloat out[4])
{
  guint32 bits[4];

  nf_rng_block (key, block, bits);
  for (guint i = 0; i < 4; i += 2) {
    gfloat u = ((gfloat) (bits[i] >> 9) + 0.5f) * 0x1p-23f;
    gfloat v = (gfloat) (bits[i + 1] >> 8) * 0x1p-24f;
    gfloat r = sqrtf (-2.0f * log_fixed (u)), s, c;

    sincos_fixed (v, &s, &c);
    out[i] = r * c;
    out[i + 1] = r * s;
  }
}

void
nf_rng_normal (const NfRngKey *key, guint64 first, gsize n, gfloat *out)
{
  gfloat four[4];

  for (gsize i = 0; i < n;) {
    guint from = (guint) ((first + i) % 4);

    normal_block (key, (guint32) ((first + i) / 4), four);
    for (guint j = from; j < 4 && i < n; j++)
      out[i++] = four[j];
  }
}

void
nf_rng_shuffle (const NfRngKey *key, guint n, guint *order)
{
  for (guint i = 0; i < n; i++)
    order[i] = i;
  for (guint i = n; i > 1; i--) {
    guint j = nf_rng_below (key, i, i), t = order[i - 1];

    order[i - 1] = order[j];
    order[j] = t;
  }
}

guint64
nf_hash_string (const gchar *text)
{
  guint64 h = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (const guchar *p = (const guchar *) text; *p != 0; p++)
    h = (h ^ *p) * G_GUINT64_CONSTANT (0x100000001b3);
  return h;
}
