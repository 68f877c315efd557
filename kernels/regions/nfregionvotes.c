/* SPDX-License-Identifier: MIT
 *
 * nfregionvotes — the objects of a clip, from the regions of its frames */
#include <nextframe/regions/nfregionvotes.h>

#include "regions/nfassign.h"
#include "regions/nfregionmerge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* a track that was not seen for more frames than this is not found by its place
 * */
#define GAP 5

/* largest distance of a region from its track's last one, in roots of the area,
 * where it looks the same */
#define DISTANCE 2.0
/* largest loss where a region takes its track's class, nats a pixel, where it
 * lies in the same place. Above what a single pixel can say: a network is sure
 * of another shape in single frames */
#define LOSS 8.0
/* an object that is seen in so few frames may be a fault of theirs */
#define FEW 3

typedef struct
{
  guint number; /* from 1 */
  guint first, last; /* frames that it was seen in */
  guint seen; /* how many */
  guint host; /* number of the track that it touched in all of them, or 0 */
  gboolean at_edge; /* of the frame, in any of them */
  gdouble x, y, area; /* where it was seen last */
  guint64 pixels; /* of all frames */
  guint class_id; /* its most likely one */
  gdouble *evidence; /* (classes): the sum */
} Track;

struct _NfRegionVotes
{
  guint classes;
  gboolean unique;
  guint frames, numbers; /* so far */
  GPtrArray *tracks; /* in the order of their numbers */
};

typedef struct
{
  gdouble cost;
  guint region, track; /* indices */
} Pair;

static void
track_free (gpointer data)
{
  Track *track = data;

  g_free (track->evidence);
  g_free (track);
}

NfRegionVotes *
nf_region_votes_new (guint classes, gboolean unique)
{
  NfRegionVotes *votes = g_new0 (NfRegionVotes, 1);

  votes->classes = classes;
  votes->unique = unique;
  votes->tracks = g_ptr_array_new_with_free_func (track_free);

  return votes;
}

void
nf_region_votes_free (NfRegionVotes *votes)
{
  g_ptr_array_unref (votes->tracks);
  g_free (votes);
}

void
nf_region_votes_begin (NfRegionVotes *votes)
{
  g_ptr_array_set_size (votes->tracks, 0);
  votes->frames = votes->numbers = 0;
}

static void
forget_old (NfRegionVotes *votes)
{
  for (guint i = votes->tracks->len; i > 0; i--) {
    const Track *track = votes->tracks->pdata[i - 1];

    if (track->last + NF_REGION_VOTES_MEMORY < votes->frames)
      g_ptr_array_remove_index (votes->tracks, i - 1);
  }
}

static const gdouble *
evidence_of (const NfRegions *regions, guint i)
{
  return regions->evidence + (gsize) i * regions->classes;
}

/* whether a region can be the next of a track, and how well it fits */
static gboolean
fits (const NfRegionVotes *votes, const NfRegions *regions, guint i,
    const Track *track, gdouble *cost)
{
  const NfRegion *region = &regions->regions[i];
  const gdouble *evidence = evidence_of (regions, i);
  const gdouble size = sqrt (MAX (region->area, track->area));
  const guint frames = votes->frames - track->last;
  gdouble distance, loss;

  if (frames > GAP)
    return FALSE;
  distance = hypot (region->x - track->x, region->y - track->y) / size;
  loss =
      (evidence[region->class_id] - evidence[track->class_id]) / region->area;
  *cost = distance / DISTANCE + loss / LOSS;

  return *cost < 1.0;
}

static gint
by_cost (gconstpointer a, gconstpointer b)
{
  const Pair *one = a, *two = b;

  if (one->cost != two->cost)
    return one->cost < two->cost ? -1 : 1;
  if (one->region != two->region)
    return one->region < two->region ? -1 : 1;

  return one->track < two->track ? -1 : 1;
}

static Track *
track_new (NfRegionVotes *votes)
{
  Track *track = g_new0 (Track, 1);

  track->number = ++votes->numbers;
  track->first = votes->frames;
  track->evidence = g_new0 (gdouble, votes->classes);
  g_ptr_array_add (votes->tracks, track);

  return track;
}

