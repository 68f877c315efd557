/* SPDX-License-Identifier: MIT
 *
 * synthoptions — the command line of `nextframe-train synth` */
#pragma once

#include "core/nferror.h"

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
 * @out: (nullable): the data set's folder
 * @n_clips: of each split
 * @seed: of the scenes
 * @width: of a frame, pixels
 * @height: of a frame, pixels
 * @frames: of a clip
 * @min_objects: fewest objects of a clip
 * @max_objects: most objects of a clip
 * @threads: clips that are rendered at once; 0: one a physical core
 *
 * What was asked for; every number is in its range.
 */
typedef struct
{
  gchar *out;
  gint64 n_clips[NF_SYNTH_N_SPLITS];
  gint64 seed;
  gint64 width, height;
  gint64 frames;
  gint64 min_objects, max_objects;
  gint64 threads;
} NfSynthOptions;

NfSynthOptions *nf_synth_options_parse (
    gint argc, gchar **argv, GError **error);
void nf_synth_options_free (NfSynthOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSynthOptions, nf_synth_options_free)

G_END_DECLS
