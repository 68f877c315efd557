/* SPDX-License-Identifier: MIT
 *
 * nfscenemeasure — what is counted in one clip
 *
 * Motion is read from the objects' tracks on the ground plane (nftracks). A
 * point of a track is trusted where the object is not cut by the image's edge
 * and at most half hidden. */
#include "scene/stats/nfscenemeasure.h"

#include <nextframe/scene/track/nftracks.h>

#include <math.h>

#define MOVING 0.08 /* sizes a frame; what rests seems to move less */
#define TRAVEL 0.5 /* sizes: what goes farther is a mover */
#define LOSS_MOVING 0.12 /* sizes a frame, where its loss is measured */
#define STRAIGHT 0.97 /* cosine of the angle between two steps */
#define ALONE 1.7 /* sizes to the next object's centre */
#define NEAR_CONTACT 0.25 /* sizes between footprints that may touch */
#define HIT 0.12 /* sizes a frame: change of velocity */
#define STIRS 0.5 /* pixels of 240: less is the same view again */
#define MARGIN 2 /* pixels of an object that have no part in its colour */
#define MIN_COLOR_PIXELS 50
#define N_SUMS (3 * 255 + 1) /* of red, green and blue */

static gboolean
is_sure (const NfTrackPoint *p)
{
  return p->area > 0 && !p->cut && p->visible >= 0.5;
}

static gdouble
distance (const NfTrackPoint *a, const NfTrackPoint *b)
{
  return hypot (b->x - a->x, b->z - a->z);
}

static gboolean
are_sure (const NfTrack *track, guint from, guint to)
{
  for (guint t = from; t <= to; t++)
    if (!is_sure (&track->points[t]))
      return FALSE;
  return TRUE;
}

/**
 * View:
 * @x: column of the middle, pixels of an image 240 wide
 * @row: its row
 * @tall: diameter of the disc of its area
 *
 * A sphere as it is seen. How high the outermost rows of a mask reach depends
 * on how it was made; its area does less.
 */
typedef struct
{
  gdouble x, row, tall;
} View;

static View
view_sphere (const guint8 *labels, guint8 id, guint width, guint height)
{
  const gdouble scale = 240.0 / width;
  gdouble area = 0, columns = 0, rows = 0;

  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      if (labels[(gsize) y * width + x] == id) {
        area += 1;
        columns += x + 0.5;
        rows += y + 0.5;
      }
  return (View){ .x = columns / area * scale,
    .row = rows / area * scale,
    .tall = sqrt (area * 4 / G_PI) * scale };
}

static void
add_view (gdouble *sums, const View *view)
{
  sums[NF_SCENE_SUM_WHOLE] += 1;
  sums[NF_SCENE_SUM_ROW] += view->row;
  sums[NF_SCENE_SUM_HEIGHT] += view->tall;
  sums[NF_SCENE_SUM_ROW_ROW] += view->row * view->row;
  sums[NF_SCENE_SUM_ROW_HEIGHT] += view->row * view->tall;
}

/* A sphere at rest has one mask, and one error of it, in all frames: views
 * that show nothing new are left out */
static void
measure_spheres (
    gdouble *sums, const NfTracks *tracks, guint width, guint height)
{
  for (guint i = 0; i < tracks->n_tracks; i++) {
    const NfTrack *track = &tracks->tracks[i];
    View last = { .x = -1e3, .row = -1e3, .tall = 0 };

    for (guint t = 0; t < tracks->n_frames; t++) {
      const NfTrackPoint *p = &track->points[t];
      View view;

      if (track->shape != NF_SCENE_SPHERE || p->area == 0 || p->cut
          || p->hidden)
        continue;
      view = view_sphere (tracks->labels + (gsize) t * width * height,
          track->id, width, height);
      if (hypot (view.x - last.x, view.row - last.row) <= STIRS)
        continue;
      add_view (sums, &view);
      last = view;
    }
  }
}

static void
measure_presence (gdouble *sums, const NfTrack *track, guint n_frames)
{
  const NfTrackPoint *points = track->points, *first = NULL;
  gboolean moves = FALSE;

  for (guint t = 0; t < n_frames; t++) {
    sums[NF_SCENE_SUM_IN_SIGHT] += points[t].area > 0;
    if (!is_sure (&points[t]))
      continue;
    if (first == NULL)
      first = &points[t];
    moves = moves || distance (first, &points[t]) > TRAVEL;
  }
  sums[NF_SCENE_SUM_OBJECTS] += 1;
  sums[NF_SCENE_SUM_MOVERS] += moves;
  if (n_frames > 2 && are_sure (track, 0, 2)) {
    sums[NF_SCENE_SUM_FIRST] += 1;
    sums[NF_SCENE_SUM_RESTING] +=
        distance (&points[0], &points[2]) < 2 * MOVING;
  }
}

