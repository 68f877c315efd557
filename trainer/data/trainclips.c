/* SPDX-License-Identifier: MIT
 *
 * trainclips — the clips that a training's settings name */
#include "data/trainclips.h"
#include "io/nfclip.h"
#include <nextframe/metrics/nfclasses.h>

#include <glib/gstdio.h>

/* Whether the clips' masks are what a network learns to predict. */
static gboolean
predicts_masks (const NfTrainConfig *config)
{
  return config->kind == NF_TRAIN_DIFFUSION
      && g_str_equal (config->data.frames, "masks");
}

static NfDatasetOptions
dataset_options (const NfTrainConfig *config, gboolean masks)
{
  const NfConfigData *data = &config->data;
  NfDatasetOptions options = {
    .splits = data->splits,
    .masks =
        masks || predicts_masks (config) ? NF_MASKS_REQUIRED : NF_MASKS_NONE,
    .classes = config->kind == NF_TRAIN_DIFFUSION ? NF_N_CLASSES
                                                  : config->segment.classes,
    .max_clips = data->max_clips,
    .cache_bytes = (gsize) data->cache << 20,
  };

  if (config->kind == NF_TRAIN_DIFFUSION) {
    options.height = config->diffusion.scene_size.v[0];
    options.width = config->diffusion.scene_size.v[1];
  }
  return options;
}

/**
 * nf_train_clips_open:
 * @config: settings: what data, and how many classes there are
 * @masks: whether masks are needed
 * @bad: (nullable): hears of clips that cannot be opened, which are left out;
 *   %NULL: they are an error
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a source of at least one clip
 */
NfClipSource *
nf_train_clips_open (const NfTrainConfig *config, gboolean masks,
    NfBadClips *bad, GError **error)
{
  NfDatasetOptions options = dataset_options (config, masks);
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  NfClipSource *source;

  if (bad)
    options.left_out = left_out;
  source = nf_clip_source_open (config->data.path, &options, error);
  for (guint i = 0; source && i < left_out->len; i++)
    nf_bad_clips_add (bad, left_out->pdata[i]);
  return source;
}

/**
 * nf_train_clips_open_held_out:
 * @config: settings: what data, how many classes there are, and how many clips
 *   to validate by
 * @masks: whether masks are needed
 * @source: (out) (transfer full) (nullable): clips that are not trained on:
 *   those of val/, or scenes of a seed that no location can name; %NULL where
 *   the folder has none, or trains on them
 * @error: return location
 */
gboolean
nf_train_clips_open_held_out (const NfTrainConfig *config, gboolean masks,
    NfClipSource **source, GError **error)
{
  NfDatasetOptions options = dataset_options (config, masks);

  return nf_clip_source_open_held_out (
      config->data.path, &options, config->validate.clips, source, error);
}

/* Clips that threads read one after another. */
typedef struct
{
  NfClipSource *source;
  gint next; /* atomic */
  GMutex lock;
  /* under the lock */
  GPtrArray *found; /* (element-type utf8): what is wrong with clips */
  GError *failed; /* (nullable): why reading failed, by no clip's fault */
} Check;

static gpointer
check_thread (gpointer data)
{
  Check *check = data;
  g_autoptr (NfClipReader) reader = nf_clip_reader_new (check->source);
  const guint n = nf_clip_source_n_clips (check->source);
  guint clip;

  while ((clip = (guint) g_atomic_int_add (&check->next, 1)) < n) {
    g_autoptr (GError) error = NULL;

    if (nf_clip_reader_open (reader, clip, &error))
      continue;
    g_mutex_lock (&check->lock);
    if (nf_clip_is_bad (error))
      g_ptr_array_add (check->found, g_strdup (error->message));
    else if (!check->failed)
      check->failed = g_steal_pointer (&error);
    g_mutex_unlock (&check->lock);
  }
  return NULL;
}

static gint
compare_messages (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(gchar *const *) a, *(gchar *const *) b);
}

/* What is wrong with the clips, all of them. */
static gboolean
fail_all (GPtrArray *found, GError **error)
{
  g_autofree gchar *lines = NULL;

  g_ptr_array_add (found, NULL);
  lines = g_strjoinv ("\n  ", (gchar **) found->pdata);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%u clips cannot be used; mend or remove them, or leave them out with "
      "data.bad-clips=skip:\n  %s",
      found->len - 1, lines);
  return FALSE;
}

/**
 * nf_train_clips_check:
 * @source: clips; if they have no end, nothing is done
 * @threads: how many read them side by side, at least 1
 * @bad: (nullable): hears of clips that cannot be read; %NULL: they are an error
 * @error: return location; names all of them
 *
 * Reads every clip once.
 */
gboolean
nf_train_clips_check (
    NfClipSource *source, guint threads, NfBadClips *bad, GError **error)
{
  Check check = { source };
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  check.found = found;
  g_mutex_init (&check.lock);
  for (guint i = 1; i < threads; i++)
    g_ptr_array_add (others, g_thread_new ("check", check_thread, &check));
  check_thread (&check);
  for (guint i = 0; i < others->len; i++)
    g_thread_join (others->pdata[i]);
  g_mutex_clear (&check.lock);
  if (check.failed) {
    g_propagate_error (error, check.failed);
    return FALSE;
  }
  g_ptr_array_sort (found, compare_messages);
  if (found->len > 0 && !bad)
    return fail_all (found, error);
  for (guint i = 0; i < found->len; i++)
    nf_bad_clips_add (bad, found->pdata[i]);
  return TRUE;
}

static guint64
file_size (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  GStatBuf facts;

  return g_stat (path, &facts) == 0 ? (guint64) facts.st_size : 0;
}

/**
 * nf_train_clips_identity:
 * @config: settings
 * @source: the clips that they name
 *
 * Tells clips of a folder from others without reading them: by their names,
 * frames and sizes, and the sizes of the first frame's and the mask's file. The
 * folder may lie elsewhere.
 *
 * Returns: (transfer full) (nullable): a text that other clips do not have;
 *   %NULL where the location itself says which clips there are
 */
gchar *
nf_train_clips_identity (
    const NfTrainConfig *config, const NfClipSource *source)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const guint n = nf_clip_source_n_clips (source);

  if (!nf_clip_source_is_folder (config->data.path))
    return NULL;
  for (guint i = 0; i < n; i++) {
    const gchar *place = source->klass->place (source, i);
    g_autofree gchar *name = nf_clip_source_clip_name (source, i);
    g_autofree gchar *line = NULL;
    NfClipShape shape;

    nf_clip_source_shape (source, i, &shape);
    line = g_strdup_printf ("%s %u %dx%d %" G_GUINT64_FORMAT
                            " %" G_GUINT64_FORMAT "\n",
        name, shape.n_frames, shape.width, shape.height,
        file_size (place, "image_0.png"), file_size (place, "mask.npy"));
    g_checksum_update (sum, (const guchar *) line, -1);
  }
  return g_strdup_printf ("%u clips %s", n, g_checksum_get_string (sum));
}
