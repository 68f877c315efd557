/* SPDX-License-Identifier: MIT
 *
 * rows — the rows of the table: ways to masks, and to frames, of a clip */
#include "eval/rows.h"
#include <nextframe/diffusion/nfensemble.h>
#include "eval/measure.h"
#include "video/gstnfvideo.h"
#include <nextframe/scene/track/nfextrapolate.h>

#include <math.h>
#include <string.h>

#define LAST (NF_EVAL_FRAMES - 1)

/* nfsegment on the frames as they are. */
static gboolean
make_named (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  const guint8 *named = nf_eval_clip_named (clip, NF_EVAL_FRAMES, error);

  if (!named)
    return FALSE;
  memcpy (output->masks, named, nf_eval_clip_pixels (clip) * NF_EVAL_FRAMES);
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    output->has_mask[t] = TRUE;
  return TRUE;
}

/* The newest frame again, where a row holds what it sees. */
static void
hold_frame (NfEvalClip *clip, guint first, NfEvalOutput *output)
{
  gsize bytes = 3 * nf_eval_clip_pixels (clip);

  for (guint t = first; t < NF_EVAL_FRAMES; t++) {
    memcpy (output->frames + bytes * t,
        clip->frames + bytes * (NF_EVAL_CONTEXT - 1), bytes);
    output->has_frame[t] = TRUE;
  }
}

static gboolean
extrapolate (const NfEvalRow *row, NfEvalClip *clip, const guint8 *masks,
    guint first, NfEvalOutput *output, GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);
  const guint8 *past[NF_EVAL_CONTEXT];

  for (guint t = 0; t < NF_EVAL_CONTEXT; t++)
    past[t] = masks + pixels * t;
  if (!nf_extrapolate (row->choice, past, NF_EVAL_CONTEXT, clip->width,
          clip->height, NF_EVAL_HORIZON,
          output->masks + pixels * NF_EVAL_CONTEXT, error))
    return FALSE;
  for (guint t = first; t < NF_EVAL_FRAMES; t++)
    output->has_mask[t] = TRUE;
  if (row->choice == NF_EXTRAPOLATE_HOLD)
    hold_frame (clip, first, output);
  return TRUE;
}

/* nfextrapolate from the true masks of the context. */
static gboolean
make_from_truth (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  return extrapolate (row, clip, clip->truth, first, output, error);
}

/* nfextrapolate from nfsegment's masks of the context. */
static gboolean
make_from_named (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  const guint8 *named = nf_eval_clip_named (clip, NF_EVAL_CONTEXT, error);

  return named && extrapolate (row, clip, named, first, output, error);
}

static void
predicted_size (
    const NfEvalClip *clip, NfEvalGuide guide, gint *width, gint *height)
{
  nf_eval_predictor_size (nf_eval_models_predictor (clip->models), guide,
      clip->width, clip->height, width, height);
}

/* The first frame at or after @first that is predicted. */
static guint
first_predicted (const NfEvalClip *clip, guint first)
{
  return MAX (first,
      NF_EVAL_CONTEXT
          + nf_eval_predictor_first (nf_eval_models_predictor (clip->models)));
}

/* Brings predicted frames, (NF_EVAL_HORIZON, H, W, 3), to the clip's size. */
static gboolean
resize_predicted (NfEvalClip *clip, NfEvalGuide guide, const guint8 *predicted,
    guint first, NfEvalOutput *output, GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);
  gint width, height;

  predicted_size (clip, guide, &width, &height);
  for (guint t = first_predicted (clip, first); t < NF_EVAL_FRAMES; t++) {
    gsize at = (gsize) 3 * width * height * (t - NF_EVAL_CONTEXT);

    if (!gst_nf_video_resize_rgb (predicted + at, width, height,
            output->frames + 3 * pixels * t, clip->width, clip->height, error))
      return FALSE;
    output->has_frame[t] = TRUE;
  }
  return TRUE;
}

/* Brings predicted frames, (NF_EVAL_HORIZON, H, W, 3), to the clip's size, and
 * names their objects. */
static gboolean
show_predicted (NfEvalClip *clip, NfEvalGuide guide, const guint8 *predicted,
    guint first, NfEvalOutput *output, GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);

  if (!resize_predicted (clip, guide, predicted, first, output, error))
    return FALSE;
  first = first_predicted (clip, first);
  for (guint t = first; t < NF_EVAL_FRAMES; t++)
    output->has_mask[t] = TRUE;
  return nf_eval_models_segment (clip->models, clip->expected,
      output->frames + 3 * pixels * first, NF_EVAL_FRAMES - first, clip->width,
      clip->height, output->masks + pixels * first, error);
}

