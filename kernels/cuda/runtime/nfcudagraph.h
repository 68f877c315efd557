/* SPDX-License-Identifier: MIT
 *
 * nfcudagraph — capturing a thread's work as a CUDA graph, and starting it
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

extern const NfBackendGraph nf_cuda_backend_graph;
/* brings what was derived from a weight up to date, on a thread's stream */
typedef gboolean (*NfCudaFollow) (
    NfCudaStream *stream, NfTensor *weight, GError **error);

void nf_cuda_graph_follows (
    NfCudaGraph *graph, NfTensor *weight, NfCudaFollow follow);

G_END_DECLS
