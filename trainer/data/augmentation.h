/* SPDX-License-Identifier: MIT
 *
 * augmentation — what is done to one frame and its mask
 *
 * See: augment.h, which says what, and does it */
#pragma once

#include <nextframe/core/random/nfrng.h>

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

G_END_DECLS
