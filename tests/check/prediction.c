/* SPDX-License-Identifier: MIT
 *
 * prediction — frames that are predicted block by block: which noise and which
 * frames each block gets, what is kept between blocks, and what ensembles make of
 * several predictions */
#include <nextframe/diffusion/nfensemble.h>
#include <nextframe/diffusion/nfprediction.h>
#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/core/ops/nftape.h>
#include "graphnet.h"
#include "testdevice.h"

#include <math.h>

static NfDevice *device;

static NfUnet *
tiny_net_of (gint num_frames, gint gap, gint labels)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = g_strdup_printf (
      "{\"image_size\":[8,12],\"ngf\":8,\"ch_mult\":[1,2],"
      "\"num_res_blocks\":1,\"attn_resolutions\":[4],\"n_head_channels\":8,"
      "\"spade_dim\":4,\"num_classes\":%d,\"num_frames\":%d,"
      "\"num_frames_cond\":3,\"future_gap\":%d}",
      labels, num_frames, gap);
  g_autoptr (JsonNode) json = json_from_string (text, &error);
  NfUnetConfig config;
  NfUnet *net;

  g_assert_no_error (error);
  nf_unet_config_from_json (&config, json_node_get_object (json), &error);
  g_assert_no_error (error);
  net = nf_unet_new (device, &config, &error);
  g_assert_no_error (error);
  g_assert_true (nf_params_reset (nf_unet_params (net), 3, &error));
  return net;
}

static NfUnet *
tiny_net (gint num_frames, gint gap)
{
  return tiny_net_of (num_frames, gap, 20);
}

/* runs a roll-out; TRUE and the mean squares of the frames, -1 where NULL */
static gboolean
predict (
    NfUnet *net, const NfPrediction *prediction, gdouble *power, GError **error)
{
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 12, 0.25f, NULL);
  g_autofree NfTensor **out = g_new (NfTensor *, prediction->horizon);

  if (!nf_prediction_run (prediction, net, schedule, context, out, error))
    return FALSE;
  for (guint i = 0; i < prediction->horizon; i++) {
    g_autoptr (NfTensor) sum = NULL;

    power[i] = -1.0;
    if (out[i] == NULL)
      continue;
    g_assert_cmpint (out[i]->c, ==, 3);
    sum = nf_op_sum_squares (out[i], NULL);
    power[i] = (gdouble) nf_tensor_scalar (sum, NULL);
    nf_tensor_unref (out[i]);
  }
  return TRUE;
}

static void
test_prediction_blocks (void)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (GError) error = NULL;
  NfPrediction prediction;
  gdouble power[5], again[5];

  nf_prediction_init (&prediction);
  prediction.steps = 4;
  prediction.horizon = 5;
  g_assert_true (predict (net, &prediction, power, &error));
  for (guint i = 0; i < 5; i++)
    g_assert_true (power[i] > 0.0);
  g_assert_true (predict (net, &prediction, again, &error));
  for (guint i = 0; i < 5; i++)
    g_assert_true (again[i] == power[i]);
  prediction.stream = 1;
  g_assert_true (predict (net, &prediction, again, &error));
  g_assert_true (again[0] != power[0]);
}

#define BLOCK (2 * 3 * 8 * 12) /* values of a block of two frames */

/* two blocks of a network that tells no noise: what is drawn is all that there is */
static void
drawn_blocks (NfSamplerMethod method, guint64 seed, guint64 stream, gfloat *out)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 12, 0.25f, NULL);
  g_autoptr (GError) error = NULL;
  NfTensor *frames[4];
  NfPrediction prediction;

  nf_prediction_init (&prediction);
  prediction.method = method;
  prediction.steps = 4;
  prediction.horizon = 4;
  prediction.clip = NF_CLAMP_NONE;
  prediction.denoise = NF_DENOISE_NONE;
  prediction.seed = seed;
  prediction.stream = stream;
  nf_prediction_run (&prediction, net, schedule, context, frames, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++) {
    g_assert_true (nf_tensor_to_nchw (frames[i], out + i * BLOCK / 2, &error));
    nf_tensor_unref (frames[i]);
  }
}

