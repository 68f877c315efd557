/* SPDX-License-Identifier: MIT
 *
 * scenefolder — writes a data set of synthetic clips */
#include "synth/scenefolder.h"
#include "clips/nfscenes.h"
#include <nextframe/core/threads/nfthreads.h>
#include "io/nfclipwriter.h"
#include "io/nffile.h"
#include "synth/sceneparts.h"
#include "synth/scenerecord.h"
#include "train/report.h"

#define POLL_INTERVAL (G_USEC_PER_SEC / 10)

/* What the threads share. */
typedef struct
{
  const NfSynthOptions *options;
  NfClipSource *source;
  gchar *folder; /* of the data set, or of the options' part of it */
  guint64 total; /* clips that belong there */
  gint stop; /* atomic: threads are to end as soon as they can */

  GMutex lock;
  GCond changed;
  /* the rest under the lock */
  guint64 next; /* clip that no thread has taken */
  guint64 end; /* after the last clip of this process */
  guint64 done, kept;
  guint running; /* threads */
  GError *error; /* the first one */
} Work;

/* Where a clip goes, and what is written of it. */
typedef struct
{
  gchar *name; /* SPLIT/video_N */
  gchar *folder;
  NfClipShape shape;
} Place;

static void
place_clear (Place *place)
{
  g_free (place->name);
  g_free (place->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static void
find_place (const Work *work, guint64 clip, Place *place)
{
  const NfSynthOptions *options = work->options;
  guint frames = options->scenes.clip.frames;
  guint64 first = 0;
  guint split = 0;

  while (clip >= first + options->n_clips[split])
    first += options->n_clips[split++];
  place->name = g_strdup_printf (
      "%s/video_%" G_GUINT64_FORMAT, nf_synth_splits[split], clip);
  place->folder = g_build_filename (work->folder, place->name, NULL);
  place->shape.n_frames = split == NF_SYNTH_HIDDEN ? (frames + 1) / 2 : frames;
  place->shape.width = options->scenes.width;
  place->shape.height = options->scenes.height;
  place->shape.masks = split == NF_SYNTH_TRAIN || split == NF_SYNTH_VAL;
}

/* Renders and writes a clip; FALSE without an error where it was stopped. */
static gboolean
write_clip (Work *work, NfClipReader *reader, guint64 clip, const Place *place,
    GError **error)
{
  g_autoptr (NfClipWriter) writer = NULL;

  if (!nf_clip_reader_open (reader, clip, error))
    return FALSE;
  writer = nf_clip_writer_new (place->folder, &place->shape, error);
  if (!writer)
    return FALSE;
  for (guint t = 0; t < place->shape.n_frames; t++) {
    NfFrame frame;

    if (g_atomic_int_get (&work->stop))
      return FALSE;
    nf_clip_reader_frame (reader, t, &frame);
    if (!nf_clip_writer_add (writer, frame.rgb, frame.mask, error))
      return FALSE;
  }
  return nf_clip_writer_finish (writer, error);
}

/* Takes the next clip; FALSE where there is nothing left to do. */
static gboolean
take_clip (Work *work, guint64 *clip)
{
  gboolean taken;

  g_mutex_lock (&work->lock);
  taken = work->next < work->end && !g_atomic_int_get (&work->stop);
  if (taken)
    *clip = work->next++;
  g_mutex_unlock (&work->lock);
  return taken;
}

static void
note_clip (Work *work, gboolean kept, gboolean good, GError *error)
{
  g_mutex_lock (&work->lock);
  work->done += good;
  work->kept += kept;
  if (error && !work->error)
    work->error = error;
  else
    g_clear_error (&error);
  if (!good)
    g_atomic_int_set (&work->stop, TRUE);
  g_cond_signal (&work->changed);
  g_mutex_unlock (&work->lock);
}

static gpointer
work_thread (gpointer data)
{
  Work *work = data;
  g_autoptr (NfClipReader) reader = nf_clip_reader_new (work->source);
  guint64 clip;

  while (take_clip (work, &clip)) {
    g_auto (Place) place = { NULL };
    GError *error = NULL;
    gboolean kept, good;

    find_place (work, clip, &place);
    kept = nf_clip_is_whole (place.folder, &place.shape);
    good = kept || write_clip (work, reader, clip, &place, &error);
    note_clip (work, kept, good, error);
  }
  g_mutex_lock (&work->lock);
  work->running--;
  g_cond_signal (&work->changed);
  g_mutex_unlock (&work->lock);
  return NULL;
}

/* Shows how far the threads are until they end. */
static void
watch (Work *work, NfProgress *progress)
{
  guint64 shown = 0;
  gboolean running = TRUE;

  while (running) {
    guint64 done;

    g_mutex_lock (&work->lock);
    if (work->running > 0 && work->done == shown)
      g_cond_wait_until (
          &work->changed, &work->lock, g_get_monotonic_time () + POLL_INTERVAL);
    done = work->done;
    running = work->running > 0;
    g_mutex_unlock (&work->lock);
    if (nf_interrupt_requested ())
      g_atomic_int_set (&work->stop, TRUE);
    while (shown < done)
      nf_progress_clip (progress, ++shown);
  }
}

static void
run_threads (Work *work, NfProgress *progress)
{
  guint n = work->options->threads ? work->options->threads
                                   : nf_threads_physical_cores ();
  GThread **threads;

  n = MIN (n, work->end - work->next);
  threads = g_new (GThread *, n);
  work->running = n;
  for (guint i = 0; i < n; i++)
    threads[i] = g_thread_new ("synth", work_thread, work);
  watch (work, progress);
  for (guint i = 0; i < n; i++)
    g_thread_join (threads[i]);
  g_free (threads);
}

static gboolean
make_splits (const Work *work, GError **error)
{
  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++) {
    g_autofree gchar *folder =
        g_build_filename (work->folder, nf_synth_splits[i], NULL);

    if (work->options->n_clips[i] > 0
        && g_mkdir_with_parents (folder, 0777) != 0)
      return nf_file_fail (folder, "make the folder", error);
  }
  return TRUE;
}

/* Adds up what all processes did; where one failed, all do. */
static gboolean
add_up (Work *work, NfParallel *parallel, GError **error)
{
  gdouble counts[] = { (gdouble) work->done, (gdouble) work->kept };
  const gboolean ok = work->error == NULL;

  nf_parallel_sum (parallel, counts, G_N_ELEMENTS (counts));
  work->done = (guint64) counts[0];
  work->kept = (guint64) counts[1];
  if (!ok)
    g_propagate_prefixed_error (error, g_steal_pointer (&work->error),
        "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " clips are there; once this is put right, the same command goes on: ",
        work->done, work->total);
  return nf_parallel_settle (parallel, ok, error);
}

/* Says how it ended, and how to go on. */
static void
conclude (const Work *work, NfProgress *progress)
{
  const NfShare *share = &work->options->share;
  g_autofree gchar *text = NULL;

  if (work->done == work->total && nf_share_is_part (share))
    text = g_strdup_printf ("part %u of %u is done; once all are, the same "
                            "command without --shard brings them together",
        share->index + 1, share->count);
  else if (work->done == work->total)
    text = g_strdup_printf ("done: %s, %" G_GUINT64_FORMAT
                            " clips, %" G_GUINT64_FORMAT " of them from before",
        work->folder, work->total, work->kept);
  else
    text = g_strdup_printf ("interrupted, %" G_GUINT64_FORMAT
                            " of %" G_GUINT64_FORMAT
                            " clips are in %s; the same command goes on",
        work->done, work->total, work->folder);
  nf_progress_message (progress, text);
}

/* Makes the folder fit to be written to: by one process for all. */
static gboolean
prepare (const Work *work, NfSceneRecord **record, GError **error)
{
  const NfSynthOptions *options = work->options;

  *record = nf_scene_record_open (options, error);
  return *record && make_splits (work, error)
      && (nf_share_is_part (&options->share)
          || nf_scene_parts_take (options, error));
}

/* Which clips belong into the folder, and which of them are this process's. */
static void
share_clips (Work *work, const NfParallel *parallel)
{
  const NfShare mine = nf_parallel_share (parallel);
  guint64 all = 0, first, end;

  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++)
    all += work->options->n_clips[i];
  nf_share_range (&work->options->share, all, &first, &end);
  work->total = end - first;
  nf_share_range (&mine, work->total, &work->next, &work->end);
  work->next += first;
  work->end += first;
}

