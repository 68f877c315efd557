/* SPDX-License-Identifier: MIT
 *
 * maskedtraining — masked conditioning, gray frames, frames of masks and a
 * frame stride, in training
 *
 * Whole clips are windows here: three frames of context, a gap of one, two drawn
 * ones and one behind them. So two data sets that differ in one frame show
 * whether that frame counts. */
#include "io/nfpng.h"
#include "testclips.h"
#include "testruns.h"
#include "train/diffusion.h"

#include <nextframe/diffusion/nfpredictor.h>

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>

#define BEHIND "model.num-frames-future=1|train.steps=3|"
#define STEPS 3
#define DRAWS 1200

/* Trains with one frame of every clip as it is, or black. */
static void
train_twice (NfTestPlace *place, guint frame, const gchar *settings)
{
  g_autofree guint8 *black = g_malloc0 (3 * NF_TEST_WIDTH * NF_TEST_HEIGHT);
  g_autofree gchar *name = g_strdup_printf ("image_%u.png", frame);
  g_autoptr (GError) error = NULL;

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "as-it-is", FALSE, settings);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *clip = g_strdup_printf ("train/video_%u", i);
    g_autofree gchar *path = g_build_filename (place->data, clip, name, NULL);

    nf_png_write_rgb (path, black, NF_TEST_WIDTH, NF_TEST_HEIGHT, &error);
    g_assert_no_error (error);
  }
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "black", FALSE, settings);
}

static gboolean
same_losses (NfTestPlace *place)
{
  g_autoptr (GArray) a = nf_test_read_metric (place, "as-it-is", "loss");
  g_autoptr (GArray) b = nf_test_read_metric (place, "black", "loss");

  g_assert_cmpuint (a->len, ==, STEPS);
  g_assert_cmpuint (b->len, ==, STEPS);
  for (guint i = 0; i < STEPS; i++)
    if (nf_test_point_at (a, i).value != nf_test_point_at (b, i).value)
      return FALSE;
  return TRUE;
}

/* What a network learns from, frame by frame: 0 to 2 before, 6 behind. The
 * losses of the first step say nothing: a new network predicts zero. */
static void
check_counts (
    NfTestPlace *place, guint frame, const gchar *masks, gboolean counts)
{
  g_autofree gchar *settings = g_strconcat (BEHIND, masks, NULL);

  train_twice (place, frame, settings);
  g_assert_true (same_losses (place) == !counts);
}

static void
test_past_counts (NfTestPlace *place, gconstpointer unused)
{
  check_counts (place, 1, "", TRUE);
}

static void
test_past_masked (NfTestPlace *place, gconstpointer unused)
{
  check_counts (place, 1, "train.prob-mask-cond=1", FALSE);
}

static void
test_future_counts (NfTestPlace *place, gconstpointer unused)
{
  check_counts (place, 6, "train.prob-mask-cond=1", TRUE);
}

static void
test_future_masked (NfTestPlace *place, gconstpointer unused)
{
  check_counts (place, 6, "train.prob-mask-future=1", FALSE);
}

static void
test_future_masked_with_past (NfTestPlace *place, gconstpointer unused)
{
  check_counts (
      place, 6, "train.prob-mask-cond=1|train.prob-mask-sync=true", FALSE);
}

/* The gap is never looked at. */
static void
test_gap (NfTestPlace *place, gconstpointer unused)
{
  check_counts (place, 3, "", FALSE);
}

static NfUnetConfig
trained_config (NfTestPlace *place, const gchar *run)
{
  g_autofree gchar *path = nf_test_run_file (place, run, "final.safetensors");
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfPredictor) predictor = nf_predictor_load (path, device, &error);

  g_assert_no_error (error);
  return *nf_predictor_config (predictor);
}

