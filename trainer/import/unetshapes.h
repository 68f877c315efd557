/* SPDX-License-Identifier: MIT
 *
 * unetshapes — how a noise predictor is built, found from its weights' shapes
 *
 * The modules of unet.all_modules stand in the order in which the network runs
 * (nfspadeunet.c): residual blocks, some with attention behind them, down to the
 * smallest level and up again.
 * Sibling: netconfig.h */
#pragma once

#include "import/weights.h"
#include <nextframe/nets/nfunetconfig.h>

G_BEGIN_DECLS

/**
 * NfUnetShapes:
 * @ngf: channels at the first level
 * @in: channels of the first convolution's input
 * @out: channels of the last convolution's output: those of all frames that are
 *   predicted at once
 * @cond: channels of what the network is conditioned on
 * @spade: whether that is by modulation; else it is part of @in
 * @spade_dim: channels inside each modulation; 0 without @spade
 * @n_levels: levels; 0 where the shapes leave more than one answer
 * @ch_mult: channels of each level, as multiples of @ngf
 * @attends: whether the level has attention
 * @num_res_blocks: residual blocks a level
 */
typedef struct
{
  gint64 ngf, in, out, cond;
  gboolean spade;
  gint64 spade_dim;
  guint n_levels;
  gint ch_mult[NF_UNET_MAX_LEVELS];
  gboolean attends[NF_UNET_MAX_LEVELS];
  gint num_res_blocks;
} NfUnetShapes;

/**
 * nf_unet_shapes_read:
 * @shapes: (out): what they show
 * @weights: of a noise predictor
 * @error: return location: %NF_ERROR_INVALID where they are of no such network
 *
 * Returns: FALSE with @error set
 */
gboolean nf_unet_shapes_read (
    NfUnetShapes *shapes, const NfWeights *weights, GError **error);

G_END_DECLS
