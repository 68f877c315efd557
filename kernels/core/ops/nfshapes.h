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

G_END_DECLS
