/* SPDX-License-Identifier: MIT
 *
 * bench/measure — time, arithmetic and memory of a piece of work
 *
 * Times are measured in runs without an observer of ops; runs with one lie
 * between them. */
#include "bench/measure.h"

#include <nextframe/core/ops/nfops.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* of each convolution that the peak is sought among */
#define PEAK_RUNS 16 /* at most */
#define PEAK_SECONDS 0.5 /* then no further run */

static int
compare (const void *a, const void *b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;

  return (x > y) - (x < y);
}

/**
 * nf_bench_median:
 * @values: (array length=n) (inout): numbers, sorted on return
 * @n: how many, at least one
 *
 * Returns: the middle one, or the mean of the middle two
 */
gdouble
nf_bench_median (gdouble *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

/* since @start, as the time of one call */
static NfBenchOp
since (NfOpTime start)
{
  NfOpTime now = nf_observe_now ();
  NfBenchOp op = { .calls = 1,
    .seconds = 1e-9 * (gdouble) (now.clock - start.clock),
    .processor = 1e-9 * (gdouble) (now.processors - start.processors),
    .flops = 0 };

  return op;
}

static void
count_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  NfBenchProfile *profile = data;
  NfBenchOp *op = &profile->ops[call->op][backward];
  gdouble flops = nf_op_flops (call, backward);

  op->calls++;
  op->seconds += 1e-9 * (gdouble) time->clock;
  op->processor += 1e-9 * (gdouble) time->processors;
  op->flops += flops;
  profile->whole.flops += flops;
}

/**
 * nf_bench_watch:
 * @run: the work
 * @data: given to @run
 * @profile: (out): of one run, op by op
 * @error: return location
 */
gboolean
nf_bench_watch (
    NfBenchRun run, gpointer data, NfBenchProfile *profile, GError **error)
{
  NfOpTime start = nf_observe_now ();
  gdouble flops;
  gboolean ok;

  memset (profile, 0, sizeof *profile);
  nf_observe_begin (count_op, profile);
  ok = run (data, error);
  nf_observe_end ();
  flops = profile->whole.flops;
  profile->whole = since (start);
  profile->whole.flops = flops;
  return ok;
}

/**
 * nf_bench_random:
 * @device: where it lies
 * @stream: names the numbers
 * @n: batch size
 * @c: channels
 * @h: rows
 * @w: columns
 * @error: return location
 *
 * Returns: (transfer full) (nullable): numbers from N(0, 1)
 */
NfTensor *
nf_bench_random (NfDevice *device, guint64 stream, gint64 n, gint64 c, gint64 h,
    gint64 w, GError **error)
{
  NfRandnParams params = { .n = n,
    .c = c,
    .h = h,
    .w = w,
    .key = { .seed = 1, .stream = stream, .purpose = NF_RNG_TEST } };

  return nf_op_randn (device, &params, error);
}

/* the least time of a 3x3 convolution, in FLOP/s; without padding, which the
 * CPU computes as a plain sum, none of its products saved */
static gboolean
fastest_conv (NfDevice *device, NfDType dtype, gint64 c, gint64 side,
    guint threads, gdouble *flops, GError **error)
{
  const NfConv2dParams params = { .stride = 1, .pad = 0 };
  g_autoptr (NfTensor) wide =
      nf_bench_random (device, 0, 1, c, side, side, error);
  g_autoptr (NfTensor) x = !wide || dtype == NF_F32
      ? g_steal_pointer (&wide)
      : nf_op_cast (wide, dtype, error);
  g_autoptr (NfTensor) weight = nf_bench_random (device, 1, c, c, 3, 3, error);
  gdouble work = 18.0 * (gdouble) (c * c * (side - 2) * (side - 2)), spent = 0;

  for (guint i = 0;
       x && weight && i < PEAK_RUNS && (i < 2 || spent < PEAK_SECONDS); i++) {
    NfOpTime start = nf_observe_now ();
    g_autoptr (NfTensor) y = nf_op_conv2d (x, weight, NULL, &params, error);
    NfBenchOp time;

    if (!y || !device->backend->synchronize (device, error))
      return FALSE;
    time = since (start);
    spent += time.seconds;
    if (threads > 0)
      time.seconds = MIN (time.seconds, time.processor / threads);
    if (i > 0)
      *flops = MAX (*flops, work / time.seconds);
  }
  return x && weight;
}

