/* SPDX-License-Identifier: MIT
 *
 * nfoptim — an optimiser's step over all parameters at once
 *
 * It computes what the ops sum_squares, adam and ema compute for one tensor.
 * The CPU runs these ops tensor by tensor, a GPU has one kernel for all
 * tensors. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfops.h>

G_BEGIN_DECLS

/**
 * NfOptimItem:
 * @value: a parameter; changes
 * @grad: (nullable): its gradient; NULL: @value is not moved
 * @m: (nullable): Adam's first moment; changes; only with @grad
 * @v: (nullable): the second one
 * @shadow: (nullable): running average of @value; changes
 *
 * All of one shape, f32, on one device.
 */
typedef struct
{
  NfTensor *value, *grad, *m, *v, *shadow;
} NfOptimItem;

/**
 * NfBackendOptim:
 * @norm: as nf_optim_norm(), for at least one tensor
 * @step: as nf_optim_step(), for at least one item; the caller has checked the
 *   shapes and counts the versions of the tensors
 */
struct _NfBackendOptim
{
  gboolean (*norm) (NfDevice *device, NfTensor *const *tensors, guint n,
      gdouble *norm, GError **error);
  gboolean (*step) (NfDevice *device, const NfOptimItem *items, guint n,
      const NfAdamParams *adam, gdouble ema_rate, GError **error);
};

/**
 * nf_optim_norm:
 * @tensors: (array length=n): f32, on one device
 * @n: how many, 0 or more
 * @norm: (out): the root of the sum of the squares of all elements; 0 for no
 *   tensors
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Waits until the device has computed it.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_optim_norm (
    NfTensor *const *tensors, guint n, gdouble *norm, GError **error);

/**
 * nf_optim_step:
 * @items: (array length=n): the parameters; no tensor occurs twice
 * @n: how many, 0 or more
 * @adam: the settings of Adam, the same for all
 * @ema_rate: the rate of the running averages, see nf_op_ema()
 * @error: return location: %NF_ERROR_SHAPE, or as the device has it
 *
 * Does a step of Adam for all items that have a gradient, then updates the
 * running averages of all items that have one. Sources: see nf_op_adam().
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_optim_step (const NfOptimItem *items, guint n,
    const NfAdamParams *adam, gdouble ema_rate, GError **error);

G_END_DECLS