/**
 * nf_scene_folder_write:
 * @options: what to make, and where
 * @parallel: (nullable): a job, each of whose processes writes its part
 * @log: where progress goes
 * @error: return location
 *
 * Writes the clips that are not there yet, those of the options' part into its
 * folder; the whole takes what parts have done. A clip's folder is whole, or not
 * there. Being interrupted is no error.
 */
gboolean
nf_scene_folder_write (const NfSynthOptions *options, NfParallel *parallel,
    FILE *log, GError **error)
{
  g_autofree gchar *folder = nf_share_folder (&options->share, options->out);
  g_autoptr (NfSceneRecord) record = NULL;
  g_autoptr (NfProgress) progress = NULL;
  g_autoptr (NfClipSource) source =
      nf_clip_source_new_scenes (&options->scenes);
  Work work = { .options = options, .source = source, .folder = folder };
  gboolean good;

  if (!nf_parallel_settle (parallel,
          !nf_parallel_is_first (parallel) || prepare (&work, &record, error),
          error))
    return FALSE;
  share_clips (&work, parallel);
  progress = nf_progress_new (
      log, 0, work.end - work.next, MAX (1, (work.end - work.next) / 100));
  g_mutex_init (&work.lock);
  g_cond_init (&work.changed);
  run_threads (&work, progress);
  good = add_up (&work, parallel, error)
      && nf_parallel_settle (
          parallel, nf_file_sync_all (work.folder, error), error);
  if (good)
    conclude (&work, progress);
  g_cond_clear (&work.changed);
  g_mutex_clear (&work.lock);
  return good;
}
