/* SPDX-License-Identifier: MIT
 *
 * nfcontextmasks — the masks of the frames that are given */
#include <nextframe/diffusion/nfcontextmasks.h>

#include <nextframe/regions/nfregions.h>
#include <nextframe/regions/nfregionvotes.h>

typedef struct
{
  NfTensor *frame;
  NfRegions *regions;
} Seen;

struct _NfContextMasks
{
  GArray *seen; /* of Seen */
  NfSegmenter *segmenter; /* that found them */
  NfDType dtype;
};

static void
seen_clear (gpointer data)
{
  Seen *seen = data;

  nf_tensor_clear (&seen->frame);
  g_clear_pointer (&seen->regions, nf_regions_free);
}

static GArray *
seen_new (guint n)
{
  GArray *seen = g_array_sized_new (FALSE, TRUE, sizeof (Seen), n);

  g_array_set_clear_func (seen, seen_clear);
  return seen;
}

NfContextMasks *
nf_context_masks_new (void)
{
  NfContextMasks *memory = g_new0 (NfContextMasks, 1);

  memory->seen = seen_new (0);
  return memory;
}

void
nf_context_masks_free (NfContextMasks *memory)
{
  if (memory == NULL)
    return;
  g_array_unref (memory->seen);
  g_clear_pointer (&memory->segmenter, nf_segmenter_unref);
  g_free (memory);
}

/* (transfer full) (nullable): the objects of a frame */
static NfRegions *
find_regions (NfSegmenter *segmenter, NfDType dtype, GCancellable *cancellable,
    NfTensor *frame, GError **error)
{
  g_autoptr (NfTensor) p = nf_segmenter_probabilities (
      segmenter, dtype, FALSE, frame, cancellable, error);
  g_autofree gfloat *host = NULL;

  if (p == NULL)
    return NULL;
  host = g_try_malloc (p->bytes);
  if (host == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "guide: no memory for the probabilities of a frame of "
        "%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT,
        frame->w, frame->h);
    return NULL;
  }
  return nf_tensor_to_nhwc (p, host, error) ? nf_regions_new (
             host, (guint) frame->w, (guint) frame->h, (guint) p->c, error)
                                            : NULL;
}

/* (transfer full) (nullable): takes the regions of a frame out of @seen */
static NfRegions *
take_regions (GArray *seen, const NfTensor *frame)
{
  for (guint i = 0; i < seen->len; i++) {
    Seen *one = &g_array_index (seen, Seen, i);

    if (one->frame == frame && one->regions != NULL)
      return g_steal_pointer (&one->regions);
  }
  return NULL;
}

/* the same frame once more in @seen, where a frame stands for a missing one */
static NfRegions *
regions_of (const GArray *seen, const NfTensor *frame)
{
  for (guint i = 0; i < seen->len; i++)
    if (g_array_index (seen, Seen, i).frame == frame)
      return g_array_index (seen, Seen, i).regions;
  return NULL;
}

/* the regions of all frames, each once; those of @before are taken */
static gboolean
see_all (GArray *before, GArray *seen, NfSegmenter *segmenter, NfDType dtype,
    GCancellable *cancellable, NfTensor *const *frames, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    Seen one = { NULL };

    if (regions_of (seen, frames[i]) != NULL)
      continue;
    one.regions = take_regions (before, frames[i]);
    if (one.regions == NULL)
      one.regions =
          find_regions (segmenter, dtype, cancellable, frames[i], error);
    if (one.regions == NULL)
      return FALSE;
    one.frame = nf_tensor_ref (frames[i]);
    g_array_append_val (seen, one);
  }
  return TRUE;
}

/* regions whose classes all frames voted for */
static void
paint_all (const GArray *seen, NfRegionVotes *votes, NfTensor *const *frames,
    guint n, guint8 *masks)
{
  gsize pixels = (gsize) frames[0]->w * (gsize) frames[0]->h;

  for (guint i = 0; i < n; i++)
    nf_region_votes_add (votes, regions_of (seen, frames[i]));
  for (guint i = 0; i < n; i++) {
    const NfRegions *regions = regions_of (seen, frames[i]);
    g_autofree guint *chosen = g_new (guint, MAX (regions->n, 1));

    nf_region_votes_choose (votes, regions, chosen);
    nf_regions_paint (regions, chosen, masks + i * pixels);
  }
}

/* @seen replaces what is remembered */
static void
remember (
    NfContextMasks *memory, NfSegmenter *segmenter, NfDType dtype, GArray *seen)
{
  g_array_unref (memory->seen);
  memory->seen = g_array_ref (seen);
  nf_segmenter_ref (segmenter);
  g_clear_pointer (&memory->segmenter, nf_segmenter_unref);
  memory->segmenter = segmenter;
  memory->dtype = dtype;
}

gboolean
nf_context_masks_find (NfContextMasks *memory, NfSegmenter *segmenter,
    NfDType dtype, GCancellable *cancellable, NfTensor *const *frames, guint n,
    guint8 *masks, GError **error)
{
  gboolean known = memory != NULL && memory->segmenter == segmenter
      && memory->dtype == dtype;
  g_autoptr (GArray) nothing = seen_new (0);
  g_autoptr (GArray) seen = seen_new (n);
  g_autoptr (NfRegionVotes) votes =
      nf_region_votes_new (nf_segmenter_classes (segmenter), TRUE);
  gboolean ok = see_all (known ? memory->seen : nothing, seen, segmenter, dtype,
      cancellable, frames, n, error);

  if (ok)
    paint_all (seen, votes, frames, n, masks);
  if (memory != NULL)
    remember (memory, segmenter, dtype, seen);
  return ok;
}
