/* SPDX-License-Identifier: MIT
 *
 * runconfig — the settings of a training run
 *
 * A configuration is a key file. Every key stands in a typed table
 * (config/table.c) with its default, its range and what it means, so unknown
 * keys are errors and the file that a run writes back explains itself.
 * Precedence: defaults, the file, then `--set group.key=value`. */
#pragma once

#include "config/fields.h"
#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/core/threads/nfmatmulprecision.h>
#include <nextframe/nets/nfnet.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

const gchar *nf_train_kind_name (NfTrainKind kind);

NfTrainConfig *nf_train_config_new (NfTrainKind kind);
void nf_train_config_free (NfTrainConfig *config);

gboolean nf_train_config_load (
    NfTrainConfig *config, const gchar *path, GError **error);
gboolean nf_train_config_set (
    NfTrainConfig *config, const gchar *assignment, GError **error);
gboolean nf_train_config_check (const NfTrainConfig *config, GError **error);
gboolean nf_train_config_check_resume (
    const NfTrainConfig *config, const NfTrainConfig *begun, GError **error);
gboolean nf_train_config_resolve_size (
    NfTrainConfig *config, gint height, gint width, GError **error);

gchar *nf_train_config_to_string (const NfTrainConfig *config);
gboolean nf_train_config_save (
    const NfTrainConfig *config, const gchar *path, GError **error);
const NfNetClass *nf_train_config_net (const NfTrainConfig *config);
JsonObject *nf_train_config_to_json (const NfTrainConfig *config);
NfDType nf_train_config_dtype (const NfTrainConfig *config);
gint64 nf_train_config_part (const NfTrainConfig *config);
NfMatmulPrecision nf_train_config_matmul_precision (
    const NfTrainConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTrainConfig, nf_train_config_free)

G_END_DECLS
