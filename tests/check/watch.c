/* SPDX-License-Identifier: MIT
 *
 * watch — event files, pictures of samples, and plots of runs
 *
 * Event files are read here by a reader of its own, and by TensorBoard's in
 * tests/check/eventreader.py. */
#include "config.h"
#include "io/nfpng.h"
#include "testruns.h"
#include "watch/canvas.h"
#include "watch/eventfile.h"
#include "watch/plot.h"
#include "watch/series.h"

#include <cairo.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define DIFFUSION_TILES 7 /* 3 frames of context, 2 drawn, 2 true */

static GPtrArray *texts; /* (element-type utf8): in pictures; NULL: unwatched */

/* In the place of cairo's function, which the trainer calls, and which draws
 * nothing more after a text that is no UTF-8. */
void
cairo_show_text (cairo_t *cairo, const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  if (texts)
    g_ptr_array_add (texts, g_strdup (text));
  cairo_text_path (cairo, text);
  cairo_fill (cairo);
}

/* The usual value of "123456789", and that of zeros in RFC 3720, B.4. */
static void
test_crc32c (void)
{
  const guint8 zeros[32] = { 0 };

  g_assert_cmphex (nf_crc32c ("123456789", 9), ==, 0xe3069283);
  g_assert_cmphex (nf_crc32c (zeros, sizeof zeros), ==, 0x8a9136aa);
  g_assert_cmphex (nf_crc32c ("", 0), ==, 0);
}

/* Path of the file of a run whose name has this prefix and comes @at-th. */
static gchar *
find_file (NfTestPlace *place, const gchar *run, const gchar *prefix, guint at)
{
  g_autofree gchar *folder = g_build_filename (place->root, run, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GList *names = NULL;
  const gchar *name;
  gchar *path = NULL;

  while ((name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, prefix))
      names = g_list_insert_sorted (
          names, g_strdup (name), (GCompareFunc) g_strcmp0);
  if (at < g_list_length (names))
    path = g_build_filename (folder, g_list_nth_data (names, at), NULL);
  g_list_free_full (names, g_free);
  return path;
}

static void
read_picture (NfTestPlace *place, const gchar *run, const gchar *name,
    guint8 **rgb, gint *width, gint *height)
{
  g_autofree gchar *path = nf_test_run_file (place, run, name);
  g_autoptr (GError) error = NULL;

  nf_png_size (path, width, height, &error);
  g_assert_no_error (error);
  *rgb = g_malloc ((gsize) 3 * *width * *height);
  nf_png_read_rgb (path, *width, *height, *rgb, &error);
  g_assert_no_error (error);
}

/* Whether the columns from @left on are white. */
static gboolean
is_gap (const guint8 *rgb, gint width, gint height, gint left, gint columns)
{
  for (gint y = 0; y < height; y++)
    for (gint x = 3 * left; x < 3 * (left + columns); x++)
      if (rgb[(gsize) 3 * width * y + x] != 255)
        return FALSE;
  return TRUE;
}

static gboolean
same_tile (const guint8 *rgb, gint width, gint a, gint b, gint tile_width,
    gint tile_height)
{
  for (gint y = 0; y < tile_height; y++)
    if (memcmp (rgb + 3 * ((gsize) width * y + a),
            rgb + 3 * ((gsize) width * y + b), 3 * tile_width)
        != 0)
      return FALSE;
  return TRUE;
}

/* A picture at every fourth step and at the last one: a row a clip of val/, the
 * tiles with gaps between. Training itself is as without pictures. */
static void
test_samples_diffusion (NfTestPlace *place, gconstpointer unused)
{
  const gint w = 12, h = 8;
  const gint width = DIFFUSION_TILES * (w + 2) - 2 + 2 * 6;
  g_autofree guint8 *rgb = NULL;
  gint got_width, got_height;

  nf_test_train_tiny (
      place, NF_TRAIN_DIFFUSION, "plain", FALSE, "train.steps=6");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "watched", FALSE,
      "train.steps=6|watch.sample-every=4|watch.sample-clips=9|"
      "watch.sample-steps=3");
  nf_test_same_file (place, "plain", "watched", "final.safetensors");
  nf_test_same_metric (place, "plain", "watched", "loss", 6);
  g_assert_false (nf_test_has_file (place, "plain", "samples-000004.png"));
  g_assert_true (nf_test_has_file (place, "watched", "samples-000004.png"));
  read_picture (
      place, "watched", "samples-000006.png", &rgb, &got_width, &got_height);
  g_assert_cmpint (got_width, ==, width);
  g_assert_cmpint (got_height, ==, NF_TEST_VAL_CLIPS * (h + 2) - 2);
  g_assert_true (is_gap (rgb, width, got_height, w, 2));
  g_assert_true (is_gap (rgb, width, got_height, 3 * (w + 2) - 2, 8));
  g_assert_true (is_gap (rgb, width, got_height, 5 * (w + 2) + 4, 8));
  /* what is drawn is neither the context nor the truth */
  g_assert_false (same_tile (rgb, width, 0, 3 * (w + 2) + 6, w, h));
  g_assert_false (
      same_tile (rgb, width, 3 * (w + 2) + 6, 5 * (w + 2) + 12, w, h));
}

