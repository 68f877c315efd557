/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train eval` */
#include "eval/options.h"

#define MAX_SEED 9007199254740992 /* 2^53: what any program reads back whole */
#define MAX_CLIPS 1000000

/* The options that take a whole number. */
typedef enum
{
  CLIPS,
  STEPS,
  ENSEMBLE,
  SEED,
  THREADS,
  N_NUMBERS
} Number;

static const struct
{
  const gchar *name;
  gchar short_name;
  gint64 min, max, fallback;
  const gchar *help;
  const gchar *value;
} numbers[N_NUMBERS] = {
  [CLIPS] = { .name = "clips",
      .short_name = 'n',
      .min = 1,
      .max = MAX_CLIPS,
      .fallback = 0,
      .help = "Only the first N clips (default: all)",
      .value = "N" },
  [STEPS] = { .name = "steps",
      .short_name = 0,
      .min = 1,
      .max = NF_PREDICTION_MAX_STEPS,
      .fallback = 0,
      .help = "Denoising steps for a block of frames (default: what the "
              "checkpoint says, or 50)",
      .value = "N" },
  [ENSEMBLE] = { .name = "ensemble",
      .short_name = 0,
      .min = 0,
      .max = NF_EVAL_MAX_ENSEMBLE,
      .fallback = 5,
      .help = "Draws of each clip in the rows of ensembles; 0: no such rows "
              "(default: 5)",
      .value = "N" },
  [SEED] = { .name = "seed",
      .short_name = 's',
      .min = 0,
      .max = MAX_SEED,
      .fallback = 0,
      .help = "Of the noise that predictions start from (default: 0)",
      .value = "S" },
  [THREADS] = { .name = "threads",
      .short_name = 't',
      .min = 0,
      .max = 4096,
      .fallback = 0,
      .help = "CPU threads; 0: one a physical core (default: 0)",
      .value = "T" },
};

/* What the options are parsed into, before they are checked. */
typedef struct
{
  gint64 numbers[N_NUMBERS];
  gchar *sampler, *precision, *decision;
  gboolean no_curve, no_unique, no_sharpen;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->sampler);
  g_free (raw->precision);
  g_free (raw->decision);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

static gboolean
fail (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s%s", what, text);
  return FALSE;
}

static void
add_numbers (GOptionContext *context, RawOptions *raw)
{
  GOptionEntry entries[N_NUMBERS + 1] = { { NULL } };

  for (guint i = 0; i < N_NUMBERS; i++) {
    raw->numbers[i] = numbers[i].fallback;
    entries[i] = (GOptionEntry){ .long_name = numbers[i].name,
      .short_name = numbers[i].short_name,
      .flags = 0,
      .arg = G_OPTION_ARG_INT64,
      .arg_data = &raw->numbers[i],
      .description = numbers[i].help,
      .arg_description = numbers[i].value };
  }
  g_option_context_add_main_entries (context, entries, NULL);
}

static gboolean
parse (NfEvalOptions *options, RawOptions *raw, gint argc, gchar **argv,
    const gchar *rows, GError **error)
{
  g_autofree gchar *methods = nf_sampler_method_names ();
  g_autofree gchar *sampler = g_strconcat (
      methods, " (default: what the checkpoint says, or ddim)", NULL);
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_STRING, &options->data,
        "Clips with masks: a data set's folder, or N synthetic clips of a seed",
        "FOLDER|scenes:SEED:N" },
    { "splits", 0, 0, G_OPTION_ARG_STRING, &options->splits,
        "Folders of the data set (default: val, or train where there is no "
        "val)",
        "NAMES" },
    { "segment", 0, 0, G_OPTION_ARG_FILENAME, &options->segment,
        "Checkpoint of nfsegment (default: the one that ships)", "FILE" },
    { "predict", 0, 0, G_OPTION_ARG_FILENAME, &options->predict,
        "Checkpoint of nfpredict (default: the one that ships)", "FILE" },
    { "decision", 0, 0, G_OPTION_ARG_STRING, &raw->decision,
        "Who decides on a class, as nfsegment's property: pixel, region or "
        "clip (default: region)",
        "NAME" },
    { "no-unique", 0, 0, G_OPTION_ARG_NONE, &raw->no_unique,
        "With --decision region or clip: several objects may be of one class",
        NULL },
    { "tta", 0, 0, G_OPTION_ARG_NONE, &options->tta,
        "nfsegment averages with mirrored frames", NULL },
    { "only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->only,
        "Only this row of the table; may be repeated", "ROW" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
        "Write report.json and report.html there; what this command began "
        "there goes on",
        "FOLDER" },
    { "sampler", 0, 0, G_OPTION_ARG_STRING, &raw->sampler, sampler, "NAME" },
    { "guide-start", 0, 0, G_OPTION_ARG_DOUBLE, &options->guide_start,
        "Part of the schedule that is passed over, starting from the guide "
        "(default: what the checkpoint says, or 0)",
        "S" },
    { "no-sharpen", 0, 0, G_OPTION_ARG_NONE, &raw->no_sharpen,
        "Predictions do not get the guide's detail", NULL },
    { "guide-segment", 0, 0, G_OPTION_ARG_FILENAME, &options->guide_segment,
        "Checkpoint that finds masks for the guide (default: the one that the "
        "predictor names, else that of --segment)",
        "FILE" },
    { "no-curve", 0, 0, G_OPTION_ARG_NONE, &raw->no_curve,
        "Score frame 22 alone, not frames 12 to 21 as well", NULL },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &raw->precision,
        "What networks compute in: f32 or bf16 (default: f32)", "NAME" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &options->device,
        "Where networks run: auto, cpu, cuda:0 (default: auto)", "NAME" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *table =
      g_strconcat ("Rows of the table, for --only:\n", rows, NULL);

  g_option_context_set_summary (context,
      "Judges segmenter and predictor on clips with masks, beside baselines "
      "without a\nnetwork. From frames 1 to 11 of every clip the rest is "
      "predicted and compared\nwith the truth. Prints a table.");
  g_option_context_set_description (context, table);
  g_option_context_add_main_entries (context, entries, NULL);
  add_numbers (context, raw);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, "", cause->message);
  return argc <= 1 || fail (error, "unexpected argument ", argv[1]);
}

static gboolean
take_numbers (NfEvalOptions *options, const RawOptions *raw, GError **error)
{
  for (guint i = 0; i < N_NUMBERS; i++) {
    gint64 value = raw->numbers[i];

    if ((value >= numbers[i].min && value <= numbers[i].max)
        || value == numbers[i].fallback)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--%s: expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        ", got %" G_GINT64_FORMAT,
        numbers[i].name, numbers[i].min, numbers[i].max, value);
    return FALSE;
  }
  options->clips = raw->numbers[CLIPS];
  options->steps = raw->numbers[STEPS];
  options->ensemble = raw->numbers[ENSEMBLE];
  options->seed = raw->numbers[SEED];
  options->threads = raw->numbers[THREADS];
  return TRUE;
}

static const gchar *const decisions[] = {
  [NF_EVAL_DECISION_PIXEL] = "pixel",
  [NF_EVAL_DECISION_REGION] = "region",
  [NF_EVAL_DECISION_CLIP] = "clip",
};

/**
 * nf_eval_decision_name:
 * @decision: a decision
 *
 * Returns: its name on the command line
 */
const gchar *
nf_eval_decision_name (NfEvalDecision decision)
{
  return decisions[decision];
}

static gboolean
take_decision (NfEvalOptions *options, const gchar *name, GError **error)
{
  options->decision = NF_EVAL_DECISION_REGION;
  for (guint i = 0; name && i <= NF_EVAL_N_DECISIONS; i++) {
    if (i == NF_EVAL_N_DECISIONS)
      return fail (
          error, "--decision: expected pixel, region or clip, got ", name);
    if (g_str_equal (decisions[i], name)) {
      options->decision = i;
      break;
    }
  }
  return TRUE;
}

static gboolean
take_names (NfEvalOptions *options, const RawOptions *raw, GError **error)
{
  options->dtype = NF_F32;
  options->curve = !raw->no_curve;
  options->unique = !raw->no_unique;
  options->sharpen = !raw->no_sharpen;
  if (!(options->guide_start >= -1 && options->guide_start <= 1))
    return fail (error, "",
        "--guide-start: expected 0 to 1, or -1 for what the checkpoint says");
  if (!options->device)
    options->device = g_strdup ("auto");
  if (g_strcmp0 (raw->precision, "bf16") == 0)
    options->dtype = NF_BF16;
  else if (raw->precision && !g_str_equal (raw->precision, "f32"))
    return fail (
        error, "--precision: expected f32 or bf16, got ", raw->precision);
  if (raw->sampler) {
    NfSamplerMethod method;

    if (!nf_sampler_method_from_name (raw->sampler, &method, error)) {
      g_prefix_error (error, "--sampler: ");
      return FALSE;
    }
    options->sampler = (gint) method;
  }
  if (!take_decision (options, raw->decision, error))
    return FALSE;
  return options->data
      || fail (error, "",
          "which clips? Give --data FOLDER, or --data scenes:SEED:N");
}

/**
 * nf_eval_options_parse:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on; taken as it is after
 *   GLib's option parser moved its words
 * @rows: a line for each row of the table, for `--help`
 * @error: return location: %NF_ERROR_INVALID
 *
 * `--help` prints and ends the program.
 *
 * Returns: (transfer full) (nullable): what was asked for
 */
NfEvalOptions *
nf_eval_options_parse (
    gint argc, gchar **argv, const gchar *rows, GError **error)
{
  g_autoptr (NfEvalOptions) options = g_new0 (NfEvalOptions, 1);
  g_auto (RawOptions) raw = { { 0 } };

  options->guide_start = options->sampler = -1;
  if (!parse (options, &raw, argc, argv, rows, error)
      || !take_numbers (options, &raw, error)
      || !take_names (options, &raw, error))
    return NULL;
  return g_steal_pointer (&options);
}

/**
 * nf_eval_options_free:
 * @options: (transfer full) (nullable): parsed options
 */
void
nf_eval_options_free (NfEvalOptions *options)
{
  if (!options)
    return;
  g_free (options->data);
  g_free (options->splits);
  g_free (options->segment);
  g_free (options->predict);
  g_free (options->guide_segment);
  g_strfreev (options->only);
  g_free (options->out);
  g_free (options->device);
  g_free (options);
}
