/* SPDX-License-Identifier: MIT
 *
 * nfcpu — the CPU backend: its state, and the kernels of its table
 *
 * Private to the library. Each op has nf_cpu_NAME_forward and, where it has a
 * gradient, nf_cpu_NAME_backward, in the file of its family. Work is split into
 * parts that do not depend on the number of threads, so the results do not
 * either. oneDNN's convolutions and matrix products are an exception on some
 * processors. */
#pragma once

#include <nextframe/core/ops/nfops.h>

G_BEGIN_DECLS

typedef struct _NfArena NfArena;
typedef struct _NfDnnl NfDnnl;

/**
 * NfCpu:
 * @dnnl: cached oneDNN primitives
 * @arena: what tensors lie in
 *
 * What NfDevice.priv of a CPU device points to.
 */
typedef struct
{
  NfDnnl *dnnl;
  NfArena *arena;
} NfCpu;

#define NF_CPU_GRAIN 16384 /* fewer elements are not worth threads */

static inline NfDnnl *
nf_cpu_dnnl (const NfDevice *device)
{
  return ((NfCpu *) device->priv)->dnnl;
}

static inline gfloat *
nf_cpu_f32 (const NfTensor *tensor)
{
  return tensor->data;
}

void nf_cpu_copy (const NfTensor *from, NfTensor *to);
void nf_cpu_copy_channels (gconstpointer from, gint64 from_c, gpointer to,
    gint64 to_c, gint64 count, gint64 pixels, gsize size);
void nf_cpu_norm_terms (const gdouble *sum_dy, const gdouble *sum_dyx,
    gint64 rows, gint64 groups, gint64 per, const gfloat *w, const gfloat *mean,
    const gfloat *r, gfloat *pqs, gdouble *dw, gdouble *db);
void nf_cpu_gate (
    const NfTensor *y, const NfTensor *dy, gfloat gain, NfTensor *to);

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  gboolean nf_cpu_##name##_forward (NfOpCall *call, GError **error);           \
  gboolean nf_cpu_##name##_backward (NfOpCall *call, const NfTensor *grad_out, \
      NfTensor **grad_in, GError **error);
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP

G_END_DECLS
