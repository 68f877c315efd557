/* SPDX-License-Identifier: MIT
 *
 * nfensemble — several predictions of a frame become one */
#include "diffusion/nfensemble.h"

#include <stdlib.h>
#include <string.h>

static void
mean (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  for (gsize i = 0; i < bytes; i++) {
    guint sum = n / 2;

    for (guint d = 0; d < n; d++)
      sum += predictions[d][i];
    out[i] = (guint8) (sum / n);
  }
}

/* the lower one of the two in the middle where there are two */
static void
median (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  for (gsize i = 0; i < bytes; i++) {
    guint count[256] = { 0 }, below = 0;
    guint value = 0;

    for (guint d = 0; d < n; d++)
      count[predictions[d][i]]++;
    while (below + count[value] < (n + 1) / 2)
      below += count[value++];
    out[i] = (guint8) value;
  }
}

static guint64
distance (const guint8 *a, const guint8 *b, gsize bytes)
{
  guint64 sum = 0;

  for (gsize i = 0; i < bytes; i++)
    sum += (guint64) abs ((gint) a[i] - (gint) b[i]);
  return sum;
}

/* Kaufman and Rousseeuw, 1987; distances are sums of absolute differences */
static void
medoid (const guint8 *const *predictions, guint n, gsize bytes, guint8 *out)
{
  guint64 least = G_MAXUINT64;
  guint best = 0;

  for (guint d = 0; d < n; d++) {
    guint64 sum = 0;

    for (guint other = 0; other < n; other++)
      sum += distance (predictions[d], predictions[other], bytes);
    if (sum < least) {
      least = sum;
      best = d;
    }
  }
  memcpy (out, predictions[best], bytes);
}

/**
 * nf_ensemble_combine:
 * @mode: how
 * @predictions: (array length=n): frames of @bytes values
 * @n: at least 1
 * @bytes: size of a frame
 * @out: (out): the frame
 */
void
nf_ensemble_combine (NfEnsembleMode mode, const guint8 *const *predictions,
    guint n, gsize bytes, guint8 *out)
{
  if (mode == NF_ENSEMBLE_MEAN)
    mean (predictions, n, bytes, out);
  else if (mode == NF_ENSEMBLE_MEDIAN)
    median (predictions, n, bytes, out);
  else
    medoid (predictions, n, bytes, out);
}
