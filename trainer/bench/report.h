/* SPDX-License-Identifier: MIT
 *
 * bench/report — what `nextframe-train bench` prints, and its JSON */
#pragma once

#include "bench/network.h"

G_BEGIN_DECLS

/**
 * NfBenchRunInfo:
 * @mode: what was done
 * @precision: of the arithmetic
 * @device: where
 * @threads: of the CPU
 */
typedef struct
{
  const gchar *mode, *precision, *device;
  gint threads;
} NfBenchRunInfo;

JsonObject *nf_bench_report_to_json (const NfBenchRunInfo *info,
    const NfBenchSpec *spec, const NfBenchNet *net,
    const NfBenchResult *result);
gchar *nf_bench_report_to_text (JsonObject *json);

G_END_DECLS
