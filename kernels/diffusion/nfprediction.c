/* SPDX-License-Identifier: MIT
 *
 * nfprediction — frames beyond the context, block by block */
#include <nextframe/diffusion/nfprediction.h>
#include <nextframe/diffusion/nfnoise.h>

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

/* noise of a label, of some clips of the batch whose numbers are in a row */
static NfTensor *
noise_of (const Block *block, gint64 n, guint64 stream, guint32 purpose,
    guint label, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  NfRandnParams params = { .n = n,
    .c = (gint64) c->channels * c->num_frames,
    .h = c->height,
    .w = c->width,
    .key = { .seed = block->prediction->seed,
        .stream = stream,
        .purpose = purpose } };
  g_autofree gfloat *labels = g_new (gfloat, n);

  for (gint64 i = 0; i < n; i++)
    labels[i] = (gfloat) label;
  return nf_noise_draw (block->schedule, nf_unet_params (block->net)->device,
      &params, labels, error);
}

/* noise of the batch */
static NfTensor *
noise (const Block *block, guint32 purpose, guint label, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  const NfPrediction *r = block->prediction;
  g_autoptr (NfTensor) all = NULL;

  if (r->streams == NULL)
    return noise_of (block, block->batch, r->stream, purpose, label, error);
  all =
      nf_tensor_new (nf_unet_params (block->net)->device, NF_F32, block->batch,
          (gint64) c->channels * c->num_frames, c->height, c->width, error);
  for (gint64 i = 0; all != NULL && i < block->batch; i++) {
    g_autoptr (NfTensor) one =
        noise_of (block, 1, r->streams[i], purpose, label, error);
    g_autoptr (NfTensor) place =
        one != NULL ? nf_tensor_batch_slice (all, i, 1, error) : NULL;

    if (place == NULL || !nf_tensor_copy (place, one, error))
      return NULL;
  }
  return g_steal_pointer (&all);
}

static NfTensor *
draw (gpointer data, guint step, guint label, GError **error)
{
  Block *block = data;

  return noise (block,
      NF_RNG_SAMPLE_STEP + block->block * 2 * block->prediction->steps + step,
      label, error);
}

/* where a frame that the network sees lies among those of the video: both are
 * counted from 0, behind the context */
static guint
place_of (const NfUnetConfig *c, guint frame)
{
  return (frame + 1) * (guint) c->frame_stride - 1;
}

