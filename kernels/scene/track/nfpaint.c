/* SPDX-License-Identifier: MIT
 *
 * nfpaint — masks of objects at other places than those where they were seen */
#include "scene/track/nfpaint.h"

#include <math.h>
#include <string.h>

/* all of an outline, or what of it something else hides in that mask */
static void
paint_outline (const NfTracks *tracks, guint8 id, const NfPose *pose,
    const guint8 *hidden, guint8 *out)
{
  guint y0, y1, x0, x1, width = tracks->camera.width;
  NfOutline outline;

  if (!nf_outline_init_rows (&outline, &tracks->camera, pose, &y0, &y1))
    return;
  for (guint y = y0; y < y1; y++) {
    gsize row = (gsize) y * width;

    nf_outline_span (&outline, &tracks->camera, y, &x0, &x1);
    for (guint x = x0; x < x1; x++)
      if (hidden == NULL || hidden[row + x] != 0)
        out[row + x] = id;
  }
}

/* an object that rests is seen as it was, and behind what was before it */
static void
paint_resting (const NfTracks *tracks, const NfActor *actor, const NfPose *pose,
    guint8 *out)
{
  gsize size = (gsize) tracks->camera.width * (gsize) tracks->camera.height;
  const guint8 *view = nf_tracks_labels (
      tracks, actor->view >= 0 ? (guint) actor->view : actor->last);

  for (gsize i = 0; i < size; i++)
    if (view[i] == actor->track->id)
      out[i] = actor->track->id;
  if (actor->view < 0)
    paint_outline (tracks, actor->track->id, pose, view, out);
}

/**
 * nf_paint_mask:
 * @actors: (array length=n): the objects, by class
 * @starts: (array length=n): where they were in the newest mask's frame
 * @poses: (array length=n): where they are now
 * @mask: (out caller-allocates): one byte a pixel, as large as the tracks'
 */
void
nf_paint_mask (const NfTracks *tracks, const NfActor *actors,
    const NfPose *starts, const NfPose *poses, guint n, guint8 *mask)
{
  gdouble distance[NF_N_CLASSES];
  guint order[NF_N_CLASSES];

  memset (
      mask, 0, (gsize) tracks->camera.width * (gsize) tracks->camera.height);
  for (guint i = 0; i < n; i++) { /* the farthest first */
    guint k = i;

    distance[i] = hypot (poses[i].x, poses[i].z);
    for (; k > 0 && distance[order[k - 1]] < distance[i]; k--)
      order[k] = order[k - 1];
    order[k] = i;
  }
  for (guint k = 0; k < n; k++) {
    const NfActor *a = &actors[order[k]];
    const NfPose *pose = &poses[order[k]];
    const NfPose *start = &starts[order[k]];
    gdouble moved = hypot (pose->x - start->x + a->body.x - a->x,
        pose->z - start->z + a->body.z - a->z);

    if (moved * a->track->points[a->last].pixels < 0.5)
      paint_resting (tracks, a, pose, mask);
    else
      paint_outline (tracks, a->track->id, pose, NULL, mask);
  }
}
