/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train eval` */
#include "eval/options.h"
#include "clips/nfclipsource.h"

#define MAX_CLIPS 1000000

static const NfEvalNumber clips_number = { .name = "clips",
  .short_name = 'n',
  .min = 1,
  .max = MAX_CLIPS,
  .fallback = 0,
  .help = "Only the first N clips (default: all)",
  .value = "N" };

static gboolean
fail (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s%s", what, text);
  return FALSE;
}

static gboolean
parse (NfEvalOptions *options, gint argc, gchar **argv, const gchar *rows,
    GError **error)
{
  gboolean no_curve = FALSE;
  g_autofree gchar *shard = NULL;
  g_autofree gchar *others = nf_clip_source_help ();
  g_autofree gchar *data =
      g_strconcat ("Clips with masks: a data set's folder", others, NULL);
  gint64 clips;
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_STRING, &options->data, data, "FOLDER" },
    { "splits", 0, 0, G_OPTION_ARG_STRING, &options->splits,
        "Folders of the data set (default: val, or train where there is no "
        "val)",
        "NAMES" },
    { "only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->only,
        "Only this row of the table; may be repeated", "ROW" },
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &options->out,
        "Write report.json and report.html there; what this command began "
        "there goes on",
        "FOLDER" },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &shard,
        "Evaluate part I of N of the clips, into a folder of --out; the same "
        "command without it takes what the parts have done",
        "I/N" },
    { "no-curve", 0, 0, G_OPTION_ARG_NONE, &no_curve,
        "Score frame 22 alone, not frames 12 to 21 as well", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (NfEvalNetworkWords) words = NULL;
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *table =
      g_strconcat ("Rows of the table, for --only:\n", rows, NULL);

  g_option_context_set_summary (context,
      "Judges segmenter and predictor on clips with masks, beside baselines "
      "without a\nnetwork. From frames 1 to 11 of every clip the rest is "
      "predicted and compared\nwith the truth. Prints a table.");
  g_option_context_set_description (context, table);
  g_option_context_add_main_entries (context, entries, NULL);
  words = nf_eval_network_options_add (context, &options->networks);
  nf_eval_numbers_add (context, &clips_number, 1, &clips);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, "", cause->message);
  if (argc > 1)
    return fail (error, "unexpected argument ", argv[1]);
  if (!nf_eval_numbers_check (&clips_number, 1, &clips, error)
      || !nf_eval_network_options_take (&options->networks, words, error))
    return FALSE;
  options->clips = clips;
  options->curve = !no_curve;
  if (shard && !nf_share_parse (shard, &options->share, error))
    return FALSE;
  if (nf_share_is_part (&options->share) && !options->out)
    return fail (error, "", "--shard: give --out FOLDER, the same for all");
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

  return parse (options, argc, argv, rows, error) ? g_steal_pointer (&options)
                                                  : NULL;
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
  nf_eval_network_options_clear (&options->networks);
  g_free (options->data);
  g_free (options->splits);
  g_strfreev (options->only);
  g_free (options->out);
  g_free (options);
}
