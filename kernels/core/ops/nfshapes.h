/* SPDX-License-Identifier: MIT
 *
 * nfshapes — what each op demands of its inputs, and its result's shape
 *
 * Private to the library and its backends. Each op of nfops.def.h has a rule,
 * nf_shape_NAME(). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfoplist.h>

G_BEGIN_DECLS

typedef struct
{
  NfDType dtype;
  gint64 n, c, h, w;
} NfShape;

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  gboolean nf_shape_##name (const NfOpCall *call, NfShape *out, GError **error);
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP

gboolean nf_shape_of (const NfOpCall *call, NfShape *out, GError **error);
gboolean nf_shape_refuse (const NfOpCall *call, GError **error,
    const gchar *format, ...) G_GNUC_PRINTF (3, 4);
gboolean nf_shape_same_as (const NfTensor *x, NfDType dtype, NfShape *out);
gboolean nf_shape_all_f32 (const NfOpCall *call, GError **error);
gboolean nf_shape_all_same (const NfOpCall *call, GError **error);
NF_API gboolean nf_shape_refuse_class (NfOp op, gint64 h, gint64 w,
    gint64 classes, gint64 place, gint64 label, GError **error);

/**
 * NfLinearSource:
 * @input: %NF_LINEAR_X or %NF_LINEAR_SKIP: the inputs whose channels lie side
 *   by side
 * @x: that input
 * @rows: pixels of it
 * @out: channels of the result
 * @at: index of its first weight in the matrix
 * @step: from one of the matrix's rows to the next, in elements
 */
typedef struct
{
  guint input;
  const NfTensor *x;
  gint64 rows, out;
  gsize at;
  gint64 step;
} NfLinearSource;

NF_API guint nf_linear_sources (
    const NfOpCall *call, NfLinearSource sources[2]);

/**
 * NfAttentionParts:
 * @c: channels of each part
 * @step: from pixel to pixel, in elements
 * @input: the input that q, k and v lie in
 * @at: the first channel of each there
 *
 * Where an attention finds q, k and v: inputs of their own, or side by side.
 */
typedef struct
{
  gint64 c, step;
  guint input[3];
  gsize at[3];
} NfAttentionParts;

NF_API NfAttentionParts nf_attention_parts (const NfOpCall *call);
NF_API gpointer nf_attention_part (
    const NfAttentionParts *parts, guint part, NfTensor *const *tensors);

G_END_DECLS
