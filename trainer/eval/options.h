/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train eval` */
#pragma once

#include "eval/networkoptions.h"
#include "parallel/share.h"

G_BEGIN_DECLS

/**
 * NfEvalOptions:
 * @networks: which networks run, and how
 * @data: a data set's folder, or scenes
 * @splits: (nullable): names of splits with spaces between; NULL: val, or train
 *   where there is no val
 * @only: (nullable) (array zero-terminated=1): rows that are wanted
 * @out: (nullable): folder for the state and the reports
 * @share: the part of the clips that is evaluated
 * @clips: how many clips of the data are evaluated; 0: all
 * @curve: whether frames 12 to 21 are scored, too, and not frame 22 alone
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  NfEvalNetworkOptions networks;
  gchar *data, *splits;
  gchar **only;
  gchar *out;
  NfShare share;
  guint clips;
  gboolean curve;
} NfEvalOptions;

NfEvalOptions *nf_eval_options_parse (
    gint argc, gchar **argv, const gchar *rows, GError **error);
void nf_eval_options_free (NfEvalOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalOptions, nf_eval_options_free)

G_END_DECLS
