/* SPDX-License-Identifier: MIT
 *
 * predict — the subcommand that predicts masks of frame 22 for a whole split
 *
 * Every clip's mask is kept as soon as it is made (store.h). Once all are there,
 * they are written as one array (output.h). A mask depends on the clip, its
 * number and the settings alone, one of which is the size that most clips have: it
 * is the same whichever other clips of that size are there, and whichever part of
 * the job makes it. */
#include "predict/predict.h"
#include "config.h"
#include <nextframe/core/threads/nfthreads.h>
#include "eval/rows.h"
#include "predict/output.h"
#include "predict/store.h"
#include "train/report.h"

#include <gst/gst.h>
#include <string.h>

#define LAST (NF_EVAL_FRAMES - 1)

typedef struct
{
  const NfPredictOptions *options;
  NfPredictClips *clips;
  NfEvalModels *models;
  JsonObject *settings;
  NfPredictStore *store;
  GPtrArray *shares; /* NfPredictStore, of parts of the job */
  guint64 first, end; /* clips, of the part that is done */
  guint64 done;
  guint64 unseen; /* clips whose predicted frames have no picture any more */
} Predict;

static void
predict_clear (Predict *predict)
{
  g_clear_pointer (&predict->shares, g_ptr_array_unref);
  g_clear_pointer (&predict->store, nf_predict_store_free);
  g_clear_pointer (&predict->settings, json_object_unref);
  g_clear_pointer (&predict->models, nf_eval_models_free);
  g_clear_pointer (&predict->clips, nf_predict_clips_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Predict, predict_clear)

/* All that decides what a clip's mask is. */
static void
describe (Predict *predict)
{
  const NfPredictOptions *options = predict->options;
  g_autofree gchar *series = nf_clip_source_series (options->data);
  g_autofree gchar *shown = g_filename_display_name (series);
  JsonObject *settings = json_object_new ();

  predict->settings = settings;
  json_object_set_string_member (settings, "program", NF_VERSION);
  json_object_set_string_member (settings, "data", shown);
  if (nf_clip_source_is_folder (options->data))
    json_object_set_string_member (settings, "split", options->split);
  json_object_set_string_member (settings, "row", options->row->name);
  json_object_set_int_member (settings, "width", predict->clips->width);
  json_object_set_int_member (settings, "height", predict->clips->height);
  nf_eval_models_describe (predict->models, settings);
}

static gsize
mask_bytes (const Predict *predict)
{
  return (gsize) predict->clips->width * predict->clips->height;
}

/* Opens what parts of the job have done; no part may go on meanwhile. */
static gboolean
open_shares (Predict *predict, GError **error)
{
  g_autoptr (GPtrArray) folders = NULL;

  if (nf_share_is_part (&predict->options->share))
    return TRUE;
  folders = nf_share_folders (predict->options->out, error);
  for (guint i = 0; folders && i < folders->len; i++) {
    NfPredictStore *store = nf_predict_store_open (
        folders->pdata[i], predict->settings, mask_bytes (predict), error);

    if (!store)
      return FALSE;
    g_ptr_array_add (predict->shares, store);
  }
  return folders != NULL;
}

static gboolean
predict_open (Predict *predict, GError **error)
{
  const NfPredictOptions *options = predict->options;
  g_autofree gchar *folder = nf_share_folder (&options->share, options->out);

  predict->shares =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_predict_store_free);
  predict->clips = nf_predict_clips_open (options, error);
  if (!predict->clips
      || (options->on_error == NF_PREDICT_STOP
          && !nf_predict_clips_check (predict->clips, error)))
    return FALSE;
  predict->models = nf_eval_models_load (
      &options->networks, options->row->needs, TRUE, error);
  if (!predict->models)
    return FALSE;
  describe (predict);
  nf_share_range (&options->share, predict->clips->clips->len, &predict->first,
      &predict->end);
  /* what is refused for what parts did leaves no folder of the whole behind */
  if (!open_shares (predict, error))
    return FALSE;
  predict->store = nf_predict_store_open (
      folder, predict->settings, mask_bytes (predict), error);
  return predict->store != NULL;
}

