/* SPDX-License-Identifier: MIT
 *
 * training — whole runs of tiny networks: resuming, interruption, learning,
 * and what is refused */
#include <nextframe/core/ops/nfops.h>
#include "inspect.h"
#include <nextframe/io/nfcheckpoint.h>
#include <nextframe/io/nfsafetensors.h>
#include "testclips.h"
#include "testruns.h"
#include "train/loop.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The losses in a run's metrics.jsonl. */
static GArray *
read_losses (NfTestPlace *place, const gchar *run)
{
  g_autofree gchar *path =
      g_build_filename (place->root, run, "metrics.jsonl", NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  GArray *losses = g_array_new (FALSE, FALSE, sizeof (gdouble));

  g_file_get_contents (path, &text, NULL, NULL);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && lines[i][0]; i++) {
    gdouble loss = g_ascii_strtod (strstr (lines[i], "\"loss\":") + 7, NULL);
    g_autofree gchar *head = g_strdup_printf ("{\"step\":%u,", i + 1);

    g_assert_true (g_str_has_prefix (lines[i], head));
    g_array_append_val (losses, loss);
  }
  return losses;
}

static void
assert_same_losses (NfTestPlace *place, const gchar *a, const gchar *b, guint n)
{
  g_autoptr (GArray) x = read_losses (place, a);
  g_autoptr (GArray) y = read_losses (place, b);

  g_assert_cmpuint (x->len, ==, n);
  g_assert_cmpuint (y->len, ==, n);
  g_assert_true (memcmp (x->data, y->data, n * sizeof (gdouble)) == 0);
}

/* So many steps at once, and the same in two halves: the same bits. */
static void
check_resume (
    NfTestPlace *place, NfTrainKind kind, const gchar *settings, guint steps)
{
  g_autofree gchar *all =
      g_strdup_printf ("%s|train.steps=%u", settings, steps);
  g_autofree gchar *half =
      g_strdup_printf ("%s|train.steps=%u", settings, steps / 2);
  g_autofree gchar *rest = g_strdup_printf ("train.steps=%u", steps);
  g_autofree gchar *state = g_strdup_printf ("state-%08u.safetensors", steps);
  g_autofree gchar *checkpoint =
      g_strdup_printf ("checkpoint-%08u.safetensors", steps);
  g_autoptr (GError) error = NULL;

  nf_test_train (place, kind, "straight", FALSE, all, &error);
  g_assert_no_error (error);
  nf_test_train (place, kind, "halves", FALSE, half, &error);
  g_assert_no_error (error);
  nf_test_train (place, kind, "halves", TRUE, rest, &error);
  g_assert_no_error (error);
  nf_test_same_file (place, "straight", "halves", "final.safetensors");
  nf_test_same_file (place, "straight", "halves", checkpoint);
  nf_test_same_file (place, "straight", "halves", state);
  assert_same_losses (place, "straight", "halves", steps);
}

static void
test_resume_diffusion (NfTestPlace *place, gconstpointer unused)
{
  check_resume (place, NF_TRAIN_DIFFUSION, NF_TEST_TINY_DIFFUSION, 8);
}

/* Without a running mean, concatenating, with coupled weight decay. */
static void
test_resume_concat (NfTestPlace *place, gconstpointer unused)
{
  check_resume (place, NF_TRAIN_DIFFUSION,
      NF_TEST_TINY_DIFFUSION "|model.spade=false|train.ema-rate=0|"
                             "train.optimizer=adam|train.grad-clip=0",
      6);
}

/* The clean frames as the target, a mean that is weighed, labels from all parts
 * of the schedule, mirrored. */
static void
test_resume_x0 (NfTestPlace *place, gconstpointer unused)
{
  check_resume (place, NF_TRAIN_DIFFUSION,
      NF_TEST_TINY_DIFFUSION
      "|model.target=x0|train.loss=mean|train.loss-weight=min-snr|"
      "train.labels=stratified|augment.mirror=0.5",
      6);
}

