/* SPDX-License-Identifier: MIT
 *
 * synthoptions — the command line of `nextframe-train synth` */
#include "synthoptions.h"
#include "scene/nfscene.h"
#include "scenes.h"

#include <string.h>

#define MAX_SEED 9007199254740992 /* 2^53: what any program reads back whole */
#define MAX_CLIPS 100000000

/* A number that an option takes. */
typedef struct
{
  const gchar *name;
  gsize offset; /* in NfSynthOptions */
  gint64 min, max;
} Range;

#define RANGE(name, field, min, max)                                           \
  {                                                                            \
    name, G_STRUCT_OFFSET (NfSynthOptions, field), min, max                    \
  }

static const Range ranges[] = {
  RANGE ("train", n_clips[NF_SYNTH_TRAIN], 0, MAX_CLIPS),
  RANGE ("val", n_clips[NF_SYNTH_VAL], 0, MAX_CLIPS),
  RANGE ("unlabeled", n_clips[NF_SYNTH_UNLABELED], 0, MAX_CLIPS),
  RANGE ("hidden", n_clips[NF_SYNTH_HIDDEN], 0, MAX_CLIPS),
  RANGE ("seed", seed, 0, MAX_SEED),
  RANGE ("width", width, 16, 8192),
  RANGE ("height", height, 16, 8192),
  RANGE ("frames", frames, 1, 1000),
  RANGE ("threads", threads, 0, 4096),
};

static gboolean
check_ranges (const NfSynthOptions *options, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    gint64 value = G_STRUCT_MEMBER (gint64, options, ranges[i].offset);

    if (value >= ranges[i].min && value <= ranges[i].max)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--%s: expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        ", got %" G_GINT64_FORMAT,
        ranges[i].name, ranges[i].min, ranges[i].max, value);
    return FALSE;
  }
  return TRUE;
}

/* Reads MIN-MAX, or one number for both. */
static gboolean
read_objects (NfSynthOptions *options, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", -1);
  guint n = g_strv_length (parts);

  if ((n == 1 || n == 2)
      && g_ascii_string_to_signed (
          parts[0], 10, 1, 48, &options->min_objects, NULL)
      && g_ascii_string_to_signed (parts[n - 1], 10, options->min_objects, 48,
          &options->max_objects, NULL))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--objects: expected MIN-MAX of 1 to 48, such as 2-8, got \"%s\"", text);
  return FALSE;
}

static gboolean
parse (NfSynthOptions *options, gint argc, gchar **argv, gchar **objects,
    GError **error)
{
  gint64 *n = options->n_clips;
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
        "Write a data set there; a folder that this command began is gone on "
        "with",
        "FOLDER" },
    { "train", 0, 0, G_OPTION_ARG_INT64, &n[NF_SYNTH_TRAIN],
        "Clips in train/, with masks", "N" },
    { "val", 0, 0, G_OPTION_ARG_INT64, &n[NF_SYNTH_VAL],
        "Clips in val/, with masks", "N" },
    { "unlabeled", 0, 0, G_OPTION_ARG_INT64, &n[NF_SYNTH_UNLABELED],
        "Clips in unlabeled/, without masks", "N" },
    { "hidden", 0, 0, G_OPTION_ARG_INT64, &n[NF_SYNTH_HIDDEN],
        "Clips in hidden/: the first half of the frames, without masks", "N" },
    { "seed", 's', 0, G_OPTION_ARG_INT64, &options->seed,
        "Which clips (default: 1)", "S" },
    { "width", 0, 0, G_OPTION_ARG_INT64, &options->width,
        "Columns of a frame (default: 240)", "W" },
    { "height", 0, 0, G_OPTION_ARG_INT64, &options->height,
        "Rows of a frame (default: 160)", "H" },
    { "frames", 0, 0, G_OPTION_ARG_INT64, &options->frames,
        "Frames of a clip (default: 22)", "F" },
    { "objects", 0, 0, G_OPTION_ARG_STRING, objects,
        "Fewest and most objects of a clip (default: 2-8)", "MIN-MAX" },
    { "threads", 't', 0, G_OPTION_ARG_INT64, &options->threads,
        "Clips rendered at once; 0: one a physical core (default: 0). The "
        "files are the same with any number",
        "T" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) cause = NULL;

  g_option_context_set_summary (context,
      "Makes clips of cubes, spheres and cylinders that slide, roll and "
      "collide.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &cause) && argc <= 1)
    return TRUE;
  if (cause)
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, cause->message);
  else
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "unexpected argument \"%s\"", argv[1]);
  return FALSE;
}

/* What must hold between options. */
static gboolean
check_sense (const NfSynthOptions *options, GError **error)
{
  gint64 total = 0;

  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++)
    total += options->n_clips[i];
  if (options->out && total > 0)
    return TRUE;
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID,
      options->out
          ? "how many clips? Give --train N, --val N, --unlabeled N or "
            "--hidden N"
          : "where should the clips go? Give --out FOLDER");
  return FALSE;
}

/**
 * nf_synth_options_parse:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on; taken as it is after
 *   GLib's option parser moved its words
 * @error: return location: %NF_ERROR_INVALID
 *
 * `--help` prints and ends the program.
 *
 * Returns: (transfer full) (nullable): what was asked for
 */
NfSynthOptions *
nf_synth_options_parse (gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfSynthOptions) options = g_new0 (NfSynthOptions, 1);
  g_autofree gchar *objects = NULL;

  options->seed = 1;
  options->width = NF_SCENES_WIDTH;
  options->height = NF_SCENES_HEIGHT;
  options->frames = NF_SCENE_FRAMES;
  options->min_objects = NF_SCENE_MIN_OBJECTS;
  options->max_objects = NF_SCENE_MAX_OBJECTS;
  if (!parse (options, argc, argv, &objects, error)
      || (objects && !read_objects (options, objects, error))
      || !check_ranges (options, error) || !check_sense (options, error))
    return NULL;
  return g_steal_pointer (&options);
}

/**
 * nf_synth_options_free:
 * @options: (transfer full) (nullable): parsed options
 */
void
nf_synth_options_free (NfSynthOptions *options)
{
  if (!options)
    return;
  g_free (options->out);
  g_free (options);
}
