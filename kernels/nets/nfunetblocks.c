/* SPDX-License-Identifier: MIT
 *
 * nfunetblocks — the blocks of the noise predictor */
#include "nets/nfunetblocks.h"

#include <nextframe/core/ops/nftape.h>

/* ------------------------------------------------------------ construction */

static gint
groups_of (gint64 c)
{
  gint64 g = MAX (MIN (c / 4, 32), 1);

  while (c % g != 0)
    g--;
  return (gint) g;
}

static gboolean
spade_init (
    NfUnetParts *parts, NfUnetNorm *a, const gchar *path, GError **error)
{
  g_autofree gchar *shared = g_strdup_printf ("%s.mlp_shared.0", path);
  g_autofree gchar *gamma = g_strdup_printf ("%s.mlp_gamma", path);
  g_autofree gchar *beta = g_strdup_printf ("%s.mlp_beta", path);
  gint dim = parts->config.spade_dim;
  const NfConv *const maps[] = { &a->gamma, &a->beta };
  gboolean ok;

  a->spade = parts->n_spades++;
  ok = nf_conv_init (&a->shared, parts->params, shared,
           nf_unet_cond_channels (&parts->config), dim, 3, TRUE,
           NF_WEIGHT_TORCH, error)
      && nf_conv_init (&a->gamma, parts->params, gamma, dim, a->c, 3, TRUE,
          NF_WEIGHT_TORCH, error)
      && nf_conv_init (&a->beta, parts->params, beta, dim, a->c, 3, TRUE,
          NF_WEIGHT_TORCH, error);
  if (ok)
    a->maps = nf_joined_new_convs (maps, G_N_ELEMENTS (maps));
  return ok;
}

static gboolean
plain_norm_init (NfUnetParts *parts, NfTensor **weight, NfTensor **bias,
    const gchar *path, gint64 c, GError **error)
{
  *weight = nf_vector_init (
      parts->params, path, "weight", c, TRUE, NF_INIT_ONE, 0.0f, error);
  if (*weight == NULL)
    return FALSE;
  *bias = nf_vector_init (
      parts->params, path, "bias", c, TRUE, NF_INIT_ZERO, 0.0f, error);
  return *bias != NULL;
}

gboolean
nf_unet_norm_init (NfUnetParts *parts, NfUnetNorm *a, const gchar *path,
    gint64 c, gboolean has_time, GError **error)
{
  g_autofree gchar *time = g_strdup_printf ("%s.Dense_0", path);
  g_autofree gchar *norm = g_strdup_printf ("%s.Norm_0", path);

  a->c = c;
  a->has_time = has_time;
  a->has_spade = parts->config.spade;
  a->time_at = parts->n_scales;
  parts->n_scales += has_time ? 2 * c : 0;
  if (has_time
      && !nf_linear_init (&a->time, parts->params, time, 4 * parts->config.ngf,
          2 * c, NF_WEIGHT_XAVIER, error))
    return FALSE;
  if (a->has_spade)
    return spade_init (parts, a, norm, error);
  return has_time
      || plain_norm_init (parts, &a->weight, &a->bias, norm, c, error);
}

void
nf_unet_norm_clear (NfUnetNorm *a)
{
  g_clear_pointer (&a->maps, nf_joined_free);
}

gboolean
nf_unet_res_init (NfUnetParts *parts, NfUnetRes *r, const gchar *path,
    gint64 in, gint64 out, NfUnetResample resample, GError **error)
{
  g_autofree gchar *norm0 = g_strdup_printf ("%s.actnorm0", path);
  g_autofree gchar *norm1 = g_strdup_printf ("%s.actnorm1", path);
  g_autofree gchar *conv0 = g_strdup_printf ("%s.Conv_0", path);
  g_autofree gchar *conv1 = g_strdup_printf ("%s.Conv_1", path);
  g_autofree gchar *conv2 = g_strdup_printf ("%s.Conv_2", path);

  r->resample = resample;
  r->number = parts->n_blocks++;
  if (!nf_unet_norm_init (parts, &r->norm[0], norm0, in, TRUE, error)
      || !nf_conv_init (&r->conv[0], parts->params, conv0, in, out, 3, TRUE,
          NF_WEIGHT_XAVIER, error)
      || !nf_unet_norm_init (parts, &r->norm[1], norm1, out, TRUE, error)
      || !nf_conv_init (&r->conv[1], parts->params, conv1, out, out, 3, TRUE,
          NF_WEIGHT_ZERO, error))
    return FALSE;
  return (in == out && resample == NF_UNET_RESAMPLE_NONE)
      || nf_conv_init (&r->shortcut, parts->params, conv2, in, out, 1, TRUE,
          NF_WEIGHT_XAVIER, error);
}

