/* SPDX-License-Identifier: MIT
 *
 * nfcudnnrun — running a plan */
#include "cuda/cudnn/nfcudnnrun.h"

#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"

/**
 * nf_cudnn_run:
 * @stream: the calling thread's
 * @conv: a convolution
 * @plan: of that
 * @data: its tensors on the device
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_NO_DEVICE
 *
 * Queues the convolution.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cudnn_run (NfCudaStream *stream, const NfCudnnConv *conv, NfCudnnPlan *plan,
    const NfCudnnData *data, GError **error)
{
  cudnnHandle_t handle = nf_cuda_cudnn (stream, error);
  gpointer workspace;
  g_auto (NfCudnnDescriptor) pack = NULL;
  cudnnStatus_t status;

  if (handle == NULL
      || !nf_cuda_workspace (stream, plan->workspace, &workspace, error))
    return FALSE;
  pack = nf_cudnn_pack_new (conv, data, workspace, error);
  if (pack == NULL)
    return FALSE;
  g_mutex_lock (&plan->running);
  status = cudnnBackendExecute (handle, plan->plan, pack);
  g_mutex_unlock (&plan->running);
  return nf_cudnn_ok (status, "a convolution failed", error);
}
