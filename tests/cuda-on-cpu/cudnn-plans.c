/* SPDX-License-Identifier: MIT
 *
 * cudnn-plans — cuDNN has a plan for every convolution of the full networks
 *
 * On GPUs that are described to it (see gpus.h), by the code that plans on a
 * real one. Which convolutions there are is seen by running the networks on a
 * device that computes nothing. Left out are cuDNN's engines that are compiled at run time: they
 * need a driver. */
#include "gpus.h"

#include "bench/dry.h"
#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/core/ops/nfbackward.h>
#include <nextframe/core/threads/nfmatmulprecision.h>
#include "cuda/cudnn/nfconv.h"
#include <nextframe/nets/nfunet.h>
#include <nextframe/nets/nfunetpp.h>

#include <string.h>

typedef struct
{
  const gchar *name, *description;
  gsize memory;
} Gpu;

static const Gpu gpus[] = {
  { "T4", GPU_T4, 15000000000 },
  { "A100", GPU_A100, 40000000000 },
  { "RTX-4090", GPU_RTX_4090, 24000000000 },
  { "H100", GPU_H100, 80000000000 },
  { "H200", GPU_H200, 141000000000 },
  { "B200", GPU_B200, 180000000000 },
  { "RTX-5090", GPU_RTX_5090, 32000000000 },
};

/* runs a network on this device: a batch of @n, training or not */
typedef void (*Network) (NfDevice *device, gint64 n, const NfForward *forward);

typedef struct
{
  const gchar *name;
  const Gpu *gpu;
  Network network;
  gint64 n;
  NfForward forward;
  NfMatmulPrecision precision;
} Case;

static guint
shape_hash (gconstpointer key)
{
  const gint *numbers = key;
  guint hash = 0;

  for (gsize i = 0; i < sizeof (NfCudnnConv) / sizeof (gint); i++)
    hash = hash * 31 + (guint) numbers[i];
  return hash;
}

static gboolean
shape_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (NfCudnnConv)) == 0;
}

/* adds a convolution to a set, with all that cuDNN can do in the same pass */
static void
add (GHashTable *set, const NfOpCall *call, NfCudnnPass pass)
{
  const NfCudaConv conv = nf_cuda_conv_of (call);
  NfCudnnConv shape = nf_cuda_conv_shape (&conv, pass);

  shape.align = 16;
  if (pass == NF_CUDNN_FORWARD)
    nf_cuda_conv_fuse (&conv, &shape);
  g_hash_table_add (set, g_memdup2 (&shape, sizeof shape));
}

static void
observe (
    const NfOpCall *call, gboolean back, const NfOpTime *time, gpointer set)
{
  const gboolean cat = call->op == NF_OP_CONV2D_CAT;
  guint n = cat ? nf_cuda_conv_sources (call) : 1;
  gboolean data = FALSE;

  if (call->op != NF_OP_CONV2D && !cat)
    return;
  if (!back) {
    add (set, call, NF_CUDNN_FORWARD);
    return;
  }
  for (guint i = 0; i < n; i++)
    data = data || call->in[cat ? i + 1 : i]->requires_grad;
  if (data)
    add (set, call, NF_CUDNN_BACKWARD_DATA);
  if (call->in[cat ? 0 : 1]->requires_grad)
    add (set, call, NF_CUDNN_BACKWARD_WEIGHT);
}

static void
backward (NfTape *tape, NfTensor *y)
{
  g_autoptr (NfTensor) one = nf_tensor_new_like (y, NULL);
  g_autoptr (GError) error = NULL;

  nf_tape_backward_from (tape, y, one, &error);
  g_assert_no_error (error);
}

