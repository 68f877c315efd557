/* SPDX-License-Identifier: MIT
 *
 * endings — runs that something ends: what is saved, what is left behind, and
 * how they go on
 *
 * Sibling: training.c, runs that nothing disturbs. */
#include "io/nffile.h"
#include "testclips.h"
#include "testruns.h"
#include "train/report.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utime.h>

#define DIFFUSION NF_TEST_TINY_DIFFUSION
#define SEGMENT NF_TEST_TINY_SEGMENT

static const gchar *const tiny[NF_N_TRAIN_KINDS] = { SEGMENT, DIFFUSION };

/* Trains, which must fail with an error that says all of @says. */
static void
assert_fails (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    gboolean resume, const gchar *settings, const gchar *says)
{
  g_auto (GStrv) parts = g_strsplit (says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_test_train (place, kind, run, resume, settings, &error));
  g_assert_nonnull (error);
  for (guint i = 0; parts[i]; i++)
    if (!strstr (error->message, parts[i]))
      g_error ("\"%s\" is not in \"%s\"", parts[i], error->message);
}

static void
train (NfTestPlace *place, NfTrainKind kind, const gchar *run, gboolean resume,
    const gchar *more)
{
  nf_test_train_tiny (place, kind, run, resume, more);
}

/* The newest step that a run has a savepoint of. */
static guint
newest (NfTestPlace *place, const gchar *run)
{
  guint found = G_MAXUINT;

  for (guint step = 0; step < 1000; step++) {
    g_autofree gchar *state = g_strdup_printf ("state-%08u.safetensors", step);
    g_autofree gchar *checkpoint =
        g_strdup_printf ("checkpoint-%08u.safetensors", step);

    if (nf_test_has_file (place, run, state)
        && nf_test_has_file (place, run, checkpoint))
      found = step;
  }
  g_assert_cmpuint (found, !=, G_MAXUINT);
  return found;
}

/* Nothing half-written is in a run's folder. */
static void
assert_no_litter (NfTestPlace *place, const gchar *run)
{
  g_autofree gchar *path = g_build_filename (place->root, run, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir))) {
    g_assert_false (g_str_has_prefix (name, "."));
    if (g_str_has_prefix (name, "state-")) {
      g_autofree gchar *checkpoint =
          g_strconcat ("checkpoint-", name + strlen ("state-"), NULL);

      g_assert_true (nf_test_has_file (place, run, checkpoint));
    }
  }
}

/* A run goes on to @steps and then has the weights of a run that nothing
 * disturbed. */
static void
assert_same_weights (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    const gchar *more, guint steps)
{
  g_autofree gchar *settings =
      g_strdup_printf ("%s|train.steps=%u", more, steps);
  g_autofree gchar *whole = g_strconcat (run, "-whole", NULL);
  g_autofree gchar *state = g_strdup_printf ("state-%08u.safetensors", steps);

  train (place, kind, run, TRUE, settings);
  train (place, kind, whole, FALSE, settings);
  nf_test_same_file (place, run, whole, "final.safetensors");
  nf_test_same_file (place, run, whole, state);
  assert_no_litter (place, run);
}

/* The same, and no loss is missing either. */
static void
assert_goes_on (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    const gchar *more, guint steps)
{
  g_autofree gchar *whole = g_strconcat (run, "-whole", NULL);

  assert_same_weights (place, kind, run, more, steps);
  nf_test_same_metric (place, run, whole, "loss", steps);
}

/* ---------------------------------------------------------------- bad clips */

static gchar *
frame_of (NfTestPlace *place, const gchar *clip, guint t)
{
  return g_strdup_printf ("%s/%s/image_%u.png", place->data, clip, t);
}

/* Makes a frame unreadable, or whole again. */
static void
damage (NfTestPlace *place, const gchar *clip, gboolean whole)
{
  g_autofree gchar *folder = g_build_filename (place->data, clip, NULL);
  g_autofree gchar *path = frame_of (place, clip, 2);

  if (whole)
    nf_test_write_frame (folder, 2, NF_TEST_WIDTH, NF_TEST_HEIGHT);
  else
    g_assert_true (g_file_set_contents (path, "no picture", -1, NULL));
}

/* Whichever sample is the first that cannot be made, in the first batch of a
 * step or in a later one: the run is saved as it was before that step. */
