/* SPDX-License-Identifier: MIT
 *
 * nftracks — where the objects of a clip's masks stand on the ground
 *
 * An object that is seen whole is placed where its outline has the same centre
 * of gravity as its mask. An object that is partly hidden is placed where
 * outline and mask agree best. Pixels of nearer objects, and those outside the
 * image, are ignored in that, because they may hide a part of it. */
#include <nextframe/scene/track/nftracks.h>

#include "scene/track/nfblobs.h"
#include "scene/track/nfcamerafit.h"
#include "scene/track/nfedges.h"

#include <math.h>
#include <string.h>

#define TURNS 9 /* of a cube that are tried first */
#define QUARTER G_PI_2
#define MAX_SIGHTINGS 4 /* of one object, for the camera */
#define NEAR_FRAMES 4 /* of a track that say where an object is next */
#define GUESS_WEIGHT 0.1 /* misfit at a size from where it should be */

typedef struct
{
  const NfCamera *camera;
  const guint8 *labels; /* of the frame */
  guint width, height;
  const NfBlob *blobs; /* of the frame */
  guint8 id;
  gdouble area; /* of its outline about where it stands, pixels */
  const NfPose *guess; /* (nullable) */
  gdouble guess_weight;
} View;

/* an object hides what has pixels above its lowest row */
static gboolean
is_nearer (const NfBlob *blobs, guint8 a, guint8 b)
{
  return blobs[a].bottom >= blobs[b].bottom;
}

static gboolean
is_hidden (const NfBlob *blobs, guint8 id)
{
  for (guint other = 1; other < NF_N_CLASSES; other++)
    if ((blobs[id].touches >> other & 1) && is_nearer (blobs, other, id))
      return TRUE;

  return FALSE;
}

static gboolean
is_whole (const NfTrackPoint *point)
{
  return point->area > 0 && !point->cut && !point->hidden;
}

/* pixels of one row that speak against the outline, and own ones within it */
static gdouble
compare_row (
    const View *v, guint y, gdouble left, gdouble right, gdouble *inside)
{
  const guint8 *row = v->labels + (gsize) y * v->width;
  guint x0 = CLAMP (floor (left), 0, v->width);
  guint x1 = CLAMP (ceil (right), 0, v->width);
  gdouble against = 0;

  for (guint x = x0; x < x1; x++) {
    gdouble cover = MIN (right, x + 1.0) - MAX (left, x);

    if (row[x] == v->id)
      *inside += cover;
    else if (row[x] == 0 || !is_nearer (v->blobs, row[x], v->id))
      against += cover;
  }

  return against;
}

/* pixels at which outline and mask disagree */
static gdouble
misfit (const View *v, const NfPose *pose)
{
  gdouble against = 0, inside = 0, left, right;
  NfOutline outline;
  guint y0, y1;

  if (!nf_outline_init (&outline, v->camera, pose))
    return G_MAXFLOAT;
  y0 = CLAMP (floor (outline.top), 0, v->height);
  y1 = CLAMP (ceil (outline.bottom), 0, v->height);
  for (guint row = y0; row < y1; row++) {
    gdouble from = MAX (row, outline.top), to = MIN (row + 1, outline.bottom);
    gdouble own = 0, other;

    if (!nf_outline_row (&outline, (from + to) / 2, &left, &right))
      continue;
    other = compare_row (v, row, left, right, &own);
    against += (to - from) * other;
    inside += (to - from) * own;
  }

  return against + fabs (v->blobs[v->id].area - inside);
}

static gdouble
cost (const View *v, const NfPose *pose)
{
  gdouble c = misfit (v, pose) / v->area;

  if (v->guess != NULL) {
    gdouble dx = pose->x - v->guess->x, dz = pose->z - v->guess->z;

    c += v->guess_weight * (dx * dx + dz * dz);
  }

  return c;
}

