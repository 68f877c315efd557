/* SPDX-License-Identifier: MIT
 *
 * nfcuda — the CUDA backend: its state, and the kernels of its table
 *
 * Private to the module. Each op has nf_cuda_NAME_forward and, where it has a
 * gradient, nf_cuda_NAME_backward, in the file of its family. They queue work
 * on the calling thread's stream and do not wait for it; nfcuda.c has made the
 * stream wait for inputs that other streams write. Results do not depend on
 * the order in which threads run: no sum uses atomic additions of floats. */
#pragma once

#include "core/params/nfoptim.h"

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

G_BEGIN_DECLS

#define NF_CUDA_BLOCK 256 /* threads of a block where nothing else is said */
#define NF_CUDA_MAX_STREAMS 64 /* of a device: threads that use it at once */
#define NF_CUDA_SLOTS 4 /* of a stream's way between host and device */

typedef struct _NfCuda NfCuda;
typedef struct _NfCudaStream NfCudaStream;
typedef struct _NfCudaPool NfCudaPool;
typedef struct _NfCudaBlock NfCudaBlock;
typedef struct _NfCudaGraph NfCudaGraph;

/**
 * NfCudaSlot:
 * @host: pinned memory
 * @device: as much on the device
 * @done: recorded after the last use
 *
 * A piece of the way between host and device memory.
 */
typedef struct
{
  gpointer host, device;
  cudaEvent_t done;
} NfCudaSlot;

/**
 * NfCudaFault:
 * @found: whether there is one
 * @op: which op found it
 * @label: a target class outside the logits'
 * @place: of which pixel
 * @classes: how many there are
 * @h: rows of the target
 * @w: its columns
 *
 * What a kernel found wrong in its input. It lies in pinned host memory, so
 * that looking at it costs nothing: nf_cuda_fault_check() does, whenever the
 * stream has been waited for.
 */
typedef struct
{
  gboolean found;
  NfOp op;
  gint64 label, place, classes, h, w;
} NfCudaFault;

/**
 * NfCudaStream:
 * @cuda: (nullable): its device; NULL once that is closed
 * @index: which of the device's streams, below %NF_CUDA_MAX_STREAMS
 * @handle: what kernels are launched on
 * @copies: host to device copies run beside @handle
 * @event: recorded wherever another stream has to wait for this one
 * @own: its own memory
 * @pool: where memory comes from now: @own, or that of a graph in the making
 * @slots: used by turns for uploads and downloads
 * @slot: the next one
 * @graph: (nullable): what is being captured
 * @late: NfCudaBlock: given back while it captured, but still read by others
 * @fault: (nullable): made at first use
 * @cublas: (nullable): made at first use
 * @cudnn: (nullable): made at first use
 *
 * One for each thread that uses the device; only that thread touches it.
 */
struct _NfCudaStream
{
  gatomicrefcount refs;
  NfCuda *cuda;
  guint index;
  cudaStream_t handle, copies;
  cudaEvent_t event;
  NfCudaPool *own, *pool;
  NfCudaSlot slots[NF_CUDA_SLOTS];
  guint slot;
  NfCudaGraph *graph;
  GPtrArray *late;
  NfCudaFault *fault;
  cublasLtHandle_t cublas;
  cudnnHandle_t cudnn;
};

/**
 * NfCuda:
 * @index: which device
 * @properties: as the runtime tells them
 * @lock: guards the rest, and the blocks' marks
 * @streams: all streams made so far (NfCudaStream)
 * @idle: those that no thread holds now
 * @blocks: address -> NfCudaBlock, of all pools
 * @now: bytes that are held, and bytes that were asked of the driver
 * @peak: the most of each
 * @plans: (nullable): what nfcudnn.c keeps
 * @matmuls: (nullable): what matmul.c keeps: shape -> algorithm
 *
 * What NfDevice.priv of a CUDA device points to.
 */
