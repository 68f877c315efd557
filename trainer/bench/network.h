/* SPDX-License-Identifier: MIT
 *
 * bench/network — the networks that `nextframe-train bench` measures, and their work
 *
 * Weights and inputs are random, or read from files, so that another program
 * can be given the same. */
#pragma once

#include "bench/measure.h"
#include "bench/spec.h"

G_BEGIN_DECLS

typedef struct _NfBenchNet NfBenchNet;

NfBenchNet *nf_bench_net_new (
    NfDevice *device, const NfBenchSpec *spec, GError **error);
void nf_bench_net_free (NfBenchNet *net);

const gchar *nf_bench_net_arch (const NfBenchNet *net);
guint64 nf_bench_net_parameters (const NfBenchNet *net);
const NfBenchSizes *nf_bench_net_sizes (const NfBenchNet *net);
gdouble nf_bench_net_first_evaluation (const NfBenchNet *net);
gdouble nf_bench_net_evaluation (const NfBenchNet *net);

gboolean nf_bench_net_forward (gpointer net, GError **error);
gboolean nf_bench_net_sample (gpointer net, GError **error);
gboolean nf_bench_net_train (gpointer net, GError **error);
gboolean nf_bench_net_save (
    const NfBenchNet *net, const gchar *path, GError **error);
gboolean nf_bench_net_save_checkpoint (
    const NfBenchNet *net, const gchar *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfBenchNet, nf_bench_net_free)

G_END_DECLS
