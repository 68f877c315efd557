/* SPDX-License-Identifier: MIT
 *
 * nfparams — the named parameters of a network */
#include <nextframe/core/params/nfparams.h>

#include <nextframe/core/random/nfrng.h>
#include <nextframe/core/tensor/nftensor.h>
#include "core/tensor/nfhostroom.h"

static void
param_free (gpointer data)
{
  NfParam *param = data;

  g_free (param->name);
  nf_tensor_clear (&param->value);
  nf_tensor_clear (&param->ema);
  g_free (param);
}

NfParams *
nf_params_new (NfDevice *device)
{
  NfParams *params = g_new0 (NfParams, 1);

  g_atomic_ref_count_init (&params->refs);
  params->device = nf_device_ref (device);
  params->list = g_ptr_array_new_with_free_func (param_free);
  params->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return params;
}

NfParams *
nf_params_ref (NfParams *params)
{
  g_atomic_ref_count_inc (&params->refs);
  return params;
}

void
nf_params_unref (NfParams *params)
{
  if (!g_atomic_ref_count_dec (&params->refs))
    return;
  g_hash_table_unref (params->by_name);
  g_ptr_array_unref (params->list);
  nf_device_unref (params->device);
  g_free (params);
}

/* PyTorch dimensions to (N, C, H, W): a vector is one value a channel */
static void
dims_to_nchw (guint rank, const gint64 *dims, gint64 nchw[4])
{
  for (guint i = 0; i < 4; i++)
    nchw[i] = 1;
  if (rank == 1)
    nchw[1] = dims[0];
  else
    for (guint i = 0; i < rank; i++)
      nchw[i] = dims[i];
}

NfTensor *
nf_params_add (NfParams *params, const gchar *name, NfDType dtype, guint rank,
    const gint64 *dims, gboolean trainable, NfInit init, gfloat scale,
    GError **error)
{
  NfParam *param;
  NfTensor *value;
  gint64 s[4];

  g_return_val_if_fail (rank <= 4, NULL);
  g_return_val_if_fail (!g_hash_table_contains (params->by_name, name), NULL);
  dims_to_nchw (rank, dims, s);
  value = nf_tensor_new_lazy_zeros (
      params->device, dtype, s[0], s[1], s[2], s[3], error);
  if (value == NULL) {
    g_prefix_error (error, "parameter %s: ", name);
    return NULL;
  }
  param = g_new0 (NfParam, 1);
  param->name = g_strdup (name);
  param->rank = rank;
  for (guint i = 0; i < rank; i++)
    param->dims[i] = dims[i];
  param->value = value;
  param->trainable = trainable;
  param->init = init;
  param->scale = scale;
  g_ptr_array_add (params->list, param);
  g_hash_table_insert (params->by_name, param->name, param);
  return value;
}

NfParam *
nf_params_lookup (NfParams *params, const gchar *name)
{
  return g_hash_table_lookup (params->by_name, name);
}

NfParam *
nf_params_index (NfParams *params, guint index)
{
  g_return_val_if_fail (index < params->list->len, NULL);
  return g_ptr_array_index (params->list, index);
}

guint
nf_params_count (NfParams *params)
{
  return params->list->len;
}

guint64
nf_params_elements (NfParams *params, gboolean trainable_only)
{
  guint64 n = 0;

  for (guint i = 0; i < params->list->len; i++) {
    NfParam *param = g_ptr_array_index (params->list, i);

    if (param->trainable || !trainable_only)
      n += nf_tensor_elements (param->value);
  }
  return n;
}

/* numbers of [-scale, scale), those of nf_rng_uniform(): four of a block */
static void
fill_uniform (const NfRngKey *key, gfloat scale, gsize n, gfloat *out)
{
  guint32 bits[4] = { 0 };

  for (gsize i = 0; i < n; i++) {
    if (i % 4 == 0)
      nf_rng_block (key, (guint32) (i / 4), bits);
    out[i] = (2.0f * ((gfloat) (bits[i % 4] >> 8) * 0x1p-24f) - 1.0f) * scale;
  }
}

static gboolean
param_reset (NfParam *param, guint64 seed, GError **error)
{
  gsize n = nf_tensor_elements (param->value);
  NfRngKey key = {
    .seed = seed, .stream = nf_hash_string (param->name), .purpose = NF_RNG_INIT
  };
  g_autofree gfloat *data = NULL;

  if (param->init == NF_INIT_ZERO)
    return nf_tensor_zero (param->value, error);
  data = nf_host_room (n * sizeof *data, error);
  if (data == NULL)
    return FALSE;
  if (param->init == NF_INIT_NORMAL)
    nf_rng_normal (&key, 0, n, data);
  else if (param->init != NF_INIT_ONE)
    fill_uniform (&key, param->scale, n, data);
  for (gsize i = 0; i < n; i++) {
    if (param->init == NF_INIT_ONE)
      data[i] = 1.0f;
    else if (param->init == NF_INIT_NORMAL)
      data[i] *= param->scale;
  }
  return nf_tensor_set_nchw (param->value, data, error);
}

gboolean
nf_params_reset (NfParams *params, guint64 seed, GError **error)
{
  for (guint i = 0; i < params->list->len; i++)
    if (!param_reset (g_ptr_array_index (params->list, i), seed, error))
      return FALSE;
  return TRUE;
}

gboolean
nf_params_start_ema (NfParams *params, GError **error)
{
  for (guint i = 0; i < params->list->len; i++) {
    NfParam *param = g_ptr_array_index (params->list, i);

    if (param->value->dtype != NF_F32)
      continue;
    if (param->ema == NULL)
      param->ema = nf_tensor_new_like (param->value, error);
    if (param->ema == NULL || !nf_tensor_copy (param->ema, param->value, error))
      return FALSE;
  }
  return TRUE;
}

void
nf_params_set_trainable (NfParams *params, gboolean trainable)
{
  for (guint i = 0; i < params->list->len; i++) {
    NfParam *param = g_ptr_array_index (params->list, i);

    param->value->requires_grad = trainable && param->trainable;
    if (trainable)
      nf_tensor_own_data (param->value, TRUE, NULL);
  }
}

void
nf_params_clear_grads (NfParams *params)
{
  for (guint i = 0; i < params->list->len; i++) {
    NfParam *param = g_ptr_array_index (params->list, i);

    nf_tensor_clear (&param->value->grad);
  }
}
