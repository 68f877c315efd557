/* SPDX-License-Identifier: MIT
 *
 * nfunet — what networks that predict do: frames, noisy ones and labels in */
#include <nextframe/nets/nfunet.h>

#include <math.h>

static const NfPredictHooks *
hooks (const NfUnet *net)
{
  return net->klass->predict;
}

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

NfUnetCond *
nf_unet_condition (NfUnet *net, NfTensor *cond, GError **error)
{
  return hooks (net)->condition (net, cond, error);
}

gboolean
nf_unet_cond_copy (NfUnetCond *to, NfUnetCond *from, GError **error)
{
  return to->klass->predict->cond_copy (to, from, error);
}

void
nf_unet_cond_free (NfUnetCond *cond)
{
  cond->klass->predict->cond_free (cond);
}

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

NfTensor *
nf_unet_embed (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  return hooks (net)->embed (net, labels, n, error);
}

NfTensor *
nf_unet_times (NfUnet *net, const gfloat *labels, gint64 n, GError **error)
{
  return hooks (net)->times (net, labels, n, error);
}

NfTensor *
nf_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) embedding = nf_unet_embed (net, labels, x->n, error);

  return nf_unet_forward_at (net, x, embedding, cond, forward, error);
}

NfTensor *
nf_unet_forward_at (NfUnet *net, NfTensor *x, NfTensor *embedding,
    NfUnetCond *cond, const NfForward *forward, GError **error)
{
  return hooks (net)->forward_at (net, x, embedding, cond, forward, error);
}

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
