/* SPDX-License-Identifier: MIT
 *
 * clips — the clips whose masks are predicted, in the order of their numbers */
#include "predict/clips.h"

#include <stdlib.h>
#include <string.h>

#define MOST_NAMED 5 /* clips that an error names */

static void
clip_free (NfPredictClip *clip)
{
  g_free (clip->name);
  g_free (clip->wrong);
  g_free (clip);
}

/**
 * nf_predict_clips_free:
 * @clips: (transfer full) (nullable): clips
 */
void
nf_predict_clips_free (NfPredictClips *clips)
{
  if (!clips)
    return;
  g_ptr_array_unref (clips->clips);
  nf_clip_source_free (clips->source);
  g_free (clips);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

/* The numbers of the folders that are in the split, sorted. */
static GArray *
list_folders (const NfPredictOptions *options, GError **error)
{
  g_autofree gchar *folder =
      g_build_filename (options->data, options->split, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GArray *numbers;
  const gchar *name;

  if (!dir)
    return NULL;
  numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  while ((name = g_dir_read_name (dir))) {
    gint64 number = nf_clip_name_number (name, "video_", "");

    if (number >= 0)
      g_array_append_val (numbers, number);
  }
  g_array_sort (numbers, compare_numbers);
  return numbers;
}

/* The numbers of the clips that are predicted, sorted. */
static GArray *
list_numbers (
    const NfPredictOptions *options, const NfClipSource *source, GError **error)
{
  GArray *numbers;
  guint64 first = 0, n = nf_clip_source_n_clips (source);

  if (!options->expects && nf_clip_source_is_folder (options->data))
    return list_folders (options, error);
  if (options->expects) {
    first = options->first;
    n = options->last - options->first + 1;
  }
  numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint64 i = 0; i < n; i++) {
    guint64 number = first + i;

    g_array_append_val (numbers, number);
  }
  return numbers;
}

/* Which number the clip of the source has. */
static guint64
number_of (
    const NfPredictOptions *options, const NfClipSource *source, guint64 index)
{
  g_autofree gchar *name = NULL;

  if (!nf_clip_source_is_folder (options->data))
    return index;
  name = nf_clip_source_clip_name (source, index);
  return g_ascii_strtoull (strrchr (name, '_') + 1, NULL, 10);
}

/* Why there is no clip of that number in the source. */
static gchar *
why_missing (const NfPredictOptions *options, const gchar *name)
{
  g_autofree gchar *folder = g_build_filename (options->data, name, NULL);
  g_autoptr (NfClipInfo) info = NULL;
  g_autoptr (GError) cause = NULL;

  if (!nf_clip_source_is_folder (options->data))
    return g_strdup ("there is no such scene");
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    return g_strdup_printf ("%s: no such folder", folder);
  info = nf_clip_info_new (folder, name, FALSE, &cause);
  return g_strdup (cause ? cause->message : "it came while clips were listed");
}

/* Notes how large a clip of the source is, or that it is too short. */
static void
look_at (const NfPredictClips *self, NfPredictClip *clip)
{
  NfClipShape shape;

  nf_clip_source_shape (self->source, clip->index, &shape);
  clip->width = shape.width;
  clip->height = shape.height;
  if (shape.n_frames < NF_EVAL_CONTEXT)
    clip->wrong = g_strdup_printf ("%u frames in place of the %d that are seen",
        shape.n_frames, NF_EVAL_CONTEXT);
}

static guint
size_hash (gconstpointer data)
{
  const NfPredictClip *clip = data;

  return (guint) clip->width * 65537 + (guint) clip->height;
}

static gboolean
size_equal (gconstpointer a, gconstpointer b)
{
  const NfPredictClip *x = a, *y = b;

  return x->width == y->width && x->height == y->height;
}

/* The size that most clips have which are long enough; of several such sizes, the
 * one that comes first. */
static void
choose_size (NfPredictClips *self)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (size_hash, size_equal);
  guint most = 0;

  for (guint i = 0; i < self->clips->len; i++) {
    NfPredictClip *clip = self->clips->pdata[i];
    guint count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, clip));

    if (!clip->wrong)
      g_hash_table_insert (counts, clip, GUINT_TO_POINTER (count + 1));
  }
  for (guint i = 0; i < self->clips->len; i++) {
    const NfPredictClip *clip = self->clips->pdata[i];
    guint count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, clip));

    if (clip->wrong || count <= most)
      continue;
    most = count;
    self->width = clip->width;
    self->height = clip->height;
  }
}

