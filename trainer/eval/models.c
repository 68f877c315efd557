/* SPDX-License-Identifier: MIT
 *
 * models — the two networks that are judged, and how they run
 *
 * They are run as the elements nfsegment and nfpredict run them: see
 * decision.c, predictor.c. */
#include "eval/models.h"
#include "io/nfcheckpointpath.h"
#include "io/nffile.h"

struct _NfEvalModels
{
  const NfEvalNetworkOptions *options;
  NfDevice *device;
  gchar *segmenter_path; /* NULL where there is none */
  NfEvalNaming naming; /* its segmenter is NULL where there is none */
  NfEvalPredictor *predictor; /* NULL where there is none */
};

static gboolean
load_segmenter (
    NfEvalModels *models, const NfEvalNetworkOptions *options, GError **error)
{
  models->segmenter_path = nf_checkpoint_path_find (options->segment,
      NF_CHECKPOINT_SEGMENTER, "nextframe-train segment", "--segment", error);
  if (!models->segmenter_path)
    return FALSE;
  models->naming =
      (NfEvalNaming){ .segmenter = nf_segmenter_load (
                          models->segmenter_path, models->device, error),
        .device = models->device,
        .dtype = options->dtype,
        .tta = options->tta,
        .decision = options->decision,
        .unique = options->unique };
  return models->naming.segmenter != NULL;
}

static gboolean
load_predictor (NfEvalModels *models, const NfEvalNetworkOptions *options,
    NfEvalNeeds needs, gboolean chosen, GError **error)
{
  gboolean guided;

  models->predictor = nf_eval_predictor_load (options, models->device, error);
  if (!models->predictor)
    return FALSE;
  /* rows with a guide are left out for a network without one, but for those
   * that are asked for */
  guided = nf_eval_predictor_takes_guide (models->predictor)
      || (chosen && needs & NF_EVAL_NEEDS_GUIDE);
  return !guided
      || nf_eval_predictor_load_segmenter (models->predictor, options,
          models->naming.segmenter, models->segmenter_path, error);
}

/**
 * nf_eval_models_load:
 * @options: which networks, and how they run; outlive them
 * @needs: which of them are needed
 * @chosen: whether what needs them was asked for by name
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the networks
 */
NfEvalModels *
nf_eval_models_load (const NfEvalNetworkOptions *options, NfEvalNeeds needs,
    gboolean chosen, GError **error)
{
  g_autoptr (NfEvalModels) models = g_new0 (NfEvalModels, 1);

  models->options = options;
  models->device = nf_device_open (options->device, error);
  if (!models->device
      || (needs & NF_EVAL_NEEDS_SEGMENTER
          && !load_segmenter (models, options, error))
      || (needs & NF_EVAL_NEEDS_PREDICTOR
          && !load_predictor (models, options, needs, chosen, error)))
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
  g_clear_pointer (&models->predictor, nf_eval_predictor_free);
  g_clear_pointer (&models->device, nf_device_unref);
  g_free (models->segmenter_path);
  g_free (models);
}

/* A file's name and content, which identify it. */
static void
describe_file (JsonObject *settings, const gchar *what, const gchar *path)
{
  g_autoptr (GBytes) file = nf_file_read (path, G_MAXSIZE, NULL, NULL);
  g_autofree gchar *member = g_strconcat (what, "-sha256", NULL);
  g_autofree gchar *shown = g_filename_display_name (path);
  g_autofree gchar *sum = NULL;

  json_object_set_string_member (settings, what, shown);
  if (!file)
    return;
  sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, file);
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

static void
describe_predictor (const NfEvalModels *models, JsonObject *settings)
{
  const NfEvalNetworkOptions *options = models->options;
  const NfPrediction *how = nf_eval_predictor_how (models->predictor);
  const gchar *guide = nf_eval_predictor_segmenter_path (models->predictor);

  describe_file (
      settings, "predict", nf_eval_predictor_path (models->predictor));
  json_object_set_string_member (
      settings, "sampler", nf_sampler_method_name (how->method));
  json_object_set_int_member (settings, "steps", how->steps);
  json_object_set_int_member (settings, "seed", options->seed);
  json_object_set_int_member (settings, "ensemble", options->ensemble);
  if (!guide)
    return;
  describe_file (settings, "guide-segment", guide);
  json_object_set_double_member (settings, "guide-start", how->guide_start);
  json_object_set_boolean_member (settings, "sharpen", options->sharpen);
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
    json_object_set_string_member (settings, "precision",
        models->options->dtype == NF_BF16 ? "bf16" : "f32");
  if (models->predictor)
    describe_predictor (models, settings);
}

