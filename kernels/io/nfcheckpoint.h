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

#include "core/params/nfparams.h"
#include "io/nfsafetensors.h"

G_BEGIN_DECLS

/** NF_CHECKPOINT_VERSION: the format that is written, and the newest read */
#define NF_CHECKPOINT_VERSION 1

/** NF_CHECKPOINT_HEIGHT: the fact that says how many rows the frames had that
 * the network was trained on */
#define NF_CHECKPOINT_HEIGHT "image-height"

/** NF_CHECKPOINT_WIDTH: the fact that says how many columns they had */
#define NF_CHECKPOINT_WIDTH "image-width"

typedef struct _NfCheckpoint NfCheckpoint;

NfCheckpoint *nf_checkpoint_open (const gchar *path, GError **error);
NfCheckpoint *nf_checkpoint_ref (NfCheckpoint *checkpoint);
void nf_checkpoint_unref (NfCheckpoint *checkpoint);

const gchar *nf_checkpoint_arch (const NfCheckpoint *checkpoint);
JsonObject *nf_checkpoint_config (const NfCheckpoint *checkpoint);
const gchar *nf_checkpoint_fact (
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
gboolean nf_checkpoint_trained_size (const NfCheckpoint *checkpoint,
    guint *height, guint *width, GError **error);

gboolean nf_checkpoint_load_params (
    const NfCheckpoint *checkpoint, NfParams *params, GError **error);
gboolean nf_checkpoint_load_file (
    NfSafetensors *file, NfParams *params, GError **error);
gboolean nf_checkpoint_save (const gchar *path, const gchar *arch,
    JsonObject *config, GHashTable *facts, NfParams *params,
    NfSafetensorsDType store, gboolean use_ema, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfCheckpoint, nf_checkpoint_unref)

G_END_DECLS
