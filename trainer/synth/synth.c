/* SPDX-License-Identifier: MIT
 *
 * synth — the subcommand that makes synthetic clips */
#include "synth/synth.h"
#include "synth/options.h"
#include "synth/scenefolder.h"
#include "synth/sheet.h"
#include "synth/stats.h"
#include "train/report.h"

static gboolean
print_stats (const NfSynthOptions *options, GError **error)
{
  g_autofree gchar *table = nf_synth_stats_table (options, stderr, error);

  if (table)
    g_print ("%s", table);
  return table != NULL;
}

/**
 * nf_synth_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Does what the command line says. Being interrupted is no error.
 */
gboolean
nf_synth_main (gint argc, gchar **argv, GError **error)
{
  g_autoptr (NfSynthOptions) options =
      nf_synth_options_parse (argc, argv, error);
  g_autoptr (NfParallel) parallel = NULL;

  if (!options)
    return FALSE;
  if (options->sheet)
    return nf_sheet_write (options, error);
  if (options->stats)
    return print_stats (options, error);
  if (!nf_parallel_join (&parallel, error))
    return FALSE;
  nf_interrupt_install ();
  return nf_parallel_end (parallel,
      nf_scene_folder_write (
          options, parallel, nf_parallel_log (parallel), error),
      error);
}
