/* SPDX-License-Identifier: MIT
 *
 * nfcudastream — one stream for each thread that uses a device
 *
 * Work of one thread runs in the order in which it was asked for; that of
 * different threads runs side by side. A thread that ends hands its stream on
 * to the next. The legacy default stream is never used. */
#include "cuda/runtime/nfcudastream.h"

#include "cuda/runtime/nfcudafault.h"
#include "cuda/runtime/nfcudamemory.h"

typedef struct
{
  GPtrArray *streams; /* NfCudaStream, at most one a device; owned */
} NfCudaThread;

static void
stream_unref (gpointer data)
{
  NfCudaStream *stream = data;

  if (g_atomic_ref_count_dec (&stream->refs))
    g_free (stream);
}

/* one lock for handing streams over and closing devices */
static GMutex handover;

static void
thread_ends (gpointer data)
{
  NfCudaThread *thread = data;

  g_mutex_lock (&handover);
  for (guint i = 0; i < thread->streams->len; i++) {
    NfCudaStream *stream = g_ptr_array_index (thread->streams, i);

    if (stream->cuda != NULL)
      g_ptr_array_add (stream->cuda->idle, stream);
  }
  g_ptr_array_unref (thread->streams);
  g_mutex_unlock (&handover);
  g_free (thread);
}

static GPrivate this_thread = G_PRIVATE_INIT (thread_ends);

static NfCudaThread *
get_thread (void)
{
  NfCudaThread *thread = g_private_get (&this_thread);

  if (thread == NULL) {
    thread = g_new0 (NfCudaThread, 1);
    thread->streams = g_ptr_array_new_with_free_func (stream_unref);
    g_private_set (&this_thread, thread);
  }
  return thread;
}

/* frees what a stream holds on the device; @stream itself stays */
static void
stream_close (NfCudaStream *stream)
{
  if (stream->cudnn != NULL)
    cudnnDestroy (stream->cudnn);
  if (stream->cublas != NULL)
    cublasLtDestroy (stream->cublas);
  for (guint i = 0; i < NF_CUDA_SLOTS; i++) {
    NfCudaSlot *slot = &stream->slots[i];

    if (slot->host != NULL)
      cudaFreeHost (slot->host);
    if (slot->device != NULL)
      cudaFree (slot->device);
    if (slot->done != NULL)
      cudaEventDestroy (slot->done);
  }
  g_clear_pointer (&stream->note, nf_cuda_note_unref);
  g_ptr_array_unref (stream->notes);
  nf_cuda_pool_free (stream->own);
  g_ptr_array_unref (stream->late);
  if (stream->event != NULL)
    cudaEventDestroy (stream->event);
  if (stream->copies != NULL)
    cudaStreamDestroy (stream->copies);
  if (stream->handle != NULL)
    cudaStreamDestroy (stream->handle);
  stream->cuda = NULL;
}

static NfCudaStream *
stream_new (NfCuda *cuda, GError **error)
{
  static const gchar what[] = "cannot make a stream";
  NfCudaStream *stream;

  if (cuda->streams->len == NF_CUDA_MAX_STREAMS) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "device cuda:%d: more than %d threads use it at once; use fewer",
        cuda->index, NF_CUDA_MAX_STREAMS);
    return NULL;
  }
  stream = g_new0 (NfCudaStream, 1);
  g_atomic_ref_count_init (&stream->refs);
  stream->cuda = cuda;
  stream->index = cuda->streams->len;
  stream->own = nf_cuda_pool_new (cuda, stream);
  stream->pool = stream->own;
  stream->late = g_ptr_array_new ();
  stream->notes = g_ptr_array_new_with_free_func (nf_cuda_note_unref);
  if (!nf_cuda_ok (
          cudaStreamCreateWithFlags (&stream->handle, cudaStreamNonBlocking),
          what, error)
      || !nf_cuda_ok (
          cudaStreamCreateWithFlags (&stream->copies, cudaStreamNonBlocking),
          what, error)
      || !nf_cuda_ok (
          cudaEventCreateWithFlags (&stream->event, cudaEventDisableTiming),
          what, error)) {
    stream_close (stream);
    stream_unref (stream);
    return NULL;
  }
  g_mutex_lock (&cuda->lock); /* others look for streams to wait for */
  g_ptr_array_add (cuda->streams, stream);
  g_mutex_unlock (&cuda->lock);
  return stream;
}

