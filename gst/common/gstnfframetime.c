/* SPDX-License-Identifier: MIT
 *
 * gstnfframetime — the numbers of frames and their times */
#include "common/gstnfframetime.h"

/**
 * gst_nf_frame_time:
 * @frame: number of a frame, from 0 on
 * @fps_n: frames in @fps_d seconds, at least 1
 * @fps_d: see @fps_n
 *
 * Returns: the time at which the frame begins
 */
GstClockTime
gst_nf_frame_time (guint64 frame, gint fps_n, gint fps_d)
{
  return gst_util_uint64_scale (frame, fps_d * GST_SECOND, fps_n);
}

/**
 * gst_nf_frame_at:
 * @time: a time
 * @fps_n: frames in @fps_d seconds, at least 1
 * @fps_d: see @fps_n
 *
 * Returns: the number of the frame that is shown at @time
 */
guint64
gst_nf_frame_at (GstClockTime time, gint fps_n, gint fps_d)
{
  guint64 frame = gst_util_uint64_scale (time, fps_n, fps_d * GST_SECOND);

  /* times of frames are rounded down, so the division may fall short */
  if (gst_nf_frame_time (frame + 1, fps_n, fps_d) <= time)
    frame++;

  return frame;
}
