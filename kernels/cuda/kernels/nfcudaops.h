/* SPDX-License-Identifier: MIT
 *
 * nfcudaops — the kernels of the backend's table, and what they share
 *
 * Private to the module. Each op has nf_cuda_NAME_forward and, where it has a
 * gradient, nf_cuda_NAME_backward, in the file of its family. They queue work
 * on the calling thread's stream and do not wait for it; backend.c has made the
 * stream wait for inputs that other streams write. Results do not depend on
 * the order in which threads run: no sum uses atomic additions of floats. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

/* optim.cu */
extern const NfBackendOptim nf_cuda_backend_optim;

/* reduce.cu */
gboolean nf_cuda_column_sums (NfCudaStream *stream, gconstpointer x,
    gboolean bf16, gint64 rows, gint64 columns, gfloat *sums, GError **error);

/* weights.cu */
const NfTensor *nf_cuda_weight_copy (NfCudaStream *stream, NfTensor *weight,
    NfDType dtype, gfloat gain, GError **error);
gboolean nf_cuda_weight_move (NfCudaStream *stream, NfTensor *weight,
    const NfTensor **copy, gfloat *gain, GError **error);

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  gboolean nf_cuda_##name##_forward (                                          \
      NfCudaStream *stream, NfOpCall *call, GError **error);                   \
  gboolean nf_cuda_##name##_backward (NfCudaStream *stream, NfOpCall *call,    \
      const NfTensor *grad_out, NfTensor **grad_in, GError **error);
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP

G_END_DECLS
