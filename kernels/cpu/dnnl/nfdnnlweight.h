/* SPDX-License-Identifier: MIT
 *
 * nfdnnlweight — weights in the layouts that oneDNN's primitives want, and
 * parts of weights
 *
 * Private to the CPU backend. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

typedef struct _NfDnnlPlan NfDnnlPlan;

/**
 * NfDnnlPart:
 *
 * Which part of a weight: @count input channels from @from on; @phases: as four
 * 2x2 kernels, for an upsampled input, see convcat.c; @transposed: the weight
 * is a matrix [in, out], see matmul.c; @points: for winograd.c; @tiles: in bf16,
 * for tileconv.c; @back: inputs and results in each other's place.
 */
typedef struct
{
  gint64 from, count;
  gboolean phases, transposed, points, tiles, back;
} NfDnnlPart;

/* @phases: where row or column r of a 3x3 kernel counts in the 2x2 kernel of
 * phase a, for rows or columns 2 i + a of the result */
static inline gint64
nf_phase_tap (gint64 r, gint64 a)
{
  return (r + 1 - a) / 2;
}

/* makes the part `to`, whose shape and type are those of out, of the weight's
 * elements; called with a lock held */
typedef void (*NfDnnlPartFill) (const NfTensor *weight, const gfloat *from,
    const NfDnnlPart *part, const NfTensor *out, gpointer to);

NfTensor *nf_dnnl_weight_packed (
    NfDevice *device, const NfDnnlPlan *plan, NfTensor *weight, GError **error);
NfTensor *nf_dnnl_weight_part (NfDevice *device, NfTensor *weight,
    const NfDnnlPart *part, NfDnnlPartFill fill, GError **error);

void nf_dnnl_weight_forget (NfTensor *weight);

#define NF_DNNL_LARGE ((gsize) 1 << 20) /* bytes: worth being packed again */

/* whether a weight changes before its next use, and what is made of it serves
 * only once */
static inline gboolean
nf_dnnl_is_trained (const NfTensor *weight, gboolean recorded)
{
  return recorded && weight->requires_grad;
}

/* Drops the packed copy of a weight that is being trained, because the weight
 * changes before its next use, and that of a large one that is used only once a
 * block of frames, because packing it again costs less than its memory. Returns
 * `ok`. */
static inline gboolean
nf_dnnl_done_with (
    NfTensor *weight, gboolean recorded, gboolean once, gboolean ok)
{
  if (nf_dnnl_is_trained (weight, recorded)
      || (once && weight->bytes >= NF_DNNL_LARGE))
    nf_dnnl_weight_forget (weight);
  return ok;
}

G_END_DECLS