/* Values that were not brought into the range of frames are a sum: so many times the
 * noise that sampling starts from, which is all that DDIM's are made of, and what
 * DDPM draws in its steps. That is left in @step; 0 elsewhere. */
static void
step_noise (guint64 seed, guint64 stream, gfloat *step)
{
  gfloat ddim[2 * BLOCK], ddpm[2 * BLOCK];
  gdouble both = 0, square = 0;

  drawn_blocks (NF_SAMPLER_DDIM, seed, stream, ddim);
  drawn_blocks (NF_SAMPLER_DDPM, seed, stream, ddpm);
  for (guint i = 0; i < 2 * BLOCK; i++) {
    if (fabsf (ddim[i]) > 0.95f || fabsf (ddpm[i]) > 0.95f)
      continue;
    both += (gdouble) ddim[i] * (gdouble) ddpm[i];
    square += (gdouble) ddim[i] * (gdouble) ddim[i];
  }
  for (guint i = 0; i < 2 * BLOCK; i++)
    step[i] = fabsf (ddim[i]) > 0.95f || fabsf (ddpm[i]) > 0.95f
        ? 0
        : ddpm[i] - (gfloat) (both / square) * ddim[i];
}

/* of what neither has cut off */
static gdouble
correlation (const gfloat *a, const gfloat *b)
{
  gdouble ab = 0, aa = 0, bb = 0;
  guint n = 0;

  for (guint i = 0; i < BLOCK; i++) {
    if (a[i] == 0 || b[i] == 0)
      continue;
    ab += (gdouble) a[i] * (gdouble) b[i];
    aa += (gdouble) a[i] * (gdouble) a[i];
    bb += (gdouble) b[i] * (gdouble) b[i];
    n++;
  }
  g_assert_cmpuint (n, >, BLOCK / 10);
  return ab / sqrt (aa * bb);
}

/* what is drawn in the steps of one block, clip and seed says nothing about that of
 * another */
static void
test_prediction_draws (void)
{
  gfloat one[2 * BLOCK], again[2 * BLOCK], clip[2 * BLOCK], seed[2 * BLOCK];
  const gfloat *const all[] = { one, one + BLOCK, clip, clip + BLOCK, seed,
    seed + BLOCK };

  step_noise (5, 0, one);
  step_noise (5, 0, again);
  step_noise (5, 1, clip);
  step_noise (6, 0, seed);
  g_assert_cmpfloat (correlation (one, again), >, 0.999);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    for (guint k = 0; k < i; k++)
      if (!(fabs (correlation (all[i], all[k])) <= 0.4))
        g_error ("draws %u and %u: correlation %g", i, k,
            correlation (all[i], all[k]));
}

/* a fresh network ends with zeros, whatever it sees */
static void
fill_params (NfUnet *net, guint64 seed)
{
  static const NfAxpbyParams scale = { .alpha = 0.2f };
  NfParams *params = nf_unet_params (net);

  for (guint i = 0; i < nf_params_count (params); i++) {
    NfTensor *value = nf_params_index (params, i)->value;
    const NfRandnParams how = { value->n, value->c, value->h, value->w,
      { i, seed, NF_RNG_TEST } };
    g_autoptr (NfTensor) drawn = nf_op_randn (device, &how, NULL);
    g_autoptr (NfTensor) scaled = nf_op_axpby (drawn, NULL, &scale, NULL);

    g_assert_true (nf_tensor_copy (value, scaled, NULL));
  }
}

/* frame 2 of a prediction from the context of a seed */
static NfTensor *
predict_from (NfUnet *net, const NfPrediction *prediction, guint64 seed)
{
  const NfRandnParams params = { 1, 9, 8, 12, { seed, 0, NF_RNG_TEST } };
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  g_autoptr (NfTensor) drawn = nf_op_randn (device, &params, NULL);
  g_autoptr (NfTensor) context = nf_op_clamp (drawn, -1.0f, 1.0f, NULL);
  g_autoptr (NfTensor) before = nf_tensor_new_like (context, NULL);
  g_autoptr (GError) error = NULL;
  NfTensor *out[2];

  g_assert_true (nf_tensor_copy (before, context, NULL));
  nf_prediction_run (prediction, net, schedule, context, out, &error);
  g_assert_no_error (error);
  nf_test_assert_same_bits (context, before);
  nf_tensor_unref (out[0]);
  return out[1];
}