/* one step along one axis, if that is better */
static gboolean
try_step (const View *v, NfPose *pose, gdouble *best, gdouble dx, gdouble dz,
    gdouble turn)
{
  NfPose there = *pose;
  gdouble c;

  there.x += dx;
  there.z += dz;
  there.turn += turn;
  c = cost (v, &there);
  if (c >= *best)
    return FALSE;
  *best = c;
  *pose = there;

  return TRUE;
}

static gdouble
search (const View *v, NfPose *pose)
{
  gdouble best = cost (v, pose);

  for (gdouble step = 0.4; step > 0.01; step /= 2)
    for (guint tries = 0; tries < 6; tries++) {
      gboolean better = try_step (v, pose, &best, step, 0, 0)
          || try_step (v, pose, &best, -step, 0, 0);

      better |= try_step (v, pose, &best, 0, step, 0)
          || try_step (v, pose, &best, 0, -step, 0);
      if (pose->shape == NF_SCENE_CUBE)
        better |= try_step (v, pose, &best, 0, 0, step)
            || try_step (v, pose, &best, 0, 0, -step);
      if (!better)
        break;
    }

  return best;
}

/* near the mask's centre of gravity, whatever comes before and after */
static void
search_around (const View *v, NfPose *pose)
{
  const NfPose start = *pose;
  gdouble best = G_MAXDOUBLE;

  for (gint dx = -1; dx <= 1; dx++)
    for (gint dz = -1; dz <= 1; dz++) {
      NfPose there = start;
      gdouble c;

      there.x += 0.4 * dx;
      there.z += 0.4 * dz;
      c = cost (v, &there);
      if (c < best) {
        best = c;
        *pose = there;
      }
    }
  search (v, pose);
}

static void
locate_whole (const View *v, NfPose *pose)
{
  const NfBlob *blob = &v->blobs[v->id];
  NfPose best = *pose;
  NfOutline outline;
  gdouble least = G_MAXDOUBLE;
  guint turns = pose->shape == NF_SCENE_CUBE ? TURNS : 1;

  for (guint i = 0; i < turns; i++) {
    NfPose there = *pose;
    gdouble c;

    there.turn = QUARTER * i / TURNS;
    if (!nf_camera_locate (v->camera, blob->x, blob->y, &there, &outline))
      continue;
    c = misfit (v, &there);
    if (c < least) {
      least = c;
      best = there;
    }
  }
  for (gdouble step = QUARTER / TURNS / 2; turns > 1 && step > 0.02; step /= 2)
    for (gint sign = -1; sign <= 1; sign += 2) {
      NfPose there = best;

      there.turn += sign * step;
      if (nf_camera_locate (v->camera, blob->x, blob->y, &there, &outline)
          && misfit (v, &there) < least) {
        least = misfit (v, &there);
        best = there;
      }
    }
  *pose = best;
}

/* the better of where it should be and where its mask is, each searched */
static void
locate_obstructed (View *v, NfPose *pose)
{
  const NfBlob *blob = &v->blobs[v->id];
  NfOutline outline;
  gdouble x, y;

  if (!nf_camera_locate (v->camera, blob->x, blob->y, pose, &outline))
    return;
  v->area = MAX (nf_outline_area (&outline, &x, &y), 1);
  search_around (v, pose);
  if (v->guess != NULL) {
    NfPose there = *v->guess;

    if (search (v, &there) < cost (v, pose))
      *pose = there;
  }
}

static void
set_point (const View *v, const NfPose *pose, NfTrackPoint *point)
{
  const gdouble middle[3] = { pose->x, 0.5, pose->z };
  gdouble x, y, depth;
  NfOutline outline;

  point->x = pose->x;
  point->z = pose->z;
  point->turn = pose->turn - QUARTER * floor (pose->turn / QUARTER);
  if (nf_camera_project (v->camera, middle, &x, &y, &depth))
    point->pixels = v->camera->focal / depth;
  if (nf_outline_init (&outline, v->camera, pose)) {
    gdouble area = MAX (nf_outline_area (&outline, &x, &y), 1);

    point->visible = CLAMP (point->area / area, 0, 1);
    point->misfit = misfit (v, pose) / area;
  }
}

