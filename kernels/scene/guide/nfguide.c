/* SPDX-License-Identifier: MIT
 *
 * nfguide — a picture of what tracks and dynamics predict
 *
 * Two pictures are rendered: the objects at their present places and at their
 * future places. Where both pictures agree, the guide is the newest frame.
 * Where they differ a little, as at the rim of a shadow, their difference is
 * added to the newest frame. Where they differ much, and one pixel around
 * (masks are not exact), the guide is the second picture. So an object that the
 * segmenter has missed, or given a wrong class, is kept as long as it rests. */
#include <nextframe/scene/guide/nfguide.h>

#include <nextframe/core/nferror.h>
#include "scene/guide/nfscatter.h"
#include <nextframe/scene/render/nfrender.h>

#include <string.h>

/* differences of levels below the first are none, from the second on much */
#define LEAST_CHANGE 4
#define MUCH_CHANGE 12
#define RIM_WIDTH 120 /* pixels of a frame's width for each pixel of rim */

struct _NfGuide
{
  guint width, height;
  NfRenderer *renderer;
  guint8 *now, *then; /* (height, width, 3) */
  guint8 *mask; /* (height, width), of then */
  guint8 *change, *wide; /* likewise: how much of then is taken, of 255 */
  guint8 *object, *spread; /* likewise */
};

NfGuide *
nf_guide_new (guint width, guint height, GError **error)
{
  gsize pixels = (gsize) width * height;
  g_autoptr (NfGuide) self = NULL;

  if (width < 1 || height < 1 || width > 1 << 14 || height > 1 << 14) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "guide: frames of %ux%u; sides can be 1 to %d", width, height, 1 << 14);
    return NULL;
  }
  self = g_new0 (NfGuide, 1);
  self->width = width;
  self->height = height;
  self->now = g_try_malloc (3 * pixels);
  self->then = g_try_malloc (3 * pixels);
  self->mask = g_try_malloc (pixels);
  self->change = g_try_malloc (pixels);
  self->wide = g_try_malloc (pixels);
  self->object = g_try_malloc (pixels);
  self->spread = g_try_malloc (pixels);
  self->renderer = nf_renderer_new (width, height, 1);
  if (!self->now || !self->then || !self->mask || !self->change || !self->wide
      || !self->object || !self->spread || !self->renderer) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a guide of %ux%u pixels", width, height);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
nf_guide_free (NfGuide *guide)
{
  if (guide == NULL)
    return;
  g_clear_pointer (&guide->renderer, nf_renderer_free);
  g_free (guide->now);
  g_free (guide->then);
  g_free (guide->mask);
  g_free (guide->change);
  g_free (guide->wide);
  g_free (guide->object);
  g_free (guide->spread);
  g_free (guide);
}

static void
render (
    NfGuide *self, const NfView *view, NfPoses poses, guint8 *rgb, guint8 *mask)
{
  nf_renderer_render (self->renderer, view, poses.objects, poses.n, rgb,
      (gsize) 3 * self->width, mask, self->width);
}

static void
find_change (NfGuide *self)
{
  gsize pixels = (gsize) self->width * self->height;

  for (gsize i = 0; i < pixels; i++) {
    gint most = 0;

    for (guint k = 0; k < 3; k++)
      most = MAX (most, ABS (self->then[3 * i + k] - self->now[3 * i + k]));
    self->change[i] =
        (guint8) (CLAMP (most - LEAST_CHANGE, 0, MUCH_CHANGE - LEAST_CHANGE)
            * 255 / (MUCH_CHANGE - LEAST_CHANGE));
  }
}

/* the largest value among the neighbours of each pixel, @step apart */
static void
spread_line (const guint8 *from, guint8 *to, guint n, gsize step, gint radius)
{
  for (gint i = 0; i < (gint) n; i++) {
    guint8 most = 0;

    for (gint k = MAX (i - radius, 0); k <= MIN (i + radius, (gint) n - 1); k++)
      most = MAX (most, from[k * step]);
    to[i * step] = most;
  }
}

static void
widen_change (NfGuide *self)
{
  gint radius = MAX ((gint) self->width / RIM_WIDTH, 1);
  gsize row = self->width;

  for (guint y = 0; y < self->height; y++)
    spread_line (
        self->change + y * row, self->wide + y * row, self->width, 1, radius);
  for (guint x = 0; x < self->width; x++)
    spread_line (self->wide + x, self->change + x, self->height, row, radius);
}

