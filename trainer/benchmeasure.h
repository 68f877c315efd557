/* SPDX-License-Identifier: MIT
 *
 * benchmeasure — time, arithmetic and memory of a piece of work */
#pragma once

#include "core/nfobserve.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * NfBenchRun: a piece of work, once
 */
typedef gboolean (*NfBenchRun) (gpointer data, GError **error);

/**
 * NfBenchOp:
 * @calls: how often the op ran
 * @seconds: in all
 * @flops: floating-point operations in all, see nf_op_flops()
 */
typedef struct
{
  guint calls;
  gdouble seconds, flops;
} NfBenchOp;

/**
 * NfBenchProfile:
 * @ops: each op, and its gradient
 * @seconds: of the whole run
 * @flops: of all ops
 */
typedef struct
{
  NfBenchOp ops[NF_N_OPS][2];
  gdouble seconds, flops;
} NfBenchProfile;

/**
 * NfBenchResult:
 * @repeat: how many runs were timed
 * @median: of their times, seconds
 * @least: of their times, seconds
 * @profile: of further runs, the fastest of them
 * @base: resident memory before the network was made, bytes
 * @peak: the most resident memory from then until the last run, bytes
 * @conv_peak: FLOP/s of the fastest convolution
 */
typedef struct
{
  guint repeat;
  gdouble median, least;
  NfBenchProfile profile;
  gsize base, peak;
  gdouble conv_peak;
} NfBenchResult;

gdouble nf_bench_now (void);
gdouble nf_bench_median (gdouble *values, guint n);
void nf_bench_profile_begin (NfBenchProfile *profile);
void nf_bench_profile_end (NfBenchProfile *profile);
NfTensor *nf_bench_random (NfDevice *device, guint64 stream, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error);

gboolean nf_bench_conv_peak (NfDevice *device, gdouble *flops, GError **error);
void nf_bench_memory_start (NfBenchResult *result);
gboolean nf_bench_measure (NfBenchRun run, gpointer data, guint repeat,
    NfBenchResult *result, GError **error);
gboolean nf_bench_save_json (
    JsonObject *json, const gchar *path, GError **error);

G_END_DECLS
