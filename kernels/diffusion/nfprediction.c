/* SPDX-License-Identifier: MIT
 *
 * nfprediction — frames beyond the context, block by block */
#include <nextframe/diffusion/nfprediction.h>

#include "diffusion/nftimestepembeddings.h"

#include <math.h>

typedef struct
{
  const NfPrediction *prediction;
  NfUnet *net;
  const NfSchedule *schedule;
  guint block;
  gint64 batch;
  NfTensor **guides; /* num_frames of the block's, where it has any */
  guint start; /* label */
  guint done, total; /* evaluations, for progress */
  NfSamplingGraph *graph; /* of one evaluation */
  NfTimestepEmbeddings *times;
  guint times_start; /* label that they begin with */
} Block;

void
nf_prediction_init (NfPrediction *prediction)
{
  static const NfPrediction defaults = {
    .method = NF_SAMPLER_DDIM,
    .steps = 50,
    .clip = NF_CLAMP_CLEAN,
    .denoise = NF_DENOISE_AGAIN,
    .dtype = NF_F32,
    .horizon = 11,
  };

  *prediction = defaults;
}

void
nf_prediction_init_for (NfPrediction *prediction, const NfUnetConfig *config)
{
  nf_prediction_init (prediction);
  nf_prediction_set_clip_for (prediction, config);
}

void
nf_prediction_set_clip_for (
    NfPrediction *prediction, const NfUnetConfig *config)
{
  gboolean published = config->target == NF_TARGET_EPS;

  prediction->clip = published ? NF_CLAMP_CLEAN : NF_CLAMP_CONSISTENT;
  prediction->denoise = published ? NF_DENOISE_AGAIN : NF_DENOISE_CLEANEST;
}

static NfTensor *
predict (gpointer data, NfTensor *x, gfloat label, GError **error)
{
  Block *block = data;
  const NfPrediction *r = block->prediction;
  g_autoptr (NfTensor) time = NULL;
  NfTensor *e;

  if (r->lease != NULL && !nf_cores_yield (r->lease, r->cancellable, error))
    return NULL;
  time = nf_timestep_embeddings_get (block->times, label, error);
  if (time == NULL)
    return NULL;
  e = nf_sampling_graph_run (block->graph, x, time, error);
  block->done++;
  if (r->progress != NULL)
    r->progress (
        r->progress_data, block->done, MAX (block->done, block->total));
  return e;
}

static NfTensor *
noise (const Block *block, guint32 purpose, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  NfRandnParams params = { .n = block->batch,
    .c = (gint64) c->channels * c->num_frames,
    .h = c->height,
    .w = c->width,
    .key = { .seed = block->prediction->seed,
        .stream = block->prediction->stream,
        .purpose = purpose } };

  return nf_op_randn (nf_unet_params (block->net)->device, &params, error);
}

static NfTensor *
draw (gpointer data, guint step, GError **error)
{
  Block *block = data;

  return noise (block,
      NF_RNG_SAMPLE_STEP + block->block * 2 * block->prediction->steps + step,
      error);
}

/* the block's guides; none where frames lack one */
static void
find_guides (Block *block, guint at)
{
  const NfPrediction *r = block->prediction;
  guint n = (guint) nf_unet_config (block->net)->num_frames;
  gboolean all = r->guide != NULL && at + n <= r->horizon;

  for (guint i = 0; i < n; i++) {
    block->guides[i] =
        r->guide != NULL && at + i < r->horizon ? r->guide[at + i] : NULL;
    all = all && block->guides[i] != NULL;
  }
  block->start = all ? nf_schedule_label (block->schedule, r->guide_start) : 0;
}

/* (transfer full) (nullable): x with more channels behind; the reference to @x,
 * which may be NULL, is dropped */
static NfTensor *
append (NfTensor *x, NfTensor *more, GError **error)
{
  NfTensor *both[2] = { x, more };
  NfTensor *joined =
      x != NULL ? nf_op_concat (both, 2, error) : nf_tensor_ref (more);

  nf_tensor_clear (&x);
  return joined;
}

/* the input in place of a missing guide: -1; for a network that predicts
 * differences it is the newest frame, marked as no guide */
