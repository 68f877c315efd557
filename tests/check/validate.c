/* SPDX-License-Identifier: MIT
 *
 * validate — how networks are judged: scores, by which clips, interruption
 *
 * Sibling: validateruns.c, whole runs */
#include "train/validate.h"
#include "data/trainclips.h"
#include <nextframe/io/nfcheckpoint.h>
#include <nextframe/nets/nfunetpp.h>
#include "testclips.h"
#include "testruns.h"
#include "train/diffusion.h"
#include "train/segment.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define CLASSES 49
/* The same weights have the same score, however often they were judged. */
static void
test_repeats (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GArray) often = NULL;
  g_autoptr (GArray) once = NULL;
  g_autoptr (GArray) other = NULL;

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "often", FALSE,
      "train.steps=5|validate.every=1");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "once", FALSE,
      "train.steps=5|validate.every=100");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "other", FALSE,
      "train.steps=5|validate.every=100|train.seed=2");
  often = nf_test_read_metric (place, "often", "validation-loss");
  once = nf_test_read_metric (place, "once", "validation-loss");
  other = nf_test_read_metric (place, "other", "validation-loss");
  g_assert_cmpuint (often->len, ==, 5);
  /* after the last step in any case */
  g_assert_cmpuint (once->len, ==, 1);
  g_assert_cmpuint (nf_test_point_at (once, 0).step, ==, 5);
  g_assert_cmpfloat (
      nf_test_point_at (often, 4).value, ==, nf_test_point_at (once, 0).value);
  g_assert_cmpfloat (
      nf_test_point_at (often, 4).value, !=, nf_test_point_at (often, 3).value);
  g_assert_cmpfloat (
      nf_test_point_at (other, 0).value, !=, nf_test_point_at (once, 0).value);
}

/* Judged is the running mean, not the weights: one that hardly moves keeps its
 * score. */
static void
test_running_mean (NfTestPlace *place, gconstpointer unused)
{
  const gchar *runs[] = { "mean", "weights" };
  gdouble change[2];

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "mean", FALSE,
      "train.ema-warmup=false|train.ema-rate=0.9999999|train.learning-rate=0."
      "02|train.steps=12|"
      "validate.every=1");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "weights", FALSE,
      "train.ema-rate=0|train.learning-rate=0.02|train.steps=12|"
      "validate.every=1");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GArray) losses =
        nf_test_read_metric (place, runs[i], "validation-loss");
    gdouble first = nf_test_point_at (losses, 0).value;

    change[i] = fabs (nf_test_point_at (losses, 11).value / first - 1);
    g_test_message ("%s: changed by %g", runs[i], change[i]);
  }
  g_assert_cmpfloat (change[0], <=, 1e-4);
  g_assert_cmpfloat (change[1], >=, 1e-2);
}

/* bytes of tensors that are there now */
static gsize
live_bytes (NfDevice *device)
{
  NfDeviceMemory memory;

  nf_device_memory (device, TRUE, &memory);
  nf_device_memory (device, FALSE, &memory);
  return memory.live;
}

/* The loss of a noise predictor on the first windows of val/, all its weights
 * being other than 0. */