void
nf_guide_frame (NfGuide *guide, const NfView *view, NfPoses now, NfPoses then,
    const guint8 *newest, guint8 *rgb)
{
  gsize pixels = (gsize) guide->width * guide->height;

  render (guide, view, now, guide->now, NULL);
  render (guide, view, then, guide->then, guide->mask);
  find_change (guide);
  widen_change (guide);
  for (gsize i = 0; i < 3 * pixels; i++) {
    gint moved = newest[i] + guide->then[i] - guide->now[i];
    gint share = guide->change[i / 3];

    moved = CLAMP (moved, 0, 255);
    rgb[i] =
        (guint8) ((moved * (255 - share) + guide->then[i] * share + 127) / 255);
  }
}

/* frame, and its other channels */
static void
write_pixels (const NfGuide *self, const guint8 *rgb, guint8 *out)
{
  gsize pixels = (gsize) self->width * self->height;

  for (gsize i = 0; i < pixels; i++, out += NF_GUIDE_BYTES) {
    memcpy (out, rgb + 3 * i, 3);
    out[3] = self->object[i];
    out[4] = self->spread[i];
    out[5] = 255;
  }
}

static guint8 *
new_frame (const NfGuide *self, GError **error)
{
  guint8 *rgb = g_try_malloc ((gsize) 3 * self->width * self->height);

  if (rgb == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a guide of %ux%u pixels", self->width, self->height);
  return rgb;
}

static NfPoses
poses_of (const NfFutures *futures, guint future, guint ahead)
{
  NfPoses poses;

  poses.objects = nf_futures_objects (futures, future, ahead, &poses.n);
  return poses;
}

gboolean
nf_guide_picture (NfGuide *guide, const NfFutures *futures, guint draw,
    guint ahead, const guint8 *newest, guint8 *rgb, GError **error)
{
  const NfView *view = nf_futures_view (futures);
  guint future = draw % nf_futures_count (futures);
  NfPoses now = poses_of (futures, future, 0);
  g_autofree NfSceneObject *objects = g_new (NfSceneObject, 2 * now.n + 1);
  NfPoses then = { objects + now.n, 0 };

  if (future > 0) {
    nf_guide_frame (
        guide, view, now, poses_of (futures, future, ahead), newest, rgb);
    return TRUE;
  }
  now.objects = objects;
  if (!nf_futures_compose (
          futures, ahead, objects, objects + now.n, &then.n, error))
    return FALSE;
  nf_guide_frame (guide, view, now, then, newest, rgb);
  return TRUE;
}

gboolean
nf_guide_render (NfGuide *guide, const NfFutures *futures, guint draw,
    guint ahead, const guint8 *newest, guint8 *out, GError **error)
{
  g_autofree guint8 *rgb = new_frame (guide, error);

  if (rgb == NULL
      || !nf_scatter_draw (futures, draw % nf_futures_count (futures), ahead,
          guide->width, guide->height, guide->object, guide->spread, error)
      || !nf_guide_picture (guide, futures, draw, ahead, newest, rgb, error))
    return FALSE;
  write_pixels (guide, rgb, out);
  return TRUE;
}

gboolean
nf_guide_render_poses (NfGuide *guide, const NfView *view, NfPoses now,
    NfPoses then, const guint8 *newest, guint8 *out, GError **error)
{
  gsize pixels = (gsize) guide->width * guide->height;
  g_autofree guint8 *rgb = new_frame (guide, error);

  if (rgb == NULL)
    return FALSE;
  nf_guide_frame (guide, view, now, then, newest, rgb);
  for (gsize i = 0; i < pixels; i++) {
    guide->object[i] = guide->mask[i] != 0 ? 255 : 0;
    guide->spread[i] = 0;
  }
  write_pixels (guide, rgb, out);
  return TRUE;
}

void
nf_guide_hold (const guint8 *newest, gsize pixels, guint8 *out)
{
  memset (out, 0, NF_GUIDE_BYTES * pixels);
  for (gsize i = 0; i < pixels; i++)
    memcpy (out + NF_GUIDE_BYTES * i, newest + 3 * i, 3);
}