/**
 * nf_eval_models_sight:
 * @models: networks
 *
 * Returns: (transfer full) (nullable): a place for what the segmenter sees in
 *   the frames of a clip; NULL without one
 */
NfEvalSight *
nf_eval_models_sight (const NfEvalModels *models)
{
  return models->naming.segmenter ? nf_eval_sight_new (&models->naming, 0)
                                  : NULL;
}

/**
 * nf_eval_models_look:
 * @models: with a segmenter
 * @sight: what it saw of the clip so far
 * @frames: (n, height, width, 3), of the clip
 * @n: frames
 * @width: columns
 * @height: rows
 * @masks: (out caller-allocates): (n, height, width), classes
 * @saved: (inout): gets the seconds added of what it need not do again
 * @error: return location
 */
gboolean
nf_eval_models_look (const NfEvalModels *models, NfEvalSight *sight,
    const guint8 *frames, guint n, gint width, gint height, guint8 *masks,
    gdouble *saved, GError **error)
{
  return nf_eval_sight_masks (sight, models->naming.decision,
      models->naming.unique, frames, n, width, height, masks, saved, error);
}

/* what the predictor's guide says to the segmenter of classes: where that has
 * another number of them they are others, and it says nothing */
static guint64
known_classes (const NfEvalModels *models, guint64 expected)
{
  return models->predictor
          && nf_eval_predictor_classes (models->predictor)
              == nf_segmenter_classes (models->naming.segmenter)
      ? expected
      : 0;
}

/**
 * nf_eval_models_segment:
 * @models: with a segmenter
 * @expected: a bit for each class of the predictor's guide that may be there, 0
 *   where nothing is known
 * @frames: (n, height, width, 3), of one clip
 * @n: frames
 * @width: columns
 * @height: rows
 * @masks: (out caller-allocates): (n, height, width), classes
 * @error: return location
 */
gboolean
nf_eval_models_segment (NfEvalModels *models, guint64 expected,
    const guint8 *frames, guint n, gint width, gint height, guint8 *masks,
    GError **error)
{
  g_autoptr (NfEvalSight) sight =
      nf_eval_sight_new (&models->naming, known_classes (models, expected));

  return nf_eval_models_look (
      models, sight, frames, n, width, height, masks, NULL, error);
}

/**
 * nf_eval_models_segment_together:
 * @models: with a segmenter
 * @expected: as nf_eval_models_segment() takes it
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
nf_eval_models_segment_together (const NfEvalModels *models, guint64 expected,
    const guint8 *const *frames, guint n, gint width, gint height, guint8 *mask,
    GError **error)
{
  return nf_eval_decide_together (&models->naming,
      known_classes (models, expected), frames, n, width, height, mask, error);
}

/**
 * nf_eval_models_guide_shares:
 * @models: with a segmenter and a predictor
 * @width: columns of a clip's frames
 * @height: rows
 *
 * Returns: whether the masks for the guide are those that the segmenter that is
 *   judged has of the given frames where a clip's frames vote
 */
gboolean
nf_eval_models_guide_shares (
    const NfEvalModels *models, gint width, gint height)
{
  const NfEvalNaming *naming = &models->naming;

  return naming->segmenter && naming->decision != NF_EVAL_DECISION_PIXEL
      && !naming->tta
      && nf_eval_predictor_takes_frames (
          models->predictor, models->segmenter_path, width, height);
}

/**
 * nf_eval_models_ensemble:
 * @models: networks
 *
 * Returns: predictions of each clip in rows of ensembles
 */
guint
nf_eval_models_ensemble (const NfEvalModels *models)
{
  return models->options->ensemble;
}

/**
 * nf_eval_models_predictor:
 * @models: with a predictor
 *
 * Returns: (transfer none): the predictor
 */
NfEvalPredictor *
nf_eval_models_predictor (const NfEvalModels *models)
{
  return models->predictor;
}