static void
measure_speed (gdouble *sums, const NfTrack *track, guint n_frames)
{
  gboolean arrives = track->points[0].area == 0;

  for (guint t = 0; t + 1 < n_frames; t++) {
    gdouble speed = distance (&track->points[t], &track->points[t + 1]);

    if (!are_sure (track, t, t + 1))
      continue;
    if (arrives) {
      sums[NF_SCENE_SUM_ARRIVALS] += 1;
      sums[NF_SCENE_SUM_ARRIVAL_SPEED] += speed;
      arrives = FALSE;
    }
    if (speed > MOVING) {
      sums[NF_SCENE_SUM_STEPS + track->shape] += 1;
      sums[NF_SCENE_SUM_SPEED + track->shape] += speed;
    }
  }
}

static gboolean
is_alone (const NfTracks *tracks, const NfTrack *track, guint from, guint to)
{
  for (guint i = 0; i < tracks->n_tracks; i++)
    for (guint t = from; t <= to; t++)
      if (&tracks->tracks[i] != track && tracks->tracks[i].points[t].area > 0
          && distance (&tracks->tracks[i].points[t], &track->points[t]) < ALONE)
        return FALSE;
  return TRUE;
}

/* the speed over two frames, against that over the next two */
static void
measure_loss (gdouble *sums, const NfTracks *tracks, const NfTrack *track)
{
  const NfTrackPoint *p = track->points;

  for (guint t = 0; t + 4 < tracks->n_frames; t++) {
    gdouble x1, z1, x2, z2, v1, v2;

    if (!are_sure (track, t, t + 4) || !is_alone (tracks, track, t, t + 4))
      continue;
    x1 = (p[t + 2].x - p[t].x) / 2;
    z1 = (p[t + 2].z - p[t].z) / 2;
    x2 = (p[t + 4].x - p[t + 2].x) / 2;
    z2 = (p[t + 4].z - p[t + 2].z) / 2;
    v1 = hypot (x1, z1);
    v2 = hypot (x2, z2);
    if (v1 < LOSS_MOVING || x1 * x2 + z1 * z2 < STRAIGHT * v1 * v2)
      continue;
    sums[NF_SCENE_SUM_FREE_STEPS + track->shape] += 1;
    sums[NF_SCENE_SUM_LOST_SPEED + track->shape] += (v1 - v2) / 2;
  }
}

/* how much the velocity around a frame differs from that just before */
static gdouble
velocity_change (const NfTrack *track, guint t)
{
  const NfTrackPoint *p = track->points;

  if (!are_sure (track, t - 2, t + 3))
    return 0;
  return hypot ((p[t + 3].x - p[t + 1].x - p[t].x + p[t - 2].x) / 2,
      (p[t + 3].z - p[t + 1].z - p[t].z + p[t - 2].z) / 2);
}

static gboolean
do_collide (const NfTrack *a, const NfTrack *b, guint n_frames)
{
  gdouble reach = NEAR_CONTACT + (a->shape == NF_SCENE_CUBE ? 0.6 : 0.5)
      + (b->shape == NF_SCENE_CUBE ? 0.6 : 0.5);

  for (guint t = 2; t + 3 < n_frames; t++) {
    const NfTrackPoint *p = a->points + t, *q = b->points + t;

    if (p[0].area == 0 || q[0].area == 0 || p[1].area == 0 || q[1].area == 0)
      continue;
    if (MIN (distance (&p[0], &q[0]), distance (&p[1], &q[1])) < reach
        && MAX (velocity_change (a, t), velocity_change (b, t)) > HIT)
      return TRUE;
  }
  return FALSE;
}

static void
measure_collisions (gdouble *sums, const NfTracks *tracks)
{
  for (guint i = 0; i < tracks->n_tracks; i++)
    for (guint k = 0; k < i; k++)
      sums[NF_SCENE_SUM_COLLISIONS] +=
          do_collide (&tracks->tracks[i], &tracks->tracks[k], tracks->n_frames);
  sums[NF_SCENE_SUM_COLLIDED] = sums[NF_SCENE_SUM_COLLISIONS] > 0;
}

static void
measure_tracks (
    gdouble *sums, const NfTracks *tracks, guint width, guint height)
{
  sums[NF_SCENE_SUM_CLIPS] = 1;
  sums[NF_SCENE_SUM_FRAMES] = tracks->n_frames;
  for (guint i = 0; i < tracks->n_tracks; i++) {
    measure_presence (sums, &tracks->tracks[i], tracks->n_frames);
    measure_speed (sums, &tracks->tracks[i], tracks->n_frames);
    measure_loss (sums, tracks, &tracks->tracks[i]);
  }
  measure_collisions (sums, tracks);
  measure_spheres (sums, tracks, width, height);
}

/* Of sums of three bytes, spread evenly over the width of a number: whole
 * numbers would hide what is less than one of them */
