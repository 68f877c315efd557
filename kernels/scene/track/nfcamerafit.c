/* SPDX-License-Identifier: MIT
 *
 * nfcamerafit — the camera of a clip, estimated from its objects' outlines
 *
 * Pitch, height and focal length are such that the sum of
 *
 *   weight robust ((root of area - root of area of the outline) / sigma)
 *
 * over all sightings is least. A squared penalty for each of the three keeps it
 * near its start value when there is little to see. The method is Gauss-Newton
 * with numerical derivatives; robust is Huber's function. */
#include "scene/track/nfcamerafit.h"

#include <math.h>

#define N_PARAMS 3
#define STEPS 6
#define ROBUST 2.0
#define EVIDENCE 0.4 /* of the noise, where it is little */
#define OTHER_CAMERA 8.0 /* of the sum, what speaks for another camera */

/* how far each may be from where it began: pitch, log tall, log focal; of the
 * cameras of the real clips and the scenes, and of any other */
static const gdouble spreads[2][N_PARAMS] = { { 0.002, 0.004, 0.001 },
  { 0.03, 0.06, 0.02 } };

static void
move_camera (const NfCamera *from, const gdouble *by, NfCamera *camera)
{
  *camera = *from;
  camera->pitch = CLAMP (from->pitch + by[0], 0.02, G_PI_2);
  camera->tall = from->tall * exp (by[1]);
  camera->focal = from->focal * exp (by[2]);
}

/**
 * nf_camera_locate:
 * @x: column of an object's centre of gravity
 * @y: its row
 * @pose: (inout): a shape, and its turn; then where it stands, too
 * @outline: (out): its outline there
 *
 * Returns: FALSE where it would not stand before the camera
 */
gboolean
nf_camera_locate (const NfCamera *camera, gdouble x, gdouble y, NfPose *pose,
    NfOutline *outline)
{
  gdouble to_x = x, to_y = y;

  /* the middle of an object is seen next to the middle of its outline */
  for (guint i = 0; i < 2; i++) {
    gdouble direction[3], away, seen_x, seen_y;

    nf_camera_ray (camera, to_x, to_y, direction);
    if (direction[1] >= -1e-6)
      return FALSE;
    away = (0.5 - camera->tall) / direction[1];
    pose->x = away * direction[0];
    pose->z = away * direction[2];
    if (!nf_outline_init (outline, camera, pose))
      return FALSE;
    nf_outline_area (outline, &seen_x, &seen_y);
    to_x += x - seen_x;
    to_y += y - seen_y;
  }

  return TRUE;
}

/* in standard deviations; a cube's is larger, for its turn is unknown */
static gdouble
residual (const NfCamera *camera, const NfSighting *s, gdouble noise)
{
  NfPose pose = { s->shape, .turn = G_PI / 8 };
  gdouble side = sqrt (s->area), x, y;
  gdouble sigma = noise * (0.2 + side * 0.015)
      + (s->shape == NF_SCENE_CUBE ? side * 0.045 : 0);
  NfOutline outline;

  if (!nf_camera_locate (camera, s->x, s->y, &pose, &outline))
    return 10;
  return CLAMP (
      (side - sqrt (nf_outline_area (&outline, &x, &y))) / sigma, -10, 10);
}

/* solves a x = b of positive definite a; b becomes x */
static void
solve (gdouble a[N_PARAMS][N_PARAMS], gdouble b[N_PARAMS])
{
  for (guint i = 0; i < N_PARAMS; i++)
    for (guint j = i + 1; j < N_PARAMS; j++) {
      gdouble f = a[j][i] / a[i][i];

      for (guint k = i; k < N_PARAMS; k++)
        a[j][k] -= f * a[i][k];
      b[j] -= f * b[i];
    }
  for (guint i = N_PARAMS; i-- > 0;) {
    for (guint k = i + 1; k < N_PARAMS; k++)
      b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
}

/* adds a sighting's part to the normal equations */
static void
add_sighting (const NfCamera *start, const gdouble *at, const NfSighting *s,
    gdouble a[N_PARAMS][N_PARAMS], gdouble b[N_PARAMS])
{
  const gdouble h = 1e-3;
  gdouble slope[N_PARAMS], r, weight;
  NfCamera camera;

  move_camera (start, at, &camera);
  r = residual (&camera, s, 1.0);
  weight = s->weight * (fabs (r) > ROBUST ? ROBUST / fabs (r) : 1.0);
  for (guint i = 0; i < N_PARAMS; i++) {
    gdouble there[N_PARAMS] = { at[0], at[1], at[2] };

    there[i] += h;
    move_camera (start, there, &camera);
    slope[i] = (residual (&camera, s, 1.0) - r) / h;
  }
  for (guint i = 0; i < N_PARAMS; i++) {
    for (guint j = 0; j < N_PARAMS; j++)
      a[i][j] += weight * slope[i] * slope[j];
    b[i] -= weight * slope[i] * r;
  }
}

static gdouble
robust_cost (
    const NfCamera *camera, const NfSighting *sightings, guint n_sightings)
{
  gdouble sum = 0;

  for (guint i = 0; i < n_sightings; i++) {
    gdouble r = fabs (residual (camera, &sightings[i], EVIDENCE));

    sum +=
        sightings[i].weight * (r < ROBUST ? r * r : ROBUST * (2 * r - ROBUST));
  }

  return sum;
}

static void
fit (NfCamera *camera, const gdouble spread[N_PARAMS],
    const NfSighting *sightings, guint n_sightings)
{
  const NfCamera start = *camera;
  gdouble at[N_PARAMS] = { 0 };

  for (guint step = 0; step < STEPS && n_sightings > 0; step++) {
    gdouble a[N_PARAMS][N_PARAMS] = { 0 }, b[N_PARAMS] = { 0 };
    gdouble moved = 0;

    for (guint i = 0; i < N_PARAMS; i++) {
      a[i][i] = 1.0 / (spread[i] * spread[i]);
      b[i] = -at[i] * a[i][i];
    }
    for (guint i = 0; i < n_sightings; i++)
      add_sighting (&start, at, &sightings[i], a, b);
    solve (a, b);
    for (guint i = 0; i < N_PARAMS; i++) {
      gdouble by = CLAMP (b[i], -spread[i], spread[i]);

      at[i] += by;
      moved = MAX (moved, fabs (by) / spread[i]);
    }
    if (moved < 0.01)
      break;
  }
  move_camera (&start, at, camera);
}

/**
 * nf_camera_fit:
 * @camera: (inout): about what it is; the estimate
 * @sightings: (array length=n_sightings): objects that were seen whole
 *
 * It stays next to where it began, as the cameras of the real clips do, unless
 * the sightings clearly speak for another one.
 */
void
nf_camera_fit (NfCamera *camera, const NfSighting *sightings, guint n_sightings)
{
  NfCamera near = *camera, far = *camera;

  fit (&near, spreads[0], sightings, n_sightings);
  fit (&far, spreads[1], sightings, n_sightings);
  *camera = robust_cost (&near, sightings, n_sightings)
          > robust_cost (&far, sightings, n_sightings) + OTHER_CAMERA
      ? far
      : near;
}
