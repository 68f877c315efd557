/* SPDX-License-Identifier: MIT
 *
 * nfparams — the named parameters of a network
 *
 * An ordered list, in the order PyTorch's state_dict has, with PyTorch's names
 * and shapes. Tensors lie channels-last in memory; nf_tensor_to_nchw() and
 * nf_tensor_set_nchw() convert from and to PyTorch's element order. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

/**
 * NfInit:
 * @NF_INIT_ZERO: zeros
 * @NF_INIT_ONE: ones
 * @NF_INIT_UNIFORM: uniform in [-scale, scale)
 * @NF_INIT_NORMAL: normal with standard deviation scale
 */
typedef enum
{
  NF_INIT_ZERO,
  NF_INIT_ONE,
  NF_INIT_UNIFORM,
  NF_INIT_NORMAL,
} NfInit;

/**
 * NfParam:
 * @name: dotted path, as in PyTorch
 * @rank: number of dimensions in PyTorch, 0 to 4
 * @dims: the dimensions, in PyTorch's order
 * @value: the tensor: f32, or i64 for counters
 * @ema: (nullable): running average of @value, where one is kept
 * @trainable: FALSE for running statistics
 * @init: its start value
 * @scale: see #NfInit
 */
typedef struct
{
  gchar *name;
  guint rank;
  gint64 dims[4];
  NfTensor *value;
  NfTensor *ema;
  gboolean trainable;
  NfInit init;
  gfloat scale;
} NfParam;

/**
 * NfParams:
 * @device: where the tensors lie
 * @list: (element-type NfParam): in order
 *
 * Reference-counted.
 */
typedef struct
{
  gatomicrefcount refs;
  NfDevice *device;
  GPtrArray *list;
  GHashTable *by_name;
} NfParams;

/**
 * nf_params_new:
 * @device: where the tensors will lie; a reference is taken
 *
 * Returns: (transfer full): an empty list
 */
NF_API NfParams *nf_params_new (NfDevice *device);

/**
 * nf_params_ref:
 * @params: the list
 *
 * Returns: (transfer full): @params
 */
NF_API NfParams *nf_params_ref (NfParams *params);

/**
 * nf_params_unref:
 * @params: (transfer full): the list; the last reference frees it with its
 *   tensors
 */
NF_API void nf_params_unref (NfParams *params);

/**
 * nf_params_add:
 * @params: the list
 * @name: a name that is not in it yet
 * @dtype: %NF_F32, or %NF_I64 for counters
 * @rank: number of dimensions, 0 to 4
 * @dims: (array length=rank): PyTorch's dimensions
 * @trainable: whether an optimiser may change it
 * @init: start value, see nf_params_reset()
 * @scale: see #NfInit
 * @error: return location: %NF_ERROR_SHAPE
 *
 * Returns: (transfer none) (nullable): the new tensor: zeros that take no
 *   memory yet
 */
NF_API NfTensor *nf_params_add (NfParams *params, const gchar *name,
    NfDType dtype, guint rank, const gint64 *dims, gboolean trainable,
    NfInit init, gfloat scale, GError **error);

/**
 * nf_params_lookup:
 * @params: the list
 * @name: a dotted path, as in PyTorch
 *
 * Returns: (transfer none) (nullable): the parameter of this name, or NULL
 */
NF_API NfParam *nf_params_lookup (NfParams *params, const gchar *name);

/**
 * nf_params_index:
 * @params: the list
 * @index: below nf_params_count()
 *
 * Returns: (transfer none): the parameter at that place
 */
NF_API NfParam *nf_params_index (NfParams *params, guint index);

/**
 * nf_params_count:
 * @params: the list
 *
 * Returns: how many parameters there are
 */
NF_API guint nf_params_count (NfParams *params);

/**
 * nf_params_elements:
 * @params: the list
 * @trainable_only: whether to count only what an optimiser may change
 *
 * Returns: how many numbers the parameters hold together
 */
NF_API guint64 nf_params_elements (NfParams *params, gboolean trainable_only);

/**
 * nf_params_reset:
 * @params: the list
 * @seed: of the random start values
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Gives every parameter its start value, which depends on nothing but @seed,
 * the parameter's name and the element's index in PyTorch's order.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_params_reset (
    NfParams *params, guint64 seed, GError **error);

/**
 * nf_params_start_ema:
 * @params: the list
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Gives every f32 parameter a running average that starts at its value. The
 * running statistics of batch norm have one too, as they belong to the averaged
 * weights; counters have none.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_params_start_ema (NfParams *params, GError **error);

/**
 * nf_params_set_trainable:
 * @params: the list
 * @trainable: whether tapes record what depends on the trainable parameters
 *
 * Trainable parameters get memory of their own now, before the activations take
 * theirs. Where there is no memory, the op that needs the parameter reports it.
 */
NF_API void nf_params_set_trainable (NfParams *params, gboolean trainable);

/**
 * nf_params_clear_grads:
 * @params: the list
 *
 * Frees the gradients of all parameters.
 */
NF_API void nf_params_clear_grads (NfParams *params);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfParams, nf_params_unref)

G_END_DECLS
