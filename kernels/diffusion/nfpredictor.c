/* SPDX-License-Identifier: MIT
 *
 * nfpredictor — frames in, future frames out, from a checkpoint */
#include "diffusion/nfpredictor.h"

#include "diffusion/nfensemble.h"
#include "io/nfcheckpoint.h"

struct _NfPredictor
{
  gatomicrefcount refs;
  NfUnet *net;
  NfSchedule *schedule;
};

/**
 * nf_predictor_load:
 * @path: a checkpoint of a diffusion U-Net
 * @device: where it runs
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_FORMAT,
 *   %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the predictor
 */
NfPredictor *
nf_predictor_load (const gchar *path, NfDevice *device, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);
  g_autoptr (NfUnet) net = NULL;
  const gchar *arch;
  NfUnetConfig config;
  NfPredictor *predictor;

  if (checkpoint == NULL)
    return NULL;
  arch = nf_checkpoint_arch (checkpoint);
  if (!g_str_equal (arch, NF_UNET_ARCH_SPADE)
      && !g_str_equal (arch, NF_UNET_ARCH_CONCAT)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: holds a network of kind %s, expected " NF_UNET_ARCH_SPADE
        " or " NF_UNET_ARCH_CONCAT "; give a checkpoint of nextframe-train "
        "diffusion",
        path, arch);
    return NULL;
  }
  if (!nf_unet_config_from_json (
          &config, nf_checkpoint_config (checkpoint), error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  net = nf_unet_new (device, &config, error);
  if (net == NULL
      || !nf_checkpoint_load_params (checkpoint, nf_unet_params (net), error))
    return NULL;
  predictor = g_new0 (NfPredictor, 1);
  g_atomic_ref_count_init (&predictor->refs);
  predictor->net = g_steal_pointer (&net);
  predictor->schedule = nf_schedule_new (&config);
  return predictor;
}

NfPredictor *
nf_predictor_ref (NfPredictor *predictor)
{
  g_atomic_ref_count_inc (&predictor->refs);
  return predictor;
}

void
nf_predictor_unref (NfPredictor *predictor)
{
  if (!g_atomic_ref_count_dec (&predictor->refs))
    return;
  nf_schedule_free (predictor->schedule);
  nf_unet_free (predictor->net);
  g_free (predictor);
}

const NfUnetConfig *
nf_predictor_config (const NfPredictor *predictor)
{
  return nf_unet_config (predictor->net);
}

/* packed frames side by side in the channels, as pixels in [-1, 1] */
static NfTensor *
stack_frames (
    const NfPredictor *predictor, const guint8 *const *frames, GError **error)
{
  const NfUnetConfig *c = nf_predictor_config (predictor);
  const NfNormalizeParams params = {
    .period = 1, .scale = { 2.0f / 255.0f }, .shift = { -1.0f }
  };
  gsize pixels = (gsize) c->height * (gsize) c->width;
  gsize depth = (gsize) c->channels, n = (gsize) c->num_frames_cond;
  g_autofree guint8 *bytes = g_malloc (pixels * n * depth);
  g_autoptr (NfTensor) u8 = NULL;

  for (gsize i = 0; i < pixels; i++)
    for (gsize t = 0; t < n; t++)
      for (gsize k = 0; k < depth; k++)
        bytes[(i * n + t) * depth + k] = frames[t][i * depth + k];
  u8 = nf_tensor_new_from_nhwc (nf_unet_params (predictor->net)->device, NF_U8,
      1, (gint64) (n * depth), c->height, c->width, bytes, error);
  return u8 != NULL ? nf_op_normalize (u8, &params, error) : NULL;
}

/* one draw of all frames, as bytes; draws[t] is NULL where none is drawn */
static gboolean
draw_once (NfPredictor *predictor, const NfRollout *rollout, NfTensor *context,
    guint8 **draws, GError **error)
{
  g_autofree NfTensor **frames = g_new0 (NfTensor *, rollout->horizon);
  gboolean ok = nf_rollout_run (
      rollout, predictor->net, predictor->schedule, context, frames, error);

  for (guint t = 0; t < rollout->horizon; t++) {
    g_autoptr (NfTensor) u8 = NULL;

    if (ok && frames[t] != NULL) {
      u8 = nf_op_quantize (frames[t], 127.5f, 127.5f, error);
      draws[t] = u8 != NULL ? g_malloc (u8->bytes) : NULL;
      ok = u8 != NULL && nf_tensor_to_nhwc (u8, draws[t], error);
    }
    nf_tensor_clear (&frames[t]);
  }
  return ok;
}

/**
 * nf_predictor_run:
 * @rollout: how to draw; its stream is the clip's number
 * @ensemble: draws to combine, at least 1
 * @mode: how to combine them
 * @context: (array): num_frames_cond packed frames (H x W x channels bytes),
 *   oldest first, of the network's size
 * @out: (array): rollout->horizon places for frames of the same size; NULL
 *   where a frame is not wanted
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID (also where a
 *   wanted frame is not one that the network draws), ...
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_predictor_run (NfPredictor *predictor, const NfRollout *rollout,
    guint ensemble, NfEnsembleMode mode, const guint8 *const *context,
    guint8 *const *out, GError **error)
{
  const NfUnetConfig *c = nf_predictor_config (predictor);
  gsize bytes = (gsize) c->height * (gsize) c->width * (gsize) c->channels;
  guint horizon = rollout->horizon;
  g_autofree guint8 **draws = g_new0 (guint8 *, horizon * ensemble);
  g_autofree const guint8 **same = g_new (const guint8 *, ensemble);
  g_autoptr (NfTensor) stacked = stack_frames (predictor, context, error);
  NfRollout one = *rollout;
  gboolean ok = stacked != NULL;

  for (guint i = 0; ok && i < ensemble; i++) {
    one.stream = rollout->stream * ensemble + i;
    ok = draw_once (predictor, &one, stacked, draws + i * horizon, error);
  }
  for (guint t = 0; ok && t < horizon; t++) {
    if (out[t] == NULL)
      continue;
    for (guint i = 0; i < ensemble; i++)
      same[i] = draws[i * horizon + t];
    ok = same[0] != NULL;
    if (ok)
      nf_ensemble_combine (mode, same, ensemble, bytes, out[t]);
    else
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "prediction: this network does not draw frame %u after its context",
          t + 1);
  }
  for (guint i = 0; i < horizon * ensemble; i++)
    g_free (draws[i]);
  return ok;
}