static void
vote (NfRegionVotes *votes, Track *track, NfRegions *regions, guint i)
{
  const NfRegion *region = &regions->regions[i];
  const gdouble *evidence = evidence_of (regions, i);

  for (guint k = 0; k < votes->classes; k++)
    track->evidence[k] += evidence[k];
  track->class_id = nf_region_best (track->evidence, votes->classes);
  track->x = region->x;
  track->y = region->y;
  track->area = region->area;
  track->pixels += region->area;
  track->last = votes->frames;
  track->seen++;
  track->at_edge |= region->at_edge;
  regions->tracks[i] = track->number;
}

/* which tracks the frame's regions touch */
static void
note_hosts (NfRegionVotes *votes, const NfRegions *regions, guint n)
{
  for (guint t = 0; t < votes->tracks->len; t++) {
    Track *track = votes->tracks->pdata[t];

    for (guint i = 0; i < n; i++) {
      const guint neighbour = regions->regions[i].neighbour;
      const guint host = neighbour > 0 ? regions->tracks[neighbour - 1] : 0;

      if (regions->tracks[i] != track->number)
        continue;
      if (track->seen == 1)
        track->host = host;
      else if (track->host != host)
        track->host = 0;
    }
  }
}

void
nf_region_votes_add (NfRegionVotes *votes, NfRegions *regions)
{
  const guint n = MIN (regions->n, NF_REGIONS_RIVALS);
  g_autoptr (GArray) pairs = g_array_new (FALSE, FALSE, sizeof (Pair));

  forget_old (votes);
  for (guint i = 0; i < regions->n; i++)
    regions->tracks[i] = 0;
  for (guint t = 0; t < votes->tracks->len; t++)
    for (guint i = 0; i < n; i++) {
      Pair pair = { .cost = 0.0, .region = i, .track = t };

      if (fits (votes, regions, i, votes->tracks->pdata[t], &pair.cost))
        g_array_append_val (pairs, pair);
    }
  g_array_sort (pairs, by_cost);
  for (guint p = 0; p < pairs->len; p++) {
    const Pair *pair = &g_array_index (pairs, Pair, p);
    Track *track = votes->tracks->pdata[pair->track];

    if (regions->tracks[pair->region] == 0 && track->last < votes->frames)
      vote (votes, track, regions, pair->region);
  }
  for (guint i = 0; i < n; i++)
    if (regions->tracks[i] == 0)
      vote (votes, track_new (votes), regions, i);
  note_hosts (votes, regions, n);
  votes->frames++;
}

/* tracks that are one object */
typedef struct
{
  GArray *tracks; /* their indices */
  guint64 pixels;
  guint index;
  gdouble *evidence;
} Object;

static void
object_free (gpointer data)
{
  Object *object = data;

  g_array_unref (object->tracks);
  g_free (object->evidence);
  g_free (object);
}

static gboolean
can_take (const NfRegionVotes *votes, const Object *object, const Track *track)
{
  for (guint i = 0; i < object->tracks->len; i++) {
    const Track *other =
        votes->tracks->pdata[g_array_index (object->tracks, guint, i)];

    if (other->class_id != track->class_id
        || (track->first <= other->last && other->first <= track->last))
      return FALSE;
  }

  return TRUE;
}

static gint
by_pixels (gconstpointer a, gconstpointer b)
{
  const Object *one = *(Object *const *) a, *two = *(Object *const *) b;

  if (one->pixels != two->pixels)
    return one->pixels > two->pixels ? -1 : 1;

  return one->index < two->index ? -1 : 1;
}

/* Objects go at the edge of the frame, or behind others. What was seen in a few
 * frames alone, and has gone otherwise, is a fault of these frames: a part of
 * the object that it touched, if it also came there, or ground */
static gboolean
is_passing (const NfRegionVotes *votes, const Object *object)
{
  const Track *track =
      votes->tracks->pdata[g_array_index (object->tracks, guint, 0)];
  const gboolean comes = track->first > 0;
  const gboolean goes = track->last + 1 < votes->frames;

  if (object->tracks->len > 1 || track->seen > FEW)
    return FALSE;

  return goes && (track->host > 0 ? comes : !track->at_edge);
}

