/* SPDX-License-Identifier: MIT
 *
 * nfdevice — devices, and the interface that a backend fills
 *
 * The CPU backend is part of the library. The CUDA backend is a module
 * (libnfcuda) that is opened at run time, from the installed module folder or
 * from NEXTFRAME_MODULE_PATH, and only when a device of its kind is asked for.
 */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

#define NF_BACKEND_ABI 7
#define NF_BACKEND_SYMBOL "nf_backend_module_get"
#define NF_GROUP_ID_BYTES 128

typedef struct _NfDevice NfDevice;
typedef struct _NfTensor NfTensor;
typedef struct _NfBackend NfBackend;
typedef struct _NfOpCall NfOpCall;
typedef struct _NfBackendOptim NfBackendOptim;

typedef gboolean (*NfOpForward) (NfOpCall *call, GError **error);
typedef gboolean (*NfOpBackward) (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error);

/**
 * NfOpKernels:
 * @forward: (nullable): computes call->out (allocated) from call->in; NULL
 *   where the backend lacks the op. Keeps what backward needs in call->saved
 *   when call->record is set.
 * @backward: (nullable): overwrites each non-NULL grad_in[i] (allocated, shape
 *   and type of in[i]) with the gradient of in[i]; NULL where the op has none.
 *   The gradient of the result has the result's type.
 */
typedef struct
{
  NfOpForward forward;
  NfOpBackward backward;
} NfOpKernels;

/**
 * NfDeviceMemory:
 * @live: bytes of tensors, and of what ops work in, that are in use
 * @reserved: bytes that are taken from the system for them
 */
typedef struct
{
  gsize live, reserved;
} NfDeviceMemory;

/**
 * NfBackendGraph:
 * @begin: captures the calling thread's ops from now on, instead of running
 *   them
 * @end: ends the capture and returns it; NULL with the error set (which may be
 *   NULL) where it is not possible
 * @launch: runs a capture for the calling thread
 * @free: frees a capture; tensors made while capturing are freed before
 *
 * For nf_graph_run(), see nfgraph.h.
 */
typedef struct
{
  gboolean (*begin) (NfDevice *device, GError **error);
  gpointer (*end) (NfDevice *device, GError **error);
  gboolean (*launch) (NfDevice *device, gpointer graph, GError **error);
  void (*free) (NfDevice *device, gpointer graph);
} NfBackendGraph;

/**
 * NfGroupState: how far what was begun is
 */
typedef enum
{
  NF_GROUP_FAILED,
  NF_GROUP_WORKING,
  NF_GROUP_DONE
} NfGroupState;

/**
 * NfBackendGroup:
 * @usable: whether this process can be in a group; else %NF_ERROR_UNSUPPORTED:
 *   what that needs is not installed
 * @new_id: makes the name of a new group, %NF_GROUP_ID_BYTES bytes, in one of
 *   its processes
 * @join: begins to join the group of that name as process rank of n_ranks, and
 *   returns the group; NULL with the error set. What follows begins when
 *   look() says that this is done
 * @sum: begins to make tensors, f32, with data of their own and of the same
 *   shapes in all processes, the sums over all processes: the same bits in each
 *   of them. The array and the tensors are kept until that is done
 * @look: how far that is, without waiting; with the error set where it failed,
 *   and then the group can only be left
 * @leave: leaves the group and frees it, whatever was begun
 *
 * Devices of several processes that work together, one of each. Of a group, all
 * begin the same in the same order. A process that fails is not reported to the
 * others, whose work then may stay %NF_GROUP_WORKING for ever.
 */
typedef struct
{
  gboolean (*usable) (GError **error);
  gboolean (*new_id) (guint8 *id, GError **error);
  gpointer (*join) (NfDevice *device, const guint8 *id, guint rank,
      guint n_ranks, GError **error);
  gboolean (*sum) (NfDevice *device, gpointer group, NfTensor *const *tensors,
      guint n, GError **error);
  NfGroupState (*look) (NfDevice *device, gpointer group, GError **error);
  void (*leave) (NfDevice *device, gpointer group);
} NfBackendGroup;