/* What is drawn depends on how many steps the sampler takes, and on nothing else. */
static void
test_samples_steps (NfTestPlace *place, gconstpointer unused)
{
  static const guint steps[] = { 1, 7, 7 };
  guint8 *rgb[G_N_ELEMENTS (steps)];
  gint width, height;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_autofree gchar *run = g_strdup_printf ("run-%u", i);
    g_autofree gchar *more = g_strdup_printf (
        "train.steps=6|train.learning-rate=0.02|watch.sample-every=6|"
        "watch.sample-steps=%u",
        steps[i]);

    nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, run, FALSE, more);
    read_picture (place, run, "samples-000006.png", &rgb[i], &width, &height);
  }
  g_assert_cmpint (memcmp (rgb[0], rgb[1], 3 * width * height), !=, 0);
  g_assert_cmpint (memcmp (rgb[1], rgb[2], 3 * width * height), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    g_free (rgb[i]);
}

/* Without val/ the clips that are trained on are shown, and the mask of a frame
 * in the colours of its classes. */
static void
test_samples_segment (NfTestPlace *place, gconstpointer unused)
{
  g_autofree guint8 *rgb = NULL;
  gint width, height;

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", FALSE,
      "train.steps=2|watch.sample-every=5|watch.sample-clips=2");
  g_assert_false (nf_test_has_file (place, "run", "samples-000001.png"));
  read_picture (place, "run", "samples-000002.png", &rgb, &width, &height);
  g_assert_cmpint (width, ==, 3 * NF_TEST_WIDTH + 16);
  g_assert_cmpint (height, ==, 2 * NF_TEST_HEIGHT + 2);
}

static void
remove_file (gpointer path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
train_skipping (NfTestPlace *place, const gchar *run)
{
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, run, FALSE,
      "data.bad-clips=skip|train.steps=6|watch.sample-every=6|"
      "watch.sample-clips=2");
}

/* Clips that training leaves out are left out of pictures, be it that a frame
 * cannot be read, for which the next clip is shown, or that they cannot be
 * opened; they are listed once. */
static void
test_samples_skip_bad_clips (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *first =
      g_build_filename (place->data, "train", "video_0", "image_0.png", NULL);
  g_autofree gchar *frame =
      g_build_filename (place->data, "train", "video_1", "image_3.png", NULL);
  g_autofree gchar *list = nf_test_run_file (place, "one", "left-out.txt");
  g_autofree gchar *text = NULL;
  g_autofree guint8 *rgb = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  gint width, height;

  g_file_set_contents (frame, "no picture", -1, &error);
  g_assert_no_error (error);
  train_skipping (place, "two");
  read_picture (place, "two", "samples-000006.png", &rgb, &width, &height);
  g_assert_cmpint (height, ==, 2 * NF_TEST_HEIGHT + 2);
  g_assert_false (is_gap (rgb + (gsize) 3 * width * (NF_TEST_HEIGHT + 2), width,
      NF_TEST_HEIGHT, 0, NF_TEST_WIDTH));
  remove_file (first);
  train_skipping (place, "one");
  g_assert_true (nf_test_has_file (place, "one", "samples-000006.png"));
  g_file_get_contents (list, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
}

/* Clips of val/ that cannot be opened: the run goes on without pictures. */
static void
test_samples_none_goes_on (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *frame =
      g_build_filename (place->data, "val", "video_10", "image_0.png", NULL);

  remove_file (frame);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", FALSE,
      "train.steps=2|watch.sample-every=1");
  g_assert_false (nf_test_has_file (place, "run", "samples-000002.png"));
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
}