/* where a track is at a frame, from the known points near to it; known: a flag
 * for each frame */
static guint
guess_pose (const NfTrack *track, const guint8 *known, guint n_frames, guint t,
    NfPose *pose)
{
  gint found[2] = { -1, -1 };
  guint n = 0;

  for (gint d = 1; d <= NEAR_FRAMES && n < 2; d++)
    for (gint sign = -1; sign <= 1 && n < 2; sign += 2) {
      gint other = (gint) t + sign * d;

      if (other >= 0 && other < (gint) n_frames && known[other])
        found[n++] = other;
    }
  if (n == 0)
    return 0;
  pose->x = track->points[found[0]].x;
  pose->z = track->points[found[0]].z;
  pose->turn = track->points[found[0]].turn;
  if (n == 2) {
    const NfTrackPoint *a = &track->points[found[0]];
    const NfTrackPoint *b = &track->points[found[1]];
    gdouble f = (gdouble) ((gint) t - found[0]) / (found[0] - found[1]);

    pose->x += f * (a->x - b->x);
    pose->z += f * (a->z - b->z);
  }

  return n;
}

/* frames from the nearest known one, or more than all of them */
static guint
distance_to_known (const guint8 *known, guint n_frames, guint t)
{
  guint least = n_frames;

  for (guint k = 0; k < n_frames; k++)
    if (known[k])
      least = MIN (least, k > t ? k - t : t - k);

  return least;
}

/* the frame to look at next: nearest to one that is known; at first, where
 * most of the object is seen */
static gint
next_frame (const NfTrack *track, const guint8 *known, guint n_frames)
{
  gint best = -1;
  guint least = G_MAXUINT;

  for (guint t = 0; t < n_frames; t++) {
    const NfTrackPoint *p = &track->points[t];
    guint distance = distance_to_known (known, n_frames, t);

    if (known[t] || p->area == 0 || distance > least)
      continue;
    if (distance < least
        || (p->cut <= track->points[best].cut
            && p->area > track->points[best].area)) {
      least = distance;
      best = t;
    }
  }

  return best;
}

static View
view_of (
    const NfTracks *self, const NfTrack *track, const NfBlob *blobs, guint t)
{
  guint width = self->camera.width, height = self->camera.height;

  return (View){ .camera = &self->camera,
    .labels = self->labels + (gsize) t * width * height,
    .width = width,
    .height = height,
    .blobs = blobs + (gsize) t * NF_N_CLASSES,
    .id = track->id };
}

static void
locate_track (NfTracks *self, NfTrack *track, const NfBlob *blobs)
{
  g_autofree guint8 *known = g_new0 (guint8, self->n_frames);
  gint t;

  for (guint i = 0; i < self->n_frames; i++) {
    View v = view_of (self, track, blobs, i);
    NfPose pose = { track->shape };

    if (!is_whole (&track->points[i]))
      continue;
    locate_whole (&v, &pose);
    track->points[i].exact = nf_edges_refine (
        &self->camera, v.labels, track->id, &v.blobs[track->id], &pose);
    set_point (&v, &pose, &track->points[i]);
    known[i] = TRUE;
  }
  while ((t = next_frame (track, known, self->n_frames)) >= 0) {
    View v = view_of (self, track, blobs, t);
    NfPose pose = { track->shape }, guess = pose;
    guint n;

    n = guess_pose (track, known, self->n_frames, t, &guess);
    v.guess = n > 0 ? &guess : NULL;
    v.guess_weight = n > 1 ? GUESS_WEIGHT : 0;
    locate_obstructed (&v, &pose);
    set_point (&v, &pose, &track->points[t]);
    known[t] = TRUE;
  }
}

/* whole objects, each from a few frames: a second sighting at the same place
 * adds little information */
