/* SPDX-License-Identifier: MIT
 *
 * nfnoise — the noise that frames are mixed with
 *
 * Gamma numbers are those of Marsaglia and Tsang, "A simple method for generating
 * gamma variables", 2000. Number i of a key takes its normal number i and, of a
 * purpose beside it, its uniform number i; one in some thousand is refused and
 * takes further ones, from places that no first try reaches. */
#include <nextframe/diffusion/nfnoise.h>

#include <math.h>

#define THETA 1e-3
/* of the purpose of uniform numbers: no NfRngPurpose has this bit */
#define UNIFORM (1u << 30)
/* numbers that are made at once, and the distance of further tries */
#define PART 4096
#define TRY (G_GUINT64_CONSTANT (1) << 28)
#define MOST_TRIES 60
/* from this shape on rounding is larger than what the expansion leaves out */
#define LARGE 1e8

gdouble
nf_noise_shape (const NfSchedule *schedule, guint label)
{
  const gdouble alpha = (gdouble) schedule->alpha[label];

  if (!schedule->gamma)
    return INFINITY;
  return MAX ((1.0 - alpha) / (alpha * THETA * THETA), 1.0);
}

/* Cornish and Fisher's expansion up to the skewness */
static gfloat
nearly_normal (gdouble x, gdouble shape)
{
  return (gfloat) (x + (x * x - 1.0) / (3.0 * sqrt (shape)));
}

/* One try: whether x and u make a number, which goes to @out. */
static gboolean
try_number (gdouble x, gdouble u, gdouble shape, gfloat *out)
{
  const gdouble d = shape - 1.0 / 3.0;
  const gdouble root = 1.0 + x / sqrt (9.0 * d);
  const gdouble v = root * root * root;

  if (root <= 0.0
      || (u >= 1.0 - 0.0331 * x * x * x * x
          && log (u) >= 0.5 * x * x + d - d * v + d * log (v)))
    return FALSE;
  *out = (gfloat) ((d * v - shape) / sqrt (shape));
  return TRUE;
}

/* The number at place @i, whose first normal number is @x. */
static gfloat
number_at (const NfRngKey *normal, const NfRngKey *uniform, guint64 i, gfloat x,
    gdouble shape)
{
  gfloat out = x;

  for (guint64 at = i, tries = 1; tries < MOST_TRIES; tries++) {
    if (try_number (
            (gdouble) x, (gdouble) nf_rng_uniform (uniform, at), shape, &out))
      return out;
    at = i + tries * TRY;
    nf_rng_normal (normal, at, 1, &x);
  }
  return out;
}

void
nf_noise_gamma (const NfRngKey *key, gdouble shape, gsize n, gfloat *out)
{
  NfRngKey uniform = *key;

  uniform.purpose |= UNIFORM;
  for (gsize first = 0; first < n; first += PART) {
    const gsize count = MIN (n - first, PART);

    nf_rng_normal (key, first, count, out + first);
    for (gsize i = first; i < first + count; i++)
      out[i] = shape < LARGE ? number_at (key, &uniform, i, out[i], shape)
                             : nearly_normal ((gdouble) out[i], shape);
  }
}

NfTensor *
nf_noise_draw (const NfSchedule *schedule, NfDevice *device,
    const NfRandnParams *params, const gfloat *labels, GError **error)
{
  const gsize sample = (gsize) (params->c * params->h * params->w);
  NfRngKey key = params->key;
  g_autofree gfloat *numbers = NULL;

  if (!schedule->gamma)
    return nf_op_randn (device, params, error);
  numbers = g_try_new (gfloat, sample * (gsize) params->n);
  if (numbers == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "noise: no memory for %" G_GINT64_FORMAT " x %" G_GSIZE_FORMAT
        " numbers",
        params->n, sample);
    return NULL;
  }
  for (gint64 i = 0; i < params->n; i++, key.stream++)
    nf_noise_gamma (&key, nf_noise_shape (schedule, (guint) labels[i]), sample,
        numbers + (gsize) i * sample);
  return nf_tensor_new_from_nchw (device, NF_F32, params->n, params->c,
      params->h, params->w, numbers, error);
}
