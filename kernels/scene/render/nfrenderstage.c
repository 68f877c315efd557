/* SPDX-License-Identifier: MIT
 *
 * nfrenderstage — a scene made ready for casting rays */
#include "scene/render/nfrenderstage.h"

#include <math.h>

/* columns or rows that show a sphere beside the image's middle line by
 * @sideways and @depth away, into [*first, *end) */
static void
extent (gdouble sideways, gdouble depth, gdouble radius, gdouble focal,
    gint size, gint *first, gint *end)
{
  gdouble away = hypot (sideways, depth);
  gdouble middle, half, low, high;

  *first = 0;
  *end = size;
  if (away <= radius)
    return;
  middle = atan2 (sideways, depth);
  half = asin (radius / away);
  if (middle - half >= G_PI_2 || middle + half <= -G_PI_2) {
    *end = 0;
    return;
  }
  low = size / 2.0 + focal * tan (MAX (middle - half, -1.57));
  high = size / 2.0 + focal * tan (MIN (middle + half, 1.57));
  *first = (gint) CLAMP (floor (low - 1.0), 0, size);
  *end = (gint) CLAMP (ceil (high + 1.0), 0, size);
}

/* where the image may show the solid */
static void
find_bounds (const NfStage *stage, const NfCamera *camera, NfSolid *solid)
{
  gdouble ahead[3], sideways = 0.0, below = 0.0, depth = 0.0;

  nf_camera_ray (camera, stage->width / 2.0, stage->height / 2.0, ahead);
  for (guint k = 0; k < 3; k++) {
    gdouble to = solid->center[k] - stage->eye[k];

    sideways += camera->focal * stage->across[k] * to;
    below += camera->focal * stage->down[k] * to;
    depth += ahead[k] * to;
  }
  extent (sideways, depth, solid->bound, camera->focal, stage->width,
      &solid->left, &solid->right);
  extent (below, depth, solid->bound, camera->focal, stage->height, &solid->top,
      &solid->bottom);
}

/* point @i of @n spread evenly over a light's disc */
static void
disc_point (const NfLight *light, guint i, guint n, gdouble point[3])
{
  const gfloat *a = light->axis;
  gdouble flat = hypot (a[0], a[2]);
  gdouble u[3] = { flat > 0 ? a[2] / flat : 1, 0, flat > 0 ? -a[0] / flat : 0 };
  gdouble v[3] = { a[1] * u[2] - a[2] * u[1], a[2] * u[0] - a[0] * u[2],
    a[0] * u[1] - a[1] * u[0] };
  gdouble r = light->radius * sqrt ((i + 0.5) / n);
  gdouble turn = 2.399963229728653 * i;

  for (guint k = 0; k < 3; k++)
    point[k] = light->position[k] + r * (cos (turn) * u[k] + sin (turn) * v[k]);
}

static void
place_lights (NfSolid *solid)
{
  for (guint l = 0; l < NF_LIGHTS; l++)
    for (guint i = 0; i < NF_STAGE_POINTS; i++) {
      gdouble p[3];

      if (i < NF_STAGE_MANY)
        disc_point (&nf_lights[l], i, NF_STAGE_MANY, p);
      else
        disc_point (&nf_lights[l], i - NF_STAGE_MANY, NF_STAGE_FEW, p);
      for (guint k = 0; k < 3; k++)
        solid->lights[l][i][k] =
            (gfloat) ((p[0] - solid->center[0]) * solid->axes[k][0]
                + (p[1] - solid->center[1]) * solid->axes[k][1]
                + (p[2] - solid->center[2]) * solid->axes[k][2]);
    }
}

/* the columns of the quaternion's rotation matrix */
static void
set_axes (NfSolid *solid, const gdouble q[4])
{
  gdouble norm = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
  gdouble s = norm > 0 ? 2.0 / norm : 0.0;
  gdouble w = q[0], x = q[1], y = q[2], z = q[3];
  const gdouble axes[3][3] = { { 1 - s * (y * y + z * z), s * (x * y + w * z),
                                   s * (x * z - w * y) },
    { s * (x * y - w * z), 1 - s * (x * x + z * z), s * (y * z + w * x) },
    { s * (x * z + w * y), s * (y * z - w * x), 1 - s * (x * x + y * y) } };

  for (guint i = 0; i < 3; i++)
    for (guint k = 0; k < 3; k++)
      solid->axes[i][k] = (gfloat) axes[i][k];
}

static gboolean
is_drawable (const NfSceneObject *object)
{
  gdouble sum = 0;

  for (guint k = 0; k < 3; k++)
    sum += object->position[k];
  for (guint k = 0; k < 4; k++)
    sum += object->rotation[k];
  return object->id >= 1 && object->id <= 48 && isfinite (sum);
}

static void
set_solid (NfSolid *solid, const NfSceneObject *object)
{
  guint color = nf_scene_color (object->id);

  solid->id = object->id;
  solid->shape = nf_scene_shape (object->id);
  solid->rubber = nf_scene_is_rubber (object->id);
  solid->form = nf_look_forms[solid->shape];
  switch (solid->shape) {
    case NF_SCENE_CUBE:
      solid->bound = solid->form.half * 1.7321f;
      break;
    case NF_SCENE_SPHERE:
      solid->bound = solid->form.half;
      break;
    case NF_SCENE_CYLINDER:
      solid->bound = hypotf (solid->form.half, solid->form.high);
      break;
  }
  for (guint k = 0; k < 3; k++) {
    solid->center[k] = (gfloat) object->position[k];
    solid->color[k] = nf_look_paints[solid->rubber][color][k];
    solid->glow[k] = nf_look_glow * solid->color[k];
  }
  /* what is a little less than a size high still stands on the ground */
  solid->center[1] -= 0.5f - solid->form.high;
  set_axes (solid, object->rotation);
  place_lights (solid);
}

/**
 * nf_stage_set:
 * @width: of the picture, pixels
 * @height: of the picture, pixels
 *
 * Objects that are not finite numbers are left out.
 */
void
nf_stage_set (NfStage *stage, gint width, gint height, const NfView *view,
    const NfSceneObject *objects, guint n_objects)
{
  NfCamera camera = view->camera;
  gdouble corner[3], across[3], down[3];

  nf_camera_resize (&camera, width, height);
  nf_camera_ray (&camera, 0, 0, corner);
  nf_camera_ray (&camera, width, 0, across);
  nf_camera_ray (&camera, 0, height, down);
  stage->width = width;
  stage->height = height;
  stage->strength = (gfloat) view->light;
  for (guint k = 0; k < 3; k++) {
    stage->eye[k] = k == 1 ? (gfloat) camera.tall : 0.0f;
    stage->corner[k] = (gfloat) corner[k];
    stage->across[k] = (gfloat) ((across[k] - corner[k]) / width);
    stage->down[k] = (gfloat) ((down[k] - corner[k]) / height);
  }

  if (stage->room < n_objects) {
    stage->solids = g_renew (NfSolid, stage->solids, n_objects);
    stage->room = n_objects;
  }
  stage->n = 0;
  for (guint i = 0; i < n_objects; i++) {
    NfSolid *solid = &stage->solids[stage->n];

    if (!is_drawable (&objects[i]))
      continue;
    set_solid (solid, &objects[i]);
    find_bounds (stage, &camera, solid);
    stage->n++;
  }
}

void
nf_stage_clear (NfStage *stage)
{
  g_clear_pointer (&stage->solids, g_free);
  stage->n = stage->room = 0;
}
