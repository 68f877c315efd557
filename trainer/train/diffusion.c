/* SPDX-License-Identifier: MIT
 *
 * diffusion — the task of `nextframe-train diffusion`: the noise predictor
 *
 * A clip is an item of an epoch; which of its windows of frames is trained on
 * is drawn for each sample, as are the label l and the noise z. The network
 * sees sqrt (alpha[l]) x + sqrt (1 - alpha[l]) z and the frames before, and is
 * to predict z, x or v. Judged are a few windows of a clip, with labels from all parts of
 * the schedule, so that clips weigh alike. Siblings: segment.c, loop.c,
 * validate.c, loader.c, kernels/diffusion/nfschedule.c */
#include "train/diffusion.h"
#include "data/framestack.h"
#include "data/guidesample.h"
#include <nextframe/diffusion/nfnoise.h>
#include <nextframe/diffusion/nfprediction.h>
#include <nextframe/nets/nfunet.h>
#include "video/gstnfvideo.h"

#include <string.h>

#define JUDGE_WINDOWS 4 /* of a clip */
/* a seed that no run can have */
#define JUDGE_SEED (G_GUINT64_CONSTANT (1) << 63)

typedef struct
{
  NfTask task;
  const NfTrainConfig *config;
  NfClipSource *source;
  NfLoader *loader;
  NfGuideSamples *guides; /* NULL: the network takes none */
  NfUnet *net;
  NfUnet *judged; /* NULL, or while the network is judged its copy */
  NfSchedule *schedule;
  NfDevice *device;
  NfDiffusionHow how;
  gboolean stratified; /* labels */
} DiffusionTask;

/* A sample's, and a batch's, parts. */
enum
{
  PART_CONTEXT, /* (height, width, channels * num_frames_cond), and behind them
                   the known frames that follow the predicted ones, or guides */
  PART_FUTURE /* (height, width, channels * num_frames) */
};

static void
diffusion_free (NfTask *task)
{
  DiffusionTask *self = (DiffusionTask *) task;

  g_clear_pointer (&self->loader, nf_loader_free);
  g_clear_pointer (&self->guides, nf_guide_samples_free);
  g_clear_pointer (&self->schedule, nf_schedule_free);
  g_clear_pointer (&self->net, nf_unet_free);
  g_clear_pointer (&self->source, nf_clip_source_free);
  nf_device_unref (self->device);
  g_free (self);
}

/* Frames of the clip from the first of the context to the last that is known or
 * predicted. */
static guint
window_frames (const NfTrainConfig *config)
{
  const NfConfigDiffusion *model = &config->diffusion;

  return (model->num_frames_cond + model->future_gap + model->num_frames
             + model->num_frames_future - 1)
      * model->frame_stride
      + 1;
}

/* Bytes of a pixel of what the network sees, guides included. */
static gsize
context_bytes (const NfTrainConfig *config)
{
  const NfConfigDiffusion *model = &config->diffusion;

  return model->channels * (model->num_frames_cond + model->num_frames_future)
      + (model->guide ? NF_GUIDE_BYTES * model->num_frames : 0);
}

/* The guides of a window behind its context. */
static gboolean
write_guides (const DiffusionTask *self, NfClipReader *reader, guint start,
    guint64 seed, guint64 sample, guint8 *context, GError **error)
{
  const NfTrainConfig *config = self->config;
  gsize pixels = (gsize) config->width * config->height;
  gsize bytes = context_bytes (config);
  gsize end = 3 * config->diffusion.num_frames_cond;
  g_autofree guint8 *newest = NULL;

  if (!self->guides)
    return TRUE;
  newest = g_malloc (3 * pixels);
  for (gsize p = 0; p < pixels; p++)
    memcpy (newest + 3 * p, context + p * bytes + end - 3, 3);
  return nf_guide_samples_write (self->guides, reader, start, seed, sample,
      newest, context + end, bytes, error);
}

