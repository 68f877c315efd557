/* SPDX-License-Identifier: MIT
 *
 * nfcheckpointpath — where a checkpoint is: given, or one of those that ship
 *
 * Sibling: nfcheckpoint.c, which reads it. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

#define NF_CHECKPOINT_PATH_VARIABLE "NEXTFRAME_PATH"
#define NF_CHECKPOINT_PREDICTOR "next-frame.safetensors"
#define NF_CHECKPOINT_SEGMENTER "unetpp.safetensors"

NF_API gchar *nf_checkpoint_path_find (const gchar *given,
    const gchar *fallback, const gchar *trainer, const gchar *setting,
    GError **error);

G_END_DECLS
