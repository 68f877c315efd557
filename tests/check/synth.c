/* SPDX-License-Identifier: MIT
 *
 * synth — data sets of synthetic clips: layout, going on, and what is refused */
#include "synth/synth.h"
#include <nextframe/core/nferror.h>
#include "io/nfdataset.h"
#include "io/nfpng.h"
#include "synth/scenerecord.h"
#include "synth/stats.h"
#include "testclips.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH 32
#define HEIGHT 24
#define SMALL "--width 32 --height 24 "
#define FIVE SMALL "--train 2 --val 1 --unlabeled 1 --hidden 1 "

/* Runs the subcommand with --out FOLDER and options that have spaces between.
 */
static gboolean
synth (const gchar *folder, const gchar *options, GError **error)
{
  g_auto (GStrv) words = g_strsplit (options, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (gpointer) "synth");
  if (folder) {
    g_ptr_array_add (argv, (gpointer) "--out");
    g_ptr_array_add (argv, (gpointer) folder);
  }
  for (guint i = 0; words[i]; i++)
    if (words[i][0])
      g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, NULL);
  return nf_synth_main (argv->len - 1, (gchar **) argv->pdata, error);
}

static void
synth_well (const gchar *folder, const gchar *options)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (synth (folder, options, &error));
  g_assert_no_error (error);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar *const *) a, *(gchar *const *) b);
}

/* The names in a folder, sorted, hidden ones too. */
static GPtrArray *
list_names (const gchar *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* Adds all names and files below a folder to a checksum. */
static void
add_tree (GChecksum *sum, const gchar *folder)
{
  g_autoptr (GPtrArray) names = list_names (folder);

  for (guint i = 0; i < names->len; i++) {
    g_autofree gchar *path = g_build_filename (folder, names->pdata[i], NULL);
    g_autofree gchar *data = NULL;
    gsize size;

    g_checksum_update (sum, names->pdata[i], strlen (names->pdata[i]) + 1);
    if (g_file_get_contents (path, &data, &size, NULL))
      g_checksum_update (sum, (guint8 *) data, size);
    else
      add_tree (sum, path);
  }
}

static gchar *
tree_sum (const gchar *folder)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  add_tree (sum, folder);
  return g_strdup (g_checksum_get_string (sum));
}

static guint
count_names (const gchar *root, const gchar *folder)
{
  g_autofree gchar *path = g_build_filename (root, folder, NULL);
  g_autoptr (GPtrArray) names = list_names (path);

  return names->len;
}

/* The first bytes of a mask are those that NumPy itself writes. */
static void
check_mask_head (const gchar *root)
{
  static const gchar head[] = "\x93NUMPY\x01\x00\x76\x00"
                              "{'descr': '|u1', 'fortran_order': False, "
                              "'shape': (22, 24, 32), }";
  g_autofree gchar *path =
      g_build_filename (root, "val/video_2/mask.npy", NULL);
  g_autofree gchar *data = NULL;
  gsize size, n = sizeof head - 1;
  guint most = 0;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (size, ==, 128 + 22 * 24 * 32);
  g_assert_cmpmem (data, n, head, n);
  for (gsize i = n; i < 127; i++)
    g_assert_cmpint (data[i], ==, ' ');
  g_assert_cmpint (data[127], ==, '\n');
  for (gsize i = 128; i < size; i++)
    most = MAX (most, (guint8) data[i]);
  g_assert_cmpuint (most, >, 0);
  g_assert_cmpuint (most, <=, 48);
}