static gdouble
judge_predictor (NfTestPlace *place, const gchar *more)
{
  g_autofree gchar *settings = g_strdup_printf (
      NF_TEST_TINY_DIFFUSION "|data.path=%s|%s", place->data, more);
  g_auto (GStrv) sets = g_strsplit (settings, "|", -1);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
  g_autoptr (NfDevice) device = nf_device_open ("auto", NULL);
  g_autoptr (NfClipSource) source = NULL;
  g_autoptr (NfClipReader) reader = NULL;
  g_autoptr (NfTask) task = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *context = NULL, *future = NULL;
  guint8 *parts[NF_LOADER_PARTS];
  NfParams *params;
  gdouble loss = NAN;
  gsize live;

  for (guint i = 0; sets[i]; i++)
    nf_train_config_set (config, sets[i], &error);
  task = nf_diffusion_task_new (device, config, &error);
  g_assert_no_error (error);
  nf_train_clips_open_held_out (config, FALSE, &source, &error);
  reader = nf_clip_reader_new (source);
  parts[0] = context = g_malloc (task->part_bytes[0]);
  parts[1] = future = g_malloc (task->part_bytes[1]);
  task->judge->load (task, reader, 1, 2, parts, &error);
  live = live_bytes (device);
  params = task->judge->begin (task, &error);
  for (guint i = 0; i < nf_params_count (params); i++) {
    NfTensor *value = nf_params_index (params, i)->value;
    gsize n = nf_tensor_elements (value);
    g_autofree gfloat *data = g_new (gfloat, n);

    for (gsize k = 0; k < n; k++)
      data[k] = 0.2 * sin (i + 1.3 * k);
    nf_tensor_set_nchw (value, data, &error);
  }
  task->judge->score (
      task, 1, 2, 1, (const guint8 *const *) parts, NULL, &loss, &error);
  task->judge->end (task);
  g_assert_no_error (error);
  /* nothing stays while the training goes on, joined weights neither; a GPU
   * keeps what its libraries work in */
  if (device->backend->on_host)
    g_assert_cmpuint (live_bytes (device), ==, live);
  return loss;
}

/* As in the elements: nothing is dropped, and the run's seed has no say. */
static void
test_as_in_use (NfTestPlace *place, gconstpointer unused)
{
  gdouble want = judge_predictor (place, "model.dropout=0");

  g_assert_true (isfinite (want));
  g_assert_cmpfloat (judge_predictor (place, "model.dropout=0.5"), ==, want);
  g_assert_cmpfloat (judge_predictor (place, "train.seed=77"), ==, want);
  g_assert_cmpfloat (
      judge_predictor (place, "model.sigma-begin=0.01"), !=, want);
}

/* Pixels of each class, counted one by one. */
typedef struct
{
  guint64 both[CLASSES], truth[CLASSES], guess[CLASSES];
} Tally;

static gdouble
tally_jaccard (const Tally *tally)
{
  gdouble sum = 0;
  guint n = 0;

  for (guint k = 0; k < CLASSES; k++) {
    guint64 either = tally->truth[k] + tally->guess[k] - tally->both[k];

    if (either == 0)
      continue;
    sum += (gdouble) tally->both[k] / either;
    n++;
  }
  return sum / n;
}

static guint
true_class (guint t, gint x, gint y)
{
  guint8 value = nf_test_clip_class (t, x, y);

  return value < CLASSES ? value : 0;
}

/* The loss of a frame, and its pixels into both tallies.
 * @logits: (classes, height, width) */
static gdouble
count_frame (const gfloat *logits, guint t, Tally *clip, Tally *all)
{
  const guint area = NF_TEST_WIDTH * NF_TEST_HEIGHT;
  gdouble p_sum[CLASSES] = { 0 }, both[CLASSES] = { 0 }, count[CLASSES] = { 0 };
  gdouble entropy = 0, dice = 0;

  for (guint i = 0; i < area; i++) {
    guint truth = true_class (t, i % NF_TEST_WIDTH, i / NF_TEST_WIDTH);
    guint guess = 0;
    gdouble sum = 0;

    for (guint k = 0; k < CLASSES; k++) {
      sum += exp (logits[k * area + i]);
      if (logits[k * area + i] > logits[guess * area + i])
        guess = k;
    }
    for (guint k = 0; k < CLASSES; k++) {
      gdouble p = exp (logits[k * area + i]) / sum;

      p_sum[k] += p;
      if (k == truth)
        both[k] += p;
    }
    count[truth]++;
    entropy += log (sum) - logits[truth * area + i];
    clip->truth[truth]++;
    clip->guess[guess]++;
    clip->both[truth] += truth == guess;
    all->truth[truth]++;
    all->guess[guess]++;
    all->both[truth] += truth == guess;
  }
  for (guint k = 0; k < CLASSES; k++)
    dice += (2 * both[k] + 1e-6) / (p_sum[k] + count[k] + 1e-6);
  return 0.5 * entropy / area + 0.5 * (1 - dice / CLASSES);
}