static void
test_resume_segment (NfTestPlace *place, gconstpointer unused)
{
  check_resume (place, NF_TRAIN_SEGMENT, NF_TEST_TINY_SEGMENT, 4);
}

/* The same with bf16 between weights in f32. */
/* A network that was trained on frames of their own size can be loaded, and says
 * which that was. */
static void
test_own_size (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *path =
      g_build_filename (place->root, "run", "final.safetensors", NULL);
  g_autoptr (NfCheckpoint) checkpoint = NULL;
  g_autoptr (GError) error = NULL;
  guint height, width;

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", FALSE, "train.steps=1");
  checkpoint = nf_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_true (
      nf_checkpoint_trained_size (checkpoint, &height, &width, &error));
  g_assert_cmpuint (height, ==, NF_TEST_HEIGHT);
  g_assert_cmpuint (width, ==, NF_TEST_WIDTH);
}

static void
test_resume_bf16 (NfTestPlace *place, gconstpointer unused)
{
  check_resume (place, NF_TRAIN_DIFFUSION,
      NF_TEST_TINY_DIFFUSION "|train.precision=bf16", 6);
}

static void
test_resume_segment_bf16 (NfTestPlace *place, gconstpointer unused)
{
  check_resume (
      place, NF_TRAIN_SEGMENT, NF_TEST_TINY_SEGMENT "|train.precision=bf16", 4);
}

/* Trains on another data set than the one in the folder. */
static void
use_data (NfTestPlace *place, const gchar *data)
{
  g_free (place->data);
  place->data = g_strdup (data);
}

/* Clips that are rendered meanwhile, by two threads; others are refused. */
static void
test_resume_scenes (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  use_data (place, "scenes:3");
  check_resume (
      place, NF_TRAIN_DIFFUSION, NF_TEST_TINY_DIFFUSION "|train.threads=2", 4);
  use_data (place, "scenes:4");
  g_assert_false (nf_test_train (place, NF_TRAIN_DIFFUSION, "halves", TRUE,
      NF_TEST_TINY_DIFFUSION "|train.threads=2|train.steps=5", &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "data.path=scenes:3"));
}

/* Guides, made by two threads; and none of a folder, whose motions nobody
 * knows. */
static void
test_resume_guided (NfTestPlace *place, gconstpointer unused)
{
  const gchar *settings = NF_TEST_TINY_DIFFUSION
      "|model.target=v|model.guide=true|model.spade=false|train.loss=mean|"
      "train.loss-weight=min-snr-v|train.labels=stratified|train.threads=2|"
      "data.scene-size=8 12|augment.mirror=0.5|train.no-guides=0.3|"
      "train.true-guides=0.3|model.residual=4";
  g_autofree gchar *folder = g_strdup (place->data);
  g_autoptr (GError) error = NULL;

  use_data (place, "scenes:3");
  check_resume (place, NF_TRAIN_DIFFUSION, settings, 6);
  use_data (place, folder);
  g_assert_false (nf_test_train (
      place, NF_TRAIN_DIFFUSION, "run", FALSE, settings, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "scenes:SEED"));
}

/* Two clips again and again, and each clip once. */
static void
test_resume_scenes_segment (NfTestPlace *place, gconstpointer data)
{
  use_data (place, data);
  check_resume (place, NF_TRAIN_SEGMENT,
      NF_TEST_TINY_SEGMENT "|data.image-size=16 24|train.threads=2", 4);
}

static void
test_bad_scenes_fails (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const bad[] = { "scenes:", "scenes:x", "scenes:-1",
    "scenes:1:", "scenes:1:0", "scenes:1:1000001", "scenes:1:2:3" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    use_data (place, bad[i]);
    g_assert_false (nf_test_train (place, NF_TRAIN_SEGMENT, "run", FALSE,
        NF_TEST_TINY_SEGMENT "|train.steps=1", &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, "scenes:SEED:CLIPS"));
  }
}

