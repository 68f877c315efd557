/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them: sized, cropped, moved,
 * coloured, blurred, noisy, compressed
 *
 * What is done to a sample is a function of the settings, the seed and the
 * sample's number. The mask follows what moves pixels, by nearest neighbour.
 * Siblings: augmentcolor.c, codec.c */
#pragma once

#include "config/runconfig.h"
#include "core/nferror.h"
#include "core/random/nfrng.h"

G_BEGIN_DECLS

/**
 * NfAugment:
 * @crop_width: columns of the sample, 0: those of the frame
 * @crop_height: rows of the sample, 0: those of the frame
 * @around: whether the crop lies around a pixel of an object
 * @place: what picks the crop's place, two numbers in [0, 1)
 * @mirror: swap left and right
 * @moves: whether the four numbers below do anything
 * @shift_x: to the right, in parts of the sample's width
 * @shift_y: downwards, in parts of the sample's height
 * @scale: 1: as it is; larger: objects grow
 * @rotate: counter-clockwise, radians
 * @brightness: added, in parts of white
 * @contrast: distance from the frame's mean is multiplied by it
 * @hue: added, in parts of a full turn
 * @saturation: added, in parts of full saturation
 * @value: added, in parts of white
 * @gamma: pixels in [0, 1] to this power; 1: none
 * @clahe: limit on the slope of the local curve; 0: none
 * @quality: of JPEG compression, 1 to 100; 0: none
 * @blur: shrink by this factor and grow again; 1 and less: no blur
 * @noise: standard deviation, in levels of 255
 * @noise_key: which noise
 *
 * What is done to one frame. All zero but for @scale, @contrast and @gamma,
 * which are 1, it leaves the frame as it is: nf_augment_init().
 */
typedef struct
{
  gint crop_width, crop_height;
  gboolean around;
  gdouble place[2];
  gboolean mirror;
  gboolean moves;
  gdouble shift_x, shift_y, scale, rotate;
  gdouble brightness, contrast;
  gdouble hue, saturation, value;
  gdouble gamma;
  gdouble clahe;
  gint quality;
  gdouble blur;
  gdouble noise;
  NfRngKey noise_key;
} NfAugment;

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

/**
 * nf_codec_distort:
 * @rgb: (height, width, 3); changes as by compressing and decoding it
 * @width: columns
 * @height: rows
 * @quality: 1 to 100
 * @error: return location: %NF_ERROR_FAILED
 *
 * JPEG with chroma at half the size (4:2:0), which is what the intra frames of
 * video codecs do to a picture: 8x8 blocks of rounded cosine coefficients.
 */
gboolean nf_codec_distort (
    guint8 *rgb, gint width, gint height, gint quality, GError **error);

G_END_DECLS
