/* SPDX-License-Identifier: MIT
 *
 * bench/pipeline — what an element costs beside its network */
#pragma once

#include "bench/spec.h"

G_BEGIN_DECLS

/**
 * NfBenchPipeline:
 * @spec: which network, and of which size frames are; without a network, a
 *   configuration and a checkpoint both usual ones are measured
 * @device: where elements compute
 * @precision: in which type
 * @threads: of the CPU; 0: one a physical core
 * @frames: that are timed
 */
typedef struct
{
  const NfBenchSpec *spec;
  const gchar *device, *precision;
  gint threads, frames;
} NfBenchPipeline;

gboolean nf_bench_pipeline (
    const NfBenchPipeline *what, const gchar *json, GError **error);

G_END_DECLS