static void
test_interrupt_saves (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *final =
      g_build_filename (place->root, "broken", "final.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  GThread *thread = nf_test_interrupt_after (place, "broken", 3);
  guint steps;

  nf_test_train (place, NF_TRAIN_DIFFUSION, "broken", FALSE,
      NF_TEST_TINY_DIFFUSION "|train.steps=100000", &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  g_assert_false (g_file_test (final, G_FILE_TEST_EXISTS));
  {
    g_autoptr (GArray) losses = read_losses (place, "broken");
    g_autofree gchar *settings = NULL, *more = NULL;

    steps = losses->len + 2;
    settings =
        g_strdup_printf (NF_TEST_TINY_DIFFUSION "|train.steps=%u", steps);
    more = g_strdup_printf ("train.steps=%u", steps);
    nf_test_train (place, NF_TRAIN_DIFFUSION, "broken", TRUE, more, &error);
    g_assert_no_error (error);
    nf_test_train (place, NF_TRAIN_DIFFUSION, "whole", FALSE, settings, &error);
    g_assert_no_error (error);
  }
  assert_same_losses (place, "broken", "whole", steps);
  nf_test_same_file (place, "broken", "whole", "final.safetensors");
}

/* The mean of some losses in a row. */
static gdouble
mean_loss (const GArray *losses, guint from, guint n)
{
  gdouble sum = 0;

  for (guint i = from; i < from + n; i++)
    sum += g_array_index (losses, gdouble, i);
  return sum / n;
}

typedef struct
{
  NfTrainKind kind;
  const gchar *settings;
  gdouble most; /* of the last losses' mean over the first ones' */
} LearnCase;

static const LearnCase learn_cases[] = {
  { NF_TRAIN_DIFFUSION,
      NF_TEST_TINY_DIFFUSION "|model.dropout=0|train.steps=60|"
                             "train.learning-rate=0.02|train.batch-size=4",
      0.6 },
  { NF_TRAIN_SEGMENT,
      NF_TEST_TINY_SEGMENT
      "|train.steps=40|train.learning-rate=0.01|augment.blur=0",
      0.6 },
};

static gboolean
skipped_for_memory (void)
{
  if (!g_getenv ("NEXTFRAME_NO_POOL"))
    return FALSE;
  g_test_skip ("memory checkers find nothing here but more of the same steps");
  return TRUE;
}

/* Within a share of what is wanted. */
static void
assert_close (gdouble got, gdouble want, gdouble share)
{
  g_test_message ("%g, wanted %g: %g away", got, want, got / want - 1);
  g_assert_cmpfloat (fabs (got - want), <=, share * want);
}

static void
test_learns (NfTestPlace *place, gconstpointer data)
{
  const LearnCase *learn = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) losses = NULL;
  gdouble first, last;

  if (skipped_for_memory ())
    return;
  nf_test_train (place, learn->kind, "run", FALSE, learn->settings, &error);
  g_assert_no_error (error);
  losses = read_losses (place, "run");
  first = mean_loss (losses, 0, 5);
  last = mean_loss (losses, losses->len - 10, 10);
  g_test_message ("loss %g at first, %g at last", first, last);
  g_assert_cmpfloat (last, <=, learn->most * first);
}

/* bf16 changes the first loss by rounding alone. The next ones fall fast and go ways
 * of their own, so that they are near each other again only where they fall slowly. */
static void
test_learns_bf16 (NfTestPlace *place, gconstpointer data)
{
  const LearnCase *learn = data;
  g_autofree gchar *half =
      g_strdup_printf ("%s|train.precision=bf16", learn->settings);
  g_autoptr (GArray) wide = NULL;
  g_autoptr (GArray) narrow = NULL;
  g_autoptr (GError) error = NULL;
  guint n;

  if (skipped_for_memory ())
    return;
  nf_test_train (place, learn->kind, "f32", FALSE, learn->settings, &error);
  g_assert_no_error (error);
  nf_test_train (place, learn->kind, "bf16", FALSE, half, &error);
  g_assert_no_error (error);
  wide = read_losses (place, "f32");
  narrow = read_losses (place, "bf16");
  n = wide->len;
  for (guint i = 0; i < n; i += 10)
    g_test_message ("step %u: loss %g in f32, %g in bf16", i + 1,
        g_array_index (wide, gdouble, i), g_array_index (narrow, gdouble, i));
  g_assert_cmpuint (narrow->len, ==, n);
  assert_close (mean_loss (narrow, 0, 1), mean_loss (wide, 0, 1), 0.002);
  assert_close (mean_loss (narrow, 0, 5), mean_loss (wide, 0, 5), 0.05);
  assert_close (
      mean_loss (narrow, n - 10, 10), mean_loss (wide, n - 10, 10), 0.08);
}

/* TF32 changes the losses little on a GPU, and nothing on the CPU. */
static void
test_tf32 (NfTestPlace *place, gconstpointer unused)
{
  const gchar *settings = NF_TEST_TINY_DIFFUSION "|train.steps=4";
  g_autoptr (NfDevice) device = nf_device_open ("auto", NULL);
  g_autoptr (GArray) full = NULL;
  g_autoptr (GArray) rounded = NULL;
  g_autoptr (GError) error = NULL;

  nf_test_train (place, NF_TRAIN_DIFFUSION, "f32", FALSE, settings, &error);
  g_assert_no_error (error);
  nf_test_train (place, NF_TRAIN_DIFFUSION, "tf32", FALSE,
      NF_TEST_TINY_DIFFUSION "|train.steps=4|train.precision=tf32", &error);
  g_assert_no_error (error);
  full = read_losses (place, "f32");
  rounded = read_losses (place, "tf32");
  g_assert_cmpuint (rounded->len, ==, 4);
  g_assert_cmpint (
      memcmp (full->data, rounded->data, 4 * sizeof (gdouble)) == 0, ==,
      g_str_equal (device->name, "cpu"));
  for (guint i = 0; i < 4; i++)
    assert_close (g_array_index (rounded, gdouble, i),
        g_array_index (full, gdouble, i), 0.01);
}

/* The newest savepoints stay, and the last one always. */
static void
test_keep (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) found = g_string_new (NULL);

  nf_test_train (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      NF_TEST_TINY_DIFFUSION
      "|train.steps=8|train.checkpoint-every=3|train.keep=2",
      &error);
  g_assert_no_error (error);
  for (guint step = 0; step < 10; step++) {
    g_autofree gchar *state =
        g_strdup_printf ("%s/state-%08u.safetensors", run, step);
    g_autofree gchar *checkpoint =
        g_strdup_printf ("%s/checkpoint-%08u.safetensors", run, step);
    gboolean there = g_file_test (state, G_FILE_TEST_EXISTS);

    g_assert_cmpint (g_file_test (checkpoint, G_FILE_TEST_EXISTS), ==, there);
    if (there)
      g_string_append_printf (found, " %u", step);
  }
  g_assert_cmpstr (found->str, ==, " 6 8");
}

