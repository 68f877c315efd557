/* SPDX-License-Identifier: MIT
 *
 * nfcudnn — convolutions by cuDNN's graph API
 *
 * A convolution of one shape becomes an operation graph (nfcudnngraph.c); one
 * of the engines that cuDNN proposes for it, the first (nfcudnnplan.c) or the
 * fastest (nfcudnntune.c), becomes an execution plan, which the device keeps
 * (nfcudnn.c). Graphs and plans need no device: tests/cuda-on-cpu/cudnn-plans.c
 * makes some for GPUs that are not there. */
#pragma once

#include "cuda/cudnn/nfcudnnrun.h"

G_BEGIN_DECLS

NfCudnnPlan *nf_cudnn_plan (NfCudaStream *stream, NfCudnnConv *conv,
    const NfCudnnData *data, GError **error);
void nf_cudnn_plans_free (gpointer plans);

G_END_DECLS
