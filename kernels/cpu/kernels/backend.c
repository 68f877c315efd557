/* SPDX-License-Identifier: MIT
 *
 * backend — the CPU backend: memory and the table of kernels
 *
 * With NEXTFRAME_NO_POOL in the environment, and in builds with a sanitizer,
 * blocks are freed at once, so that memory checkers see every block's end.
 * Sibling: nfarena.c */
#include "cpu/nfcpu.h"

#include "core/threads/nfwaitpolicy.h"
#include "cpu/nfarena.h"
#include "cpu/nfisa.h"
#include "cpu/dnnl/nfdnnlplan.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define KEEP_BLOCKS FALSE
#else
#define KEEP_BLOCKS TRUE
#endif

static gboolean
cpu_open (NfDevice *device, guint index, GError **error)
{
  NfDnnl *dnnl = nf_isa_choose (error) ? nf_dnnl_new (error) : NULL;
  NfCpu *cpu;

  if (dnnl == NULL)
    return FALSE;
  cpu = g_new0 (NfCpu, 1);
  cpu->dnnl = dnnl;
  cpu->arena =
      nf_arena_new (KEEP_BLOCKS && g_getenv ("NEXTFRAME_NO_POOL") == NULL);
  device->priv = cpu;
  return TRUE;
}

static void
cpu_close (NfDevice *device)
{
  NfCpu *cpu = device->priv;

  nf_dnnl_free (cpu->dnnl);
  nf_arena_free (cpu->arena);
  g_free (cpu);
}

static gpointer
cpu_alloc (NfDevice *device, gsize bytes, GError **error)
{
  NfCpu *cpu = device->priv;
  gpointer data = nf_arena_alloc (cpu->arena, bytes);

  if (data == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "out of memory: %" G_GSIZE_FORMAT " bytes were needed; use a smaller "
        "batch, frame or network",
        bytes);
  return data;
}

static void
cpu_release (NfDevice *device, gpointer data, gsize bytes)
{
  NfCpu *cpu = device->priv;

  nf_arena_release (cpu->arena, data, bytes);
}

static void
cpu_memory (NfDevice *device, gboolean restart, NfDeviceMemory *memory)
{
  NfCpu *cpu = device->priv;

  nf_arena_memory (cpu->arena, restart, memory);
}

static gboolean
cpu_copy (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  memcpy (dst, src, bytes);
  return TRUE;
}

static gboolean
cpu_copy_pitched (NfDevice *device, gpointer dst, gsize dst_stride,
    gconstpointer src, gsize src_stride, gsize row_bytes, gsize rows,
    GError **error)
{
  for (gsize row = 0; row < rows; row++)
    memcpy ((guint8 *) dst + row * dst_stride,
        (const guint8 *) src + row * src_stride, row_bytes);
  return TRUE;
}

static gboolean
cpu_zero (NfDevice *device, gpointer dst, gsize bytes, GError **error)
{
  memset (dst, 0, bytes);
  return TRUE;
}

static void
cpu_before_op (NfDevice *device)
{
  nf_wait_policy_update ();
}

static gboolean
cpu_synchronize (NfDevice *device, GError **error)
{
  return TRUE;
}

/* by the kind of a row: only what has a gradient has a function for it */
#define BACKWARD_GRAD(name) nf_cpu_##name##_backward
#define BACKWARD_NO_GRAD(name) NULL
#define BACKWARD_IN_PLACE(name) NULL

static const NfOpKernels cpu_ops[] = {
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = { .forward = nf_cpu_##name##_forward,                       \
    .backward = BACKWARD_##kind (name) },
#include <nextframe/core/ops/nfops.def.h>
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
  .copy_pitched = cpu_copy_pitched,
  .zero = cpu_zero,
  .synchronize = cpu_synchronize,
  .ops = cpu_ops,
  .n_ops = NF_N_OPS,
  .memory = cpu_memory,
  .before_op = cpu_before_op,
  .on_host = TRUE,
  .lazy_weights = TRUE,
  .lean_backward = TRUE,
};

const NfBackend *
nf_cpu_backend (void)
{
  return &cpu_backend;
}