static void
run_diffusion (NfDevice *device, gint64 n, const NfForward *forward)
{
  g_autofree gfloat *labels = g_new0 (gfloat, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfUnetCond) maps = NULL;
  g_autoptr (NfTensor) x = NULL, past = NULL, y = NULL;
  g_autoptr (NfUnet) net = NULL;
  NfUnetConfig c;

  nf_unet_config_init (&c);
  net = nf_unet_new (device, &c, &error);
  g_assert_no_error (error);
  nf_params_set_trainable (nf_unet_params (net), forward->training);
  x = nf_tensor_new (device, NF_F32, n, (gint64) c.channels * c.num_frames,
      c.height, c.width, NULL);
  past = nf_tensor_new (device, forward->dtype, n,
      (gint64) c.channels * c.num_frames_cond, c.height, c.width, NULL);
  if (forward->training)
    nf_tape_begin (tape);
  maps = nf_unet_condition (net, past, &error);
  g_assert_no_error (error);
  y = nf_unet_forward (net, x, labels, maps, forward, &error);
  g_assert_no_error (error);
  if (forward->training) {
    nf_tape_end (tape);
    backward (tape, y);
  }
}

static void
run_unetpp (NfDevice *device, gint64 n, const NfForward *forward, gint encoder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = nf_tensor_new (device, NF_F32, n, 3, 160, 256, NULL);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfUnetpp) net = NULL;
  NfUnetppConfig c;

  nf_unetpp_config_init (&c);
  c.encoder = encoder;
  net = nf_unetpp_new (device, &c, &error);
  g_assert_no_error (error);
  nf_params_set_trainable (nf_unetpp_params (net), forward->training);
  if (forward->training)
    nf_tape_begin (tape);
  y = nf_segment_forward (NF_NET (net), x, forward, &error);
  g_assert_no_error (error);
  if (forward->training) {
    nf_tape_end (tape);
    backward (tape, y);
  }
}

static void
run_resnet34 (NfDevice *device, gint64 n, const NfForward *forward)
{
  run_unetpp (device, n, forward, 34);
}

static void
run_resnet50 (NfDevice *device, gint64 n, const NfForward *forward)
{
  run_unetpp (device, n, forward, 50);
}

/* inference, then training with the batches of examples/configs */
static const Case cases[] = {
  { "diffusion", NULL, run_diffusion, 1, { FALSE } },
  { "diffusion-training", NULL, run_diffusion, 16, { TRUE } },
  { "resnet34", NULL, run_resnet34, 1, { FALSE } },
  { "resnet34-training", NULL, run_resnet34, 16, { TRUE } },
  { "resnet50", NULL, run_resnet50, 1, { FALSE } },
  { "resnet50-training", NULL, run_resnet50, 64, { TRUE } },
};

static cudnnBackendDescriptor_t
describe (const Gpu *gpu)
{
  g_autoptr (GError) error = NULL;
  cudnnBackendDescriptor_t descriptor =
      nf_cudnn_descriptor (CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR,
          (NfCudnnAttribute[]){
              { CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                  (gint64) strlen (gpu->description), gpu->description },
              { 0 },
          },
          &error);

  g_assert_no_error (error);
  return descriptor;
}

typedef struct
{
  guint shapes, whole; /* forward passes that need no kernel of ours */
  guint slow; /* those that are left with cuDNN's engine 0 */
  guint in_f32; /* those of bf16 that are computed in f32 */
  gsize workspace;
} Count;

static void
plan_one (const NfCudnnConv *conv, const NfCudnnTarget *target, Count *count)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfCudnnPlan) plan = NULL;
  NfCudnnConv shape = *conv;

  plan = shape.bias ? nf_cudnn_plan_new (&shape, target, NULL) : NULL;
  count->whole += plan != NULL;
  if (plan == NULL) {
    shape.bias = shape.residual = shape.relu = FALSE;
    shape.gain = 1.0f;
    plan = nf_cudnn_plan_new (&shape, target, shape.bf16 ? NULL : &error);
  }
  if (plan == NULL && shape.bf16) { /* as conv.cu does */
    shape.bf16 = FALSE;
    shape.tf32 = TRUE;
    plan = nf_cudnn_plan_new (&shape, target, &error);
    count->in_f32++;
  }
  if (plan == NULL) {
    g_test_message ("%s", error->message);
    g_test_fail ();
    return;
  }
  if (plan->engine == 0 && g_test_verbose ()) {
    g_autofree gchar *name = nf_cudnn_conv_name (&shape);

    g_test_message ("engine 0: %s", name);
  }
  count->shapes++;
  count->slow += plan->engine == 0;
  count->workspace = MAX (count->workspace, plan->workspace);
}

