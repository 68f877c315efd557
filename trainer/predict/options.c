/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train predict` */
#include "predict/options.h"
#include "clips/nfclipsource.h"

#define DEFAULT_SPLIT "hidden"
#define DEFAULT_ROW "predict"
#define MAX_NUMBER 1000000000 /* of a clip */
#define MAX_CLIPS 1000000 /* that may be expected */
/* rows that cannot be made of the context alone, or are of no use */
#define ROWS_WITHOUT (NF_EVAL_ROW_TRUTH | NF_EVAL_ROW_TRIAL)

static const gchar *const on_errors[NF_PREDICT_N_ON_ERROR] = {
  [NF_PREDICT_STOP] = "stop",
  [NF_PREDICT_SKIP] = "skip",
  [NF_PREDICT_FILL] = "fill",
};

/* Words that are looked at after parsing. */
typedef struct
{
  gchar *row, *expect, *on_error, *shard;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->row);
  g_free (words->expect);
  g_free (words->on_error);
  g_free (words->shard);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

static gboolean
fail (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s%s", what, text);
  return FALSE;
}

/* "FIRST:LAST" */
static gboolean
take_expect (NfPredictOptions *options, const gchar *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text ? text : "", ":", -1);

  if (!text)
    return TRUE;
  options->expects = TRUE;
  if (g_strv_length (parts) == 2
      && g_ascii_string_to_unsigned (
          parts[0], 10, 0, MAX_NUMBER, &options->first, NULL)
      && g_ascii_string_to_unsigned (
          parts[1], 10, options->first, MAX_NUMBER, &options->last, NULL)
      && options->last - options->first < MAX_CLIPS)
    return TRUE;
  return fail (error,
      "--expect: expected FIRST:LAST, the numbers of the first and the last of "
      "at most 1000000 clips, such as 15000:16999, got ",
      text);
}

static gboolean
take_on_error (NfPredictOptions *options, const gchar *text, GError **error)
{
  guint i = 0;

  while (text && i < NF_PREDICT_N_ON_ERROR && !g_str_equal (on_errors[i], text))
    i++;
  if (i == NF_PREDICT_N_ON_ERROR)
    return fail (error, "--on-error: expected stop, skip or fill, got ", text);
  options->on_error = i;
  return TRUE;
}

static gboolean
take_words (NfPredictOptions *options, const Words *words, GError **error)
{
  if (!options->data)
    return fail (
        error, "", "which clips? Give --data FOLDER, or --data scenes:SEED:N");
  if (!options->out)
    return fail (error, "", "where do masks go? Give --out FOLDER");
  if (!nf_clip_source_is_folder (options->data) && options->split)
    return fail (
        error, "--split is for a data set's folder; none is ", options->data);
  if (!options->split)
    options->split = g_strdup (DEFAULT_SPLIT);
  options->row = nf_eval_rows_find (
      words->row ? words->row : DEFAULT_ROW, ROWS_WITHOUT, "--row", error);
  if (!options->row)
    return FALSE;
  if (options->row->flags & NF_EVAL_ROW_ENSEMBLE
      && options->networks.ensemble == 0)
    return fail (
        error, "--row: needs --ensemble of at least 1: ", options->row->name);
  return take_expect (options, words->expect, error)
      && take_on_error (options, words->on_error, error)
      && (!words->shard
          || nf_share_parse (words->shard, &options->share, error));
}

static gboolean
parse (NfPredictOptions *options, gint argc, gchar **argv, GError **error)
{
  g_auto (Words) words = { NULL };
  g_autofree gchar *others = nf_clip_source_help ();
  g_autofree gchar *data =
      g_strconcat ("Clips: a data set's folder", others, NULL);
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_STRING, &options->data, data, "FOLDER" },
    { "split", 0, 0, G_OPTION_ARG_STRING, &options->split,
        "Folder of the data set (default: " DEFAULT_SPLIT ")", "NAME" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
        "Write masks.npy and index.csv there; what this command began there "
        "goes on",
        "FOLDER" },
    { "row", 0, 0, G_OPTION_ARG_STRING, &words.row,
        "How masks are made (default: " DEFAULT_ROW ")", "ROW" },
    { "expect", 0, 0, G_OPTION_ARG_STRING, &words.expect,
        "Numbers of the clips that there must be; no others are predicted "
        "(default: those that are there)",
        "FIRST:LAST" },
    { "on-error", 0, 0, G_OPTION_ARG_STRING, &words.on_error,
        "What becomes of clips that are missing, damaged or too short: stop "
        "with an error, skip their rows, or fill them with background "
        "(default: stop)",
        "NAME" },
    { "png", 0, 0, G_OPTION_ARG_NONE, &options->png,
        "Write pictures of the masks and of the predicted frames, too", NULL },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &words.shard,
        "Predict part I of N of the clips, into a folder of --out; the same "
        "command without it takes what the parts have done",
        "I/N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (NfEvalNetworkWords) networks = NULL;
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *rows = nf_eval_rows_help (ROWS_WITHOUT);
  g_autofree gchar *table =
      g_strconcat ("Rows, as in the table of eval, for --row:\n", rows, NULL);

  g_option_context_set_summary (context,
      "Predicts the mask of frame 22 of every clip of a split from its frames "
      "1 to 11.\nWrites all masks as one NumPy array, clips in the order of "
      "their numbers, and an\nindex that says which row is of which clip.");
  g_option_context_set_description (context, table);
  g_option_context_add_main_entries (context, entries, NULL);
  networks = nf_eval_network_options_add (context, &options->networks);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, "", cause->message);
  if (argc > 1)
    return fail (error, "unexpected argument ", argv[1]);
  return nf_eval_network_options_take (&options->networks, networks, error)
      && take_words (options, &words, error);
}

/**
 * nf_predict_options_parse:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on; taken as it is after
 *   GLib's option parser moved its words
 * @error: return location: %NF_ERROR_INVALID
 *
 * `--help` prints and ends the program.
 *
 * Returns: (transfer full) (nullable): what was asked for
 */
NfPredictOptions *
nf_predict_options_parse (gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfPredictOptions) options = g_new0 (NfPredictOptions, 1);

  return parse (options, argc, argv, error) ? g_steal_pointer (&options) : NULL;
}

/**
 * nf_predict_options_free:
 * @options: (transfer full) (nullable): parsed options
 */
void
nf_predict_options_free (NfPredictOptions *options)
{
  if (!options)
    return;
  nf_eval_network_options_clear (&options->networks);
  g_free (options->data);
  g_free (options->split);
  g_free (options->out);
  g_free (options);
}
