/* SPDX-License-Identifier: MIT
 *
 * nffutures — predicting frames from the masks before them, by simulation */
#include <nextframe/scene/track/nffutures.h>

#include "scene/track/nfactors.h"
#include "scene/track/nfcompose.h"
#include "scene/track/nfdecide.h"
#include "scene/track/nfentries.h"
#include "scene/track/nfpaint.h"
#include "scene/track/nfshooting.h"
#include "scene/track/nfshots.h"

#include <math.h>
#include <string.h>

#define MAX_HISTORY NF_SHOTS_MAX_FRAMES /* masks; no older ones are looked at */

/* standard deviations from future to future */
#define BOUNCE_SPREAD 0.02
#define MOST_BOUNCE 0.6
#define GRIP_SPREAD 0.1 /* of its logarithm */
#define SLIDE_SPREAD 0.02 /* of friction and drag, a share */
#define PLACE_SPREAD 0.05 /* pixels */
#define TURN_SPREAD 0.01 /* radians */

struct _NfFutures
{
  NfFuturesParams params;
  guint horizon;
  NfTracks *tracks;
  NfActor actors[NF_N_CLASSES];
  guint n_actors;
  NfView view;
  NfPose *poses; /* (futures, horizon + 1, n_actors) */
  NfSceneObject *objects; /* the same */
};

void
nf_futures_params_init (NfFuturesParams *params)
{
  *params = (NfFuturesParams){ .futures = 1 };
}

static gsize
index_of (const NfFutures *self, guint future, guint ahead)
{
  return ((gsize) future * (self->horizon + 1) + ahead) * self->n_actors;
}

static void
record (NfFutures *self, guint future, guint ahead, const NfBody *bodies)
{
  gsize first = index_of (self, future, ahead);

  for (guint i = 0; i < self->n_actors; i++) {
    const NfBody *b = &bodies[i];

    /* an angle of the ground plane, from x to z, turns against y */
    self->poses[first + i] =
        (NfPose){ .shape = b->shape, .x = b->x, .z = b->z, .turn = b->turn };
    self->objects[first + i] = (NfSceneObject){ .id = self->actors[i].track->id,
      .position = { b->x, 0.5, b->z },
      .rotation = { cos (b->turn / 2), 0, -sin (b->turn / 2), 0 } };
  }
}

static gboolean
is_cancelled (const NfFutures *self, GError **error)
{
  if (!g_cancellable_is_cancelled (self->params.cancellable))
    return FALSE;
  g_set_error (error, NF_ERROR, NF_ERROR_CANCELLED,
      "futures: the prediction was cancelled");

  return TRUE;
}

static gboolean
simulate (NfFutures *self, guint future, const NfBody *states,
    const NfBodyParams *params, GError **error)
{
  NfBody bodies[NF_N_CLASSES];

  memcpy (bodies, states, sizeof (NfBody) * self->n_actors);
  record (self, future, 0, bodies);
  for (guint ahead = 1; ahead <= self->horizon; ahead++) {
    if (is_cancelled (self, error))
      return FALSE;
    nf_bodies_advance (bodies, self->n_actors, params, 1.0);
    record (self, future, ahead, bodies);
  }

  return TRUE;
}

/* what cannot be seen in the masks: how objects bounce and how they slide */
static NfBodyParams
draw_params (const NfBodyParams *likeliest, NfDice *dice)
{
  NfBodyParams params = *likeliest;
  gdouble slide = nf_dice_normal (dice, 1, SLIDE_SPREAD);

  params.bounce = CLAMP (
      nf_dice_normal (dice, params.bounce, BOUNCE_SPREAD), 0, MOST_BOUNCE);
  params.grip *= exp (nf_dice_normal (dice, 0, GRIP_SPREAD));
  for (guint i = 0; i < G_N_ELEMENTS (params.friction); i++) {
    params.friction[i] *= slide;
    params.drag[i] *= slide;
  }

  return params;
}

/* the likeliest states as they are; the others as the masks allow as well */
static void
begin_future (
    NfFutures *self, const NfShooting *shooting, NfDice *dice, NfBody *states)
{
  for (guint i = 0; i < self->n_actors; i++)
    states[i] = self->actors[i].body;
  if (dice->stream > 0)
    nf_shooting_sample (shooting, dice, states);
  for (guint i = 0; i < self->n_actors; i++) {
    const NfActor *actor = &self->actors[i];
    gdouble pixel = 1.0 / MAX (actor->track->points[actor->last].pixels, 1);

    if (dice->stream > 0 && hypot (states[i].vx, states[i].vz) > 0) {
      states[i].x = nf_dice_normal (dice, states[i].x, PLACE_SPREAD * pixel);
      states[i].z = nf_dice_normal (dice, states[i].z, PLACE_SPREAD * pixel);
      states[i].turn = nf_dice_normal (dice, states[i].turn, TURN_SPREAD);
    }
    if (!nf_entries_include (self->tracks, actor))
      continue;
    if (dice->stream > 0)
      nf_entries_draw (
          self->tracks, self->actors, self->n_actors, i, dice, &states[i]);
    else
      nf_entries_guess (
          self->tracks, self->actors, self->n_actors, i, dice, &states[i]);
  }
}