static NfTensor *
no_guide (const Block *block, NfTensor *context, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  gint64 frame = c->residual > 0 ? c->channels : 0;
  g_autoptr (NfTensor) marks =
      nf_tensor_new_filled (context->device, context->n,
          NF_UNET_GUIDE_CHANNELS - frame, c->height, c->width, -1.0f, error);

  if (marks == NULL || frame == 0)
    return g_steal_pointer (&marks);
  return append (
      nf_op_slice (context, context->c - frame, frame, error), marks, error);
}

/* what the network is conditioned on: the context, and the guides where it
 * takes any */
static NfTensor *
join_guides (const Block *block, NfTensor *context, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  g_autoptr (NfTensor) none = NULL;
  NfTensor *all = nf_tensor_ref (context);

  if (!c->guide)
    return all;
  none = no_guide (block, context, error);
  for (gint i = 0; i < c->num_frames && none != NULL && all != NULL; i++)
    all = append (all, block->guides[i] ? block->guides[i] : none, error);
  if (none == NULL)
    nf_tensor_clear (&all);
  return all;
}

/* the guide frames of the block, side by side */
static NfTensor *
guide_frames (const Block *block, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  NfTensor *all = NULL;

  for (gint i = 0; i < c->num_frames; i++) {
    g_autoptr (NfTensor) frame =
        nf_op_slice (block->guides[i], 0, c->channels, error);

    if (frame != NULL)
      all = append (all, frame, error);
    else
      nf_tensor_clear (&all);
    if (all == NULL)
      return NULL;
  }
  return all;
}

/* what sampling starts from: noise, or the guide frames with noise */
static NfTensor *
start_of (const Block *block, GError **error)
{
  gdouble alpha = (gdouble) block->schedule->alpha[block->start];
  g_autoptr (NfTensor) z =
      noise (block, NF_RNG_SAMPLE_START + block->block, error);
  g_autoptr (NfTensor) frames = NULL;

  if (z == NULL || block->start == 0)
    return g_steal_pointer (&z);
  if (nf_unet_config (block->net)->residual > 0)
    return nf_sampler_scale (z, sqrt (1.0 - alpha), error);
  frames = guide_frames (block, error);
  return nf_sampler_mix (frames, sqrt (alpha), z, sqrt (1.0 - alpha), error);
}

/* differences from a guide have no range to be kept in */
static void
set_sampler (Block *block, NfSampler *sampler)
{
  const NfPrediction *r = block->prediction;
  const NfUnetConfig *c = nf_unet_config (block->net);
  NfClamp clip = c->residual > 0 ? NF_CLAMP_NONE : r->clip;

  *sampler = (NfSampler){ .method = r->method,
    .steps = r->steps,
    .clip = clip,
    .denoise = r->denoise,
    .target = c->target,
    .start = block->start,
    .schedule = block->schedule,
    .predict = predict,
    .draw = draw,
    .data = block,
    .cancellable = r->cancellable };
}

/* frames in range; where the network predicts differences, these are added to
 * the frames that they differ from */
static NfTensor *
finish (const Block *block, NfTensor *predicted, NfTensor *seen, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  g_autoptr (NfTensor) base =
      c->residual > 0 ? nf_unet_guide_frames (c, seen, error) : NULL;
  g_autoptr (NfTensor) frames = NULL;

  if (!(c->residual > 0))
    frames = nf_tensor_ref (predicted);
  else if (base != NULL)
    frames = nf_sampler_mix (base, 1.0, predicted, 1.0 / c->residual, error);
  return frames != NULL ? nf_op_clamp (frames, -1.0f, 1.0f, error) : NULL;
}

/* blocks that start at the same label share what the labels give */
static void
need_times (Block *block)
{
  const NfPrediction *r = block->prediction;

  if (block->times != NULL && block->times_start == block->start)
    return;
  g_clear_pointer (&block->times, nf_timestep_embeddings_free);
  block->times = nf_timestep_embeddings_new (
      block->net, block->schedule, r->method, block->start, MAX (r->steps, 1));
  block->times_start = block->start;
}

/* of all blocks, about */
static guint
count_evaluations (Block *block)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  guint total = 0;

  for (guint at = (guint) c->future_gap; at < block->prediction->horizon;
       at += (guint) c->num_frames) {
    NfSampler sampler;

    find_guides (block, at);
    set_sampler (block, &sampler);
    total += nf_sampler_evaluations (&sampler);
  }
  return total;
}

