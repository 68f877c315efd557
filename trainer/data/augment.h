/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them: sized, cropped, moved,
 * coloured, blurred, noisy, compressed
 *
 * What is done to a sample is a function of the settings, the seed and the
 * sample's number. The mask follows what moves pixels, by nearest neighbour.
 * Siblings: augmentation.h (what is done to it), augmentcolor.h, codec.h */
#pragma once

#include "config/fields.h"
#include <nextframe/core/nferror.h>
#include "data/augmentation.h"

G_BEGIN_DECLS

/**
 * nf_augment_init:
 * @augment: (out): leaves a frame as it is, but for its size
 */
void nf_augment_init (NfAugment *augment);

/**
 * nf_augment_draw:
 * @augment: (out): what to do to the sample
 * @config: shares and ranges, and the size of crops
 * @seed: of the run
 * @sample: number of the training sample
 */
void nf_augment_draw (NfAugment *augment, const NfTrainConfig *config,
    guint64 seed, guint64 sample);

/**
 * nf_augment_apply:
 * @augment: what to do
 * @rgb: (src_height, src_width, 3)
 * @mask: (src_height, src_width), classes
 * @src_width: columns
 * @src_height: rows
 * @width: columns of the frame that the network sees
 * @height: rows of it
 * @rgb_out: (out caller-allocates): the sample: of the crop's size, or of
 *   @width and @height, 3 bytes a pixel
 * @mask_out: (out caller-allocates): its classes
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_FAILED
 */
gboolean nf_augment_apply (const NfAugment *augment, const guint8 *rgb,
    const guint8 *mask, gint src_width, gint src_height, gint width,
    gint height, guint8 *rgb_out, guint8 *mask_out, GError **error);

G_END_DECLS