static gdouble
power_of (NfTensor *x)
{
  g_autoptr (NfTensor) sum = nf_op_sum_squares (x, NULL);

  return (gdouble) nf_tensor_scalar (sum, NULL);
}

/* the sum of squares of what two tensors differ by */
static gdouble
distance (NfTensor *a, NfTensor *b)
{
  static const NfAxpbyParams less = { .alpha = 1.0f, .beta = -1.0f };
  g_autoptr (NfTensor) differ = nf_op_axpby (a, b, &less, NULL);

  return power_of (differ);
}

typedef struct
{
  NfUnet *net;
  NfUnetCond *cond;
  guint evaluations;
} Plain;

static NfTensor *
predict_plainly (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Plain *plain = data;
  g_autoptr (NfTensor) embedding = nf_unet_embed (plain->net, &label, 1, error);

  plain->evaluations++;
  return nf_unet_forward_at (
      plain->net, x, embedding, plain->cond, NULL, error);
}

static void
count_evaluations (gpointer count, guint done, guint total)
{
  *(guint *) count = done;
}

/* Any number of steps gives what the network gives label by label: what is made of
 * labels some steps ahead is that of each. */
static void
test_prediction_any_steps (void)
{
  static const struct
  {
    NfSamplerMethod method;
    guint steps;
  } cases[] = { { NF_SAMPLER_DPM_SOLVER, 1 }, { NF_SAMPLER_DPM_SOLVER, 31 },
    { NF_SAMPLER_DPM_SOLVER, 32 }, { NF_SAMPLER_DPM_SOLVER, 33 },
    { NF_SAMPLER_DPM_SOLVER, 64 }, { NF_SAMPLER_DPM_SOLVER, 65 },
    { NF_SAMPLER_DDIM, 100 }, { NF_SAMPLER_FPNDM, 50 } };
  g_autoptr (NfUnet) net = tiny_net_of (2, 0, 100);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (nf_unet_config (net));
  const NfRandnParams context_params = { 1, 9, 8, 12, { 1, 0, NF_RNG_TEST } };
  const NfRandnParams noise = { 1, 6, 8, 12, { 0, 0, NF_RNG_SAMPLE_START } };
  g_autoptr (NfTensor) context = nf_op_randn (device, &context_params, NULL);

  fill_params (net, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfUnetCond) cond = nf_unet_condition (net, context, &error);
    g_autoptr (NfTensor) start = nf_op_randn (device, &noise, &error);
    g_autoptr (NfTensor) wanted = NULL;
    g_autoptr (NfTensor) bounded = NULL;
    g_autoptr (NfTensor) second = NULL;
    NfTensor *out[2];
    guint evaluations = 0;
    NfPrediction prediction;
    Plain plain = { net, cond, 0 };
    NfSampler sampler = { .method = cases[i].method,
      .steps = cases[i].steps,
      .clip = NF_CLAMP_CLEAN,
      .denoise = NF_DENOISE_AGAIN,
      .target = NF_TARGET_EPS,
      .schedule = schedule,
      .predict = predict_plainly,
      .data = &plain };

    nf_prediction_init (&prediction);
    prediction.method = cases[i].method;
    prediction.steps = cases[i].steps;
    prediction.horizon = 2;
    prediction.progress = count_evaluations;
    prediction.progress_data = &evaluations;
    nf_prediction_run (&prediction, net, schedule, context, out, &error);
    g_assert_no_error (error);
    wanted = nf_sampler_run (&sampler, start, &error);
    g_assert_no_error (error);
    bounded = nf_op_clamp (wanted, -1.0f, 1.0f, &error);
    second = nf_op_slice (bounded, 3, 3, &error);
    g_assert_cmpuint (evaluations, ==, plain.evaluations);
    g_assert_cmpfloat (distance (out[1], second), <=, 1e-6 * power_of (second));
    nf_tensor_unref (out[0]);
    nf_tensor_unref (out[1]);
  }
}

