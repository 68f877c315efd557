/* SPDX-License-Identifier: MIT
 *
 * nfcudnntune — the fastest of cuDNN's engines, by measuring
 *
 * Private to the module. */
#pragma once

#include "cuda/cudnn/nfcudnnplan.h"

G_BEGIN_DECLS

NfCudnnPlan *nf_cudnn_tune (NfCudaStream *stream, const NfCudnnConv *conv,
    const NfCudnnTarget *target, const NfCudnnData *data);

G_END_DECLS