static void
test_layout (void)
{
  static const struct
  {
    const gchar *folder;
    guint n;
  } want[] = { { "", 5 }, { "train", 2 }, { "train/video_0", 23 },
    { "train/video_1", 23 }, { "val", 1 }, { "val/video_2", 23 },
    { "unlabeled", 1 }, { "unlabeled/video_3", 22 }, { "hidden", 1 },
    { "hidden/video_4", 11 } };
  static const NfDatasetOptions all = { "train val unlabeled hidden",
    NF_MASKS_NONE, 49, 0, 0 };
  static const NfDatasetOptions labelled = { "train val", NF_MASKS_REQUIRED, 49,
    0, 0 };
  g_autofree gchar *root = nf_test_folder_new ();
  g_autoptr (NfDataset) dataset = NULL;
  g_autoptr (NfDataset) masks = NULL;
  g_autoptr (GError) error = NULL;

  synth_well (root, FIVE);
  for (guint i = 0; i < G_N_ELEMENTS (want); i++)
    g_assert_cmpuint (count_names (root, want[i].folder), ==, want[i].n);
  check_mask_head (root);
  dataset = nf_dataset_open (root, &all, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 5; i++) {
    const NfClipInfo *info = nf_dataset_clip_info (dataset, i);
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (info->n_frames, ==, i == 4 ? 11 : 22);
    g_assert_cmpint (info->has_mask, ==, i < 3);
    g_assert_cmpint (info->width, ==, 32);
    g_assert_cmpint (info->height, ==, 24);
  }
  masks = nf_dataset_open (root, &labelled, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_dataset_n_clips (masks), ==, 3);
  nf_test_folder_remove (root);
}

/* Whatever the threads, and for another seed another data set. */
static void
test_same_bytes (void)
{
  static const gchar *const options[] = { FIVE "--threads 1",
    FIVE "--threads 2", FIVE "--threads 3 --seed 2" };
  g_autofree gchar *sums[3];

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *root = nf_test_folder_new ();
    g_autofree gchar *record = g_build_filename (root, "scenes.ini", NULL);

    synth_well (root, options[i]);
    g_unlink (record);
    sums[i] = tree_sum (root);
    nf_test_folder_remove (root);
  }
  g_assert_cmpstr (sums[0], ==, sums[1]);
  g_assert_cmpstr (sums[0], !=, sums[2]);
  g_free (sums[1]);
  g_free (sums[2]);
}

static guint64
file_number (const gchar *root, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (root, name, NULL);
  GStatBuf stat_buf;

  g_assert_cmpint (g_stat (path, &stat_buf), ==, 0);
  return stat_buf.st_ino;
}

/* As a killed run leaves it: a clip half-written, others not begun, and one
 * that somebody has damaged. */
static void
test_goes_on (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *whole = NULL, *again = NULL;
  g_autofree gchar *missing = g_build_filename (root, "train/video_1", NULL);
  g_autofree gchar *part = g_build_filename (root, "train/.video_1.part", NULL);
  g_autofree gchar *half = g_build_filename (part, "image_0.png", NULL);
  g_autofree gchar *lost =
      g_build_filename (root, "unlabeled/video_3/image_7.png", NULL);
  g_autofree gchar *cut =
      g_build_filename (root, "hidden/video_4/image_3.png", NULL);
  g_autofree gchar *mask =
      g_build_filename (root, "val/video_2/mask.npy", NULL);
  guint64 kept;

  synth_well (root, FIVE);
  whole = tree_sum (root);
  kept = file_number (root, "train/video_0/image_0.png");
  g_assert_cmpint (g_rename (missing, part), ==, 0);
  g_assert_cmpint (truncate (half, 20), ==, 0);
  g_assert_cmpint (g_unlink (lost), ==, 0);
  g_assert_cmpint (truncate (cut, 100), ==, 0);
  g_assert_cmpint (truncate (mask, 1000), ==, 0);
  synth_well (root, FIVE);
  again = tree_sum (root);
  g_assert_cmpstr (whole, ==, again);
  g_assert_cmpuint (file_number (root, "train/video_0/image_0.png"), ==, kept);
  nf_test_folder_remove (root);
}

