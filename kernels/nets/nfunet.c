/* SPDX-License-Identifier: MIT
 *
 * nfunet — what networks that predict do: frames, noisy ones and labels in */
#include "nets/nfunet.h"

#include <math.h>

static const NfPredictHooks *
hooks (const NfUnet *net)
{
  return net->klass->predict;
}

/**
 * nf_unet_new:
 * @device: where it lies
 * @config: its sizes, as nf_unet_config_from_json() checks them
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the network, its parameters zero; load
 *   a checkpoint into them or call nf_params_reset()
 */
NfUnet *
nf_unet_new (NfDevice *device, const NfUnetConfig *config, GError **error)
{
  g_autoptr (JsonObject) json = nf_unet_config_to_json (config);

  return nf_net_new (config->spade ? &nf_net_spade_unet : &nf_net_concat_unet,
      device, json, error);
}

void
nf_unet_free (NfUnet *net)
{
  nf_net_free (net);
}

NfParams *
nf_unet_params (NfUnet *net)
{
  return net->params;
}

/**
 * nf_unet_config:
 * @net: a network that predicts
 *
 * Returns: (transfer none): its frames, schedule and target; the rest is the
 *   architecture's own
 */
const NfUnetConfig *
nf_unet_config (NfUnet *net)
{
  return hooks (net)->facts (net);
}

const gchar *
nf_unet_arch (NfUnet *net)
{
  return net->klass->name;
}

/**
 * nf_unet_condition:
 * @cond: (nullable): (N, nf_unet_cond_channels(), H, W), pixels in [-1, 1]; f32,
 *   or bf16 for a network that computes in bf16; NULL where what makes it has
 *   failed
 * @error: return location
 *
 * Computes what depends on the conditioning frames alone. Recorded by a tape
 * like all else.
 *
 * Returns: (transfer full) (nullable): for nf_unet_forward()
 */
NfUnetCond *
nf_unet_condition (NfUnet *net, NfTensor *cond, GError **error)
{
  return hooks (net)->condition (net, cond, error);
}

void
nf_unet_cond_free (NfUnetCond *cond)
{
  cond->klass->predict->cond_free (cond);
}

/**
 * nf_time_embedding:
 * @device: where the result lies
 * @labels: (array length=n): times
 * @n: how many
 * @dim: length of an embedding, at least 4
 * @error: return location
 *
 * sin (t f_i), then cos (t f_i), f_i = exp (-i ln 10000 / (dim / 2 - 1)), a
 * zero behind where @dim is odd (Vaswani et al., 2017).
 *
 * Returns: (transfer full) (nullable): (N, dim, 1, 1)
 */
NfTensor *
nf_time_embedding (NfDevice *device, const gfloat *labels, gint64 n, gint64 dim,
    GError **error)
{
  g_autofree gfloat *e = g_new0 (gfloat, n * dim);
  gint64 half = dim / 2;
  gfloat rate = (gfloat) - (log (10000.0) / (gdouble) MAX (half - 1, 1));

  for (gint64 i = 0; i < n; i++) {
    for (gint64 k = 0; k < half; k++) {
      gfloat a = labels[i] * expf ((gfloat) k * rate);

      e[i * dim + k] = sinf (a);
      e[i * dim + half + k] = cosf (a);
    }
  }
  return nf_tensor_new_from_nhwc (device, NF_F32, n, dim, 1, 1, e, error);
}

/**
 * nf_unet_embed:
 * @labels: (array length=n): noise labels, see nf_unet_forward()
 * @n: batch
 * @error: return location
 *
 * Returns: (transfer full) (nullable): what nf_unet_forward_at() takes for them
 */
NfTensor *
nf_unet_embed (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  return hooks (net)->embed (net, labels, n, error);
}

/**
 * nf_unet_times:
 * @labels: (array length=n): noise labels
 * @n: how many
 * @error: return location
 *
 * All that depends on nothing but the labels, for all of them at once: weights
 * are read once. Not recorded by a tape.
 *
 * Returns: (transfer full) (nullable): (N, values): a sample of it is what
 *   nf_unet_forward_at() takes for a batch with this label
 */
NfTensor *
nf_unet_times (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  return hooks (net)->times (net, labels, n, error);
}

/**
 * nf_unet_forward:
 * @x: (N, channels * num_frames, H, W): noisy frames, f32
 * @labels: (array): N noise labels, 0 (noisiest) to num_classes - 1
 * @cond: of the same frames size; its batch is N, or 1 with spade
 * @forward: (nullable): how to run
 * @error: return location
 *
 * Returns: (transfer full) (nullable): what it was trained to tell (its target),
 *   f32, shape of @x
 */
NfTensor *
nf_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) embedding = nf_unet_embed (net, labels, x->n, error);

  return nf_unet_forward_at (net, x, embedding, cond, forward, error);
}

/**
 * nf_unet_forward_at:
 * @embedding: of the labels, from nf_unet_embed(), or a sample of what
 *   nf_unet_times() gives
 *
 * nf_unet_forward() without anything that comes from the host, so that it can
 * be captured.
 *
 * Returns: (transfer full) (nullable): what it was trained to tell (its target),
 *   f32, shape of @x
 */
NfTensor *
nf_unet_forward_at (NfUnet *net, NfTensor *x, NfTensor *embedding,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  return hooks (net)->forward_at (net, x, embedding, cond, forward, error);
}

/**
 * nf_unet_guide_frames:
 * @c: of a network that takes a guide
 * @cond: (N, nf_unet_cond_channels(), H, W)
 * @error: return location
 *
 * Returns: (transfer full) (nullable): (N, channels * num_frames, H, W): the
 *   guide frames of what the network is conditioned on
 */
NfTensor *
nf_unet_guide_frames (const NfUnetConfig *c, NfTensor *cond, GError **error)
{
  gint64 at = (gint64) c->channels * c->num_frames_cond;
  NfTensor *all = NULL;

  for (gint i = 0; i < c->num_frames; i++, at += NF_UNET_GUIDE_CHANNELS) {
    g_autoptr (NfTensor) frame = nf_op_slice (cond, at, c->channels, error);
    g_autoptr (NfTensor) before = all;
    NfTensor *both[2] = { before, frame };

    if (frame == NULL)
      return NULL;
    all = before != NULL ? nf_op_concat (both, 2, error)
                         : g_steal_pointer (&frame);
    if (all == NULL)
      return NULL;
  }
  return all;
}