/* What the network says of some frames: (n, classes, height, width). */
static gfloat *
run_frames (NfDevice *device, NfUnetpp *net, guint first, guint n)
{
  const gsize area = NF_TEST_WIDTH * NF_TEST_HEIGHT;
  g_autofree guint8 *pixels = g_malloc (n * 3 * area);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) frames = NULL;
  g_autoptr (NfTensor) x = NULL;
  g_autoptr (NfTensor) logits = NULL;
  gfloat *out = g_new (gfloat, n * CLASSES * area);

  for (gsize i = 0; i < n * 3 * area; i++)
    pixels[i] = nf_test_clip_pixel (first + i / (3 * area),
        i / 3 % NF_TEST_WIDTH, i / 3 % area / NF_TEST_WIDTH, i % 3);
  frames = nf_tensor_new_from_nhwc (
      device, NF_U8, n, 3, NF_TEST_HEIGHT, NF_TEST_WIDTH, pixels, &error);
  x = nf_unetpp_normalize (net, frames, &error);
  logits = nf_segment_forward (NF_NET (net), x, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (nf_tensor_to_nchw (logits, out, &error));
  return out;
}

static NfUnetpp *
open_unetpp (NfDevice *device, const gchar *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, &error);
  NfUnetppConfig config;
  NfUnetpp *net;

  g_assert_no_error (error);
  nf_unetpp_config_from_json (
      &config, nf_checkpoint_config (checkpoint), &error);
  net = nf_unetpp_new (device, &config, &error);
  nf_checkpoint_load_params (checkpoint, nf_unetpp_params (net), &error);
  g_assert_no_error (error);
  return net;
}

/* Loss and scores of the final checkpoint are what a plain count says, in
 * batches as the trainer has them. */
static void
test_scores (NfTestPlace *place, gconstpointer more)
{
  const gchar *names[] = { "validation-loss", "validation-jaccard",
    "validation-mean-clip-jaccard" };
  const gdouble allowed[] = { 1e-5, 1e-12, 1e-12 };
  gdouble want[3] = { 0 };
  g_autofree gchar *path = nf_test_run_file (place, "run", "final.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("auto", NULL);
  g_autoptr (NfUnetpp) net = NULL;
  Tally all = { 0 };
  guint n_frames = 0;

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", FALSE, more);
  net = open_unetpp (device, path);
  for (guint i = 0; i < NF_TEST_VAL_CLIPS; i++) {
    Tally clip = { 0 };

    for (guint first = 0; first < nf_test_val_frames[i]; first += 2) {
      guint n = MIN (2, nf_test_val_frames[i] - first);
      g_autofree gfloat *logits = run_frames (device, net, first, n);

      for (guint t = 0; t < n; t++)
        want[0] +=
            count_frame (logits + t * CLASSES * NF_TEST_WIDTH * NF_TEST_HEIGHT,
                first + t, &clip, &all);
      n_frames += n;
    }
    want[2] += tally_jaccard (&clip) / NF_TEST_VAL_CLIPS;
  }
  want[0] /= n_frames;
  want[1] = tally_jaccard (&all);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GArray) got = nf_test_read_metric (place, "run", names[i]);
    gdouble value = nf_test_point_at (got, got->len - 1).value;

    g_test_message ("%s: %.15g, wanted %.15g", names[i], value, want[i]);
    g_assert_cmpfloat (fabs (value - want[i]), <=, allowed[i] * want[i]);
  }
}

/* Frames that judge lie evenly in their clip, the first one among them; each is what
 * the clip shows there, with its mask. */
