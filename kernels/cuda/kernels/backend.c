/* SPDX-License-Identifier: MIT
 *
 * backend — the CUDA backend: devices and the table of kernels */
#include "cuda/cudnn/nfcudnn.h"
#include "cuda/kernels/nfcudaops.h"
#include "cuda/runtime/nfcudacopy.h"
#include "cuda/runtime/nfcudafault.h"
#include "cuda/runtime/nfcudagraph.h"
#include "cuda/runtime/nfcudagroup.h"
#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"

#include <gmodule.h>

G_MODULE_EXPORT const NfBackend *nf_backend_module_get (void);

static gboolean
explain_no_device (cudaError_t status, GError **error)
{
  gint driver = 0, runtime = 0;

  cudaDriverGetVersion (&driver);
  cudaRuntimeGetVersion (&runtime);
  if (driver == 0)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: no NVIDIA driver was found; install one for CUDA %d.%d "
        "or later, or use device cpu",
        runtime / 1000, runtime % 1000 / 10);
  else if (driver < runtime)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: the driver is for CUDA %d.%d, this library for %d.%d; "
        "install a newer driver, or use device cpu",
        driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
  else
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda: no GPU can be used (%s); check nvidia-smi and "
        "CUDA_VISIBLE_DEVICES, or use device cpu",
        cudaGetErrorString (status));
  return FALSE;
}

static gboolean
device_there (guint index, GError **error)
{
  gint count = 0;
  cudaError_t status = cudaGetDeviceCount (&count);

  if (status != cudaSuccess || count == 0)
    return explain_no_device (status, error);
  if (index < (guint) count)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "device cuda:%u: there are only %d (cuda:0 to cuda:%d)", index, count,
      count - 1);
  return FALSE;
}

static gint
compare_addresses (gconstpointer a, gconstpointer b)
{
  return a < b ? -1 : a > b;
}

static gboolean
cuda_open (NfDevice *device, guint index, GError **error)
{
  struct cudaDeviceProp properties;
  NfCuda *cuda;

  if (!device_there (index, error)
      || !nf_cuda_ok (
          cudaSetDevice ((gint) index), "cannot use the device", error)
      || !nf_cuda_ok (cudaGetDeviceProperties (&properties, (gint) index),
          "cannot read the device's properties", error))
    return FALSE;
  if (properties.major * 10 + properties.minor < 75) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
        "device cuda:%u: %s has compute capability %d.%d, at least 7.5 is "
        "needed; use device cpu",
        index, properties.name, properties.major, properties.minor);
    return FALSE;
  }
  cuda = g_new0 (NfCuda, 1);
  cuda->index = (gint) index;
  cuda->properties = properties;
  g_mutex_init (&cuda->lock);
  cuda->streams = g_ptr_array_new ();
  cuda->idle = g_ptr_array_new ();
  cuda->blocks = g_tree_new (compare_addresses);
  device->priv = cuda;
  return TRUE;
}

static void
cuda_close (NfDevice *device)
{
  NfCuda *cuda = nf_cuda_of (device);

  cudaSetDevice (cuda->index);
  cudaDeviceSynchronize ();
  g_clear_pointer (&cuda->plans, nf_cudnn_plans_free);
  g_clear_pointer (&cuda->matmuls, g_hash_table_unref);
  nf_cuda_stream_close_all (cuda);
  g_tree_unref (cuda->blocks);
  g_ptr_array_unref (cuda->idle);
  g_ptr_array_unref (cuda->streams);
  g_mutex_clear (&cuda->lock);
  g_free (cuda);
}

static gpointer
cuda_alloc (NfDevice *device, gsize bytes, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL ? nf_cuda_alloc (stream, bytes, error) : NULL;
}

static void
cuda_release (NfDevice *device, gpointer data, gsize bytes)
{
  nf_cuda_release (nf_cuda_of (device), data);
}

static gboolean
cuda_upload (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL && nf_cuda_writes (stream, dst, error)
      && nf_cuda_upload (stream, dst, src, bytes, error);
}

static gboolean
cuda_download (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL && nf_cuda_reads (stream, src, error)
      && nf_cuda_download (stream, dst, src, bytes, error)
      && nf_cuda_fault_check (stream, error);
}

static gboolean
cuda_copy (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL && nf_cuda_reads (stream, src, error)
      && nf_cuda_writes (stream, dst, error)
      && nf_cuda_ok (cudaMemcpyAsync (dst, src, bytes, cudaMemcpyDeviceToDevice,
                         stream->handle),
          "cannot copy on the device", error);
}

