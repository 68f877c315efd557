/* SPDX-License-Identifier: MIT
 *
 * nfextrapolate — future masks from past masks, without a network
 *
 * linear: an object whose centre of gravity moved by v between the last two
 * masks, and whose size grew by the factor g (the root of the areas' ratio),
 * has after k frames moved by v S and grown by g^S, where
 *
 *   S = 0.85 + 0.85^2 + ... + 0.85^k
 *
 * Its pixels are those of the newest mask, moved and scaled; the object that
 * then reaches farthest down is the nearest. */
#include <nextframe/scene/track/nfextrapolate.h>

#include <nextframe/core/nferror.h>
#include "scene/track/nfblobs.h"

#include <math.h>
#include <string.h>

#define KEPT_SPEED 0.85
#define MAX_GROWTH 4.0

/* where a blob goes: a point p of it to centre + (p - blob's centre) * grow */
typedef struct
{
  guint8 id;
  gdouble x, y, grow;
  gdouble bottom;
} Move;

static gint
farther_first (gconstpointer a, gconstpointer b)
{
  const Move *ma = a, *mb = b;

  if (ma->bottom != mb->bottom)
    return ma->bottom < mb->bottom ? -1 : 1;
  return (gint) ma->id - mb->id;
}

/* the objects of the newest mask, the farthest first */
static guint
plan_moves (const NfBlob *before, const NfBlob *now, gdouble s, Move *moves)
{
  guint n = 0;

  for (guint id = 1; id < NF_N_CLASSES; id++) {
    const NfBlob *a = &before[id], *b = &now[id];
    Move *move = &moves[n];

    if (b->area == 0)
      continue;
    *move = (Move){ .id = id, .x = b->x, .y = b->y, .grow = 1.0 };
    if (a->area > 0) {
      move->x += (b->x - a->x) * s;
      move->y += (b->y - a->y) * s;
      move->grow = CLAMP (pow ((gdouble) b->area / a->area, s / 2.0),
          1.0 / MAX_GROWTH, MAX_GROWTH);
    }
    move->bottom = move->y + (b->bottom + 1.0 - b->y) * move->grow;
    n++;
  }
  qsort (moves, n, sizeof (Move), farther_first);

  return n;
}

/* the pixels of an edge-to-edge interval whose centres lie within it */
static void
covered (gdouble from, gdouble to, guint size, guint *first, guint *end)
{
  *first = CLAMP (ceil (from - 0.5), 0, size);
  *end = CLAMP (floor (to - 0.5) + 1, 0, size);
}

static void
paint_moved (const guint8 *mask, guint width, guint height, const NfBlob *blob,
    const Move *move, guint8 *out)
{
  guint x0, x1, y0, y1;

  covered (move->x + (blob->left - blob->x) * move->grow,
      move->x + (blob->right + 1 - blob->x) * move->grow, width, &x0, &x1);
  covered (move->y + (blob->top - blob->y) * move->grow,
      move->y + (blob->bottom + 1 - blob->y) * move->grow, height, &y0, &y1);
  for (guint y = y0; y < y1; y++) {
    gdouble v = blob->y + (y + 0.5 - move->y) / move->grow;
    const guint8 *row =
        mask + (gsize) CLAMP (v, blob->top, blob->bottom) * width;

    for (guint x = x0; x < x1; x++) {
      gdouble u = blob->x + (x + 0.5 - move->x) / move->grow;

      if (row[(gsize) CLAMP (u, blob->left, blob->right)] == move->id)
        out[(gsize) y * width + x] = move->id;
    }
  }
}

static void
extrapolate_linear (const guint8 *const *masks, guint n_masks, guint width,
    guint height, guint horizon, guint8 *future)
{
  const guint8 *newest = masks[n_masks - 1];
  gsize size = (gsize) width * height;
  NfBlob before[NF_N_CLASSES], now[NF_N_CLASSES];
  Move moves[NF_N_CLASSES];
  gdouble s = 0, speed = 1;

  nf_blobs_measure (
      masks[n_masks > 1 ? n_masks - 2 : 0], width, height, before);
  nf_blobs_measure (newest, width, height, now);
  memset (future, 0, size * horizon);
  for (guint k = 0; k < horizon; k++) {
    guint n;

    speed *= KEPT_SPEED;
    s += speed;
    n = plan_moves (before, now, s, moves);
    for (guint i = 0; i < n; i++)
      paint_moved (newest, width, height, &now[moves[i].id], &moves[i],
          future + k * size);
  }
}

gboolean
nf_extrapolate_futures (const NfFuturesParams *params,
    const guint8 *const *masks, guint n_masks, guint width, guint height,
    guint from, guint horizon, guint8 *future, GError **error)
{
  gsize size = (gsize) width * height;
  g_autoptr (NfFutures) futures =
      nf_futures_new (params, masks, n_masks, width, height, horizon, error);

  if (futures == NULL)
    return FALSE;
  for (guint ahead = from; ahead <= horizon; ahead++)
    if (!nf_futures_mask (futures, ahead, future + (ahead - 1) * size, error))
      return FALSE;

  return TRUE;
}

gboolean
nf_extrapolate (NfExtrapolateMethod method, const guint8 *const *masks,
    guint n_masks, guint width, guint height, guint horizon, guint8 *future,
    GError **error)
{
  const NfFuturesParams params = { .futures = NF_EXTRAPOLATE_FUTURES,
    .decide = NF_EXTRAPOLATE_DECIDE };
  gsize size = (gsize) width * height;

  g_return_val_if_fail (n_masks > 0 && horizon > 0, FALSE);
  g_return_val_if_fail (width > 0 && height > 0, FALSE);

  switch (method) {
    case NF_EXTRAPOLATE_HOLD:
      for (guint i = 0; i < horizon; i++)
        memcpy (future + i * size, masks[n_masks - 1], size);
      return TRUE;
    case NF_EXTRAPOLATE_LINEAR:
      extrapolate_linear (masks, n_masks, width, height, horizon, future);
      return TRUE;
    case NF_EXTRAPOLATE_DYNAMICS:
      return nf_extrapolate_futures (
          &params, masks, n_masks, width, height, 1, horizon, future, error);
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "extrapolate: there is no method %d", (gint) method);

  return FALSE;
}
