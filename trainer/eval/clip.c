/* SPDX-License-Identifier: MIT
 *
 * clip — a clip that is judged, and what several rows of the table ask of it */
#include "eval/clip.h"

#include <string.h>

/**
 * nf_eval_clip_new:
 * @source: where clips come from, with masks; outlives the clip
 * @models: networks, outliving the clip
 *
 * Returns: (transfer full): a place for one clip after the other
 */
NfEvalClip *
nf_eval_clip_new (NfClipSource *source, NfEvalModels *models)
{
  NfEvalClip *clip = g_new0 (NfEvalClip, 1);

  clip->source = source;
  clip->models = models;
  clip->reader = nf_clip_reader_new (source);
  clip->sight = nf_eval_models_sight (models);
  return clip;
}

/**
 * nf_eval_clip_free:
 * @clip: (transfer full) (nullable): a clip
 */
void
nf_eval_clip_free (NfEvalClip *clip)
{
  if (!clip)
    return;
  nf_clip_reader_free (clip->reader);
  nf_eval_sight_free (clip->sight);
  g_free (clip->guide_masks);
  g_free (clip->name);
  g_free (clip->frames);
  g_free (clip->truth);
  g_free (clip->named);
  g_free (clip->predictions);
  g_free (clip);
}

/**
 * nf_eval_clip_pixels:
 * @clip: an open clip
 *
 * Returns: pixels of a frame
 */
gsize
nf_eval_clip_pixels (const NfEvalClip *clip)
{
  return (gsize) clip->width * clip->height;
}

/* Makes room for frames of another size. */
static gboolean
resize (NfEvalClip *clip, gint width, gint height, GError **error)
{
  gsize pixels = (gsize) width * height;

  if (clip->frames && clip->width == width && clip->height == height)
    return TRUE;
  g_clear_pointer (&clip->frames, g_free);
  g_clear_pointer (&clip->truth, g_free);
  g_clear_pointer (&clip->named, g_free);
  clip->frames = g_try_malloc_n (3 * NF_EVAL_FRAMES, pixels);
  clip->truth = g_try_malloc_n (NF_EVAL_FRAMES, pixels);
  clip->named = g_try_malloc_n (NF_EVAL_FRAMES, pixels);
  clip->width = width;
  clip->height = height;
  if (clip->frames && clip->truth && clip->named)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "%s: not enough memory for %d frames of %dx%d pixels", clip->name,
      NF_EVAL_FRAMES, width, height);
  return FALSE;
}

static gboolean
copy_frame (NfEvalClip *clip, guint t, GError **error)
{
  NfFrame frame;
  gsize pixels;

  nf_clip_reader_frame (clip->reader, t, &frame);
  if (t == 0 && !resize (clip, frame.width, frame.height, error))
    return FALSE;
  pixels = nf_eval_clip_pixels (clip);
  memcpy (clip->frames + 3 * pixels * t, frame.rgb, 3 * pixels);
  if (frame.mask)
    memcpy (clip->truth + pixels * t, frame.mask, pixels);
  return TRUE;
}

/* Opens a clip of the source for its first @n_frames. */
static gboolean
open_frames (NfEvalClip *clip, guint64 number, guint64 stream, guint n_frames,
    GError **error)
{
  clip->number = stream;
  clip->n_predictions = 0;
  clip->charge = 0;
  g_clear_pointer (&clip->guide_masks, g_free);
  if (clip->sight)
    nf_eval_sight_forget (clip->sight);
  g_free (clip->name);
  clip->name = nf_clip_source_clip_name (clip->source, number);
  if (!nf_clip_reader_open (clip->reader, number, error))
    return FALSE;
  for (guint t = 0; t < n_frames; t++)
    if (!copy_frame (clip, t, error))
      return FALSE;
  return TRUE;
}

/**
 * nf_eval_clip_open:
 * @clip: a place; forgets the clip before
 * @number: of a clip of the source, with masks and at least %NF_EVAL_FRAMES
 *   frames
 * @error: return location
 */
gboolean
nf_eval_clip_open (NfEvalClip *clip, guint64 number, GError **error)
{
  return open_frames (clip, number, number, NF_EVAL_FRAMES, error);
}

/**
 * nf_eval_clip_open_context:
 * @clip: a place; forgets the clip before
 * @number: of a clip of the source, with at least %NF_EVAL_CONTEXT frames
 * @stream: of the noise that it is predicted with
 * @error: return location
 *
 * Opens a clip for what can be made of its context.
 */
gboolean
nf_eval_clip_open_context (
    NfEvalClip *clip, guint64 number, guint64 stream, GError **error)
{
  return open_frames (clip, number, stream, NF_EVAL_CONTEXT, error);
}

static gdouble
seconds_since (gint64 start)
{
  return (g_get_monotonic_time () - start) / (gdouble) G_USEC_PER_SEC;
}

/**
 * nf_eval_clip_named:
 * @clip: an open clip; its models have a segmenter
 * @n: frames, from the first on
 * @error: return location
 *
 * Where frames vote, those after the first @n have no say.
 *
 * Returns: (transfer none) (nullable): (n, height, width): the segmenter's
 *   masks of the given frames, until the next call
 */