/* A picture that cannot be made is reported, and the run goes on. */
static void
test_samples_failure_goes_on (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *frame =
      g_build_filename (place->data, "val", "video_10", "image_3.png", NULL);
  GThread *thread = nf_test_do_after (place, "run", 1, remove_file, frame);

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      "train.steps=12|watch.sample-every=12");
  g_thread_join (thread);
  g_assert_false (nf_test_has_file (place, "run", "samples-000012.png"));
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
}

/* The first two messages of a file: its version, and from which step on what earlier
 * files have no longer counts. */
static void
assert_head (const gchar *path, gchar step)
{
  const gsize parts = 8 + 4 + 9; /* length, its checksum, time */
  const gsize second = 8 + 4 + 24 + 4; /* behind the first one */
  const gchar start[] = { 0x10, step, 0x3a, 2, 0x08, 1 };
  g_autofree gchar *head = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &head, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, >, second + parts + sizeof start);
  /* a message of 24 bytes: time and version */
  g_assert_cmpmem (head, 8, "\x18\0\0\0\0\0\0\0", 8);
  g_assert_cmpmem (head + parts + 2, 13, "brain.Event:2", 13);
  /* one of 15: time, step, and that a session starts */
  g_assert_cmpmem (head + second, 8, "\x0f\0\0\0\0\0\0\0", 8);
  g_assert_cmpmem (head + second + parts, sizeof start, start, sizeof start);
}

/* A run that is interrupted and goes on has two event files, whose names are in
 * the order of time, and each of which begins behind what is kept; without the feature the setting is refused before anything
 * is made. */
static void
test_event_files (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *settings = g_strconcat (
      NF_TEST_TINY_SEGMENT, "|train.steps=2|watch.tensorboard=true", NULL);
  g_autofree gchar *first = NULL, *second = NULL, *third = NULL;
  g_autoptr (GError) error = NULL;
  gboolean trained =
      nf_test_train (place, NF_TRAIN_SEGMENT, "run", FALSE, settings, &error);

#ifndef NF_HAVE_TENSORBOARD
  g_assert_false (trained);
  g_assert_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED);
  g_assert_false (nf_test_has_file (place, "run", "metrics.jsonl"));
  return;
#endif
  g_assert_no_error (error);
  g_assert_true (trained);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", TRUE, "train.steps=3");
  first = find_file (place, "run", "events.out.tfevents.", 0);
  second = find_file (place, "run", "events.out.tfevents.", 1);
  third = find_file (place, "run", "events.out.tfevents.", 2);
  g_assert_nonnull (first);
  g_assert_nonnull (second);
  g_assert_null (third);
  assert_head (first, 1);
  assert_head (second, 3);
}

#ifdef NF_HAVE_TENSORBOARD

/* The records of an event file, all of which are whole; the bytes that it has. */
static guint
count_records (NfTestPlace *place, gsize *size)
{
  g_autofree gchar *path = find_file (place, "", "events.out.tfevents.", 0);
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;
  gsize at = 0;

  g_file_get_contents (path, &data, size, &error);
  g_assert_no_error (error);
  for (; at < *size; n++) {
    const gsize parts = 8 + 4 + 4; /* length, checksums */
    guint64 length;

    g_assert_cmpuint (*size - at, >=, parts);
    memcpy (&length, data + at, sizeof length);
    length = GUINT64_FROM_LE (length);
    g_assert_cmpuint (length, <=, *size - at - parts);
    at += parts + length;
  }
  return n;
}

