/* SPDX-License-Identifier: MIT
 *
 * bench/measure — time, arithmetic and memory of a piece of work */
#pragma once

#include <nextframe/core/ops/nfobserve.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * NfBenchRun: a piece of work, once
 */
typedef gboolean (*NfBenchRun) (gpointer data, GError **error);

/**
 * NfBenchOp:
 * @calls: how often the op ran
 * @seconds: in all, on the clock
 * @processor: in all, of all CPUs together
 * @flops: floating-point operations in all, see nf_op_flops()
 */
typedef struct
{
  guint calls;
  gdouble seconds, processor, flops;
} NfBenchOp;

/**
 * NfBenchProfile:
 * @ops: each op, and its gradient
 * @whole: of the whole run
 */
typedef struct
{
  NfBenchOp ops[NF_N_OPS][2];
  NfBenchOp whole;
} NfBenchProfile;

/**
 * NfBenchResult:
 * @repeat: how many runs were timed
 * @median: of their times, seconds
 * @least: of their times, seconds
 * @processor: median of the time that all CPUs together spent on a run, seconds;
 *   other programs on the machine change it little
 * @profile: of further runs, the fastest of them; empty where none was watched
 * @base: resident memory before the network was made, bytes
 * @peak: the most resident memory from then until the last run, bytes
 * @tensors: the device's memory in that time, see nf_device_memory()
 * @conv_peak: FLOP/s of the fastest convolution, see nf_bench_conv_peak()
 */
typedef struct
{
  guint repeat;
  gdouble median, least, processor;
  NfBenchProfile profile;
  gsize base, peak;
  NfDeviceMemory tensors;
  gdouble conv_peak;
} NfBenchResult;

gdouble nf_bench_median (gdouble *values, guint n);
gboolean nf_bench_watch (
    NfBenchRun run, gpointer data, NfBenchProfile *profile, GError **error);
NfTensor *nf_bench_random (NfDevice *device, guint64 stream, gint64 n, gint64 c,
    gint64 h, gint64 w, GError **error);

gboolean nf_bench_conv_peak (NfDevice *device, NfDType dtype, guint threads,
    gdouble *flops, GError **error);
void nf_bench_memory_start (NfDevice *device, NfBenchResult *result);
void nf_bench_memory_stop (NfDevice *device, NfBenchResult *result);
gboolean nf_bench_measure (NfBenchRun run, gpointer data, guint repeat,
    gboolean watched, NfBenchResult *result, GError **error);
gboolean nf_bench_save_json (
    JsonObject *json, const gchar *path, GError **error);

G_END_DECLS