const guint8 *
nf_eval_clip_named (NfEvalClip *clip, guint n, GError **error)
{
  return nf_eval_models_look (clip->models, clip->sight, clip->frames, n,
             clip->width, clip->height, clip->named, &clip->charge, error)
      ? clip->named
      : NULL;
}

/* Finds the masks for guides; (transfer full) (nullable). */
static guint8 *
find_guide_masks (NfEvalClip *clip, gdouble *saved, GError **error)
{
  g_autofree guint8 *masks = NULL;

  if (!nf_eval_models_guide_shares (clip->models, clip->width, clip->height))
    return nf_eval_predictor_masks (nf_eval_models_predictor (clip->models),
        clip->frames, clip->width, clip->height, error);
  masks = g_malloc_n (NF_EVAL_CONTEXT, nf_eval_clip_pixels (clip));
  return nf_eval_sight_masks (clip->sight, NF_EVAL_DECISION_CLIP, TRUE,
             clip->frames, NF_EVAL_CONTEXT, clip->width, clip->height, masks,
             saved, error)
      ? g_steal_pointer (&masks)
      : NULL;
}

/* Sees to it that the masks are there which a guide needs. */
static gboolean
need_guide_masks (NfEvalClip *clip, NfEvalGuide guide, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  gdouble saved = 0;

  if (!nf_eval_predictor_needs_masks (
          nf_eval_models_predictor (clip->models), guide))
    return TRUE;
  if (clip->guide_masks) {
    clip->charge += clip->guide_masks_seconds;
    return TRUE;
  }
  clip->guide_masks = find_guide_masks (clip, &saved, error);
  clip->charge += saved;
  clip->guide_masks_seconds = saved + seconds_since (start);
  return clip->guide_masks != NULL;
}

/* One draw, the masks for its guide being there. */
static gboolean
predict_once (NfEvalClip *clip, NfEvalGuide guide, guint64 stream, guint draw,
    guint8 *predicted, GError **error)
{
  const NfEvalRequest request = { .guide = guide,
    .stream = stream,
    .draw = draw,
    .width = clip->width,
    .height = clip->height,
    .frames = clip->frames,
    .truth = clip->truth,
    .masks = clip->guide_masks };

  return nf_eval_predictor_run (nf_eval_models_predictor (clip->models),
      &request, predicted, &clip->expected, error);
}

/**
 * nf_eval_clip_predict:
 * @clip: an open clip; its models have a predictor
 * @guide: what guides it
 * @predicted: (out caller-allocates): as nf_eval_predictor_run() has it
 * @error: return location
 *
 * Predicts once, with the noise that nfpredict has for the clip.
 */
gboolean
nf_eval_clip_predict (
    NfEvalClip *clip, NfEvalGuide guide, guint8 *predicted, GError **error)
{
  return need_guide_masks (clip, guide, error)
      && predict_once (clip, guide, clip->number, 0, predicted, error);
}

/* Room for @n predictions of @bytes. */
static gboolean
make_room (NfEvalClip *clip, guint n, gsize bytes, GError **error)
{
  g_free (clip->predictions);
  clip->predictions = g_try_malloc_n (n, bytes);
  if (clip->predictions)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "not enough memory for %u predictions of %d frames; lower --ensemble", n,
      NF_EVAL_HORIZON);
  return FALSE;
}

/**
 * nf_eval_clip_predictions:
 * @clip: an open clip; its models have a predictor
 * @error: return location
 *
 * Predicts the future once for each member of an ensemble, from the same noise
 * and the same guides as nfpredict.
 *
 * Returns: (transfer none) (nullable): (predictions, NF_EVAL_HORIZON, H, W, 3)
 *   of the size of %NF_EVAL_GUIDE_AUTO, until the next clip is opened
 */
const guint8 *
nf_eval_clip_predictions (NfEvalClip *clip, GError **error)
{
  NfEvalPredictor *predictor = nf_eval_models_predictor (clip->models);
  guint n = nf_eval_models_ensemble (clip->models);
  gdouble charged = clip->charge;
  gint64 start = g_get_monotonic_time ();
  gsize bytes;
  gint width, height;

  if (clip->n_predictions == n) {
    clip->charge += clip->predictions_seconds;
    clip->expected = clip->predictions_expected;
    return clip->predictions;
  }
  nf_eval_predictor_size (predictor, NF_EVAL_GUIDE_AUTO, clip->width,
      clip->height, &width, &height);
  bytes = (gsize) 3 * width * height * NF_EVAL_HORIZON;
  if (!make_room (clip, n, bytes, error)
      || !need_guide_masks (clip, NF_EVAL_GUIDE_AUTO, error))
    return NULL;
  for (guint i = 0; i < n; i++)
    if (!predict_once (clip, NF_EVAL_GUIDE_AUTO, clip->number * n + i, i,
            clip->predictions + bytes * i, error))
      return NULL;
  clip->n_predictions = n;
  clip->predictions_expected = clip->expected;
  clip->predictions_seconds = clip->charge - charged + seconds_since (start);
  return clip->predictions;
}
