/* SPDX-License-Identifier: MIT
 *
 * gstnfwindow — the newest frames of a clip, and when to predict from them
 *
 * See: gstnfpredict.c */
#include "predict/gstnfwindow.h"

#include <nextframe/core/nferror.h>

#define MAX_HORIZON 1000

static GType
gst_nf_window_mode_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_WINDOW_CLIP, "The first frames of each clip", "clip" },
    { GST_NF_WINDOW_SLIDING, "The newest frames, again and again", "sliding" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfWindowMode", values));

  return type;
}

static GType
gst_nf_emit_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_EMIT_TARGET, "The last frame of the horizon", "target" },
    { GST_NF_EMIT_ROLLOUT, "All predicted frames", "rollout" },
    { GST_NF_EMIT_ALL, "The context, then all predicted frames", "all" },
    { GST_NF_EMIT_GAPS,
        "The frames that come, and predicted ones where some are missing",
        "gaps" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstNfEmit", values));

  return type;
}

const GstNfProperty gst_nf_window_properties[] = {
  {
      .name = "window",
      .nick = "Window",
      .blurb =
          "Predict once from the first frames of each clip, or again and again",
      .details = "With `clip` the rest of the clip is passed over.",
      GST_NF_ENUM (gst_nf_window_mode_get_type, GST_NF_WINDOW_CLIP),
      GST_NF_FIELD (GstNfWindowSettings, mode),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "stride",
      .nick = "Stride",
      .blurb = "Frames from one prediction to the next when sliding",
      GST_NF_UINT (1, G_MAXINT, 1),
      GST_NF_FIELD (GstNfWindowSettings, stride),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "emit",
      .nick = "Emit",
      .blurb = "Which frames to push; all does not go with window=sliding, "
               "gaps goes with mode=interpolate window=sliding alone",
      GST_NF_ENUM (gst_nf_emit_get_type, GST_NF_EMIT_TARGET),
      GST_NF_FIELD (GstNfWindowSettings, emit),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "horizon",
      .nick = "Horizon",
      .blurb =
          "Frames from the newest one of the context to the last predicted one",
      .details = "A network with a future gap (nfpredict) reaches only some. "
                 "Others are an error at the start; while the element runs "
                 "they are refused with a warning that says which, and the "
                 "value from before stays.",
      GST_NF_UINT (1, MAX_HORIZON, 11),
      GST_NF_FIELD (GstNfWindowSettings, horizon),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "max-gap",
      .nick = "Largest gap",
      .blurb = "Frames that may be missing in a row within a clip",
      .details =
          "Frames are missing where timestamps say so; in the window the "
          "nearest of those that came stand for them. A longer gap, or "
          "a step back, ends the clip.",
      GST_NF_UINT (0, MAX_HORIZON, 10),
      GST_NF_FIELD (GstNfWindowSettings, max_gap),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  GST_NF_PROPERTIES_END,
};

/**
 * gst_nf_window_settings_check:
 * @settings: a copy
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set when the settings contradict one another
 */
gboolean
gst_nf_window_settings_check (
    const GstNfWindowSettings *settings, GError **error)
{
  if (settings->emit == GST_NF_EMIT_GAPS
      && settings->mode == GST_NF_WINDOW_CLIP) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "emit=gaps needs window=sliding, which looks at the whole stream");
    return FALSE;
  }
  if (settings->mode == GST_NF_WINDOW_CLIP || settings->emit != GST_NF_EMIT_ALL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "emit=all with window=sliding would push frames of the past after those "
      "of the future; use emit=rollout or emit=target, or window=clip");

  return FALSE;
}

/**
 * gst_nf_window_init:
 * @window: (out): an empty window
 * @length: frames that fill it, at least 1
 */
void
gst_nf_window_init (GstNfWindow *window, guint length)
{
  window->length = length;
  window->frames = g_new0 (NfTensor *, length);
  gst_nf_window_restart (window);
}

/**
 * gst_nf_window_clear:
 * @window: to be freed; may be all zeros
 */
void
gst_nf_window_clear (GstNfWindow *window)
{
  gst_nf_window_restart (window);
  g_clear_pointer (&window->frames, g_free);
  window->length = 0;
}

/**
 * gst_nf_window_restart:
 * @window: a window
 *
 * A clip begins: forgets all frames.
 *
 * Returns: how many frames are lost because they did not fill the window; 0
 *   where a prediction was due already
 */
guint
gst_nf_window_restart (GstNfWindow *window)
{
  guint lost = window->predicted ? 0 : window->count;

  for (guint i = 0; i < window->length; i++)
    nf_tensor_clear (&window->frames[i]);
  window->count = window->oldest = window->since = 0;
  window->predicted = FALSE;

  return lost;
}

/**
 * gst_nf_window_wants:
 * @window: a window
 * @mode: how it is used
 *
 * Returns: FALSE when the next frame of the clip is of no use
 */
gboolean
gst_nf_window_wants (const GstNfWindow *window, GstNfWindowMode mode)
{
  return mode == GST_NF_WINDOW_SLIDING || !window->predicted;
}

/**
 * gst_nf_window_push:
 * @window: a window
 * @frame: (transfer full): the newest frame
 *
 * Makes room for the frame, if need be by forgetting the oldest one.
 */
void
gst_nf_window_push (GstNfWindow *window, NfTensor *frame)
{
  guint place = (window->oldest + window->count) % window->length;

  if (window->count < window->length)
    window->count++;
  else
    window->oldest = (window->oldest + 1) % window->length;
  window->since++;
  nf_tensor_clear (&window->frames[place]);
  window->frames[place] = frame;
}

/**
 * gst_nf_window_put_missing:
 * @window: a window
 * @frame: (transfer none): the frame that comes after those that are missing
 * @missing: how many that are
 *
 * Puts the nearest frame in the place of each: the newest one of the window, or
 * @frame.
 */
void
gst_nf_window_put_missing (GstNfWindow *window, NfTensor *frame, guint missing)
{
  for (guint i = 0; i < missing && window->count > 0; i++) {
    const guint newest = (window->oldest + window->count - 1) % window->length;
    NfTensor *before = window->frames[newest];

    gst_nf_window_push (
        window, nf_tensor_ref (i < missing / 2 ? before : frame));
  }
}

/**
 * gst_nf_window_is_due:
 * @window: a window that a frame was just put into
 * @settings: how it is used
 *
 * Returns: whether to predict now; TRUE once for each time
 */
gboolean
gst_nf_window_is_due (GstNfWindow *window, const GstNfWindowSettings *settings)
{
  gboolean again = settings->mode == GST_NF_WINDOW_SLIDING
      && window->since >= settings->stride;
  gboolean due =
      window->count == window->length && (!window->predicted || again);

  if (due) {
    window->predicted = TRUE;
    window->since = 0;
  }

  return due;
}

/**
 * gst_nf_window_frames:
 * @window: a full window
 * @frames: (out caller-allocates) (array) (transfer none): its frames, oldest
 *   first
 */
void
gst_nf_window_frames (const GstNfWindow *window, NfTensor **frames)
{
  for (guint i = 0; i < window->length; i++)
    frames[i] = window->frames[(window->oldest + i) % window->length];
}
