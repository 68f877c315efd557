/* SPDX-License-Identifier: MIT
 *
 * evalplace — a place for evaluations: clips, networks and what they write */
#include "evalplace.h"

#include "eval/eval.h"
#include <nextframe/metrics/nfclasses.h>
#include "nftestmodels.h"
#include "predict/predict.h"
#include "synth/synth.h"

#define FAST "--steps 2 --ensemble 2 --threads 1 --device cpu --decision pixel "

static GString *printed;

static void
on_print (const gchar *text)
{
  g_string_append (printed, text);
}

typedef gboolean (*Subcommand) (gint argc, gchar **argv, GError **error);

/* Runs a subcommand; options have spaces between. */
static gboolean
run (Subcommand subcommand, const gchar *options, GError **error)
{
  g_auto (GStrv) words = g_strsplit (options, " ", -1);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (gpointer) "subcommand");
  for (guint i = 0; words[i]; i++)
    if (words[i][0])
      g_ptr_array_add (argv, words[i]);
  g_ptr_array_add (argv, NULL);
  return subcommand (argv->len - 1, (gchar **) argv->pdata, error);
}

gboolean
nf_test_eval (const gchar *options, GError **error)
{
  GPrintFunc before = g_set_print_handler (on_print);
  gboolean good;

  g_string_truncate (printed, 0);
  good = run (nf_eval_main, options, error);
  g_set_print_handler (before);
  return good;
}

gboolean
nf_test_eval_place (
    const NfEvalPlace *place, const gchar *options, GError **error)
{
  g_autofree gchar *all = g_strdup_printf (
      "--data %s %s %s %s", place->data, place->networks, FAST, options);

  return nf_test_eval (all, error);
}

gboolean
nf_test_predict (const NfEvalPlace *place, const gchar *options, GError **error)
{
  g_autofree gchar *all = g_strdup_printf ("--data %s --split val %s %s %s",
      place->data, place->networks, FAST, options);

  return run (nf_predict_main, all, error);
}

void
nf_test_eval_well (const NfEvalPlace *place, const gchar *options)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (nf_test_eval_place (place, options, &error));
  g_assert_no_error (error);
}

void
nf_test_eval_write_clips (const gchar *folder, guint frames)
{
  g_autofree gchar *options = g_strdup_printf (
      "--out %s --val %d --train 1 --width %d --height %d --frames %u --seed 4",
      folder, NF_EVAL_PLACE_CLIPS, NF_EVAL_PLACE_WIDTH, NF_EVAL_PLACE_HEIGHT,
      frames);
  g_autoptr (GError) error = NULL;

  run (nf_synth_main, options, &error);
  g_assert_no_error (error);
}

const gchar *
nf_test_eval_printed (void)
{
  return printed->str;
}

void
nf_test_eval_set_up (NfEvalPlace *place, gconstpointer unused)
{
  NfUnetConfig unet;
  NfUnetppConfig unetpp;
  g_autofree gchar *segment = NULL;
  g_autofree gchar *predict = NULL;

  printed = g_string_new (NULL);
  place->root = nf_test_folder_new ();
  place->data = g_build_filename (place->root, "data", NULL);
  nf_test_eval_write_clips (place->data, NF_EVAL_PLACE_FRAMES);
  segment = g_build_filename (place->root, "segment.safetensors", NULL);
  predict = g_build_filename (place->root, "predict.safetensors", NULL);
  nf_test_unet_config (&unet);
  nf_test_unetpp_config (&unetpp);
  nf_test_save_unet (predict, &unet, 1);
  nf_test_save_unetpp (segment, &unetpp, 2);
  place->networks =
      g_strdup_printf ("--segment %s --predict %s", segment, predict);
}

void
nf_test_eval_tear_down (NfEvalPlace *place, gconstpointer unused)
{
  nf_test_folder_remove (place->root);
  g_free (place->root);
  g_free (place->data);
  g_free (place->networks);
  g_string_free (printed, TRUE);
}

gchar *
nf_test_eval_path (
    const NfEvalPlace *place, const gchar *run, const gchar *name)
{
  return g_build_filename (place->root, run, name, NULL);
}

gchar *
nf_test_eval_text (
    const NfEvalPlace *place, const gchar *run, const gchar *name)
{
  g_autofree gchar *path = nf_test_eval_path (place, run, name);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

JsonObject *
nf_test_eval_report (const NfEvalPlace *place, const gchar *run)
{
  g_autofree gchar *text = nf_test_eval_text (place, run, "report.json");
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = json_from_string (text, &error);

  g_assert_no_error (error);
  return json_node_dup_object (node);
}

JsonObject *
nf_test_eval_row (JsonObject *report, const gchar *name)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");

  for (guint i = 0; i < json_array_get_length (rows); i++) {
    JsonObject *row = json_array_get_object_element (rows, i);

    if (g_str_equal (json_object_get_string_member (row, "name"), name))
      return row;
  }
  g_error ("no row %s", name);
  return NULL;
}

NfDataset *
nf_test_eval_clips (const NfEvalPlace *place)
{
  NfDatasetOptions options = { "val", TRUE, NF_N_CLASSES };
  g_autoptr (GError) error = NULL;
  NfDataset *dataset = nf_dataset_open (place->data, &options, &error);

  g_assert_no_error (error);
  return dataset;
}

gchar *
nf_test_eval_confusion (
    const NfEvalPlace *place, const gchar *run, const gchar *row)
{
  g_autoptr (JsonObject) report = nf_test_eval_report (place, run);

  return json_to_string (
      json_object_get_member (nf_test_eval_row (report, row), "confusion"),
      FALSE);
}

gboolean
nf_test_eval_has_row (JsonObject *report, const gchar *name)
{
  JsonArray *rows = json_object_get_array_member (report, "rows");

  for (guint i = 0; i < json_array_get_length (rows); i++)
    if (g_str_equal (name,
            json_object_get_string_member (
                json_array_get_object_element (rows, i), "name")))
      return TRUE;
  return FALSE;
}
