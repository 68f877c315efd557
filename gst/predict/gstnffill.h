/* SPDX-License-Identifier: MIT
 *
 * gstnffill — frames that come after a gap wait until it is filled
 *
 * With emit=gaps a stream passes. Where frames are missing, those that follow are
 * held until as many came as the prediction of the missing ones looks at; then
 * these are pushed, and those that were held.
 * See: gstnfpredictstream.c */
#pragma once

#include "predict/gstnfpredicthooks.h"

G_BEGIN_DECLS

/**
 * GstNfFill:
 * @missing: frames of the gap that is open; 0: none is
 * @left: frames that have to come until it can be filled
 * @filled: whether predicted frames were pushed in their places
 * @held: (element-type GstBuffer): came since it opened
 * @ready: (element-type GstBuffer): to be pushed
 *
 * All zeros is a stream without a gap. Belongs to the streaming thread.
 */
typedef struct
{
  guint missing, left;
  gboolean filled;
  GQueue held, ready;
} GstNfFill;

gboolean gst_nf_fill_can (const GstNfPredictShape *shape);
gboolean gst_nf_fill_take (GstNfFill *fill, const GstNfPredictShape *shape,
    guint before, guint missing, GstBuffer *buffer);
gboolean gst_nf_fill_is_full (const GstNfFill *fill);
void gst_nf_fill_close (GstNfFill *fill);
void gst_nf_fill_clear (GstNfFill *fill);

G_END_DECLS
