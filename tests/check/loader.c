/* SPDX-License-Identifier: MIT
 *
 * loader — batches that threads make ahead: order, errors, ends; and the clips
 * they are made of */
#include "data/loader.h"
#include "data/trainclips.h"
#include "io/nfdataset.h"
#include "synth/synth.h"
#include "testclips.h"

#include <string.h>

#define BATCH 3

/* What the loader under test is asked to do. */
typedef struct
{
  gint n_loaded; /* atomic */
  guint64 bad_sample; /* cannot be made */
} Script;

static NfClipSource *
open_source (const gchar *path, gboolean masks, guint64 cache)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autofree gchar *set = g_strconcat ("data.path=", path, NULL);
  g_autofree gchar *size =
      g_strdup_printf ("data.cache=%" G_GUINT64_FORMAT, cache);
  g_autoptr (GError) error = NULL;
  NfClipSource *source;

  nf_train_config_set (config, set, &error);
  g_assert_no_error (error);
  nf_train_config_set (config, size, &error);
  g_assert_no_error (error);
  source = nf_train_clips_open (config, masks, NULL, &error);
  g_assert_no_error (error);
  return source;
}

/* A sample is its number and its item. */
static gboolean
load_numbers (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  Script *script = (Script *) task;

  g_atomic_int_inc (&script->n_loaded);
  if (sample % 5 == 0)
    g_usleep (500);
  if (sample == script->bad_sample) {
    g_set_error (error, NF_ERROR, NF_ERROR_IO, "sample %u", (guint) sample);
    return FALSE;
  }
  memcpy (parts[0], &sample, sizeof sample);
  memcpy (parts[1], &item, sizeof item);
  return TRUE;
}

static NfLoader *
start (NfClipSource *source, Script *script, guint n_items, guint64 n_samples,
    guint threads)
{
  NfLoaderSetup setup = { .load = load_numbers,
    .task = script,
    .part_bytes = { 8, 8 },
    .seed = 7,
    .n_items = n_items,
    .batch_size = BATCH,
    .n_samples = n_samples,
    .threads = threads };
  g_autoptr (GError) error = NULL;
  NfLoader *loader = nf_loader_new (source, &setup, &error);

  g_assert_no_error (error);
  return loader;
}

static void
check_batch (NfLoader *loader, guint64 batch, NfOrder *order)
{
  const guint8 *parts[NF_LOADER_PARTS];
  g_autoptr (GError) error = NULL;

  g_assert_true (nf_loader_get (loader, batch * BATCH, parts, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < BATCH; i++) {
    guint64 sample, item;

    memcpy (&sample, parts[0] + 8 * i, 8);
    memcpy (&item, parts[1] + 8 * i, 8);
    g_assert_cmpuint (sample, ==, batch * BATCH + i);
    g_assert_cmpuint (item, ==, order ? nf_order_item (order, sample) : sample);
  }
}

/* In order, from the middle, back again; with epochs and without. */
static void
test_order (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);
  g_autoptr (NfOrder) order = nf_order_new (7, 5);

  for (guint threads = 1; threads <= 4; threads++) {
    Script script = { .bad_sample = G_MAXUINT64 };
    g_autoptr (NfLoader) endless = start (source, &script, 0, 999, threads);
    g_autoptr (NfLoader) epochs = start (source, &script, 5, 999, threads);

    for (guint64 batch = 0; batch < 20; batch++) {
      check_batch (endless, batch, NULL);
      check_batch (epochs, batch, order);
    }
    check_batch (epochs, 19, order);
    check_batch (epochs, 4, order);
    check_batch (epochs, 100, order);
    check_batch (epochs, 101, order);
  }
}

/* No sample is made twice, and none after the last one of the run. */
static void
test_end (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);

  for (guint threads = 1; threads <= 3; threads++) {
    Script script = { .bad_sample = G_MAXUINT64 };
    g_autoptr (NfLoader) loader =
        start (source, &script, 0, 10 * BATCH, threads);

    for (guint64 batch = 0; batch < 10; batch++)
      check_batch (loader, batch, NULL);
    g_assert_cmpint (g_atomic_int_get (&script.n_loaded), ==, 10 * BATCH);
  }
}

/* Each of several processes makes its part of every batch, with the samples and
 * items that it has in the whole one, and no others. */
