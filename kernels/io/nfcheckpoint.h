/* SPDX-License-Identifier: MIT
 *
 * nfcheckpoint — a network's weights and configuration in one file
 *
 * A safetensors file with the weights under their PyTorch names and shapes,
 * and in its metadata:
 *   nextframe.version  format of these keys, "1"
 *   nextframe.arch     which network
 *   nextframe.config   its configuration, a JSON object
 *   nextframe.NAME     facts of the training, strings
 * See: nfsafetensors.h, core/params/nfparams.h */
#pragma once

#include <json-glib/json-glib.h>

#include <nextframe/core/nfapi.h>
#include <nextframe/core/params/nfparams.h>
#include <nextframe/io/nfsafetensors.h>

G_BEGIN_DECLS

/** NF_CHECKPOINT_VERSION: the format that is written, and the newest read */
#define NF_CHECKPOINT_VERSION 1

/** NF_CHECKPOINT_HEIGHT: the fact that says how many rows the frames had that
 * the network was trained on */
#define NF_CHECKPOINT_HEIGHT "image-height"

/** NF_CHECKPOINT_WIDTH: the fact that says how many columns they had */
#define NF_CHECKPOINT_WIDTH "image-width"

typedef struct _NfCheckpoint NfCheckpoint;

/**
 * nf_checkpoint_open:
 * @path: a checkpoint
 * @error: return location: as nf_safetensors_open(); %NF_ERROR_FORMAT where our
 *   metadata are damaged, %NF_ERROR_UNSUPPORTED where the file has none of them
 *   or is of a newer format
 *
 * Maps a checkpoint and reads its metadata, but not the weights.
 *
 * Returns: (transfer full) (nullable): the checkpoint
 */
NF_API NfCheckpoint *nf_checkpoint_open (const gchar *path, GError **error);

/**
 * nf_checkpoint_ref:
 * @checkpoint: a checkpoint
 *
 * Returns: (transfer full): @checkpoint
 */
NF_API NfCheckpoint *nf_checkpoint_ref (NfCheckpoint *checkpoint);

/**
 * nf_checkpoint_unref:
 * @checkpoint: (transfer full): a checkpoint
 *
 * Gives a reference back; the last one closes the file.
 */
NF_API void nf_checkpoint_unref (NfCheckpoint *checkpoint);

/**
 * nf_checkpoint_label:
 * @checkpoint: a checkpoint
 *
 * Returns: (transfer none): its path, for messages
 */
NF_API const gchar *nf_checkpoint_label (const NfCheckpoint *checkpoint);

/**
 * nf_checkpoint_arch:
 * @checkpoint: a checkpoint
 *
 * Returns: (transfer none): which network it is for
 */
NF_API const gchar *nf_checkpoint_arch (const NfCheckpoint *checkpoint);

/**
 * nf_checkpoint_config:
 * @checkpoint: a checkpoint
 *
 * Returns: (transfer none): the network's configuration
 */
NF_API JsonObject *nf_checkpoint_config (const NfCheckpoint *checkpoint);

/**
 * nf_checkpoint_fact:
 * @checkpoint: a checkpoint
 * @name: of a fact, without "nextframe."
 *
 * Returns: (transfer none) (nullable): what the training noted under @name
 */
NF_API const gchar *nf_checkpoint_fact (
    const NfCheckpoint *checkpoint, const gchar *name);

/**
 * nf_checkpoint_trained_size:
 * @checkpoint: of any network
 * @height: (out): rows of the frames that it was trained on, 1 to 32767; 0
 *   where the checkpoint does not say it
 * @width: (out): their columns, likewise
 * @error: return location: %NF_ERROR_FORMAT where what it says is no size
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_checkpoint_trained_size (const NfCheckpoint *checkpoint,
    guint *height, guint *width, GError **error);

/**
 * nf_checkpoint_load_params:
 * @checkpoint: a checkpoint
 * @params: the parameters of the network that nf_checkpoint_config() describes
 * @error: return location: as nf_checkpoint_load_file()
 *
 * nf_checkpoint_load_file() for a checkpoint.
 *
 * Returns: FALSE with @error set and nothing changed
 */
NF_API gboolean nf_checkpoint_load_params (
    const NfCheckpoint *checkpoint, NfParams *params, GError **error);

/**
 * nf_checkpoint_load_file:
 * @file: a file of weights
 * @params: the parameters to fill; running averages (ema) stay as they are
 * @error: return location: %NF_ERROR_FORMAT where names, shapes or types do not
 *   match exactly, a number is not finite or a running variance is negative; or
 *   as the device has it
 *
 * Fills parameters from the tensors of their names. Weights are read when they
 * are used (#NfSource), so the file stays mapped until they change or are
 * freed. The prefix "module." of names in the file is dropped. The buffers
 * betas, alphas, alphas_prev and unet.sigmas are ignored unless @params has
 * them. Counters of batches (num_batches_tracked) may be of any type of
 * numbers; where the file has none, they stay as they are.
 *
 * Returns: FALSE with @error set and nothing changed
 */
NF_API gboolean nf_checkpoint_load_file (
    NfSafetensors *file, NfParams *params, GError **error);

/**
 * nf_checkpoint_save:
 * @path: the file to make or replace
 * @arch: which network
 * @config: its configuration
 * @facts: (element-type utf8 utf8) (nullable): facts of the training by name,
 *   without "nextframe."; "version", "arch" and "config" are taken
 * @params: the parameters
 * @store: %NF_SAFETENSORS_F32 or %NF_SAFETENSORS_BF16: the type of matrices
 *   and convolutions. Vectors (biases, norms, statistics) are F32 and counters
 *   I64 in either case
 * @use_ema: write the running average of a parameter where it has one
 * @error: return location
 *
 * Writes a checkpoint, whole or not at all, as nf_safetensors_writer_save().
 *
 * Returns: %FALSE and %NF_ERROR_IO if the file cannot be written,
 *   %NF_ERROR_INVALID if a number is not finite or a fact's name is taken
 */
NF_API gboolean nf_checkpoint_save (const gchar *path, const gchar *arch,
    JsonObject *config, GHashTable *facts, NfParams *params,
    NfSafetensorsDType store, gboolean use_ema, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfCheckpoint, nf_checkpoint_unref)

G_END_DECLS
