/* SPDX-License-Identifier: MIT
 *
 * doclines — the pipelines in the elements' documentation run
 *
 * Takes the gst-launch-1.0 (and mkdir) lines out of the SECTION comment of an
 * element and runs them one after the other in an empty folder: each must end
 * with EOS.
 * Networks that they name are found along NEXTFRAME_PATH, untrained ones. */
#include "nftestmodels.h"

#include <glib/gstdio.h>
#include <string.h>

static void
run_line (const gchar *folder, const gchar *line)
{
  gchar *argv[] = { (gchar *) "/bin/sh", (gchar *) "-c", (gchar *) line, NULL };
  g_autofree gchar *output = NULL;
  g_autofree gchar *errors = NULL;
  g_autoptr (GError) error = NULL;
  gint status = -1;

  g_test_message ("%s", line);
  g_spawn_sync (folder, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output,
      &errors, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, NULL))
    g_error ("%s\n%s%s", line, output, errors);
}

static void
test_doclines_run (gconstpointer data)
{
  const gchar *source = data;
  g_autofree gchar *path =
      g_build_filename (g_getenv ("NF_SOURCE"), "gst", source, NULL);
  g_autofree gchar *program = g_find_program_in_path ("gst-launch-1.0");
  g_autofree gchar *folder = NULL;
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_run = 0;

  if (program == NULL) {
    g_test_skip ("gst-launch-1.0 is not installed");
    return;
  }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  folder = nf_test_folder_new ();
  for (guint i = 0; lines[i] != NULL; i++) {
    if (!g_str_has_prefix (lines[i], " * gst-launch-1.0 ")
        && !g_str_has_prefix (lines[i], " * mkdir "))
      continue;
    run_line (folder, lines[i] + strlen (" * "));
    n_run++;
  }
  g_assert_cmpuint (n_run, >, 0);
  nf_test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  /* in gst/ */
  static const gchar *const sources[] = { "clips/gstnfclipsrc.c",
    "clips/gstnfscenesrc.c", "predict/gstnfextrapolate.c",
    "predict/gstnfpredict.c", "iou/gstnfiou.c", "quality/gstnfquality.c",
    "npy/gstnfnpydec.c", "npy/gstnfnpyenc.c", "segment/gstnfregionsenc.c",
    "segment/gstnfsegment.c" };
  g_autofree gchar *models = NULL;
  gint result;

  g_test_init (&argc, &argv, NULL);
  models = nf_test_models_new ();
  g_setenv ("NEXTFRAME_PATH", models, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++) {
    g_autofree gchar *path = g_strconcat ("/doclines/", sources[i], NULL);

    g_test_add_data_func (path, sources[i], test_doclines_run);
  }
  result = g_test_run ();
  nf_test_folder_remove (models);

  return result;
}