/* Masks are a function of seed and sample: a run in two halves is the same. */
static void
test_resumes (NfTestPlace *place, gconstpointer unused)
{
  static const gchar masks[] = "model.num-frames-future=1|"
                               "train.prob-mask-cond=0.5|"
                               "train.prob-mask-future=0.5|";
  g_autofree gchar *whole = g_strconcat (masks, "train.steps=6", NULL);
  g_autofree gchar *half = g_strconcat (masks, "train.steps=3", NULL);
  NfUnetConfig c;

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "whole", FALSE, whole);
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "halves", FALSE, half);
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "halves", TRUE, whole);
  nf_test_same_file (place, "whole", "halves", "final.safetensors");
  c = trained_config (place, "whole");
  for (guint mode = 0; mode < NF_N_MODES; mode++)
    g_assert_true (nf_unet_knows_mode (&c, mode));
}

/* How often of four: neither side of the predicted frames is masked, the past, the
 * future, both. What is masked is exactly 0, which no pixel becomes. */
static void
count_masks (NfTestPlace *place, const gchar *masks, guint counts[4])
{
  g_autofree gchar *settings = g_strdup_printf (NF_TEST_TINY_DIFFUSION
      "|data.path=%s|model.num-frames-future=1|train.batch-size=4|"
      "train.steps=%d|%s",
      place->data, DRAWS / 4, masks);
  g_auto (GStrv) sets = g_strsplit (settings, "|", -1);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfTask) task = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; sets[i]; i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  task = nf_diffusion_task_new (device, config, &error);
  g_assert_no_error (error);
  for (guint sample = 0; sample < DRAWS; sample += 4) {
    NfTensor *in[NF_GRAPH_MAX_INPUTS] = { NULL };
    g_autofree gfloat *context = NULL;
    gsize window, frame;

    g_assert_true (task->load (task, sample, in, &error));
    context = g_malloc (in[0]->bytes);
    g_assert_true (nf_tensor_to_nchw (in[0], context, &error));
    window = (gsize) (in[0]->c * in[0]->h * in[0]->w);
    frame = (gsize) (3 * in[0]->h * in[0]->w);
    for (guint i = 0; i < 4; i++)
      counts[(context[i * window] == 0)
          + 2 * (context[(i + 1) * window - frame] == 0)]++;
    for (guint i = 0; i < task->n_in; i++)
      nf_tensor_clear (&in[i]);
  }
}

/* Both sides are masked as often as they are told to, and one says nothing about the
 * other unless it is to. */
