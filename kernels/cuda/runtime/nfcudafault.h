/* SPDX-License-Identifier: MIT
 *
 * nfcudafault — what kernels find wrong in the values that they read
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

NfCudaFault *nf_cuda_fault (NfCudaStream *stream, GError **error);
void nf_cuda_fault_expect (NfCudaStream *stream, NfCudaNote *note);
void nf_cuda_note_unref (gpointer note);
gboolean nf_cuda_fault_check (NfCudaStream *stream, GError **error);

G_END_DECLS
