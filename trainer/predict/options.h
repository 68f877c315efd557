/* SPDX-License-Identifier: MIT
 *
 * options — the command line of `nextframe-train predict` */
#pragma once

#include "eval/networkoptions.h"
#include "eval/rows.h"
#include "parallel/share.h"

G_BEGIN_DECLS

/**
 * NfPredictOnError: what becomes of a clip that cannot be predicted
 * @NF_PREDICT_STOP: it is an error
 * @NF_PREDICT_SKIP: it has no row
 * @NF_PREDICT_FILL: its row is background
 */
typedef enum
{
  NF_PREDICT_STOP,
  NF_PREDICT_SKIP,
  NF_PREDICT_FILL,
  NF_PREDICT_N_ON_ERROR
} NfPredictOnError;

/**
 * NfPredictOptions:
 * @networks: which networks run, and how
 * @data: a data set's folder, or scenes
 * @split: the folder of the data set
 * @row: how masks are made, a row of eval's table
 * @out: folder for the masks
 * @expects: whether @first and @last say which clips there must be
 * @first: number of the first of them
 * @last: number of the last one
 * @on_error: what becomes of clips that cannot be predicted
 * @png: whether pictures are written, too
 * @share: the part of the clips that is predicted
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  NfEvalNetworkOptions networks;
  gchar *data, *split;
  const NfEvalRow *row;
  gchar *out;
  gboolean expects;
  guint64 first, last;
  NfPredictOnError on_error;
  gboolean png;
  NfShare share;
} NfPredictOptions;

NfPredictOptions *nf_predict_options_parse (
    gint argc, gchar **argv, GError **error);
void nf_predict_options_free (NfPredictOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictOptions, nf_predict_options_free)

G_END_DECLS
