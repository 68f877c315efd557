/* SPDX-License-Identifier: MIT
 *
 * bf16 — one loop over f32 numbers for activations in f32 and in bf16
 *
 * Private to the CPU backend. An f32 tensor is read and written in place. A
 * bf16 tensor is widened piece by piece into a buffer of the caller's; results
 * are narrowed from there. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

void nf_cpu_widen (const guint16 *x, gsize n, gfloat *y);
void nf_cpu_narrow (const gfloat *x, gsize n, guint16 *y);
void nf_cpu_cast (const NfTensor *x, NfTensor *y);

/* TRUE where what goes through the op is bf16 */
static inline gboolean
nf_cpu_is_bf16 (const NfOpCall *call)
{
  return call->out->dtype == NF_BF16;
}

/* @n elements from @at on: where they lie, or in @room; NULL stays NULL */
static inline const gfloat *
nf_cpu_load (const NfTensor *t, gint64 at, gint64 n, gfloat *room)
{
  if (t == NULL)
    return NULL;
  if (t->dtype == NF_F32)
    return nf_cpu_f32 (t) + at;
  nf_cpu_widen ((const guint16 *) t->data + at, (gsize) n, room);
  return room;
}

/* where elements from @at on are to be written, for nf_cpu_store(); NULL stays
 * NULL */
static inline gfloat *
nf_cpu_place (const NfTensor *t, gint64 at, gfloat *room)
{
  if (t == NULL)
    return NULL;
  return t->dtype == NF_F32 ? nf_cpu_f32 (t) + at : room;
}

/* @n elements from @at on are at the place that nf_cpu_place() gave */
static inline void
nf_cpu_store (const NfTensor *t, gint64 at, gint64 n, const gfloat *from)
{
  if (t != NULL && t->dtype == NF_BF16)
    nf_cpu_narrow (from, (gsize) n, (guint16 *) t->data + at);
}

gboolean nf_cpu_through_f32 (
    NfOpCall *call, NfOpForward forward, GError **error);
gboolean nf_cpu_back_through_f32 (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, NfOpBackward backward, GError **error);

G_END_DECLS
