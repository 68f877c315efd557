/* SPDX-License-Identifier: MIT
 *
 * decision — masks of frames from a segmenter, decided as nfsegment decides
 *
 * Sibling: gst/segment/gstnfbatch.c, which does the same for a stream. */
#include "eval/decision.h"
#include "regions/nfregionvotes.h"

#define BATCH 11 /* frames at once where pixels decide */

/* The regions of a frame of (height, width, 3). */
static NfRegions *
find_regions (const NfEvalNaming *naming, const guint8 *frame, gint width,
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
  return nf_tensor_to_nhwc (p, host, error)
      ? nf_regions_new (host, width, height, p->c, error)
      : NULL;
}

/* Regions decide, each alone or, with @votes, by those of all frames. */
static gboolean
decide_by_regions (const NfEvalNaming *naming, NfRegionVotes *votes,
    const guint8 *frames, guint n, gint width, gint height, guint8 *masks,
    GError **error)
{
  gsize size = (gsize) width * height;
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_regions_free);

  for (guint t = 0; t < n; t++) {
    NfRegions *regions =
        find_regions (naming, frames + 3 * size * t, width, height, error);

    if (!regions)
      return FALSE;
    g_ptr_array_add (all, regions);
    if (votes)
      nf_region_votes_add (votes, regions);
  }
  for (guint t = 0; t < n; t++) {
    const NfRegions *regions = all->pdata[t];
    g_autofree guint *chosen = g_new (guint, MAX (regions->n, 1));

    if (votes)
      nf_region_votes_choose (votes, regions, chosen);
    else
      nf_regions_choose (regions, naming->unique, chosen);
    nf_regions_paint (regions, chosen, masks + size * t);
  }
  return TRUE;
}

/**
 * nf_eval_decide:
 * @naming: how
 * @frames: (n, height, width, 3), of one clip
 * @n: frames; with %NF_EVAL_DECISION_CLIP all of them vote
 * @width: columns
 * @height: rows
 * @masks: (out caller-allocates): (n, height, width), classes
 * @error: return location
 */
gboolean
nf_eval_decide (const NfEvalNaming *naming, const guint8 *frames, guint n,
    gint width, gint height, guint8 *masks, GError **error)
{
  gsize size = (gsize) width * height;
  g_autoptr (NfRegionVotes) votes = NULL;

  if (naming->decision != NF_EVAL_DECISION_PIXEL) {
    if (naming->decision == NF_EVAL_DECISION_CLIP)
      votes = nf_region_votes_new (
          nf_segmenter_classes (naming->segmenter), naming->unique);
    return decide_by_regions (
        naming, votes, frames, n, width, height, masks, error);
  }
  for (guint i = 0; i < n; i += BATCH)
    if (!nf_segmenter_run (naming->segmenter, naming->dtype, naming->tta,
            frames + 3 * size * i, MIN (n - i, BATCH), height, width,
            masks + size * i, NULL, error))
      return FALSE;
  return TRUE;
}
