/* SPDX-License-Identifier: MIT
 *
 * passes — what the CUDA backend reads and writes for an op, pass by pass
 *
 * For figures.c. A pass is one kernel's way over memory; what a kernel reads
 * again from a cache (tiles of attention, small groups of a norm) counts once. */
#pragma once

#include <nextframe/core/ops/nfoplist.h>

G_BEGIN_DECLS

typedef enum
{
  PASS_CONVOLUTION,
  PASS_PRODUCT,
  PASS_ATTENTION,
  PASS_NORM,
  PASS_OTHER,
  PASS_CONVOLUTION_BACK,
  PASS_PRODUCT_BACK,
  PASS_ATTENTION_BACK,
  PASS_NORM_BACK,
  PASS_BIAS,
  PASS_CONVERSION,
  PASS_SUM,
  PASS_OTHER_BACK,
  N_PASSES,
} PassKind;

extern const gchar *const pass_names[N_PASSES];

/**
 * Passes:
 * @bytes: read and written by each kind
 * @kernels: of an op as a whole, at the kind that does its main work
 */
typedef struct
{
  gdouble bytes[N_PASSES];
  guint kernels[N_PASSES];
} Passes;

void passes_add (Passes *passes, const NfOpCall *call, gboolean backward,
    guint own, guint all);

G_END_DECLS
