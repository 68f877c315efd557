/* SPDX-License-Identifier: MIT
 *
 * bench/roofline — what a network would take on a GPU, from published peaks */
#pragma once

#include "bench/spec.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

gboolean nf_bench_roofline (const NfBenchSpec *spec, const gchar *gpu,
    gboolean training, GError **error);
gchar *nf_bench_gpus (void);

G_END_DECLS
