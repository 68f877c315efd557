/* SPDX-License-Identifier: MIT
 *
 * synth/options — the command line of `nextframe-train synth` */
#include "synth/options.h"
#include <nextframe/core/nferror.h>

#include <string.h>

#define MAX_SEED 9007199254740992 /* 2^53: what any program reads back whole */
#define MAX_CLIPS 100000000
#define SHEET_CLIPS 6
#define STATS_CLIPS 500

const gchar *const nf_synth_splits[NF_SYNTH_N_SPLITS] = { "train", "val",
  "unlabeled", "hidden" };

/* The options that take a whole number. */
typedef enum
{
  TRAIN, /* in the order of NfSynthSplit */
  VAL,
  UNLABELED,
  HIDDEN,
  SEED,
  WIDTH,
  HEIGHT,
  FRAMES,
  CLIPS,
  COLUMNS,
  TILE,
  THREADS,
  N_NUMBERS
} Number;

typedef struct
{
  const gchar *name;
  gchar short_name;
  gint64 min, max;
  const gchar *help;
  const gchar *value;
} NumberRow;

static const NumberRow rows[N_NUMBERS] = {
  [TRAIN] = { .name = "train",
      .short_name = 0,
      .min = 0,
      .max = MAX_CLIPS,
      .help = "Clips in train/, with masks",
      .value = "N" },
  [VAL] = { .name = "val",
      .short_name = 0,
      .min = 0,
      .max = MAX_CLIPS,
      .help = "Clips in val/, with masks",
      .value = "N" },
  [UNLABELED] = { .name = "unlabeled",
      .short_name = 0,
      .min = 0,
      .max = MAX_CLIPS,
      .help = "Clips in unlabeled/, without masks",
      .value = "N" },
  [HIDDEN] = { .name = "hidden",
      .short_name = 0,
      .min = 0,
      .max = MAX_CLIPS,
      .help = "Clips in hidden/: the first half of the frames, without masks",
      .value = "N" },
  [SEED] = { .name = "seed",
      .short_name = 's',
      .min = 0,
      .max = MAX_SEED,
      .help = "Which clips (default: 1)",
      .value = "S" },
  [WIDTH] = { .name = "width",
      .short_name = 0,
      .min = 16,
      .max = 8192,
      .help = "Columns of a frame (default: 240)",
      .value = "W" },
  [HEIGHT] = { .name = "height",
      .short_name = 0,
      .min = 16,
      .max = 8192,
      .help = "Rows of a frame (default: 160)",
      .value = "H" },
  [FRAMES] = { .name = "frames",
      .short_name = 0,
      .min = 1,
      .max = 1000,
      .help = "Frames of a clip (default: 22)",
      .value = "F" },
  [CLIPS] = { .name = "clips",
      .short_name = 0,
      .min = 1,
      .max = NF_SCENES_MAX_CLIPS,
      .help =
          "Synthetic clips on the sheet (default: 6) or in the table (default: "
          "500)",
      .value = "N" },
  [COLUMNS] = { .name = "columns",
      .short_name = 0,
      .min = 1,
      .max = 100,
      .help = "Frames of a clip on the sheet (default: 4)",
      .value = "N" },
  [TILE] = { .name = "tile",
      .short_name = 0,
      .min = 16,
      .max = 8192,
      .help = "Columns of a frame on the sheet (default: as many as it has)",
      .value = "W" },
  [THREADS] = { .name = "threads",
      .short_name = 't',
      .min = 0,
      .max = 4096,
      .help = "Clips rendered at once; 0: one a physical core (default: 0). "
              "What comes "
              "out is the same with any number",
      .value = "T" },
};

/* What the options are parsed into, before they are checked. */
typedef struct
{
  NfSynthOptions *options;
  gint64 numbers[N_NUMBERS]; /* G_MININT64: not given */
  gchar *objects, *shard;
} RawOptions;

static gboolean
fail (GError **error, const gchar *message)
{
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
check_range (Number number, gint64 value, GError **error)
{
  const NumberRow *row = &rows[number];

  if (value >= row->min && value <= row->max)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--%s: expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
      ", got %" G_GINT64_FORMAT,
      row->name, row->min, row->max, value);
  return FALSE;
}

/* Reads MIN-MAX, or one number for both. */
static gboolean
read_objects (NfSceneParams *params, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", -1);
  guint n = g_strv_length (parts);
  guint64 min, max;

  if ((n == 1 || n == 2)
      && g_ascii_string_to_unsigned (parts[0], 10, 1, 48, &min, NULL)
      && g_ascii_string_to_unsigned (parts[n - 1], 10, min, 48, &max, NULL)) {
    params->min_objects = min;
    params->max_objects = max;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--objects: expected MIN-MAX of 1 to 48, such as 2-8, got \"%s\"", text);
  return FALSE;
}