static guint8 *
new_predicted (const NfEvalClip *clip, NfEvalGuide guide, GError **error)
{
  gint width, height;
  guint8 *predicted;

  predicted_size (clip, guide, &width, &height);
  predicted = g_try_malloc0_n (3 * NF_EVAL_HORIZON, (gsize) width * height);
  if (!predicted)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for %d predicted frames of %dx%d pixels",
        NF_EVAL_HORIZON, width, height);
  return predicted;
}

/* nfpredict ! nfsegment: one prediction. */
static gboolean
make_predicted (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  g_autofree guint8 *predicted = new_predicted (clip, row->choice, error);

  return predicted && nf_eval_clip_predict (clip, row->choice, predicted, error)
      && show_predicted (clip, row->choice, predicted, first, output, error);
}

/* nfpredict with an ensemble ! nfsegment. */
static gboolean
make_combined (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  guint n = nf_eval_models_ensemble (clip->models);
  guint gap = nf_eval_predictor_first (nf_eval_models_predictor (clip->models));
  const guint8 *predictions = nf_eval_clip_predictions (clip, error);
  g_autofree guint8 *predicted = NULL;
  const guint8 *same[NF_EVAL_MAX_ENSEMBLE];
  gint width, height;
  gsize bytes;

  if (!predictions
      || !(predicted = new_predicted (clip, NF_EVAL_GUIDE_AUTO, error)))
    return FALSE;
  predicted_size (clip, NF_EVAL_GUIDE_AUTO, &width, &height);
  bytes = (gsize) 3 * width * height;
  for (guint t = gap; t < NF_EVAL_HORIZON; t++) {
    for (guint i = 0; i < n; i++)
      same[i] = predictions + bytes * (NF_EVAL_HORIZON * i + t);
    nf_ensemble_combine (row->choice, same, n, bytes, predicted + bytes * t);
  }
  return show_predicted (
      clip, NF_EVAL_GUIDE_AUTO, predicted, first, output, error);
}

/* nfpredict ensemble-mode=each ! nfsegment: the mean of the probabilities of
 * classes. Of frames the first prediction is shown. */
static gboolean
make_together (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  const guint n = nf_eval_models_ensemble (clip->models);
  const gsize pixels = nf_eval_clip_pixels (clip);
  const guint8 *predictions = nf_eval_clip_predictions (clip, error);
  g_autofree guint8 *resized = NULL;
  const guint8 *same[NF_EVAL_MAX_ENSEMBLE];
  gint width, height;

  if (!predictions)
    return FALSE;
  resized = g_try_malloc_n (3 * (gsize) n, pixels);
  if (!resized) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for %u frames; lower --ensemble", n);
    return FALSE;
  }
  predicted_size (clip, NF_EVAL_GUIDE_AUTO, &width, &height);
  for (guint t = first_predicted (clip, first); t < NF_EVAL_FRAMES; t++) {
    for (guint i = 0; i < n; i++) {
      gsize at = (gsize) NF_EVAL_HORIZON * i + t - NF_EVAL_CONTEXT;
      guint8 *to = resized + 3 * pixels * i;

      same[i] = to;
      if (!gst_nf_video_resize_rgb (predictions + 3 * at * width * height,
              width, height, to, clip->width, clip->height, error))
        return FALSE;
    }
    if (!nf_eval_models_segment_together (clip->models, clip->expected, same, n,
            clip->width, clip->height, output->masks + pixels * t, error))
      return FALSE;
    output->has_mask[t] = TRUE;
  }
  return resize_predicted (
      clip, NF_EVAL_GUIDE_AUTO, predictions, first, output, error);
}

/* The prediction whose last mask is best, and for every frame the best PSNR and
 * SSIM of all predictions: what a choice that knows the truth could reach. */
static gboolean
make_best (const NfEvalRow *row, NfEvalClip *clip, guint first,
    NfEvalOutput *output, GError **error)
{
  guint n = nf_eval_models_ensemble (clip->models);
  const guint8 *predictions = nf_eval_clip_predictions (clip, error);
  gdouble most = -1;
  guint best = 0;
  gdouble psnr[NF_EVAL_FRAMES], ssim[NF_EVAL_FRAMES];
  gint width, height;
  gsize bytes;

  if (!predictions)
    return FALSE;
  predicted_size (clip, NF_EVAL_GUIDE_AUTO, &width, &height);
  bytes = (gsize) 3 * width * height * NF_EVAL_HORIZON;
  for (guint t = 0; t < NF_EVAL_FRAMES; t++)
    psnr[t] = ssim[t] = NAN;
  for (guint i = 0; i < n; i++) {
    gdouble jaccard;

    if (!show_predicted (clip, NF_EVAL_GUIDE_AUTO, predictions + bytes * i,
            first, output, error)
        || !nf_eval_measure_frames (clip, output, error))
      return FALSE;
    for (guint t = first; t < NF_EVAL_FRAMES; t++) {
      psnr[t] = fmax (psnr[t], output->psnr[t]);
      ssim[t] = fmax (ssim[t], output->ssim[t]);
    }
    jaccard = nf_eval_measure_jaccard (clip, output, LAST);
    if (jaccard > most) {
      most = jaccard;
      best = i;
    }
  }
  if (!show_predicted (clip, NF_EVAL_GUIDE_AUTO, predictions + bytes * best,
          first, output, error))
    return FALSE;
  memcpy (output->psnr, psnr, sizeof psnr);
  memcpy (output->ssim, ssim, sizeof ssim);
  output->measured = TRUE;
  return TRUE;
}

