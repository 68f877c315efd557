/* SPDX-License-Identifier: MIT
 *
 * weights — the named tensors of a PyTorch or safetensors file
 *
 * Finds the weights among all that a training saved, and gives their tensors the
 * names that networks have here: without module., model. and _orig_mod., which
 * wrappers put in front.
 * Siblings: torchfile.h (PyTorch's files), match.h (who takes the weights) */
#pragma once

#include <nextframe/io/nfsafetensors.h>

G_BEGIN_DECLS

/**
 * NfWeight:
 * @name: without what wrappers put in front
 * @dtype: type of its elements
 * @rank: dimensions
 * @shape: sizes, in PyTorch's order
 *
 * One tensor. It belongs to its #NfWeights.
 */
typedef struct
{
  gchar *name;
  NfSafetensorsDType dtype;
  guint rank;
  const gint64 *shape;
  /*< private >*/
  gconstpointer source;
} NfWeight;

/**
 * NfWeights: an open file of weights
 */
typedef struct _NfWeights NfWeights;

/**
 * nf_weights_open:
 * @path: a file of torch.save() or a safetensors file
 * @choice: (nullable): which of its weights: "ema" or "model" of the list that
 *   MCVD saves, or the key of a dictionary; %NULL: the running mean of such a list
 *   where it has one, else its model; what a dictionary has under
 *   model_state_dict or state_dict, or the dictionary itself
 * @error: return location: those of nf_torch_file_open() and
 *   nf_safetensors_open(); %NF_ERROR_INVALID where the file has no such weights,
 *   or two tensors of one name
 *
 * Returns: (transfer full) (nullable): the weights
 */
NfWeights *nf_weights_open (
    const gchar *path, const gchar *choice, GError **error);
void nf_weights_free (NfWeights *weights);

/**
 * nf_weights_about:
 * @weights: open weights
 *
 * Returns: (transfer none): which of the file's weights they are, a phrase
 */
const gchar *nf_weights_about (const NfWeights *weights);
guint nf_weights_count (const NfWeights *weights);
const NfWeight *nf_weights_index (const NfWeights *weights, guint index);

/**
 * nf_weights_find:
 * @weights: open weights
 * @format: a name, as of printf()
 *
 * Returns: (transfer none) (nullable): the tensor of this name
 */
const NfWeight *nf_weights_find (
    const NfWeights *weights, const gchar *format, ...) G_GNUC_PRINTF (2, 3);

/**
 * nf_weights_read:
 * @weights: open weights
 * @weight: one of them
 * @entry: (out): the tensor as of a safetensors file; its name and shape belong to
 *   @weight, its data to the result
 * @error: return location: those of nf_torch_file_elements()
 *
 * Returns: (transfer full) (nullable): what holds the elements
 */
GBytes *nf_weights_read (NfWeights *weights, const NfWeight *weight,
    NfSafetensorsEntry *entry, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfWeights, nf_weights_free)

G_END_DECLS