/* predicts one block of frames from the window of context */
static NfTensor *
predict_block (Block *block, NfTensor *context, guint at, GError **error)
{
  const NfPrediction *r = block->prediction;
  g_autoptr (NfTensor) seen = NULL;
  g_autoptr (NfTensor) flow = NULL;
  g_autoptr (NfTensor) start = NULL;
  g_autoptr (NfTensor) y = NULL;
  NfSampler sampler;

  find_guides (block, at);
  set_sampler (block, &sampler);
  seen = join_guides (block, context, error);
  flow = seen != NULL && r->dtype == NF_F32
      ? nf_tensor_ref (seen)
      : nf_op_cast (seen, r->dtype, error);
  if (!nf_sampling_graph_condition (block->graph, flow, error))
    return NULL;
  need_times (block);
  start = start_of (block, error);
  if (start != NULL)
    y = nf_sampler_run (&sampler, start, error);
  return y != NULL ? finish (block, y, seen, error) : NULL;
}

/* the newest frames of (context, block), as many as the context has */
static NfTensor *
slide (NfTensor *context, NfTensor *block, GError **error)
{
  NfTensor *both[2] = { context, block };
  g_autoptr (NfTensor) all = nf_op_concat (both, 2, error);

  return nf_op_slice (all, block->c, context->c, error);
}

gboolean
nf_prediction_check (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error)
{
  guint least = (guint) c->future_gap + 1;
  guint most =
      c->future_gap > 0 ? least + (guint) c->num_frames - 1 : G_MAXUINT;

  if (prediction->horizon >= least && prediction->horizon <= most)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "prediction: this network predicts frames %u to %u after its context; "
      "horizon %u is not among them",
      least, most, prediction->horizon);
  return FALSE;
}

/* cuts the frames of a block into out[first], out[first + 1], ... */
static gboolean
cut (const NfUnetConfig *c, NfTensor *block, guint first, guint horizon,
    NfTensor **out, GError **error)
{
  for (guint i = 0; i < (guint) c->num_frames && first + i < horizon; i++) {
    out[first + i] =
        nf_op_slice (block, (gint64) i * c->channels, c->channels, error);
    if (out[first + i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* all blocks, one after the other */
static gboolean
predict_blocks (Block *block, NfTensor *frames, NfTensor **out, GError **error)
{
  const NfPrediction *r = block->prediction;
  const NfUnetConfig *c = nf_unet_config (block->net);
  g_autoptr (NfTensor) context = nf_tensor_ref (frames);

  block->total = count_evaluations (block);
  for (guint at = (guint) c->future_gap; at < r->horizon;
       at += (guint) c->num_frames, block->block++) {
    g_autoptr (NfTensor) predicted = predict_block (block, context, at, error);
    NfTensor *next = NULL;

    if (predicted == NULL || !cut (c, predicted, at, r->horizon, out, error))
      return FALSE;
    next = slide (context, predicted, error);
    nf_tensor_unref (context);
    context = next;
    if (next == NULL)
      return FALSE;
  }
  return TRUE;
}

gboolean
nf_prediction_run (const NfPrediction *prediction, NfUnet *net,
    const NfSchedule *schedule, NfTensor *frames, NfTensor **out,
    GError **error)
{
  const NfUnetConfig *c = nf_unet_config (net);
  g_autofree NfTensor **guides = g_new0 (NfTensor *, c->num_frames);
  g_autoptr (NfSamplingGraphs) own = NULL;
  NfSamplingGraphs *graphs = prediction->graphs;
  Block block = { .prediction = prediction,
    .net = net,
    .schedule = schedule,
    .batch = frames->n,
    .guides = guides };
  gboolean ok = FALSE;

  for (guint i = 0; i < prediction->horizon; i++)
    out[i] = NULL;
  if (!nf_prediction_check (prediction, c, error))
    return FALSE;
  if (graphs == NULL)
    graphs = own = nf_sampling_graphs_new (net);
  block.graph =
      nf_sampling_graphs_borrow (graphs, frames->n, prediction->dtype);
  ok = predict_blocks (&block, frames, out, error);
  if (ok)
    nf_sampling_graphs_give_back (graphs, block.graph);
  else
    nf_sampling_graph_free (block.graph);
  for (guint i = 0; !ok && i < prediction->horizon; i++)
    nf_tensor_clear (&out[i]);
  g_clear_pointer (&block.times, nf_timestep_embeddings_free);
  return ok;
}