/* Notes which clips have another size than the array. */
static void
note_other_sizes (NfPredictClips *self)
{
  for (guint i = 0; i < self->clips->len; i++) {
    NfPredictClip *clip = self->clips->pdata[i];

    if (!clip->wrong
        && (clip->width != self->width || clip->height != self->height))
      clip->wrong = g_strdup_printf (
          "frames of %dx%d, where all masks of the array are of %dx%d (the "
          "size "
          "of most clips; of several such sizes, the one that comes first)",
          clip->width, clip->height, self->width, self->height);
  }
}

static void
add_clip (NfPredictClips *self, const NfPredictOptions *options, guint64 number,
    guint64 index, gboolean there)
{
  NfPredictClip *clip = g_new0 (NfPredictClip, 1);

  clip->number = number;
  clip->index = index;
  if (there) {
    clip->name = nf_clip_source_clip_name (self->source, index);
    look_at (self, clip);
  } else {
    clip->name = nf_clip_source_is_folder (options->data)
        ? g_strdup_printf (
            "%s/video_%" G_GUINT64_FORMAT, options->split, number)
        : g_strdup_printf (
            "%s, clip %" G_GUINT64_FORMAT, options->data, number);
    clip->wrong = why_missing (options, clip->name);
  }
  g_ptr_array_add (self->clips, clip);
}

/* Finds each number in the source, which is in the same order. */
static void
add_clips (NfPredictClips *self, const NfPredictOptions *options,
    const GArray *numbers)
{
  const guint64 n = nf_clip_source_n_clips (self->source);
  guint64 index = 0;

  for (guint i = 0; i < numbers->len; i++) {
    guint64 number = g_array_index (numbers, guint64, i);

    while (index < n && number_of (options, self->source, index) < number)
      index++;
    add_clip (self, options, number, index,
        index < n && number_of (options, self->source, index) == number);
  }
}

static gboolean
check_source (
    const NfPredictOptions *options, const NfClipSource *source, GError **error)
{
  if (nf_clip_source_n_clips (source) > 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s has no end; how many clips? Give --data %s:500", options->data,
      options->data);
  return FALSE;
}

/**
 * nf_predict_clips_open:
 * @options: which clips
 * @error: return location
 *
 * Looks for the clips, without reading them.
 *
 * Returns: (transfer full) (nullable): the clips; at least one can be predicted
 */
NfPredictClips *
nf_predict_clips_open (const NfPredictOptions *options, GError **error)
{
  g_autoptr (NfPredictClips) self = g_new0 (NfPredictClips, 1);
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) numbers = NULL;
  NfDatasetOptions dataset = {
    .splits = options->split, .masks = NF_MASKS_NONE, .left_out = left_out
  };

  self->clips = g_ptr_array_new_with_free_func ((GDestroyNotify) clip_free);
  self->source = nf_clip_source_open (options->data, &dataset, error);
  if (!self->source || !check_source (options, self->source, error))
    return NULL;
  numbers = list_numbers (options, self->source, error);
  if (!numbers)
    return NULL;
  add_clips (self, options, numbers);
  choose_size (self);
  note_other_sizes (self);
  if (self->width > 0)
    return g_steal_pointer (&self);
  g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
      "%s: none of the %u clips can be predicted; the first one, %s: %s",
      options->data, self->clips->len,
      ((NfPredictClip *) self->clips->pdata[0])->name,
      ((NfPredictClip *) self->clips->pdata[0])->wrong);
  return NULL;
}

/**
 * nf_predict_clips_n_wrong:
 * @clips: clips
 *
 * Returns: how many of them cannot be predicted, as far as is known
 */
guint
nf_predict_clips_n_wrong (const NfPredictClips *clips)
{
  guint n = 0;

  for (guint i = 0; i < clips->clips->len; i++)
    n += ((NfPredictClip *) clips->clips->pdata[i])->wrong != NULL;
  return n;
}

/**
 * nf_predict_clips_check:
 * @clips: clips
 * @error: return location: %NF_ERROR_FORMAT; names clips that cannot be
 *   predicted, and says what can be done
 *
 * Whether all can be predicted, as far as is known.
 */
gboolean
nf_predict_clips_check (const NfPredictClips *clips, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n = 0;

  for (guint i = 0; i < clips->clips->len; i++) {
    const NfPredictClip *clip = clips->clips->pdata[i];

    if (clip->wrong && n++ < MOST_NAMED)
      g_string_append_printf (text, "\n  %s: %s", clip->name, clip->wrong);
  }
  if (n == 0)
    return TRUE;
  if (n > MOST_NAMED)
    g_string_append_printf (text, "\n  and %u more", n - MOST_NAMED);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%u of %u clips cannot be predicted; restore them, or choose --on-error "
      "skip, which leaves their rows out, or --on-error fill, which makes them "
      "background:%s",
      n, clips->clips->len, text->str);
  return FALSE;
}