static Object *
object_new (const NfRegionVotes *votes, guint index)
{
  Object *object = g_new0 (Object, 1);

  object->index = index;
  object->tracks = g_array_new (FALSE, FALSE, sizeof (guint));
  object->evidence = g_new0 (gdouble, votes->classes);

  return object;
}

/* those that are no faults of a few frames, the largest first */
static GPtrArray *
find_objects (const NfRegionVotes *votes)
{
  GPtrArray *objects = g_ptr_array_new_with_free_func (object_free);

  for (guint t = 0; t < votes->tracks->len; t++) {
    const Track *track = votes->tracks->pdata[t];
    Object *object = NULL;

    for (guint i = 0; i < objects->len && object == NULL && votes->unique; i++)
      if (can_take (votes, objects->pdata[i], track))
        object = objects->pdata[i];
    if (object == NULL) {
      object = object_new (votes, objects->len);
      g_ptr_array_add (objects, object);
    }
    g_array_append_val (object->tracks, t);
    object->pixels += track->pixels;
    for (guint k = 0; k < votes->classes; k++)
      object->evidence[k] += track->evidence[k];
  }
  for (guint i = objects->len; i > 0; i--)
    if (is_passing (votes, objects->pdata[i - 1]))
      g_ptr_array_remove_index (objects, i - 1);
  g_ptr_array_sort (objects, by_pixels);

  return objects;
}

static void
choose_objects (
    const NfRegionVotes *votes, const GPtrArray *objects, guint *chosen)
{
  const guint n = votes->unique ? MIN (objects->len, NF_REGIONS_RIVALS) : 0;
  g_autofree gdouble *gain = g_new (gdouble, (gsize) n * votes->classes);

  for (guint i = 0; i < n; i++)
    memcpy (gain + (gsize) i * votes->classes,
        ((const Object *) objects->pdata[i])->evidence,
        votes->classes * sizeof *gain);
  if (n > 0)
    nf_assign (gain, n, votes->classes, chosen);
  for (guint i = n; i < objects->len; i++)
    chosen[i] = nf_region_best (
        ((const Object *) objects->pdata[i])->evidence, votes->classes);
}

/* the class of each track, 0 where it is ground */
static void
choose_tracks (const NfRegionVotes *votes, guint *by_track)
{
  g_autoptr (GPtrArray) objects = find_objects (votes);
  g_autofree guint *classes = g_new (guint, MAX (objects->len, 1));
  g_autofree gboolean *known = g_new0 (gboolean, MAX (votes->tracks->len, 1));

  choose_objects (votes, objects, classes);
  for (guint i = 0; i < objects->len; i++) {
    const Object *object = objects->pdata[i];

    for (guint k = 0; k < object->tracks->len; k++) {
      const guint t = g_array_index (object->tracks, guint, k);

      by_track[t] = classes[i];
      known[t] = TRUE;
    }
  }
  /* others are part of what they touched */
  for (guint t = 0; t < votes->tracks->len; t++) {
    const Track *track = votes->tracks->pdata[t];

    for (guint i = 0; i < votes->tracks->len && !known[t]; i++)
      if (((const Track *) votes->tracks->pdata[i])->number == track->host)
        by_track[t] = known[i] ? by_track[i] : 0;
  }
}

void
nf_region_votes_choose (
    const NfRegionVotes *votes, const NfRegions *regions, guint *chosen)
{
  g_autofree guint *by_track = g_new0 (guint, MAX (votes->tracks->len, 1));

  choose_tracks (votes, by_track);
  for (guint i = 0; i < regions->n; i++)
    chosen[i] = regions->regions[i].class_id;
  for (guint t = 0; t < votes->tracks->len; t++) {
    const Track *track = votes->tracks->pdata[t];

    for (guint i = 0; i < regions->n; i++)
      if (regions->tracks[i] == track->number)
        chosen[i] = by_track[t];
  }
}