static void
test_bad_clip_saves (NfTestPlace *place, gconstpointer data)
{
  const NfTrainKind kind = GPOINTER_TO_INT (data);
  const gchar *more = "data.cache=0|train.batch-size=1|train.accumulate=3";

  for (guint clip = 0; clip < 3; clip++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", clip);
    g_autofree gchar *run = g_strdup_printf ("run-%u", clip);
    g_autofree gchar *settings =
        g_strdup_printf ("%s|%s|train.steps=9", tiny[kind], more);
    g_autofree gchar *says = g_strdup_printf (
        "%s/image_2.png|the run is saved at step|--resume", name);

    damage (place, name, FALSE);
    assert_fails (place, kind, run, FALSE, settings, says);
    damage (place, name, TRUE);
    g_test_message ("saved at step %u", newest (place, run));
    assert_goes_on (place, kind, run, more, newest (place, run) + 2);
  }
}

/* Left out and listed; see loader.c for what takes its place. */
static void
test_bad_clip_skipped (NfTestPlace *place, gconstpointer data)
{
  const NfTrainKind kind = GPOINTER_TO_INT (data);
  const gchar *more = "data.cache=0|data.bad-clips=skip|train.steps=6";
  g_autofree gchar *list = nf_test_run_file (place, "run", "left-out.txt");
  g_autofree gchar *text = NULL;
  g_autofree gchar *first = frame_of (place, "train/video_0", 0);
  g_auto (GStrv) lines = NULL;

  damage (place, "train/video_1", FALSE);
  g_unlink (first); /* which is noticed before the start */
  train (place, kind, "run", FALSE, more);
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
  g_assert_true (g_file_get_contents (list, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_nonnull (strstr (lines[0], "video_0/image_0.png"));
  g_assert_nonnull (strstr (lines[1], "video_1/image_2.png"));
}

static void
test_no_good_clip_fails (NfTestPlace *place, gconstpointer unused)
{
  for (guint clip = 0; clip < 3; clip++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", clip);

    damage (place, name, FALSE);
  }
  assert_fails (place, NF_TRAIN_SEGMENT, "run", FALSE,
      SEGMENT "|data.bad-clips=skip|train.steps=2",
      "none of the clips can be read|image_2.png");
}

/* All clips are read before the start, and all that are bad are named. */
static void
test_check (NfTestPlace *place, gconstpointer unused)
{
  damage (place, "train/video_0", FALSE);
  damage (place, "train/video_2", FALSE);
  assert_fails (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      DIFFUSION "|data.check=true|train.steps=1",
      "2 clips|video_0/image_2.png|video_2/image_2.png|bad-clips=skip");
  g_assert_false (nf_test_has_file (place, "run", "config.ini"));
  train (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      "data.check=true|data.bad-clips=skip|train.steps=1");
  g_assert_true (nf_test_has_file (place, "run", "left-out.txt"));
  damage (place, "train/video_0", TRUE);
  damage (place, "train/video_2", TRUE);
  train (place, NF_TRAIN_DIFFUSION, "good", FALSE,
      "data.check=true|train.threads=2|train.steps=1");
  g_assert_false (nf_test_has_file (place, "good", "left-out.txt"));
}

/* --------------------------------------------------------------- validation */

/* A clip of val/ that cannot be read: the run goes on to its end. */
static void
test_validation_fails_on (NfTestPlace *place, gconstpointer unused)
{
  damage (place, "val/video_10", FALSE);
  train (
      place, NF_TRAIN_SEGMENT, "run", FALSE, "train.steps=3|validate.every=1");
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
  g_assert_false (nf_test_has_file (place, "run", "best.safetensors"));
  train (place, NF_TRAIN_SEGMENT, "plain", FALSE, "train.steps=3");
  nf_test_same_file (place, "run", "plain", "final.safetensors");
}

/* A savepoint is there before a validation starts, and gets what it found. */
static void
test_saved_before_validation (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *best = nf_test_run_file (place, "run", "best.safetensors");

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      "train.steps=4|validate.every=2|train.keep=9");
  g_assert_true (nf_test_has_file (place, "run", "state-00000002.safetensors"));
  train (place, NF_TRAIN_DIFFUSION, "late", FALSE,
      "train.steps=4|train.checkpoint-every=2|validate.every=2");
  nf_test_same_file (place, "run", "late", "state-00000004.safetensors");
  g_assert_cmpint (g_unlink (best), ==, 0);
  g_assert_cmpint (g_mkdir (best, 0777), ==, 0); /* which no file replaces */
  train (place, NF_TRAIN_DIFFUSION, "run", TRUE,
      "train.steps=8|validate.every=2|train.keep=9");
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
  assert_no_litter (place, "run");
}

/* ------------------------------------------------------------------ writing */

/* Makes the open metrics.jsonl of this process a device that is full. */
static void
fill_metrics (gpointer unused)
{
  int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (full, >=, 0);
  for (int fd = 3; fd < 1024; fd++) {
    g_autofree gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
    g_autofree gchar *target = g_file_read_link (link, NULL);

    if (target && g_str_has_suffix (target, "metrics.jsonl"))
      dup2 (full, fd);
  }
  close (full);
}

static void
test_metrics_full_saves (NfTestPlace *place, gconstpointer unused)
{
  GThread *thread = nf_test_do_after (place, "run", 3, fill_metrics, NULL);

  assert_fails (place, NF_TRAIN_SEGMENT, "run", FALSE,
      SEGMENT "|train.steps=100000", "metrics.jsonl|the run is saved at step");
  g_thread_join (thread);
  assert_same_weights (
      place, NF_TRAIN_SEGMENT, "run", "", newest (place, "run") + 2);
}

static void
limit_files (gpointer bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = bytes ? (rlim_t) GPOINTER_TO_SIZE (bytes) : limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* Where nothing can be saved any more, the savepoint before stays as it is. */
static void
test_full_disk (NfTestPlace *place, gconstpointer unused)
{
  GThread *thread =
      nf_test_do_after (place, "run", 5, limit_files, GSIZE_TO_POINTER (4096));

  assert_fails (place, NF_TRAIN_SEGMENT, "run", FALSE,
      SEGMENT "|train.steps=100000|train.checkpoint-every=2",
      "File too large|the run is saved at step");
  g_thread_join (thread);
  limit_files (NULL);
  assert_no_litter (place, "run");
  assert_goes_on (place, NF_TRAIN_SEGMENT, "run", "train.checkpoint-every=2",
      newest (place, "run") + 3);
}

/* Older savepoints make room for a new one, the newest never does, also where it is
 * the only one. */
static void
test_room_for_savepoint (NfTestPlace *place, gconstpointer keep)
{
  g_autofree gchar *path =
      nf_test_run_file (place, "run", "checkpoint-00000004.safetensors");
  g_autofree gchar *settings = g_strdup_printf (
      "train.steps=3|train.checkpoint-every=1|%s", (const gchar *) keep);
  g_autofree gchar *more = g_strdup_printf (
      "train.steps=4|train.checkpoint-every=1|%s", (const gchar *) keep);

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, settings);
  g_assert_cmpint (g_mkdir (path, 0777), ==, 0);
  assert_fails (place, NF_TRAIN_DIFFUSION, "run", TRUE, more,
      "checkpoint-00000004|the run is saved at step 3");
  g_assert_false (
      nf_test_has_file (place, "run", "state-00000001.safetensors"));
  g_assert_true (nf_test_has_file (place, "run", "state-00000003.safetensors"));
}

/* ------------------------------------------------------------------ signals */

static void
send_signal (gpointer number)
{
  kill (getpid (), GPOINTER_TO_INT (number));
}

/* Twice, as a terminal that goes away sends SIGHUP. */
static void
send_twice (gpointer number)
{
  send_signal (number);
  while (!nf_interrupt_requested ())
    g_usleep (100);
  send_signal (number);
}

typedef struct
{
  int number;
  void (*send) (gpointer number);
} Signal;

static const Signal signals[] = {
  { SIGTERM, send_signal },
  { SIGHUP, send_twice },
};

static void
test_signal_saves (NfTestPlace *place, gconstpointer data)
{
  const Signal *how = data;
  GThread *thread;

  signal (how->number, SIG_DFL); /* nohup may have started the tests */
  thread = nf_test_do_after (
      place, "run", 2, how->send, GINT_TO_POINTER (how->number));
  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=100000");
  g_thread_join (thread);
  g_assert_false (nf_test_has_file (place, "run", "final.safetensors"));
  assert_goes_on (
      place, NF_TRAIN_DIFFUSION, "run", "", newest (place, "run") + 2);
}

/* Nobody reads what the run prints. */
static void
test_closed_pipe_saves (NfTestPlace *place, gconstpointer unused)
{
  int before = dup (STDERR_FILENO), ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  close (ends[0]);
  fflush (stderr);
  dup2 (ends[1], STDERR_FILENO);
  close (ends[1]);
  signal (SIGPIPE, SIG_IGN); /* until the run starts */
  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=100000");
  dup2 (before, STDERR_FILENO);
  close (before);
  clearerr (stderr);
  g_assert_false (nf_test_has_file (place, "run", "final.safetensors"));
  assert_goes_on (
      place, NF_TRAIN_DIFFUSION, "run", "", newest (place, "run") + 2);
}

/* ---------------------------------------------------------------- the folder */

static void
test_one_writer (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);
  g_autoptr (GError) error = NULL;
  int lock = nf_file_lock_folder (run, "test", &error);

  g_assert_no_error (error);
  assert_fails (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      DIFFUSION "|train.steps=1", "another nextframe-train is writing there");
  close (lock);
  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=1");
}

