/* SPDX-License-Identifier: MIT
 *
 * rng — random numbers: published vectors, distributions, independence of order */
#include <nextframe/core/params/nfparams.h>
#include <nextframe/core/random/nfrng.h>

#include <math.h>
#include <string.h>

static const NfRngKey key = { G_GUINT64_CONSTANT (0x123456789abcdef0), 77,
  NF_RNG_TEST };

/* the known answers of the Random123 distribution */
static void
test_philox_known_answers (void)
{
  static const struct
  {
    guint32 counter[4], key[2], want[4];
  } rows[] = {
    { { 0, 0, 0, 0 }, { 0, 0 },
        { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
        { 0xffffffff, 0xffffffff },
        { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
        { 0xa4093822, 0x299f31d0 },
        { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    guint32 got[4];

    nf_rng_philox (rows[i].counter, rows[i].key, got);
    g_assert_cmpmem (got, sizeof got, rows[i].want, sizeof rows[i].want);
  }
}

/* the counter holds block, purpose and stream; word index % 4 of block index / 4 */
static void
test_counter_layout (void)
{
  const NfRngKey k = { G_GUINT64_CONSTANT (0x299f31d0a4093822),
    G_GUINT64_CONSTANT (0x0370734413198a2e), 0x85a308d3 };
  guint32 out[4];

  nf_rng_block (&k, 0x243f6a88, out);
  g_assert_cmphex (out[0], ==, 0xd16cfe09);
  g_assert_cmphex (out[3], ==, 0x24126ea1);
  g_assert_cmphex (
      nf_rng_u32 (&k, G_GUINT64_CONSTANT (4) * 0x243f6a88 + 2), ==, 0x5001e420);
}

/* every part of the key, and the index, gives other numbers */
static void
test_keys_differ (void)
{
  const NfRngKey keys[] = { key, { key.seed + 1, 77, NF_RNG_TEST },
    { key.seed ^ G_GUINT64_CONSTANT (1) << 63, 77, NF_RNG_TEST },
    { key.seed, 78, NF_RNG_TEST },
    { key.seed, 77 + (G_GUINT64_CONSTANT (1) << 32), NF_RNG_TEST },
    { key.seed, 77, NF_RNG_INIT } };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    for (guint j = 0; j < i; j++)
      for (guint n = 0; n < 8; n++)
        g_assert_cmphex (
            nf_rng_u32 (&keys[i], n), !=, nf_rng_u32 (&keys[j], n));
  for (guint n = 1; n < 1000; n++)
    g_assert_cmphex (nf_rng_u32 (&key, n), !=, nf_rng_u32 (&key, n - 1));
}

static void
test_uniform_distribution (void)
{
  const guint n = 100000;
  guint bins[16] = { 0 };
  gdouble mean = 0, chi2 = 0;

  for (guint i = 0; i < n; i++) {
    gfloat u = nf_rng_uniform (&key, i);

    g_assert_true (u >= 0 && u < 1);
    mean += u / n;
    bins[(guint) (u * 16)]++;
  }
  for (guint i = 0; i < 16; i++)
    chi2 += pow (bins[i] - n / 16.0, 2) / (n / 16.0);
  g_assert_true (fabs (mean - 0.5) <= 5 * sqrt (1 / 12.0 / n));
  /* 15 degrees of freedom: beyond 44 once in ten thousand */
  g_assert_true (chi2 <= 44);
}

static void
test_below_distribution (void)
{
  const guint n = 70000;
  guint count[7] = { 0 };
  gdouble chi2 = 0;

  for (guint i = 0; i < n; i++)
    count[nf_rng_below (&key, i, 7)]++;
  for (guint i = 0; i < 7; i++)
    chi2 += pow (count[i] - n / 7.0, 2) / (n / 7.0);
  g_assert_true (chi2 <= 28);
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (nf_rng_below (&key, i, 1), ==, 0);
}

/* moments, and the share beyond two standard deviations */
static void
test_normal_distribution (void)
{
  const gsize n = 200000;
  g_autofree gfloat *z = g_new (gfloat, n);
  gdouble m1 = 0, m2 = 0, m3 = 0, m4 = 0, far_out = 0, pairs = 0;

  nf_rng_normal (&key, 0, n, z);
  for (gsize i = 0; i < n; i++) {
    const gdouble v = z[i];

    m1 += v / n;
    m2 += v * v / n;
    m3 += v * v * v / n;
    m4 += v * v * v * v / n;
    far_out += (fabs (v) > 2) / (gdouble) n;
    pairs += i > 0 ? v * z[i - 1] / n : 0;
  }
  g_test_message ("moments %g %g %g %g, beyond two: %g, neighbours %g", m1, m2,
      m3, m4, far_out, pairs);
  g_assert_true (fabs (m1) <= 5 / sqrt (n));
  g_assert_true (fabs (m2 - 1) <= 5 * sqrt (2.0 / n));
  g_assert_true (fabs (m3) <= 5 * sqrt (15.0 / n));
  g_assert_true (fabs (m4 - 3) <= 5 * sqrt (96.0 / n));
  g_assert_true (fabs (far_out - 0.0455003) <= 5 * sqrt (0.0455 * 0.9545 / n));
  g_assert_true (fabs (pairs) <= 5 / sqrt (n));
}

/* Box-Muller of the same words with the C library's functions */
static void
test_normal_against_libm (void)
{
  for (guint block = 0; block < 20000; block++) {
    guint32 words[4];
    gfloat got[4];

    nf_rng_block (&key, block, words);
    nf_rng_normal (&key, 4 * (guint64) block, 4, got);
    for (guint i = 0; i < 4; i += 2) {
      const gdouble u = ((words[i] >> 9) + 0.5) * 0x1p-23;
      const gdouble angle = 2 * G_PI * (words[i + 1] >> 8) * 0x1p-24;
      const gdouble r = sqrt (-2 * log (u));

      g_assert_true (fabs (got[i] - r * cos (angle)) <= 4e-6);
      g_assert_true (fabs (got[i + 1] - r * sin (angle)) <= 4e-6);
    }
  }
}

/* any cut gives the same numbers */
static void
test_normal_any_cut (void)
{
  gfloat whole[101], part[101];

  nf_rng_normal (&key, 3, 101, whole);
  for (gsize cut = 0; cut <= 101; cut++) {
    nf_rng_normal (&key, 3, cut, part);
    nf_rng_normal (&key, 3 + cut, 101 - cut, part + cut);
    g_assert_cmpmem (part, sizeof part, whole, sizeof whole);
  }
}

static void
test_shuffle (void)
{
  guint order[50], again[50], seen[50] = { 0 }, fixed = 0;

  nf_rng_shuffle (&key, 50, order);
  nf_rng_shuffle (&key, 50, again);
  g_assert_cmpmem (order, sizeof order, again, sizeof again);
  for (guint i = 0; i < 50; i++) {
    seen[order[i]]++;
    fixed += order[i] == i;
  }
  for (guint i = 0; i < 50; i++)
    g_assert_cmpuint (seen[i], ==, 1);
  g_assert_cmpuint (fixed, <, 10);
  nf_rng_shuffle (&key, 1, order);
  g_assert_cmpuint (order[0], ==, 0);
}

/* every order of four comes about as often as the others, also those that leave some
 * where they are */
static void
test_shuffle_evenly (void)
{
  enum
  {
    ORDERS = 24,
    EACH = 500
  };
  guint counts[256] = { 0 }, found = 0;

  for (guint i = 0; i < ORDERS * EACH; i++) {
    const NfRngKey k = { 4, i, NF_RNG_TEST };
    guint order[4];

    nf_rng_shuffle (&k, 4, order);
    counts[order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3]]++;
  }
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++) {
    if (counts[i] == 0)
      continue;
    found++;
    g_assert_cmpuint (counts[i], >, EACH * 3 / 4);
    g_assert_cmpuint (counts[i], <, EACH * 5 / 4);
  }
  g_assert_cmpuint (found, ==, ORDERS);
}

static void
test_hash_string (void)
{
  g_assert_cmphex (
      nf_hash_string (""), ==, G_GUINT64_CONSTANT (0xcbf29ce484222325));
  g_assert_cmphex (
      nf_hash_string ("a"), ==, G_GUINT64_CONSTANT (0xaf63dc4c8601ec8c));
  g_assert_cmphex (nf_hash_string ("encoder.conv1.weight"), ==,
      G_GUINT64_CONSTANT (0x18af8f52a40ee846));
}

/* start values of a network are the numbers of its parameters' names */
static void
test_parameters (void)
{
  const gint64 dims[] = { 7 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfParams) params = nf_params_new (device);
  NfTensor *x = nf_params_add (
      params, "x", NF_F32, 1, dims, TRUE, NF_INIT_UNIFORM, 0.5f, &error);
  const NfRngKey k = { 3, nf_hash_string ("x"), NF_RNG_INIT };
  gfloat got[7];

  nf_params_reset (params, 3, &error);
  g_assert_no_error (error);
  nf_tensor_to_nchw (x, got, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 7; i++)
    g_assert_cmpfloat (got[i], ==, (2 * nf_rng_uniform (&k, i) - 1) * 0.5f);
}

#define ADD(name) g_test_add_func ("/rng/" #name, test_##name)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (philox_known_answers);
  ADD (counter_layout);
  ADD (keys_differ);
  ADD (uniform_distribution);
  ADD (below_distribution);
  ADD (normal_distribution);
  ADD (normal_against_libm);
  ADD (normal_any_cut);
  ADD (shuffle);
  ADD (shuffle_evenly);
  ADD (hash_string);
  ADD (parameters);
  return g_test_run ();
}
