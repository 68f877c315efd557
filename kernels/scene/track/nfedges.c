/* SPDX-License-Identifier: MIT
 *
 * nfedges — where an object stands, from the edges of its mask
 *
 * A pixel has an object's class where its centre is within the outline. So in
 * every row the outline begins within half a pixel of where the mask begins, and
 * ends within half a pixel of where it ends: dozens of bounds, which leave less
 * room than the error of the mask's centre of gravity. Gauss-Newton steps on
 * the squares of what lies beyond the bounds, and a little of what lies within.
 */
#include "scene/track/nfedges.h"

#include <math.h>

#define N_PARAMS 3 /* sideways, away, turn */
#define STEPS 4
#define STEP 2e-3 /* for derivatives */
#define LONGEST 0.05 /* of a step */
#define WITHIN 0.15 /* how much a distance within the bounds counts */
#define MISSING 2.0 /* pixels, in rows that the outline does not reach */
#define WELL                                                                   \
  0.2 /* root mean square beyond the bounds of a mask without errors */

typedef struct
{
  const NfCamera *camera;
  const guint8 *labels;
  guint8 id;
  const NfBlob *blob;
} Mask;

static gdouble
weigh (gdouble distance)
{
  gdouble beyond = fabs (distance) - 0.5;

  if (beyond <= 0)
    return WITHIN * distance;
  return (distance > 0 ? 1 : -1) * (WITHIN * 0.5 + beyond);
}

/* two a row */
static void
residuals_of (const Mask *m, const NfPose *pose, gdouble *r)
{
  guint width = m->camera->width;
  gboolean there;
  NfOutline outline;

  there = nf_outline_init (&outline, m->camera, pose);
  for (guint y = m->blob->top; y <= m->blob->bottom; y++) {
    const guint8 *row = m->labels + (gsize) y * width;
    guint first = m->blob->left, last = m->blob->right;
    gdouble left, right;

    while (first < last && row[first] != m->id)
      first++;
    while (last > first && row[last] != m->id)
      last--;
    if (!there || !nf_outline_row (&outline, y + 0.5, &left, &right)) {
      *r++ = MISSING;
      *r++ = -MISSING;
      continue;
    }
    *r++ = weigh (left - first);
    *r++ = weigh (right - last - 1);
  }
}

static gdouble
square_sum (const gdouble *r, guint n)
{
  gdouble sum = 0;

  for (guint i = 0; i < n; i++)
    sum += r[i] * r[i];

  return sum;
}

/* solves a x = b of positive definite a; b becomes x */
static void
solve (gdouble a[N_PARAMS][N_PARAMS], gdouble b[N_PARAMS], guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint j = i + 1; j < n; j++) {
      gdouble f = a[j][i] / a[i][i];

      for (guint k = i; k < n; k++)
        a[j][k] -= f * a[i][k];
      b[j] -= f * b[i];
    }
  for (guint i = n; i-- > 0;) {
    for (guint k = i + 1; k < n; k++)
      b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
}

static gboolean
improve (const Mask *m, NfPose *pose, guint n_params, guint n, gdouble *r,
    gdouble *slopes, gdouble *cost)
{
  gdouble a[N_PARAMS][N_PARAMS] = { 0 }, b[N_PARAMS] = { 0 }, there;
  NfPose trial = *pose;
  gdouble *values[N_PARAMS] = { &trial.x, &trial.z, &trial.turn };

  for (guint i = 0; i < n_params; i++) {
    gdouble *s = slopes + (gsize) i * n;

    *values[i] += STEP;
    residuals_of (m, &trial, s);
    *values[i] -= STEP;
    for (guint k = 0; k < n; k++)
      s[k] = (s[k] - r[k]) / STEP;
  }
  for (guint i = 0; i < n_params; i++) {
    for (guint j = 0; j < n_params; j++)
      for (guint k = 0; k < n; k++)
        a[i][j] += slopes[(gsize) i * n + k] * slopes[(gsize) j * n + k];
    a[i][i] = a[i][i] * 1.01 + 1e-6;
    for (guint k = 0; k < n; k++)
      b[i] -= slopes[(gsize) i * n + k] * r[k];
  }
  solve (a, b, n_params);
  for (guint i = 0; i < n_params; i++)
    *values[i] += CLAMP (b[i], -LONGEST, LONGEST);
  residuals_of (m, &trial, slopes);
  there = square_sum (slopes, n);
  if (!(there < *cost))
    return FALSE;
  *cost = there;
  *pose = trial;
  for (guint k = 0; k < n; k++)
    r[k] = slopes[k];

  return TRUE;
}

/**
 * nf_edges_refine:
 * @camera: for the mask's size
 * @labels: the mask
 * @id: the class of an object that is seen whole
 * @blob: its pixels
 * @pose: (inout): about where it stands
 *
 * Where the mask is not what the camera sees, to the pixel, the pose stays as it
 * is.
 *
 * Returns: whether the mask is that
 */
gboolean
nf_edges_refine (const NfCamera *camera, const guint8 *labels, guint8 id,
    const NfBlob *blob, NfPose *pose)
{
  const Mask mask = {
    .camera = camera, .labels = labels, .id = id, .blob = blob
  };
  guint n_params = pose->shape == NF_SCENE_CUBE ? 3 : 2;
  guint n = 2 * (blob->bottom + 1 - blob->top);
  g_autofree gdouble *r = g_new (gdouble, n);
  g_autofree gdouble *slopes = g_new (gdouble, (gsize) n * N_PARAMS);
  NfPose refined = *pose;
  gdouble cost;

  residuals_of (&mask, &refined, r);
  cost = square_sum (r, n);
  for (guint i = 0; i < STEPS; i++)
    if (!improve (&mask, &refined, n_params, n, r, slopes, &cost))
      break;
  if (!(cost < WELL * WELL * n))
    return FALSE;
  *pose = refined;

  return TRUE;
}
