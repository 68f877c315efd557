/* SPDX-License-Identifier: MIT
 *
 * predictor — frames after a clip's context, predicted as nfpredict does it */
#include "eval/predictor.h"
#include <nextframe/diffusion/nfguided.h>
#include "io/nfcheckpointpath.h"
#include "video/gstnfvideo.h"

#include <glib/gstdio.h>
#include <string.h>

#define GUIDED_ROWS 160 /* of frames that a guide is made for */

struct _NfEvalPredictor
{
  NfDevice *device;
  gchar *path; /* of the predictor */
  gchar *segmenter_path; /* of what finds masks for the guide */
  NfGuided guided; /* its kind is that of NF_EVAL_GUIDE_AUTO */
  NfPrediction prediction;
  gdouble guide_start;
};

/* Whether the network predicts the last frame of a clip from its context. */
static gboolean
check (const NfEvalPredictor *predictor, GError **error)
{
  const NfUnetConfig *config =
      nf_predictor_config (predictor->guided.predictor);

  if (config->num_frames_cond > NF_EVAL_CONTEXT || config->channels != 3
      || config->frame_stride != 1) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected a network of at most %d context frames of 3 channels in "
        "a "
        "row, got %d of %d, every %d of the video; choose another --predict",
        predictor->path, NF_EVAL_CONTEXT, config->num_frames_cond,
        config->channels, config->frame_stride);
    return FALSE;
  }
  if (nf_prediction_check (&predictor->prediction, config, error))
    return TRUE;
  g_prefix_error (error, "%s: ", predictor->path);
  return FALSE;
}

static void
set_up_prediction (
    NfEvalPredictor *predictor, const NfEvalNetworkOptions *options)
{
  NfPrediction *prediction = &predictor->prediction;

  nf_predictor_init_prediction (predictor->guided.predictor, prediction);
  if (options->sampler >= 0)
    prediction->method = (NfSamplerMethod) options->sampler;
  if (options->steps > 0)
    prediction->steps = options->steps;
  prediction->dtype = options->dtype;
  prediction->horizon = NF_EVAL_HORIZON;
  prediction->seed = options->seed;
  if (options->guide_start >= 0)
    prediction->guide_start = options->guide_start;
}

/**
 * nf_eval_predictor_load:
 * @options: which network, and how it predicts
 * @device: where it runs
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a predictor
 */
NfEvalPredictor *
nf_eval_predictor_load (
    const NfEvalNetworkOptions *options, NfDevice *device, GError **error)
{
  g_autoptr (NfEvalPredictor) predictor = g_new0 (NfEvalPredictor, 1);
  NfGuided *guided = &predictor->guided;

  predictor->device = nf_device_ref (device);
  predictor->path = nf_checkpoint_path_find (options->predict,
      NF_CHECKPOINT_PREDICTOR, "nextframe-train diffusion", "--predict", error);
  if (!predictor->path)
    return NULL;
  guided->predictor = nf_predictor_load (predictor->path, device, error);
  if (!guided->predictor)
    return NULL;
  guided->sharpen = options->sharpen;
  guided->kind = nf_predictor_config (guided->predictor)->guide
      ? NF_GUIDE_DYNAMICS
      : NF_GUIDE_NONE;
  set_up_prediction (predictor, options);
  return check (predictor, error) ? g_steal_pointer (&predictor) : NULL;
}

/**
 * nf_eval_predictor_free:
 * @predictor: (transfer full) (nullable): a predictor
 */
void
nf_eval_predictor_free (NfEvalPredictor *predictor)
{
  if (!predictor)
    return;
  g_clear_pointer (&predictor->guided.predictor, nf_predictor_unref);
  g_clear_pointer (&predictor->guided.segmenter, nf_segmenter_unref);
  g_clear_pointer (&predictor->device, nf_device_unref);
  g_free (predictor->path);
  g_free (predictor->segmenter_path);
  g_free (predictor);
}

/* (transfer full) (nullable): where the segmenter is that the predictor's
 * checkpoint names, or its name alone; NULL where it names none */