/* the block's guides; none where frames lack one */
static void
find_guides (Block *block, guint at)
{
  const NfPrediction *r = block->prediction;
  const NfUnetConfig *c = nf_unet_config (block->net);
  gboolean all = r->guide != NULL;

  for (gint i = 0; i < c->num_frames; i++) {
    guint place = place_of (c, at + (guint) i);

    block->guides[i] =
        r->guide != NULL && place < r->horizon ? r->guide[place] : NULL;
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

/* masked frames */
static NfTensor *
zeros (const Block *block, NfTensor *like, gint frames, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);

  return nf_tensor_new_zeros (like->device, NF_F32, like->n,
      (gint64) c->channels * frames, c->height, c->width, error);
}

/* whether the frames after the block are known */
static gboolean
takes_future (NfPredictMode mode)
{
  return mode == NF_MODE_INTERPOLATE || mode == NF_MODE_BACKWARD;
}

/* the context, or zeros where it is not known, and behind it the known frames
 * after the block, or zeros, where the network takes any */
static NfTensor *
join_known (const Block *block, NfTensor *context, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  const NfPrediction *r = block->prediction;
  const gboolean past =
      r->mode == NF_MODE_PREDICT || r->mode == NF_MODE_INTERPOLATE;
  g_autoptr (NfTensor) behind = NULL;
  NfTensor *all = past ? nf_tensor_ref (context)
                       : zeros (block, context, c->num_frames_cond, error);

  if (all == NULL || c->num_frames_future == 0)
    return all;
  behind = takes_future (r->mode)
      ? nf_tensor_ref (r->future)
      : zeros (block, context, c->num_frames_future, error);
  if (behind == NULL)
    nf_tensor_clear (&all);
  return behind != NULL ? append (all, behind, error) : NULL;
}

/* what the network is conditioned on: the frames that are known, and the guides
 * where it takes any */
static NfTensor *
join_guides (const Block *block, NfTensor *context, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (block->net);
  g_autoptr (NfTensor) none = NULL;
  NfTensor *all = join_known (block, context, error);

  if (!c->guide || all == NULL)
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
      noise (block, NF_RNG_SAMPLE_START + block->block, block->start, error);
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

  for (guint at = (guint) c->future_gap;
       place_of (c, at) < block->prediction->horizon;
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

guint
nf_prediction_known (NfPredictMode mode, const NfUnetConfig *c)
{
  return (guint) (c->num_frames_cond
      + (takes_future (mode) ? c->num_frames_future : 0));
}

guint
nf_prediction_span (const NfUnetConfig *c)
{
  return (guint) (c->future_gap + c->num_frames) * (guint) c->frame_stride;
}

/* whether the network was trained for the mode; names those that it was */
static gboolean
check_mode (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  if (nf_unet_knows_mode (c, prediction->mode))
    return TRUE;
  for (guint i = 0; i < NF_N_MODES; i++)
    if (nf_unet_knows_mode (c, (NfPredictMode) i))
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "",
          nf_predict_mode_name ((NfPredictMode) i));
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "prediction: this network was not trained for mode=%s; it knows: %s",
      nf_predict_mode_name (prediction->mode), known->str);
  return FALSE;
}

/* whether the network predicts the frame at the horizon: a single block, or
 * where the context can slide any number of them */
static gboolean
check_horizon (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error)
{
  guint stride = (guint) c->frame_stride;
  guint least = ((guint) c->future_gap + 1) * stride;
  gboolean slides = prediction->mode == NF_MODE_PREDICT && c->future_gap == 0;
  guint most = slides ? G_MAXUINT : nf_prediction_span (c);
  g_autofree gchar *last = NULL, *every = NULL;

  if (prediction->horizon >= least && prediction->horizon <= most
      && prediction->horizon % stride == 0)
    return TRUE;
  last = slides ? g_strdup (" and on") : g_strdup_printf (" to %u", most);
  every = stride > 1 ? g_strdup_printf (" in steps of %u", stride) : NULL;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "prediction: horizon %u is not among the frames that this network "
      "predicts after its context: %u%s%s",
      prediction->horizon, least, least < most ? last : "", every ? every : "");
  return FALSE;
}

gboolean
nf_prediction_check (
    const NfPrediction *prediction, const NfUnetConfig *c, GError **error)
{
  if (!check_mode (prediction, c, error)
      || !check_horizon (prediction, c, error))
    return FALSE;
  if (prediction->mode == NF_MODE_PREDICT
      || prediction->horizon == nf_prediction_span (c))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "prediction: with mode=%s this network predicts a block of %d frames; "
      "horizon must be %u, not %u",
      nf_predict_mode_name (prediction->mode), c->num_frames,
      nf_prediction_span (c), prediction->horizon);
  return FALSE;
}

/* cuts the frames of a block into their places in @out */
static gboolean
cut (const NfUnetConfig *c, NfTensor *block, guint first, guint horizon,
    NfTensor **out, GError **error)
{
  for (guint i = 0; i < (guint) c->num_frames; i++) {
    guint place = place_of (c, first + i);

    if (place >= horizon)
      break;
    out[place] =
        nf_op_slice (block, (gint64) i * c->channels, c->channels, error);
    if (out[place] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* whether the known frames after the block are there and have their shape */
static gboolean
check_future (const NfPrediction *r, const NfUnetConfig *c,
    const NfTensor *frames, GError **error)
{
  const NfTensor *f = r->future;

  if (!takes_future (r->mode))
    return TRUE;
  if (f != NULL && f->n == frames->n
      && f->c == (gint64) c->channels * c->num_frames_future
      && f->h == frames->h && f->w == frames->w)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "prediction: mode=%s needs %d known frames after the block",
      nf_predict_mode_name (r->mode), c->num_frames_future);
  return FALSE;
}

/* all blocks, one after the other */
static gboolean
predict_blocks (Block *block, NfTensor *frames, NfTensor **out, GError **error)
{
  const NfPrediction *r = block->prediction;
  const NfUnetConfig *c = nf_unet_config (block->net);
  g_autoptr (NfTensor) context = nf_tensor_ref (frames);

  block->total = count_evaluations (block);
  for (guint at = (guint) c->future_gap; place_of (c, at) < r->horizon;
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
  if (!nf_prediction_check (prediction, c, error)
      || !check_future (prediction, c, frames, error))
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
