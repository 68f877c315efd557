/* SPDX-License-Identifier: MIT
 *
 * scenefolder — writes a data set of synthetic clips
 *
 * train/video_0, ..., val/, unlabeled/ and hidden/ with the numbers that
 * follow. Clip video_N is scene N of the seed whichever split it is in. Threads
 * take clips one by one. See: docs/trainer.md */
#pragma once

#include "parallel/parallel.h"
#include "synth/options.h"

#include <stdio.h>

G_BEGIN_DECLS

gboolean nf_scene_folder_write (const NfSynthOptions *options,
    NfParallel *parallel, FILE *log, GError **error);

G_END_DECLS
