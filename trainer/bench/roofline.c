/* SPDX-License-Identifier: MIT
 *
 * bench/roofline — what a network would take on a GPU, from published peaks
 *
 * Every op that runs is counted on a device that computes nothing: its
 * arithmetic, and the bytes of its inputs and results, each moved once. An op
 * takes the longer of the two at peak speed, and no less than a kernel does
 * that has nothing to do (Williams, Waterman, Patterson, "Roofline", 2009).
 * Nothing here is measured. */
#include "bench/roofline.h"
#include "bench/dry.h"
#include "bench/network.h"
#include <nextframe/core/ops/nfobserve.h>

#include <math.h>

/* Dense peaks without sparsity and memory bandwidth, as NVIDIA's data sheets
 * give them (A100: 2021; H100 SXM: 2023; H200: 2024). */
typedef struct
{
  const gchar *name;
  gdouble f32, tf32, bf16; /* FLOP/s */
  gdouble bandwidth; /* bytes/s */
  gdouble memory; /* bytes */
} Gpu;

static const Gpu gpus[] = {
  { "a100-40", 19.5e12, 156e12, 312e12, 1.555e12, 40e9 },
  { "a100-80", 19.5e12, 156e12, 312e12, 2.039e12, 80e9 },
  { "h100", 66.9e12, 494.7e12, 989.4e12, 3.35e12, 80e9 },
  { "h200", 66.9e12, 494.7e12, 989.4e12, 4.8e12, 141e9 },
};

/* Usual figures: what the host needs to ask for a kernel, and the least time
 * from one kernel to the next within a captured graph. */
#define LAUNCH 4e-6
#define NODE 1.5e-6

/* channels of a head, see kernels/cuda/kernels/nfattention.h */
#define ATTENTION_BF16_MOST 128

typedef struct
{
  gdouble calls, flops, bytes, arithmetic, memory, seconds;
} Sum;

typedef struct
{
  const Gpu *gpu;
  gdouble peak; /* FLOP/s */
  gboolean bf16;
  Sum ops[NF_N_OPS][2];
  Sum all;
} Count;

/* weights are read in the type that the product is computed in */
static gdouble
bytes_of (const Count *count, const NfTensor *t, gboolean weight)
{
  if (t == NULL)
    return 0;
  return weight && count->bf16 && t->dtype == NF_F32 ? (gdouble) t->bytes / 2
                                                     : (gdouble) t->bytes;
}

static gdouble
traffic (const Count *count, const NfOpCall *call, gboolean backward)
{
  gdouble sum = bytes_of (count, call->out, FALSE), inputs = 0, wanted = 0;

  for (guint i = 0; i < call->n_in; i++) {
    inputs += bytes_of (
        count, call->in[i], nf_op_input_facts (call->op, i) & NF_IN_WEIGHT);
    if (call->in[i] != NULL && call->in[i]->requires_grad)
      wanted += (gdouble) call->in[i]->bytes;
  }
  return sum + inputs + (backward ? wanted : 0);
}

static void
add (Sum *sum, const Sum *one)
{
  sum->calls += one->calls;
  sum->flops += one->flops;
  sum->bytes += one->bytes;
  sum->arithmetic += one->arithmetic;
  sum->memory += one->memory;
  sum->seconds += one->seconds;
}

/* attention's own kernels use tensor cores for bf16, and not for large heads */
static gdouble
peak_of (const Count *count, const NfOpCall *call)
{
  const NfAttentionParams *p = call->params;

  if (call->op != NF_OP_ATTENTION
      || (count->bf16 && call->out->c / p->heads <= ATTENTION_BF16_MOST))
    return count->peak;
  return count->gpu->f32;
}

static void
count_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  Count *count = data;
  Sum one = { .calls = 1,
    .flops = nf_op_flops (call, backward),
    .bytes = traffic (count, call, backward) };

  one.arithmetic = one.flops / peak_of (count, call);
  one.memory = one.bytes / count->gpu->bandwidth;
  one.seconds = MAX (MAX (one.arithmetic, one.memory), NODE);
  add (&count->ops[call->op][backward], &one);
  add (&count->all, &one);
}

static gboolean
count_run (const NfBenchSpec *spec, const Gpu *gpu, NfBenchRun run,
    Count *count, gdouble *peak, GError **error)
{
  NfDevice *device = nf_bench_dry_device ();
  g_autoptr (NfBenchNet) net = NULL;
  gboolean ok;

  *count = (Count){ .gpu = gpu, .bf16 = spec->dtype == NF_BF16 };
  count->peak = count->bf16            ? gpu->bf16
      : nf_matmul_precision_is_tf32 () ? gpu->tf32
                                       : gpu->f32;
  nf_bench_dry_peak (TRUE);
  net = nf_bench_net_new (device, spec, error);
  /* once for what is made once */
  if (!net || !run (net, error))
    return FALSE;
  nf_bench_dry_peak (TRUE);
  nf_observe_begin (count_op, count);
  ok = run (net, error);
  nf_observe_end ();
  *peak = (gdouble) nf_bench_dry_peak (TRUE);
  return ok;
}

static void
print_row (
    const gchar *name, const gchar *suffix, const Sum *sum, const Sum *all)
{
  g_print ("| %s%s | %.0f | %.4g | %.4g | %.4g | %.4g | %.4g | %.1f %% |\n",
      name, suffix, sum->calls, 1e-9 * sum->flops, 1e-9 * sum->bytes,
      1e3 * sum->arithmetic, 1e3 * sum->memory, 1e3 * sum->seconds,
      100 * sum->seconds / all->seconds);
}

