/* SPDX-License-Identifier: MIT
 *
 * nfcudafault — what kernels find wrong in the values that they read
 *
 * An op that is queued cannot fail on what it will read. Its kernel notes the
 * fault and makes its result NaN; the error comes when the thread next reads a
 * tensor or waits for the device. */
#include "cuda/runtime/nfcudafault.h"

#include "core/ops/nfshapes.h"

#include <string.h>

/**
 * nf_cuda_fault:
 * @stream: the calling thread's
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer none) (nullable): where the stream's kernels note a fault
 */
NfCudaFault *
nf_cuda_fault (NfCudaStream *stream, GError **error)
{
  gpointer memory = NULL;

  if (stream->fault != NULL)
    return stream->fault;
  if (!nf_cuda_ok (cudaMallocHost (&memory, sizeof *stream->fault),
          "cannot get pinned host memory", error))
    return NULL;
  stream->fault = memory;
  memset (stream->fault, 0, sizeof *stream->fault);
  return stream->fault;
}

/**
 * nf_cuda_fault_check:
 * @stream: the calling thread's; nothing is queued on it
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set, once, if a kernel noted a fault
 */
gboolean
nf_cuda_fault_check (NfCudaStream *stream, GError **error)
{
  NfCudaFault *fault = stream->fault;

  if (fault == NULL || !fault->found)
    return TRUE;
  fault->found = FALSE;
  return nf_shape_refuse_class (fault->op, fault->h, fault->w, fault->classes,
      fault->place, fault->label, error);
}