/* one graph for all clips: each gets the frames that it gets by one of its own,
 * and what it was made from stays as it is */
static void
test_prediction_keeps_its_graph (gconstpointer data)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfSamplingGraphs) graphs = nf_sampling_graphs_new (net);
  g_autoptr (NfTensor) first = NULL;
  NfPrediction own;

  fill_params (net, 0);
  nf_prediction_init (&own);
  own.steps = 4;
  own.horizon = 2;
  own.dtype = GPOINTER_TO_INT (data);
  for (guint64 clip = 0; clip < 3; clip++) {
    NfPrediction kept = own;
    g_autoptr (NfTensor) want = predict_from (net, &own, clip);
    g_autoptr (NfTensor) got = NULL;

    kept.graphs = graphs;
    got = predict_from (net, &kept, clip);
    nf_test_assert_same_bits (got, want);
    if (first == NULL)
      first = nf_tensor_ref (got);
    else
      g_assert_cmpfloat (distance (got, first), >, 0.01);
  }
  /* 5 evaluations a clip; the first of all is an ordinary run */
  g_assert_cmpuint (nf_sampling_graphs_launches (graphs), ==,
      device->backend->graph != NULL ? 3 * 5 - 1 : 0);
}

/* a graph that was captured before the weights changed is not used again, nor is
 * what was made of several layers' weights */
static void
test_prediction_follows_weights (gconstpointer data)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfSamplingGraphs) graphs = nf_sampling_graphs_new (net);
  NfPrediction own, kept;
  NfTensor *got[2], *want[2];

  nf_prediction_init (&own);
  own.steps = 4;
  own.horizon = 2;
  own.dtype = GPOINTER_TO_INT (data);
  kept = own;
  kept.graphs = graphs;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (NfUnet) fresh = tiny_net (2, 0);

    fill_params (net, i);
    fill_params (fresh, i);
    got[i] = predict_from (net, &kept, 0);
    want[i] = predict_from (fresh, &own, 0);
    nf_test_assert_same_bits (got[i], want[i]);
  }
  g_assert_cmpfloat (distance (got[0], got[1]), >, 0.01);
  for (guint i = 0; i < 2; i++) {
    nf_tensor_unref (got[i]);
    nf_tensor_unref (want[i]);
  }
}

static gsize
live_bytes (void)
{
  NfDeviceMemory memory;

  nf_device_memory (device, TRUE, &memory);
  nf_device_memory (device, FALSE, &memory);
  return memory.live;
}

/* a conditioning stays after a prediction only where a graph reads it */
static void
test_prediction_frees_its_conditioning (gconstpointer data)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfSamplingGraphs) graphs = nf_sampling_graphs_new (net);
  NfPrediction prediction;
  gsize before;

  nf_prediction_init (&prediction);
  prediction.steps = 4;
  prediction.horizon = 2;
  prediction.dtype = GPOINTER_TO_INT (data);
  nf_tensor_unref (predict_from (net, &prediction, 0));
  before = live_bytes ();
  prediction.graphs = graphs;
  for (guint64 clip = 0; clip < 2; clip++)
    nf_tensor_unref (predict_from (net, &prediction, clip));
  if (device->backend->graph == NULL)
    g_assert_cmpuint (live_bytes (), ==, before);
  else
    g_assert_cmpuint (live_bytes (), >, before);
}

/* drawing for hours takes no more memory than drawing for a while */
static void
test_prediction_memory (gconstpointer data)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  NfDeviceMemory early, late;
  NfPrediction prediction;
  gdouble power[5];

  nf_prediction_init (&prediction);
  prediction.steps = 4;
  prediction.horizon = 5;
  prediction.dtype = GPOINTER_TO_INT (data);
  for (guint i = 0; i < 6; i++) {
    g_assert_true (predict (net, &prediction, power, NULL));
    nf_device_memory (device, i < 3, i < 3 ? &early : &late);
  }
  g_assert_cmpuint (late.reserved, ==, early.reserved);
  g_assert_cmpuint (late.live, ==, early.live);
}

static void
count_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer counts)
{
  ((guint *) counts)[call->op]++;
}

