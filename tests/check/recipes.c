/* SPDX-License-Identifier: MIT
 *
 * recipes — the pipelines in README.md and the guides work as they are written
 *
 * An indented block of Markdown that holds gst-launch-1.0 is given to the shell
 * as it stands, in an empty folder that has the examples and the programs of
 * the build where the repository has them. Blocks of a guide run in its order,
 * so one may read what another wrote. Networks are small and untrained.
 *
 * Files that it says to write must be there then.
 * In the place of gst-launch-1.0 the shell finds this program (--launch), which
 * ends what would go on for ever or for many clips, makes scenes small, and
 * passes the rest to the real one. Where an element is not there (of a camera,
 * of a GPU, of a package), the pipeline is parsed without it, which says whether
 * all else in it is written well, and the test says that it did not run. */
#include "docfolder.h"
#include "nftestmodels.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

/* the real gst-launch-1.0 */
#define LAUNCHER "NF_RECIPES_LAUNCHER"

/* --- in the place of gst-launch-1.0 --- */

/* what has no end by itself, what stands for it, what ends that, and which
 * properties do so already */
static const struct
{
  const gchar *element, *stand_in, *end;
  const gchar *ended_by[2];
} endless[] = {
  { "v4l2src", "videotestsrc", "num-buffers=24", { NULL } },
  { "nfscenesrc", "nfscenesrc", "num-buffers=24",
      { "clips=", "num-buffers=" } },
};

/* clips, and the size of scenes, that are enough to see that a pipeline works.
 * avdec_h264 of GStreamer 1.26.2 at times ends the program, whatever comes behind it,
 * where a width is no multiple of 16 ("video meta uses 128x80 instead of 120x80"). */
#define MOST_CLIPS 3
static const gchar *const small_scene[] = { "width=128", "height=80" };

/* whether the element has one of these properties */
static gboolean
has_any (gchar **argv, gsize element, const gchar *const *properties)
{
  for (gsize i = element + 1; argv[i] && strchr (argv[i], '='); i++)
    for (guint p = 0; p < 2 && properties[p]; p++)
      if (g_str_has_prefix (argv[i], properties[p]))
        return TRUE;

  return FALSE;
}

/* @argv with an end, which is near, to every source, and with small scenes */
static GStrv
shortened (gchar **argv)
{
  static const gchar *const sizes[] = { "width=", "height=" };
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  for (gsize i = 0; argv[i]; i++) {
    const gchar *word = argv[i];
    const gchar *end = NULL;
    g_autofree gchar *fewer = NULL;

    if (g_str_has_prefix (word, "clips=")) {
      gint64 clips = g_ascii_strtoll (word + strlen ("clips="), NULL, 10);

      word = fewer =
          g_strdup_printf ("clips=%" G_GINT64_FORMAT, MIN (clips, MOST_CLIPS));
    }
    for (guint e = 0; e < G_N_ELEMENTS (endless); e++)
      if (g_str_equal (word, endless[e].element)
          && !has_any (argv, i, endless[e].ended_by)) {
        word = endless[e].stand_in;
        end = endless[e].end;
        break;
      }
    g_strv_builder_add (all, word);
    if (end)
      g_strv_builder_add (all, end);
    if (g_str_equal (argv[i], "nfscenesrc") && !has_any (argv, i, sizes))
      for (guint p = 0; p < G_N_ELEMENTS (small_scene); p++)
        g_strv_builder_add (all, small_scene[p]);
  }

  return g_strv_builder_end (all);
}

/* @argv where identity stands for the elements in @missing, without their
 * properties */
static GStrv
without (gchar **argv, gchar **missing)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  gboolean skip = FALSE;

  for (gsize i = 0; argv[i]; i++) {
    if (g_strv_contains ((const gchar *const *) missing, argv[i])) {
      g_strv_builder_add (all, "identity");
      skip = TRUE;
      continue;
    }
    skip = skip && strchr (argv[i], '=');
    if (!skip)
      g_strv_builder_add (all, argv[i]);
  }

  return g_strv_builder_end (all);
}