static void
test_frames_spread (NfTestPlace *place, gconstpointer unused)
{
  for (guint frames = 0; frames <= 4; frames++) {
    g_autofree gchar *settings = g_strdup_printf (NF_TEST_TINY_SEGMENT
        "|data.path=%s|validate.frames=%u",
        place->data, frames);
    g_auto (GStrv) sets = g_strsplit (settings, "|", -1);
    g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
    g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
    g_autoptr (NfTask) task = NULL;
    g_autoptr (NfClipSource) source = NULL;
    g_autoptr (NfClipReader) reader = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree guint8 *rgb = g_malloc (3 * NF_TEST_WIDTH * NF_TEST_HEIGHT);
    g_autofree guint8 *mask = g_malloc (NF_TEST_WIDTH * NF_TEST_HEIGHT);
    guint8 *const parts[NF_LOADER_PARTS] = { rgb, mask };

    for (guint i = 0; sets[i]; i++)
      nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
    task = nf_segment_task_new (device, config, &error);
    g_assert_no_error (error);
    g_assert_true (
        nf_train_clips_open_held_out (config, TRUE, &source, &error));
    reader = nf_clip_reader_new (source);
    for (guint clip = 0; clip < NF_TEST_VAL_CLIPS; clip++) {
      const guint all = nf_test_val_frames[clip];
      const guint n = frames > 0 ? MIN (frames, all) : all;

      g_assert_cmpuint (task->judge->n_samples (task, all), ==, n);
      for (guint i = 0; i < n; i++) {
        const guint t = i * all / n;

        g_assert_true (
            task->judge->load (task, reader, clip, i, parts, &error));
        for (guint k = 0; k < NF_TEST_WIDTH * NF_TEST_HEIGHT; k++) {
          const gint x = k % NF_TEST_WIDTH, y = k / NF_TEST_WIDTH;

          g_assert_cmpuint (rgb[3 * k], ==, nf_test_clip_pixel (t, x, y, 0));
          g_assert_cmpuint (mask[k], ==, true_class (t, x, y));
        }
      }
    }
  }
}

/* Not a clip that is judged is one of those that are trained on. */
static void
test_held_out_scenes (void)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfClipSource) source = NULL;
  g_autoptr (NfClipSource) held_out = NULL;
  g_autoptr (NfClipReader) a = NULL;
  g_autoptr (NfClipReader) b = NULL;

  nf_train_config_set (config, "data.path=scenes:3", &error);
  nf_train_config_set (config, "validate.clips=5", &error);
  source = nf_train_clips_open (config, TRUE, NULL, &error);
  nf_train_clips_open_held_out (config, TRUE, &held_out, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_clip_source_n_clips (held_out), ==, 5);
  a = nf_clip_reader_new (source);
  b = nf_clip_reader_new (held_out);
  for (guint i = 0; i < 5; i++) {
    NfFrame x, y;
    gsize area;

    nf_clip_reader_open (a, i, &error);
    nf_clip_reader_open (b, i, &error);
    g_assert_no_error (error);
    nf_clip_reader_frame (a, 0, &x);
    nf_clip_reader_frame (b, 0, &y);
    area = (gsize) x.width * x.height;
    g_assert_cmpint (memcmp (x.rgb, y.rgb, 3 * area), !=, 0);
    g_assert_cmpint (memcmp (x.mask, y.mask, area), !=, 0);
  }
}

/* Without clips of its own, a run is not validated. */
static void
test_nothing_held_out (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *val = g_build_filename (place->data, "val", NULL);
  const gchar *runs[] = { "on-it", "without" };

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "on-it", FALSE,
      "data.splits=train val|train.steps=2|validate.every=1");
  nf_test_folder_remove (val);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "without", FALSE,
      "train.steps=2|validate.every=1");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GArray) points =
        nf_test_read_metric (place, runs[i], "validation-loss");

    g_assert_cmpuint (points->len, ==, 0);
    g_assert_false (nf_test_has_file (place, runs[i], "best.safetensors"));
  }
}

