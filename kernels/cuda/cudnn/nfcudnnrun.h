/* SPDX-License-Identifier: MIT
 *
 * nfcudnnrun — running a plan
 *
 * Private to the module. */
#pragma once

#include "cuda/cudnn/nfcudnnplan.h"

G_BEGIN_DECLS

gboolean nf_cudnn_run (NfCudaStream *stream, const NfCudnnConv *conv,
    NfCudnnPlan *plan, const NfCudnnData *data, GError **error);

G_END_DECLS
