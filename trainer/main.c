/* SPDX-License-Identifier: MIT
 *
 * main — nextframe-train: picks the subcommand */
#include "config.h"
#include "bench/bench.h"
#include "eval/eval.h"
#include "import/import.h"
#include "inspect.h"
#include "predict/predict.h"
#include "synth/synth.h"
#include "train/train.h"
#include "watch/plot.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#define EXIT_USAGE 2

static gboolean
run_segment (gint argc, gchar **argv, GError **error)
{
  return nf_train_main (NF_TRAIN_SEGMENT, argc, argv, error);
}

static gboolean
run_diffusion (gint argc, gchar **argv, GError **error)
{
  return nf_train_main (NF_TRAIN_DIFFUSION, argc, argv, error);
}

typedef struct
{
  const gchar *name;
  const gchar *summary;
  gboolean (*run) (gint argc, gchar **argv, GError **error);
} Command;

static const Command commands[] = {
  { "segment", "train UNet++ to name the object at every pixel", run_segment },
  { "diffusion", "train the network that predicts future frames",
      run_diffusion },
  { "synth", "make clips of moving objects, with masks", nf_synth_main },
  { "eval", "judge segmenter and predictor on clips with masks", nf_eval_main },
  { "plot", "draw the curves of runs", nf_plot_main },
  { "predict", "predict the masks of frame 22 of a whole split",
      nf_predict_main },
  { "bench", "measure speed and memory", nf_bench_main },
  { "import", "make a checkpoint of a PyTorch file", nf_import_main },
  { "inspect", "print what is in a checkpoint", nf_inspect_main },
};

static void
print_usage (FILE *stream)
{
  fprintf (stream, "Usage: nextframe-train COMMAND [OPTION...]\n\nCommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
  fprintf (
      stream, "\nnextframe-train COMMAND --help lists a command's options.\n");
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *name = NULL;
  const Command *command = NULL;

  setlocale (LC_ALL, "");
  if (argc > 1 && g_str_equal (argv[1], "--version")) {
    printf ("nextframe-train %s\n", NF_VERSION);
    return EXIT_SUCCESS;
  }
  if (argc > 1 && g_str_equal (argv[1], "--help")) {
    print_usage (stdout);
    return EXIT_SUCCESS;
  }
  for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[1], commands[i].name))
      command = &commands[i];
  if (!command) {
    if (argc > 1)
      fprintf (stderr, "nextframe-train: no command \"%s\"\n\n", argv[1]);
    print_usage (stderr);
    return EXIT_USAGE;
  }
  name = g_strdup_printf ("nextframe-train %s", command->name);
  g_set_prgname (name);
  if (command->run (argc - 1, argv + 1, &error))
    return EXIT_SUCCESS;
  if (*error->message) /* else a process of the job has said it */
    fprintf (stderr, "%s: %s\n", name, error->message);
  return EXIT_FAILURE;
}
