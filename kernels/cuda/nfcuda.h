/* SPDX-License-Identifier: MIT
 *
 * nfcuda — the CUDA backend's state: a device, and a thread's stream on it
 *
 * Private to the module, and what all of it stands on. From the ground up:
 * runtime/ (memory; streams; copies, faults, graphs), cudnn/ (an operation's
 * graph; plans; running one; the fastest; a device's plans), kernels/ (the ops,
 * and backend.c, which puts all together). */
#pragma once

#include <nextframe/core/params/nfoptim.h>

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
typedef struct _NfCudaNote NfCudaNote; /* a NfCudaFault: see nfcudafault.c */

/**
 * NfCudaGraph:
 * @outer: address of memory from outside that it uses -> whether it is written
 * @weights: NfTensor -> NfCudaFollow: f32, but it reads their copies in bf16
 * @note: (nullable): where its kernels note a fault
 *
 * What is noted while a stream captures. nfcudagraph.c has more behind it.
 */
typedef struct
{
  GHashTable *outer, *weights;
  NfCudaNote *note;
} NfCudaGraph;

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
 * @note: (nullable): where its kernels note a fault; made at first use
 * @notes: NfCudaNote: of graphs that were started, and not waited for since
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
  NfCudaNote *note;
  GPtrArray *notes;
  cublasLtHandle_t cublas;
  cudnnHandle_t cudnn;
};

/**
 * NfCuda:
 * @index: which device
 * @properties: as the runtime reports them
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

gboolean nf_cuda_ok (cudaError_t status, const gchar *what, GError **error);
gboolean nf_cuda_launched (
    NfCudaStream *stream, const gchar *kernel, GError **error);
gboolean nf_cuda_stream_wait (
    NfCudaStream *stream, NfCudaStream *other, GError **error);

/* TRUE where what goes through the op is bf16 */
static inline gboolean
nf_cuda_is_bf16 (const NfOpCall *call)
{
  return call->out->dtype == NF_BF16;
}

G_END_DECLS