static gboolean
cuda_copy_pitched (NfDevice *device, gpointer dst, gsize dst_stride,
    gconstpointer src, gsize src_stride, gsize row_bytes, gsize rows,
    GError **error)
{
  static const gchar what[] = "cannot copy a picture on the device";
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL && nf_cuda_reads (stream, src, error)
      && nf_cuda_writes (stream, dst, error)
      && nf_cuda_ok (cudaMemcpy2DAsync (dst, dst_stride, src, src_stride,
                         row_bytes, rows, cudaMemcpyDefault, stream->handle),
          what, error)
      && nf_cuda_ok (cudaStreamSynchronize (stream->handle), what, error)
      && nf_cuda_fault_check (stream, error);
}

static gboolean
cuda_zero (NfDevice *device, gpointer dst, gsize bytes, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL && nf_cuda_writes (stream, dst, error)
      && nf_cuda_ok (cudaMemsetAsync (dst, 0, bytes, stream->handle),
          "cannot clear memory", error);
}

static gboolean
cuda_synchronize (NfDevice *device, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (device, error);

  return stream != NULL
      && nf_cuda_ok (
          cudaStreamSynchronize (stream->handle), "a kernel failed", error)
      && nf_cuda_fault_check (stream, error);
}

static gboolean
reads (NfCudaStream *stream, const NfTensor *tensor, GError **error)
{
  return tensor == NULL || nf_cuda_reads (stream, tensor->data, error);
}

/* the thread's stream, which has what the op reads and may write what it
 * changes */
static NfCudaStream *
begin_forward (NfOpCall *call, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (call->device, error);
  guint changed = nf_op_changes (call);
  gboolean ok = stream != NULL;

  for (guint i = 0; ok && i < call->n_in; i++) {
    ok = reads (stream, call->in[i], error);
    if (ok && (changed & 1u << i) && call->in[i] != NULL)
      ok = nf_cuda_writes (stream, call->in[i]->data, error);
  }
  return ok ? stream : NULL;
}

static NfCudaStream *
begin_backward (NfOpCall *call, const NfTensor *grad_out, GError **error)
{
  NfCudaStream *stream = nf_cuda_stream_current (call->device, error);
  gboolean ok = stream != NULL && reads (stream, grad_out, error)
      && reads (stream, call->out, error);

  for (guint i = 0; ok && i < call->n_in; i++)
    ok = reads (stream, call->in[i], error);
  for (guint i = 0; ok && i < NF_OP_MAX_SAVED; i++)
    ok = reads (stream, call->saved[i], error);
  return ok ? stream : NULL;
}

/* by the kind of a row: only what has a gradient has functions for it */
#define BACKWARD_NO_GRAD(name) NULL
#define BACKWARD_IN_PLACE(name) NULL
#define BACKWARD_GRAD(name) run_##name##_backward
#define DEFINE_NO_GRAD(name)
#define DEFINE_IN_PLACE(name)
#define DEFINE_GRAD(name)                                                      \
  static gboolean run_##name##_backward (NfOpCall *call,                       \
      const NfTensor *grad_out, NfTensor **grad_in, GError **error)            \
  {                                                                            \
    NfCudaStream *stream = begin_backward (call, grad_out, error);             \
                                                                               \
    return stream != NULL                                                      \
        && nf_cuda_##name##_backward (stream, call, grad_out, grad_in, error); \
  }

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  static gboolean run_##name##_forward (NfOpCall *call, GError **error)        \
  {                                                                            \
    NfCudaStream *stream = begin_forward (call, error);                        \
                                                                               \
    return stream != NULL && nf_cuda_##name##_forward (stream, call, error);   \
  }                                                                            \
                                                                               \
  DEFINE_##kind (name)
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP

static const NfOpKernels cuda_ops[NF_N_OPS] = {
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = { .forward = run_##name##_forward,                          \
    .backward = BACKWARD_##kind (name) },
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
};

static const NfBackend cuda_backend = {
  .abi = NF_BACKEND_ABI,
  .name = "cuda",
  .open = cuda_open,
  .close = cuda_close,
  .alloc = cuda_alloc,
  .release = cuda_release,
  .upload = cuda_upload,
  .download = cuda_download,
  .copy = cuda_copy,
  .copy_pitched = cuda_copy_pitched,
  .zero = cuda_zero,
  .synchronize = cuda_synchronize,
  .ops = cuda_ops,
  .n_ops = NF_N_OPS,
  .graph = &nf_cuda_backend_graph,
  .optim = &nf_cuda_backend_optim,
  .memory = nf_cuda_memory,
  .lean_backward = TRUE,
#ifdef NF_HAVE_NCCL
  .group = &nf_cuda_backend_group,
#endif
};

const NfBackend *
nf_backend_module_get (void)
{
  return &cuda_backend;
}
