/* SPDX-License-Identifier: MIT
 *
 * nfguide — a picture of what tracks and dynamics foretell
 *
 * Two pictures are rendered: of the objects as they stand now, and as they will
 * stand then. Where both agree, the newest frame stays as it was seen. Where
 * they differ by little, as in a shadow's rim, their difference is added to it.
 * Where they differ by much, and one pixel around (masks are not exact), the
 * second picture is taken. So an object that nobody found, or whose class is
 * wrong, stays as long as it rests. */
#include "scene/guide/nfguide.h"

#include "core/nferror.h"
#include "scene/nfrender.h"

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
};

/**
 * nf_guide_new:
 * @width: of the frames, pixels, at least 1
 * @height: likewise
 * @error: (out) (optional): not enough memory, or a size out of range
 *
 * Returns: (transfer full) (nullable): what draws guides, for one thread at a
 *   time
 */
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
  if (!self->now || !self->then || !self->mask || !self->change
      || !self->wide) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a guide of %ux%u pixels", width, height);
    return NULL;
  }
  self->renderer = nf_renderer_new (width, height, 1);
  return g_steal_pointer (&self);
}

/**
 * nf_guide_free:
 * @guide: (transfer full) (nullable): what draws guides
 */
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
  g_free (guide);
}

static void
render (NfGuide *self, const NfView *view, NfPoses poses, guint8 *rgb,
    guint8 *mask)
{
  nf_renderer_draw (self->renderer, view, poses.objects, poses.n, rgb,
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
    self->change[i] = (guint8) (CLAMP (most - LEAST_CHANGE, 0,
                                    MUCH_CHANGE - LEAST_CHANGE)
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
    spread_line (self->change + y * row, self->wide + y * row, self->width, 1,
        radius);
  for (guint x = 0; x < self->width; x++)
    spread_line (self->wide + x, self->change + x, self->height, row, radius);
}

/**
 * nf_guide_frame:
 * @guide: what draws
 * @view: camera and light
 * @now: the objects in the newest frame
 * @then: the objects in the guide frame
 * @newest: (H, W, 3): the newest frame
 * @rgb: (out): (H, W, 3): the guide frame
 */
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

/* the mean of a picture's values where pixel (x, y) of one of w x h lies */
static gfloat
area_mean (const gfloat *values, guint width, guint height, guint x, guint y,
    guint w, guint h)
{
  guint x0 = (guint64) x * width / w, y0 = (guint64) y * height / h;
  guint x1 = MAX ((guint64) (x + 1) * width / w, x0 + 1);
  guint y1 = MAX ((guint64) (y + 1) * height / h, y0 + 1);
  gfloat sum = 0;

  for (guint v = y0; v < y1; v++)
    for (guint u = x0; u < x1; u++)
      sum += values[(gsize) v * width + u];
  return sum / (gfloat) ((x1 - x0) * (y1 - y0));
}

/* frame, and its other channels from pictures of the masks' size */
static void
put_pixels (const NfGuide *self, const guint8 *rgb, const gfloat *object,
    const gfloat *spread, guint width, guint height, guint8 *out)
{
  for (guint y = 0; y < self->height; y++)
    for (guint x = 0; x < self->width; x++) {
      gsize i = (gsize) y * self->width + x;
      gfloat p = area_mean (
          object, width, height, x, y, self->width, self->height);
      gfloat s = area_mean (
          spread, width, height, x, y, self->width, self->height);

      memcpy (out + NF_GUIDE_BYTES * i, rgb + 3 * i, 3);
      out[NF_GUIDE_BYTES * i + 3] = (guint8) (255.0f * p + 0.5f);
      out[NF_GUIDE_BYTES * i + 4] = (guint8) (255.0f * s + 0.5f);
      out[NF_GUIDE_BYTES * i + 5] = 255;
    }
}

static NfPoses
poses_of (const NfFutures *futures, guint future, guint ahead)
{
  NfPoses poses;

  poses.objects = nf_futures_objects (futures, future, ahead, &poses.n);
  return poses;
}

/**
 * nf_guide_draw:
 * @guide: what draws
 * @futures: what masks of the context tell
 * @ahead: which frame is wanted, 1 to the horizon
 * @newest: (H, W, 3): the newest frame
 * @out: (out): (H, W, %NF_GUIDE_BYTES): the guide
 * @error: (out) (optional): not enough memory
 *
 * The guide frame has the future that agrees best with all others.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_guide_draw (NfGuide *guide, const NfFutures *futures, guint ahead,
    const guint8 *newest, guint8 *out, GError **error)
{
  const NfView *view = nf_futures_view (futures);
  guint width = (guint) view->camera.width;
  guint height = (guint) view->camera.height;
  gsize pixels = (gsize) width * height;
  g_autofree gfloat *object = g_try_new (gfloat, pixels);
  g_autofree gfloat *spread = g_try_new (gfloat, pixels);
  g_autofree guint8 *rgb =
      g_try_malloc ((gsize) 3 * guide->width * guide->height);
  gint future;

  if (object == NULL || spread == NULL || rgb == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a guide from masks of %ux%u pixels", width, height);
    return FALSE;
  }
  future = nf_futures_medoid (futures, ahead, error);
  if (future < 0
      || !nf_futures_probability (futures, ahead, object, spread, error))
    return FALSE;
  nf_guide_frame (guide, view, poses_of (futures, future, 0),
      poses_of (futures, future, ahead), newest, rgb);
  put_pixels (guide, rgb, object, spread, width, height, out);
  return TRUE;
}

/**
 * nf_guide_draw_poses:
 * @guide: what draws
 * @view: camera and light
 * @now: the objects in the newest frame
 * @then: the objects in the frame that is wanted
 * @newest: (H, W, 3): the newest frame
 * @out: (out): (H, W, %NF_GUIDE_BYTES): the guide
 *
 * A guide from poses that are taken to be certain.
 */
void
nf_guide_draw_poses (NfGuide *guide, const NfView *view, NfPoses now,
    NfPoses then, const guint8 *newest, guint8 *out)
{
  gsize pixels = (gsize) guide->width * guide->height;
  g_autofree guint8 *rgb = g_malloc (3 * pixels);

  nf_guide_frame (guide, view, now, then, newest, rgb);
  for (gsize i = 0; i < pixels; i++) {
    guint8 *pixel = out + NF_GUIDE_BYTES * i;

    memcpy (pixel, rgb + 3 * i, 3);
    pixel[3] = guide->mask[i] != 0 ? 255 : 0;
    pixel[4] = 0;
    pixel[5] = 255;
  }
}

/**
 * nf_guide_hold:
 * @newest: (pixels, 3): the newest frame
 * @pixels: how many it has
 * @out: (out): (pixels, %NF_GUIDE_BYTES)
 *
 * What a network gets where nothing is known of the future: the newest frame,
 * marked as no guide.
 */
void
nf_guide_hold (const guint8 *newest, gsize pixels, guint8 *out)
{
  memset (out, 0, NF_GUIDE_BYTES * pixels);
  for (gsize i = 0; i < pixels; i++)
    memcpy (out + NF_GUIDE_BYTES * i, newest + 3 * i, 3);
}