/* The store that has a clip's mask; (nullable). */
static const NfPredictStore *
find_mask (const Predict *predict, guint64 clip)
{
  if (nf_predict_store_has (predict->store, clip))
    return predict->store;
  for (guint i = 0; i < predict->shares->len; i++)
    if (nf_predict_store_has (predict->shares->pdata[i], clip))
      return predict->shares->pdata[i];
  return NULL;
}

/* Makes the mask of a clip, and keeps it. A fault of the clip is in @fault. */
static gboolean
make_mask (Predict *predict, NfEvalClip *place, NfEvalOutput *output,
    const NfPredictClip *clip, GError **fault, GError **error)
{
  const NfPredictOptions *options = predict->options;
  const gsize pixels = mask_bytes (predict);
  const guint8 *mask;
  GError *cause = NULL;

  if (!nf_eval_clip_open_context (place, clip->index, clip->number, &cause)) {
    g_propagate_error (nf_clip_is_bad (cause) ? fault : error, cause);
    return FALSE;
  }
  if (!nf_eval_row_make (options->row, place, FALSE, output, error))
    return FALSE;
  mask = output->masks + pixels * LAST;
  return (!options->png
             || nf_predict_output_pictures (options, predict->clips, clip, mask,
                 output->has_frame[LAST] ? output->frames + 3 * pixels * LAST
                                         : NULL,
                 error))
      && nf_predict_store_add (predict->store, clip->number, mask, error);
}

/* Draws a mask that was made without its picture. The predicted frame, where the
 * row has one, is not kept. */
static gboolean
draw_kept (Predict *predict, const NfPredictStore *store,
    const NfPredictClip *clip, GError **error)
{
  const NfPredictOptions *options = predict->options;
  g_autofree guint8 *mask = NULL;

  if (!options->png)
    return TRUE;
  predict->unseen += options->row->needs & NF_EVAL_NEEDS_PREDICTOR
      && !nf_predict_output_has_picture (
          options, clip, NF_PREDICT_PICTURE_FRAME);
  if (nf_predict_output_has_picture (options, clip, NF_PREDICT_PICTURE_MASK))
    return TRUE;
  mask = g_try_malloc (mask_bytes (predict));
  if (!mask) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for a mask of %dx%d pixels", predict->clips->width,
        predict->clips->height);
    return FALSE;
  }
  return nf_predict_store_get (store, clip->number, mask, error)
      && nf_predict_output_pictures (
          options, predict->clips, clip, mask, NULL, error);
}

/* A clip that cannot be predicted. */
static gboolean
do_without (Predict *predict, NfProgress *progress, const NfPredictClip *clip,
    const gchar *why, GError **error)
{
  g_autofree gchar *text = g_strdup_printf ("warning: %s %s: %s", clip->name,
      predict->options->on_error == NF_PREDICT_SKIP ? "is left out"
                                                    : "is background",
      why);

  if (predict->options->on_error == NF_PREDICT_STOP) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: %s; restore the clip, and the same command goes on, or choose "
        "--on-error skip or fill",
        clip->name, why);
    return FALSE;
  }
  nf_progress_message (progress, text);
  return nf_predict_store_add_wrong (predict->store, clip->number, why, error);
}

static gboolean
do_clip (Predict *predict, NfProgress *progress, NfEvalClip *place,
    NfEvalOutput *output, const NfPredictClip *clip, GError **error)
{
  g_autoptr (GError) fault = NULL;

  if (clip->wrong)
    return do_without (predict, progress, clip, clip->wrong, error);
  if (make_mask (predict, place, output, clip, &fault, error))
    return TRUE;
  return fault && do_without (predict, progress, clip, fault->message, error);
}

