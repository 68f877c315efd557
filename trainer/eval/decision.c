/* SPDX-License-Identifier: MIT
 *
 * decision — masks of frames from a segmenter, decided as nfsegment decides
 *
 * Sibling: gst/segment/gstnfbatch.c, which does the same for a stream. */
#include "eval/decision.h"
#include <nextframe/regions/nfregionvotes.h>

#include <string.h>

#define BATCH 11 /* frames at once where pixels decide */

/* what is seen in a frame: one of both */
typedef struct
{
  guint8 *mask; /* where pixels decide */
  NfRegions *regions;
  gdouble seconds; /* that it took */
} Look;

struct _NfEvalSight
{
  NfEvalNaming naming;
  guint64 expected; /* classes, as nf_regions_expect() takes them */
  GArray *looks; /* Look, a frame */
};

/* (transfer full) (nullable): the probabilities of a frame of (height, width, 3),
 * (height, width, classes). */
static gfloat *
probabilities (const NfEvalNaming *naming, const guint8 *frame, gint width,
    gint height, GError **error)
{
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (
      naming->device, NF_U8, 1, 3, height, width, frame, error);
  g_autoptr (NfTensor) p = NULL;
  g_autofree gfloat *host = NULL;

  if (!pixels)
    return NULL;
  p = nf_segmenter_probabilities (
      naming->segmenter, naming->dtype, naming->tta, pixels, NULL, error);
  if (!p)
    return NULL;
  host = g_try_malloc (p->bytes);
  if (!host) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the probabilities of a frame of %dx%d", width, height);
    return NULL;
  }
  return nf_tensor_to_nhwc (p, host, error) ? g_steal_pointer (&host) : NULL;
}

/* The regions of a frame of (height, width, 3). */
static NfRegions *
find_regions (const NfEvalSight *sight, const guint8 *frame, gint width,
    gint height, GError **error)
{
  const guint classes = nf_segmenter_classes (sight->naming.segmenter);
  g_autofree gfloat *p =
      probabilities (&sight->naming, frame, width, height, error);

  if (!p)
    return NULL;
  nf_regions_expect (p, (gsize) width * height, classes, sight->expected);
  return nf_regions_new (p, width, height, classes, error);
}

static void
look_clear (gpointer data)
{
  Look *look = data;

  g_clear_pointer (&look->mask, g_free);
  g_clear_pointer (&look->regions, nf_regions_free);
}

/**
 * nf_eval_sight_new:
 * @naming: how masks are made; its segmenter and device outlive the sight
 * @expected: a bit for each class that may be there, 0 where nothing is known;
 *   pixels that decide pay no heed to it
 *
 * Returns: (transfer full): of a clip none of whose frames was looked at
 */
NfEvalSight *
nf_eval_sight_new (const NfEvalNaming *naming, guint64 expected)
{
  NfEvalSight *sight = g_new0 (NfEvalSight, 1);

  sight->naming = *naming;
  sight->expected = expected;
  sight->looks = g_array_new (FALSE, TRUE, sizeof (Look));
  g_array_set_clear_func (sight->looks, look_clear);
  return sight;
}

/**
 * nf_eval_sight_free:
 * @sight: (transfer full) (nullable): what was seen
 */
void
nf_eval_sight_free (NfEvalSight *sight)
{
  if (!sight)
    return;
  g_array_unref (sight->looks);
  g_free (sight);
}

/**
 * nf_eval_sight_forget:
 * @sight: what was seen; frames of another clip follow
 */
void
nf_eval_sight_forget (NfEvalSight *sight)
{
  g_array_set_size (sight->looks, 0);
}

static gdouble
seconds_since (gint64 start)
{
  return (g_get_monotonic_time () - start) / (gdouble) G_USEC_PER_SEC;
}

/* Looks at a frame for its regions. */
static gboolean
look_at_regions (NfEvalSight *sight, const guint8 *frame, gint width,
    gint height, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  Look look = {
    .regions = find_regions (sight, frame, width, height, error),
    .seconds = seconds_since (start),
  };

  if (look.regions)
    g_array_append_val (sight->looks, look);
  return look.regions != NULL;
}

/* Looks at @n frames for the classes of their pixels. */
static gboolean
look_at_pixels (NfEvalSight *sight, const guint8 *frames, guint n, gint width,
    gint height, GError **error)
{
  const NfEvalNaming *naming = &sight->naming;
  gsize size = (gsize) width * height;
  g_autofree guint8 *masks = g_try_malloc_n (n, size);
  gint64 start = g_get_monotonic_time ();

  if (!masks) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %u masks of %dx%d", n, width, height);
    return FALSE;
  }
  if (!nf_segmenter_run (naming->segmenter, naming->dtype, naming->tta, frames,
          n, height, width, masks, NULL, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    Look look = { .mask = g_memdup2 (masks + size * i, size),
      .seconds = seconds_since (start) / n };

    g_array_append_val (sight->looks, look);
  }
  return TRUE;
}

