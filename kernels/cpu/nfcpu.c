/* SPDX-License-Identifier: MIT
 *
 * nfcpu — the CPU backend: memory and the table of kernels
 *
 * Freed blocks are kept for the next tensor of that size, at most as many bytes
 * as were ever in use at once; a network's tensors repeat from call to call.
 * With NEXTFRAME_NO_POOL in the environment, and in builds with a sanitizer,
 * they are freed at once, so that memory checkers see every block's end. */
#include "cpu/nfcpu.h"

#include "cpu/nfdnnl.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_BLOCKS FALSE
#else
#define KEEP_BLOCKS TRUE
#endif

static gboolean
cpu_open (NfDevice *device, guint index, GError **error)
{
  NfDnnl *dnnl = nf_dnnl_new (error);
  NfCpu *cpu;

  if (dnnl == NULL)
    return FALSE;
  cpu = g_new0 (NfCpu, 1);
  cpu->dnnl = dnnl;
  cpu->keep = KEEP_BLOCKS && g_getenv ("NEXTFRAME_NO_POOL") == NULL;
  g_mutex_init (&cpu->lock);
  cpu->pool = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  device->priv = cpu;
  return TRUE;
}

static void
cpu_close (NfDevice *device)
{
  NfCpu *cpu = device->priv;

  nf_dnnl_free (cpu->dnnl);
  g_hash_table_unref (cpu->pool);
  g_mutex_clear (&cpu->lock);
  g_free (cpu);
}

static gsize
block_size (gsize bytes)
{
  gsize unit = bytes < 4096 ? ALIGNMENT : 4096;

  return (bytes + unit - 1) / unit * unit;
}

static gpointer
cpu_alloc (NfDevice *device, gsize bytes, GError **error)
{
  NfCpu *cpu = device->priv;
  gsize size = block_size (bytes);
  gpointer data = NULL;
  GPtrArray *blocks;

  g_mutex_lock (&cpu->lock);
  blocks = g_hash_table_lookup (cpu->pool, GSIZE_TO_POINTER (size));
  if (blocks != NULL && blocks->len > 0) {
    data = g_ptr_array_steal_index_fast (blocks, blocks->len - 1);
    cpu->cached -= size;
  }
  cpu->live += size;
  cpu->peak = MAX (cpu->peak, cpu->live);
  g_mutex_unlock (&cpu->lock);
  if (data == NULL)
    data = aligned_alloc (ALIGNMENT, size);
  if (data != NULL)
    return data;
  g_mutex_lock (&cpu->lock);
  cpu->live -= size;
  g_mutex_unlock (&cpu->lock);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "out of memory: %" G_GSIZE_FORMAT " bytes were needed; use a smaller "
      "batch, frame or network",
      size);
  return NULL;
}

static void
cpu_release (NfDevice *device, gpointer data, gsize bytes)
{
  NfCpu *cpu = device->priv;
  gsize size = block_size (bytes);
  GPtrArray *blocks;

  g_mutex_lock (&cpu->lock);
  cpu->live -= size;
  if (!cpu->keep || cpu->cached + size > cpu->peak) {
    g_mutex_unlock (&cpu->lock);
    free (data);
    return;
  }
  blocks = g_hash_table_lookup (cpu->pool, GSIZE_TO_POINTER (size));
  if (blocks == NULL) {
    blocks = g_ptr_array_new_with_free_func (free);
    g_hash_table_insert (cpu->pool, GSIZE_TO_POINTER (size), blocks);
  }
  g_ptr_array_add (blocks, data);
  cpu->cached += size;
  g_mutex_unlock (&cpu->lock);
}

static gboolean
cpu_copy (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  memcpy (dst, src, bytes);
  return TRUE;
}

static gboolean
cpu_zero (NfDevice *device, gpointer dst, gsize bytes, GError **error)
{
  memset (dst, 0, bytes);
  return TRUE;
}

static gboolean
cpu_synchronize (NfDevice *device, GError **error)
{
  return TRUE;
}

/* rows without NF_OP_GRAD have no backward */
#define nf_cpu_quantize_backward NULL
#define nf_cpu_randn_backward NULL
#define nf_cpu_argmax_backward NULL
#define nf_cpu_sum_squares_backward NULL
#define nf_cpu_adam_backward NULL
#define nf_cpu_ema_backward NULL

static const NfOpKernels cpu_ops[] = {
#define NF_OP(NAME, name, params, least, most, flags)                          \
  [NF_OP_##NAME] = { nf_cpu_##name##_forward, nf_cpu_##name##_backward },
#include "core/nfops.def.h"
#undef NF_OP
};

static const NfBackend cpu_backend = {
  .abi = NF_BACKEND_ABI,
  .name = "cpu",
  .open = cpu_open,
  .close = cpu_close,
  .alloc = cpu_alloc,
  .release = cpu_release,
  .upload = cpu_copy,
  .download = cpu_copy,
  .copy = cpu_copy,
  .zero = cpu_zero,
  .synchronize = cpu_synchronize,
  .ops = cpu_ops,
  .n_ops = NF_N_OPS,
};

/**
 * nf_cpu_backend:
 *
 * Returns: (transfer none): the backend of device "cpu"
 */
const NfBackend *
nf_cpu_backend (void)
{
  return &cpu_backend;
}
