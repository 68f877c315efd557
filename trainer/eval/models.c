/* SPDX-License-Identifier: MIT
 *
 * models — the two networks that are judged, and how they run
 *
 * They are run as the elements nfsegment and nfpredict run them: frames are
 * brought to the predictor's size and back by the elements' converter, and the
 * number of the clip is the stream of its noise. */
#include "eval/models.h"
#include "diffusion/nfpredictor.h"
#include "eval/decision.h"
#include "video/gstnfvideo.h"
#include "io/nfcheckpointpath.h"

struct _NfEvalModels
{
  NfDevice *device;
  NfDType dtype;
  gchar *segmenter_path, *predictor_path; /* NULL where there is none */
  NfEvalNaming naming; /* its segmenter is NULL where there is none */
  NfPredictor *predictor;
  NfRollout rollout;
  guint ensemble;
};

static gboolean
load_segmenter (
    NfEvalModels *models, const NfEvalOptions *options, GError **error)
{
  models->segmenter_path = nf_checkpoint_path_find (options->segment,
      NF_CHECKPOINT_SEGMENTER, "nextframe-train segment", "--segment", error);
  if (!models->segmenter_path)
    return FALSE;
  models->naming = (NfEvalNaming){ nf_segmenter_load (models->segmenter_path,
                                       models->device, error),
    models->device, options->dtype, options->tta, options->decision,
    options->unique };
  return models->naming.segmenter != NULL;
}

/* Whether the network predicts the last frame of a clip from its context. */
static gboolean
check_predictor (const NfEvalModels *models, GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (models->predictor);

  if (config->num_frames_cond > NF_EVAL_CONTEXT || config->channels != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected a network of at most %d context frames of 3 channels, "
        "got %d of %d; choose another --predict",
        models->predictor_path, NF_EVAL_CONTEXT, config->num_frames_cond,
        config->channels);
    return FALSE;
  }
  if (nf_rollout_check (&models->rollout, config, error))
    return TRUE;
  g_prefix_error (error, "%s: ", models->predictor_path);
  return FALSE;
}

static gboolean
load_predictor (
    NfEvalModels *models, const NfEvalOptions *options, GError **error)
{
  NfRollout *rollout = &models->rollout;

  models->predictor_path = nf_checkpoint_path_find (options->predict,
      NF_CHECKPOINT_PREDICTOR, "nextframe-train diffusion", "--predict", error);
  if (!models->predictor_path)
    return FALSE;
  models->predictor =
      nf_predictor_load (models->predictor_path, models->device, error);
  if (!models->predictor)
    return FALSE;
  nf_rollout_init (rollout);
  rollout->method = options->sampler;
  rollout->steps = options->steps;
  rollout->dtype = options->dtype;
  rollout->horizon = NF_EVAL_HORIZON;
  rollout->seed = options->seed;
  return check_predictor (models, error);
}

/**
 * nf_eval_models_load:
 * @options: which networks, and how they run
 * @needs: which of them are needed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the networks
 */
NfEvalModels *
nf_eval_models_load (
    const NfEvalOptions *options, NfEvalNeeds needs, GError **error)
{
  g_autoptr (NfEvalModels) models = g_new0 (NfEvalModels, 1);

  models->dtype = options->dtype;
  models->ensemble = options->ensemble;
  models->device = nf_device_open (options->device, error);
  if (!models->device
      || (needs & NF_EVAL_NEEDS_SEGMENTER
          && !load_segmenter (models, options, error))
      || (needs & NF_EVAL_NEEDS_PREDICTOR
          && !load_predictor (models, options, error)))
    return NULL;
  return g_steal_pointer (&models);
}

/**
 * nf_eval_models_free:
 * @models: (transfer full) (nullable): networks
 */
void
nf_eval_models_free (NfEvalModels *models)
{
  if (!models)
    return;
  g_clear_pointer (&models->naming.segmenter, nf_segmenter_unref);
  g_clear_pointer (&models->predictor, nf_predictor_unref);
  g_clear_pointer (&models->device, nf_device_unref);
  g_free (models->segmenter_path);
  g_free (models->predictor_path);
  g_free (models);
}

/* A file's name and content, so that another one is told from it. */
static void
describe_file (JsonObject *settings, const gchar *what, const gchar *path)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autofree gchar *member = g_strconcat (what, "-sha256", NULL);
  g_autofree gchar *shown = g_filename_display_name (path);
  g_autofree gchar *sum = NULL;

  json_object_set_string_member (settings, what, shown);
  if (!file)
    return;
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
      (const guchar *) g_mapped_file_get_contents (file),
      g_mapped_file_get_length (file));
  json_object_set_string_member (settings, member, sum);
}

static void
describe_naming (const NfEvalModels *models, JsonObject *settings)
{
  const NfEvalNaming *naming = &models->naming;

  describe_file (settings, "segment", models->segmenter_path);
  json_object_set_string_member (
      settings, "decision", nf_eval_decision_name (naming->decision));
  if (naming->decision != NF_EVAL_DECISION_PIXEL)
    json_object_set_boolean_member (settings, "unique", naming->unique);
  json_object_set_boolean_member (settings, "tta", naming->tta);
}