typedef struct
{
  NfTrainKind kind;
  gboolean resume;
  const gchar *settings;
  NfError code;
  const gchar *says; /* parts with | between */
} BadRun;

static const BadRun bad_runs[] = {
  { NF_TRAIN_DIFFUSION, FALSE, NF_TEST_TINY_DIFFUSION "|data.splits=val",
      NF_ERROR_NOT_FOUND, "SPLIT/video_N" },
  { NF_TRAIN_DIFFUSION, FALSE, NF_TEST_TINY_DIFFUSION "|model.future-gap=3",
      NF_ERROR_INVALID, "train/video_0|7 frames|need 8" },
  { NF_TRAIN_DIFFUSION, FALSE,
      NF_TEST_TINY_DIFFUSION "|data.image-size=0 0|model.ch-mult=1 1 1 1 1 1",
      NF_ERROR_INVALID, "image-size|32|16 24" },
  { NF_TRAIN_DIFFUSION, FALSE, NF_TEST_TINY_DIFFUSION "|train.device=gpu",
      NF_ERROR_INVALID, "gpu" },
  { NF_TRAIN_DIFFUSION, TRUE, NF_TEST_TINY_DIFFUSION, NF_ERROR_NOT_FOUND,
      "config.ini" },
};

static void
test_bad_run_fails (NfTestPlace *place, gconstpointer data)
{
  const BadRun *bad = data;
  g_auto (GStrv) says = g_strsplit (bad->says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_test_train (
      place, bad->kind, "run", bad->resume, bad->settings, &error));
  g_assert_error (error, NF_ERROR, (gint) bad->code);
  for (guint i = 0; says[i]; i++)
    if (!strstr (error->message, says[i]))
      g_error ("\"%s\" is not in \"%s\"", says[i], error->message);
}