/* One of the windows of a clip, drawn for the sample. */
static gboolean
write_window (const DiffusionTask *self, NfClipReader *reader, guint64 clip,
    guint64 seed, guint64 sample, gdouble mirrored, guint8 *const parts[],
    GError **error)
{
  const NfTrainConfig *config = self->config;
  const NfConfigDiffusion *model = &config->diffusion;
  NfRngKey key = { .seed = seed, .stream = sample, .purpose = NF_RNG_WINDOW };
  NfRngKey augment = {
    .seed = seed, .stream = sample, .purpose = NF_RNG_AUGMENT
  };
  const gsize bytes = context_bytes (config);
  const gsize future = model->channels * model->num_frames;
  guint8 *known =
      parts[PART_CONTEXT] + model->channels * model->num_frames_cond;
  guint start, first;

  if (!nf_clip_reader_open (reader, clip, error))
    return FALSE;
  start = nf_rng_below (
      &key, 0, nf_clip_reader_n_frames (reader) - window_frames (config) + 1);
  first = start
      + (model->num_frames_cond + model->future_gap) * model->frame_stride;
  if (!nf_frame_stack_write (config, reader, start, model->num_frames_cond,
          parts[PART_CONTEXT], bytes, error)
      || !write_guides (
          self, reader, start, seed, sample, parts[PART_CONTEXT], error)
      || !nf_frame_stack_write (config, reader, first, model->num_frames,
          parts[PART_FUTURE], future, error)
      || !nf_frame_stack_write (config, reader,
          first + model->num_frames * model->frame_stride,
          model->num_frames_future, known, bytes, error))
    return FALSE;
  if (nf_rng_uniform (&augment, 0) < mirrored) {
    nf_frame_stack_mirror (
        parts[PART_CONTEXT], config->width, config->height, bytes);
    nf_frame_stack_mirror (
        parts[PART_FUTURE], config->width, config->height, future);
  }
  return TRUE;
}

static gboolean
load_sample (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  const DiffusionTask *self = task;

  return write_window (self, reader, item, self->config->train.seed, sample,
      self->config->augment.mirror, parts, error);
}

/* Bytes of n windows' stacked pixels as a tensor of -1..1. */
static NfTensor *
upload_pixels (DiffusionTask *self, gint64 n, const guint8 *data,
    gint64 channels, GError **error)
{
  static const NfNormalizeParams to_signed = {
    .period = 1, .scale = { 2.0f / 255.0f }, .shift = { -1.0f }
  };
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (self->device, NF_U8, n,
      channels, self->config->height, self->config->width, data, error);

  return nf_op_normalize (pixels, &to_signed, error);
}

static NfTensor *
diffusion_loss (NfTask *task, NfTensor *const *in, GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;
  const NfForward how = { .training = TRUE,
    .seed = self->config->train.seed,
    .dtype = nf_train_config_dtype (self->config) };

  return nf_diffusion_loss (self->net, in, &self->how, &how, error);
}

/* What is predicted: the frames, or what they differ by from the guide frames in the
 * context, times a number. */
static NfTensor *
to_be_predicted (const DiffusionTask *self, NfTensor *future, NfTensor *context,
    GError **error)
{
  gfloat gain = (gfloat) self->config->diffusion.residual;
  const NfAxpbyParams less = {
    .alpha = gain, .beta = -gain, .act = NF_ACT_NONE
  };
  g_autoptr (NfTensor) base = NULL;

  if (!(gain > 0))
    return nf_tensor_ref (future);
  base = nf_unet_guide_frames (nf_unet_config (self->net), context, error);
  return base ? nf_op_axpby (future, base, &less, error) : NULL;
}

/* Which of a sample's known frames are masked: those before the predicted ones, those
 * behind them. */
static void
draw_masks (const NfConfigDiffusion *model, guint64 seed, guint64 sample,
    gboolean masked[2])
{
  const NfRngKey key = {
    .seed = seed, .stream = sample, .purpose = NF_RNG_MASK
  };

  masked[0] = nf_rng_uniform (&key, 0) < model->prob_mask_cond;
  masked[1] = model->prob_mask_sync
      ? masked[0]
      : nf_rng_uniform (&key, 1) < model->prob_mask_future;
}