static gdouble
median (const guint *histogram)
{
  guint value = 0;
  gsize total = 0, below = 0;

  for (guint i = 0; i < N_SUMS; i++)
    total += histogram[i];
  while (2 * (below + histogram[value]) < total)
    below += histogram[value++];
  return value - 0.5 + (total / 2.0 - below) / histogram[value];
}

/* @rgb: (rows, width, 3) */
static gdouble
median_brightness (const guint8 *rgb, guint width, guint rows)
{
  guint histogram[N_SUMS] = { 0 };

  for (gsize i = 0; i < (gsize) width * rows; i++)
    histogram[rgb[3 * i] + rgb[3 * i + 1] + rgb[3 * i + 2]]++;
  return median (histogram) / 3;
}

static void
measure_light (gdouble *sums, const guint8 *frames, guint n_frames, guint width,
    guint height)
{
  const guint quarter = MAX (height / 4, 1);
  const gsize row = (gsize) width * 3;

  for (guint t = 0; t < n_frames; t++) {
    const guint8 *frame = frames + t * height * row;

    sums[NF_SCENE_SUM_LIT] += 1;
    sums[NF_SCENE_SUM_LIGHT] += median_brightness (frame, width, height);
    sums[NF_SCENE_SUM_LIGHT_FAR] += median_brightness (frame, width, quarter);
    sums[NF_SCENE_SUM_LIGHT_NEAR] +=
        median_brightness (frame + (height - quarter) * row, width, quarter);
  }
}

/* whether all pixels around one have its class, too; outside counts as such */
static gboolean
is_inside (const guint8 *labels, guint x, guint y, guint width, guint height)
{
  guint8 id = labels[(gsize) y * width + x];
  guint left = x > MARGIN ? x - MARGIN : 0, top = y > MARGIN ? y - MARGIN : 0;

  for (guint j = top; j <= MIN (y + MARGIN, height - 1); j++)
    for (guint i = left; i <= MIN (x + MARGIN, width - 1); i++)
      if (labels[(gsize) j * width + i] != id)
        return FALSE;
  return TRUE;
}

/* A margin is left out, because there the ground shines through, and the real
 * masks lie up to a pixel beside the pictures */
static void
add_colors (NfSceneMeasure *measure, const guint8 *frame, const guint8 *labels,
    const gboolean *sure, guint width, guint height)
{
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++) {
      gsize i = (gsize) y * width + x;
      guint8 id = labels[i];

      if (!sure[id] || !is_inside (labels, x, y, width, height))
        continue;
      measure->pixels[id]++;
      for (guint c = 0; c < 3; c++)
        measure->colors[id][c] += frame[3 * i + c];
    }
}

/* of objects of which most is seen: a part is lit in another way */
static void
measure_colors (NfSceneMeasure *measure, const guint8 *frames,
    const NfTracks *tracks, guint width, guint height)
{
  gsize size = (gsize) width * height;

  for (guint t = 0; t < tracks->n_frames; t++) {
    gboolean sure[NF_N_CLASSES] = { FALSE };

    for (guint i = 0; i < tracks->n_tracks; i++)
      sure[tracks->tracks[i].id] = is_sure (&tracks->tracks[i].points[t]);
    add_colors (measure, frames + 3 * t * size, tracks->labels + t * size, sure,
        width, height);
  }
  for (guint id = 0; id < NF_N_CLASSES; id++) {
    if (measure->pixels[id] < MIN_COLOR_PIXELS)
      measure->pixels[id] = 0;
    for (guint c = 0; c < 3; c++)
      measure->colors[id][c] /= MAX (measure->pixels[id], 1);
  }
}

static NfTracks *
find_tracks (const guint8 *masks, guint n_frames, guint width, guint height)
{
  g_autofree const guint8 **list = g_new (const guint8 *, n_frames);

  for (guint t = 0; t < n_frames; t++)
    list[t] = masks + (gsize) t * width * height;
  return nf_tracks_new (list, n_frames, width, height, NULL);
}

/**
 * nf_scene_measure:
 * @measure: (out caller-allocates): of this clip alone
 * @frames: (nullable): (n_frames, height, width, 3), red, green, blue
 * @masks: (nullable): (n_frames, height, width), classes
 * @n_frames: at least 1
 * @width: columns, at least 1
 * @height: rows, at least 1
 *
 * What there is nothing to measure with, is 0.
 */
void
nf_scene_measure (NfSceneMeasure *measure, const guint8 *frames,
    const guint8 *masks, guint n_frames, guint width, guint height)
{
  g_autoptr (NfTracks) tracks = NULL;

  g_return_if_fail (n_frames > 0 && width > 0 && height > 0);

  *measure = (NfSceneMeasure){ { 0 } };
  if (masks != NULL)
    tracks = find_tracks (masks, n_frames, width, height);
  if (tracks != NULL)
    measure_tracks (measure->sums, tracks, width, height);
  if (frames != NULL)
    measure_light (measure->sums, frames, n_frames, width, height);
  if (frames != NULL && tracks != NULL)
    measure_colors (measure, frames, tracks, width, height);
}
