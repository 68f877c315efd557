/* SPDX-License-Identifier: MIT
 *
 * nfguided — frames in, future frames out, with a guide */
#include <nextframe/diffusion/nfguided.h>

#include <nextframe/diffusion/nfensemble.h>
#include "diffusion/nfsharpen.h"
#include <nextframe/scene/guide/nfguide.h>
#include <nextframe/scene/track/nfextrapolate.h>

#include <string.h>

G_STATIC_ASSERT (NF_GUIDE_BYTES == NF_UNET_GUIDE_CHANNELS);

typedef struct
{
  const NfGuided *how;
  const NfPrediction *prediction;
  const NfUnetConfig *config;
  NfDevice *device;
  NfTensor *const *context; /* as it came */
  guint known; /* how many they are */
  guint width, height; /* of these frames */
  NfTensor **small; /* the context as the network sees it */
  NfFutures *futures; /* what the masks of the context say, or NULL */
  NfTensor **guides; /* one a frame of the horizon, or NULL */
  guint8 **frames; /* (height, width, 3): their pictures in full size */
} Job;

static NfTensor *
newest_of (const Job *job, NfTensor *const *frames)
{
  return frames[job->config->num_frames_cond - 1];
}

/* (transfer full) (nullable): room for a frame */
static guint8 *
frame_new (gsize bytes, GError **error)
{
  guint8 *frame = g_try_malloc (bytes);

  if (frame == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "guide: no memory for a frame of %" G_GSIZE_FORMAT " bytes", bytes);
  return frame;
}

/* (transfer full) (nullable): a frame's bytes */
static guint8 *
download (const NfTensor *frame, GError **error)
{
  g_autofree guint8 *bytes = frame_new (frame->bytes, error);

  return bytes != NULL && nf_tensor_to_nhwc (frame, bytes, error)
      ? g_steal_pointer (&bytes)
      : NULL;
}

static NfTensor *
resize (NfTensor *frame, gint64 height, gint64 width, GError **error)
{
  return frame->h == height && frame->w == width
      ? nf_tensor_ref (frame)
      : nf_op_resize (frame, height, width, error);
}