static void
limit_files (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* Room for a part of a record: none of it stays, and what is written when there
 * is room again can be read. */
static void
test_event_file_full (NfTestPlace *place, gconstpointer unused)
{
  static const gsize room[] = { 0, 3, 8, 10, 12, 30, 12000 };
  const NfMetric loss = { "loss", 1 };
  g_autoptr (GBytes) png = g_bytes_new_take (g_malloc0 (20000), 20000);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfEventFile) file = nf_event_file_open (place->root, 0, &error);
  void (*old) (int) = signal (SIGXFSZ, SIG_IGN);
  struct rlimit was;
  gsize size, now;
  guint n;

  g_assert_no_error (error);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &was), ==, 0);
  n = count_records (place, &size);
  for (guint i = 0; i < G_N_ELEMENTS (room); i++) {
    limit_files (size + room[i]);
    g_assert_false (
        nf_event_file_add_picture (file, i, "samples", png, 10, 10, &error));
    limit_files (was.rlim_cur);
    g_assert_error (error, NF_ERROR, NF_ERROR_IO);
    g_assert_nonnull (strstr (error->message, "events.out.tfevents."));
    g_assert_nonnull (strstr (error->message, "watch.tensorboard=false"));
    g_clear_error (&error);
    g_assert_cmpuint (count_records (place, &now), ==, n);
    g_assert_cmpuint (now, ==, size);
    nf_event_file_add_metrics (file, i, &loss, 1, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (count_records (place, &size), ==, ++n);
  }
  signal (SIGXFSZ, old);
}

#endif

static void
write_metrics (const gchar *root, const gchar *run, const gchar *text)
{
  g_autofree gchar *folder = g_build_filename (root, run, NULL);
  g_autofree gchar *path = g_build_filename (folder, "metrics.jsonl", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0777), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
test_series (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);
  g_autoptr (NfRunSeries) read = NULL;
  g_autoptr (GError) error = NULL;
  const NfSeries *loss;

  write_metrics (place->root, "run",
      "{\"step\":1,\"loss\":4,\"speed\":null,\"text\":\"a\"}\n"
      "{\"step\":2,\"loss\":2.5}\n"
      "{\"step\":2,\"validation-loss\":7}\n"
      "{\"step\":3,\"loss\":1}\n"
      "{\"step\":4,\"lo");
  read = nf_run_series_read (run, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->series->len, ==, 2);
  g_assert_null (nf_run_series_find (read, "speed"));
  g_assert_null (nf_run_series_find (read, "text"));
  loss = nf_run_series_find (read, "loss");
  g_assert_cmpuint (loss->points->len, ==, 3);
  g_assert_cmpuint (g_array_index (loss->points, NfPoint, 2).step, ==, 3);
  nf_run_series_smooth (read, 2);
  g_assert_cmpfloat (g_array_index (loss->points, NfPoint, 0).value, ==, 4);
  g_assert_cmpfloat (g_array_index (loss->points, NfPoint, 1).value, ==, 3.25);
  g_assert_cmpfloat (g_array_index (loss->points, NfPoint, 2).value, ==, 1.75);
}

static void
test_series_broken_line_fails (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const broken[] = { "[1]", "{\"step\":\"x\"}",
    "{\"step\":-1}", "{}", "{" };
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++) {
    g_autofree gchar *text =
        g_strdup_printf ("{\"step\":1,\"loss\":1}\n%s\n", broken[i]);
    g_autoptr (GError) error = NULL;

    write_metrics (place->root, "run", text);
    g_assert_null (nf_run_series_read (run, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, "line 2"));
  }
}

/* Runs `plot` with words that have | between them. */
static gboolean
plot (const gchar *words, GError **error)
{
  g_autofree gchar *line = g_strconcat ("plot|", words, NULL);
  g_auto (GStrv) argv = g_strsplit (line, "|", -1);
  g_autofree gchar **copy =
      g_memdup2 (argv, (g_strv_length (argv) + 1) * sizeof *argv);

  return nf_plot_main ((gint) g_strv_length (argv), copy, error);
}

