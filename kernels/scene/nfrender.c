/* SPDX-License-Identifier: MIT
 *
 * nfrender — a ray caster for scenes */
#include "scene/nfrender.h"

#include <math.h>

struct _NfRenderer
{
  guint width, height, threads;
};

/**
 * nf_renderer_new:
 * @width: of the pictures, pixels, at least 1
 * @height: of the pictures, pixels, at least 1
 * @threads: how many may work at once, 0 for one a core; the pictures are the
 *   same with any number
 *
 * Returns: (transfer full): a renderer, to be used by one thread at a time
 */
NfRenderer *
nf_renderer_new (guint width, guint height, guint threads)
{
  NfRenderer *self = g_new0 (NfRenderer, 1);

  self->width = width;
  self->height = height;
  self->threads = threads;
  return self;
}

void
nf_renderer_free (NfRenderer *renderer)
{
  g_free (renderer);
}

/**
 * nf_renderer_draw:
 * @view: camera (brought to the pictures' size by this function) and light
 * @objects: (array length=n_objects): what stands on the ground
 * @rgb: (out caller-allocates) (optional): the picture, 3 bytes a pixel
 * @rgb_stride: bytes from row to row
 * @mask: (out caller-allocates) (optional): classes, a byte a pixel
 * @mask_stride: bytes from row to row
 */
void
nf_renderer_draw (NfRenderer *renderer, const NfView *view,
    const NfSceneObject *objects, guint n_objects, guint8 *rgb,
    gsize rgb_stride, guint8 *mask, gsize mask_stride)
{
  NfCamera camera = view->camera;

  nf_camera_resize (&camera, renderer->width, renderer->height);
  for (guint y = 0; y < renderer->height; y++)
    for (guint x = 0; x < renderer->width; x++) {
      gdouble d[3], best = 1e30;
      guint8 id = 0;

      nf_camera_ray (&camera, x + 0.5, y + 0.5, d);
      for (guint i = 0; i < n_objects; i++) {
        const gdouble *p = objects[i].position;
        gdouble o[3] = { -p[0], camera.tall - p[1], -p[2] };
        gdouble a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        gdouble b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2];
        gdouble c = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - 0.25;
        gdouble root = b * b - a * c;

        if (root < 0 || (-b - sqrt (root)) / a >= best)
          continue;
        best = (-b - sqrt (root)) / a;
        id = objects[i].id;
      }
      if (mask != NULL)
        mask[y * mask_stride + x] = id;
      if (rgb != NULL)
        for (guint k = 0; k < 3; k++)
          rgb[y * rgb_stride + 3 * x + k] = id ? 40 * (id % (k + 3)) : 140;
    }
}
