/* SPDX-License-Identifier: MIT
 *
 * report — run folder, progress line, metrics, interruption */
#include "train/report.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

static gchar *
make_folder (void)
{
  g_autoptr (GError) error = NULL;
  gchar *folder = g_dir_make_tmp ("nextframe-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static gchar *
read_file (const gchar *path)
{
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
write_step (NfMetrics *metrics, guint64 step)
{
  g_autoptr (GError) error = NULL;
  const NfMetric values[] = { { "loss", 0.1 * step }, { "speed", 1.0 / 0.0 } };

  nf_metrics_write (metrics, step, values, G_N_ELEMENTS (values), &error);
  g_assert_no_error (error);
}

static void
test_metrics_resume (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *path = g_build_filename (folder, "metrics.jsonl", NULL);
  g_autofree gchar *begun = NULL, *went_on = NULL, *broken = NULL;
  NfMetrics *metrics = nf_metrics_open (path, 0, &error);

  g_assert_no_error (error);
  for (guint step = 1; step <= 3; step++)
    write_step (metrics, step);
  begun = read_file (path);
  g_assert_true (g_str_has_prefix (
      begun, "{\"step\":1,\"loss\":0.10000000000000001,\"speed\":null}\n"));
  nf_metrics_close (metrics);

  broken = g_strconcat (begun, "{\"step\":2,\"lo", NULL);
  g_file_set_contents (path, broken, -1, &error);
  metrics = nf_metrics_open (path, 2, &error);
  g_assert_no_error (error);
  write_step (metrics, 3);
  nf_metrics_close (metrics);
  went_on = read_file (path);
  g_assert_cmpstr (went_on, ==, begun);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_metrics_new_run_empties (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *path = g_build_filename (folder, "metrics.jsonl", NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (NfMetrics) metrics = NULL;

  g_file_set_contents (
      path, "[1]\n{\"step\":\"x\"}\n{\"step\":1}\n\n", -1, &error);
  metrics = nf_metrics_open (path, 0, &error);
  g_assert_no_error (error);
  text = read_file (path);
  g_assert_cmpstr (text, ==, "");
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_metrics_no_folder_fails (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (nf_metrics_open ("/nonexistent/metrics.jsonl", 0, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/metrics.jsonl"));
}

static void
test_run_folder (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *parent = make_folder ();
  g_autofree gchar *run = g_build_filename (parent, "a", NULL);
  g_autofree gchar *file = g_build_filename (run, "config.ini", NULL);

  g_assert_false (nf_run_folder_find (run, TRUE, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (nf_run_folder_find (run, FALSE, &error));
  g_assert_true (nf_run_folder_prepare (run, FALSE, &error));
  g_assert_no_error (error);
  g_file_set_contents (file, "", -1, &error);
  g_assert_false (nf_run_folder_prepare (run, FALSE, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "--resume"));
  g_clear_error (&error);
  g_assert_true (nf_run_folder_prepare (run, TRUE, &error));
  g_assert_no_error (error);
  g_assert_false (nf_run_folder_find (file, FALSE, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_IO);
  g_unlink (file);
  g_rmdir (run);
  g_rmdir (parent);
}

static void
test_progress_plain_lines (void)
{
  g_autofree gchar *folder = make_folder ();
  g_autofree gchar *path = g_build_filename (folder, "log", NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  FILE *file = g_fopen (path, "w");
  NfProgress *progress = nf_progress_new (file, 2, 7, 2);

  nf_progress_set_epoch (progress, 3.5);
  for (guint step = 3; step <= 7; step++)
    nf_progress_step (progress, step, 1.5, 0.25);
  nf_progress_message (progress, "saved");
  g_assert_cmpfloat (nf_progress_speed (progress), >=, 0);
  nf_progress_free (progress);
  fclose (file);
  text = read_file (path);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  g_assert_true (
      g_str_has_prefix (lines[0], "step 4/7  epoch 1.14  loss 1.5  lr 0.25  "));
  g_assert_true (g_str_has_prefix (lines[2], "step 7/7  "));
  g_assert_cmpstr (lines[3], ==, "saved");
  g_assert_null (strchr (text, '\r'));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_interrupt (void)
{
  signal (SIGHUP, SIG_DFL); /* nohup may have started the tests */
  nf_interrupt_install ();
  g_assert_false (nf_interrupt_requested ());
  raise (SIGINT);
  g_assert_true (nf_interrupt_requested ());
  nf_interrupt_install ();
  g_assert_false (nf_interrupt_requested ());
  raise (SIGTERM);
  g_assert_true (nf_interrupt_requested ());
  nf_interrupt_install ();
  raise (SIGHUP);
  raise (SIGHUP);
  g_assert_true (nf_interrupt_requested ());
  nf_interrupt_install ();
  raise (SIGPIPE);
  raise (SIGPIPE);
  g_assert_true (nf_interrupt_requested ());
}

/* As nohup has it. */
static void
test_hangup_ignored (void)
{
  signal (SIGHUP, SIG_IGN);
  nf_interrupt_install ();
  raise (SIGHUP);
  g_assert_false (nf_interrupt_requested ());
  signal (SIGHUP, SIG_DFL);
}

/* At the places where a unit begins, and where hours are more than a day. */
static void
test_durations (void)
{
  static const struct
  {
    gdouble seconds;
    const gchar *text;
  } cases[] = {
    { 0, "0:00:00" },
    { 59.4, "0:00:59" },
    { 59.6, "0:01:00" },
    { 3599, "0:59:59" },
    { 3600, "1:00:00" },
    { 86399, "23:59:59" },
    { 86400, "1d00h" },
    { 86400 + 23 * 3600 + 3599, "1d23h" },
    { 2 * 86400 + 2 * 3600, "2d02h" },
    { 100 * 86400 + 13 * 3600, "100d13h" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = nf_duration_string (cases[i].seconds);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_interrupt_twice_ends (void)
{
  if (g_test_subprocess ()) {
    nf_interrupt_install ();
    raise (SIGINT);
    raise (SIGINT);
    return;
  }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/metrics-resume", test_metrics_resume);
  g_test_add_func ("/report/metrics-new-run", test_metrics_new_run_empties);
  g_test_add_func ("/report/metrics-no-folder", test_metrics_no_folder_fails);
  g_test_add_func ("/report/run-folder", test_run_folder);
  g_test_add_func ("/report/progress", test_progress_plain_lines);
  g_test_add_func ("/report/durations", test_durations);
  g_test_add_func ("/report/interrupt", test_interrupt);
  g_test_add_func ("/report/hangup-ignored", test_hangup_ignored);
  g_test_add_func ("/report/interrupt-twice", test_interrupt_twice_ends);
  return g_test_run ();
}
