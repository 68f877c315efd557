/* SPDX-License-Identifier: MIT
 *
 * options — the command line of nextframe-train's training subcommands */
#include "config/options.h"
#include "clips/nfclipsource.h"

static const gchar *const summaries[NF_N_TRAIN_KINDS] = {
  "Trains UNet++ to name the object at every pixel. Clips in val/ judge it now "
  "and\nthen, as the settings validate.* say.",
  "Trains the network that predicts future frames. Clips in val/ judge it "
  "now and\nthen, as the settings validate.* say.",
};

/* What the options are parsed into, before they become settings. */
typedef struct
{
  gchar *config;
  gchar *data;
  gchar *run;
  gchar *init;
  gchar **sets;
  gboolean resume;
  gboolean other_data;
  gboolean plan;
  gboolean print_config;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->config);
  g_free (raw->data);
  g_free (raw->run);
  g_free (raw->init);
  g_strfreev (raw->sets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

static gboolean
fail (GError **error, const gchar *message)
{
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
parse_raw (
    NfTrainKind kind, gint argc, gchar **argv, RawOptions *raw, GError **error)
{
  g_autofree gchar *others = nf_clip_source_help ();
  g_autofree gchar *data =
      g_strconcat ("The data set: the folder above train/, "
                   "val/, unlabeled/, hidden/",
          others, NULL);
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &raw->config,
        "Settings to start from (a key file)", "FILE" },
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &raw->data, data, "FOLDER" },
    { "run", 'r', 0, G_OPTION_ARG_FILENAME, &raw->run,
        "Where checkpoints and metrics go; new or empty", "FOLDER" },
    { "init", 0, 0, G_OPTION_ARG_FILENAME, &raw->init,
        "Begin with the weights of this checkpoint: all that match, or those "
        "of "
        "the encoder",
        "FILE[:encoder|:all]" },
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &raw->sets,
        "Change one setting; may be repeated", "GROUP.KEY=VALUE" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &raw->resume,
        "Continue the run from its newest checkpoint", NULL },
    { "other-data", 0, 0, G_OPTION_ARG_NONE, &raw->other_data,
        "Let a resumed run go on with other clips than it began with", NULL },
    { "plan", 0, 0, G_OPTION_ARG_NONE, &raw->plan,
        "Print what the run would take, after a few steps, and end", NULL },
    { "print-config", 0, 0, G_OPTION_ARG_NONE, &raw->print_config,
        "Print all settings with their meaning and end", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) cause = NULL;

  g_option_context_set_summary (context, summaries[kind]);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return fail (error, cause->message);
  if (argc > 1) {
    g_autofree gchar *message =
        g_strdup_printf ("unexpected argument \"%s\"", argv[1]);

    return fail (error, message);
  }
  return TRUE;
}

static gboolean
apply_options (NfTrainConfig *config, const RawOptions *raw, GError **error)
{
  for (guint i = 0; raw->sets && raw->sets[i]; i++)
    if (!nf_train_config_set (config, raw->sets[i], error))
      return FALSE;
  if (raw->data) {
    g_autofree gchar *set = g_strconcat ("data.path=", raw->data, NULL);

    if (!nf_train_config_set (config, set, error))
      return FALSE;
  }
  if (config->data.path[0] && nf_clip_source_is_folder (config->data.path)) {
    g_autofree gchar *path = g_canonicalize_filename (config->data.path, NULL);
    g_autofree gchar *set = g_strconcat ("data.path=", path, NULL);

    if (!nf_train_config_set (config, set, error))
      return FALSE;
  }
  return nf_train_config_check (config, error);
}

/* A run that is resumed has its settings in its folder. */
static NfTrainConfig *
resumed_config (NfTrainKind kind, const RawOptions *raw, GError **error)
{
  g_autoptr (NfTrainConfig) begun = nf_train_config_new (kind);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);
  g_autofree gchar *path = g_build_filename (raw->run, "config.ini", NULL);

  if (!nf_train_config_load (begun, path, error)
      || !nf_train_config_load (config, path, error)
      || (raw->config && !nf_train_config_load (config, raw->config, error))
      || !apply_options (config, raw, error)
      || !nf_train_config_check_resume (config, begun, error))
    return NULL;
  return g_steal_pointer (&config);
}

static NfTrainConfig *
new_config (NfTrainKind kind, const RawOptions *raw, GError **error)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (kind);

  if ((raw->config && !nf_train_config_load (config, raw->config, error))
      || !apply_options (config, raw, error))
    return NULL;
  return g_steal_pointer (&config);
}

/**
 * nf_train_options_parse:
 * @kind: the subcommand
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on; taken as it is after
 *   GLib's option parser moved its words
 * @error: return location
 *
 * Reads the command line and the settings that it names. `--help` prints and
 * ends the program.
 *
 * Returns: (transfer full) (nullable): what was asked for
 */
NfTrainOptions *
nf_train_options_parse (
    NfTrainKind kind, gint argc, gchar **argv, GError **error)
{
  g_auto (RawOptions) raw = { NULL };
  g_autoptr (NfTrainOptions) options = g_new0 (NfTrainOptions, 1);

  if (!parse_raw (kind, argc, argv, &raw, error))
    return NULL;
  if (!raw.run && (raw.resume || !(raw.print_config || raw.plan))) {
    fail (error, "where should the run go? Give --run FOLDER");
    return NULL;
  }
  if (raw.resume && raw.init) {
    fail (error,
        "--init begins a run and --resume continues one; give only one of "
        "them");
    return NULL;
  }
  options->config = raw.resume ? resumed_config (kind, &raw, error)
                               : new_config (kind, &raw, error);
  if (!options->config)
    return NULL;
  if (!raw.print_config && !options->config->data.path[0]) {
    fail (error,
        "where is the data set? Give --data FOLDER, the folder above "
        "train/, val/, unlabeled/ or hidden/, or --data scenes:SEED for "
        "synthetic clips");
    return NULL;
  }
  options->run = g_steal_pointer (&raw.run);
  options->init = g_steal_pointer (&raw.init);
  options->resume = raw.resume;
  options->other_data = raw.other_data;
  options->plan = raw.plan;
  options->print_config = raw.print_config;
  return g_steal_pointer (&options);
}

/**
 * nf_train_options_free:
 * @options: (transfer full) (nullable): parsed options
 */
void
nf_train_options_free (NfTrainOptions *options)
{
  if (!options)
    return;
  nf_train_config_free (options->config);
  g_free (options->run);
  g_free (options->init);
  g_free (options);
}
