/* SPDX-License-Identifier: MIT
 *
 * gstnfwaiting — predictions that wait for their batch, and tags between them
 *
 * Several windows are predicted at once where the property `batch-size` says so.
 * Each of them keeps what its frames get when they are pushed: times, numbers,
 * the mark of a clip's first frame. Tags that came after it wait for it.
 * See: gstnfpredictstream.c */
#pragma once

#include "common/gstnftimestamps.h"
#include "predict/gstnfpredicthooks.h"

G_BEGIN_DECLS

/**
 * GstNfWaiting:
 * @event: (nullable): an event, in the place of all that follows
 * @window: full, with frames of its own
 * @timestamps: of its frames
 * @offset: of its newest frame
 * @clip: its number
 * @horizon: number of the last frame to predict
 * @first: whether the first predicted frame is the first one of a clip
 * @predicted: the result
 * @done: whether it is there
 */
typedef struct
{
  GstEvent *event;
  GstNfWindow window;
  GstNfTimestamps timestamps;
  guint64 offset;
  guint64 clip;
  guint horizon;
  gboolean first;
  GstNfPredictedFrames predicted;
  gboolean done;
} GstNfWaiting;

GstNfWaiting *gst_nf_waiting_new (const GstNfWindow *window);
GstNfWaiting *gst_nf_waiting_new_event (GstEvent *event);
void gst_nf_waiting_free (GstNfWaiting *waiting);
guint gst_nf_waiting_count (GQueue *queue);
void gst_nf_waiting_clear (GQueue *queue);

G_END_DECLS