static void
add_number_entries (GOptionContext *context, gint64 *numbers)
{
  GOptionEntry entries[N_NUMBERS + 1] = { { NULL } };

  for (guint i = 0; i < N_NUMBERS; i++)
    entries[i] = (GOptionEntry){ .long_name = rows[i].name,
      .short_name = rows[i].short_name,
      .flags = 0,
      .arg = G_OPTION_ARG_INT64,
      .arg_data = &numbers[i],
      .description = rows[i].help,
      .arg_description = rows[i].value };
  g_option_context_add_main_entries (context, entries, NULL);
}

static gboolean
parse (RawOptions *raw, gint argc, gchar **argv, GError **error)
{
  NfSynthOptions *options = raw->options;
  const GOptionEntry entries[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
        "Write a data set there; what this command began there goes on",
        "FOLDER" },
    { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &options->sheet,
        "Write a picture that shows clips side by side", "FILE.png" },
    { "stats", 0, 0, G_OPTION_ARG_NONE, &options->stats,
        "Print a table of what is seen in clips", NULL },
    { "real", 0, 0, G_OPTION_ARG_FILENAME, &options->real,
        "A data set whose clips stand beside in the sheet or the table",
        "FOLDER" },
    { "shuffle", 0, 0, G_OPTION_ARG_NONE, &options->shuffle,
        "Do not say on the sheet which clips are real; print it", NULL },
    { "objects", 0, 0, G_OPTION_ARG_STRING, &raw->objects,
        "Fewest and most objects of a clip (default: 2-8)", "MIN-MAX" },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &raw->shard,
        "Make part I of N of the clips, in a folder of --out; the same command "
        "without it takes what the parts have done",
        "I/N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *message = NULL;

  g_option_context_set_summary (context,
      "Makes clips of cubes, spheres and cylinders that slide, roll and "
      "collide.");
  g_option_context_add_main_entries (context, entries, NULL);
  add_number_entries (context, raw->numbers);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, cause->message);
  if (argc <= 1)
    return TRUE;
  message = g_strdup_printf ("unexpected argument \"%s\"", argv[1]);
  return fail (error, message);
}

/* Numbers that were given, in the place of the defaults. */
static gboolean
take_numbers (NfSynthOptions *options, const gint64 *given, GError **error)
{
  gint64 number[N_NUMBERS] = { [SEED] = 1,
    [WIDTH] = options->scenes.width,
    [HEIGHT] = options->scenes.height,
    [FRAMES] = options->scenes.clip.frames,
    [CLIPS] = options->stats ? STATS_CLIPS : SHEET_CLIPS,
    [COLUMNS] = 4 };

  for (guint i = 0; i < N_NUMBERS; i++)
    if (given[i] != G_MININT64) {
      if (!check_range (i, given[i], error))
        return FALSE;
      number[i] = given[i];
    }
  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++)
    options->n_clips[i] = number[TRAIN + i];
  options->scenes.clip.seed = number[SEED];
  options->scenes.clip.frames = number[FRAMES];
  options->scenes.width = number[WIDTH];
  options->scenes.height = number[HEIGHT];
  options->scenes.n_clips = options->out ? 0 : number[CLIPS];
  options->columns = number[COLUMNS];
  options->tile = number[TILE];
  options->threads = number[THREADS];
  return TRUE;
}

/* What must hold between options. */
static gboolean
check_sense (const NfSynthOptions *options, GError **error)
{
  guint n_jobs = !!options->out + !!options->sheet + options->stats;
  guint64 total = 0;

  for (guint i = 0; i < NF_SYNTH_N_SPLITS; i++)
    total += options->n_clips[i];
  if (n_jobs != 1)
    return fail (error,
        "what should be made? Give one of --out FOLDER (a data set), --sheet "
        "FILE.png (a picture) and --stats (a table)");
  if (options->out && total == 0)
    return fail (error,
        "how many clips? Give --train N, --val N, --unlabeled N or --hidden N");
  if (!options->out && total > 0)
    return fail (error,
        "--train, --val, --unlabeled and --hidden are for --out; a sheet or "
        "table takes --clips");
  if (!options->out && nf_share_is_part (&options->share))
    return fail (error, "--shard is for --out");
  if (options->out && options->real)
    return fail (error, "--real is for --sheet and --stats");
  if (options->shuffle && (!options->sheet || !options->real))
    return fail (error, "--shuffle is for --sheet with --real");
  return TRUE;
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
  RawOptions raw = { options };
  gboolean good;

  nf_scenes_init (&options->scenes);
  for (guint i = 0; i < N_NUMBERS; i++)
    raw.numbers[i] = G_MININT64;
  good = parse (&raw, argc, argv, error)
      && (!raw.objects
          || read_objects (&options->scenes.clip, raw.objects, error))
      && take_numbers (options, raw.numbers, error)
      && (!raw.shard || nf_share_parse (raw.shard, &options->share, error))
      && check_sense (options, error);
  g_free (raw.objects);
  g_free (raw.shard);
  return good ? g_steal_pointer (&options) : NULL;
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
  g_free (options->sheet);
  g_free (options->real);
  g_free (options);
}