struct _NfCuda
{
  gint index;
  struct cudaDeviceProp properties;
  GMutex lock;
  GPtrArray *streams, *idle;
  GTree *blocks;
  NfDeviceMemory now, peak;
  gpointer plans;
  GHashTable *matmuls;
};

static inline NfCuda *
nf_cuda_of (const NfDevice *device)
{
  return (NfCuda *) device->priv;
}

/* nfcuda.c */
gboolean nf_cuda_ok (cudaError_t status, const gchar *what, GError **error);
gboolean nf_cuda_launched (
    NfCudaStream *stream, const gchar *kernel, GError **error);

/* nfcudastream.c */
NfCudaStream *nf_cuda_stream_current (NfDevice *device, GError **error);
void nf_cuda_stream_close_all (NfCuda *cuda);
gboolean nf_cuda_stream_wait (
    NfCudaStream *stream, NfCudaStream *other, GError **error);
cublasLtHandle_t nf_cuda_cublas (NfCudaStream *stream, GError **error);
cudnnHandle_t nf_cuda_cudnn (NfCudaStream *stream, GError **error);

/* nfcudamemory.c */
NfCudaPool *nf_cuda_pool_new (NfCuda *cuda, NfCudaStream *stream);
void nf_cuda_pool_free (NfCudaPool *pool);
gpointer nf_cuda_alloc (NfCudaStream *stream, gsize bytes, GError **error);
void nf_cuda_release (NfCuda *cuda, gpointer data);
void nf_cuda_release_late (NfCudaStream *stream);
void nf_cuda_memory (
    NfDevice *device, gboolean restart, NfDeviceMemory *memory);
gpointer nf_cuda_workspace (NfCudaStream *stream, gsize bytes, GError **error);
gboolean nf_cuda_reads (
    NfCudaStream *stream, gconstpointer data, GError **error);
gboolean nf_cuda_writes (NfCudaStream *stream, gpointer data, GError **error);

void nf_cuda_pool_move (NfCudaPool *from, NfCudaPool *to, gboolean all);
void nf_cuda_pool_return (NfCudaPool *from, NfCudaPool *to);
gboolean nf_cuda_pool_enter (
    NfCudaPool *pool, NfCudaStream *stream, GError **error);

/* nfcudagraph.c */
extern const NfBackendGraph nf_cuda_backend_graph;
void nf_cuda_graph_touches (
    NfCudaGraph *graph, gconstpointer data, gboolean writes);
void nf_cuda_graph_follows (NfCudaGraph *graph, NfTensor *weight);

/* nfcudacopy.c */
gboolean nf_cuda_upload (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error);
gboolean nf_cuda_download (NfCudaStream *stream, gpointer dst,
    gconstpointer src, gsize bytes, GError **error);

/* nfcudafault.c */
NfCudaFault *nf_cuda_fault (NfCudaStream *stream, GError **error);
gboolean nf_cuda_fault_check (NfCudaStream *stream, GError **error);

/* optim.cu */
extern const NfBackendOptim nf_cuda_backend_optim;

/* sums.cu */
gboolean nf_cuda_column_sums (NfCudaStream *stream, gconstpointer x,
    gboolean bf16, gint64 rows, gint64 columns, gfloat *sums, GError **error);

/* weights.cu */
const NfTensor *nf_cuda_weight_bf16 (
    NfCudaStream *stream, NfTensor *weight, GError **error);
gboolean nf_cuda_weight_follow (
    NfCudaStream *stream, NfTensor *weight, GError **error);

/* TRUE where what goes through the op is bf16 */
static inline gboolean
nf_cuda_is_bf16 (const NfOpCall *call)
{
  return call->out->dtype == NF_BF16;
}

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  gboolean nf_cuda_##name##_forward (                                          \
      NfCudaStream *stream, NfOpCall *call, GError **error);                   \
  gboolean nf_cuda_##name##_backward (NfCudaStream *stream, NfOpCall *call,    \
      const NfTensor *grad_out, NfTensor **grad_in, GError **error);
#include "core/ops/nfops.def.h"
#undef NF_OP

G_END_DECLS