/* Clips that do not suit stop a run before it begins. */
static void
test_bad_clips_fails (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *mask =
      g_build_filename (place->data, "val", "video_11", "mask.npy", NULL);
  const struct
  {
    NfTrainKind kind;
    const gchar *more, *says;
  } bad[] = {
    { NF_TRAIN_SEGMENT, "", "mask.npy" },
    { NF_TRAIN_DIFFUSION, "|model.future-gap=2", "need 7" },
  };

  g_unlink (mask);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *settings = g_strconcat (
        nf_test_tiny[bad[i].kind], "|validate.every=5", bad[i].more, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (
        nf_test_train (place, bad[i].kind, "run", FALSE, settings, &error));
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, "validate.every=0"));
    g_assert_nonnull (strstr (error->message, "val/video_11"));
    g_assert_nonnull (strstr (error->message, bad[i].says));
    g_assert_false (nf_test_has_file (place, "run", "config.ini"));
  }
}

/* What a state says of validations is checked. */
static void
test_bad_state_fails (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *path = g_build_filename (place->root, "state", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfParams) params = nf_params_new (device);
  g_autoptr (NfTrainState) state = nf_train_state_new (params, &error);
  g_autoptr (NfTrainState) again = nf_train_state_new (params, &error);

  state->step = state->validated = 6;
  state->best_step = 4;
  state->best = 1.0 / 3;
  nf_train_state_save (state, path, &error);
  g_assert_no_error (error);
  g_assert_true (nf_train_state_load (again, path, &error));
  g_assert_cmpuint (again->validated, ==, 6);
  g_assert_cmpuint (again->best_step, ==, 4);
  g_assert_cmpfloat (again->best, ==, 1.0 / 3);
  state->best = NAN;
  nf_train_state_save (state, path, &error);
  g_assert_no_error (error);
  g_assert_false (nf_train_state_load (again, path, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "nextframe.best"));
}

/* A task of one weight, which is its score; the second clip may interrupt. */
static struct
{
  NfParams *copy;
  gboolean interrupts;
  gdouble score;
  guint begun, ended;
} weight;

static guint
one_sample (const NfTask *task, guint n_frames)
{
  return 1;
}

static gboolean
load_nothing (gconstpointer task, NfClipReader *reader, guint64 clip,
    guint index, guint8 *const parts[], GError **error)
{
  return TRUE;
}

static NfParams *
begin_weight (NfTask *task, GError **error)
{
  const gint64 dims[] = { 1 };

  weight.begun++;
  weight.copy = nf_params_new (task->params->device);
  nf_params_add (
      weight.copy, "w", NF_F32, 1, dims, TRUE, NF_INIT_ONE, 1, error);
  return weight.copy;
}

static gboolean
score_weight (NfTask *task, guint64 clip, guint first, guint n,
    const guint8 *const parts[], NfScoreboard *board, gdouble *loss,
    GError **error)
{
  if (clip == 1 && weight.interrupts)
    raise (SIGINT);
  *loss = nf_tensor_scalar (nf_params_index (weight.copy, 0)->value, error);
  if (isnan (weight.score))
    *loss = NAN;
  return TRUE;
}

static void
end_weight (NfTask *task)
{
  weight.ended++;
  g_clear_pointer (&weight.copy, nf_params_unref);
}

static const NfTaskJudge weight_judge = { FALSE, NULL, one_sample, load_nothing,
  begin_weight, score_weight, end_weight };

static void
set_weight (NfParams *params, gfloat value)
{
  nf_tensor_set_nchw (nf_params_index (params, 0)->value, &value, NULL);
}

/* What is interrupted leaves no trace and is done again; what is no number is
 * never the best. */
