/* SPDX-License-Identifier: MIT
 *
 * synth/options — the command line of `nextframe-train synth` */
#pragma once

#include "clips/nfscenes.h"
#include "parallel/share.h"

G_BEGIN_DECLS

/**
 * NfSynthSplit: the folders of a data set, in the order of their clips' numbers
 */
typedef enum
{
  NF_SYNTH_TRAIN,
  NF_SYNTH_VAL,
  NF_SYNTH_UNLABELED,
  NF_SYNTH_HIDDEN,
  NF_SYNTH_N_SPLITS
} NfSynthSplit;

/**
 * NfSynthOptions:
 * @out: (nullable): a data set's folder to write
 * @sheet: (nullable): a picture of clips to write
 * @stats: whether to print a table about clips; this, @out or @sheet
 * @real: (nullable): a data set of real clips to show beside, or count
 * @shuffle: whether the sheet hides which clips are real
 * @columns: pictures of a clip on the sheet
 * @tile: columns of such a picture, pixels; 0: those of the frame
 * @n_clips: of each split of the data set
 * @scenes: which scenes, and how many for sheet and table
 * @threads: clips that are rendered at once; 0: one a physical core
 * @share: which part of the data set's clips; it has a folder in @out
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  gchar *out;
  gchar *sheet;
  gboolean stats;
  gchar *real;
  gboolean shuffle;
  guint columns, tile;
  guint64 n_clips[NF_SYNTH_N_SPLITS];
  NfScenes scenes;
  guint threads;
  NfShare share;
} NfSynthOptions;

/* the folders' names */
extern const gchar *const nf_synth_splits[NF_SYNTH_N_SPLITS];

NfSynthOptions *nf_synth_options_parse (
    gint argc, gchar **argv, GError **error);
void nf_synth_options_free (NfSynthOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSynthOptions, nf_synth_options_free)

G_END_DECLS