static void
test_shares (NfTestPlace *place, gconstpointer unused)
{
  static const struct
  {
    const gchar *masks;
    gdouble shares[4];
  } cases[] = {
    { "train.prob-mask-cond=0.5|train.prob-mask-future=0.5",
        { 0.25, 0.25, 0.25, 0.25 } },
    { "train.prob-mask-cond=0.2|train.prob-mask-future=0.7",
        { 0.24, 0.06, 0.56, 0.14 } },
    { "train.prob-mask-cond=0.3|train.prob-mask-sync=true",
        { 0.7, 0, 0, 0.3 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint counts[4] = { 0 };

    count_masks (place, cases[i].masks, counts);
    for (guint k = 0; k < 4; k++)
      if (!(fabs ((gdouble) counts[k] / DRAWS - cases[i].shares[k]) <= 0.05))
        g_error ("%s: %u of %d, not the share %g", cases[i].masks, counts[k],
            DRAWS, cases[i].shares[k]);
  }
}

/* Gray frames, with a picture of samples that is gray as well. */
static void
test_gray (NfTestPlace *place, gconstpointer unused)
{
  g_autofree gchar *path = NULL;
  g_autofree guint8 *rgb = NULL;
  g_autoptr (GError) error = NULL;
  gint width, height;

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "gray", FALSE,
      "model.channels=1|train.steps=2|train.norm=l1|watch.sample-every=2|"
      "watch.sample-clips=1|watch.sample-steps=2");
  g_assert_cmpint (trained_config (place, "gray").channels, ==, 1);
  path = nf_test_run_file (place, "gray", "samples-000002.png");
  nf_png_size (path, &width, &height, &error);
  g_assert_no_error (error);
  rgb = g_malloc ((gsize) 3 * width * height);
  nf_png_read_rgb (path, width, height, rgb, &error);
  g_assert_no_error (error);
  for (gint i = 0; i < width * height; i++)
    g_assert_true (
        rgb[3 * i] == rgb[3 * i + 1] && rgb[3 * i] == rgb[3 * i + 2]);
}

/* Of masks the pictures do not count. */
static void
test_masks_as_frames (NfTestPlace *place, gconstpointer unused)
{
  train_twice (place, 1, "data.frames=masks|train.steps=3");
  g_assert_true (same_losses (place));
}

/* Noise of a gamma distribution trains another network, in halves the same one. */
static void
test_gamma (NfTestPlace *place, gconstpointer unused)
{
  static const gchar normal[] = "train.steps=3|validate.every=2";
  static const gchar gamma[] =
      "train.steps=3|validate.every=2|model.gamma=true";

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "as-it-is", FALSE, normal);
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "black", FALSE, gamma);
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "halves", FALSE,
      "train.steps=2|validate.every=2|model.gamma=true");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "halves", TRUE, gamma);
  g_assert_false (same_losses (place));
  nf_test_same_file (place, "black", "halves", "final.safetensors");
  g_assert_true (trained_config (place, "black").gamma);
  g_assert_false (trained_config (place, "as-it-is").gamma);
}

/* Frames 0, 2, 4 and 6 are seen, those between are not. */
static void
test_stride (NfTestPlace *place, gconstpointer data)
{
  const guint frame = GPOINTER_TO_UINT (data);

  train_twice (place, frame,
      "model.frame-stride=2|model.num-frames-cond=2|model.future-gap=0|"
      "train.steps=3");
  g_assert_true (same_losses (place) == (frame % 2 == 1));
  g_assert_cmpint (trained_config (place, "black").frame_stride, ==, 2);
}

static void
test_refusals (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const cases[][2] = {
    { "train.prob-mask-future=0.5", "model.num-frames-future" },
    { "model.channels=2", "expected 1 (gray) or 3" },
    { "model.guide=true|train.prob-mask-cond=0.1", "model.guide" },
    { "model.frame-stride=4", "frame-stride 4" },
    { "model.num-frames-future=2", "num-frames-future 2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *settings =
        g_strconcat (NF_TEST_TINY_DIFFUSION, "|", cases[i][0], NULL);
    g_autoptr (GError) error = NULL;

    g_assert_false (nf_test_train (
        place, NF_TRAIN_DIFFUSION, "run", FALSE, settings, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
    if (!strstr (error->message, cases[i][1]))
      g_error ("%s: %s", cases[i][0], error->message);
  }
}

#define ADD(name, func, data)                                                  \
  g_test_add ("/masked-training/" name, NfTestPlace, GUINT_TO_POINTER (data),  \
      nf_test_place_set_up, func, nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  ADD ("past-counts", test_past_counts, 0);
  ADD ("past-masked", test_past_masked, 0);
  ADD ("future-counts", test_future_counts, 0);
  ADD ("future-masked", test_future_masked, 0);
  ADD ("future-masked-with-past", test_future_masked_with_past, 0);
  ADD ("gap", test_gap, 0);
  ADD ("resumes", test_resumes, 0);
  ADD ("shares", test_shares, 0);
  ADD ("gray", test_gray, 0);
  ADD ("masks-as-frames", test_masks_as_frames, 0);
  ADD ("gamma", test_gamma, 0);
  ADD ("stride-seen", test_stride, 2);
  ADD ("stride-between", test_stride, 3);
  ADD ("refusals", test_refusals, 0);
  return g_test_run ();
}
