/* SPDX-License-Identifier: MIT
 *
 * nfdataset — a folder of clips, and the order in which training sees them
 *
 * Clips stay in memory when they are not in use any more; the least recently
 * used one is freed first. */
#include "io/nfdataset.h"
#include <nextframe/core/random/nfrng.h>

#include <string.h>

struct _NfDataset
{
  gchar *path;
  NfDatasetOptions options; /* splits and left_out are not kept */
  GPtrArray *infos; /* NfClipInfo */

  GMutex lock;
  /* the rest under the lock */
  NfClip **clips; /* by index; NULL where not in memory */
  GQueue recent; /* indices of those in memory, newest first */
  gsize bytes; /* of those in memory */
};

struct _NfOrder
{
  guint64 seed;
  guint64 epoch;
  guint n_items;
  guint *items;
};

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

/* The numbers of the clips in a split's folder, sorted; NULL if the folder
 * cannot be read. */
static GArray *
list_clips (const gchar *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  GArray *numbers;
  const gchar *name;

  if (!dir)
    return NULL;
  numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  while ((name = g_dir_read_name (dir))) {
    gint64 number = nf_clip_name_number (name, "video_", "");

    if (number >= 0)
      g_array_append_val (numbers, number);
  }
  g_array_sort (numbers, compare_numbers);
  return numbers;
}

static gboolean
add_split (
    NfDataset *dataset, const gchar *split, GPtrArray *left_out, GError **error)
{
  g_autofree gchar *folder = g_build_filename (dataset->path, split, NULL);
  g_autoptr (GArray) numbers = NULL;
  guint64 max = dataset->options.max_clips;

  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  numbers = list_clips (folder, error);
  if (!numbers)
    return FALSE;
  for (guint i = 0; i < numbers->len; i++) {
    g_autofree gchar *name = g_strdup_printf ("%s/video_%" G_GINT64_FORMAT,
        split, g_array_index (numbers, gint64, i));
    g_autofree gchar *clip = g_build_filename (dataset->path, name, NULL);
    g_autoptr (GError) cause = NULL;
    NfClipInfo *info;

    if (max && dataset->infos->len >= max)
      return TRUE;
    info = nf_clip_info_new (
        clip, name, dataset->options.masks == NF_MASKS_REQUIRED, &cause);
    if (info) {
      g_ptr_array_add (dataset->infos, info);
    } else if (left_out && nf_clip_is_bad (cause)) {
      g_ptr_array_add (left_out, g_strdup (cause->message));
    } else {
      g_propagate_error (error, g_steal_pointer (&cause));
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * nf_dataset_open:
 * @path: the folder that holds the splits
 * @options: what to read
 * @error: return location; names the file, what was expected and found there,
 *   and what to do
 *
 * Returns: (transfer full) (nullable): at least one clip
 */
NfDataset *
nf_dataset_open (
    const gchar *path, const NfDatasetOptions *options, GError **error)
{
  g_autoptr (NfDataset) dataset = NULL;
  g_auto (GStrv) splits = g_strsplit (options->splits, " ", -1);

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: no such folder; give the one that holds train/, val/, unlabeled/ "
        "or hidden/",
        path);
    return NULL;
  }
  dataset = g_new0 (NfDataset, 1);
  g_mutex_init (&dataset->lock);
  dataset->path = g_strdup (path);
  dataset->options = *options;
  dataset->options.splits = NULL;
  dataset->options.left_out = NULL;
  dataset->infos =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_clip_info_free);
  for (guint i = 0; splits[i]; i++)
    if (!add_split (dataset, splits[i], options->left_out, error))
      return NULL;
  if (dataset->infos->len == 0 && options->left_out
      && options->left_out->len > 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: none of the %u clips can be used; the first one: %s", path,
        options->left_out->len, (const gchar *) options->left_out->pdata[0]);
    return NULL;
  }
  if (dataset->infos->len == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: expected clips as SPLIT/video_N/image_0.png with SPLIT one of "
        "\"%s\", found none; give the folder above the splits, or the names of "
        "splits that it has",
        path, options->splits);
    return NULL;
  }
  dataset->clips = g_new0 (NfClip *, dataset->infos->len);
  return g_steal_pointer (&dataset);
}

/**
 * nf_dataset_free:
 * @dataset: (transfer full) (nullable): a data set
 */
void
nf_dataset_free (NfDataset *dataset)
{
  if (!dataset)
    return;
  while (!g_queue_is_empty (&dataset->recent)) {
    guint index = GPOINTER_TO_UINT (g_queue_pop_head (&dataset->recent));

    nf_clip_unref (dataset->clips[index]);
  }
  g_mutex_clear (&dataset->lock);
  g_ptr_array_unref (dataset->infos);
  g_free (dataset->clips);
  g_free (dataset->path);
  g_free (dataset);
}

