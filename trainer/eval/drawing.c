/* SPDX-License-Identifier: MIT
 *
 * drawing — frames after a clip's context, drawn as nfpredict draws them */
#include "eval/drawing.h"
#include "diffusion/nfguided.h"
#include "io/nfcheckpointpath.h"
#include "video/gstnfvideo.h"

#define GUIDED_ROWS 160 /* of frames that a guide is made for */

struct _NfEvalDrawing
{
  NfDevice *device;
  gchar *path; /* of the predictor */
  gchar *segmenter_path; /* of what finds masks for the guide */
  NfGuided guided; /* its kind is that of NF_EVAL_GUIDE_AUTO */
  NfRollout rollout;
  gdouble guide_start;
};

/* Whether the network predicts the last frame of a clip from its context. */
static gboolean
check (const NfEvalDrawing *drawing, GError **error)
{
  const NfUnetConfig *config = nf_predictor_config (drawing->guided.predictor);

  if (config->num_frames_cond > NF_EVAL_CONTEXT || config->channels != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: expected a network of at most %d context frames of 3 channels, "
        "got %d of %d; choose another --predict",
        drawing->path, NF_EVAL_CONTEXT, config->num_frames_cond,
        config->channels);
    return FALSE;
  }
  if (nf_rollout_check (&drawing->rollout, config, error))
    return TRUE;
  g_prefix_error (error, "%s: ", drawing->path);
  return FALSE;
}

static void
set_up_rollout (NfEvalDrawing *drawing, const NfEvalOptions *options)
{
  NfRollout *rollout = &drawing->rollout;

  nf_rollout_init_for (
      rollout, nf_predictor_config (drawing->guided.predictor));
  rollout->method = options->sampler;
  rollout->steps = options->steps;
  rollout->dtype = options->dtype;
  rollout->horizon = NF_EVAL_HORIZON;
  rollout->seed = options->seed;
  rollout->guide_start = options->guide_start >= 0
      ? options->guide_start
      : nf_predictor_guide_start (drawing->guided.predictor);
}

/**
 * nf_eval_drawing_load:
 * @options: which network, and how it draws
 * @device: where it runs
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a predictor
 */
NfEvalDrawing *
nf_eval_drawing_load (
    const NfEvalOptions *options, NfDevice *device, GError **error)
{
  g_autoptr (NfEvalDrawing) drawing = g_new0 (NfEvalDrawing, 1);
  NfGuided *guided = &drawing->guided;

  drawing->device = nf_device_ref (device);
  drawing->path = nf_checkpoint_path_find (options->predict,
      NF_CHECKPOINT_PREDICTOR, "nextframe-train diffusion", "--predict", error);
  if (!drawing->path)
    return NULL;
  guided->predictor = nf_predictor_load (drawing->path, device, error);
  if (!guided->predictor)
    return NULL;
  guided->sharpen = options->sharpen;
  guided->kind = nf_predictor_config (guided->predictor)->guide
      ? NF_GUIDE_DYNAMICS
      : NF_GUIDE_NONE;
  set_up_rollout (drawing, options);
  return check (drawing, error) ? g_steal_pointer (&drawing) : NULL;
}

/**
 * nf_eval_drawing_free:
 * @drawing: (transfer full) (nullable): a predictor
 */
void
nf_eval_drawing_free (NfEvalDrawing *drawing)
{
  if (!drawing)
    return;
  g_clear_pointer (&drawing->guided.predictor, nf_predictor_unref);
  g_clear_pointer (&drawing->guided.segmenter, nf_segmenter_unref);
  g_clear_pointer (&drawing->device, nf_device_unref);
  g_free (drawing->path);
  g_free (drawing->segmenter_path);
  g_free (drawing);
}

/* (transfer full) (nullable): where the segmenter is that the predictor's
 * checkpoint names, or its name alone; NULL where it names none */