/* Sends SIGINT to this process as soon as a clip is there. */
static gpointer
interrupt_later (gpointer clip)
{
  while (!g_file_test (clip, G_FILE_TEST_EXISTS))
    g_usleep (2000);
  kill (getpid (), SIGINT);
  return NULL;
}

static void
test_interrupt (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *train = g_build_filename (root, "train", NULL);
  g_autofree gchar *first = g_build_filename (train, "video_0", NULL);
  GThread *thread = g_thread_new ("interrupt", interrupt_later, first);
  g_autoptr (GPtrArray) names = NULL;

  synth_well (root, SMALL "--train 1000000 --threads 2");
  g_thread_join (thread);
  names = list_names (train);
  g_assert_cmpuint (names->len, >=, 1);
  for (guint i = 0; i < names->len; i++) {
    g_autofree gchar *folder =
        g_build_filename ("train", names->pdata[i], NULL);

    g_assert_true (g_str_has_prefix (names->pdata[i], "video_"));
    g_assert_cmpuint (count_names (root, folder), ==, 23);
  }
  nf_test_folder_remove (root);
}

static void
assert_refused (
    const gchar *folder, const gchar *options, NfError code, const gchar *says)
{
  g_auto (GStrv) parts = g_strsplit (says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (synth (folder, options, &error));
  g_assert_error (error, NF_ERROR, (gint) code);
  for (guint i = 0; parts[i]; i++)
    if (!strstr (error->message, parts[i]))
      g_error ("\"%s\" is not in \"%s\"", parts[i], error->message);
}

/* Files cannot grow beyond a limit, as on a full disk. */
static void
test_full_disk_fails (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *whole = nf_test_folder_new ();
  g_autofree gchar *sums[2];
  const gchar *options = "--width 64 --height 48 --train 3 --threads 2";
  struct rlimit limit, small;

  getrlimit (RLIMIT_FSIZE, &limit);
  small = limit;
  small.rlim_cur = 30000; /* a frame fits, 22 masks do not */
  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &small);
  assert_refused (root, options, NF_ERROR_IO,
      "0 of 3 clips|the same command goes on|mask.npy: cannot write: ");
  setrlimit (RLIMIT_FSIZE, &limit);
  signal (SIGXFSZ, SIG_DFL);
  g_assert_cmpuint (count_names (root, "train"), ==, 0);
  synth_well (root, options);
  synth_well (whole, options);
  sums[0] = tree_sum (root);
  sums[1] = tree_sum (whole);
  g_assert_cmpstr (sums[0], ==, sums[1]);
  g_free (sums[1]);
  nf_test_folder_remove (root);
  nf_test_folder_remove (whole);
}

static void
test_other_folder_fails (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *ours = g_build_filename (root, "ours", NULL);
  g_autofree gchar *file = g_build_filename (root, "file", NULL);
  g_autofree gchar *long_name = g_strnfill (300, 'a');
  g_autofree gchar *long_path = g_build_filename (root, long_name, NULL);
  g_autofree gchar *record = g_build_filename (ours, "scenes.ini", NULL);
  g_autofree gchar *before = NULL, *after = NULL;

  synth_well (ours, SMALL "--train 1");
  before = tree_sum (ours);
  assert_refused (ours, SMALL "--train 2 --seed 3", NF_ERROR_INVALID,
      "scenes.ini|seed was 1 and is 3 now|train was 1 and is 2 now|--out");
  assert_refused (ours, "--width 48 --height 24 --train 1", NF_ERROR_INVALID,
      "width was 32 and is 48 now");
  after = tree_sum (ours);
  g_assert_cmpstr (before, ==, after);
  assert_refused (
      root, SMALL "--train 1", NF_ERROR_IO, "ours|no scenes.ini|--out");
  g_file_set_contents (file, "x", 1, NULL);
  assert_refused (file, SMALL "--train 1", NF_ERROR_IO, "file: cannot");
  assert_refused (long_path, SMALL "--train 1", NF_ERROR_IO, "too long");
  g_file_set_contents (record, "x", 1, NULL);
  assert_refused (ours, SMALL "--train 1", NF_ERROR_FORMAT, "scenes.ini");
  nf_test_folder_remove (root);
}

