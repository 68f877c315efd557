/* SPDX-License-Identifier: MIT
 *
 * evalshared — the segmenter looks once at each given frame, for all rows of an
 * evaluation that need its masks */
#include "evalplace.h"

#include "eval/decision.h"
#include "io/nfdataset.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/nets/nfsegmenter.h>
#include "nftestmodels.h"

#include <gst/gst.h>
#include <string.h>

/* Saves a predictor with a guide, of eleven frames of context. */
static void
save_guided (const gchar *path)
{
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.num_frames_cond = NF_EVAL_PLACE_CONTEXT;
  config.num_frames = 1;
  config.future_gap = NF_EVAL_PLACE_FRAMES - NF_EVAL_PLACE_CONTEXT - 1;
  config.guide = TRUE;
  nf_test_save_unet (path, &config, 3);
}

/* Masks of the given frames are found once for all rows, which have what they
 * have alone, with a segmenter of their own for the guide: a copy of the other.
 * Guides on trial are rows that have to be asked for. */
static void
test_shared_masks (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar *const rows[] = { "guide", "predict", "predict-mean",
    "predict-true", "predict-wrong", "predict-blank" };
  g_autofree gchar *predict =
      nf_test_eval_path (place, "", "guided.safetensors");
  g_autofree gchar *segment =
      nf_test_eval_path (place, "", "segment.safetensors");
  g_autofree gchar *copy = nf_test_eval_path (place, "", "copy.safetensors");
  g_autofree gchar *common = g_strdup_printf (
      "--data scenes:6 --clips 1 --no-curve --predict %s --decision clip",
      predict);
  g_autofree gchar *only = g_strdup_printf ("%s --only guide --only predict "
                                            "--only predict-mean "
                                            "--only predict-true "
                                            "--only predict-wrong "
                                            "--only predict-blank",
      common);
  g_autofree gchar *alone = g_strdup_printf (
      "%s --guide-segment %s --out %s/alone", only, copy, place->root);
  g_autofree gchar *shared = g_strdup_printf (
      "%s --guide-segment %s --only segment --only segment-hold "
      "--out %s/shared",
      only, segment, place->root);
  g_autofree gchar *usual =
      g_strdup_printf ("%s --guide-segment %s --ensemble 0 --out %s/usual",
          common, segment, place->root);
  g_autoptr (JsonObject) report = NULL;
  g_autofree gchar *bytes = NULL;
  gsize length;

  save_guided (predict);
  g_assert_true (g_file_get_contents (segment, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (copy, bytes, (gssize) length, NULL));
  nf_test_eval_well (place, alone);
  nf_test_eval_well (place, shared);
  nf_test_eval_well (place, usual);
  report = nf_test_eval_report (place, "usual");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *a = nf_test_eval_confusion (place, "alone", rows[i]);
    g_autofree gchar *b = nf_test_eval_confusion (place, "shared", rows[i]);

    g_assert_cmpstr (a, ==, b);
    g_assert_true (nf_test_eval_has_row (report, rows[i]) == (i < 2));
  }
}

/* Each frame is looked at once: what is in its place later changes nothing,
 * until it is forgotten. */
static void
test_sight (NfEvalPlace *place, gconstpointer unused)
{
  enum
  {
    N = 4
  };
  g_autofree gchar *path = nf_test_eval_path (place, "", "segment.safetensors");
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfSegmenter) segmenter = nf_segmenter_load (path, device, NULL);
  g_autoptr (NfDataset) dataset = nf_test_eval_clips (place);
  g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, 0, NULL);
  guint differ = 0;

  for (guint d = 0; d < NF_EVAL_N_DECISIONS; d++) {
    const NfEvalNaming naming = { segmenter, device, NF_F32, FALSE, d, TRUE };
    g_autoptr (NfEvalSight) sight = nf_eval_sight_new (&naming, 0);
    g_autoptr (NfEvalSight) fresh = nf_eval_sight_new (&naming, 0);
    g_autofree guint8 *frames =
        g_memdup2 (clip->frames, 3 * NF_EVAL_PLACE_PIXELS * N);
    guint8 once[N * NF_EVAL_PLACE_PIXELS], again[N * NF_EVAL_PLACE_PIXELS];
    gdouble saved = 0;

    g_assert_true (nf_eval_sight_masks (sight, d, TRUE, frames, N - 1,
        NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, once, &saved, NULL));
    g_assert_cmpfloat (saved, ==, 0);
    for (gsize i = 0; i < 3 * NF_EVAL_PLACE_PIXELS * (N - 1); i++)
      frames[i] = (guint8) (i * i * 37 % 251);
    g_assert_true (nf_eval_sight_masks (sight, d, TRUE, frames, N,
        NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, once, &saved, NULL));
    g_assert_cmpfloat (saved, >, 0);
    g_assert_true (nf_eval_sight_masks (fresh, d, TRUE, clip->frames, N,
        NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, again, NULL, NULL));
    g_assert_cmpmem (once, sizeof once, again, sizeof again);
    nf_eval_sight_forget (sight);
    g_assert_true (nf_eval_sight_masks (sight, d, TRUE, frames, N,
        NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT, again, NULL, NULL));
    differ += memcmp (once, again, sizeof once) != 0;
  }
  g_assert_cmpuint (differ, ==, NF_EVAL_N_DECISIONS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  NF_TEST_EVAL_ADD ("shared-masks", test_shared_masks);
  NF_TEST_EVAL_ADD ("sight", test_sight);
  return g_test_run ();
}