/**
 * nf_dataset_n_clips:
 * @dataset: a data set
 *
 * Returns: how many clips it has, at least 1
 */
guint
nf_dataset_n_clips (const NfDataset *dataset)
{
  return dataset->infos->len;
}

/**
 * nf_dataset_clip_info:
 * @dataset: a data set
 * @index: below nf_dataset_n_clips(); in the order of the splits asked for,
 *   and of N in video_N
 *
 * Returns: (transfer none): what is known of that clip
 */
const NfClipInfo *
nf_dataset_clip_info (const NfDataset *dataset, guint index)
{
  g_return_val_if_fail (index < dataset->infos->len, NULL);
  return dataset->infos->pdata[index];
}

/* Lets go of the least recently used clips until the rest fits. Under the
 * lock. */
static void
shrink_cache (NfDataset *dataset)
{
  while (dataset->bytes > dataset->options.cache_bytes) {
    guint index = GPOINTER_TO_UINT (g_queue_pop_tail (&dataset->recent));

    dataset->bytes -= nf_clip_bytes (dataset->clips[index]);
    g_clear_pointer (&dataset->clips[index], nf_clip_unref);
  }
}

/* The clip, if it is in memory. */
static NfClip *
find_clip (NfDataset *dataset, guint index)
{
  gpointer key = GUINT_TO_POINTER (index);
  NfClip *clip;

  g_mutex_lock (&dataset->lock);
  clip = dataset->clips[index];
  if (clip) {
    nf_clip_ref (clip);
    g_queue_remove (&dataset->recent, key);
    g_queue_push_head (&dataset->recent, key);
  }
  g_mutex_unlock (&dataset->lock);
  return clip;
}

/* Keeps a clip in memory, unless another thread has brought it meanwhile. */
static void
keep_clip (NfDataset *dataset, guint index, NfClip *clip)
{
  g_mutex_lock (&dataset->lock);
  if (!dataset->clips[index]) {
    dataset->clips[index] = nf_clip_ref (clip);
    dataset->bytes += nf_clip_bytes (clip);
    g_queue_push_head (&dataset->recent, GUINT_TO_POINTER (index));
    shrink_cache (dataset);
  }
  g_mutex_unlock (&dataset->lock);
}

/**
 * nf_dataset_load_clip:
 * @dataset: a data set
 * @index: below nf_dataset_n_clips()
 * @error: return location
 *
 * May be called by several threads at once; they read side by side.
 *
 * Returns: (transfer full) (nullable): the clip, from memory if it is there
 */
NfClip *
nf_dataset_load_clip (NfDataset *dataset, guint index, GError **error)
{
  const NfDatasetOptions *options = &dataset->options;
  const NfClipInfo *info;
  NfClip *clip;

  g_return_val_if_fail (index < dataset->infos->len, NULL);
  info = dataset->infos->pdata[index];
  clip = find_clip (dataset, index);
  if (clip)
    return clip;
  clip = nf_clip_load (info,
      options->masks == NF_MASKS_REQUIRED
          || (options->masks == NF_MASKS_PRESENT && info->has_mask),
      options->classes, error);
  if (clip)
    keep_clip (dataset, index, clip);
  return clip;
}

static void
shuffle_epoch (NfOrder *order, guint64 epoch)
{
  NfRngKey key = {
    .seed = order->seed, .stream = epoch, .purpose = NF_RNG_SHUFFLE
  };

  order->epoch = epoch;
  nf_rng_shuffle (&key, order->n_items, order->items);
}

/**
 * nf_order_new:
 * @seed: of the run
 * @n_items: items of an epoch, at least 1
 *
 * Returns: (transfer full): the order of items for every epoch
 */
NfOrder *
nf_order_new (guint64 seed, guint n_items)
{
  NfOrder *order = g_new0 (NfOrder, 1);

  order->seed = seed;
  order->n_items = n_items;
  order->items = g_new (guint, n_items);
  shuffle_epoch (order, 0);
  return order;
}

/**
 * nf_order_free:
 * @order: (transfer full) (nullable): an order
 */
void
nf_order_free (NfOrder *order)
{
  if (!order)
    return;
  g_free (order->items);
  g_free (order);
}

/**
 * nf_order_item:
 * @order: an order
 * @sample: number of the training sample, from 0 and on through all epochs
 *
 * Every epoch has each item once. The answer depends on the seed, the number of
 * items and @sample alone, so a resumed run goes on where it was.
 *
 * Returns: the item, below the number of items
 */
guint
nf_order_item (NfOrder *order, guint64 sample)
{
  guint64 epoch = sample / order->n_items;

  if (epoch != order->epoch)
    shuffle_epoch (order, epoch);
  return order->items[sample % order->n_items];
}
