/* SPDX-License-Identifier: MIT
 *
 * nfcamera — a pinhole camera above a level ground
 *
 * A point at height y and distance z along the ground has in the camera
 *
 *   down  = (tall - y) cos pitch - z sin pitch
 *   depth = (tall - y) sin pitch + z cos pitch
 *
 * and lies focal * right / depth and focal * down / depth from the image's
 * centre, before the roll turns both about it. */
#include <nextframe/scene/world/nfcamera.h>

#include <math.h>

void
nf_camera_init (NfCamera *camera, gdouble width, gdouble height)
{
  g_return_if_fail (width > 0 && height > 0);

  *camera = (NfCamera){ .width = 240,
    .height = 160,
    .focal = 262.5,
    .pitch = 0.531,
    .roll = 0.0,
    .tall = 6.148 };
  nf_camera_resize (camera, width, height);
}

void
nf_camera_resize (NfCamera *camera, gdouble width, gdouble height)
{
  camera->focal *= MAX (width / camera->width, height / camera->height);
  camera->width = width;
  camera->height = height;
}

void
nf_camera_ray (
    const NfCamera *camera, gdouble x, gdouble y, gdouble direction[3])
{
  gdouble u = (x - camera->width / 2.0) / camera->focal;
  gdouble v = (y - camera->height / 2.0) / camera->focal;
  gdouble right = u * cos (camera->roll) + v * sin (camera->roll);
  gdouble down = v * cos (camera->roll) - u * sin (camera->roll);

  direction[0] = right;
  direction[1] = -sin (camera->pitch) - down * cos (camera->pitch);
  direction[2] = cos (camera->pitch) - down * sin (camera->pitch);
}

gboolean
nf_camera_project (const NfCamera *camera, const gdouble point[3], gdouble *x,
    gdouble *y, gdouble *depth)
{
  gdouble below = camera->tall - point[1];
  gdouble s = sin (camera->pitch), c = cos (camera->pitch);
  gdouble down = below * c - point[2] * s;
  gdouble away = below * s + point[2] * c;
  gdouble u, v;

  if (away <= 1e-6)
    return FALSE;
  u = camera->focal * point[0] / away;
  v = camera->focal * down / away;
  *x = camera->width / 2.0 + u * cos (camera->roll) - v * sin (camera->roll);
  *y = camera->height / 2.0 + u * sin (camera->roll) + v * cos (camera->roll);
  if (depth != NULL)
    *depth = away;

  return TRUE;
}

gboolean
nf_camera_ground (const NfCamera *camera, gdouble x, gdouble y,
    gdouble *ground_x, gdouble *ground_z)
{
  gdouble direction[3];

  nf_camera_ray (camera, x, y, direction);
  if (direction[1] >= -1e-6)
    return FALSE;
  *ground_x = -camera->tall * direction[0] / direction[1];
  *ground_z = -camera->tall * direction[2] / direction[1];

  return TRUE;
}