static void
note (const gchar *text)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_getenv ("NF_DOC_NOTES"));
  g_autoptr (GFileOutputStream) stream =
      g_file_append_to (file, G_FILE_CREATE_NONE, NULL, NULL);
  g_autofree gchar *line = g_strconcat (text, "\n", NULL);

  g_assert_true (g_output_stream_write_all (
      G_OUTPUT_STREAM (stream), line, strlen (line), NULL, NULL, NULL));
}

/* Parses @argv; returns the elements that are not there, %NULL when all are. The
 * parser also names those that lack a property, and ours have to be there. */
static GStrv
missing_elements (gchar **argv, GError **error)
{
  g_autoptr (GstParseContext) context = gst_parse_context_new ();
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GStrvBuilder) missing = g_strv_builder_new ();
  g_auto (GStrv) named = NULL;
  gboolean some = FALSE;

  pipeline = gst_parse_launchv_full (
      (const gchar **) argv, context, GST_PARSE_FLAG_NONE, error);
  if (pipeline)
    gst_object_ref_sink (pipeline);
  named = gst_parse_context_get_missing_elements (context);
  for (guint i = 0; named && named[i]; i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (named[i]);

    if (factory == NULL && !g_str_has_prefix (named[i], "nf")) {
      g_strv_builder_add (missing, named[i]);
      some = TRUE;
    }
  }

  return some ? g_strv_builder_end (missing) : NULL;
}

static int
launch (gchar **argv)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) pipeline = NULL;
  g_auto (GStrv) missing = NULL;
  g_auto (GStrv) run = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_options = 0;

  gst_init (NULL, NULL);
  run = shortened (argv);
  while (run[n_options] && run[n_options][0] == '-')
    n_options++;
  missing = missing_elements (run + n_options, &error);
  if (missing) {
    g_autofree gchar *names = g_strjoinv (", ", missing);
    g_autofree gchar *text = g_strdup_printf ("only parsed: no %s", names);

    g_clear_error (&error);
    pipeline = without (run + n_options, missing);
    g_strfreev (missing_elements (pipeline, &error));
    note (text);
    /* what identity does not link to, what it stands for may */
    if (error == NULL
        || g_error_matches (error, GST_PARSE_ERROR, GST_PARSE_ERROR_LINK))
      return 0;
  }
  if (error != NULL) {
    g_printerr ("%s\n", error->message);
    return 1;
  }

  g_strv_builder_add (words, g_getenv (LAUNCHER));
  g_strv_builder_addv (words, (const gchar **) run);
  g_strfreev (run);
  run = g_strv_builder_end (words);
  execv (run[0], run);
  g_printerr ("%s: %s\n", run[0], g_strerror (errno));

  return 1;
}

/* --- the blocks of a guide --- */

#define NPY_HEADER 128

typedef struct
{
  gchar *folder; /* where it runs */
  gchar *script;
} Block;

static void
block_free (gpointer data)
{
  Block *block = data;

  g_free (block->folder);
  g_free (block->script);
  g_free (block);
}

/* Files that @script names for a sink or a report must be there, and hold
 * something: an array more than its header. */
static void
check_files (const Block *block)
{
  g_autoptr (GRegex) regex = g_regex_new (
      "(?:filesink location|report|screenshot)=(\\S+)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, block->script, 0, &match);
       g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree gchar *name = g_match_info_fetch (match, 1);
    g_autoptr (GString) first = g_string_new (name);
    g_autofree gchar *path = NULL;
    goffset least;
    GStatBuf info;

    g_string_replace (first, "%03d", "000", 0);
    g_string_replace (first, "%d", "0", 0);
    least = g_str_has_suffix (first->str, ".npy") ? NPY_HEADER : 0;
    path = g_build_filename (block->folder, first->str, NULL);
    if (g_stat (path, &info) != 0 || info.st_size <= least)
      g_error ("%s\nmade no %s", block->script, first->str);
  }
}