static gint
longest_first (gconstpointer a, gconstpointer b)
{
  const Sum *x = *(const Sum *const *) a, *y = *(const Sum *const *) b;

  return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static void
print_table (Count *count)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();

  for (guint op = 0; op < NF_N_OPS; op++)
    for (guint back = 0; back < 2; back++)
      if (count->ops[op][back].calls > 0)
        g_ptr_array_add (rows, &count->ops[op][back]);
  g_ptr_array_sort (rows, longest_first);
  g_print ("| op | calls | GFLOP | GB | arithmetic, ms | memory, ms | "
           "expected, ms | share |\n|---|---|---|---|---|---|---|---|\n");
  for (guint i = 0; i < rows->len; i++) {
    const Sum *sum = rows->pdata[i];
    gsize at = (gsize) (sum - &count->ops[0][0]);

    print_row (nf_op_name ((NfOp) (at / 2)), at % 2 ? " backward" : "", sum,
        &count->all);
  }
  print_row ("all", "", &count->all, &count->all);
}

/* predicting a block: with and without what two optimisations save */
static gboolean
print_block (
    const NfBenchSpec *spec, const Gpu *gpu, const Count *once, GError **error)
{
  NfBenchSpec shortest = *spec;
  Count block, least;
  gdouble peak, cond, evaluations = spec->steps + 1, launches;

  shortest.steps = 1;
  if (!count_run (spec, gpu, nf_bench_net_sample, &block, &peak, error)
      || !count_run (&shortest, gpu, nf_bench_net_sample, &least, &peak, error))
    return FALSE;
  /* one step and the last denoising are two evaluations */
  cond = MAX (least.all.seconds - 2 * once->all.seconds, 0);
  launches = block.all.calls * LAUNCH;
  g_print ("\nA block of %d steps (%g evaluations, batch %d):\n\n", spec->steps,
      evaluations, spec->batch);
  g_print ("| | ms |\n|---|---|\n");
  g_print (
      "| what depends on the conditioning frames alone | %.4g |\n", 1e3 * cond);
  g_print ("| one evaluation | %.4g |\n", 1e3 * once->all.seconds);
  g_print ("| the block, expected | %.4g |\n", 1e3 * block.all.seconds);
  g_print ("| without the conditioning kept from step to step | %.4g |\n",
      1e3 * (block.all.seconds + (evaluations - 1) * cond));
  g_print ("| asking for its %.0f kernels one by one, at %g us each | %.4g |\n",
      block.all.calls, 1e6 * LAUNCH, 1e3 * launches);
  g_print ("| without graphs: the longer of both | %.4g |\n",
      1e3 * MAX (launches, block.all.seconds));
  return TRUE;
}

/* memory grows with the batch on a straight line */
static gboolean
print_memory (const NfBenchSpec *spec, const Gpu *gpu, NfBenchRun run,
    gdouble peak, GError **error)
{
  NfBenchSpec twice = *spec;
  Count count;
  gdouble more, each;

  twice.batch = 2 * spec->batch;
  if (!count_run (&twice, gpu, run, &count, &more, error))
    return FALSE;
  each = (more - peak) / spec->batch;
  g_print ("\nMemory: %.3g GB at batch %d, %.3g GB for each one more; %.0f fit "
           "in the %g GB of %s, a tenth left free. Time at batch %d: %.4g ms "
           "each.\n",
      1e-9 * peak, spec->batch, 1e-9 * each,
      floor (spec->batch + (0.9 * gpu->memory - peak) / each),
      1e-9 * gpu->memory, gpu->name, twice.batch,
      1e3 * count.all.seconds / twice.batch);
  return TRUE;
}

/**
 * nf_bench_gpus:
 *
 * Returns: (transfer full): the names that nf_bench_roofline() knows
 */
gchar *
nf_bench_gpus (void)
{
  GString *names = g_string_new (gpus[0].name);

  for (guint i = 1; i < G_N_ELEMENTS (gpus); i++)
    g_string_append_printf (names, ", %s", gpus[i].name);
  return g_string_free (names, FALSE);
}

static const Gpu *
find_gpu (const gchar *name, GError **error)
{
  g_autofree gchar *names = nf_bench_gpus ();

  for (guint i = 0; i < G_N_ELEMENTS (gpus); i++)
    if (g_str_equal (gpus[i].name, name))
      return &gpus[i];
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--gpu: no figures for \"%s\"; there are %s", name, names);
  return NULL;
}

/**
 * nf_bench_roofline:
 * @spec: which network
 * @gpu: a name from nf_bench_gpus()
 * @training: a training step, else an evaluation and, of a noise predictor, a
 *   block of frames
 * @error: return location: %NF_ERROR_INVALID
 *
 * Prints what the network would take at best, as a table.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_bench_roofline (const NfBenchSpec *spec, const gchar *gpu_name,
    gboolean training, GError **error)
{
  const Gpu *gpu = find_gpu (gpu_name, error);
  NfBenchRun run = training ? nf_bench_net_train : nf_bench_net_forward;
  g_auto (NfBenchSizes) sizes = { NULL };
  Count count;
  gdouble peak;

  if (!gpu || !nf_bench_sizes_read (&sizes, spec, error)
      || !count_run (spec, gpu, run, &count, &peak, error))
    return FALSE;
  g_print ("Computed from published peaks, not measured: %s, %s, batch %d, on "
           "%s (%.4g TFLOP/s, %.4g TB/s)\n\n",
      training ? "a training step" : "one evaluation",
      !count.bf16 && nf_matmul_precision_is_tf32 ()
          ? "tf32"
          : nf_dtype_name (spec->dtype),
      spec->batch, gpu->name, 1e-12 * count.peak, 1e-12 * gpu->bandwidth);
  print_table (&count);
  return (training || sizes.klass->task != NF_NET_PREDICT
             || print_block (spec, gpu, &count, error))
      && print_memory (spec, gpu, run, peak, error);
}
