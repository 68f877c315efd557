/* SPDX-License-Identifier: MIT
 *
 * nfcuda — errors of the CUDA runtime, and streams that wait for each other */
#include "cuda/nfcuda.h"

/**
 * nf_cuda_ok:
 * @status: what a call of the runtime returned
 * @what: what was tried, for the message
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_NO_DEVICE
 *
 * Returns: TRUE if @status is success
 */
gboolean
nf_cuda_ok (cudaError_t status, const gchar *what, GError **error)
{
  if (G_LIKELY (status == cudaSuccess))
    return TRUE;
  /* reported here; the next launch must not be blamed for it */
  cudaGetLastError ();
  g_set_error (error, NF_ERROR,
      status == cudaErrorMemoryAllocation ? NF_ERROR_NO_MEMORY
                                          : NF_ERROR_NO_DEVICE,
      "device cuda: %s: %s (%s)", what, cudaGetErrorString (status),
      cudaGetErrorName (status));
  return FALSE;
}

/**
 * nf_cuda_launched:
 * @kernel: name of what was just launched on @stream
 *
 * Returns: FALSE with @error set if the launch was refused
 */
gboolean
nf_cuda_launched (NfCudaStream *stream, const gchar *kernel, GError **error)
{
  return nf_cuda_ok (cudaGetLastError (), kernel, error);
}

/**
 * nf_cuda_stream_wait:
 * @stream: waits
 * @other: of the same device
 *
 * Lets @stream wait, on the device, for what @other was asked until now. While
 * @other captures a graph nothing runs, so its event stays as it was before: to
 * wait for work that is captured would make @stream a part of the graph. Nor may
 * @stream capture: a graph cannot wait for what is outside of it. The caller
 * holds the device's lock.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_stream_wait (NfCudaStream *stream, NfCudaStream *other, GError **error)
{
  return stream == other
      || ((other->graph != NULL
              || nf_cuda_ok (cudaEventRecord (other->event, other->handle),
                  "cannot record an event", error))
          && nf_cuda_ok (cudaStreamWaitEvent (stream->handle, other->event, 0),
              "cannot wait for an event", error));
}