static void
write_text (NfTestPlace *place, const gchar *name, const gchar *text)
{
  g_autofree gchar *path = nf_test_run_file (place, "run", name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* What killed runs left half-written goes, what is the user's stays, and so does
 * what another program may be writing. */
static void
test_litter_removed (NfTestPlace *place, gconstpointer unused)
{
  const struct utimbuf old = { 1000000000, 1000000000 };
  g_autofree gchar *half = nf_test_run_file (place, "run", ".nextframe-Ab3xY9");

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=2");
  write_text (place, ".nextframe-Ab3xY9", "half a checkpoint");
  g_assert_cmpint (g_utime (half, (struct utimbuf *) &old), ==, 0);
  write_text (place, ".nextframe-Cd5zW1", "being written");
  write_text (place, "state-00000009.safetensors", "no checkpoint");
  write_text (place, ".nextframe-notes", "a user's");
  write_text (place, "checkpoint-00000001.safetensors", "a user's");
  train (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=3");
  g_assert_false (nf_test_has_file (place, "run", ".nextframe-Ab3xY9"));
  g_assert_false (
      nf_test_has_file (place, "run", "state-00000009.safetensors"));
  g_assert_true (nf_test_has_file (place, "run", ".nextframe-Cd5zW1"));
  g_assert_true (nf_test_has_file (place, "run", ".nextframe-notes"));
  g_assert_true (
      nf_test_has_file (place, "run", "checkpoint-00000001.safetensors"));
}

/* ------------------------------------------------------------------- damage */

static void
cut_in_half (NfTestPlace *place, const gchar *name)
{
  g_autofree gchar *path = nf_test_run_file (place, "run", name);
  g_autofree gchar *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_true (g_file_set_contents (path, data, size / 2, NULL));
}

/* Whichever file of the newest savepoint is damaged, the one before is used, and
 * the damaged one does not count as one to keep. */
static void
test_damaged_falls_back (NfTestPlace *place, gconstpointer name)
{
  const gchar *more = "train.checkpoint-every=2|train.keep=2";
  g_autofree gchar *settings = g_strdup_printf ("%s|train.steps=4", more);
  g_autofree gchar *aside = g_strdup_printf ("%s.damaged", (gchar *) name);

  train (place, NF_TRAIN_SEGMENT, "run", FALSE, settings);
  cut_in_half (place, name);
  assert_goes_on (place, NF_TRAIN_SEGMENT, "run", more, 6);
  g_assert_true (nf_test_has_file (place, "run", aside));
  g_assert_true (nf_test_has_file (place, "run", "state-00000004.safetensors"));
}

static void
test_all_damaged_fails (NfTestPlace *place, gconstpointer unused)
{
  const gchar *more = "train.checkpoint-every=1|train.steps=2";

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, more);
  cut_in_half (place, "state-00000001.safetensors");
  cut_in_half (place, "state-00000002.safetensors");
  assert_fails (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=3",
      "state-00000002.safetensors");
  g_assert_true (nf_test_has_file (place, "run", "state-00000002.safetensors"));
}

/* --------------------------------------------------------------- other clips */

static void
test_other_data (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *moved = g_build_filename (place->root, "moved", NULL);
  g_autofree gchar *extra = NULL;

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=2");
  g_assert_cmpint (g_rename (place->data, moved), ==, 0);
  g_free (place->data);
  place->data = g_steal_pointer (&moved);
  train (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=3");
  extra = nf_test_write_clip (place->data, "train/video_7", NF_TEST_CLIP_FRAMES,
      NF_TEST_WIDTH, NF_TEST_HEIGHT, TRUE);
  assert_fails (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=4",
      "holds other clips|--other-data");
  train (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=4|--other-data");
  train (place, NF_TRAIN_DIFFUSION, "run", TRUE, "train.steps=5");
}

/* --------------------------------------------------------------------- plan */

static GString *printed;

static void
keep_print (const gchar *text)
{
  g_string_append (printed, text);
}

/* What a run would take, without one. */
static void
test_plan (NfTestPlace *place, gconstpointer data)
{
  const NfTrainKind kind = GPOINTER_TO_INT (data);
  static const gchar *const lines[] = { "network     ", " parameters\n",
    "data        3 clips of train; an epoch is ", "GFLOP a step of ",
    "memory      ", "disk        ", "            50 steps: " };
  GPrintFunc before;

  printed = g_string_new (NULL);
  before = g_set_print_handler (keep_print);
  train (place, kind, "run", FALSE, "--plan|train.steps=50|train.accumulate=2");
  g_set_print_handler (before);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    if (!strstr (printed->str, lines[i]))
      g_error ("\"%s\" is not in \"%s\"", lines[i], printed->str);
  g_string_free (printed, TRUE);
  g_assert_false (nf_test_has_file (place, "run", "config.ini"));
}

/* Epochs in metrics.jsonl: three clips, three a step. */
static void
test_epochs (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GArray) points = NULL;

  train (place, NF_TRAIN_DIFFUSION, "run", FALSE, "train.steps=2");
  points = nf_test_read_metric (place, "run", "epoch");
  g_assert_cmpuint (points->len, ==, 2);
  g_assert_cmpfloat (nf_test_point_at (points, 1).value, ==, 2);
  g_free (place->data);
  place->data = g_strdup ("scenes:3");
  train (place, NF_TRAIN_DIFFUSION, "endless", FALSE, "train.steps=1");
  g_clear_pointer (&points, g_array_unref);
  points = nf_test_read_metric (place, "endless", "epoch");
  g_assert_cmpuint (points->len, ==, 0);
}

#define ADD(name, data, func)                                                  \
  g_test_add (name, NfTestPlace, data, nf_test_place_set_up_val, func,         \
      nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  const gpointer segment = GINT_TO_POINTER (NF_TRAIN_SEGMENT);
  const gpointer diffusion = GINT_TO_POINTER (NF_TRAIN_DIFFUSION);

  g_test_init (&argc, &argv, NULL);
  ADD ("/endings/bad-clip-segment", segment, test_bad_clip_saves);
  ADD ("/endings/bad-clip-diffusion", diffusion, test_bad_clip_saves);
  ADD ("/endings/bad-clip-skipped-segment", segment, test_bad_clip_skipped);
  ADD ("/endings/bad-clip-skipped-diffusion", diffusion, test_bad_clip_skipped);
  ADD ("/endings/no-good-clip", NULL, test_no_good_clip_fails);
  ADD ("/endings/check", NULL, test_check);
  ADD ("/endings/validation-fails", NULL, test_validation_fails_on);
  ADD ("/endings/saved-before-validation", NULL, test_saved_before_validation);
  ADD ("/endings/metrics-full", NULL, test_metrics_full_saves);
  ADD ("/endings/full-disk", NULL, test_full_disk);
  ADD ("/endings/room-for-savepoint", "train.keep=3", test_room_for_savepoint);
  ADD ("/endings/room-for-savepoint-of-one", "train.keep=1",
      test_room_for_savepoint);
  ADD ("/endings/sigterm", &signals[0], test_signal_saves);
  ADD ("/endings/sighup", &signals[1], test_signal_saves);
  ADD ("/endings/closed-pipe", NULL, test_closed_pipe_saves);
  ADD ("/endings/one-writer", NULL, test_one_writer);
  ADD ("/endings/litter", NULL, test_litter_removed);
  ADD ("/endings/damaged-checkpoint", "checkpoint-00000004.safetensors",
      test_damaged_falls_back);
  ADD ("/endings/damaged-state", "state-00000004.safetensors",
      test_damaged_falls_back);
  ADD ("/endings/all-damaged", NULL, test_all_damaged_fails);
  ADD ("/endings/other-data", NULL, test_other_data);
  ADD ("/endings/plan-segment", segment, test_plan);
  ADD ("/endings/plan-diffusion", diffusion, test_plan);
  ADD ("/endings/epochs", NULL, test_epochs);
  return g_test_run ();
}