static gboolean
simulate_all (NfFutures *self, const NfShooting *shooting,
    const NfBodyParams *params, GError **error)
{
  for (guint future = 0; future < self->params.futures; future++) {
    NfDice dice = { .seed = self->params.seed, .stream = future };
    NfBody states[NF_N_CLASSES];
    NfBodyParams drawn = *params;

    begin_future (self, shooting, &dice, states);
    if (future > 0)
      drawn = draw_params (params, &dice);
    if (!simulate (self, future, states, &drawn, error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
check_params (const NfFuturesParams *params, GError **error)
{
  if (params->futures < 1 || params->futures > NF_FUTURES_MAX) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "futures: there can be 1 to %d of them, got %u", NF_FUTURES_MAX,
        params->futures);
    return FALSE;
  }
  if ((guint) params->decide > NF_DECIDE_PICTURE) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "futures: there is no decision %d", (gint) params->decide);
    return FALSE;
  }

  return TRUE;
}

NfFutures *
nf_futures_new (const NfFuturesParams *params, const guint8 *const *masks,
    guint n_masks, guint width, guint height, guint horizon, GError **error)
{
  g_autoptr (NfShooting) shooting = NULL;
  g_autoptr (NfFutures) self = NULL;
  NfMotionParams motion;
  guint n = MIN (n_masks, MAX_HISTORY);

  g_return_val_if_fail (n_masks > 0 && horizon > 0, NULL);
  g_return_val_if_fail (width > 0 && height > 0, NULL);

  if (!check_params (params, error))
    return NULL;
  self = g_new0 (NfFutures, 1);
  self->params = *params;
  self->horizon = horizon;
  self->tracks = nf_tracks_new (masks + n_masks - n, n, width, height, error);
  if (self->tracks == NULL)
    return NULL;
  self->view = (NfView){ self->tracks->camera, 1.0 };
  nf_motion_params_init (&motion);
  self->n_actors = nf_actors_find (self->tracks, &motion, self->actors);
  shooting =
      nf_shooting_new (self->tracks, &motion, self->actors, self->n_actors);
  self->poses = g_try_new0 (NfPose, index_of (self, params->futures, 0) + 1);
  self->objects =
      g_try_new0 (NfSceneObject, index_of (self, params->futures, 0) + 1);
  if (self->poses == NULL || self->objects == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %u futures of %u frames with %u objects",
        params->futures, horizon, self->n_actors);
    return NULL;
  }
  if (!simulate_all (self, shooting, &motion.bodies, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
nf_futures_free (NfFutures *futures)
{
  if (futures == NULL)
    return;
  nf_tracks_free (futures->tracks);
  g_free (futures->poses);
  g_free (futures->objects);
  g_free (futures);
}

guint
nf_futures_count (const NfFutures *futures)
{
  return futures->params.futures;
}

guint
nf_futures_horizon (const NfFutures *futures)
{
  return futures->horizon;
}

static gsize
size_of (const NfFutures *self)
{
  return (gsize) self->view.camera.width * (gsize) self->view.camera.height;
}

static void
paint_future (const NfFutures *self, guint future, guint ahead, guint8 *mask)
{
  nf_paint_mask (self->tracks, self->actors,
      self->poses + index_of (self, future, 0),
      self->poses + index_of (self, future, ahead), self->n_actors, mask);
}

/* the masks of all futures, one after the other */
static guint8 *
paint_all (const NfFutures *self, guint ahead, GError **error)
{
  gsize size = size_of (self);
  guint8 *masks = g_try_malloc_n (self->params.futures, size);

  if (masks == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %u masks of %" G_GSIZE_FORMAT " pixels",
        self->params.futures, size);
    return NULL;
  }
  for (guint future = 0; future < self->params.futures; future++) {
    if (is_cancelled (self, error)) {
      g_free (masks);
      return NULL;
    }
    paint_future (self, future, ahead, masks + future * size);
  }

  return masks;
}

/* which future each object of the picture comes from; @masks are those of all
 * futures, or NULL */
static gboolean
compose (const NfFutures *self, guint ahead, const guint8 *masks, gint *chosen,
    GError **error)
{
  g_autofree guint8 *painted = NULL;

  if (masks == NULL && self->params.futures > 1) {
    masks = painted = paint_all (self, ahead, error);
    if (masks == NULL)
      return FALSE;
  }

  return nf_compose (&(NfCompose){ .tracks = self->tracks,
                         .actors = self->actors,
                         .n_actors = self->n_actors,
                         .starts = self->poses + index_of (self, 0, 0),
                         .poses = self->poses + index_of (self, 0, ahead),
                         .stride = index_of (self, 1, 0),
                         .n_futures = self->params.futures,
                         .masks = masks },
      chosen, error);
}

static gboolean
paint_picture (const NfFutures *self, guint ahead, const guint8 *masks,
    guint8 *mask, GError **error)
{
  NfActor actors[NF_N_CLASSES];
  NfPose starts[NF_N_CLASSES], poses[NF_N_CLASSES];
  gint chosen[NF_N_CLASSES];
  guint n = 0;

  if (!compose (self, ahead, masks, chosen, error))
    return FALSE;
  for (guint i = 0; i < self->n_actors; i++)
    if (chosen[i] != NF_COMPOSE_ABSENT) {
      actors[n] = self->actors[i];
      starts[n] = self->poses[index_of (self, (guint) chosen[i], 0) + i];
      poses[n++] = self->poses[index_of (self, (guint) chosen[i], ahead) + i];
    }
  nf_paint_mask (self->tracks, actors, starts, poses, n, mask);

  return TRUE;
}

gboolean
nf_futures_mask (
    const NfFutures *futures, guint ahead, guint8 *mask, GError **error)
{
  g_autofree guint8 *masks = NULL;

  g_return_val_if_fail (ahead <= futures->horizon, FALSE);

  if (is_cancelled (futures, error))
    return FALSE;
  if (futures->params.decide == NF_DECIDE_LIKELIEST
      || futures->params.futures == 1) {
    paint_future (futures, 0, ahead, mask);
    return TRUE;
  }
  masks = paint_all (futures, ahead, error);
  if (masks == NULL)
    return FALSE;
  if (futures->params.decide == NF_DECIDE_PICTURE)
    return paint_picture (futures, ahead, masks, mask, error);
  if (futures->params.decide == NF_DECIDE_JACCARD)
    return nf_decide_jaccard (
        masks, futures->params.futures, size_of (futures), mask, error);
  nf_decide_pooled (masks, futures->params.futures, size_of (futures), mask);

  return TRUE;
}

/* how many of all futures show what this pixel shows most often */
static guint
count_most (const guint8 *masks, guint n_masks, gsize size, gsize pixel)
{
  guint counts[256] = { 0 }, most = 0;

  for (guint k = 0; k < n_masks; k++) {
    guint count = ++counts[masks[k * size + pixel]];

    most = MAX (most, count);
  }

  return most;
}

gboolean
nf_futures_probability (const NfFutures *futures, guint ahead, gfloat *object,
    gfloat *spread, GError **error)
{
  gsize size = size_of (futures);
  guint n = futures->params.futures;
  g_autofree guint8 *masks = NULL;

  g_return_val_if_fail (ahead <= futures->horizon, FALSE);

  masks = paint_all (futures, ahead, error);
  if (masks == NULL)
    return FALSE;
  for (gsize i = 0; i < size; i++) {
    guint seen = 0;

    for (guint k = 0; k < n; k++)
      seen += masks[k * size + i] != 0;
    if (object != NULL)
      object[i] = (gfloat) seen / n;
    if (spread != NULL)
      spread[i] =
          seen == 0 ? 0 : 1 - (gfloat) count_most (masks, n, size, i) / n;
  }

  return TRUE;
}

const NfView *
nf_futures_view (const NfFutures *futures)
{
  return &futures->view;
}

const NfSceneObject *
nf_futures_objects (
    const NfFutures *futures, guint future, guint ahead, guint *n)
{
  g_return_val_if_fail (future < futures->params.futures, NULL);
  g_return_val_if_fail (ahead <= futures->horizon, NULL);

  *n = futures->n_actors;

  return futures->objects + index_of (futures, future, ahead);
}

gboolean
nf_futures_compose (const NfFutures *futures, guint ahead, NfSceneObject *now,
    NfSceneObject *then, guint *n_then, GError **error)
{
  gint chosen[NF_N_CLASSES];

  g_return_val_if_fail (ahead <= futures->horizon, FALSE);

  *n_then = 0;
  if (!compose (futures, ahead, NULL, chosen, error))
    return FALSE;
  for (guint i = 0; i < futures->n_actors; i++) {
    guint future = MAX (chosen[i], 0);

    now[i] = futures->objects[index_of (futures, future, 0) + i];
    if (chosen[i] != NF_COMPOSE_ABSENT)
      then[(*n_then)++] =
          futures->objects[index_of (futures, future, ahead) + i];
  }

  return TRUE;
}
