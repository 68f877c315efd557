/* SPDX-License-Identifier: MIT
 *
 * benchmeasure — time, arithmetic and memory of a piece of work
 *
 * Times are of runs that nobody watches; runs between them are watched op by
 * op. */
#include "benchmeasure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* of each convolution that the peak is sought among */
#define PEAK_RUNS 16 /* at most */
#define PEAK_SECONDS 0.5 /* then no further run */

/**
 * nf_bench_now:
 *
 * Returns: seconds on a clock that never jumps
 */
gdouble
nf_bench_now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (gdouble) t.tv_sec + 1e-9 * (gdouble) t.tv_nsec;
}

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

static void
count_op (const NfOpCall *call, gboolean backward, gint64 ns, gpointer data)
{
  NfBenchProfile *profile = data;
  NfBenchOp *op = &profile->ops[call->op][backward];
  gdouble flops = nf_op_flops (call, backward);

  op->calls++;
  op->seconds += 1e-9 * (gdouble) ns;
  op->flops += flops;
  profile->flops += flops;
}

/**
 * nf_bench_profile_begin:
 * @profile: (out): empty until nf_bench_profile_end()
 *
 * Counts this thread's ops from now on.
 */
void
nf_bench_profile_begin (NfBenchProfile *profile)
{
  memset (profile, 0, sizeof *profile);
  profile->seconds = -nf_bench_now ();
  nf_observe_begin (count_op, profile);
}

void
nf_bench_profile_end (NfBenchProfile *profile)
{
  nf_observe_end ();
  profile->seconds += nf_bench_now ();
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
  NfRandnParams params = { n, c, h, w, { 1, stream, NF_RNG_TEST } };

  return nf_op_randn (device, &params, error);
}

/* the least time of a 3x3 convolution, in FLOP/s */
static gboolean
fastest_conv (
    NfDevice *device, gint64 c, gint64 side, gdouble *flops, GError **error)
{
  const NfConv2dParams params = { .stride = 1, .pad = 1 };
  g_autoptr (NfTensor) x = nf_bench_random (device, 0, 1, c, side, side, error);
  g_autoptr (NfTensor) weight = nf_bench_random (device, 1, c, c, 3, 3, error);
  gdouble work = 18.0 * (gdouble) (c * c * side * side);
  gdouble start = nf_bench_now (), end = start + PEAK_SECONDS;

  for (guint i = 0; x && weight && i < PEAK_RUNS && (i < 2 || start < end);
       i++) {
    g_autoptr (NfTensor) y = NULL;

    start = nf_bench_now ();
    y = nf_op_conv2d (x, weight, NULL, &params, error);
    if (!y || !device->backend->synchronize (device, error))
      return FALSE;
    *flops = MAX (*flops, work / (nf_bench_now () - start));
  }
  return x && weight;
}

/**
 * nf_bench_conv_peak:
 * @device: where to run
 * @flops: (inout): raised to the FLOP/s of the fastest of several 3x3
 *   convolutions
 * @error: return location
 */
gboolean
nf_bench_conv_peak (NfDevice *device, gdouble *flops, GError **error)
{
  return fastest_conv (device, 256, 64, flops, error)
      && fastest_conv (device, 128, 64, flops, error)
      && fastest_conv (device, 256, 32, flops, error);
}

/* a row of /proc/self/status, in bytes; 0 where the system tells none */
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
 * @result: (out): gets the memory that is resident now; its peak begins here
 */
void
nf_bench_memory_start (NfBenchResult *result)
{
  FILE *file = fopen ("/proc/self/clear_refs", "w");

  if (file) {
    fputs ("5", file);
    fclose (file);
  }
  result->base = status_bytes ("VmRSS:\t");
}

/* Keeps the profile of the run if none was faster. */
static gboolean
watch (NfBenchRun run, gpointer data, NfBenchProfile *fastest, GError **error)
{
  NfBenchProfile profile;
  gboolean ok;

  nf_bench_profile_begin (&profile);
  ok = run (data, error);
  nf_bench_profile_end (&profile);
  if (fastest->seconds == 0 || profile.seconds < fastest->seconds)
    *fastest = profile;
  return ok;
}

/**
 * nf_bench_measure:
 * @run: the work; it waits for the device
 * @data: handed to @run
 * @repeat: how many runs are timed, and how many watched, at least one
 * @result: (inout): gets times, memory, and the profile of the fastest of the
 *   runs that were watched
 * @error: return location
 *
 * The first run, which plans and packs, counts for memory alone.
 */
gboolean
nf_bench_measure (NfBenchRun run, gpointer data, guint repeat,
    NfBenchResult *result, GError **error)
{
  g_autofree gdouble *times = g_new (gdouble, repeat);
  gboolean ok = run (data, error);

  for (guint i = 0; ok && i < repeat; i++) {
    times[i] = -nf_bench_now ();
    ok = run (data, error);
    times[i] += nf_bench_now ();
    ok = ok && watch (run, data, &result->profile, error);
  }
  if (!ok)
    return FALSE;
  result->peak = status_bytes ("VmHWM:\t");
  result->repeat = repeat;
  result->median = nf_bench_median (times, repeat);
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
