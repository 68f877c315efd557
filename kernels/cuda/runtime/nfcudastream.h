/* SPDX-License-Identifier: MIT
 *
 * nfcudastream — one stream for each thread that uses a device
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

NfCudaStream *nf_cuda_stream_current (NfDevice *device, GError **error);
void nf_cuda_stream_close_all (NfCuda *cuda);
cublasLtHandle_t nf_cuda_cublas (NfCudaStream *stream, GError **error);
cudnnHandle_t nf_cuda_cudnn (NfCudaStream *stream, GError **error);

G_END_DECLS