static gboolean
shrink_context (Job *job, GError **error)
{
  for (guint i = 0; i < job->known; i++) {
    job->small[i] = resize (
        job->context[i], job->config->height, job->config->width, error);
    if (job->small[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* ------------------------------------------------------------------- guides */

/* the masks of the context */
static gboolean
find_masks (const Job *job, guint8 *masks, GError **error)
{
  return nf_context_masks_find (job->how->memory, job->how->segmenter,
      job->prediction->dtype, job->prediction->cancellable, job->context,
      (guint) job->config->num_frames_cond, masks, error);
}

/* (transfer full) (nullable): the same in memory of their own */
static guint8 *
new_masks (const Job *job, GError **error)
{
  g_autofree guint8 *masks = g_try_malloc_n (
      (gsize) job->config->num_frames_cond, (gsize) job->width * job->height);

  if (masks == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "guide: no memory for masks of %ux%u", job->width, job->height);
  return masks != NULL && find_masks (job, masks, error)
      ? g_steal_pointer (&masks)
      : NULL;
}

/* notes the classes in masks, but for the ground */
static void
note_classes (const Job *job, const guint8 *masks, gsize n)
{
  for (gsize i = 0; job->how->classes != NULL && i < n; i++)
    if (masks[i] > 0 && masks[i] < 64)
      *job->how->classes |= G_GUINT64_CONSTANT (1) << masks[i];
}

static NfFutures *
predict_futures (const Job *job, GError **error)
{
  const NfFuturesParams params = { .futures = NF_EXTRAPOLATE_FUTURES,
    .decide = NF_DECIDE_PICTURE,
    .cancellable = job->prediction->cancellable };
  gsize pixels = (gsize) job->width * job->height;
  guint n = (guint) job->config->num_frames_cond;
  g_autofree const guint8 **list = g_new (const guint8 *, n);
  g_autofree guint8 *found = NULL;
  const guint8 *masks = job->how->masks;

  if (masks == NULL)
    masks = found = new_masks (job, error);
  if (masks == NULL)
    return NULL;
  for (guint i = 0; i < n; i++)
    list[i] = masks + i * pixels;
  note_classes (job, masks, n * pixels);
  if (job->how->truth != NULL)
    note_classes (job, job->how->truth, job->prediction->horizon * pixels);
  return nf_futures_new (&params, list, n, job->width, job->height,
      job->prediction->horizon, error);
}

/* (transfer full) (nullable): the guide as the network takes it */
static NfTensor *
upload (const Job *job, const guint8 *bytes, GError **error)
{
  static const NfNormalizeParams to_signed = {
    .period = 1, .scale = { 2.0f / 255.0f }, .shift = { -1.0f }
  };
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (job->device, NF_U8, 1,
      NF_GUIDE_BYTES, job->config->height, job->config->width, bytes, error);

  return nf_op_normalize (pixels, &to_signed, error);
}

static gboolean
store_small (Job *job, guint t, const guint8 *bytes, GError **error)
{
  nf_tensor_clear (&job->guides[t]);
  job->guides[t] = upload (job, bytes, error);
  return job->guides[t] != NULL;
}

/* room for a guide's picture in full size, unless it is there */
static gboolean
ensure_frame (Job *job, guint t, GError **error)
{
  if (job->frames[t] == NULL)
    job->frames[t] = frame_new ((gsize) 3 * job->width * job->height, error);
  return job->frames[t] != NULL;
}

/* the objects as they stand in the newest frame, and in frame @t by the true
 * mask of it; (transfer full) (nullable): what @then belongs to */
static NfFutures *
true_poses (
    const Job *job, guint t, NfPoses *now, NfPoses *then, GError **error)
{
  static const NfFuturesParams params = { .futures = 1,
    .decide = NF_DECIDE_LIKELIEST };
  const guint8 *mask = job->how->truth + (gsize) t * job->width * job->height;
  NfFutures *seen =
      nf_futures_new (&params, &mask, 1, job->width, job->height, 1, error);

  if (seen == NULL)
    return NULL;
  now->objects = nf_futures_objects (job->futures, 0, 0, &now->n);
  then->objects = nf_futures_objects (seen, 0, 0, &then->n);
  return seen;
}

/* a frame's guide in the network's size, and how sure it is */
static gboolean
render_small (Job *job, NfGuide *guide, guint draw, guint t,
    const guint8 *newest, GError **error)
{
  const NfTensor *small = newest_of (job, job->small);
  g_autofree guint8 *bytes =
      frame_new (NF_GUIDE_BYTES * (gsize) (small->w * small->h), error);
  g_autoptr (NfFutures) seen = NULL;
  NfPoses now, then;

  if (bytes == NULL)
    return FALSE;
  if (job->how->truth == NULL)
    return nf_guide_render (
               guide, job->futures, draw, t + 1, newest, bytes, error)
        && store_small (job, t, bytes, error);
  seen = true_poses (job, t, &now, &then, error);
  return seen != NULL
      && nf_guide_render_poses (guide, nf_futures_view (job->futures), now,
          then, newest, bytes, error)
      && store_small (job, t, bytes, error);
}

/* its picture in full size, which is all that a predicted frame gets of it */
static gboolean
render_full (Job *job, NfGuide *guide, guint draw, guint t,
    const guint8 *newest, GError **error)
{
  g_autoptr (NfFutures) seen = NULL;
  NfPoses now, then;

  if (!ensure_frame (job, t, error))
    return FALSE;
  if (job->how->truth == NULL)
    return nf_guide_picture (
        guide, job->futures, draw, t + 1, newest, job->frames[t], error);
  seen = true_poses (job, t, &now, &then, error);
  if (seen == NULL)
    return FALSE;
  nf_guide_frame (
      guide, nf_futures_view (job->futures), now, then, newest, job->frames[t]);
  return TRUE;
}

/* the guides of all frames of a draw, in the size of @newest */
static gboolean
render_futures (Job *job, guint draw, NfTensor *newest,
    gboolean (*render) (Job *job, NfGuide *guide, guint draw, guint t,
        const guint8 *newest, GError **error),
    GError **error)
{
  g_autoptr (NfGuide) guide =
      nf_guide_new ((guint) newest->w, (guint) newest->h, error);
  g_autofree guint8 *pixels = guide != NULL ? download (newest, error) : NULL;

  if (pixels == NULL)
    return FALSE;
  for (guint t = (guint) job->config->future_gap; t < job->prediction->horizon;
       t++)
    if (!render (job, guide, draw, t, pixels, error))
      return FALSE;
  return TRUE;
}

static gboolean
guide_by_dynamics (Job *job, guint draw, GError **error)
{
  if (job->futures == NULL)
    job->futures = predict_futures (job, error);
  return job->futures != NULL
      && render_futures (
          job, draw, newest_of (job, job->small), render_small, error)
      && render_futures (
          job, draw, newest_of (job, job->context), render_full, error);
}

static gboolean
guide_by_hold (Job *job, GError **error)
{
  gsize pixels = (gsize) job->config->width * job->config->height;
  g_autofree guint8 *newest = download (newest_of (job, job->small), error);
  g_autofree guint8 *full =
      newest != NULL ? download (newest_of (job, job->context), error) : NULL;
  g_autofree guint8 *bytes =
      full != NULL ? frame_new (NF_GUIDE_BYTES * pixels, error) : NULL;

  if (bytes == NULL)
    return FALSE;
  nf_guide_hold (newest, pixels, bytes);
  for (guint t = (guint) job->config->future_gap; t < job->prediction->horizon;
       t++) {
    if (!store_small (job, t, bytes, error) || !ensure_frame (job, t, error))
      return FALSE;
    memcpy (job->frames[t], full, (gsize) 3 * job->width * job->height);
  }
  return TRUE;
}

/* the guides of a draw */
static gboolean
make_guides (Job *job, guint draw, GError **error)
{
  switch (job->how->kind) {
    case NF_GUIDE_HOLD:
      return guide_by_hold (job, error);
    case NF_GUIDE_DYNAMICS:
      if (job->how->segmenter != NULL || job->how->masks != NULL)
        return guide_by_dynamics (job, draw, error);
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "guide: dynamics need a segmenter");
      return FALSE;
    default:
      return TRUE;
  }
}

/* ------------------------------------------------------------------ results */

/* the guide frames themselves */
static gboolean
give_guides (const Job *job, NfTensor **out, GError **error)
{
  for (guint t = 0; t < job->prediction->horizon; t++) {
    if (job->frames[t] == NULL)
      continue;
    out[t] = nf_tensor_new_from_nhwc (job->device, NF_U8, 1, 3, job->height,
        job->width, job->frames[t], error);
    if (out[t] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* a predicted frame in full size, with the detail of its guide */
static NfTensor *
sharpen (
    const Job *job, NfTensor *predicted, const guint8 *frame, GError **error)
{
  g_autoptr (NfTensor) guide = nf_tensor_new_from_nhwc (
      job->device, NF_U8, 1, 3, job->height, job->width, frame, error);
  g_autoptr (NfTensor) small =
      guide != NULL ? resize (guide, predicted->h, predicted->w, error) : NULL;
  g_autofree guint8 *small_bytes =
      small != NULL ? download (small, error) : NULL;
  g_autofree guint8 *predicted_bytes =
      small_bytes != NULL ? download (predicted, error) : NULL;
  g_autofree guint8 *out = predicted_bytes != NULL
      ? frame_new ((gsize) 3 * job->width * job->height, error)
      : NULL;
  NfSharpenImage images[3] = { { predicted_bytes, (guint) predicted->w,
                                   (guint) predicted->h },
    { small_bytes, (guint) predicted->w, (guint) predicted->h },
    { frame, job->width, job->height } };

  if (out == NULL)
    return NULL;
  nf_sharpen (&images[0], &images[1], &images[2], out);
  return nf_tensor_new_from_nhwc (
      job->device, NF_U8, 1, 3, job->height, job->width, out, error);
}

static gboolean
enlarge (const Job *job, NfTensor **out, GError **error)
{
  for (guint t = 0; t < job->prediction->horizon; t++) {
    g_autoptr (NfTensor) predicted = g_steal_pointer (&out[t]);

    if (predicted == NULL)
      continue;
    if (predicted->h == job->height && predicted->w == job->width)
      out[t] = g_steal_pointer (&predicted);
    else if (job->how->sharpen && job->frames[t] != NULL)
      out[t] = sharpen (job, predicted, job->frames[t], error);
    else
      out[t] = resize (predicted, job->height, job->width, error);
    if (out[t] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
draw_plain (Job *job, guint ensemble, NfEnsembleMode mode, NfTensor **out,
    GError **error)
{
  NfPrediction prediction = *job->prediction;

  prediction.guide = NULL;
  return nf_predictor_predict (job->how->predictor, &prediction, ensemble, mode,
             job->small, out, error)
      && enlarge (job, out, error);
}

/* one draw of an ensemble, in full size: the detail of its own guide is in it */
static gboolean
draw_guided (Job *job, guint ensemble, guint i, NfTensor **out, GError **error)
{
  NfPrediction prediction = *job->prediction;

  if (!make_guides (job, job->how->draw + i, error))
    return FALSE;
  if (prediction.guide_start >= 1.0)
    return give_guides (job, out, error);
  prediction.guide = job->guides;
  prediction.stream = prediction.stream * ensemble + i;
  return nf_predictor_predict (job->how->predictor, &prediction, 1,
             NF_ENSEMBLE_MEAN, job->small, out, error)
      && enlarge (job, out, error);
}

static gboolean
draw (Job *job, guint ensemble, NfEnsembleMode mode, NfTensor **out,
    GError **error)
{
  guint horizon = job->prediction->horizon;
  g_autofree NfTensor **predictions = g_new0 (NfTensor *, horizon * ensemble);
  gboolean ok = shrink_context (job, error);

  if (!ok || job->how->kind == NF_GUIDE_NONE)
    return ok && draw_plain (job, ensemble, mode, out, error);
  for (guint i = 0; ok && i < ensemble; i++)
    ok = draw_guided (job, ensemble, i, predictions + i * horizon, error);
  ok = ok
      && nf_ensemble_combine_frames (
          mode, predictions, ensemble, horizon, out, error);
  for (guint i = 0; i < horizon * ensemble; i++)
    nf_tensor_clear (&predictions[i]);
  return ok;
}

static void
job_clear (Job *job)
{
  for (guint i = 0; i < job->known; i++)
    nf_tensor_clear (&job->small[i]);
  for (guint t = 0; t < job->prediction->horizon; t++) {
    nf_tensor_clear (&job->guides[t]);
    g_free (job->frames[t]);
  }
  nf_futures_free (job->futures);
  g_free (job->small);
  g_free (job->guides);
  g_free (job->frames);
}

static Job
job_of (const NfGuided *how, const NfPrediction *prediction,
    NfTensor *const *context)
{
  const NfUnetConfig *config = nf_predictor_config (how->predictor);

  return (Job){ .how = how,
    .prediction = prediction,
    .config = config,
    .known = nf_prediction_known (prediction->mode, config),
    .device = context[0]->device,
    .context = context,
    .width = (guint) context[0]->w,
    .height = (guint) context[0]->h };
}

gboolean
nf_guided_masks (const NfGuided *how, const NfPrediction *prediction,
    NfTensor *const *context, guint8 *masks, GError **error)
{
  Job job = job_of (how, prediction, context);

  return find_masks (&job, masks, error);
}

/* a guide is a frame that follows the context, in colour */
static gboolean
check_guide (const Job *job, GError **error)
{
  if (job->how->kind == NF_GUIDE_NONE
      || (job->prediction->mode == NF_MODE_PREDICT
          && job->config->channels == 3))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "guide: there is none with mode=%s and frames of %d channels; set "
      "guide=none",
      nf_predict_mode_name (job->prediction->mode), job->config->channels);
  return FALSE;
}

gboolean
nf_guided_predict (const NfGuided *how, const NfPrediction *prediction,
    guint ensemble, NfEnsembleMode mode, NfTensor *const *context,
    NfTensor **out, GError **error)
{
  Job job = job_of (how, prediction, context);
  gboolean ok = nf_prediction_check (prediction, job.config, error);

  if (how->classes != NULL)
    *how->classes = 0;
  memset (out, 0, prediction->horizon * sizeof *out);
  if (!ok || !check_guide (&job, error))
    return FALSE;
  job.small = g_new0 (NfTensor *, job.known);
  job.guides = g_new0 (NfTensor *, prediction->horizon);
  job.frames = g_new0 (guint8 *, prediction->horizon);
  ok = draw (&job, ensemble, mode, out, error);
  job_clear (&job);
  for (guint t = 0; !ok && t < prediction->horizon; t++)
    nf_tensor_clear (&out[t]);
  return ok;
}
