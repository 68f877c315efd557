/* SPDX-License-Identifier: MIT
 *
 * nfcudacopy — between host and device memory
 *
 * Data goes in pieces through pinned memory. An upload is done on a stream of
 * its own into a slot on the device and moved from there by the thread's
 * stream, so it runs beside earlier work, and the caller goes on as soon as
 * the last piece was taken over. A download waits. */
#include "cuda/runtime/nfcudacopy.h"

#include <string.h>

#define SLOT_BYTES (4 << 20)

/* waits for its last use; at the first one gets what it lacks, for which there
 * may have been no memory before */
static gboolean
slot_ready (NfCudaSlot *slot, GError **error)
{
  if (slot->done != NULL)
    return nf_cuda_ok (
        cudaEventSynchronize (slot->done), "an earlier copy failed", error);
  return (slot->host != NULL
             || nf_cuda_ok (cudaMallocHost (&slot->host, SLOT_BYTES),
                 "cannot get pinned host memory", error))
      && (slot->device != NULL
          || nf_cuda_ok (cudaMalloc (&slot->device, SLOT_BYTES),
              "cannot get memory for uploads", error))
      && nf_cuda_ok (
          cudaEventCreateWithFlags (&slot->done, cudaEventDisableTiming),
          "cannot make an event", error);
}

static NfCudaSlot *
next_slot (NfCudaStream *stream, GError **error)
{
  NfCudaSlot *slot = &stream->slots[stream->slot];

  stream->slot = (stream->slot + 1) % NF_CUDA_SLOTS;
  return slot_ready (slot, error) ? slot : NULL;
}

static gboolean
upload_piece (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error)
{
  static const gchar what[] = "cannot copy to the device";
  NfCudaSlot *slot = next_slot (stream, error);

  if (slot == NULL)
    return FALSE;
  memcpy (slot->host, src, bytes);
  return nf_cuda_ok (cudaMemcpyAsync (slot->device, slot->host, bytes,
                         cudaMemcpyHostToDevice, stream->copies),
             what, error)
      && nf_cuda_ok (cudaEventRecord (slot->done, stream->copies), what, error)
      && nf_cuda_ok (
          cudaStreamWaitEvent (stream->handle, slot->done, 0), what, error)
      && nf_cuda_ok (cudaMemcpyAsync (dst, slot->device, bytes,
                         cudaMemcpyDeviceToDevice, stream->handle),
          what, error)
      && nf_cuda_ok (cudaEventRecord (slot->done, stream->handle), what, error);
}

/**
 * nf_cuda_upload:
 * @stream: the calling thread's
 * @dst: device memory, see nf_cuda_writes()
 * @src: host memory; free to change on return
 * @bytes: how much
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_upload (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error)
{
  for (gsize at = 0; at < bytes; at += SLOT_BYTES)
    if (!upload_piece (stream, (guint8 *) dst + at, (const guint8 *) src + at,
            MIN (SLOT_BYTES, bytes - at), error))
      return FALSE;
  return TRUE;
}

static gboolean
download_piece (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error)
{
  static const gchar what[] = "cannot copy to the host";
  NfCudaSlot *slot = next_slot (stream, error);

  if (slot == NULL
      || !nf_cuda_ok (cudaMemcpyAsync (slot->host, src, bytes,
                          cudaMemcpyDeviceToHost, stream->handle),
          what, error)
      || !nf_cuda_ok (cudaStreamSynchronize (stream->handle), what, error))
    return FALSE;
  memcpy (dst, slot->host, bytes);
  return TRUE;
}

/**
 * nf_cuda_download:
 * @stream: the calling thread's
 * @dst: host memory, complete on return
 * @src: device memory, see nf_cuda_reads()
 * @bytes: how much
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_download (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error)
{
  for (gsize at = 0; at < bytes; at += SLOT_BYTES)
    if (!download_piece (stream, (guint8 *) dst + at, (const guint8 *) src + at,
            MIN (SLOT_BYTES, bytes - at), error))
      return FALSE;
  return TRUE;
}