void
nf_unet_res_clear (NfUnetRes *r)
{
  nf_unet_norm_clear (&r->norm[0]);
  nf_unet_norm_clear (&r->norm[1]);
}

gboolean
nf_unet_attention_init (NfUnetParts *parts, NfUnetAttention *a,
    const gchar *path, gint64 c, GError **error)
{
  gint head = parts->config.n_head_channels;
  g_autofree gchar *norm = g_strdup_printf ("%s.GroupNorm_0", path);

  a->c = c;
  a->heads = head == -1 || c < head ? 1 : (gint) (c / head);
  if (!plain_norm_init (parts, &a->weight, &a->bias, norm, c, error))
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    g_autofree gchar *nin = g_strdup_printf ("%s.NIN_%u", path, i);

    if (!nf_nin_init (&a->nin[i], parts->params, nin, c, c,
            i == 3 ? NF_WEIGHT_ZERO : NF_WEIGHT_XAVIER, error))
      return FALSE;
  }
  a->qkv = nf_joined_new_linears (a->nin, 3);
  return TRUE;
}

void
nf_unet_attention_clear (NfUnetAttention *a)
{
  g_clear_pointer (&a->qkv, nf_joined_free);
}

/* ------------------------------------------------------------ conditioning */

/* (transfer none) (nullable): the conditioning in a size, made at its first
 * use */
static NfTensor *
cond_of_size (NfSpadeCond *cond, gint64 h, gint64 w, GError **error)
{
  NfTensor *small;

  for (guint i = 0; i < cond->shrunk->len; i++) {
    small = g_ptr_array_index (cond->shrunk, i);
    if (small->h == h && small->w == w)
      return small;
  }
  small = h == cond->cond->h && w == cond->cond->w
      ? nf_tensor_ref (cond->cond)
      : nf_op_nearest (cond->cond, h, w, error);
  if (small != NULL)
    g_ptr_array_add (cond->shrunk, small);
  return small;
}

static gboolean
add_map (const NfUnetNorm *a, NfSpadeCond *cond, NfTensor *shared,
    NfTensor *weight, NfTensor *bias, GError **error)
{
  const NfConv2dParams params = {
    .stride = 1, .pad = a->gamma.pad, .once = TRUE
  };
  NfTensor *map = nf_op_conv2d (shared, weight, bias, &params, error);

  if (map != NULL)
    g_ptr_array_add (cond->maps, map);
  return map != NULL;
}

/* adds gamma and beta of one modulation, for frames of h x w, to cond->maps */
gboolean
nf_unet_norm_maps (
    const NfUnetNorm *a, NfSpadeCond *cond, gint64 h, gint64 w, GError **error)
{
  NfTensor *small = cond_of_size (cond, h, w, error);
  g_autoptr (NfTensor) shared =
      nf_conv_run (&a->shared, small, 1, NF_ACT_SILU, error);
  g_autoptr (NfTensor) weight = NULL;
  g_autoptr (NfTensor) bias = NULL;

  if (!cond->joined)
    return add_map (a, cond, shared, a->gamma.weight, a->gamma.bias, error)
        && add_map (a, cond, shared, a->beta.weight, a->beta.bias, error);
  return shared != NULL && nf_joined_get (a->maps, &weight, &bias, error)
      && add_map (a, cond, shared, weight, bias, error);
}

