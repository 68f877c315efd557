/* SPDX-License-Identifier: MIT
 *
 * bench/report — what `nextframe-train bench` prints, and its JSON
 *
 * The table is made from the JSON, so both say the same. Times are in seconds,
 * memory in bytes, arithmetic in FLOP; the table shows ms, MiB and GFLOP. */
#include "bench/report.h"

#define MIB 1048576.0

/* --------------------------------------------------------------------- JSON */

static void
add_op (JsonArray *ops, const gchar *name, const NfBenchOp *op)
{
  JsonObject *row;

  if (op->calls == 0)
    return;
  row = json_object_new ();
  json_object_set_string_member (row, "op", name);
  json_object_set_int_member (row, "calls", op->calls);
  json_object_set_double_member (row, "seconds", op->seconds);
  json_object_set_double_member (row, "processor", op->processor);
  json_object_set_double_member (row, "flop", op->flops);
  json_array_add_object_element (ops, row);
}

/* The ops that ran, and what is left: allocation, reference counts. */
static JsonArray *
ops_to_json (const NfBenchProfile *profile)
{
  JsonArray *ops = json_array_new ();
  NfBenchOp rest = profile->whole;

  rest.flops = 0;
  for (guint i = 0; i < NF_N_OPS; i++) {
    g_autofree gchar *backward =
        g_strconcat (nf_op_name (i), " backward", NULL);

    add_op (ops, nf_op_name (i), &profile->ops[i][FALSE]);
    add_op (ops, backward, &profile->ops[i][TRUE]);
    for (guint b = 0; b < 2; b++) {
      rest.seconds -= profile->ops[i][b].seconds;
      rest.processor -= profile->ops[i][b].processor;
    }
  }
  add_op (ops, "rest", &rest);
  return ops;
}

/* The share of the convolution peak that the convolutions reach, as if no other
 * program were there: by what the CPUs spent on each thread. */
static gdouble
conv_share (const NfBenchResult *result, gint threads)
{
  static const NfOp convs[] = { NF_OP_CONV2D, NF_OP_CONV2D_CAT };
  gdouble seconds = 0, flops = 0;

  for (guint i = 0; i < 2 * G_N_ELEMENTS (convs); i++) {
    const NfBenchOp *op = &result->profile.ops[convs[i / 2]][i % 2];

    seconds += MIN (op->seconds, op->processor / threads);
    flops += op->flops;
  }
  return seconds > 0 ? flops / seconds / result->conv_peak : 0;
}

/**
 * nf_bench_report_to_json:
 * @info: how it was measured
 * @spec: what was asked for
 * @net: what was measured
 * @result: what came out
 *
 * Returns: (transfer full): all of it
 */
JsonObject *
nf_bench_report_to_json (const NfBenchRunInfo *info, const NfBenchSpec *spec,
    const NfBenchNet *net, const NfBenchResult *result)
{
  const NfBenchSizes *sizes = nf_bench_net_sizes (net);
  JsonObject *json = json_object_new ();

  json_object_set_string_member (json, "mode", info->mode);
  json_object_set_string_member (json, "arch", nf_bench_net_arch (net));
  json_object_set_int_member (
      json, "parameters", nf_bench_net_parameters (net));
  json_object_set_int_member (json, "height", sizes->height);
  json_object_set_int_member (json, "width", sizes->width);
  json_object_set_int_member (json, "batch", spec->batch);
  json_object_set_string_member (json, "precision", info->precision);
  json_object_set_string_member (json, "device", info->device);
  json_object_set_int_member (json, "threads", info->threads);
  json_object_set_int_member (json, "repeat", result->repeat);
  json_object_set_double_member (json, "median", result->median);
  json_object_set_double_member (json, "least", result->least);
  json_object_set_double_member (json, "processor", result->processor);
  json_object_set_double_member (json, "conv_peak", result->conv_peak);
  json_object_set_int_member (json, "memory_before", result->base);
  json_object_set_int_member (json, "memory_peak", result->peak);
  if (result->tensors.live > 0) {
    json_object_set_int_member (json, "memory_live", result->tensors.live);
    json_object_set_int_member (
        json, "memory_reserved", result->tensors.reserved);
  }
  if (nf_bench_net_first_evaluation (net) > 0) {
    json_object_set_string_member (
        json, "sampler", nf_sampler_method_name (spec->sampler));
    json_object_set_int_member (json, "steps", spec->steps);
    json_object_set_double_member (
        json, "first_evaluation", nf_bench_net_first_evaluation (net));
    json_object_set_double_member (
        json, "evaluation", nf_bench_net_evaluation (net));
  }
  if (result->profile.whole.calls > 0) {
    json_object_set_double_member (json, "flop", result->profile.whole.flops);
    json_object_set_double_member (
        json, "conv_share", conv_share (result, info->threads));
    json_object_set_array_member (json, "ops", ops_to_json (&result->profile));
  }
  return json;
}