/* Pixels of a colour in a picture. */
static guint
count_color (const guint8 *rgb, gsize pixels, guint32 color)
{
  guint n = 0;

  for (gsize i = 0; i < pixels; i++, rgb += 3)
    n += (rgb[0] << 16 | rgb[1] << 8 | rgb[2]) == color;
  return n;
}

static void
test_plot (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *a = g_build_filename (place->root, "a", NULL);
  g_autofree gchar *b = g_build_filename (place->root, "b", NULL);
  g_autofree gchar *svg = g_build_filename (place->root, "plot.svg", NULL);
  g_autofree gchar *png =
      g_strdup_printf ("%s|%s|-o|%s/plot.png", a, b, place->root);
  g_autofree gchar *one =
      g_strdup_printf ("%s|%s|--metric|loss|--smooth|2|--output|%s", a, b, svg);
  g_autofree guint8 *rgb = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  gint width, height;

  write_metrics (place->root, "a",
      "{\"step\":1,\"loss\":900,\"learning-rate\":0.1}\n"
      "{\"step\":2,\"loss\":30,\"learning-rate\":0.2}\n"
      "{\"step\":3,\"loss\":1,\"learning-rate\":0.2}\n"
      "{\"step\":3,\"validation-loss\":1.5}\n");
  write_metrics (place->root, "b",
      "{\"step\":2,\"loss\":500}\n{\"step\":3,"
      "\"loss\":200}\n");
  plot (png, &error);
  g_assert_no_error (error);
  read_picture (place, "", "plot.png", &rgb, &width, &height);
  g_assert_cmpint (width, ==, 2 * 560);
  g_assert_cmpint (height, ==, 2 * 340 + 3 * 20);
  /* the curve of each run is there, in its own colour */
  g_assert_cmpuint (
      count_color (rgb, (gsize) width * height, 0x0072b2), >, 100);
  g_assert_cmpuint (count_color (rgb, (gsize) width * height, 0xd55e00), >, 30);
  g_assert_cmpuint (count_color (rgb, (gsize) width * height, 0x009e73), ==, 0);
  plot (one, &error);
  g_assert_no_error (error);
  g_file_get_contents (svg, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "<svg"));
  g_assert_true (g_str_has_suffix (g_strchomp (text), "</svg>"));
}

/* Plots, and keeps what is written in the picture. */
static void
plot_texts (const gchar *words)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&texts, g_ptr_array_unref);
  texts = g_ptr_array_new_with_free_func (g_free);
  plot (words, &error);
  g_assert_no_error (error);
}

static gboolean
has_text (const gchar *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

/* One value, or one step: the axis shows a tenth of it to either side, and a
 * half where it is 0. */
static void
test_plot_one_value (NfTestPlace *place, gconstpointer unused)
{
  static const struct
  {
    const gchar *step, *value;
    const gchar *texts[4];
  } cases[] = {
    { "1000", "0.001", { "0.0009", "0.0011", "900", "1100" } },
    { "0", "-0.001", { "-0.0009", "-0.0011", "-0.4", "0.4" } },
    { "1", "0", { "-0.4", "0.4", "0.9", "1.1" } },
    { "9007199254740992", "4e15",
        { "3.6e+15", "4.4e+15", "8.5e+15", "9e+15" } },
    { "1", "5e-324", { "-0.4", "0.4", "0.9", "1.1" } },
    { "1", "1e-298", { "9e-299", "1.1e-298", "0.9", "1.1" } },
  };
  g_autofree gchar *words =
      g_strdup_printf ("%s/run|-o|%s/plot.svg", place->root, place->root);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *line = g_strdup_printf (
        "{\"step\":%s,\"learning-rate\":%s}\n", cases[i].step, cases[i].value);

    write_metrics (place->root, "run", line);
    plot_texts (words);
    for (guint k = 0; k < G_N_ELEMENTS (cases[i].texts); k++)
      if (!has_text (cases[i].texts[k]))
        g_error ("step %s, value %s: no %s", cases[i].step, cases[i].value,
            cases[i].texts[k]);
  }
  g_clear_pointer (&texts, g_ptr_array_unref);
}