/* Regions decide, each alone or, with @votes, by those of all frames. */
static void
decide_by_regions (const NfEvalSight *sight, NfRegionVotes *votes,
    gboolean unique, guint n, gsize size, guint8 *masks)
{
  for (guint t = 0; t < n && votes; t++)
    nf_region_votes_add (votes, g_array_index (sight->looks, Look, t).regions);
  for (guint t = 0; t < n; t++) {
    const NfRegions *regions = g_array_index (sight->looks, Look, t).regions;
    g_autofree guint *chosen = g_new (guint, MAX (regions->n, 1));

    if (votes)
      nf_region_votes_choose (votes, regions, chosen);
    else
      nf_regions_choose (regions, unique, chosen);
    nf_regions_paint (regions, chosen, masks + size * t);
  }
}

/* Looks at the frames up to @n that were not looked at yet. */
static gboolean
look (NfEvalSight *sight, gboolean pixels, const guint8 *frames, guint n,
    gint width, gint height, GError **error)
{
  gsize bytes = (gsize) 3 * width * height;

  while (sight->looks->len < n) {
    guint at = sight->looks->len;
    const guint8 *frame = frames + bytes * at;

    if (!(pixels ? look_at_pixels (
              sight, frame, MIN (n - at, BATCH), width, height, error)
                 : look_at_regions (sight, frame, width, height, error)))
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_eval_sight_masks:
 * @sight: what was seen of the clip so far
 * @decision: who decides; once pixels do they always do
 * @unique: whether a class is one object at most
 * @frames: (n, height, width, 3), of one clip, the same at every call until
 *   nf_eval_sight_forget()
 * @n: frames; with %NF_EVAL_DECISION_CLIP all of them vote, and none else
 * @width: columns
 * @height: rows
 * @masks: (out caller-allocates): (n, height, width), classes
 * @saved: (inout) (nullable): gets the seconds added that frames took which were
 *   looked at before
 * @error: return location
 */
gboolean
nf_eval_sight_masks (NfEvalSight *sight, NfEvalDecision decision,
    gboolean unique, const guint8 *frames, guint n, gint width, gint height,
    guint8 *masks, gdouble *saved, GError **error)
{
  gsize size = (gsize) width * height;
  gboolean pixels = decision == NF_EVAL_DECISION_PIXEL;
  g_autoptr (NfRegionVotes) votes = NULL;

  for (guint t = 0; saved && t < MIN (n, sight->looks->len); t++)
    *saved += g_array_index (sight->looks, Look, t).seconds;
  if (!look (sight, pixels, frames, n, width, height, error))
    return FALSE;
  for (guint t = 0; t < n && pixels; t++)
    memcpy (masks + size * t, g_array_index (sight->looks, Look, t).mask, size);
  if (decision == NF_EVAL_DECISION_CLIP)
    votes = nf_region_votes_new (
        nf_segmenter_classes (sight->naming.segmenter), unique);
  if (!pixels)
    decide_by_regions (sight, votes, unique, n, size, masks);
  return TRUE;
}

/* The most likely class of each pixel. */
static void
decide_by_pixels (const gfloat *p, gsize size, guint classes, guint8 *mask)
{
  for (gsize i = 0; i < size; i++, p += classes) {
    guint most = 0;

    for (guint k = 1; k < classes; k++)
      if (p[k] > p[most])
        most = k;
    mask[i] = (guint8) most;
  }
}

/**
 * nf_eval_decide_together:
 * @naming: how masks are made; a clip is one moment
 * @expected: as nf_eval_sight_new() takes it
 * @frames: (array length=n): (height, width, 3), predictions of one moment
 * @n: frames, at least 1
 * @width: columns
 * @height: rows
 * @mask: (out caller-allocates): (height, width), classes
 * @error: return location
 *
 * Makes one mask of them, from the mean of their probabilities.
 */
gboolean
nf_eval_decide_together (const NfEvalNaming *naming, guint64 expected,
    const guint8 *const *frames, guint n, gint width, gint height, guint8 *mask,
    GError **error)
{
  const gsize size = (gsize) width * height;
  const guint classes = nf_segmenter_classes (naming->segmenter);
  g_autofree gfloat *sum =
      probabilities (naming, frames[0], width, height, error);
  g_autofree guint *chosen = NULL;
  NfRegions *regions;

  for (guint i = 1; sum && i < n; i++) {
    g_autofree gfloat *p =
        probabilities (naming, frames[i], width, height, error);

    if (!p)
      return FALSE;
    for (gsize k = 0; k < size * classes; k++)
      sum[k] += p[k];
  }
  if (!sum)
    return FALSE;
  for (gsize k = 0; k < size * classes; k++)
    sum[k] /= (gfloat) n;
  if (naming->decision == NF_EVAL_DECISION_PIXEL) {
    decide_by_pixels (sum, size, classes, mask);
    return TRUE;
  }
  nf_regions_expect (sum, size, classes, expected);
  regions = nf_regions_new (sum, width, height, classes, error);
  if (!regions)
    return FALSE;
  chosen = g_new (guint, MAX (regions->n, 1));
  nf_regions_choose (regions, naming->unique, chosen);
  nf_regions_paint (regions, chosen, mask);
  nf_regions_free (regions);
  return TRUE;
}