/**
 * nf_eval_models_describe:
 * @models: networks
 * @settings: gets members that say which they are, and how they run
 */
void
nf_eval_models_describe (const NfEvalModels *models, JsonObject *settings)
{
  if (models->naming.segmenter)
    describe_naming (models, settings);
  if (models->naming.segmenter || models->predictor)
    json_object_set_string_member (
        settings, "precision", models->dtype == NF_BF16 ? "bf16" : "f32");
  if (!models->predictor)
    return;
  describe_file (settings, "predict", models->predictor_path);
  json_object_set_string_member (
      settings, "sampler", nf_sampler_method_name (models->rollout.method));
  json_object_set_int_member (settings, "steps", models->rollout.steps);
  json_object_set_int_member (settings, "seed", models->rollout.seed);
  json_object_set_int_member (settings, "ensemble", models->ensemble);
}

/**
 * nf_eval_models_segment:
 * @models: with a segmenter
 * @frames: (n, height, width, 3), of one clip
 * @n: frames
 * @width: columns
 * @height: rows
 * @masks: (out caller-allocates): (n, height, width), classes
 * @error: return location
 */
gboolean
nf_eval_models_segment (NfEvalModels *models, const guint8 *frames, guint n,
    gint width, gint height, guint8 *masks, GError **error)
{
  return nf_eval_decide (
      &models->naming, frames, n, width, height, masks, error);
}

/**
 * nf_eval_models_frames_vote:
 * @models: with a segmenter
 *
 * Returns: whether the mask of a frame depends on the frames that
 *   nf_eval_models_segment() gets with it
 */
gboolean
nf_eval_models_frames_vote (const NfEvalModels *models)
{
  return models->naming.decision == NF_EVAL_DECISION_CLIP;
}

/**
 * nf_eval_models_ensemble:
 * @models: networks
 *
 * Returns: draws of each clip in rows of ensembles
 */
guint
nf_eval_models_ensemble (const NfEvalModels *models)
{
  return models->ensemble;
}

/**
 * nf_eval_models_drawn_size:
 * @models: with a predictor
 * @width: (out): columns of the frames that it draws
 * @height: (out): rows
 */
void
nf_eval_models_drawn_size (
    const NfEvalModels *models, gint *width, gint *height)
{
  const NfUnetConfig *config = nf_predictor_config (models->predictor);

  *width = config->width;
  *height = config->height;
}

/**
 * nf_eval_models_first_drawn:
 * @models: with a predictor
 *
 * Returns: the first frame that it draws, from 0, the one after the context
 */
guint
nf_eval_models_first_drawn (const NfEvalModels *models)
{
  return nf_predictor_config (models->predictor)->future_gap;
}

/* The newest frames of the context, in the network's size: (n, H, W, 3). */
static guint8 *
shrink_context (NfEvalModels *models, const guint8 *context, gint width,
    gint height, GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (models->predictor);
  guint n = config->num_frames_cond;
  gsize bytes = (gsize) 3 * width * height;
  gsize small = (gsize) 3 * config->width * config->height;
  g_autofree guint8 *frames = g_try_malloc_n (n, small);

  if (!frames) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: not enough memory for its context", models->predictor_path);
    return NULL;
  }
  for (guint i = 0; i < n; i++)
    if (!gst_nf_video_resize_rgb (context + bytes * (NF_EVAL_CONTEXT - n + i),
            width, height, frames + small * i, config->width, config->height,
            error))
      return NULL;
  return g_steal_pointer (&frames);
}

/**
 * nf_eval_models_draw:
 * @models: with a predictor
 * @stream: of the noise: number of the clip, or of the draw
 * @context: (NF_EVAL_CONTEXT, height, width, 3): the frames that are given
 * @width: columns
 * @height: rows
 * @drawn: (out caller-allocates): NF_EVAL_HORIZON frames of the network's
 *   size; those before nf_eval_models_first_drawn() are left as they are
 * @error: return location
 */
gboolean
nf_eval_models_draw (NfEvalModels *models, guint64 stream,
    const guint8 *context, gint width, gint height, guint8 *drawn,
    GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (models->predictor);
  gsize small = (gsize) 3 * config->width * config->height;
  g_autofree guint8 *frames =
      shrink_context (models, context, width, height, error);
  const guint8 *in[NF_EVAL_CONTEXT];
  guint8 *out[NF_EVAL_HORIZON] = { NULL };
  NfRollout rollout = models->rollout;

  if (!frames)
    return FALSE;
  for (gint i = 0; i < config->num_frames_cond; i++)
    in[i] = frames + small * i;
  for (guint i = config->future_gap; i < NF_EVAL_HORIZON; i++)
    out[i] = drawn + small * i;
  rollout.stream = stream;
  return nf_predictor_run (
      models->predictor, &rollout, 1, NF_ENSEMBLE_MEAN, in, out, error);
}