/* A folder whose name is no text is shown, and so are the runs after it. */
static void
test_plot_strange_name (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *words = g_strdup_printf (
      "%s/a\xff|%s/b|-o|%s/plot.png", place->root, place->root, place->root);

  write_metrics (place->root, "a\xff", "{\"step\":1,\"loss\":1}\n");
  write_metrics (place->root, "b", "{\"step\":1,\"loss\":2}\n");
  plot_texts (words);
  g_assert_true (has_text ("a\357\277\275"));
  g_assert_true (has_text ("b"));
  g_clear_pointer (&texts, g_ptr_array_unref);
}

/* What cairo cannot draw is an error, and no picture that lacks something. */
static void
test_canvas_fails (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const names[] = { "x.png", "x.svg" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = g_build_filename (place->root, names[i], NULL);
    g_autoptr (GByteArray) svg = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    cairo_surface_t *surface = nf_canvas_new (path, 40, 40, svg, &error);
    cairo_t *cairo = cairo_create (surface);

    g_assert_no_error (error);
    cairo_restore (cairo); /* what was never saved */
    g_assert_false (nf_canvas_write (cairo, path, svg, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, names[i]));
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    cairo_destroy (cairo);
    cairo_surface_destroy (surface);
  }
}

static void
test_plot_refusals (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const cases[][2] = {
    { "-o|x.png", "which runs" },
    { "%s/run", "-o FILE.png" },
    { "%s/run|-o|%s/x.jpg", "end its name in .png" },
    { "%s/none|-o|%s/x.png", "no metrics.jsonl" },
    { "%s/empty|-o|%s/x.png", "no run has a step" },
    { "%s/run|-o|%s/x.png|-m|jaccard", "--metric jaccard" },
    { "%s/run|-o|%s/x.png|--smooth|0", "--smooth" },
    { "%s/run|-o|%s/none/x.png", "none/x.png" },
  };

  write_metrics (place->root, "run", "{\"step\":1,\"loss\":1}\n");
  write_metrics (place->root, "empty", "");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) words = g_string_new (cases[i][0]);
    g_autoptr (GError) error = NULL;

    g_string_replace (words, "%s", place->root, 0);
    g_assert_false (plot (words->str, &error));
    g_assert_error (error, NF_ERROR, error->code);
    if (!strstr (error->message, cases[i][1]))
      g_error ("%s: %s", words->str, error->message);
  }
}

#define ADD(name, func)                                                        \
  g_test_add ("/watch/" name, NfTestPlace, NULL, nf_test_place_set_up, func,   \
      nf_test_place_tear_down)
#define ADD_VAL(name, func)                                                    \
  g_test_add ("/watch/" name, NfTestPlace, NULL, nf_test_place_set_up_val,     \
      func, nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/watch/crc32c", test_crc32c);
  ADD_VAL ("samples-diffusion", test_samples_diffusion);
  ADD_VAL ("samples-steps", test_samples_steps);
  ADD ("samples-segment", test_samples_segment);
  ADD_VAL ("samples-failure-goes-on", test_samples_failure_goes_on);
  ADD ("samples-skip-bad-clips", test_samples_skip_bad_clips);
  ADD_VAL ("samples-none-goes-on", test_samples_none_goes_on);
  ADD ("event-files", test_event_files);
#ifdef NF_HAVE_TENSORBOARD
  ADD ("event-file-full", test_event_file_full);
#endif
  ADD ("series", test_series);
  ADD ("series-broken-line", test_series_broken_line_fails);
  ADD ("plot", test_plot);
  ADD ("plot-one-value", test_plot_one_value);
  ADD ("plot-strange-name", test_plot_strange_name);
  ADD ("canvas-fails", test_canvas_fails);
  ADD ("plot-refusals", test_plot_refusals);
  return g_test_run ();
}