/**
 * nf_bench_conv_peak:
 * @device: where to run
 * @dtype: of what is convolved
 * @threads: of the CPU; 0 where it does not calculate
 * @flops: (inout): raised to the FLOP/s of the fastest of several 3x3
 *   convolutions
 * @error: return location
 *
 * Where other programs use the CPU, too, the time that it spent on each thread
 * counts.
 */
gboolean
nf_bench_conv_peak (NfDevice *device, NfDType dtype, guint threads,
    gdouble *flops, GError **error)
{
  return fastest_conv (device, dtype, 256, 64, threads, flops, error)
      && fastest_conv (device, dtype, 128, 64, threads, flops, error)
      && fastest_conv (device, dtype, 256, 32, threads, flops, error);
}

/* a row of /proc/self/status, in bytes; 0 where there is none */
static gsize
status_bytes (const gchar *key)
{
  g_autofree gchar *text = NULL;
  const gchar *row;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  row = strstr (text, key);
  return row ? (gsize) g_ascii_strtoull (row + strlen (key), NULL, 10) << 10
             : 0;
}

/**
 * nf_bench_memory_start:
 * @device: where the network will lie
 * @result: (out): gets the memory that is resident now; peaks begin here
 */
void
nf_bench_memory_start (NfDevice *device, NfBenchResult *result)
{
  FILE *file = fopen ("/proc/self/clear_refs", "w");

  if (file) {
    fputs ("5", file);
    fclose (file);
  }
  result->base = status_bytes ("VmRSS:\t");
  nf_device_memory (device, TRUE, &result->tensors);
}

/**
 * nf_bench_memory_stop:
 * @device: as in nf_bench_memory_start()
 * @result: (inout): gets the peaks
 */
void
nf_bench_memory_stop (NfDevice *device, NfBenchResult *result)
{
  result->peak = status_bytes ("VmHWM:\t");
  nf_device_memory (device, FALSE, &result->tensors);
}

/* Keeps the profile of the run if none was faster. */
static gboolean
watch_fastest (
    NfBenchRun run, gpointer data, NfBenchProfile *fastest, GError **error)
{
  NfBenchProfile profile;

  if (!nf_bench_watch (run, data, &profile, error))
    return FALSE;
  if (fastest->whole.calls == 0
      || profile.whole.seconds < fastest->whole.seconds)
    *fastest = profile;
  return TRUE;
}

/**
 * nf_bench_measure:
 * @run: the work; it waits for the device
 * @data: given to @run
 * @repeat: how many runs are timed, at least one
 * @watched: whether as many runs are watched op by op
 * @result: (inout): gets times and profile
 * @error: return location
 *
 * The first run, which plans and packs, is not timed.
 */
gboolean
nf_bench_measure (NfBenchRun run, gpointer data, guint repeat, gboolean watched,
    NfBenchResult *result, GError **error)
{
  g_autofree gdouble *times = g_new (gdouble, repeat);
  g_autofree gdouble *processor = g_new (gdouble, repeat);

  if (!run (data, error))
    return FALSE;
  for (guint i = 0; i < repeat; i++) {
    NfOpTime start = nf_observe_now ();
    NfBenchOp time;

    if (!run (data, error))
      return FALSE;
    time = since (start);
    times[i] = time.seconds;
    processor[i] = time.processor;
    if (watched && !watch_fastest (run, data, &result->profile, error))
      return FALSE;
  }
  result->repeat = repeat;
  result->median = nf_bench_median (times, repeat);
  result->processor = nf_bench_median (processor, repeat);
  result->least = times[0];
  return TRUE;
}

/**
 * nf_bench_save_json:
 * @json: figures
 * @path: file to write
 * @error: return location
 */
gboolean
nf_bench_save_json (JsonObject *json, const gchar *path, GError **error)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *text = NULL;

  json_node_init_object (node, json);
  text = json_to_string (node, TRUE);
  if (g_file_set_contents (path, text, -1, &cause))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "%s: cannot be written: %s", path,
      cause->message);
  return FALSE;
}
