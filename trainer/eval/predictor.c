/* SPDX-License-Identifier: MIT
 *
 * predictor — frames after a clip's context, predicted as nfpredict does it */
#include "eval/predictor.h"
#include "diffusion/nfguided.h"
#include "io/nfcheckpointpath.h"
#include "video/gstnfvideo.h"

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

  if (config->num_frames_cond > NF_EVAL_CONTEXT || config->channels != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected a network of at most %d context frames of 3 channels, "
        "got %d of %d; choose another --predict",
        predictor->path, NF_EVAL_CONTEXT, config->num_frames_cond,
        config->channels);
    return FALSE;
  }
  if (nf_prediction_check (&predictor->prediction, config, error))
    return TRUE;
  g_prefix_error (error, "%s: ", predictor->path);
  return FALSE;
}

static void
set_up_prediction (NfEvalPredictor *predictor, const NfEvalOptions *options)
{
  NfPrediction *prediction = &predictor->prediction;

  nf_prediction_init_for (
      prediction, nf_predictor_config (predictor->guided.predictor));
  prediction->method = options->sampler;
  prediction->steps = options->steps;
  prediction->dtype = options->dtype;
  prediction->horizon = NF_EVAL_HORIZON;
  prediction->seed = options->seed;
  prediction->guide_start = options->guide_start >= 0
      ? options->guide_start
      : nf_predictor_guide_start (predictor->guided.predictor);
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
    const NfEvalOptions *options, NfDevice *device, GError **error)
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
    const NfEvalOptions *options, NfSegmenter *judged, const gchar *judged_path,
    GError **error)
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
 * nf_eval_predictor_run:
 * @predictor: a predictor
 * @guide: what guides it
 * @stream: of the noise: number of the clip, or of the prediction
 * @context: (NF_EVAL_CONTEXT, clip_height, clip_width, 3): the given frames
 * @clip_width: columns
 * @clip_height: rows
 * @predicted: (out caller-allocates): NF_EVAL_HORIZON frames of the size that
 *   nf_eval_predictor_size() says; those before nf_eval_predictor_first() are
 *   left as they are
 * @error: return location
 */
gboolean
nf_eval_predictor_run (NfEvalPredictor *predictor, NfEvalGuide guide,
    guint64 stream, const guint8 *context, gint clip_width, gint clip_height,
    guint8 *predicted, GError **error)
{
  g_auto (Frames) frames = { 0 };
  NfGuided guided = predictor->guided;
  NfPrediction prediction = predictor->prediction;
  gsize bytes;

  nf_eval_predictor_size (
      predictor, guide, clip_width, clip_height, &frames.width, &frames.height);
  frames.n = nf_predictor_config (guided.predictor)->num_frames_cond;
  bytes = (gsize) 3 * frames.width * frames.height;
  guided.kind = kind_of (predictor, guide);
  prediction.stream = stream;
  if (guide == NF_EVAL_GUIDE_ITSELF)
    prediction.guide_start = 1;
  if (!upload (predictor, &frames, context, clip_width, clip_height, error)
      || !nf_guided_predict (&guided, &prediction, 1, NF_ENSEMBLE_MEAN,
          frames.context, frames.predicted, error))
    return FALSE;
  for (guint t = nf_eval_predictor_first (predictor); t < NF_EVAL_HORIZON; t++)
    if (!nf_tensor_to_nhwc (frames.predicted[t], predicted + bytes * t, error))
      return FALSE;
  return TRUE;
}