/* Two programs do not write to a folder at once. */
static void
test_two_at_once_fails (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  NfSynthOptions options = { root };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfSceneRecord) record = nf_scene_record_open (&options, &error);

  g_assert_no_error (error);
  assert_refused (root, SMALL "--train 1", NF_ERROR_IO, "another|writing");
  nf_test_folder_remove (root);
}

/* Parts that were made one by one, in any order, one of them interrupted: the
 * whole that takes them is that of one run, and nothing else is left. */
static void
test_parts (void)
{
  g_autofree gchar *whole = nf_test_folder_new ();
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *part = g_build_filename (root, "shard-2-of-3", NULL);
  g_autofree gchar *clip = g_build_filename (part, "val/video_2", NULL);
  g_autofree gchar *half = g_build_filename (part, "val/.video_2.part", NULL);
  g_autofree gchar *once = NULL;
  g_autofree gchar *together = NULL;

  synth_well (whole, FIVE);
  for (guint i = 3; i > 0; i--) {
    g_autofree gchar *options = g_strdup_printf (FIVE "--shard %u/3", i);

    synth_well (root, options);
  }
  g_assert_cmpuint (count_names (root, ""), ==, 3);
  g_assert_cmpuint (count_names (root, "shard-1-of-3/train"), ==, 2);
  g_assert_cmpuint (count_names (root, "shard-3-of-3/hidden"), ==, 1);
  g_assert_cmpint (g_rename (clip, half), ==, 0);
  synth_well (root, FIVE);
  once = tree_sum (whole);
  together = tree_sum (root);
  g_assert_cmpstr (once, ==, together);
  nf_test_folder_remove (whole);
  nf_test_folder_remove (root);
}

static gboolean
is_one_file_system (const gchar *a, const gchar *b)
{
  GStatBuf of_a, of_b;

  return g_stat (a, &of_a) != 0 || g_stat (b, &of_b) != 0
      || of_a.st_dev == of_b.st_dev;
}

/* Clips that cannot be moved stay where they are, and so does a part's folder in
 * which a killed program left a file a moment ago. */
static void
test_parts_stay (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *elsewhere = g_strdup ("/dev/shm/nf-synth-XXXXXX");
  g_autofree gchar *part = g_build_filename (root, "shard-1-of-2", NULL);

  if (!g_mkdtemp (elsewhere) || is_one_file_system (root, elsewhere)
      || symlink (elsewhere, part) != 0) {
    g_test_skip ("no second file system");
    nf_test_folder_remove (root);
    return;
  }
  synth_well (root, FIVE "--shard 1/2");
  assert_refused (root, FIVE, NF_ERROR_IO, "move the clip to its place");
  g_assert_cmpuint (count_names (elsewhere, "train"), ==, 2);
  g_assert_cmpint (g_remove (part), ==, 0);
  nf_test_folder_remove (elsewhere);
  nf_test_folder_remove (root);
}

static void
test_young_part (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *young = g_build_filename (root, "shard-1-of-2/.new", NULL);
  g_autoptr (GError) error = NULL;

  synth_well (root, FIVE "--shard 1/2");
  g_assert_true (g_file_set_contents (young, "", -1, &error));
  synth_well (root, FIVE);
  synth_well (root, FIVE);
  g_assert_cmpuint (count_names (root, "train"), ==, 2);
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  nf_test_folder_remove (root);
}

