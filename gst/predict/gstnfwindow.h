/* SPDX-License-Identifier: MIT
 *
 * gstnfwindow — the newest frames of a clip, and when to predict from them
 *
 * Frames are tensors of one size, see gstnfframes.h. In the mode `clip` a
 * prediction is due once, when the window has filled, and the rest of the clip is
 * passed over; in `sliding` it is due whenever the window is full and `stride`
 * frames came since the last time.
 * See: gstnfpredict.c */
#pragma once

#include "common/gstnfproperties.h"

#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

/**
 * GstNfWindowMode:
 * @GST_NF_WINDOW_CLIP: the first frames of each clip
 * @GST_NF_WINDOW_SLIDING: the newest frames, again and again
 *
 * From which frames the future is predicted.
 */
typedef enum
{
  GST_NF_WINDOW_CLIP,
  GST_NF_WINDOW_SLIDING,
} GstNfWindowMode;

/**
 * GstNfEmit:
 * @GST_NF_EMIT_TARGET: the last frame of the horizon
 * @GST_NF_EMIT_ROLLOUT: all predicted frames
 * @GST_NF_EMIT_ALL: the frames of the context, then all predicted ones
 * @GST_NF_EMIT_GAPS: the frames that come, and predicted ones in the place of
 *   those that are missing
 *
 * Which frames are pushed.
 */
typedef enum
{
  GST_NF_EMIT_TARGET,
  GST_NF_EMIT_ROLLOUT,
  GST_NF_EMIT_ALL,
  GST_NF_EMIT_GAPS,
} GstNfEmit;

/**
 * GstNfWindowSettings:
 * @mode: the property `window`
 * @stride: the property `stride`
 * @emit: the property `emit`
 * @horizon: the property `horizon`
 * @max_gap: the property `max-gap`
 *
 * The properties that all predicting elements have. Guarded by the element's
 * object lock.
 */
typedef struct
{
  GstNfWindowMode mode;
  guint stride;
  GstNfEmit emit;
  guint horizon;
  guint max_gap;
} GstNfWindowSettings;

/** gst_nf_window_properties: the table of #GstNfWindowSettings */
extern const GstNfProperty gst_nf_window_properties[];

gboolean gst_nf_window_settings_check (
    const GstNfWindowSettings *settings, GError **error);

/**
 * GstNfWindow:
 * @length: frames that fill it
 * @count: frames that it holds
 *
 * Belongs to the streaming thread.
 */
typedef struct
{
  guint length;
  guint count;

  /*< private >*/
  NfTensor **frames; /* length places, a ring */
  guint oldest;
  guint since; /* frames since a prediction was due */
  gboolean predicted; /* one was due in this clip */
} GstNfWindow;

void gst_nf_window_init (GstNfWindow *window, guint length);
void gst_nf_window_clear (GstNfWindow *window);

guint gst_nf_window_restart (GstNfWindow *window);
gboolean gst_nf_window_wants (const GstNfWindow *window, GstNfWindowMode mode);
void gst_nf_window_push (GstNfWindow *window, NfTensor *frame);
void gst_nf_window_put_missing (
    GstNfWindow *window, NfTensor *frame, guint missing);
gboolean gst_nf_window_is_due (
    GstNfWindow *window, const GstNfWindowSettings *settings);

void gst_nf_window_frames (const GstNfWindow *window, NfTensor **frames);

G_END_DECLS
