/* SPDX-License-Identifier: MIT
 *
 * bench/ops — how fast single ops are */
#pragma once

#include <nextframe/core/ops/nfops.h>

G_BEGIN_DECLS

gboolean nf_bench_ops (NfDevice *device, guint threads, const gchar *only,
    guint repeat, const gchar *json, GError **error);

G_END_DECLS