static gchar *
named_segmenter (const NfEvalDrawing *drawing)
{
  const gchar *name = nf_predictor_segmenter (drawing->guided.predictor);
  g_autofree gchar *folder = g_path_get_dirname (drawing->path);
  g_autofree gchar *base = name ? g_path_get_basename (name) : NULL;
  g_autofree gchar *beside =
      base ? g_build_filename (folder, base, NULL) : NULL;

  if (beside && g_file_test (beside, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&beside);
  return g_steal_pointer (&base);
}

/**
 * nf_eval_drawing_load_segmenter:
 * @drawing: a predictor
 * @options: which segmenter, if one is given
 * @judged: the segmenter that is judged
 * @judged_path: its file
 * @error: return location
 *
 * Loads what finds masks for the guide: the network that is given, the one that
 * the predictor's checkpoint names, or the one that is judged.
 */
gboolean
nf_eval_drawing_load_segmenter (NfEvalDrawing *drawing,
    const NfEvalOptions *options, NfSegmenter *judged, const gchar *judged_path,
    GError **error)
{
  g_autofree gchar *name = options->guide_segment
      ? g_strdup (options->guide_segment)
      : named_segmenter (drawing);

  if (!name) {
    drawing->segmenter_path = g_strdup (judged_path);
    drawing->guided.segmenter = nf_segmenter_ref (judged);
    return TRUE;
  }
  drawing->segmenter_path =
      nf_checkpoint_path_find (name, NF_CHECKPOINT_SEGMENTER,
          "nextframe-train segment", "--guide-segment", error);
  if (drawing->segmenter_path)
    drawing->guided.segmenter =
        nf_segmenter_load (drawing->segmenter_path, drawing->device, error);
  if (drawing->guided.segmenter)
    return TRUE;
  g_prefix_error (error, "segmenter for the guide: ");
  return FALSE;
}

/**
 * nf_eval_drawing_path:
 * @drawing: a predictor
 *
 * Returns: (transfer none): its file
 */
const gchar *
nf_eval_drawing_path (const NfEvalDrawing *drawing)
{
  return drawing->path;
}

/**
 * nf_eval_drawing_segmenter_path:
 * @drawing: a predictor
 *
 * Returns: (transfer none) (nullable): file of what finds masks for its guide
 */
const gchar *
nf_eval_drawing_segmenter_path (const NfEvalDrawing *drawing)
{
  return drawing->segmenter_path;
}

/**
 * nf_eval_drawing_takes_guide:
 * @drawing: a predictor
 *
 * Returns: whether the network was trained with a guide
 */
gboolean
nf_eval_drawing_takes_guide (const NfEvalDrawing *drawing)
{
  return drawing->guided.kind != NF_GUIDE_NONE;
}

/**
 * nf_eval_drawing_first:
 * @drawing: a predictor
 *
 * Returns: the first frame that it draws, from 0, the one after the context
 */
guint
nf_eval_drawing_first (const NfEvalDrawing *drawing)
{
  return nf_predictor_config (drawing->guided.predictor)->future_gap;
}

static NfGuideKind
kind_of (const NfEvalDrawing *drawing, NfEvalGuide guide)
{
  switch (guide) {
    case NF_EVAL_GUIDE_NONE:
      return NF_GUIDE_NONE;
    case NF_EVAL_GUIDE_HOLD:
      return NF_GUIDE_HOLD;
    case NF_EVAL_GUIDE_ITSELF:
      return NF_GUIDE_DYNAMICS;
    default:
      return drawing->guided.kind;
  }
}

/**
 * nf_eval_drawing_size:
 * @drawing: a predictor
 * @guide: what guides it
 * @clip_width: columns of the clip's frames
 * @clip_height: rows
 * @width: (out): columns of the frames that are drawn
 * @height: (out): rows
 *
 * The network's size; with a guide the clip's shape and about the size that
 * segmenters are trained on.
 */
void
nf_eval_drawing_size (const NfEvalDrawing *drawing, NfEvalGuide guide,
    gint clip_width, gint clip_height, gint *width, gint *height)
{
  const NfUnetConfig *config = nf_predictor_config (drawing->guided.predictor);

  *width = config->width;
  *height = config->height;
  if (kind_of (drawing, guide) == NF_GUIDE_NONE)
    return;
  *height = GUIDED_ROWS;
  *width = ((gint64) GUIDED_ROWS * clip_width + clip_height / 2) / clip_height;
  *width = CLAMP (*width, GUIDED_ROWS / 8, GUIDED_ROWS * 8);
}

typedef struct
{
  gint width, height; /* of frames as they are drawn */
  guint n; /* frames of context */
  NfTensor *context[NF_EVAL_CONTEXT];
  NfTensor *drawn[NF_EVAL_HORIZON];
} Frames;

static void
frames_clear (Frames *frames)
{
  for (guint i = 0; i < NF_EVAL_CONTEXT; i++)
    nf_tensor_clear (&frames->context[i]);
  for (guint t = 0; t < NF_EVAL_HORIZON; t++)
    nf_tensor_clear (&frames->drawn[t]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Frames, frames_clear)

/* Brings the newest frames of the context to the size that is drawn in. */
static gboolean
upload (const NfEvalDrawing *drawing, Frames *frames, const guint8 *context,
    gint clip_width, gint clip_height, GError **error)
{
  gsize bytes = (gsize) 3 * clip_width * clip_height;
  g_autofree guint8 *frame =
      g_try_malloc_n ((gsize) 3 * frames->width, frames->height);

  if (!frame) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: not enough memory for a frame of %dx%d pixels", drawing->path,
        frames->width, frames->height);
    return FALSE;
  }
  context += bytes * (NF_EVAL_CONTEXT - frames->n);
  for (guint i = 0; i < frames->n; i++) {
    if (!gst_nf_video_resize_rgb (context + bytes * i, clip_width, clip_height,
            frame, frames->width, frames->height, error))
      return FALSE;
    frames->context[i] = nf_tensor_new_from_nhwc (drawing->device, NF_U8, 1, 3,
        frames->height, frames->width, frame, error);
    if (!frames->context[i])
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_eval_drawing_run:
 * @drawing: a predictor
 * @guide: what guides it
 * @stream: of the noise: number of the clip, or of the draw
 * @context: (NF_EVAL_CONTEXT, clip_height, clip_width, 3): the given frames
 * @clip_width: columns
 * @clip_height: rows
 * @drawn: (out caller-allocates): NF_EVAL_HORIZON frames of the size that
 *   nf_eval_drawing_size() says; those before nf_eval_drawing_first() are left
 *   as they are
 * @error: return location
 */
gboolean
nf_eval_drawing_run (NfEvalDrawing *drawing, NfEvalGuide guide, guint64 stream,
    const guint8 *context, gint clip_width, gint clip_height, guint8 *drawn,
    GError **error)
{
  g_auto (Frames) frames = { 0 };
  NfGuided guided = drawing->guided;
  NfRollout rollout = drawing->rollout;
  gsize bytes;

  nf_eval_drawing_size (
      drawing, guide, clip_width, clip_height, &frames.width, &frames.height);
  frames.n = nf_predictor_config (guided.predictor)->num_frames_cond;
  bytes = (gsize) 3 * frames.width * frames.height;
  guided.kind = kind_of (drawing, guide);
  rollout.stream = stream;
  if (guide == NF_EVAL_GUIDE_ITSELF)
    rollout.guide_start = 1;
  if (!upload (drawing, &frames, context, clip_width, clip_height, error)
      || !nf_guided_draw (&guided, &rollout, 1, NF_ENSEMBLE_MEAN,
          frames.context, frames.drawn, error))
    return FALSE;
  for (guint t = nf_eval_drawing_first (drawing); t < NF_EVAL_HORIZON; t++)
    if (!nf_tensor_to_nhwc (frames.drawn[t], drawn + bytes * t, error))
      return FALSE;
  return TRUE;
}