/* What the network sees of n windows: masked frames are zeros. */
static NfTensor *
mask_context (const DiffusionTask *self, NfTensor *context, guint64 seed,
    guint64 first_sample, GError **error)
{
  const NfConfigDiffusion *model = &self->config->diffusion;
  const gint64 past = model->channels * model->num_frames_cond;
  g_autofree gfloat *scale = NULL; /* less 1 */
  g_autoptr (NfTensor) scales = NULL;
  g_autoptr (NfTensor) shift = NULL;

  if (!context || !(model->prob_mask_cond > 0 || model->prob_mask_future > 0))
    return context ? nf_tensor_ref (context) : NULL;
  scale = g_new0 (gfloat, context->n * context->c);
  for (gint64 i = 0; i < context->n; i++) {
    gboolean masked[2];

    draw_masks (model, seed, first_sample + i, masked);
    for (gint64 k = 0; k < context->c; k++)
      scale[i * context->c + k] = masked[k < past ? 0 : 1] ? -1 : 0;
  }
  scales = nf_tensor_new (
      context->device, NF_F32, context->n, context->c, 1, 1, error);
  if (!scales || !nf_tensor_set_nchw (scales, scale, error))
    return NULL;
  shift = nf_tensor_new_zeros (
      context->device, NF_F32, context->n, context->c, 1, 1, error);
  return nf_op_modulate (context, scales, shift, error);
}

/* What the loss takes, of n windows and as many labels. */
static gboolean
make_inputs (DiffusionTask *self, gint64 n, const guint8 *const parts[],
    const gfloat *labels, guint64 seed, guint64 first_sample, NfTensor **in,
    GError **error)
{
  const NfTrainConfig *config = self->config;
  const NfConfigDiffusion *model = &config->diffusion;
  NfRandnParams noise = { .n = n,
    .c = model->channels * model->num_frames,
    .h = config->height,
    .w = config->width,
    .key = {
        .seed = seed, .stream = first_sample, .purpose = NF_RNG_TRAIN_NOISE } };
  g_autoptr (NfTensor) known = upload_pixels (
      self, n, parts[PART_CONTEXT], context_bytes (config), error);
  g_autoptr (NfTensor) context =
      mask_context (self, known, seed, first_sample, error);
  g_autoptr (NfTensor) future = NULL;
  g_autoptr (NfTensor) wanted = NULL;
  g_autoptr (NfTensor) z = NULL;

  if (context)
    future = upload_pixels (self, n, parts[PART_FUTURE],
        model->channels * model->num_frames, error);
  wanted = future ? to_be_predicted (self, future, context, error) : NULL;
  if (wanted)
    z = nf_noise_draw (self->schedule, self->device, &noise, labels, error);
  return z
      && nf_diffusion_inputs (self->net, self->schedule, &self->how, context,
          wanted, z, labels, first_sample, in, error);
}

/* The sample's noise label: any, or one of its own part of the schedule. */
static guint
draw_label (const DiffusionTask *self, guint64 sample)
{
  const NfConfigTrain *train = &self->config->train;
  NfRngKey key = {
    .seed = train->seed, .stream = sample, .purpose = NF_RNG_LABEL
  };
  guint n = self->schedule->n;
  guint part = sample % train->batch_size;
  gdouble at;

  if (!self->stratified)
    return nf_rng_below (&key, 0, n);
  at = (part + (gdouble) nf_rng_uniform (&key, 0)) / train->batch_size;
  return MIN ((guint) (at * n), n - 1);
}

static gboolean
diffusion_load (
    NfTask *task, guint64 first_sample, NfTensor **in, GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;
  const NfConfigTrain *train = &self->config->train;
  const gint64 n = nf_train_config_part (self->config);
  g_autofree gfloat *labels = g_new (gfloat, n);
  const guint8 *parts[NF_LOADER_PARTS];

  for (gint64 i = 0; i < n; i++)
    labels[i] = draw_label (self, first_sample + i);
  return nf_loader_get (self->loader, first_sample, parts, error)
      && make_inputs (
          self, n, parts, labels, train->seed, first_sample, in, error);
}