/* Asserts that the run cannot be resumed, and why. */
static void
assert_no_resume (
    NfTestPlace *place, const gchar *settings, NfError code, const gchar *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      nf_test_train (place, NF_TRAIN_DIFFUSION, "run", TRUE, settings, &error));
  g_assert_error (error, NF_ERROR, (gint) code);
  if (!strstr (error->message, says))
    g_error ("\"%s\" is not in \"%s\"", says, error->message);
}

static void
test_bad_resume_fails (NfTestPlace *place, gconstpointer unused)
{
  const gchar *steps = "train.steps=4";
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);
  g_autofree gchar *state =
      g_build_filename (run, "state-00000002.safetensors", NULL);
  g_autofree gchar *checkpoint =
      g_build_filename (run, "checkpoint-00000002.safetensors", NULL);
  g_autofree gchar *older =
      g_build_filename (run, "state-00000001.safetensors", NULL);
  g_autofree gchar *older_checkpoint =
      g_build_filename (run, "checkpoint-00000001.safetensors", NULL);
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  nf_test_train (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      NF_TEST_TINY_DIFFUSION "|train.steps=2|train.checkpoint-every=1", &error);
  g_assert_no_error (error);
  g_assert_false (nf_test_train (
      place, NF_TRAIN_DIFFUSION, "run", FALSE, NF_TEST_TINY_DIFFUSION, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "not empty"));

  assert_no_resume (place, "train.seed=2", NF_ERROR_INVALID, "train.seed");
  assert_no_resume (
      place, "train.precision=bf16", NF_ERROR_INVALID, "train.precision");
  g_file_get_contents (state, &data, &size, NULL);
  g_assert_cmpint (g_rename (older, state), ==, 0);
  g_assert_cmpint (g_unlink (older_checkpoint), ==, 0);
  assert_no_resume (place, steps, NF_ERROR_FORMAT, "found that of step 1");
  g_file_set_contents (state, data, size - 4, NULL);
  assert_no_resume (place, steps, NF_ERROR_FORMAT, "state-00000002");
  g_file_set_contents (state, data, size, NULL);
  g_file_set_contents (checkpoint, data, size, NULL);
  assert_no_resume (place, steps, NF_ERROR_UNSUPPORTED, "checkpoint-00000002");
  g_unlink (checkpoint);
  assert_no_resume (place, steps, NF_ERROR_NOT_FOUND, "checkpoint-STEP");
}

/* A task of one weight whose loss is too large for a number. */
static NfTensor *
endless_loss (NfTask *task, NfTensor *const *in, GError **error)
{
  static const NfAxpbyParams large = { 1e30f, 0.0f, NF_ACT_NONE };
  NfTensor *weight = nf_params_index (task->params, 0)->value;
  g_autoptr (NfTensor) e = nf_op_axpby (weight, NULL, &large, error);
  g_autoptr (NfTensor) z = nf_tensor_new_like (weight, error);

  nf_tensor_zero (z, error);
  return nf_op_noise_loss (e, z, NULL, error);
}

static gboolean
load_nothing (NfTask *task, guint64 first_sample, NfTensor **in, GError **error)
{
  return TRUE;
}

static void
keep_task (NfTask *task)
{
}

