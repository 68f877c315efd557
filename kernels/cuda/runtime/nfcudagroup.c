/* SPDX-License-Identifier: MIT
 *
 * nfcudagroup — GPUs of several processes that add up tensors, by NCCL
 *
 * The tensors are copied into one buffer on the device, which one ncclAllReduce
 * adds up, and back, all on the calling thread's stream. The communicator does
 * not block: NCCL says that something is in progress, and whether it failed,
 * when it is asked. See:
 * https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/usage/communicators.html
 * Sibling: nfnccl.c, which finds NCCL */
#include "cuda/runtime/nfcudagroup.h"

#include "cuda/runtime/nfcudafault.h"
#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"
#include "cuda/runtime/nfnccl.h"

#include <string.h>

G_STATIC_ASSERT (sizeof (ncclUniqueId) == NF_GROUP_ID_BYTES);

/**
 * NfCudaGroup:
 * @comm: NCCL's
 * @doing: what was begun last, for messages
 * @tensors: (nullable): those that get the sum as soon as NCCL has queued it
 * @n: how many
 * @flat: (nullable): the buffer of all of them
 */
typedef struct
{
  const NfNccl *nccl;
  ncclComm_t comm;
  const gchar *doing;
  NfTensor *const *tensors;
  guint n;
  gpointer flat;
} NfCudaGroup;

/* what people can do about it */
static const gchar *
advice (ncclResult_t result)
{
  switch (result) {
    case ncclRemoteError:
      return "another process has ended, or cannot be reached";
    case ncclInvalidUsage:
      return "each process needs a GPU of its own";
    case ncclSystemError:
      return "check the network between the machines, and /dev/shm";
    default:
      return "NCCL_DEBUG=INFO says more";
  }
}

/* FALSE with @error set unless NCCL did what it was asked for, or is at it */
static gboolean
check (const NfNccl *nccl, ncclComm_t comm, ncclResult_t result,
    const gchar *what, GError **error)
{
  g_autofree gchar *detail = NULL;

  if (result == ncclSuccess || result == ncclInProgress)
    return TRUE;
  detail = g_strdup (nccl->GetLastError (comm)); /* of any one, or of none */
  g_strstrip (detail);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "NCCL cannot %s: %s%s%s; %s", what, nccl->GetErrorString (result),
      *detail != '\0' ? ": " : "", detail, advice (result));
  return FALSE;
}

static gboolean
group_usable (GError **error)
{
  return nf_nccl_open (error) != NULL;
}

static gboolean
group_new_id (guint8 *id, GError **error)
{
  const NfNccl *nccl = nf_nccl_open (error);
  ncclUniqueId unique;

  if (nccl == NULL
      || !check (nccl, NULL, nccl->GetUniqueId (&unique), "begin", error))
    return FALSE;
  memcpy (id, &unique, sizeof unique);
  return TRUE;
}

static void
group_leave (NfDevice *device, gpointer data)
{
  NfCudaGroup *group = data;

  nf_cuda_stream_current (device, NULL); /* chooses the device */
  /* frees it also where nothing is to be aborted, and never waits for others */
  if (group->comm != NULL)
    group->nccl->CommAbort (group->comm);
  if (group->flat != NULL)
    nf_cuda_release (nf_cuda_of (device), group->flat);
  g_free (group);
}

static gpointer
group_join (NfDevice *device, const guint8 *id, guint rank, guint n_ranks,
    GError **error)
{
  const NfNccl *nccl = nf_nccl_open (error);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  ncclUniqueId unique;
  NfCudaGroup *group;

  if (nccl == NULL || nf_cuda_stream_current (device, error) == NULL)
    return NULL;
  memcpy (&unique, id, sizeof unique);
  config.blocking = 0;
  group = g_new0 (NfCudaGroup, 1);
  group->nccl = nccl;
  group->doing = "bring the processes together";
  if (check (nccl, NULL,
          nccl->CommInitRankConfig (
              &group->comm, (int) n_ranks, unique, (int) rank, &config),
          group->doing, error))
    return group;
  group_leave (device, group);
  return NULL;
}

/* the tensors to the buffer, or back */
static gboolean
copy_all (
    NfCudaStream *stream, NfCudaGroup *group, gboolean back, GError **error)
{
  guint8 *at = group->flat;

  for (guint i = 0; i < group->n; i++) {
    const NfTensor *tensor = group->tensors[i];

    if (!(back ? nf_cuda_writes (stream, tensor->data, error)
               : nf_cuda_reads (stream, tensor->data, error))
        || !nf_cuda_ok (
            cudaMemcpyAsync (back ? tensor->data : at, back ? at : tensor->data,
                tensor->bytes, cudaMemcpyDeviceToDevice, stream->handle),
            "cannot copy on the device", error))
      return FALSE;
    at += tensor->bytes;
  }
  return TRUE;
}

static gboolean
group_sum (NfDevice *device, gpointer data, NfTensor *const *tensors, guint n,
    GError **error)
{
  NfCudaGroup *group = data;
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  gsize bytes = 0;

  for (guint i = 0; i < n; i++)
    bytes += tensors[i]->bytes;
  group->doing = "add up gradients";
  group->tensors = tensors;
  group->n = n;
  group->flat = stream != NULL ? nf_cuda_alloc (stream, bytes, error) : NULL;
  return group->flat != NULL && copy_all (stream, group, FALSE, error)
      && check (group->nccl, group->comm,
          group->nccl->AllReduce (group->flat, group->flat,
              bytes / sizeof (gfloat), ncclFloat32, ncclSum, group->comm,
              stream->handle),
          group->doing, error);
}

/* Only now the sum is on the stream, and what follows comes after it. */
static gboolean
take_sum (NfCudaStream *stream, NfCudaGroup *group, GError **error)
{
  if (!copy_all (stream, group, TRUE, error))
    return FALSE;
  nf_cuda_release (stream->cuda, group->flat);
  group->flat = NULL;
  group->tensors = NULL;
  return TRUE;
}

static NfGroupState
look_at_stream (NfCudaStream *stream, GError **error)
{
  const cudaError_t status = cudaStreamQuery (stream->handle);

  if (status == cudaErrorNotReady) {
    cudaGetLastError (); /* no error of the next launch */
    return NF_GROUP_WORKING;
  }
  return nf_cuda_ok (status, "a kernel failed", error)
          && nf_cuda_fault_check (stream, error)
      ? NF_GROUP_DONE
      : NF_GROUP_FAILED;
}

static NfGroupState
group_look (NfDevice *device, gpointer data, GError **error)
{
  NfCudaGroup *group = data;
  const NfNccl *nccl = group->nccl;
  NfCudaStream *stream = nf_cuda_stream_current (device, error);
  ncclResult_t state = ncclSuccess;

  if (stream == NULL
      || !check (nccl, group->comm,
          nccl->CommGetAsyncError (group->comm, &state), group->doing, error)
      || !check (nccl, group->comm, state, group->doing, error))
    return NF_GROUP_FAILED;
  if (state == ncclInProgress)
    return NF_GROUP_WORKING;
  if (group->tensors != NULL && !take_sum (stream, group, error))
    return NF_GROUP_FAILED;
  return look_at_stream (stream, error);
}

const NfBackendGroup nf_cuda_backend_group = {
  .usable = group_usable,
  .new_id = group_new_id,
  .join = group_join,
  .sum = group_sum,
  .look = group_look,
  .leave = group_leave,
};
