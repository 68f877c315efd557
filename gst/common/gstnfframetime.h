/* SPDX-License-Identifier: MIT
 *
 * gstnfframetime — the numbers of frames and their times
 *
 * Frame N begins at N / framerate, rounded down to whole nanoseconds. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstClockTime gst_nf_frame_time (guint64 frame, gint fps_n, gint fps_d);
guint64 gst_nf_frame_at (GstClockTime time, gint fps_n, gint fps_d);

G_END_DECLS