/* Parts that do not belong to what is asked for, or are being written. */
static void
test_other_parts_fail (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  NfSynthOptions options = { root, .share = { 0, 2 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfSceneRecord) record = NULL;

  synth_well (root, SMALL "--train 2 --shard 1/2");
  assert_refused (
      root, SMALL "--train 3", NF_ERROR_INVALID, "shard-1-of-2|train was 2");
  nf_test_folder_remove (root);
  record = nf_scene_record_open (&options, &error);
  g_assert_no_error (error);
  assert_refused (root, SMALL "--train 1", NF_ERROR_IO, "shard-1-of-2|writing");
  nf_test_folder_remove (root);
}

/* One clip in train/, another one in unlabeled/, without a mask. */
static gchar *
make_real_clips (const gchar *root)
{
  gchar *real = g_build_filename (root, "real", NULL);

  g_free (nf_test_write_clip (real, "train/video_0", 4, WIDTH, HEIGHT, TRUE));
  g_free (
      nf_test_write_clip (real, "unlabeled/video_3", 4, WIDTH, HEIGHT, FALSE));
  return real;
}

/* Writes a sheet of real and three synthetic clips and returns its pixels. */
static guint8 *
make_sheet (const gchar *root, const gchar *options, gint width, gint height)
{
  g_autofree gchar *real = make_real_clips (root);
  g_autofree gchar *path = g_build_filename (root, "sheet.png", NULL);
  g_autofree gchar *all = g_strdup_printf (
      SMALL "--clips 3 --real %s --sheet %s %s", real, path, options);
  guint8 *pixels = g_malloc (3 * width * height);
  g_autoptr (GError) error = NULL;
  gint found_width, found_height;

  synth_well (NULL, all);
  g_assert_true (nf_png_size (path, &found_width, &found_height, &error));
  g_assert_cmpint (found_width, ==, width);
  g_assert_cmpint (found_height, ==, height);
  g_assert_true (nf_png_read_rgb (path, width, height, pixels, &error));
  g_assert_no_error (error);
  return pixels;
}

/* Whether the sheet shows a frame of the made-up real clips there. */
static gboolean
shows_real (const guint8 *sheet, gint sheet_width, gint left, gint top, guint t)
{
  for (gint i = 0; i < WIDTH * HEIGHT; i++) {
    gint x = i % WIDTH, y = i / WIDTH;
    const guint8 *pixel = sheet + 3 * ((top + y) * sheet_width + left + x);

    if (pixel[1] != nf_test_clip_pixel (t, x, y, 1))
      return FALSE;
  }
  return TRUE;
}

/* Real clips on the left, each frame as it is, synthetic ones on the right. */
static void
test_sheet (void)
{
  const gint row = 16 + HEIGHT + 4, width = 2 * (2 * WIDTH + 4) + 12 + 8;
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree guint8 *sheet =
      make_sheet (root, "--columns 2", width, 3 * row + 4);
  const guint8 *blank = sheet + 3 * ((2 * row + 30) * width + 10);

  for (gint i = 0; i < 2; i++) {
    gint top = 4 + i * row + 16;

    g_assert_true (shows_real (sheet, width, 4, top, 0));
    g_assert_true (shows_real (sheet, width, 4 + WIDTH + 4, top, 3));
    g_assert_false (shows_real (sheet, width, 4 + 2 * WIDTH + 4 + 12, top, 0));
  }
  g_assert_cmpint (blank[0], ==, 255);
  nf_test_folder_remove (root);
}

/* Every real clip is on one side or the other. */
static void
test_sheet_shuffled (void)
{
  const gint row = 16 + HEIGHT + 4, width = 2 * WIDTH + 12 + 8;
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree guint8 *sheet =
      make_sheet (root, "--columns 1 --shuffle", width, 3 * row + 4);

  for (gint i = 0; i < 2; i++) {
    gboolean left = shows_real (sheet, width, 4, 20 + i * row, 0);
    gboolean right = shows_real (sheet, width, 16 + WIDTH, 20 + i * row, 0);

    g_assert_true (left != right);
  }
  nf_test_folder_remove (root);
}

static void
test_sheet_fails (void)
{
  assert_refused (NULL, SMALL "--clips 1 --sheet /nonexistent/a.png",
      NF_ERROR_IO, "/nonexistent/a.png");
  assert_refused (NULL, SMALL "--clips 1 --sheet a.png --real /nonexistent",
      NF_ERROR_NOT_FOUND, "/nonexistent");
  assert_refused (
      NULL, "--clips 1000 --sheet a.png", NF_ERROR_INVALID, "--clips");
}

/* The same table with any number of threads, also for clips without masks. */
static void
test_stats (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  NfSynthOptions options = { .stats = TRUE, .real = make_real_clips (root) };
  g_autofree gchar *tables[2];

  nf_scenes_init (&options.scenes);
  options.scenes.width = WIDTH;
  options.scenes.height = HEIGHT;
  options.scenes.n_clips = 3;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;

    options.threads = i + 1;
    tables[i] = nf_synth_stats_table (&options, stderr, &error);
    g_assert_no_error (error);
  }
  g_assert_cmpstr (tables[0], ==, tables[1]);
  g_assert_nonnull (strstr (tables[0], "| 2 | 3 |"));
  g_free (tables[1]);
  g_free (options.real);
  nf_test_folder_remove (root);
}

