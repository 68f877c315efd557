/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them: sized, mirrored, blurred */
#pragma once

#include "core/nferror.h"
#include "core/random/nfrng.h"

G_BEGIN_DECLS

/**
 * NfAugment:
 * @mirror: swap left and right
 * @blur: shrink by this factor and grow again; 1 and less: no blur
 * @noise: standard deviation of the noise on the shrunk frame, in levels of 255
 * @noise_key: which noise
 *
 * What is done to one frame.
 */
typedef struct
{
  gboolean mirror;
  gdouble blur;
  gdouble noise;
  NfRngKey noise_key;
} NfAugment;

void nf_augment_draw (NfAugment *augment, guint64 seed, guint64 sample,
    gboolean mirror, gdouble blur_share, gdouble noise_most);
gboolean nf_augment_frame (const NfAugment *augment, const guint8 *src,
    gint src_width, gint src_height, guint8 *dst, gint width, gint height,
    GError **error);
void nf_augment_mask (const NfAugment *augment, const guint8 *src,
    gint src_width, gint src_height, guint8 *dst, gint width, gint height);

G_END_DECLS
