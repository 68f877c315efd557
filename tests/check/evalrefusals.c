/* SPDX-License-Identifier: MIT
 *
 * evalrefusals — what an evaluation refuses, and what it says then */
#include "evalplace.h"

#include <nextframe/core/nferror.h>
#include "nftestmodels.h"

#include <gst/gst.h>
#include <string.h>

static void
assert_refused (const NfEvalPlace *place, const gchar *options, gint code,
    const gchar *says)
{
  g_auto (GStrv) parts = g_strsplit (says, "|", -1);
  g_autoptr (GError) error = NULL;

  g_assert_false (nf_test_eval_place (place, options, &error));
  g_test_message ("\"%s\": %s", options, error->message);
  g_assert_error (error, NF_ERROR, code);
  for (guint i = 0; parts[i]; i++)
    g_assert_nonnull (strstr (error->message, parts[i]));
}

static const struct
{
  const gchar *options;
  NfError code;
  const gchar *says;
} bad_options[] = {
  { "--steps -1", NF_ERROR_INVALID, "--steps|0 to 1000|got -1" },
  { "--clips -1", NF_ERROR_INVALID, "--clips|got -1" },
  { "--ensemble 101", NF_ERROR_INVALID, "--ensemble|0 to 100" },
  { "--sampler magic", NF_ERROR_INVALID, "--sampler|magic|ddim" },
  { "--precision f16", NF_ERROR_INVALID, "--precision|bf16|f16" },
  { "--guide-start 2", NF_ERROR_INVALID, "--guide-start|0 to 1" },
  { "--only guide --guide-segment nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--guide-segment" },
  { "--decision vote", NF_ERROR_INVALID, "--decision|pixel, region|vote" },
  { "--device tpu", NF_ERROR_INVALID, "tpu" },
  { "--only nothing", NF_ERROR_INVALID, "--only|nothing|segment-dynamics" },
  { "--only predict-mean --ensemble 0", NF_ERROR_INVALID, "--ensemble" },
  { "--nonsense", NF_ERROR_INVALID, "nonsense" },
  { "word", NF_ERROR_INVALID, "word" },
  { "--splits hidden", NF_ERROR_NOT_FOUND, "hidden|splits" },
  { "--data nowhere", NF_ERROR_NOT_FOUND, "nowhere" },
  { "--data scenes:1", NF_ERROR_INVALID, "how many clips|scenes:1:500" },
  { "--data scenes:x:1", NF_ERROR_INVALID, "scenes:SEED:CLIPS" },
  { "--data scenes:1:1 --splits val", NF_ERROR_INVALID, "--splits" },
  { "--segment nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--segment|nextframe-train segment" },
  { "--predict nowhere.safetensors", NF_ERROR_NOT_FOUND,
      "nowhere.safetensors|--predict|nextframe-train diffusion" },
};

static void
test_bad_options_fail (NfEvalPlace *place, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad_options); i++)
    assert_refused (place, bad_options[i].options, bad_options[i].code,
        bad_options[i].says);
  g_assert_false (nf_test_eval ("", &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "--data"));
}

/* A network that does not predict frame 22. */
static void
test_other_predictor_fails (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *path = nf_test_eval_path (place, "", "other.safetensors");
  g_autofree gchar *options = g_strdup_printf ("--predict %s", path);
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.future_gap = 2;
  nf_test_save_unet (path, &config, 1);
  assert_refused (place, options, NF_ERROR_INVALID, "other.safetensors");
  config.future_gap = 0;
  config.num_frames_cond = 12;
  nf_test_save_unet (path, &config, 1);
  assert_refused (
      place, options, NF_ERROR_INVALID, "other.safetensors|at most 11|12");
}

static void
test_short_clips_fail (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *folder = g_build_filename (place->root, "short", NULL);
  g_autofree gchar *options = g_strdup_printf ("--only hold --data %s", folder);

  nf_test_eval_write_clips (folder, NF_EVAL_PLACE_FRAMES - 1);
  assert_refused (place, options, NF_ERROR_INVALID, "video_1|22|21|--splits");
}

/* Nothing is mixed with another evaluation, and nothing of others is touched. */
static void
test_other_folder_fails (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *options =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *other = g_strdup_printf (
      "--only hold --no-curve --splits train --out %s/run", place->root);
  g_autofree gchar *full =
      g_strdup_printf ("--only hold --out %s", place->data);

  nf_test_eval_well (place, options);
  assert_refused (place, other, NF_ERROR_INVALID,
      "settings.json|curve was true and is false|\"val\"|\"train\"|--out");
  assert_refused (place, full, NF_ERROR_IO, "settings.json|--out");
}

/* The line of a clip that has the row hold. */
#define HOLD(seconds, frames)                                                  \
  "{\"name\":\"x\",\"rows\":[{\"row\":\"hold\",\"seconds\":" seconds           \
  ",\"frames\":[" frames "]}]}\n"

static void
test_broken_journal_fails (NfEvalPlace *place, gconstpointer unused)
{
  static const gchar *const lines[] = { "nonsense\n", "{}\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"hold\",\"frames\":[{\"frame\":23}]}]}"
    "\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"hold\",\"seconds\":1,\"frames\":[{"
    "\"frame\":22,\"counts\":[0,49,1]}]}]}\n",
    "{\"name\":\"x\",\"rows\":[{\"row\":\"linear\",\"frames\":[]}]}\n",
    HOLD ("1", "{\"frame\":true,\"counts\":[]}"),
    HOLD ("1", "{\"frame\":{},\"counts\":[]}"),
    HOLD ("1", "{\"frame\":22,\"counts\":[\"a\",0,1]}"),
    HOLD ("1", "{\"frame\":22,\"counts\":[0,{},1]}"),
    HOLD ("1", "{\"frame\":22,\"counts\":[0,0,true]}"),
    HOLD ("1", "{\"frame\":22,\"psnr\":\"a\",\"counts\":[]}"),
    HOLD ("1", "{\"frame\":22,\"ssim\":{},\"counts\":[]}"),
    HOLD ("true", "{\"frame\":22,\"counts\":[]}") };
  g_autofree gchar *options =
      g_strdup_printf ("--only hold --out %s/run", place->root);
  g_autofree gchar *path = nf_test_eval_path (place, "run", "clips.jsonl");

  nf_test_eval_well (place, options);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree gchar *after = NULL;

    g_assert_true (g_file_set_contents (path, lines[i], -1, NULL));
    assert_refused (place, options, NF_ERROR_FORMAT, "clips.jsonl, line 1");
    after = nf_test_eval_text (place, "run", "clips.jsonl");
    g_assert_cmpstr (after, ==, lines[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  NF_TEST_EVAL_ADD ("bad-options", test_bad_options_fail);
  NF_TEST_EVAL_ADD ("other-predictor", test_other_predictor_fails);
  NF_TEST_EVAL_ADD ("short-clips", test_short_clips_fail);
  NF_TEST_EVAL_ADD ("other-folder", test_other_folder_fails);
  NF_TEST_EVAL_ADD ("broken-journal", test_broken_journal_fails);
  return g_test_run ();
}