static GArray *
collect_sightings (const NfTracks *self, const NfBlob *blobs)
{
  GArray *sightings = g_array_new (FALSE, FALSE, sizeof (NfSighting));

  for (guint i = 0; i < self->n_tracks; i++) {
    const NfTrack *track = &self->tracks[i];
    guint n = 0;

    for (guint t = self->n_frames; t-- > 0 && n < MAX_SIGHTINGS;) {
      const NfBlob *b = &blobs[(gsize) t * NF_N_CLASSES + track->id];
      NfSighting s = { .shape = track->shape,
        .x = b->x,
        .y = b->y,
        .area = b->area,
        .weight = 1 };

      if (b->area == 0 || b->touches != 0)
        continue;
      if (n > 0) {
        const NfSighting *last =
            &g_array_index (sightings, NfSighting, sightings->len - 1);

        if (fabs (last->y - s.y) < 0.1 * sqrt (s.area))
          continue;
      }
      g_array_append_val (sightings, s);
      n++;
    }
  }

  return sightings;
}

static void
estimate_camera (NfTracks *self, const NfBlob *blobs)
{
  g_autoptr (GArray) sightings = collect_sightings (self, blobs);

  nf_camera_fit (
      &self->camera, (const NfSighting *) sightings->data, sightings->len);
  self->n_fitted = sightings->len;
}

/* tracks with what is known without a camera */
static void
begin_tracks (NfTracks *self, const NfBlob *blobs)
{
  self->tracks = g_new0 (NfTrack, NF_N_CLASSES);
  for (guint id = 1; id < NF_N_CLASSES; id++) {
    NfTrack *track = &self->tracks[self->n_tracks];
    gboolean seen = FALSE;

    for (guint t = 0; t < self->n_frames && !seen; t++)
      seen = blobs[(gsize) t * NF_N_CLASSES + id].area > 0;
    if (!seen)
      continue;
    track->id = id;
    track->shape = nf_scene_shape (id);
    track->points = g_new0 (NfTrackPoint, self->n_frames);
    for (guint t = 0; t < self->n_frames; t++) {
      const NfBlob *frame = &blobs[(gsize) t * NF_N_CLASSES];

      track->points[t].area = frame[id].area;
      track->points[t].cut = frame[id].touches & 1;
      track->points[t].hidden = is_hidden (frame, id);
    }
    self->n_tracks++;
  }
}

NfTracks *
nf_tracks_new (const guint8 *const *masks, guint n_masks, guint width,
    guint height, GError **error)
{
  g_autoptr (NfTracks) self = g_new0 (NfTracks, 1);
  g_autofree NfBlob *blobs = NULL;
  gsize size = (gsize) width * height;

  g_return_val_if_fail (n_masks > 0 && width > 0 && height > 0, NULL);

  self->n_frames = n_masks;
  self->labels = g_try_malloc_n (n_masks, size);
  blobs = g_try_malloc_n (n_masks, NF_N_CLASSES * sizeof (NfBlob));
  if (self->labels == NULL || blobs == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for tracks in %u masks of %ux%u", n_masks, width, height);
    return NULL;
  }
  for (guint t = 0; t < n_masks; t++) {
    if (!nf_blobs_clean (
            masks[t], width, height, self->labels + t * size, error))
      return NULL;
    nf_blobs_measure (self->labels + t * size, width, height,
        blobs + (gsize) t * NF_N_CLASSES);
  }
  begin_tracks (self, blobs);
  nf_camera_init (&self->camera, width, height);
  estimate_camera (self, blobs);
  for (guint i = 0; i < self->n_tracks; i++)
    locate_track (self, &self->tracks[i], blobs);

  return g_steal_pointer (&self);
}

void
nf_tracks_free (NfTracks *tracks)
{
  if (tracks == NULL)
    return;
  for (guint i = 0; i < tracks->n_tracks; i++)
    g_free (tracks->tracks[i].points);
  g_free (tracks->tracks);
  g_free (tracks->labels);
  g_free (tracks);
}

const guint8 *
nf_tracks_labels (const NfTracks *tracks, guint frame)
{
  gsize size = (gsize) tracks->camera.width * (gsize) tracks->camera.height;

  return tracks->labels + size * frame;
}