/* -------------------------------------------------------------------- table */

static gdouble
number (JsonObject *json, const gchar *key)
{
  return json_object_get_double_member (json, key);
}

static gint
slower_first (gconstpointer a, gconstpointer b)
{
  gdouble x = number (*(JsonObject *const *) a, "seconds");
  gdouble y = number (*(JsonObject *const *) b, "seconds");

  return (x < y) - (x > y);
}

static void
append_memory (GString *out, JsonObject *json)
{
  g_string_append_printf (out,
      "memory      %.1f MiB at most, %.1f MiB before the network was made\n",
      number (json, "memory_peak") / MIB, number (json, "memory_before") / MIB);
  if (json_object_has_member (json, "memory_live"))
    g_string_append_printf (out,
        "tensors     %.1f MiB at once at most, in %.1f MiB (%.2f times that)\n",
        number (json, "memory_live") / MIB,
        number (json, "memory_reserved") / MIB,
        number (json, "memory_reserved") / number (json, "memory_live"));
}

static void
append_speed (GString *out, JsonObject *json)
{
  gdouble flop = number (json, "flop"), peak = number (json, "conv_peak");
  gdouble speed = flop / number (json, "median");
  gdouble alone = flop * number (json, "threads") / number (json, "processor");

  g_string_append_printf (out,
      "speed       %.2f GFLOP, %.1f GFLOP/s: %.0f%% of the convolution peak "
      "(%.1f GFLOP/s)\n"
      "            by processor time %.1f GFLOP/s, %.0f%%; convolutions "
      "%.0f%%\n",
      1e-9 * flop, 1e-9 * speed, 100 * speed / peak, 1e-9 * peak, 1e-9 * alone,
      100 * alone / peak, 100 * number (json, "conv_share"));
}

static void
append_ops (GString *out, JsonObject *json)
{
  JsonArray *ops = json_object_get_array_member (json, "ops");
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  gdouble total = 0;

  for (guint i = 0; i < json_array_get_length (ops); i++) {
    g_ptr_array_add (rows, json_array_get_object_element (ops, i));
    total += number (rows->pdata[i], "seconds");
  }
  g_ptr_array_sort (rows, slower_first);
  g_string_append (out,
      "\nop                       calls        ms  share  processors     GFLOP"
      "  GFLOP/s\n");
  for (guint i = 0; i < rows->len; i++) {
    JsonObject *row = rows->pdata[i];
    gdouble seconds = number (row, "seconds"), flops = number (row, "flop");

    g_string_append_printf (out,
        "%-24s %5" G_GINT64_FORMAT " %9.2f %5.1f%%   %9.2f",
        json_object_get_string_member (row, "op"),
        json_object_get_int_member (row, "calls"), 1e3 * seconds,
        100 * seconds / total, 1e3 * number (row, "processor"));
    if (flops > 0)
      g_string_append_printf (
          out, " %9.2f %8.1f", 1e-9 * flops, 1e-9 * flops / seconds);
    g_string_append_c (out, '\n');
  }
}

/**
 * nf_bench_report_to_text:
 * @json: a report
 *
 * Returns: (transfer full): a table
 */
gchar *
nf_bench_report_to_text (JsonObject *json)
{
  GString *out = g_string_new (NULL);
  gdouble median = number (json, "median");

  g_string_append_printf (out,
      "%s: %s, %.1f M parameters, frames of %dx%d, batch %d\n",
      json_object_get_string_member (json, "mode"),
      json_object_get_string_member (json, "arch"),
      1e-6 * number (json, "parameters"), (gint) number (json, "width"),
      (gint) number (json, "height"), (gint) number (json, "batch"));
  g_string_append_printf (out, "how         %s on %s, %d threads\n",
      json_object_get_string_member (json, "precision"),
      json_object_get_string_member (json, "device"),
      (gint) number (json, "threads"));
  g_string_append_printf (out,
      "time        %.2f ms, the median of %d (least %.2f ms); processors %.2f "
      "ms\n",
      1e3 * median, (gint) number (json, "repeat"),
      1e3 * number (json, "least"), 1e3 * number (json, "processor"));
  if (json_object_has_member (json, "steps"))
    g_string_append_printf (out,
        "sampling    %s, %d steps; first evaluation done after %.2f ms, each "
        "further one %.2f ms\n",
        json_object_get_string_member (json, "sampler"),
        (gint) number (json, "steps"), 1e3 * number (json, "first_evaluation"),
        1e3 * number (json, "evaluation"));
  append_memory (out, json);
  if (json_object_has_member (json, "ops")) {
    append_speed (out, json);
    append_ops (out, json);
  }
  return g_string_free (out, FALSE);
}