/* the same for both norms of a block, which may change the size in between */
gboolean
nf_unet_res_maps (
    const NfUnetRes *r, NfSpadeCond *cond, gint64 *h, gint64 *w, GError **error)
{
  if (!nf_unet_norm_maps (&r->norm[0], cond, *h, *w, error))
    return FALSE;
  if (r->resample == NF_UNET_RESAMPLE_UP) {
    *h *= 2;
    *w *= 2;
  } else if (r->resample == NF_UNET_RESAMPLE_DOWN) {
    *h /= 2;
    *w /= 2;
  }
  return nf_unet_norm_maps (&r->norm[1], cond, *h, *w, error);
}

/* ----------------------------------------------------------------- forward */

/* (N, 2 c): how the time modulates this norm */
static NfTensor *
norm_scales (const NfUnetNorm *a, const NfUnetTime *time, GError **error)
{
  g_autoptr (NfTensor) own = NULL;

  if (time->scales == NULL)
    return nf_linear_run (&a->time, time->hidden, error);
  own = nf_tensor_batch_slice (time->scales, a->time_at, 2 * a->c, error);
  return nf_tensor_reshape (own, 1, 2 * a->c, 1, 1, error);
}

NfTensor *
nf_unet_norm_run (const NfUnetNorm *a, NfTensor *x, NfTensor *skip,
    const NfUnetTime *time, const NfSpadeCond *cond, GError **error)
{
  NfGroupNormParams params = { .groups = groups_of (a->c),
    .eps = a->has_spade ? 1e-6f : 1e-5f,
    .act = NF_ACT_SILU };
  g_autoptr (NfTensor) scales =
      a->has_time ? norm_scales (a, time, error) : NULL;
  NfGroupNormInputs inputs = {
    .x = x, .weight = a->weight, .bias = a->bias, .time = scales, .skip = skip
  };

  if (a->has_time && scales == NULL)
    return NULL;
  if (a->has_spade && cond->joined) {
    inputs.scale = g_ptr_array_index (cond->maps, a->spade);
  } else if (a->has_spade) {
    inputs.scale = g_ptr_array_index (cond->maps, 2 * a->spade);
    inputs.shift = g_ptr_array_index (cond->maps, 2 * a->spade + 1);
  }
  return nf_op_group_norm_modulated (&inputs, &params, error);
}

static NfTensor *
drop (const NfUnetParts *parts, const NfUnetRes *r, NfTensor *x,
    const NfForward *forward, GError **error)
{
  NfDropoutParams params;

  if (forward == NULL || !forward->training || parts->config.dropout <= 0.0)
    return nf_tensor_ref (x);
  params.p = (gfloat) parts->config.dropout;
  params.key.seed = forward->seed;
  params.key.stream = 0;
  params.key.purpose = NF_RNG_DROPOUT + r->number;
  return nf_op_dropout (x, forward->first, &params, error);
}

/* h after the first norm and x, both resampled where the block does that */
static gboolean
res_input (const NfUnetRes *r, NfTensor *x, NfTensor *skip,
    const NfUnetTime *time, const NfSpadeCond *cond, NfTensor **h,
    NfTensor **side, GError **error)
{
  gboolean up = r->resample == NF_UNET_RESAMPLE_UP;
  g_autoptr (NfTensor) normed =
      nf_unet_norm_run (&r->norm[0], x, skip, time, cond, error);

  if (normed == NULL)
    return FALSE;
  if (r->resample == NF_UNET_RESAMPLE_NONE) {
    *h = g_steal_pointer (&normed);
    *side = nf_tensor_ref (x);
    return TRUE;
  }
  *h = nf_op_fir (normed, up, error);
  nf_tensor_clear (&normed);
  *side = nf_op_fir (x, up, error);
  return *h != NULL && *side != NULL;
}

/* what goes past the block; a 1x1 convolution is a matrix product */
static NfTensor *
res_shortcut (
    const NfUnetRes *r, NfTensor *side, NfTensor *skip, GError **error)
{
  static const NfLinearParams params = { FALSE };

  if (r->shortcut.weight == NULL)
    return nf_tensor_ref (side);
  return nf_op_linear_pair (
      side, skip, r->shortcut.weight, r->shortcut.bias, &params, error);
}

