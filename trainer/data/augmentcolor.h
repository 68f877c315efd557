/* SPDX-License-Identifier: MIT
 *
 * augmentcolor — light and colors of a frame, changed in place */
#pragma once

#include "data/augmentation.h"

G_BEGIN_DECLS

/**
 * nf_augment_colors:
 * @augment: what to do: of it brightness, contrast, hue, saturation, value,
 *   gamma and local contrast
 * @rgb: (height, width, 3); changes
 * @width: columns
 * @height: rows
 */
void nf_augment_colors (
    const NfAugment *augment, guint8 *rgb, gint width, gint height);

G_END_DECLS