#define SEGMENTER NF_EVAL_NEEDS_SEGMENTER
#define BOTH (NF_EVAL_NEEDS_SEGMENTER | NF_EVAL_NEEDS_PREDICTOR)
#define GUIDED (BOTH | NF_EVAL_NEEDS_GUIDE)

static const NfEvalRow table[] = {
  { "segment", "nfsegment, given frames", SEGMENTER,
      NF_EVAL_ROW_ALL_FRAMES | NF_EVAL_ROW_TRUTH, make_named },
  { "hold", "hold, true masks", 0, NF_EVAL_ROW_TRUTH, make_from_truth,
      NF_EXTRAPOLATE_HOLD },
  { "linear", "linear, true masks", 0, NF_EVAL_ROW_TRUTH, make_from_truth,
      NF_EXTRAPOLATE_LINEAR },
  { "dynamics", "dynamics, true masks", 0, NF_EVAL_ROW_TRUTH, make_from_truth,
      NF_EXTRAPOLATE_DYNAMICS },
  { "segment-hold", "nfsegment ! hold", SEGMENTER, 0, make_from_named,
      NF_EXTRAPOLATE_HOLD },
  { "segment-linear", "nfsegment ! linear", SEGMENTER, 0, make_from_named,
      NF_EXTRAPOLATE_LINEAR },
  { "segment-dynamics", "nfsegment ! dynamics", SEGMENTER, 0, make_from_named,
      NF_EXTRAPOLATE_DYNAMICS },
  { "guide", "guide frame ! nfsegment", GUIDED, NF_EVAL_ROW_GUIDED,
      make_predicted, NF_EVAL_GUIDE_ITSELF },
  { "predict-none", "nfpredict guide=none ! nfsegment", BOTH,
      NF_EVAL_ROW_GUIDED, make_predicted, NF_EVAL_GUIDE_NONE },
  { "predict-hold", "nfpredict guide=hold ! nfsegment", BOTH,
      NF_EVAL_ROW_GUIDED, make_predicted, NF_EVAL_GUIDE_HOLD },
  { "predict-true", "nfpredict, true guide ! nfsegment", GUIDED,
      NF_EVAL_ROW_GUIDED | NF_EVAL_ROW_TRIAL | NF_EVAL_ROW_TRUTH,
      make_predicted, NF_EVAL_GUIDE_TRUE },
  { "predict-wrong", "nfpredict, wrong guide ! nfsegment", GUIDED,
      NF_EVAL_ROW_GUIDED | NF_EVAL_ROW_TRIAL, make_predicted,
      NF_EVAL_GUIDE_WRONG },
  { "predict-blank", "nfpredict, blank guide ! nfsegment", GUIDED,
      NF_EVAL_ROW_GUIDED | NF_EVAL_ROW_TRIAL, make_predicted,
      NF_EVAL_GUIDE_BLANK },
  { "predict", "nfpredict ! nfsegment", BOTH, 0, make_predicted,
      NF_EVAL_GUIDE_AUTO },
  { "predict-mean", "mean of an ensemble", BOTH, NF_EVAL_ROW_ENSEMBLE,
      make_combined, NF_ENSEMBLE_MEAN },
  { "predict-median", "median of an ensemble", BOTH, NF_EVAL_ROW_ENSEMBLE,
      make_combined, NF_ENSEMBLE_MEDIAN },
  { "predict-medoid", "medoid of an ensemble", BOTH, NF_EVAL_ROW_ENSEMBLE,
      make_combined, NF_ENSEMBLE_MEDOID },
  { "predict-classes", "class probabilities of an ensemble", BOTH,
      NF_EVAL_ROW_ENSEMBLE, make_together },
  { "predict-best", "best of the ensemble, by the truth", BOTH,
      NF_EVAL_ROW_ENSEMBLE | NF_EVAL_ROW_TRUTH, make_best },
};

/**
 * nf_eval_rows_help:
 * @without: #NfEvalRowFlags of rows that are left out
 *
 * Returns: (transfer full): a line for each row
 */
gchar *
nf_eval_rows_help (guint without)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (!(table[i].flags & without))
      g_string_append_printf (
          text, "  %-18s %s\n", table[i].name, table[i].title);
  return g_string_free (text, FALSE);
}

