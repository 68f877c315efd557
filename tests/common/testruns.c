/* SPDX-License-Identifier: MIT
 *
 * testruns — runs of tiny networks, for the tests of the trainer */
#include "testruns.h"
#include "testclips.h"
#include "train/train.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* frames of each clip in val/ */
const guint nf_test_val_frames[NF_TEST_VAL_CLIPS] = { 7, 6 };

/* settings of a tiny network of each kind */
const gchar *const nf_test_tiny[NF_N_TRAIN_KINDS] = { NF_TEST_TINY_SEGMENT,
  NF_TEST_TINY_DIFFUSION };

/**
 * nf_test_place_set_up:
 *
 * Makes the folder and the clips.
 */
void
nf_test_place_set_up (NfTestPlace *place, gconstpointer unused)
{
  place->root = nf_test_folder_new ();
  place->data = g_build_filename (place->root, "data", NULL);
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", i);

    g_free (nf_test_write_clip (place->data, name, NF_TEST_CLIP_FRAMES,
        NF_TEST_WIDTH, NF_TEST_HEIGHT, TRUE));
  }
}

/**
 * nf_test_place_set_up_val:
 *
 * The same, with clips in val/, too.
 */
void
nf_test_place_set_up_val (NfTestPlace *place, gconstpointer unused)
{
  nf_test_place_set_up (place, NULL);
  for (guint i = 0; i < NF_TEST_VAL_CLIPS; i++) {
    g_autofree gchar *name = g_strdup_printf ("val/video_%u", 10 + i);

    g_free (nf_test_write_clip (place->data, name, nf_test_val_frames[i],
        NF_TEST_WIDTH, NF_TEST_HEIGHT, TRUE));
  }
}

/**
 * nf_test_place_tear_down:
 *
 * Removes all of it.
 */
void
nf_test_place_tear_down (NfTestPlace *place, gconstpointer unused)
{
  nf_test_folder_remove (place->root);
  g_free (place->root);
  g_free (place->data);
}

/**
 * nf_test_train:
 * @place: where
 * @kind: the subcommand
 * @run: name of the run's folder
 * @resume: whether it goes on
 * @settings: GROUP.KEY=VALUE or --OPTION, with | between them
 * @error: return location
 *
 * Runs the subcommand.
 */
gboolean
nf_test_train (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    gboolean resume, const gchar *settings, GError **error)
{
  g_auto (GStrv) sets = g_strsplit (settings, "|", -1);
  g_autofree gchar *folder = g_build_filename (place->root, run, NULL);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (gpointer) nf_train_kind_name (kind));
  g_ptr_array_add (argv, (gpointer) "--run");
  g_ptr_array_add (argv, folder);
  g_ptr_array_add (argv, (gpointer) "--data");
  g_ptr_array_add (argv, place->data);
  if (resume)
    g_ptr_array_add (argv, (gpointer) "--resume");
  for (guint i = 0; sets[i]; i++) {
    if (sets[i][0] == '\0')
      continue;
    if (!g_str_has_prefix (sets[i], "--"))
      g_ptr_array_add (argv, (gpointer) "--set");
    g_ptr_array_add (argv, sets[i]);
  }
  g_ptr_array_add (argv, NULL);
  return nf_train_main (kind, argv->len - 1, (gchar **) argv->pdata, error);
}

/**
 * nf_test_train_tiny:
 * @place: where
 * @kind: which of the tiny networks
 * @run: name of the run's folder
 * @resume: whether it goes on
 * @more: settings beside those of the network, with | between them
 *
 * Trains it, which must succeed.
 */
void
nf_test_train_tiny (NfTestPlace *place, NfTrainKind kind, const gchar *run,
    gboolean resume, const gchar *more)
{
  g_autofree gchar *settings =
      g_strdup_printf ("%s|%s", nf_test_tiny[kind], more);
  g_autoptr (GError) error = NULL;

  nf_test_train (place, kind, run, resume, settings, &error);
  g_assert_no_error (error);
}

/* What to wait for, and where, and what to do then. */
typedef struct
{
  gchar *metrics;
  gchar *line;
  void (*func) (gpointer data);
  gpointer data;
} Wait;

static gpointer
do_later (gpointer data)
{
  Wait *wait = data;
  g_autofree gchar *text = NULL;

  while (!text || !strstr (text, wait->line)) {
    g_clear_pointer (&text, g_free);
    g_usleep (2000);
    g_file_get_contents (wait->metrics, &text, NULL, NULL);
  }
  wait->func (wait->data);
  g_free (wait->metrics);
  g_free (wait->line);
  g_free (wait);
  return NULL;
}