static void
test_shares (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);
  g_autoptr (NfOrder) order = nf_order_new (7, 5);

  for (guint index = 0; index < 3; index++) {
    Script script = { .bad_sample = G_MAXUINT64 };
    const NfLoaderSetup setup = { .load = load_numbers,
      .task = &script,
      .part_bytes = { 8, 8 },
      .seed = 7,
      .n_items = 5,
      .batch_size = BATCH,
      .n_samples = 30 * BATCH,
      .threads = 2,
      .share = { index, 3 } };
    g_autoptr (GError) error = NULL;
    g_autoptr (NfLoader) loader = nf_loader_new (source, &setup, &error);

    g_assert_no_error (error);
    for (guint64 batch = 0; batch < 10; batch++)
      check_batch (loader, 3 * batch + index, order);
    g_assert_cmpint (g_atomic_int_get (&script.n_loaded), ==, 10 * BATCH);
  }
}

/* A loader that was never asked, and one that is busy, can be freed. */
static void
test_free (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);

  for (guint i = 0; i < 20; i++) {
    Script script = { .bad_sample = G_MAXUINT64 };
    g_autoptr (NfLoader) unused = start (source, &script, 0, 999, 3);
    g_autoptr (NfLoader) busy = start (source, &script, 0, 999, 3);

    check_batch (busy, 0, NULL);
  }
}

/* An error belongs to its batch: those before it are good. */
static void
test_error (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);

  for (guint threads = 1; threads <= 3; threads++) {
    Script script = { .bad_sample = 2 * BATCH + 1 };
    g_autoptr (NfLoader) loader = start (source, &script, 0, 999, threads);
    const guint8 *parts[NF_LOADER_PARTS];
    g_autoptr (GError) error = NULL;

    check_batch (loader, 0, NULL);
    check_batch (loader, 1, NULL);
    g_assert_false (nf_loader_get (loader, 2 * BATCH, parts, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_IO);
    g_assert_cmpstr (error->message, ==, "sample 7");
    check_batch (loader, 3, NULL);
  }
}

/* Samples of the items 2 and 3, of a clip that cannot be read. */
static gboolean
load_but_two (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  if (item != 2 && item != 3)
    return load_numbers (task, reader, sample, item, parts, error);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT, "the clip of 2 and 3");
  return FALSE;
}

/* The next item that can be read takes the place of one that cannot; and the
 * clip is reported once. */
static void
test_bad_clips (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);
  g_autoptr (NfOrder) order = nf_order_new (7, 5);

  for (guint threads = 1; threads <= 3; threads++) {
    Script script = { .bad_sample = G_MAXUINT64 };
    g_autoptr (NfBadClips) bad = nf_bad_clips_new ();
    const NfLoaderSetup setup = { .load = load_but_two,
      .task = &script,
      .part_bytes = { 8, 8 },
      .seed = 7,
      .n_items = 5,
      .batch_size = BATCH,
      .n_samples = 999,
      .threads = threads,
      .bad_clips = bad };
    g_autoptr (GError) error = NULL;
    g_autoptr (NfLoader) loader = nf_loader_new (source, &setup, &error);
    g_autoptr (GPtrArray) messages = NULL;
    g_autoptr (GPtrArray) more = NULL;

    for (guint64 batch = 0; batch < 10; batch++) {
      const guint8 *parts[NF_LOADER_PARTS];

      g_assert_true (nf_loader_get (loader, batch * BATCH, parts, &error));
      for (guint i = 0; i < BATCH; i++) {
        guint64 want = nf_order_item (order, batch * BATCH + i), item;

        memcpy (&item, parts[1] + 8 * i, 8);
        g_assert_cmpuint (item, ==, want == 2 || want == 3 ? 4 : want);
      }
    }
    messages = nf_bad_clips_take (bad);
    g_assert_cmpuint (messages->len, ==, 1);
    g_assert_cmpstr (messages->pdata[0], ==, "the clip of 2 and 3");
    more = nf_bad_clips_take (bad);
    g_assert_cmpuint (more->len, ==, 0);
  }
}

/* No file could be opened, for which a clip cannot be blamed. */
static gboolean
load_too_many (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  if (item != 2)
    return load_numbers (task, reader, sample, item, parts, error);
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "too many open files");
  return FALSE;
}

static void
test_good_clips_stay (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);
  Script script = { .bad_sample = G_MAXUINT64 };
  g_autoptr (NfBadClips) bad = nf_bad_clips_new ();
  const NfLoaderSetup setup = { .load = load_too_many,
    .task = &script,
    .part_bytes = { 8, 8 },
    .seed = 7,
    .n_items = 5,
    .batch_size = BATCH,
    .n_samples = 999,
    .threads = 2,
    .bad_clips = bad };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfLoader) loader = nf_loader_new (source, &setup, &error);
  const guint8 *parts[NF_LOADER_PARTS];
  g_autoptr (GPtrArray) messages = NULL;
  guint64 batch = 0;

  while (batch < 5 && nf_loader_get (loader, batch * BATCH, parts, &error))
    batch++;
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  messages = nf_bad_clips_take (bad);
  g_assert_cmpuint (messages->len, ==, 0);
}