static guint
count_windows (const NfTask *task, guint n_frames)
{
  return JUDGE_WINDOWS;
}

static gboolean
load_window (gconstpointer task, NfClipReader *reader, guint64 clip,
    guint index, guint8 *const parts[], GError **error)
{
  return write_window (task, reader, clip, JUDGE_SEED,
      clip * JUDGE_WINDOWS + index, 0, parts, error);
}

/* A label for one of a clip's windows, each from its own part of the schedule.
 */
static guint
judge_label (const NfSchedule *schedule, guint64 clip, guint index)
{
  NfRngKey key = { .seed = JUDGE_SEED,
    .stream = clip * JUDGE_WINDOWS + index,
    .purpose = NF_RNG_LABEL };
  guint from = index * schedule->n / JUDGE_WINDOWS;
  guint to = (index + 1) * schedule->n / JUDGE_WINDOWS;

  return from + nf_rng_below (&key, 0, MAX (to - from, 1));
}

static gboolean
diffusion_score (NfTask *task, guint64 clip, guint first, guint n,
    const guint8 *const parts[], NfScoreboard *board, gdouble *loss,
    GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;
  const NfForward how = { .dtype = nf_train_config_dtype (self->config) };
  NfTensor *in[NF_DIFFUSION_INPUTS] = { NULL };
  gfloat labels[JUDGE_WINDOWS];
  g_autoptr (NfTensor) mean = NULL;

  for (guint i = 0; i < n; i++)
    labels[i] = judge_label (self->schedule, clip, first + i);
  if (make_inputs (self, n, parts, labels, JUDGE_SEED,
          clip * JUDGE_WINDOWS + first, in, error))
    mean = nf_diffusion_loss (self->judged, in, &self->how, &how, error);
  for (guint i = 0; i < NF_DIFFUSION_INPUTS; i++)
    nf_tensor_clear (&in[i]);
  return mean && nf_task_read_loss (mean, loss, error);
}

static void
diffusion_tiles (const NfTask *task, guint counts[NF_N_TILES])
{
  const NfConfigDiffusion *model =
      &((const DiffusionTask *) task)->config->diffusion;

  counts[NF_TILE_SEEN] = model->num_frames_cond + model->num_frames_future;
  counts[NF_TILE_MADE] = counts[NF_TILE_TRUE] = model->num_frames;
}

/* The mode in which the network sees most, of those that it is trained for. */
static NfPredictMode
most_known (const NfUnetConfig *c)
{
  return nf_unet_knows_mode (c, NF_MODE_INTERPOLATE) ? NF_MODE_INTERPOLATE
      : nf_unet_knows_mode (c, NF_MODE_PREDICT)      ? NF_MODE_PREDICT
      : nf_unet_knows_mode (c, NF_MODE_BACKWARD)     ? NF_MODE_BACKWARD
                                                     : NF_MODE_GENERATE;
}

/* What the network predicts from the conditioning of one window, f32 (1, channels,
 * H, W): nf_prediction_span() places, those between are NULL. */
static gboolean
sample_window (DiffusionTask *self, guint64 clip, NfTensor *seen,
    NfTensor **out, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (self->judged);
  const gint64 frames = (gint64) c->channels * c->num_frames_cond;
  const guint horizon = nf_prediction_span (c);
  g_autofree NfTensor **guides = g_new0 (NfTensor *, horizon);
  g_autoptr (NfTensor) context = nf_op_slice (seen, 0, frames, error);
  g_autoptr (NfTensor) future = NULL;
  NfPrediction prediction;
  gboolean ok = context != NULL;

  nf_prediction_init_for (&prediction, c);
  prediction.steps = self->config->watch.sample_steps;
  prediction.horizon = horizon;
  prediction.dtype = nf_train_config_dtype (self->config);
  prediction.seed = JUDGE_SEED;
  prediction.stream = clip;
  prediction.guide = c->guide ? guides : NULL;
  prediction.mode = most_known (c);
  if (ok && nf_prediction_known (prediction.mode, c) > c->num_frames_cond)
    prediction.future = future = nf_op_slice (
        seen, frames, (gint64) c->channels * c->num_frames_future, error);
  for (gint i = 0; ok && c->guide && i < c->num_frames; i++) {
    guides[c->future_gap + i] = nf_op_slice (seen,
        frames + NF_UNET_GUIDE_CHANNELS * i, NF_UNET_GUIDE_CHANNELS, error);
    ok = guides[c->future_gap + i] != NULL;
  }
  ok = ok
      && nf_prediction_run (
          &prediction, self->judged, self->schedule, context, out, error);
  for (guint i = 0; i < horizon; i++)
    nf_tensor_clear (&guides[i]);
  return ok;
}