typedef struct
{
  const gchar *options;
  const gchar *says;
} BadOptions;

static const BadOptions bad_options[] = {
  { "", "how many|--train" },
  { "--train -1", "--train|0 to|got -1" },
  { "--train x", "x" },
  { "--train 1 --width 8", "--width|16 to 8192|got 8" },
  { "--train 1 --frames 0", "--frames|1 to 1000|got 0" },
  { "--train 1 --objects 8-2", "--objects|2-8|8-2" },
  { "--train 1 --objects 2-49", "--objects" },
  { "--train 1 --objects 1-2-3", "--objects" },
  { "--train 1 --threads 5000", "--threads" },
  { "--train 1 --nonsense", "nonsense" },
  { "--train 1 word", "word" },
  { "--train 1 --stats", "one of --out FOLDER" },
  { "--train 1 --real data", "--real" },
  { "--train 1 --shard 3/2", "--shard|3/2" },
  { "--stats --shard 1/2", "one of|--out" },
};

static void
test_bad_options_fail (void)
{
  g_autofree gchar *root = nf_test_folder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (bad_options); i++)
    assert_refused (
        root, bad_options[i].options, NF_ERROR_INVALID, bad_options[i].says);
  assert_refused (NULL, "--train 1", NF_ERROR_INVALID, "--out");
  assert_refused (NULL, "--train 1 --stats", NF_ERROR_INVALID, "--clips");
  assert_refused (NULL, "--sheet a.png --shuffle", NF_ERROR_INVALID, "--real");
  g_assert_cmpuint (count_names (root, ""), ==, 0);
  nf_test_folder_remove (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/synth/layout", test_layout);
  g_test_add_func ("/synth/same-bytes", test_same_bytes);
  g_test_add_func ("/synth/goes-on", test_goes_on);
  g_test_add_func ("/synth/parts", test_parts);
  g_test_add_func ("/synth/parts-stay", test_parts_stay);
  g_test_add_func ("/synth/young-part", test_young_part);
  g_test_add_func ("/synth/other-parts", test_other_parts_fail);
  g_test_add_func ("/synth/interrupt", test_interrupt);
  g_test_add_func ("/synth/full-disk", test_full_disk_fails);
  g_test_add_func ("/synth/other-folder", test_other_folder_fails);
  g_test_add_func ("/synth/two-at-once", test_two_at_once_fails);
  g_test_add_func ("/synth/sheet", test_sheet);
  g_test_add_func ("/synth/sheet-shuffled", test_sheet_shuffled);
  g_test_add_func ("/synth/sheet-fails", test_sheet_fails);
  g_test_add_func ("/synth/stats", test_stats);
  g_test_add_func ("/synth/bad-options", test_bad_options_fail);
  return g_test_run ();
}