static void
test_too_large_fails (void)
{
  g_autoptr (NfClipSource) source = open_source ("scenes:1", FALSE, 0);
  NfLoaderSetup setup = { .load = load_numbers,
    .task = NULL,
    .part_bytes = { G_MAXSIZE / 2, 8 },
    .seed = 7,
    .n_items = 0,
    .batch_size = BATCH,
    .n_samples = 999,
    .threads = 2 };
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_loader_new (source, &setup, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NO_MEMORY);
  g_assert_nonnull (strstr (error->message, "train.batch-size"));
}

/* A scene that is rendered while training is the one that synth writes. */
static void
test_scenes_as_written (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  const gchar *argv[] = { "synth", "--out", root, "--train", "2", "--seed", "5",
    NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfClipSource) rendered = open_source ("scenes:5", TRUE, 0);
  g_autoptr (NfClipReader) one = nf_clip_reader_new (rendered);
  g_autoptr (NfClipSource) written = NULL;
  g_autoptr (NfClipReader) other = NULL;

  g_assert_true (
      nf_synth_main (G_N_ELEMENTS (argv) - 1, (gchar **) argv, &error));
  g_assert_no_error (error);
  written = open_source (root, TRUE, 0);
  other = nf_clip_reader_new (written);
  g_assert_cmpuint (nf_clip_source_n_clips (rendered), ==, 0);
  g_assert_cmpuint (nf_clip_source_n_clips (written), ==, 2);
  for (guint i = 0; i < 2; i++) {
    NfFrame a, b;

    g_assert_true (nf_clip_reader_open (one, i, &error));
    g_assert_true (nf_clip_reader_open (other, i, &error));
    g_assert_cmpuint (nf_clip_source_n_frames (rendered, i), ==, 22);
    nf_clip_reader_frame (one, 9, &a);
    nf_clip_reader_frame (other, 9, &b);
    g_assert_cmpint (a.width, ==, b.width);
    g_assert_cmpint (a.height, ==, b.height);
    g_assert_cmpmem (
        a.rgb, 3 * a.width * a.height, b.rgb, 3 * b.width * b.height);
    g_assert_cmpmem (a.mask, a.width * a.height, b.mask, b.width * b.height);
  }
  nf_test_folder_remove (root);
}

/* Threads that read clips of a folder whose memory holds few of them. */
static gpointer
read_clips (gpointer data)
{
  NfClipSource *source = data;
  g_autoptr (NfClipReader) reader = nf_clip_reader_new (source);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 40; i++) {
    NfFrame frame;

    g_assert_true (nf_clip_reader_open (reader, 7 * i % 4, &error));
    nf_clip_reader_frame (reader, 1, &frame);
    g_assert_cmpuint (frame.rgb[0], ==, nf_test_clip_pixel (1, 0, 0, 0));
    g_assert_cmpuint (frame.mask[0], ==, 0);
  }
  return NULL;
}

static void
test_folder_threads (void)
{
  g_autofree gchar *root = nf_test_folder_new ();

  for (guint i = 0; i < 4; i++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", i);

    g_free (nf_test_write_clip (root, name, 2, 12, 8, TRUE));
  }
  for (guint64 cache = 0; cache < 2; cache++) {
    g_autoptr (NfClipSource) source = open_source (root, TRUE, cache);
    GThread *threads[3];

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      threads[i] = g_thread_new ("read", read_clips, source);
    for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
      g_thread_join (threads[i]);
  }
  nf_test_folder_remove (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/loader/order", test_order);
  g_test_add_func ("/loader/end", test_end);
  g_test_add_func ("/loader/shares", test_shares);
  g_test_add_func ("/loader/free", test_free);
  g_test_add_func ("/loader/error", test_error);
  g_test_add_func ("/loader/bad-clips", test_bad_clips);
  g_test_add_func ("/loader/good-clips-stay", test_good_clips_stay);
  g_test_add_func ("/loader/too-large", test_too_large_fails);
  g_test_add_func ("/loader/scenes-as-written", test_scenes_as_written);
  g_test_add_func ("/loader/folder-threads", test_folder_threads);
  return g_test_run ();
}
