/* SPDX-License-Identifier: MIT
 *
 * networkoptions — the options of the command line that say which networks run,
 * and how */
#include "eval/networkoptions.h"

#define MAX_SEED 9007199254740992 /* 2^53: what any program reads back whole */

/* The options that take a whole number. */
typedef enum
{
  STEPS,
  ENSEMBLE,
  SEED,
  THREADS,
  N_NUMBERS
} Number;

static const NfEvalNumber network_numbers[N_NUMBERS] = {
  [STEPS] = { .name = "steps",
      .short_name = 0,
      .min = 0,
      .max = NF_PREDICTION_MAX_STEPS,
      .fallback = 0,
      .help = "Denoising steps for a block of frames; 0: what the checkpoint "
              "says, or 50 (default: 0)",
      .value = "N" },
  [ENSEMBLE] = { .name = "ensemble",
      .short_name = 0,
      .min = 0,
      .max = NF_EVAL_MAX_ENSEMBLE,
      .fallback = 5,
      .help =
          "Predictions of each clip in the rows of ensembles; 0: no such rows "
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

struct _NfEvalNetworkWords
{
  gint64 numbers[N_NUMBERS];
  gchar *sampler_help; /* the parser reads it, but takes no copy */
  gchar *sampler, *precision, *decision;
  gboolean no_unique, no_sharpen;
};

/**
 * nf_eval_network_words_free:
 * @words: (transfer full) (nullable): what was parsed
 */
void
nf_eval_network_words_free (NfEvalNetworkWords *words)
{
  if (!words)
    return;
  g_free (words->sampler_help);
  g_free (words->sampler);
  g_free (words->precision);
  g_free (words->decision);
  g_free (words);
}

/**
 * nf_eval_numbers_add:
 * @context: gets options that take whole numbers
 * @numbers: (array length=n): these
 * @n: how many
 * @values: (array length=n): set to the defaults, and by the parser
 */
void
nf_eval_numbers_add (GOptionContext *context, const NfEvalNumber *numbers,
    guint n, gint64 *values)
{
  g_autofree GOptionEntry *entries = g_new0 (GOptionEntry, n + 1);

  for (guint i = 0; i < n; i++) {
    values[i] = numbers[i].fallback;
    entries[i] = (GOptionEntry){ .long_name = numbers[i].name,
      .short_name = numbers[i].short_name,
      .flags = 0,
      .arg = G_OPTION_ARG_INT64,
      .arg_data = &values[i],
      .description = numbers[i].help,
      .arg_description = numbers[i].value };
  }
  g_option_context_add_main_entries (context, entries, NULL);
}

/**
 * nf_eval_numbers_check:
 * @numbers: (array length=n): options that take whole numbers
 * @n: how many
 * @values: (array length=n): what was given
 * @error: return location: %NF_ERROR_INVALID for one that is out of its range
 */
gboolean
nf_eval_numbers_check (
    const NfEvalNumber *numbers, guint n, const gint64 *values, GError **error)
{
  for (guint i = 0; i < n; i++) {
    if ((values[i] >= numbers[i].min && values[i] <= numbers[i].max)
        || values[i] == numbers[i].fallback)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--%s: expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
        ", got %" G_GINT64_FORMAT,
        numbers[i].name, numbers[i].min, numbers[i].max, values[i]);
    return FALSE;
  }
  return TRUE;
}

static NfEvalNetworkWords *
words_new (void)
{
  NfEvalNetworkWords *words = g_new0 (NfEvalNetworkWords, 1);
  g_autofree gchar *methods = nf_sampler_method_names ();

  words->sampler_help = g_strconcat (
      methods, " (default: what the checkpoint says, or ddim)", NULL);
  return words;
}

/**
 * nf_eval_network_options_add:
 * @context: gets the options
 * @options: zeroed; set by the parser and nf_eval_network_options_take()
 *
 * Returns: (transfer full): what else the parser sets
 */
NfEvalNetworkWords *
nf_eval_network_options_add (
    GOptionContext *context, NfEvalNetworkOptions *options)
{
  NfEvalNetworkWords *words = words_new ();
  const GOptionEntry entries[] = {
    { "segment", 0, 0, G_OPTION_ARG_FILENAME, &options->segment,
        "Checkpoint of nfsegment (default: the one that ships)", "FILE" },
    { "predict", 0, 0, G_OPTION_ARG_FILENAME, &options->predict,
        "Checkpoint of nfpredict (default: the one that ships)", "FILE" },
    { "decision", 0, 0, G_OPTION_ARG_STRING, &words->decision,
        "Who decides on a class, as nfsegment's property: pixel, region or "
        "clip (default: region)",
        "NAME" },
    { "no-unique", 0, 0, G_OPTION_ARG_NONE, &words->no_unique,
        "With --decision region or clip: several objects may be of one class",
        NULL },
    { "tta", 0, 0, G_OPTION_ARG_NONE, &options->tta,
        "nfsegment averages with mirrored frames", NULL },
    { "sampler", 0, 0, G_OPTION_ARG_STRING, &words->sampler,
        words->sampler_help, "NAME" },
    { "guide-start", 0, 0, G_OPTION_ARG_DOUBLE, &options->guide_start,
        "Part of the schedule that is passed over, starting from the guide "
        "(default: what the checkpoint says, or 0)",
        "S" },
    { "no-sharpen", 0, 0, G_OPTION_ARG_NONE, &words->no_sharpen,
        "Predictions do not get the guide's detail", NULL },
    { "guide-segment", 0, 0, G_OPTION_ARG_FILENAME, &options->guide_segment,
        "Checkpoint that finds masks for the guide (default: the one that the "
        "predictor names, else that of --segment)",
        "FILE" },
    { "precision", 0, 0, G_OPTION_ARG_STRING, &words->precision,
        "What networks compute in: f32 or bf16 (default: f32)", "NAME" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &options->device,
        "Where networks run: auto, cpu, cuda:0 (default: auto)", "NAME" },
    { NULL },
  };

  options->guide_start = options->sampler = -1;
  g_option_context_add_main_entries (context, entries, NULL);
  nf_eval_numbers_add (context, network_numbers, N_NUMBERS, words->numbers);
  return words;
}

static gboolean
fail (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s%s", what, text);
  return FALSE;
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
take_decision (NfEvalNetworkOptions *options, const gchar *name, GError **error)
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

/**
 * nf_eval_network_options_take:
 * @options: with what the parser set of them; gets the rest
 * @words: what else was parsed
 * @error: return location: %NF_ERROR_INVALID
 */
gboolean
nf_eval_network_options_take (NfEvalNetworkOptions *options,
    const NfEvalNetworkWords *words, GError **error)
{
  if (!nf_eval_numbers_check (
          network_numbers, N_NUMBERS, words->numbers, error))
    return FALSE;
  options->steps = words->numbers[STEPS];
  options->ensemble = words->numbers[ENSEMBLE];
  options->seed = words->numbers[SEED];
  options->threads = words->numbers[THREADS];
  options->dtype = NF_F32;
  options->unique = !words->no_unique;
  options->sharpen = !words->no_sharpen;
  if (!(options->guide_start >= -1 && options->guide_start <= 1))
    return fail (error, "",
        "--guide-start: expected 0 to 1, or -1 for what the checkpoint says");
  if (!options->device)
    options->device = g_strdup ("auto");
  if (g_strcmp0 (words->precision, "bf16") == 0)
    options->dtype = NF_BF16;
  else if (words->precision && !g_str_equal (words->precision, "f32"))
    return fail (
        error, "--precision: expected f32 or bf16, got ", words->precision);
  if (words->sampler) {
    NfSamplerMethod method;

    if (!nf_sampler_method_from_name (words->sampler, &method, error)) {
      g_prefix_error (error, "--sampler: ");
      return FALSE;
    }
    options->sampler = (gint) method;
  }
  return take_decision (options, words->decision, error);
}

/**
 * nf_eval_network_options_set_process:
 * @options: get the device of this process
 * @parallel: (nullable): a job
 */
void
nf_eval_network_options_set_process (
    NfEvalNetworkOptions *options, const NfParallel *parallel)
{
  g_autofree gchar *before = options->device;

  options->device = nf_parallel_device (parallel, before);
}

/**
 * nf_eval_network_options_clear:
 * @options: its strings are freed
 */
void
nf_eval_network_options_clear (NfEvalNetworkOptions *options)
{
  g_clear_pointer (&options->segment, g_free);
  g_clear_pointer (&options->predict, g_free);
  g_clear_pointer (&options->guide_segment, g_free);
  g_clear_pointer (&options->device, g_free);
}
