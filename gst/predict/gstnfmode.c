/* SPDX-License-Identifier: MIT
 *
 * gstnfmode — which frames around the predicted ones are known */
#include "predict/gstnfmode.h"

#include <nextframe/core/nferror.h>

static GType
gst_nf_predict_mode_get_type (void)
{
  static gsize type = 0;
  static GEnumValue values[] = {
    { NF_MODE_PREDICT, "From the frames before: those that follow", NULL },
    { NF_MODE_INTERPOLATE,
        "From the frames before and behind: those between them", NULL },
    { NF_MODE_BACKWARD, "From the frames behind: those before them", NULL },
    { NF_MODE_GENERATE, "From none: frames of any clip", NULL },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type)) {
    for (guint i = 0; i < NF_N_MODES; i++)
      values[i].value_nick = nf_predict_mode_name ((NfPredictMode) i);
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfPredictMode", values));
  }

  return type;
}

const GstNfProperty gst_nf_mode_properties[] = {
  {
      .name = "mode",
      .nick = "Mode",
      .blurb = "Which frames around the predicted ones are known",
      .details = "A network knows the modes that it was trained for, with "
                 "masked conditioning; others are an error that says which. "
                 "See [Modes](#modes).",
      GST_NF_ENUM (gst_nf_predict_mode_get_type, NF_MODE_PREDICT),
      GST_NF_FIELD (GstNfModeSettings, mode),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

/**
 * gst_nf_mode_check:
 * @mode: of the element
 * @window: its settings
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set when they contradict one another
 */
gboolean
gst_nf_mode_check (
    NfPredictMode mode, const GstNfWindowSettings *window, GError **error)
{
  if (mode == NF_MODE_PREDICT || window->emit != GST_NF_EMIT_ALL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "emit=all with mode=%s would push frames out of their order; use "
      "emit=rollout or emit=target",
      nf_predict_mode_name (mode));

  return FALSE;
}

/* frames that the network counts, from the first known or predicted one to the last */
static guint
span_of (NfPredictMode mode, const NfUnetConfig *config)
{
  const guint past = (guint) config->num_frames_cond;
  const guint block = (guint) (config->future_gap + config->num_frames);
  const guint future = (guint) config->num_frames_future;

  switch (mode) {
    case NF_MODE_INTERPOLATE:
      return past + block + future;
    case NF_MODE_BACKWARD:
      return future;
    case NF_MODE_GENERATE:
      return 1;
    default:
      return past;
  }
}

/**
 * gst_nf_mode_describe:
 * @mode: of the element
 * @config: of the network
 * @shape: (out): the window, and where the predicted frames lie
 *
 * When interpolating the window goes from the first known frame to the last, and
 * what came of those between is not looked at. When generating the frame that
 * comes gives the time of the first one that is predicted.
 */
void
gst_nf_mode_describe (
    NfPredictMode mode, const NfUnetConfig *config, GstNfPredictShape *shape)
{
  const guint stride = (guint) config->frame_stride;

  shape->length = (span_of (mode, config) - 1) * stride + 1;
  shape->behind = 0;
  shape->last = mode == NF_MODE_PREDICT ? 0 : nf_prediction_span (config);
  if (mode == NF_MODE_INTERPOLATE || mode == NF_MODE_BACKWARD)
    shape->behind = shape->last + (guint) config->num_frames_future * stride;
  else if (mode == NF_MODE_GENERATE)
    shape->behind = ((guint) config->future_gap + 1) * stride;
}

/**
 * gst_nf_mode_pick:
 * @mode: of the element
 * @config: of the network
 * @window: full
 * @known: (out caller-allocates) (array) (transfer none): nf_prediction_known()
 *   frames of it; where the mode masks some, others stand in their places
 */
void
gst_nf_mode_pick (NfPredictMode mode, const NfUnetConfig *config,
    const GstNfWindow *window, NfTensor **known)
{
  const guint stride = (guint) config->frame_stride;
  const guint past = (guint) config->num_frames_cond;
  const guint n = nf_prediction_known (mode, config);
  const gboolean has_past =
      mode == NF_MODE_PREDICT || mode == NF_MODE_INTERPOLATE;
  const guint future =
      window->length - 1 - (n > past ? n - past - 1 : 0) * stride;
  g_autofree NfTensor **frames = g_new (NfTensor *, window->length);

  gst_nf_window_frames (window, frames);
  for (guint i = 0; i < past; i++)
    known[i] = frames[has_past ? i * stride : 0];
  for (guint i = past; i < n; i++)
    known[i] = frames[future + (i - past) * stride];
}