/* the frames are made smaller once for each size, not for each modulation, and
 * layers that read the same input are one */
static void
test_conditioning_counts (void)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 12, 0.25f, NULL);
  g_autoptr (NfUnetCond) cond = NULL;
  guint counts[NF_N_OPS] = { 0 };

  nf_observe_begin (count_op, counts);
  cond = nf_unet_condition (net, context, NULL);
  nf_observe_end ();
  g_assert_nonnull (cond);
  g_assert_cmpuint (counts[NF_OP_NEAREST], ==, 1); /* two levels */
  /* what modulations share, and gamma with beta: of ten blocks and the end */
  g_assert_cmpuint (counts[NF_OP_CONV2D], ==, 2 * (2 * 10 + 1));
}

/* a tape keeps gamma and beta apart, so that there are other maps to copy */
static void
test_conditioning_of_tape_is_not_copied (void)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 12, 0.25f, NULL);
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfUnetCond) drawn = nf_unet_condition (net, context, NULL);
  g_autoptr (NfUnetCond) again = nf_unet_condition (net, context, NULL);
  g_autoptr (NfUnetCond) trained = NULL;

  nf_tape_begin (tape);
  trained = nf_unet_condition (net, context, NULL);
  nf_tape_end (tape);
  g_assert_true (nf_unet_cond_copy (drawn, again, NULL));
  for (guint i = 0; i < 2; i++) {
    NfUnetCond *const conds[] = { drawn, trained };
    g_autoptr (GError) error = NULL;

    g_assert_false (nf_unet_cond_copy (conds[i], conds[1 - i], &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
    g_assert_nonnull (strstr (error->message, "under a tape"));
  }
}

/* q, k and v are one product, and by a tape, which trains them, three */
static void
test_attention_is_one_product (void)
{
  const gfloat labels[] = { 3.0f };
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 12, 0.25f, NULL);
  g_autoptr (NfTensor) x =
      nf_tensor_new_filled (device, 1, 6, 8, 12, 0.5f, NULL);
  guint counts[2][NF_N_OPS] = { { 0 }, { 0 } };
  NfTensor *y[2];

  fill_params (net, 0);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (NfTape) tape = nf_tape_new ();
    g_autoptr (NfUnetCond) cond = NULL;

    if (i == 1)
      nf_tape_begin (tape);
    nf_observe_begin (count_op, counts[i]);
    cond = nf_unet_condition (net, context, NULL);
    y[i] = nf_unet_forward (net, x, labels, cond, NULL, NULL);
    nf_observe_end ();
    if (i == 1)
      nf_tape_end (tape);
    g_assert_nonnull (y[i]);
  }
  g_assert_cmpuint (counts[0][NF_OP_ATTENTION], >, 0);
  g_assert_cmpuint (counts[1][NF_OP_LINEAR] - counts[0][NF_OP_LINEAR], ==,
      2 * counts[0][NF_OP_ATTENTION]);
  g_assert_cmpfloat (distance (y[0], y[1]), <, 1e-6 * power_of (y[0]));
  nf_tensor_unref (y[0]);
  nf_tensor_unref (y[1]);
}