static void
test_recipes_run (gconstpointer data)
{
  const Block *block = data;
  g_autofree gchar *output = NULL;
  g_autofree gchar *notes = NULL;
  gint status;

  g_test_message ("%s", block->script);
  status =
      nf_test_doc_folder_run (block->folder, block->script, &output, &notes);
  if (status != 0)
    g_error ("%s\nended with %d:\n%s", block->script, status, output);
  if (*notes)
    g_test_skip (notes);
  else
    check_files (block);
}

/* pipelines of an application: they begin with appsrc and are parsed */
static void
test_recipes_parse (gconstpointer data)
{
  const Block *block = data;
  g_autofree gchar *line = g_strdup (block->script);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL;

  for (gchar *c = line; *c; c++)
    if (*c == '\\' || *c == '\n')
      *c = ' ';
  pipeline = gst_parse_launch (line, &error);
  g_assert_no_error (error);
  gst_object_ref_sink (pipeline);
}

static gboolean
is_run (const gchar *script)
{
  return strstr (script, "gst-launch-1.0 ")
      || strstr (script, "build/examples/")
      || strstr (script, "python3 examples/")
      || g_str_has_prefix (script, "mkdir -p ");
}

static gboolean
is_parsed (const gchar *script)
{
  return g_str_has_prefix (script, "appsrc ");
}

static void
add_blocks (const gchar *guide, const gchar *folder)
{
  g_autofree gchar *path =
      g_build_filename (g_getenv ("NF_SOURCE"), guide, NULL);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_blocks = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_autoptr (GString) script = g_string_new (NULL);
    guint first = i + 1;

    for (; lines[i] && g_str_has_prefix (lines[i], "    "); i++)
      g_string_append_printf (script, "%s\n", lines[i] + 4);
    if (is_run (script->str) || is_parsed (script->str)) {
      Block *block = g_new0 (Block, 1);
      g_autofree gchar *name =
          g_strdup_printf ("/recipes/%s/line-%03u", guide, first);

      block->folder = g_strdup (folder);
      block->script = g_strdup (script->str);
      g_test_add_data_func_full (name, block,
          is_run (block->script) ? test_recipes_run : test_recipes_parse,
          block_free);
      n_blocks++;
    }
    if (lines[i] == NULL)
      break;
  }
  g_assert_cmpuint (n_blocks, >, 0);
}

int
main (int argc, char **argv)
{
  static const gchar *const guides[] = { "README.md", "docs/recipes.md",
    "docs/elements.md", "docs/scenes.md", "examples/README.md" };
  g_autofree gchar *models = NULL;
  g_autofree gchar *launcher = NULL;
  g_autofree gchar *program = NULL;
  g_autofree gchar *wrapper = NULL;
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  gint result;

  if (argc > 1 && g_str_equal (argv[1], "--launch"))
    return launch (argv + 2);

  g_test_init (&argc, &argv, NULL);
  launcher = g_find_program_in_path ("gst-launch-1.0");
  if (launcher == NULL) {
    g_printerr ("gst-launch-1.0 is not installed\n");
    return 77;
  }
  gst_init (&argc, &argv);
  models = nf_test_models_new ();
  g_setenv ("NEXTFRAME_PATH", models, TRUE);
  g_setenv (LAUNCHER, launcher, TRUE);
  program = g_canonicalize_filename (argv[0], NULL);
  wrapper = g_strdup_printf (
      "#!/bin/sh\nLD_PRELOAD=$NF_PRELOAD exec '%s' --launch \"$@\"\n", program);
  for (guint i = 0; i < G_N_ELEMENTS (guides); i++) {
    gchar *folder = nf_test_doc_folder_new ();

    nf_test_doc_folder_add_program (folder, "gst-launch-1.0", wrapper);

    g_ptr_array_add (folders, folder);
    add_blocks (guides[i], folder);
  }
  result = g_test_run ();
  for (guint i = 0; i < folders->len; i++)
    nf_test_folder_remove (folders->pdata[i]);
  nf_test_folder_remove (models);

  return result;
}