static void
test_interrupt (NfTestPlace *place, gconstpointer unused)
{
  const gint64 dims[] = { 1 };
  g_autofree gchar *metrics_path =
      g_build_filename (place->root, "metrics.jsonl", NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfParams) params = nf_params_new (device);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (NfProgress) progress = nf_progress_new (stderr, 0, 9, 1);
  g_autoptr (NfMetrics) metrics = nf_metrics_open (metrics_path, 0, &error);
  g_autoptr (NfTrainState) state = NULL;
  g_autoptr (NfValidation) validation = NULL;
  g_autoptr (JsonObject) json = json_object_new ();
  NfTask task = { "none", params, .part_bytes = { 1, 1 },
    .judge = &weight_judge };
  NfSavepoints points = { place->root, "none", json, NULL, 1, FALSE,
    NF_SAFETENSORS_F32 };
  const gfloat values[] = { 5, NAN, 4, 7 };
  const guint64 best[] = { 1, 1, 3, 3 };

  task.facts = points.facts =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  nf_params_add (params, "w", NF_F32, 1, dims, TRUE, NF_INIT_ONE, 1, &error);
  state = nf_train_state_new (params, &error);
  nf_train_config_set (config, "data.path=scenes:1", &error);
  nf_train_config_set (config, "validate.every=1", &error);
  nf_train_config_set (config, "validate.clips=3", &error);
  validation = nf_validation_new (&task, config, &error);
  g_assert_no_error (error);
  g_assert_false (nf_validation_due (validation, state));
  state->step = 1;
  weight.interrupts = TRUE;
  nf_interrupt_install ();
  nf_validation_run (validation, &points, state, metrics, progress, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (weight.begun, ==, 1);
  g_assert_cmpuint (weight.ended, ==, 1);
  g_assert_true (nf_validation_due (validation, state));
  g_assert_cmpuint (state->best_step, ==, 0);
  g_file_get_contents (metrics_path, &text, NULL, &error);
  g_assert_cmpstr (text, ==, "");
  g_assert_false (nf_test_has_file (place, "", "best.safetensors"));

  weight.interrupts = FALSE;
  nf_interrupt_install ();
  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    state->step = i + 1;
    weight.score = values[i];
    set_weight (params, isnan (values[i]) ? 1 : values[i]);
    g_assert_true (nf_validation_due (validation, state));
    nf_validation_run (validation, &points, state, metrics, progress, &error);
    g_assert_no_error (error);
    g_assert_false (nf_validation_due (validation, state));
    g_assert_cmpuint (state->best_step, ==, best[i]);
    g_assert_cmpfloat (state->best, ==, values[best[i] - 1]);
  }
  g_clear_pointer (&text, g_free);
  g_file_get_contents (metrics_path, &text, NULL, &error);
  g_assert_cmpstr (text, ==,
      "{\"step\":1,\"validation-loss\":5.0}\n"
      "{\"step\":2,\"validation-loss\":null}\n"
      "{\"step\":3,\"validation-loss\":4.0}\n"
      "{\"step\":4,\"validation-loss\":7.0}\n");
  g_hash_table_unref (task.facts);
}

#define ADD(name, data, func)                                                  \
  g_test_add (name, NfTestPlace, data, nf_test_place_set_up_val, func,         \
      nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  ADD ("/validate/repeats", NULL, test_repeats);
  ADD ("/validate/running-mean", NULL, test_running_mean);
  ADD ("/validate/as-in-use", NULL, test_as_in_use);
  ADD ("/validate/scores",
      "train.steps=12|train.learning-rate=0.01|validate.every=5", test_scores);
  ADD ("/validate/scores-of-mean",
      "train.steps=12|train.learning-rate=0.01|train.ema-warmup=false|train."
      "ema-rate=0.7|"
      "validate.every=100",
      test_scores);
  ADD ("/validate/frames-spread", NULL, test_frames_spread);
  g_test_add_func ("/validate/held-out-scenes", test_held_out_scenes);
  ADD ("/validate/nothing-held-out", NULL, test_nothing_held_out);
  ADD ("/validate/bad-clips", NULL, test_bad_clips_fails);
  ADD ("/validate/bad-state", NULL, test_bad_state_fails);
  ADD ("/validate/interrupt", NULL, test_interrupt);
  return g_test_run ();
}