static void
test_divergence_fails (NfTestPlace *place, gconstpointer unused)
{
  const gint64 dims[] = { 1 };
  g_autofree gchar *run = g_build_filename (place->root, "run", NULL);
  g_autofree gchar *state =
      g_build_filename (run, "state-00000001.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfParams) params = nf_params_new (device);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  NfTask task = { "none", params };
  const NfLoopSetup setup = { .run = run, .log = stderr };

  nf_params_add (params, "w", NF_F32, 1, dims, TRUE, NF_INIT_ONE, 1, &error);
  nf_task_init (&task, 0, load_nothing, endless_loss, keep_task);
  nf_train_config_resolve_size (config, 1, 1, &error);
  g_assert_no_error (error);
  g_assert_false (nf_loop_run (&task, config, &setup, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "step 1: the loss is inf"));
  g_assert_nonnull (strstr (error->message, "train.learning-rate"));
  g_assert_false (g_file_test (state, G_FILE_TEST_EXISTS));
  nf_task_free (&task);
}

static void
test_inspect (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *path =
      g_build_filename (place->root, "run", "final.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  const gchar *lines[] = { "arch: spade_unet\n", "  image_size         [8,12]",
    "  future_gap         1\n", "\nstep: 1\n", "\nclips: 3\n",
    "\nimage-height: 8\n", "\nimage-width: 12\n",
    "tensors: ", "  unet.all_modules.0.weight " };

  nf_test_train (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      NF_TEST_TINY_DIFFUSION "|train.steps=1", &error);
  g_assert_no_error (error);
  text = nf_inspect_file (path, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    if (!strstr (text, lines[i]))
      g_error ("\"%s\" is not in \"%s\"", lines[i], text);
}

/* What a file says does not reach the terminal as commands. */
static void
test_inspect_hostile (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *path = g_build_filename (place->root, "a", NULL);
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;

  nf_safetensors_writer_add_metadata (writer, "note", "a\033[2Jb", &error);
  nf_safetensors_writer_save (writer, path, &error);
  g_assert_no_error (error);
  text = nf_inspect_file (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "note: a?[2Jb\n"));
  g_assert_null (nf_inspect_file ("/nonexistent/a", &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NOT_FOUND);
}

#define ADD(name, data, func)                                                  \
  g_test_add (name, NfTestPlace, data, nf_test_place_set_up, func,             \
      nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/training/resume-diffusion", NULL, test_resume_diffusion);
  ADD ("/training/resume-concat", NULL, test_resume_concat);
  ADD ("/training/resume-x0", NULL, test_resume_x0);
  ADD ("/training/resume-guided", NULL, test_resume_guided);
  ADD ("/training/own-size", NULL, test_own_size);
  ADD ("/training/resume-segment", NULL, test_resume_segment);
  ADD ("/training/resume-bf16", NULL, test_resume_bf16);
  ADD ("/training/resume-segment-bf16", NULL, test_resume_segment_bf16);
  ADD ("/training/resume-scenes", NULL, test_resume_scenes);
  ADD ("/training/resume-scenes-epochs", "scenes:3:2",
      test_resume_scenes_segment);
  ADD ("/training/resume-scenes-endless", "scenes:3",
      test_resume_scenes_segment);
  ADD ("/training/bad-scenes", NULL, test_bad_scenes_fails);
  ADD ("/training/interrupt-saves", NULL, test_interrupt_saves);
  ADD ("/training/learns-diffusion", &learn_cases[0], test_learns);
  ADD ("/training/learns-segment", &learn_cases[1], test_learns);
  ADD ("/training/learns-diffusion-bf16", &learn_cases[0], test_learns_bf16);
  ADD ("/training/learns-segment-bf16", &learn_cases[1], test_learns_bf16);
  ADD ("/training/tf32", NULL, test_tf32);
  ADD ("/training/keep", NULL, test_keep);
  for (guint i = 0; i < G_N_ELEMENTS (bad_runs); i++) {
    g_autofree gchar *name = g_strdup_printf ("/training/bad-run/%u", i);

    ADD (name, &bad_runs[i], test_bad_run_fails);
  }
  ADD ("/training/bad-resume", NULL, test_bad_resume_fails);
  ADD ("/training/divergence", NULL, test_divergence_fails);
  ADD ("/training/inspect", NULL, test_inspect);
  ADD ("/training/inspect-hostile", NULL, test_inspect_hostile);
  return g_test_run ();
}