/**
 * nf_test_do_after:
 * @place: where
 * @run: a run that is going to begin
 * @step: which of its steps has a line in metrics.jsonl
 * @func: what to do then
 * @data: its argument
 *
 * Returns: (transfer full): a thread to join after the run
 */
GThread *
nf_test_do_after (NfTestPlace *place, const gchar *run, guint step,
    void (*func) (gpointer data), gpointer data)
{
  Wait *wait = g_new (Wait, 1);

  wait->metrics = nf_test_run_file (place, run, "metrics.jsonl");
  wait->line = g_strdup_printf ("\"step\":%u,", step);
  wait->func = func;
  wait->data = data;
  return g_thread_new ("later", do_later, wait);
}

static void
interrupt_soon (gpointer unused)
{
  g_usleep (20000);
  kill (getpid (), SIGINT);
}

/**
 * nf_test_interrupt_after:
 * @place: where
 * @run: a run that is going to begin
 * @step: which of its steps has a line in metrics.jsonl
 *
 * Sends SIGINT to this process a little after that step.
 *
 * Returns: (transfer full): a thread to join after the run
 */
GThread *
nf_test_interrupt_after (NfTestPlace *place, const gchar *run, guint step)
{
  return nf_test_do_after (place, run, step, interrupt_soon, NULL);
}

/**
 * nf_test_run_file:
 *
 * Returns: (transfer full): path of a file of a run
 */
gchar *
nf_test_run_file (NfTestPlace *place, const gchar *run, const gchar *name)
{
  return g_build_filename (place->root, run, name, NULL);
}

/**
 * nf_test_has_file:
 *
 * Returns: whether a run has that file
 */
gboolean
nf_test_has_file (NfTestPlace *place, const gchar *run, const gchar *name)
{
  g_autofree gchar *path = nf_test_run_file (place, run, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/**
 * nf_test_same_file:
 * @place: where
 * @a: a run
 * @b: another one
 * @name: of a file in both
 *
 * Asserts that both have the same bytes.
 */
void
nf_test_same_file (
    NfTestPlace *place, const gchar *a, const gchar *b, const gchar *name)
{
  const gchar *runs[] = { a, b };
  gchar *data[2] = { NULL };
  gsize size[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *path =
        g_build_filename (place->root, runs[i], name, NULL);
    g_autoptr (GError) error = NULL;

    g_file_get_contents (path, &data[i], &size[i], &error);
    g_assert_no_error (error);
  }
  g_assert_cmpuint (size[0], ==, size[1]);
  g_assert_true (memcmp (data[0], data[1], size[0]) == 0);
  g_free (data[0]);
  g_free (data[1]);
}

/**
 * nf_test_read_metric:
 * @place: where
 * @run: a run
 * @name: of a number in lines of its metrics.jsonl
 *
 * Returns: (transfer full) (element-type NfTestPoint): the finite numbers of
 *   that name
 */
GArray *
nf_test_read_metric (NfTestPlace *place, const gchar *run, const gchar *name)
{
  g_autofree gchar *path =
      g_build_filename (place->root, run, "metrics.jsonl", NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  GArray *points = g_array_new (FALSE, FALSE, sizeof (NfTestPoint));
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && lines[i][0]; i++) {
    g_autoptr (JsonParser) parser = json_parser_new ();
    JsonObject *object;
    NfTestPoint point;

    json_parser_load_from_data (parser, lines[i], -1, &error);
    g_assert_no_error (error);
    object = json_node_get_object (json_parser_get_root (parser));
    if (!json_object_has_member (object, name))
      continue;
    point.step = json_object_get_int_member (object, "step");
    point.value = json_object_get_double_member (object, name);
    g_assert_true (isfinite (point.value));
    g_array_append_val (points, point);
  }
  return points;
}

/**
 * nf_test_point_at:
 *
 * Returns: number @i, which must be there
 */
NfTestPoint
nf_test_point_at (const GArray *points, guint i)
{
  g_assert_cmpuint (i, <, points->len);
  return g_array_index (points, NfTestPoint, i);
}

/**
 * nf_test_same_metric:
 *
 * Asserts that two runs have the same numbers, @n of them, at the same steps.
 */
void
nf_test_same_metric (NfTestPlace *place, const gchar *a, const gchar *b,
    const gchar *name, guint n)
{
  g_autoptr (GArray) x = nf_test_read_metric (place, a, name);
  g_autoptr (GArray) y = nf_test_read_metric (place, b, name);

  g_assert_cmpuint (x->len, ==, n);
  g_assert_cmpuint (y->len, ==, n);
  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (
        nf_test_point_at (x, i).step, ==, nf_test_point_at (y, i).step);
    g_assert_cmpfloat (
        nf_test_point_at (x, i).value, ==, nf_test_point_at (y, i).value);
  }
}