/* A frame of -1..1 as an RGB picture. */
static gboolean
download_frame (
    const NfTrainConfig *config, NfTensor *frame, guint8 *rgb, GError **error)
{
  g_autoptr (NfTensor) bytes = nf_op_quantize (frame, 127.5f, 127.5f, error);
  g_autofree guint8 *pixels = bytes ? g_malloc (bytes->bytes) : NULL;

  if (!bytes || !nf_tensor_to_nhwc (bytes, pixels, error))
    return FALSE;
  nf_frame_stack_cut (config, pixels, config->diffusion.channels, 1, rgb);
  return TRUE;
}

/* The context, what the network predicts, and the true frames. */
static gboolean
diffusion_paint (NfTask *task, guint64 clip, const guint8 *const parts[],
    guint8 *tiles, GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;
  const NfTrainConfig *config = self->config;
  const NfConfigDiffusion *model = &config->diffusion;
  const guint span = nf_prediction_span (nf_unet_config (self->judged));
  const gsize bytes = 3 * (gsize) config->width * config->height;
  g_autofree NfTensor **predicted = g_new0 (NfTensor *, span);
  g_autoptr (NfTensor) seen = upload_pixels (
      self, 1, parts[PART_CONTEXT], context_bytes (config), error);
  gboolean ok = seen && sample_window (self, clip, seen, predicted, error);

  tiles =
      nf_frame_stack_cut (config, parts[PART_CONTEXT], context_bytes (config),
          model->num_frames_cond + model->num_frames_future, tiles);
  for (guint i = 0; ok && i < span; i++) {
    if (!predicted[i])
      continue;
    ok = download_frame (config, predicted[i], tiles, error);
    tiles += bytes;
  }
  for (guint i = 0; i < span; i++)
    nf_tensor_clear (&predicted[i]);
  if (ok)
    nf_frame_stack_cut (config, parts[PART_FUTURE],
        model->channels * model->num_frames, model->num_frames, tiles);
  return ok;
}

/* Whether a window of frames fits in every clip. */
static gboolean
check_window (NfTask *task, const NfClipSource *source, GError **error)
{
  const NfTrainConfig *config = ((DiffusionTask *) task)->config;
  const NfConfigDiffusion *model = &config->diffusion;
  guint n_frames;
  const gchar *name = nf_clip_source_shortest (source, &n_frames);

  if (n_frames >= window_frames (config))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: has %u frames, but model.num-frames-cond %" G_GINT64_FORMAT
      " + future-gap %" G_GINT64_FORMAT " + num-frames %" G_GINT64_FORMAT
      " + num-frames-future %" G_GINT64_FORMAT
      ", frame-stride %" G_GINT64_FORMAT
      " apart, need %u; leave its split out of data.splits, or train on fewer",
      name, n_frames, model->num_frames_cond, model->future_gap,
      model->num_frames, model->num_frames_future, model->frame_stride,
      window_frames (config));
  return FALSE;
}

/* what predictions are sampled with by default */
static gboolean
add_sampling_facts (
    DiffusionTask *self, const NfConfigDiffusion *model, GError **error)
{
  NfSamplerMethod method;

  if (*model->sampler != '\0') {
    if (!nf_sampler_method_from_name (model->sampler, &method, error)) {
      g_prefix_error (error, "model.sampler: ");
      return FALSE;
    }
    nf_task_add_fact (&self->task, "sampler", "%s", model->sampler);
  }
  if (model->sampling_steps > 0)
    nf_task_add_fact (&self->task, "sampling-steps", "%" G_GINT64_FORMAT,
        model->sampling_steps);
  return TRUE;
}