static gboolean
do_clips (Predict *predict, NfProgress *progress, GError **error)
{
  g_autoptr (NfEvalClip) place =
      nf_eval_clip_new (predict->clips->source, predict->models);
  g_autoptr (NfEvalOutput) output = nf_eval_output_new ();
  gboolean ok = TRUE;

  for (guint64 i = predict->first; ok && i < predict->end; i++) {
    const NfPredictClip *clip = predict->clips->clips->pdata[i];
    const NfPredictStore *store = find_mask (predict, clip->number);

    if (nf_interrupt_requested ())
      break;
    ok = store ? draw_kept (predict, store, clip, error)
               : do_clip (predict, progress, place, output, clip, error);
    predict->done += ok;
    if (ok)
      nf_progress_clip (progress, predict->done);
  }
  return ok && nf_predict_store_sync (predict->store, error);
}

static gboolean
get_mask (gpointer data, const NfPredictClip *clip, guint8 *mask,
    const gchar **wrong, GError **error)
{
  const Predict *predict = data;
  const NfPredictStore *store = find_mask (predict, clip->number);

  if (store)
    return nf_predict_store_get (store, clip->number, mask, error);
  *wrong = nf_predict_store_wrong (predict->store, clip->number);
  return TRUE;
}

/* Says of how many clips there are no pictures that were asked for. */
static void
tell_unseen (const Predict *predict, NfProgress *progress)
{
  g_autofree gchar *text = NULL;

  if (predict->unseen == 0)
    return;
  text = g_strdup_printf ("warning: no pictures of the predicted frames of "
                          "%" G_GUINT64_FORMAT " clips, whose masks were made "
                          "without --png; the same command with another --out "
                          "predicts them again",
      predict->unseen);
  nf_progress_message (progress, text);
}

/* Writes the array, where the job is all done, and says what there is. */
static gboolean
finish (Predict *predict, NfProgress *progress, GError **error)
{
  const NfPredictOptions *options = predict->options;
  const guint64 n = predict->end - predict->first;
  g_autofree gchar *text = NULL;
  guint64 rows = 0;

  if (predict->done < n)
    text = g_strdup_printf ("interrupted after %" G_GUINT64_FORMAT
                            " of %" G_GUINT64_FORMAT
                            " clips; the same command goes on",
        predict->done, n);
  else if (nf_share_is_part (&options->share))
    text = g_strdup_printf ("part %u of %u is done; once all are, the same "
                            "command without --shard writes masks.npy",
        options->share.index + 1, options->share.count);
  else if (!nf_predict_output_write (
               options, predict->clips, get_mask, predict, &rows, error))
    return FALSE;
  else
    text = g_strdup_printf ("done: %s/masks.npy, %" G_GUINT64_FORMAT
                            " masks of %dx%d of %" G_GUINT64_FORMAT
                            " clips, and index.csv",
        options->out, rows, predict->clips->width, predict->clips->height, n);
  tell_unseen (predict, progress);
  nf_progress_message (progress, text);
  return TRUE;
}

/* What every part of a prediction is made with. */
typedef struct
{
  const NfPredictOptions *options;
  FILE *log;
} Job;

/* Predicts the part that the options name. */
static gboolean
predict_part (gpointer data, GError **error)
{
  const Job *job = data;
  g_auto (Predict) predict = { job->options };
  g_autoptr (NfProgress) progress = NULL;
  guint64 n;

  if (!predict_open (&predict, error))
    return FALSE;
  n = predict.end - predict.first;
  progress = nf_progress_new (job->log, 0, n, MAX (1, n / 100));
  return do_clips (&predict, progress, error)
      && finish (&predict, progress, error);
}

/**
 * nf_predict_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Predicts as the command line says, together with others where mpirun or srun
 * started several processes. Being interrupted is no error.
 */
gboolean
nf_predict_main (gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfPredictOptions) options =
      nf_predict_options_parse (argc, argv, error);
  g_autoptr (NfParallel) parallel = NULL;
  Job job = { options };

  if (!options || !gst_init_check (NULL, NULL, error)
      || !nf_parallel_join (&parallel, error))
    return FALSE;
  nf_threads_set (options->networks.threads);
  nf_eval_network_options_set_process (&options->networks, parallel);
  job.log = nf_parallel_log (parallel);
  nf_interrupt_install ();
  return nf_parallel_end (parallel,
      nf_parallel_do_parts (parallel, &options->share, predict_part, &job,
          nf_interrupt_requested, error),
      error);
}
