/* SPDX-License-Identifier: MIT
 *
 * bench/dry — a device that computes nothing and has all the memory one asks
 * for */
#include "bench/dry.h"
#include <nextframe/core/ops/nfops.h>

#include <string.h>

static gsize live, peak;

static gboolean
dry_open (NfDevice *device, guint index, GError **error)
{
  return TRUE;
}

static void
dry_close (NfDevice *device)
{
}

/* an address that is never written to */
static gpointer
dry_alloc (NfDevice *device, gsize bytes, GError **error)
{
  live += bytes;
  peak = MAX (peak, live);
  return g_malloc (1);
}

static void
dry_release (NfDevice *device, gpointer data, gsize bytes)
{
  live -= bytes;
  g_free (data);
}

static gboolean
dry_move (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  return TRUE;
}

static gboolean
dry_copy_pitched (NfDevice *device, gpointer dst, gsize dst_stride,
    gconstpointer src, gsize src_stride, gsize row_bytes, gsize rows,
    GError **error)
{
  return TRUE;
}

static gboolean
dry_download (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  memset (dst, 0, bytes);
  return TRUE;
}

static gboolean
dry_zero (NfDevice *device, gpointer dst, gsize bytes, GError **error)
{
  return TRUE;
}

static gboolean
dry_synchronize (NfDevice *device, GError **error)
{
  return TRUE;
}

static gboolean
dry_forward (NfOpCall *call, GError **error)
{
  return TRUE;
}

static gboolean
dry_backward (NfOpCall *call, const NfTensor *grad_out, NfTensor **grad_in,
    GError **error)
{
  return TRUE;
}

static const NfOpKernels dry_ops[NF_N_OPS] = {
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = { dry_forward, dry_backward },
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
};

static const NfBackend dry_backend = {
  .abi = NF_BACKEND_ABI,
  .name = "dry",
  .open = dry_open,
  .close = dry_close,
  .alloc = dry_alloc,
  .release = dry_release,
  .upload = dry_move,
  .download = dry_download,
  .copy = dry_move,
  .copy_pitched = dry_copy_pitched,
  .zero = dry_zero,
  .synchronize = dry_synchronize,
  .ops = dry_ops,
  .n_ops = NF_N_OPS,
};

/**
 * nf_bench_dry_device:
 *
 * Returns: (transfer none): the device; for one thread
 */
NfDevice *
nf_bench_dry_device (void)
{
  static NfDevice device = { .backend = &dry_backend, .name = (gchar *) "dry" };

  if (device.refs == 0)
    g_atomic_ref_count_init (&device.refs);
  return &device;
}

/**
 * nf_bench_dry_peak:
 * @restart: whether the peak begins again, at what is in use now
 *
 * Returns: the most bytes of tensors that there were at once
 */
gsize
nf_bench_dry_peak (gboolean restart)
{
  gsize most = peak;

  if (restart)
    peak = live;
  return most;
}