static gboolean
open_data (DiffusionTask *self, NfTrainConfig *config, GError **error)
{
  const NfConfigDiffusion *model = &config->diffusion;
  NfLoaderSetup setup = { load_sample };
  gsize pixels;

  if (!nf_guide_samples_check (config, error))
    return FALSE;
  self->source = nf_task_open_data (&self->task, config, FALSE, error);
  if (!self->source || !check_window (&self->task, self->source, error))
    return FALSE;
  if (model->guide) {
    self->guides = nf_guide_samples_new (config);
    nf_task_add_fact (&self->task, "segmenter", "%s", model->segmenter);
    if (model->guide_start > 0)
      nf_task_add_fact (
          &self->task, "guide-start", "%.17g", model->guide_start);
  }
  if (!add_sampling_facts (self, model, error))
    return FALSE;
  pixels = (gsize) config->height * config->width;
  self->task.part_bytes[PART_CONTEXT] = pixels * context_bytes (config);
  self->task.part_bytes[PART_FUTURE] =
      pixels * model->channels * model->num_frames;
  setup.n_items = nf_clip_source_n_clips (self->source);
  self->loader =
      nf_task_start_loader (&self->task, config, self->source, &setup, error);
  return self->loader != NULL;
}

static void
read_how (DiffusionTask *self)
{
  const NfConfigDiffusion *model = &self->config->diffusion;

  self->how.mean = g_str_equal (model->loss, "mean");
  self->how.absolute = g_str_equal (model->norm, "l1");
  if (g_str_equal (model->loss_weight, "min-snr"))
    self->how.weight = NF_DIFFUSION_WEIGHT_MIN_SNR;
  else if (g_str_equal (model->loss_weight, "min-snr-v"))
    self->how.weight = NF_DIFFUSION_WEIGHT_MIN_SNR_V;
  self->stratified = g_str_equal (model->labels, "stratified");
}

static NfUnet *
new_net (const DiffusionTask *self, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (self->config);

  return (NfUnet *) nf_net_new (
      nf_train_config_net (self->config), self->device, json, error);
}

static gboolean
make_net (DiffusionTask *self, GError **error)
{
  self->net = new_net (self, error);
  if (!self->net)
    return FALSE;
  self->schedule = nf_schedule_new (nf_unet_config (self->net));
  self->task.arch = nf_unet_arch (self->net);
  self->task.params = nf_unet_params (self->net);
  return TRUE;
}

static NfParams *
begin_judging (NfTask *task, GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;

  self->judged = new_net (self, error);
  return self->judged ? nf_unet_params (self->judged) : NULL;
}

static void
end_judging (NfTask *task)
{
  DiffusionTask *self = (DiffusionTask *) task;

  g_clear_pointer (&self->judged, nf_unet_free);
}

static const NfTaskJudge diffusion_judge = { .masks = FALSE,
  .check = check_window,
  .n_samples = count_windows,
  .load = load_window,
  .begin = begin_judging,
  .score = diffusion_score,
  .tiles = diffusion_tiles,
  .paint = diffusion_paint,
  .end = end_judging };

/**
 * nf_diffusion_task_new:
 * @device: where to train
 * @config: settings, outliving the task; the frames' size is resolved
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the network and its data
 */
NfTask *
nf_diffusion_task_new (NfDevice *device, NfTrainConfig *config, GError **error)
{
  DiffusionTask *self = g_new0 (DiffusionTask, 1);
  g_autoptr (NfTask) task = &self->task;

  nf_task_init (task, NF_DIFFUSION_INPUTS, diffusion_load, diffusion_loss,
      diffusion_free);
  self->config = config;
  read_how (self);
  self->device = nf_device_ref (device);
  task->judge = &diffusion_judge;
  if (!open_data (self, config, error) || !make_net (self, error))
    return NULL;
  return g_steal_pointer (&task);
}
