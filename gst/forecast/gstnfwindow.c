/* SPDX-License-Identifier: MIT
 *
 * gstnfwindow — the newest frames of a clip, and when to predict from them
 *
 * See: gstnfpredict.c */
#include "forecast/gstnfwindow.h"

#include "core/nferror.h"

#define DEFAULT_MODE GST_NF_WINDOW_CLIP
#define DEFAULT_STRIDE 1
#define DEFAULT_EMIT GST_NF_EMIT_TARGET
#define DEFAULT_HORIZON 11
#define MAX_HORIZON 1000

enum
{
  SETTING_MODE,
  SETTING_STRIDE,
  SETTING_EMIT,
  SETTING_HORIZON
};

GType
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

GType
gst_nf_emit_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_EMIT_TARGET, "The last frame of the horizon", "target" },
    { GST_NF_EMIT_ROLLOUT, "All predicted frames", "rollout" },
    { GST_NF_EMIT_ALL, "The context, then all predicted frames", "all" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstNfEmit", values));

  return type;
}

/**
 * gst_nf_window_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_window_settings_init (GstNfWindowSettings *settings)
{
  settings->mode = DEFAULT_MODE;
  settings->stride = DEFAULT_STRIDE;
  settings->emit = DEFAULT_EMIT;
  settings->horizon = DEFAULT_HORIZON;
}

/**
 * gst_nf_window_settings_install:
 * @klass: of an element
 * @first: the first of %GST_NF_WINDOW_N_PROPS property ids
 *
 * Installs the properties `window`, `stride`, `emit` and `horizon`.
 */
void
gst_nf_window_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * GstNfPredict:window:
   *
   * From which frames the future is predicted: once from the first frames of
   * each clip, or again and again from the newest ones.
   *
   * Default: clip. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_MODE,
      g_param_spec_enum ("window", "Window",
          "Predict once from the first frames of each clip, or again and again",
          GST_TYPE_NF_WINDOW_MODE, DEFAULT_MODE,
          flags | GST_PARAM_MUTABLE_READY));
  /**
   * GstNfPredict:stride:
   *
   * Frames from one prediction to the next with window=sliding.
   *
   * Default: 1. Range: 1 to 2147483647. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_STRIDE,
      g_param_spec_uint ("stride", "Stride",
          "Frames from one prediction to the next when sliding", 1, G_MAXINT,
          DEFAULT_STRIDE, flags | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstNfPredict:emit:
   *
   * Which frames are pushed: the last one of the horizon, all predicted ones,
   * or the context and then all predicted ones. A network with a future gap
   * draws only the frames behind it. `all` does not go with window=sliding.
   *
   * Default: target. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_EMIT,
      g_param_spec_enum ("emit", "Emit",
          "Which frames to push; all does not go with window=sliding",
          GST_TYPE_NF_EMIT, DEFAULT_EMIT, flags | GST_PARAM_MUTABLE_READY));
  /**
   * GstNfPredict:horizon:
   *
   * How many frames ahead of the newest one of the context the last predicted
   * one is. A network with a future gap reaches only some; others are an error
   * that says which.
   *
   * Default: 11. Range: 1 to 1000. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_HORIZON,
      g_param_spec_uint ("horizon", "Horizon",
          "Frames from the newest one of the context to the last predicted one",
          1, MAX_HORIZON, DEFAULT_HORIZON, flags | GST_PARAM_MUTABLE_PLAYING));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_WINDOW_MODE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_EMIT, 0);
}

/**
 * gst_nf_window_settings_set:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_window_settings_set (GstNfWindowSettings *settings, GstElement *element,
    guint index, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_MODE:
      settings->mode = g_value_get_enum (value);
      break;
    case SETTING_STRIDE:
      settings->stride = g_value_get_uint (value);
      break;
    case SETTING_EMIT:
      settings->emit = g_value_get_enum (value);
      break;
    case SETTING_HORIZON:
      settings->horizon = g_value_get_uint (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_window_settings_get:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_window_settings_get (GstNfWindowSettings *settings, GstElement *element,
    guint index, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_MODE:
      g_value_set_enum (value, settings->mode);
      break;
    case SETTING_STRIDE:
      g_value_set_uint (value, settings->stride);
      break;
    case SETTING_EMIT:
      g_value_set_enum (value, settings->emit);
      break;
    case SETTING_HORIZON:
      g_value_set_uint (value, settings->horizon);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

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
 * gst_nf_window_put:
 * @window: a window
 * @frame: (transfer full): the newest frame
 *
 * Makes room for the frame, if need be by forgetting the oldest one.
 */
void
gst_nf_window_put (GstNfWindow *window, NfTensor *frame)
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
