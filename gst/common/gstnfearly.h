/* SPDX-License-Identifier: MIT
 *
 * gstnfearly — events that come before an element's own segment and must follow
 * it
 *
 * A decoder or encoder knows its segment later than the one that comes in: once
 * it has read a header, or its first frame. Tags and the like wait for it.
 * See: gstnfnpydec.c, gstnfnpyenc.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

gboolean gst_nf_early_hold (GQueue *early, GstEvent *event);
void gst_nf_early_push (GQueue *early, GstPad *srcpad);
void gst_nf_early_clear (GQueue *early);

G_END_DECLS