static void
test_plans (gconstpointer data)
{
  const Case *test = data;
  g_auto (NfCudnnDescriptor) properties = describe (test->gpu);
  const NfCudnnTarget target = { NULL, properties, test->gpu->memory / 8 };
  g_autoptr (GHashTable) set =
      g_hash_table_new_full (shape_hash, shape_equal, g_free, NULL);
  Count count = { 0 };
  GHashTableIter iter;
  gpointer conv;

  nf_matmul_precision_set (test->precision);
  nf_observe_begin (observe, set);
  test->network (nf_bench_dry_device (), test->n, &test->forward);
  nf_observe_end ();
  g_assert_cmpuint (g_hash_table_size (set), >, 0);
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &conv, NULL))
    plan_one (conv, &target, &count);
  g_test_message ("batch %" G_GINT64_FORMAT
                  ": %u shapes, %u with bias, residual and ReLU in one pass, "
                  "%u by engine 0, %u of bf16 in f32, %.1f MiB of workspace",
      test->n, count.shapes, count.whole, count.slow, count.in_f32,
      (gdouble) count.workspace / 1048576);
  g_assert_cmpuint (count.shapes, ==, g_hash_table_size (set));
  /* before 8.0 there is nothing for bf16 */
  if (test->forward.dtype != NF_BF16 || !g_str_equal (test->gpu->name, "T4"))
    g_assert_cmpuint (count.in_f32, ==, 0);
}

/* bytes that cuDNN's plan works in for a modulation's first convolution, in bf16
 * with so many channels of conditioning frames */
static gsize
workspace_of (const NfCudnnTarget *target, gint channels)
{
  const NfCudnnConv conv = { .pass = NF_CUDNN_FORWARD,
    .n = 16,
    .c = channels,
    .h = 128,
    .w = 128,
    .o = 256,
    .kh = 3,
    .kw = 3,
    .oh = 128,
    .ow = 128,
    .stride = 1,
    .pad = 1,
    .align = 16,
    .gain = 1.0f,
    .bf16 = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (NfCudnnPlan) plan = nf_cudnn_plan_new (&conv, target, &error);

  g_assert_no_error (error);
  return plan->workspace;
}

/* what docs/gpu-performance.md says of 33 channels: cuDNN makes a copy
 * with 40 */
static void
test_padding (gconstpointer data)
{
  const Gpu *gpu = data;
  g_auto (NfCudnnDescriptor) properties = describe (gpu);
  const NfCudnnTarget target = { NULL, properties, gpu->memory / 8 };
  const gsize own = workspace_of (&target, 33),
              padded = workspace_of (&target, 40);

  g_test_message ("33 channels: %.1f MiB of workspace, 40: %.1f MiB",
      (gdouble) own / 1048576, (gdouble) padded / 1048576);
  g_assert_cmpuint (own, >=, 16 * 128 * 128 * 40 * 2);
  g_assert_cmpuint (padded, <, 1024);
}

int
main (int argc, char **argv)
{
  static const gchar *const names[] = { "f32", "bf16", "tf32" };
  static Case tests[G_N_ELEMENTS (gpus)][G_N_ELEMENTS (names)]
                   [G_N_ELEMENTS (cases)];

  g_test_init (&argc, &argv, NULL);
  for (guint g = 0; g < G_N_ELEMENTS (gpus); g++) {
    g_autofree gchar *padding =
        g_strdup_printf ("/cudnn-plans/%s/padding", gpus[g].name);

    if (!g_str_equal (gpus[g].name, "T4")) /* it has no plans for bf16 */
      g_test_add_data_func (padding, &gpus[g], test_padding);
    for (guint type = 0; type < G_N_ELEMENTS (names); type++)
      for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        Case *test = &tests[g][type][i];
        g_autofree gchar *path = NULL;

        *test = cases[i];
        test->gpu = &gpus[g];
        test->forward.dtype = type == 1 ? NF_BF16 : NF_F32;
        test->precision =
            type == 2 ? NF_MATMUL_PRECISION_TF32 : NF_MATMUL_PRECISION_F32;
        path = g_strdup_printf (
            "/cudnn-plans/%s/%s/%s", gpus[g].name, names[type], test->name);
        g_test_add_data_func (path, test, test_plans);
      }
  }
  return g_test_run ();
}
