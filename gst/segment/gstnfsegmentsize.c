/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsize — frames beside those that a network was trained on */
#include "segment/gstnfsegmentsize.h"

#include <math.h>

/* where the Jaccard index of scenes is about a tenth lower, see
 * docs/elements.md */
#define FAR 1.3
#define MAX_SIDE 32767.0

/* columns of square pixels that are as wide as those of the frame */
static gdouble
square_columns (const GstVideoInfo *info)
{
  return (gdouble) info->width * info->par_n / MAX (info->par_d, 1);
}

gdouble
gst_nf_segment_size_ratio (
    const GstVideoInfo *info, guint trained_width, guint trained_height)
{
  return sqrt (square_columns (info) * info->height
      / ((gdouble) trained_width * trained_height));
}

gboolean
gst_nf_segment_size_is_far (gdouble ratio)
{
  return ratio > FAR || ratio < 1.0 / FAR;
}

void
gst_nf_segment_size_scale (
    const GstVideoInfo *info, gdouble ratio, guint *width, guint *height)
{
  *width = (guint) CLAMP (round (square_columns (info) / ratio), 1.0, MAX_SIDE);
  *height = (guint) CLAMP (round (info->height / ratio), 1.0, MAX_SIDE);
}
