/* SPDX-License-Identifier: MIT
 *
 * gstnfclipwatch — warns when a source of clips waits for what cannot come
 *
 * One thread feeds both pads. Where no queue follows them, a sink or an nfiou that
 * holds the frame of one pad may wait for that of the other, which the thread
 * cannot push: the pipeline never starts, in silence. A frame that was not taken
 * for long while the pipeline starts is said in a warning.
 * See: gstnfclipfeed.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipWatch:
 * @warned: atomic: the warning was given
 *
 * All zeros before the first frame.
 */
typedef struct
{
  gint warned;
} GstNfClipWatch;

GstClockID gst_nf_clip_watch_begin (
    GstNfClipWatch *watch, GstElement *element, GstPad *pad);
void gst_nf_clip_watch_end (GstClockID id);

G_END_DECLS
