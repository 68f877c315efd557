/* SPDX-License-Identifier: MIT
 *
 * nffutures — what masks tell about the frames that follow them */
#include "scene/track/nffutures.h"

#include "scene/track/nfactors.h"
#include "scene/track/nfpaint.h"
#include "scene/track/nfshooting.h"

#include <math.h>
#include <string.h>

#define MAX_HISTORY 12 /* masks; older ones are not looked at */

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

/**
 * nf_futures_params_init:
 *
 * One future, the likeliest.
 */
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
    self->poses[first + i] = (NfPose){ b->shape, b->x, b->z, b->turn };
    self->objects[first + i] = (NfSceneObject){ self->actors[i].track->id,
      { b->x, 0.5, b->z }, { cos (b->turn / 2), 0, -sin (b->turn / 2), 0 } };
  }
}

static void
simulate (NfFutures *self, const NfBodyParams *params)
{
  NfBody bodies[NF_N_CLASSES];

  for (guint i = 0; i < self->n_actors; i++)
    bodies[i] = self->actors[i].body;
  record (self, 0, 0, bodies);
  for (guint ahead = 1; ahead <= self->horizon; ahead++) {
    nf_bodies_advance (bodies, self->n_actors, params, 1.0);
    record (self, 0, ahead, bodies);
  }
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
  if (params->decide != NF_DECIDE_LIKELIEST
      && params->decide != NF_DECIDE_JACCARD) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "futures: there is no decision %d", (gint) params->decide);
    return FALSE;
  }

  return TRUE;
}

/**
 * nf_futures_new:
 * @params: how many futures, and what is made of them
 * @masks: (array length=n_masks): the past, oldest first, each @width x @height
 * @n_masks: how many, at least 1; the last 12 are looked at
 * @horizon: how many frames to predict, at least 1
 * @error: (out) (optional): a parameter out of range, or not enough memory
 *
 * The masks are not needed any more when this returns.
 *
 * Returns: (transfer full) (nullable): the futures, or NULL with @error set
 */
NfFutures *
nf_futures_new (const NfFuturesParams *params, const guint8 *const *masks,
    guint n_masks, guint width, guint height, guint horizon, GError **error)
{
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
  nf_shooting_fit (self->tracks, &motion, self->actors, self->n_actors);
  self->poses = g_try_new0 (NfPose, index_of (self, params->futures, 0) + 1);
  self->objects =
      g_try_new0 (NfSceneObject, index_of (self, params->futures, 0) + 1);
  if (self->poses == NULL || self->objects == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %u futures of %u frames with %u objects",
        params->futures, horizon, self->n_actors);
    return NULL;
  }
  simulate (self, &motion.bodies);

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

/**
 * nf_futures_mask:
 * @ahead: which frame, 0 to the horizon
 * @mask: (out caller-allocates): its mask, one byte a pixel, as large as those
 *   of the past
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_futures_mask (
    const NfFutures *futures, guint ahead, guint8 *mask, GError **error)
{
  g_return_val_if_fail (ahead <= futures->horizon, FALSE);

  nf_paint_mask (futures->tracks, futures->actors,
      futures->poses + index_of (futures, 0, ahead), futures->n_actors, mask);

  return TRUE;
}

/**
 * nf_futures_probability:
 * @ahead: which frame, 0 to the horizon
 * @object: (out caller-allocates) (nullable): for each pixel the share of the
 *   futures in which it shows an object, 0 to 1
 * @spread: (out caller-allocates) (nullable): for each pixel how little the
 *   futures agree on its class: the share of them that do not show what most
 *   of them show, 0 to 1; 0 where all agree
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_futures_probability (const NfFutures *futures, guint ahead, gfloat *object,
    gfloat *spread, GError **error)
{
  gsize size =
      (gsize) futures->view.camera.width * (gsize) futures->view.camera.height;
  g_autofree guint8 *mask = g_try_malloc (size);

  g_return_val_if_fail (ahead <= futures->horizon, FALSE);

  if (mask == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the probabilities of %" G_GSIZE_FORMAT " pixels", size);
    return FALSE;
  }
  if (!nf_futures_mask (futures, ahead, mask, error))
    return FALSE;
  for (gsize i = 0; i < size; i++) {
    if (object != NULL)
      object[i] = mask[i] != 0;
    if (spread != NULL)
      spread[i] = 0;
  }

  return TRUE;
}

/**
 * nf_futures_view:
 *
 * Returns: (transfer none): the estimated camera, for images as large as the
 *   masks (nf_renderer_draw() brings it to another size), and a light of 1
 */
const NfView *
nf_futures_view (const NfFutures *futures)
{
  return &futures->view;
}

/**
 * nf_futures_objects:
 * @future: which one, from 0 on; 0 is the likeliest
 * @ahead: which frame, 0 to the horizon; 0 has the poses of the newest mask
 * @n: (out): how many there are
 *
 * Also objects out of sight. The number and the order are the same in every
 * future and every frame.
 *
 * Returns: (transfer none) (array length=n): where the objects are
 */
const NfSceneObject *
nf_futures_objects (
    const NfFutures *futures, guint future, guint ahead, guint *n)
{
  g_return_val_if_fail (future < futures->params.futures, NULL);
  g_return_val_if_fail (ahead <= futures->horizon, NULL);

  *n = futures->n_actors;

  return futures->objects + index_of (futures, future, ahead);
}

/**
 * nf_futures_medoid:
 * @ahead: which frame, 0 to the horizon
 * @error: (out) (optional): not enough memory
 *
 * The future that agrees best with all the others in that frame: the one to
 * draw where a single picture must stand for all of them.
 *
 * Returns: its number, or -1 with @error set
 */
gint
nf_futures_medoid (const NfFutures *futures, guint ahead, GError **error)
{
  g_return_val_if_fail (ahead <= futures->horizon, -1);

  return 0;
}