static gchar *
named_segmenter (const NfEvalPredictor *predictor)
{
  const gchar *name = nf_predictor_segmenter (predictor->guided.predictor);
  g_autofree gchar *folder = g_path_get_dirname (predictor->path);
  g_autofree gchar *base = name ? g_path_get_basename (name) : NULL;
  g_autofree gchar *beside =
      base ? g_build_filename (folder, base, NULL) : NULL;

  if (beside && g_file_test (beside, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&beside);
  return g_steal_pointer (&base);
}

/**
 * nf_eval_predictor_load_segmenter:
 * @predictor: a predictor
 * @options: which segmenter, if one is given
 * @judged: the segmenter that is judged
 * @judged_path: its file
 * @error: return location
 *
 * Loads what finds masks for the guide: the network that is given, the one that
 * the predictor's checkpoint names, or the one that is judged.
 */
gboolean
nf_eval_predictor_load_segmenter (NfEvalPredictor *predictor,
    const NfEvalNetworkOptions *options, NfSegmenter *judged,
    const gchar *judged_path, GError **error)
{
  g_autofree gchar *name = options->guide_segment
      ? g_strdup (options->guide_segment)
      : named_segmenter (predictor);

  if (!name) {
    predictor->segmenter_path = g_strdup (judged_path);
    predictor->guided.segmenter = nf_segmenter_ref (judged);
    return TRUE;
  }
  predictor->segmenter_path =
      nf_checkpoint_path_find (name, NF_CHECKPOINT_SEGMENTER,
          "nextframe-train segment", "--guide-segment", error);
  if (predictor->segmenter_path)
    predictor->guided.segmenter =
        nf_segmenter_load (predictor->segmenter_path, predictor->device, error);
  if (predictor->guided.segmenter)
    return TRUE;
  g_prefix_error (error, "segmenter for the guide: ");
  return FALSE;
}

/**
 * nf_eval_predictor_path:
 * @predictor: a predictor
 *
 * Returns: (transfer none): its file
 */
const gchar *
nf_eval_predictor_path (const NfEvalPredictor *predictor)
{
  return predictor->path;
}

/**
 * nf_eval_predictor_how:
 * @predictor: a predictor
 *
 * Returns: (transfer none): how it predicts
 */
const NfPrediction *
nf_eval_predictor_how (const NfEvalPredictor *predictor)
{
  return &predictor->prediction;
}

/**
 * nf_eval_predictor_segmenter_path:
 * @predictor: a predictor
 *
 * Returns: (transfer none) (nullable): file of what finds masks for its guide
 */
const gchar *
nf_eval_predictor_segmenter_path (const NfEvalPredictor *predictor)
{
  return predictor->segmenter_path;
}

/**
 * nf_eval_predictor_classes:
 * @predictor: a predictor
 *
 * Returns: how many classes that knows which finds masks for its guide; 0: there
 *   is none
 */
guint
nf_eval_predictor_classes (const NfEvalPredictor *predictor)
{
  return predictor->guided.segmenter != NULL
      ? nf_segmenter_classes (predictor->guided.segmenter)
      : 0;
}

/**
 * nf_eval_predictor_takes_guide:
 * @predictor: a predictor
 *
 * Returns: whether the network was trained with a guide
 */
gboolean
nf_eval_predictor_takes_guide (const NfEvalPredictor *predictor)
{
  return predictor->guided.kind != NF_GUIDE_NONE;
}

/**
 * nf_eval_predictor_first:
 * @predictor: a predictor
 *
 * Returns: the first frame that it predicts; 0 is the one after the context
 */
guint
nf_eval_predictor_first (const NfEvalPredictor *predictor)
{
  return nf_predictor_config (predictor->guided.predictor)->future_gap;
}

static NfGuideKind
kind_of (const NfEvalPredictor *predictor, NfEvalGuide guide)
{
  switch (guide) {
    case NF_EVAL_GUIDE_NONE:
      return NF_GUIDE_NONE;
    case NF_EVAL_GUIDE_HOLD:
      return NF_GUIDE_HOLD;
    case NF_EVAL_GUIDE_ITSELF:
    case NF_EVAL_GUIDE_TRUE:
    case NF_EVAL_GUIDE_WRONG:
    case NF_EVAL_GUIDE_BLANK:
      return NF_GUIDE_DYNAMICS;
    default:
      return predictor->guided.kind;
  }
}

/**
 * nf_eval_predictor_size:
 * @predictor: a predictor
 * @guide: what guides it
 * @clip_width: columns of the clip's frames
 * @clip_height: rows
 * @width: (out): columns of the frames that are predicted
 * @height: (out): rows
 *
 * The network's size; with a guide the clip's shape and about the size that
 * segmenters are trained on.
 */
void
nf_eval_predictor_size (const NfEvalPredictor *predictor, NfEvalGuide guide,
    gint clip_width, gint clip_height, gint *width, gint *height)
{
  const NfUnetConfig *config =
      nf_predictor_config (predictor->guided.predictor);

  *width = config->width;
  *height = config->height;
  if (kind_of (predictor, guide) == NF_GUIDE_NONE)
    return;
  *height = GUIDED_ROWS;
  *width = ((gint64) GUIDED_ROWS * clip_width + clip_height / 2) / clip_height;
  *width = CLAMP (*width, GUIDED_ROWS / 8, GUIDED_ROWS * 8);
}

typedef struct
{
  gint width, height; /* of frames as they are predicted */
  guint n; /* frames of context */
  NfTensor *context[NF_EVAL_CONTEXT];
  NfTensor *predicted[NF_EVAL_HORIZON];
} Frames;

static void
frames_clear (Frames *frames)
{
  for (guint i = 0; i < NF_EVAL_CONTEXT; i++)
    nf_tensor_clear (&frames->context[i]);
  for (guint t = 0; t < NF_EVAL_HORIZON; t++)
    nf_tensor_clear (&frames->predicted[t]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Frames, frames_clear)

/* Brings the newest frames of the context to the size that is predicted in. */
static gboolean
upload (const NfEvalPredictor *predictor, Frames *frames, const guint8 *context,
    gint clip_width, gint clip_height, GError **error)
{
  gsize bytes = (gsize) 3 * clip_width * clip_height;
  g_autofree guint8 *frame =
      g_try_malloc_n ((gsize) 3 * frames->width, frames->height);

  if (!frame) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: not enough memory for a frame of %dx%d pixels", predictor->path,
        frames->width, frames->height);
    return FALSE;
  }
  context += bytes * (NF_EVAL_CONTEXT - frames->n);
  for (guint i = 0; i < frames->n; i++) {
    if (!gst_nf_video_resize_rgb (context + bytes * i, clip_width, clip_height,
            frame, frames->width, frames->height, error))
      return FALSE;
    frames->context[i] = nf_tensor_new_from_nhwc (predictor->device, NF_U8, 1,
        3, frames->height, frames->width, frame, error);
    if (!frames->context[i])
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_eval_predictor_needs_masks:
 * @predictor: a predictor
 * @guide: what guides it
 *
 * Returns: whether that goes by masks of the context
 */
gboolean
nf_eval_predictor_needs_masks (
    const NfEvalPredictor *predictor, NfEvalGuide guide)
{
  return kind_of (predictor, guide) == NF_GUIDE_DYNAMICS;
}

static gboolean
is_same_file (const gchar *a, const gchar *b)
{
  GStatBuf sa, sb;

  return a && b && g_stat (a, &sa) == 0 && g_stat (b, &sb) == 0
      && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/**
 * nf_eval_predictor_takes_frames:
 * @predictor: a predictor
 * @segmenter: file of a segmenter
 * @width: columns of a clip's frames
 * @height: rows
 *
 * Returns: whether the masks for the guide are found by that segmenter in the
 *   given frames as they are
 */
gboolean
nf_eval_predictor_takes_frames (const NfEvalPredictor *predictor,
    const gchar *segmenter, gint width, gint height)
{
  gint wanted_width, wanted_height;

  nf_eval_predictor_size (predictor, NF_EVAL_GUIDE_ITSELF, width, height,
      &wanted_width, &wanted_height);
  return width == wanted_width && height == wanted_height
      && nf_predictor_config (predictor->guided.predictor)->num_frames_cond
      == NF_EVAL_CONTEXT
      && is_same_file (segmenter, predictor->segmenter_path);
}

static void
set_size (const NfEvalPredictor *predictor, NfEvalGuide guide, gint width,
    gint height, Frames *frames)
{
  nf_eval_predictor_size (
      predictor, guide, width, height, &frames->width, &frames->height);
  frames->n =
      nf_predictor_config (predictor->guided.predictor)->num_frames_cond;
}

/**
 * nf_eval_predictor_masks:
 * @predictor: a predictor with a segmenter for its guide
 * @frames: (NF_EVAL_CONTEXT, height, width, 3): the given frames
 * @width: columns
 * @height: rows
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the masks that a guide by dynamics goes
 *   by: as many as the network has frames of context, in the size that
 *   nf_eval_predictor_size() says
 */
guint8 *
nf_eval_predictor_masks (NfEvalPredictor *predictor, const guint8 *frames,
    gint width, gint height, GError **error)
{
  g_auto (Frames) shown = { 0 };
  g_autofree guint8 *masks = NULL;

  set_size (predictor, NF_EVAL_GUIDE_ITSELF, width, height, &shown);
  masks = g_try_malloc_n (shown.n, (gsize) shown.width * shown.height);
  if (!masks) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: not enough memory for masks of %dx%d pixels", predictor->path,
        shown.width, shown.height);
    return NULL;
  }
  return upload (predictor, &shown, frames, width, height, error)
          && nf_guided_masks (&predictor->guided, &predictor->prediction,
              shown.context, masks, error)
      ? g_steal_pointer (&masks)
      : NULL;
}

/* A mask in another size, by nearest neighbour. */
static void
resize_mask (const guint8 *from, gint width, gint height, guint8 *to,
    gint to_width, gint to_height)
{
  for (gint y = 0; y < to_height; y++)
    for (gint x = 0; x < to_width; x++)
      to[(gsize) y * to_width + x] =
          from[(gsize) ((2 * (gint64) y + 1) * height / (2 * to_height)) * width
              + (2 * (gint64) x + 1) * width / (2 * to_width)];
}

/* What a guide on trial goes by; (transfer full) (nullable): NULL for others. */
static guint8 *
trial_masks (const NfEvalRequest *request, const Frames *frames)
{
  gsize row = frames->width, pixels = row * frames->height;
  guint8 *masks = NULL;

  switch (request->guide) {
    case NF_EVAL_GUIDE_TRUE:
      masks = g_malloc_n (NF_EVAL_HORIZON, pixels);
      for (guint t = 0; t < NF_EVAL_HORIZON; t++)
        resize_mask (request->truth
                + (gsize) request->width * request->height
                    * (NF_EVAL_CONTEXT + t),
            request->width, request->height, masks + pixels * t, frames->width,
            frames->height);
      break;
    case NF_EVAL_GUIDE_WRONG:
      masks = g_malloc_n (frames->n, pixels);
      for (gsize i = 0; i < frames->n * pixels; i++)
        masks[i] = request->masks[i / row * row + row - 1 - i % row];
      break;
    case NF_EVAL_GUIDE_BLANK:
      masks = g_malloc0_n (frames->n, pixels);
      break;
    default:
      break;
  }
  return masks;
}

/**
 * nf_eval_predictor_run:
 * @predictor: a predictor
 * @request: what to predict
 * @predicted: (out caller-allocates): NF_EVAL_HORIZON frames of the size that
 *   nf_eval_predictor_size() says; those before nf_eval_predictor_first() are
 *   left as they are
 * @classes: (out): a bit for each class that may be in them, 0 where nothing is
 *   known
 * @error: return location
 */
gboolean
nf_eval_predictor_run (NfEvalPredictor *predictor, const NfEvalRequest *request,
    guint8 *predicted, guint64 *classes, GError **error)
{
  g_auto (Frames) frames = { 0 };
  NfGuided guided = predictor->guided;
  NfPrediction prediction = predictor->prediction;
  g_autofree guint8 *trial = NULL;
  gsize bytes;

  set_size (
      predictor, request->guide, request->width, request->height, &frames);
  bytes = (gsize) 3 * frames.width * frames.height;
  trial = trial_masks (request, &frames);
  guided.kind = kind_of (predictor, request->guide);
  guided.draw = request->draw;
  guided.classes = classes;
  guided.masks = trial ? trial : request->masks;
  if (request->guide == NF_EVAL_GUIDE_TRUE) {
    guided.masks = request->masks;
    guided.truth = trial;
  }
  prediction.stream = request->stream;
  if (request->guide == NF_EVAL_GUIDE_ITSELF)
    prediction.guide_start = 1;
  if (!upload (predictor, &frames, request->frames, request->width,
          request->height, error)
      || !nf_guided_predict (&guided, &prediction, 1, NF_ENSEMBLE_MEAN,
          frames.context, frames.predicted, error))
    return FALSE;
  for (guint t = nf_eval_predictor_first (predictor); t < NF_EVAL_HORIZON; t++)
    if (!nf_tensor_to_nhwc (frames.predicted[t], predicted + bytes * t, error))
      return FALSE;
  return TRUE;
}