/**
 * nf_eval_rows_find:
 * @name: of a row
 * @without: #NfEvalRowFlags of rows that are not there
 * @option: that the name was given to, for messages
 * @error: return location: %NF_ERROR_INVALID; lists the rows that there are
 *
 * Returns: (transfer none) (nullable): the row
 */
const NfEvalRow *
nf_eval_rows_find (
    const gchar *name, guint without, const gchar *option, GError **error)
{
  g_autofree gchar *help = nf_eval_rows_help (without);

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_str_equal (table[i].name, name) && !(table[i].flags & without))
      return &table[i];
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: no row \"%s\"; there are\n%s", option, name, g_strchomp (help));
  return NULL;
}

/* Whether every row that was asked for is one, and has the predictions it
 * needs. */
static gboolean
check_only (const NfEvalOptions *options, GError **error)
{
  for (gchar **name = options->only; name && *name; name++) {
    const NfEvalRow *row = nf_eval_rows_find (*name, 0, "--only", error);

    if (!row)
      return FALSE;
    if (row->flags & NF_EVAL_ROW_ENSEMBLE && options->networks.ensemble == 0) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "--only %s: that row needs --ensemble of at least 1", *name);
      return FALSE;
    }
  }
  return TRUE;
}

/* Whether a row is of interest where none is asked for. */
static gboolean
is_usual (const NfEvalOptions *options, const NfEvalRow *row)
{
  return !(row->flags & NF_EVAL_ROW_TRIAL)
      && (options->networks.ensemble > 0
          || !(row->flags & NF_EVAL_ROW_ENSEMBLE));
}

/**
 * nf_eval_rows_choose:
 * @options: which rows are wanted
 * @error: return location: %NF_ERROR_INVALID for a row that there is not
 *
 * Returns: (transfer container) (nullable) (element-type NfEvalRow): the rows
 *   in the table's order
 */
GPtrArray *
nf_eval_rows_choose (const NfEvalOptions *options, GError **error)
{
  GPtrArray *rows;

  if (!check_only (options, error))
    return NULL;
  rows = g_ptr_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (options->only ? g_strv_contains (
            (const gchar *const *) options->only, table[i].name)
                      : is_usual (options, &table[i]))
      g_ptr_array_add (rows, (gpointer) &table[i]);
  return rows;
}

/**
 * nf_eval_rows_leave_out:
 * @rows: (element-type NfEvalRow): rows; loses those that are of interest only
 *   with a network that was trained with a guide
 */
void
nf_eval_rows_leave_out (GPtrArray *rows)
{
  for (guint i = rows->len; i-- > 0;)
    if (((const NfEvalRow *) rows->pdata[i])->flags & NF_EVAL_ROW_GUIDED)
      g_ptr_array_remove_index (rows, i);
}

/**
 * nf_eval_rows_needs:
 * @rows: (element-type NfEvalRow): rows
 *
 * Returns: the networks that one or another of them needs
 */
NfEvalNeeds
nf_eval_rows_needs (const GPtrArray *rows)
{
  NfEvalNeeds needs = 0;

  for (guint i = 0; i < rows->len; i++)
    needs |= ((const NfEvalRow *) rows->pdata[i])->needs;
  return needs;
}

/**
 * nf_eval_row_make:
 * @row: a row
 * @clip: an open clip, with the networks that the row needs
 * @curve: whether frames before the last one are wanted of every row
 * @output: (inout): what it makes, until it is used again
 * @error: return location
 */
gboolean
nf_eval_row_make (const NfEvalRow *row, NfEvalClip *clip, gboolean curve,
    NfEvalOutput *output, GError **error)
{
  gint64 start;

  if (!nf_eval_output_clear (output, clip, error))
    return FALSE;
  clip->charge = 0;
  start = g_get_monotonic_time ();
  if (!row->make (row, clip, curve ? NF_EVAL_CONTEXT : LAST, output, error)) {
    g_prefix_error (error, "%s, row %s: ", clip->name, row->name);
    return FALSE;
  }
  output->seconds = clip->charge
      + (g_get_monotonic_time () - start) / (gdouble) G_USEC_PER_SEC;
  return TRUE;
}

/**
 * nf_eval_row_run:
 * @row: a row
 * @clip: an open clip with all its frames, and the networks that the row needs
 * @curve: whether frames before the last one are wanted of every row
 * @output: (inout): what it makes, until it is used again
 * @error: return location
 *
 * Makes it, and measures the frames.
 */
gboolean
nf_eval_row_run (const NfEvalRow *row, NfEvalClip *clip, gboolean curve,
    NfEvalOutput *output, GError **error)
{
  return nf_eval_row_make (row, clip, curve, output, error)
      && (output->measured || nf_eval_measure_frames (clip, output, error));
}