/**
 * NfBackend:
 * @abi: %NF_BACKEND_ABI of the headers it was built with
 * @name: "cpu", "cuda"
 * @open: makes device->priv for the device of this index
 * @close: frees device->priv
 * @alloc: uninitialised memory of at least this many bytes, 64-byte aligned
 * @release: frees memory; the backend may keep it for later use
 * @upload: host to device
 * @download: device to host, complete on return
 * @copy: device to device
 * @copy_pitched: copies rows of bytes, the first of which are at dst and src.
 *   Either may be memory that the backend has not allocated but the device can
 *   reach: another context's, or the host's. Complete on return
 * @zero: clears memory
 * @synchronize: waits until the device has done all its work
 * @ops: one row an op, in the order of nfops.def.h
 * @n_ops: rows in @ops
 * @graph: (nullable): for nf_graph_run()
 * @optim: (nullable): for nf_optim_norm() and nf_optim_step()
 * @memory: (nullable): for nf_device_memory()
 * @group: (nullable): for several processes with a device each
 * @before_op: (nullable): called by a thread that is about to run an op, or its
 *   gradient
 * @on_host: its memory is the host's, and its ops run on the host's cores
 * @lazy_weights: it is @on_host, and where nothing is recorded its ops take a
 *   weight (%NF_IN_WEIGHT) that has no data, see nftensor.h; all other inputs
 *   have data
 * @lean_backward: its gradients do not read the data that the rows of
 *   nfops.def.h say they need not, so that the tape can free it early
 *
 * What a backend provides. Every other function must be there.
 */
struct _NfBackend
{
  guint abi;
  const gchar *name;
  gboolean (*open) (NfDevice *device, guint index, GError **error);
  void (*close) (NfDevice *device);
  gpointer (*alloc) (NfDevice *device, gsize bytes, GError **error);
  void (*release) (NfDevice *device, gpointer data, gsize bytes);
  gboolean (*upload) (NfDevice *device, gpointer dst, gconstpointer src,
      gsize bytes, GError **error);
  gboolean (*download) (NfDevice *device, gpointer dst, gconstpointer src,
      gsize bytes, GError **error);
  gboolean (*copy) (NfDevice *device, gpointer dst, gconstpointer src,
      gsize bytes, GError **error);
  gboolean (*copy_pitched) (NfDevice *device, gpointer dst, gsize dst_stride,
      gconstpointer src, gsize src_stride, gsize row_bytes, gsize rows,
      GError **error);
  gboolean (*zero) (
      NfDevice *device, gpointer dst, gsize bytes, GError **error);
  gboolean (*synchronize) (NfDevice *device, GError **error);
  const NfOpKernels *ops;
  guint n_ops;
  const NfBackendGraph *graph;
  const NfBackendOptim *optim;
  void (*memory) (NfDevice *device, gboolean restart, NfDeviceMemory *memory);
  const NfBackendGroup *group;
  void (*before_op) (NfDevice *device);
  gboolean on_host;
  gboolean lazy_weights;
  gboolean lean_backward;
};

/**
 * NfDevice:
 * @backend: its functions
 * @name: as in nf_device_open(), resolved: "cpu", "cuda:0"
 * @priv: the backend's state
 */
struct _NfDevice
{
  gatomicrefcount refs;
  const NfBackend *backend;
  gchar *name;
  gpointer priv;
};

/**
 * nf_device_open:
 * @name: "cpu", "cuda" (the first CUDA device), "cuda:N", or "auto": a CUDA
 *   device where one can be opened, else the CPU
 * @error: return location: %NF_ERROR_INVALID for an unknown name,
 *   %NF_ERROR_NO_DEVICE where there is no such device or its backend cannot be
 *   loaded
 *
 * While anyone holds the device, all who open it get the same object.
 *
 * Returns: (transfer full) (nullable): the device
 */
NF_API NfDevice *nf_device_open (const gchar *name, GError **error);

/**
 * nf_device_ref:
 * @device: a device
 *
 * Returns: (transfer full): @device
 */
NF_API NfDevice *nf_device_ref (NfDevice *device);

/**
 * nf_device_unref:
 * @device: (transfer full): a device; the last reference closes it
 */
NF_API void nf_device_unref (NfDevice *device);

/**
 * nf_device_memory:
 * @device: a device
 * @restart: whether the peaks begin anew, at what is in use now
 * @memory: (out caller-allocates): the largest amounts, in bytes, since the
 *   peaks began
 *
 * Returns: FALSE where the backend does not count its memory; then @memory is
 *   all 0
 */
NF_API gboolean nf_device_memory (
    NfDevice *device, gboolean restart, NfDeviceMemory *memory);

/**
 * nf_cpu_backend:
 * Returns: (transfer none): the backend of device "cpu"
 */
NF_API const NfBackend *nf_cpu_backend (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfDevice, nf_device_unref)

G_END_DECLS