static NfCudaStream *
take_stream (NfCuda *cuda, GPtrArray *mine, GError **error)
{
  NfCudaStream *stream;

  g_mutex_lock (&handover);
  if (cuda->idle->len > 0)
    stream = g_ptr_array_steal_index_fast (cuda->idle, cuda->idle->len - 1);
  else
    stream = stream_new (cuda, error);
  if (stream != NULL) {
    g_atomic_ref_count_inc (&stream->refs);
    g_ptr_array_add (mine, stream);
  }
  g_mutex_unlock (&handover);
  return stream;
}

/**
 * nf_cuda_stream_current:
 * @device: a CUDA device
 * @error: return location
 *
 * Makes the device the runtime's current one.
 *
 * Returns: (transfer none) (nullable): the calling thread's stream on @device
 */
NfCudaStream *
nf_cuda_stream_current (NfDevice *device, GError **error)
{
  NfCuda *cuda = nf_cuda_of (device);
  GPtrArray *mine = get_thread ()->streams;

  if (!nf_cuda_ok (cudaSetDevice (cuda->index), "cannot use the device", error))
    return NULL;
  for (guint i = 0; i < mine->len; i++) {
    NfCudaStream *stream = g_ptr_array_index (mine, i);

    if (stream->cuda == cuda)
      return stream;
    if (stream->cuda == NULL)
      g_ptr_array_remove_index_fast (mine, i--);
  }
  return take_stream (cuda, mine, error);
}

/**
 * nf_cuda_stream_close_all:
 * @cuda: a device without work
 *
 * Frees all streams and their memory.
 */
void
nf_cuda_stream_close_all (NfCuda *cuda)
{
  g_mutex_lock (&handover);
  for (guint i = 0; i < cuda->streams->len; i++) {
    NfCudaStream *stream = g_ptr_array_index (cuda->streams, i);

    stream_close (stream);
    stream_unref (stream);
  }
  g_ptr_array_set_size (cuda->streams, 0);
  g_ptr_array_set_size (cuda->idle, 0);
  g_mutex_unlock (&handover);
}

/**
 * nf_cuda_cublas:
 *
 * Returns: (transfer none) (nullable): the stream's cuBLASLt handle
 */
cublasLtHandle_t
nf_cuda_cublas (NfCudaStream *stream, GError **error)
{
  cublasStatus_t status;

  if (stream->cublas != NULL)
    return stream->cublas;
  status = cublasLtCreate (&stream->cublas);
  if (status == CUBLAS_STATUS_SUCCESS)
    return stream->cublas;
  stream->cublas = NULL;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "device cuda:%d: cannot start cuBLAS: %s", stream->cuda->index,
      cublasLtGetStatusString (status));
  return NULL;
}

/**
 * nf_cuda_cudnn:
 *
 * Returns: (transfer none) (nullable): the stream's cuDNN handle
 */
cudnnHandle_t
nf_cuda_cudnn (NfCudaStream *stream, GError **error)
{
  static GMutex making; /* NVIDIA: the first one before all others */
  cudnnStatus_t status;

  if (stream->cudnn != NULL)
    return stream->cudnn;
  g_mutex_lock (&making);
  status = cudnnCreate (&stream->cudnn);
  g_mutex_unlock (&making);
  if (status == CUDNN_STATUS_SUCCESS)
    status = cudnnSetStream (stream->cudnn, stream->handle);
  if (status == CUDNN_STATUS_SUCCESS)
    return stream->cudnn;
  g_clear_pointer (&stream->cudnn, cudnnDestroy);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "device cuda:%d: cannot start cuDNN: %s; it needs cuDNN 9",
      stream->cuda->index, cudnnGetErrorString (status));
  return NULL;
}
