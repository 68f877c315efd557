/* SPDX-License-Identifier: MIT
 *
 * options — the command line of nextframe-train's training subcommands */
#pragma once

#include "config/runconfig.h"

G_BEGIN_DECLS

/**
 * NfTrainOptions:
 * @config: the settings, checked
 * @run: the run's folder
 * @init: (nullable): weights to begin with, see nf_warm_start()
 * @resume: whether the run goes on from its newest checkpoint
 * @other_data: whether it may go on with other clips than it began with
 * @plan: whether only what the run would take is wanted
 * @print_config: whether only the settings are wanted
 */
typedef struct
{
  NfTrainConfig *config;
  gchar *run;
  gchar *init;
  gboolean resume;
  gboolean other_data;
  gboolean plan;
  gboolean print_config;
} NfTrainOptions;

NfTrainOptions *nf_train_options_parse (
    NfTrainKind kind, gint argc, gchar **argv, GError **error);
void nf_train_options_free (NfTrainOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTrainOptions, nf_train_options_free)

G_END_DECLS