/**
 * nf_unet_res_run:
 * @skip: (nullable): channels behind those of @x
 *
 * Returns: (transfer full) (nullable): (past + way through) / sqrt (2)
 */
NfTensor *
nf_unet_res_run (const NfUnetParts *parts, const NfUnetRes *r, NfTensor *x,
    NfTensor *skip, const NfUnetTime *time, const NfSpadeCond *cond,
    const NfForward *forward, GError **error)
{
  const NfConv *last = &r->conv[1];
  NfConv2dParams params = { .stride = 1,
    .pad = last->pad,
    .act = NF_ACT_NONE,
    .gain = (gfloat) G_SQRT2 / 2.0f };
  g_autoptr (NfTensor) h = NULL;
  g_autoptr (NfTensor) side = NULL;
  g_autoptr (NfTensor) a = NULL;
  g_autoptr (NfTensor) b = NULL;
  g_autoptr (NfTensor) c = NULL;
  g_autoptr (NfTensor) past = NULL;

  if (!res_input (r, x, skip, time, cond, &h, &side, error))
    return NULL;
  a = nf_conv_run (&r->conv[0], h, 1, NF_ACT_NONE, error);
  nf_tensor_clear (&h);
  b = nf_unet_norm_run (&r->norm[1], a, NULL, time, cond, error);
  nf_tensor_clear (&a);
  c = drop (parts, r, b, forward, error);
  nf_tensor_clear (&b);
  past = res_shortcut (r, side, skip, error);
  nf_tensor_clear (&side);
  if (past == NULL) /* which the convolution could do without */
    return NULL;
  return nf_op_conv2d_add (c, last->weight, last->bias, past, &params, error);
}

/* attention of a normalised input (transfer full) (nullable), before the last
 * layer */
static NfTensor *
attend (const NfUnetAttention *a, NfTensor *n, GError **error)
{
  const NfAttentionParams params = { a->heads };
  g_autoptr (NfTensor) own = n;
  g_autoptr (NfTensor) q = nf_linear_run (&a->nin[0], own, error);
  g_autoptr (NfTensor) k = nf_linear_run (&a->nin[1], own, error);
  g_autoptr (NfTensor) v = nf_linear_run (&a->nin[2], own, error);

  nf_tensor_clear (&own);
  return nf_op_attention (q, k, v, &params, error);
}

/* the same by one product */
static NfTensor *
attend_joined (const NfUnetAttention *a, NfTensor *n, GError **error)
{
  const NfAttentionParams params = { a->heads };
  NfLinear layer = { .transposed = a->nin[0].transposed };
  g_autoptr (NfTensor) own = n;
  g_autoptr (NfTensor) weight = NULL;
  g_autoptr (NfTensor) bias = NULL;
  g_autoptr (NfTensor) qkv = NULL;

  if (own == NULL || !nf_joined_get (a->qkv, &weight, &bias, error))
    return NULL;
  layer.weight = weight;
  layer.bias = bias;
  qkv = nf_linear_run (&layer, own, error);
  nf_tensor_clear (&own);
  return nf_op_attention_joined (qkv, &params, error);
}

NfTensor *
nf_unet_attention_run (const NfUnetAttention *a, NfTensor *x, GError **error)
{
  static const NfAxpbyParams mean = { .alpha = (gfloat) G_SQRT2 / 2.0f,
    .beta = (gfloat) G_SQRT2 / 2.0f,
    .act = NF_ACT_NONE };
  NfGroupNormParams norm = {
    .groups = groups_of (a->c), .eps = 1e-6f, .act = NF_ACT_NONE
  };
  g_autoptr (NfTensor) n =
      nf_op_group_norm (x, a->weight, a->bias, &norm, error);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) h = NULL;

  y = nf_tape_current () == NULL
      ? attend_joined (a, g_steal_pointer (&n), error)
      : attend (a, g_steal_pointer (&n), error);
  h = nf_linear_run (&a->nin[3], y, error);
  nf_tensor_clear (&y);
  if (h == NULL) /* which the sum could do without */
    return NULL;
  return nf_op_axpby (x, h, &mean, error);
}
