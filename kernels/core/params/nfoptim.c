/* SPDX-License-Identifier: MIT
 *
 * nfoptim — an optimiser's step over all parameters at once */
#include <nextframe/core/params/nfoptim.h>

#include "core/ops/nfshapes.h"
#include <nextframe/core/tensor/nftensor.h>

#include <math.h>

/* checks the inputs by the shape rule of the op that does the same for one
 * tensor, and makes sure that they have data */
static gboolean
fits (NfOp op, NfTensor *const *in, guint n, gconstpointer params,
    const NfDevice *device, GError **error)
{
  NfOpCall call = { .op = op, .n_in = n, .params = params };
  NfShape shape;
  guint changes;

  for (guint i = 0; i < n; i++) {
    call.in[i] = in[i];
    if (in[i] != NULL && in[i]->device == device)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: input %u is missing or on another device than the first tensor",
        nf_op_name (op), i);
    return FALSE;
  }
  if (!nf_shape_of (&call, &shape, error))
    return FALSE;
  changes = nf_op_changes (&call);
  for (guint i = 0; i < n; i++)
    if (in[i]->source != NULL
        && !(changes & 1u << i ? nf_tensor_own_data (in[i], TRUE, error)
                               : nf_tensor_need_data (in[i], error)))
      return FALSE;
  return TRUE;
}

static gboolean
norm_by_ops (NfTensor *const *tensors, guint n, gdouble *norm, GError **error)
{
  gdouble sum = 0;

  for (guint i = 0; i < n; i++) {
    g_autoptr (NfTensor) squares = nf_op_sum_squares (tensors[i], error);
    GError *cause = NULL;

    if (squares == NULL)
      return FALSE;
    sum += nf_tensor_scalar (squares, &cause);
    if (cause != NULL) {
      g_propagate_error (error, cause);
      return FALSE;
    }
  }
  *norm = sqrt (sum);
  return TRUE;
}

gboolean
nf_optim_norm (NfTensor *const *tensors, guint n, gdouble *norm, GError **error)
{
  static const NfNoParams none = { 0 };
  NfDevice *device = n > 0 ? tensors[0]->device : NULL;

  if (n == 0 || device->backend->optim == NULL)
    return norm_by_ops (tensors, n, norm, error);
  for (guint i = 0; i < n; i++)
    if (!fits (NF_OP_SUM_SQUARES, &tensors[i], 1, &none, device, error))
      return FALSE;
  return device->backend->optim->norm (device, tensors, n, norm, error);
}

static gboolean
step_by_ops (const NfOptimItem *items, guint n, const NfAdamParams *adam,
    gdouble ema_rate, GError **error)
{
  for (guint i = 0; i < n; i++) {
    const NfOptimItem *item = &items[i];

    if (item->grad != NULL
        && !nf_op_adam (item->value, item->grad, item->m, item->v, adam, error))
      return FALSE;
    if (item->shadow != NULL
        && !nf_op_ema (item->shadow, item->value, ema_rate, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
item_fits (const NfOptimItem *item, const NfAdamParams *adam, gdouble ema_rate,
    const NfDevice *device, GError **error)
{
  const NfEmaParams ema = { ema_rate };
  NfTensor *const moved[] = { item->value, item->grad, item->m, item->v };
  NfTensor *const averaged[] = { item->shadow, item->value };

  return (item->grad == NULL
             || fits (
                 NF_OP_ADAM, moved, G_N_ELEMENTS (moved), adam, device, error))
      && (item->shadow == NULL
          || fits (NF_OP_EMA, averaged, G_N_ELEMENTS (averaged), &ema, device,
              error));
}

static void
item_changed (const NfOptimItem *item)
{
  if (item->grad != NULL) {
    nf_tensor_changed (item->value);
    nf_tensor_changed (item->m);
    nf_tensor_changed (item->v);
  }
  if (item->shadow != NULL)
    nf_tensor_changed (item->shadow);
}

gboolean
nf_optim_step (const NfOptimItem *items, guint n, const NfAdamParams *adam,
    gdouble ema_rate, GError **error)
{
  NfDevice *device = n > 0 ? items[0].value->device : NULL;

  if (n == 0 || device->backend->optim == NULL)
    return step_by_ops (items, n, adam, ema_rate, error);
  for (guint i = 0; i < n; i++)
    if (!item_fits (&items[i], adam, ema_rate, device, error))
      return FALSE;
  if (!device->backend->optim->step (device, items, n, adam, ema_rate, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    item_changed (&items[i]);
  return TRUE;
}