static void
test_prediction_gap (void)
{
  g_autoptr (NfUnet) net = tiny_net (1, 4);
  g_autoptr (GError) error = NULL;
  NfPrediction prediction;
  gdouble power[6];

  nf_prediction_init (&prediction);
  prediction.steps = 2;
  prediction.horizon = 5;
  g_assert_true (predict (net, &prediction, power, &error));
  g_assert_true (power[3] == -1.0 && power[4] > 0.0);
  prediction.horizon = 6;
  g_assert_false (predict (net, &prediction, power, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
}

static void
test_prediction_cancelled_fails (void)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  NfPrediction prediction;
  gdouble power[2];

  nf_prediction_init (&prediction);
  prediction.horizon = 2;
  prediction.cancellable = cancellable;
  g_cancellable_cancel (cancellable);
  g_assert_false (predict (net, &prediction, power, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_CANCELLED);
}

static void
test_context_of_other_size_fails (void)
{
  g_autoptr (NfUnet) net = tiny_net (2, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) context =
      nf_tensor_new_filled (device, 1, 9, 8, 8, 0.25f, NULL);

  g_assert_null (nf_unet_condition (net, context, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
}

static void
test_ensemble (void)
{
  const guint8 a[] = { 0, 10, 200 }, b[] = { 10, 10, 220 };
  const guint8 c[] = { 255, 11, 210 };
  const guint8 *const predictions[] = { a, b, c };
  guint8 out[3];

  nf_ensemble_combine (NF_ENSEMBLE_MEAN, predictions, 3, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 88, 10, 210 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDIAN, predictions, 3, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 10, 10, 210 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDOID, predictions, 3, 3, out);
  g_assert_cmpmem (out, 3, b, 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDIAN, predictions, 1, 3, out);
  g_assert_cmpmem (out, 3, a, 3);
}

/* an even number of predictions: the lower one of the two in the middle, halves
 * rounded up, the first one of those that are equally near */
static void
test_even_ensemble (void)
{
  const guint8 a[] = { 0, 10, 255 }, b[] = { 7, 10, 0 };
  const guint8 c[] = { 200, 30, 254 }, d[] = { 100, 20, 255 };
  const guint8 *const predictions[] = { a, b, c, d };
  guint8 out[3];

  nf_ensemble_combine (NF_ENSEMBLE_MEAN, predictions, 2, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 4, 10, 128 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEAN, predictions, 4, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 77, 18, 191 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDIAN, predictions, 2, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 0, 10, 0 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDIAN, predictions, 4, 3, out);
  g_assert_cmpmem (out, 3, ((guint8[]){ 7, 10, 254 }), 3);
  nf_ensemble_combine (NF_ENSEMBLE_MEDOID, predictions, 2, 3, out);
  g_assert_cmpmem (out, 3, a, 3);
}

int
main (int argc, char **argv)
{
  gint status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  g_test_add_func ("/prediction/blocks", test_prediction_blocks);
  if (device->backend->on_host) { /* hundreds of evaluations */
    g_test_add_func ("/prediction/blocks-draws", test_prediction_draws);
    g_test_add_func ("/prediction/any-steps", test_prediction_any_steps);
  }
  g_test_add_data_func ("/prediction/memory/f32", GINT_TO_POINTER (NF_F32),
      test_prediction_memory);
  g_test_add_data_func ("/prediction/memory/bf16", GINT_TO_POINTER (NF_BF16),
      test_prediction_memory);
  g_test_add_data_func ("/prediction/keeps-its-graph/f32",
      GINT_TO_POINTER (NF_F32), test_prediction_keeps_its_graph);
  g_test_add_data_func ("/prediction/keeps-its-graph/bf16",
      GINT_TO_POINTER (NF_BF16), test_prediction_keeps_its_graph);
  g_test_add_data_func ("/prediction/frees-its-conditioning/f32",
      GINT_TO_POINTER (NF_F32), test_prediction_frees_its_conditioning);
  g_test_add_data_func ("/prediction/frees-its-conditioning/bf16",
      GINT_TO_POINTER (NF_BF16), test_prediction_frees_its_conditioning);
  g_test_add_data_func ("/prediction/follows-weights/f32",
      GINT_TO_POINTER (NF_F32), test_prediction_follows_weights);
  g_test_add_data_func ("/prediction/follows-weights/bf16",
      GINT_TO_POINTER (NF_BF16), test_prediction_follows_weights);
  g_test_add_func ("/prediction/conditioning-counts", test_conditioning_counts);
  g_test_add_func ("/prediction/conditioning-of-tape-is-not-copied",
      test_conditioning_of_tape_is_not_copied);
  g_test_add_func (
      "/prediction/attention-is-one-product", test_attention_is_one_product);
  g_test_add_func ("/prediction/gap", test_prediction_gap);
  g_test_add_func (
      "/prediction/cancelled-fails", test_prediction_cancelled_fails);
  g_test_add_func ("/prediction/context-of-other-size-fails",
      test_context_of_other_size_fails);
  g_test_add_func ("/ensemble/modes", test_ensemble);
  g_test_add_func ("/ensemble/even", test_even_ensemble);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
