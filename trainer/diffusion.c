/* SPDX-License-Identifier: MIT
 *
 * diffusion — the task of `nextframe-train diffusion`: the noise predictor
 *
 * A clip is an item of an epoch; which of its windows of frames is trained on
 * is drawn for each sample, as are the label l and the noise z. The network
 * sees sqrt (alpha[l]) x + sqrt (1 - alpha[l]) z and the frames before, and is
 * to tell z. Siblings: segment.c, loop.c, kernels/diffusion/nfschedule.c */
#include "diffusion.h"
#include "diffusion/nfschedule.h"
#include "frames.h"
#include "nets/nfspadeunet.h"

#include <math.h>
#include <string.h>

typedef struct
{
  NfTask task;
  const NfTrainConfig *config;
  NfDataset *dataset;
  NfOrder *order;
  NfUnet *net;
  NfSchedule *schedule;
  NfDevice *device;
  guint8 *frame; /* (height, width, 3) */
  guint8 *context; /* (batch, height, width, 3 * num_frames_cond) */
  guint8 *future; /* (batch, height, width, 3 * num_frames) */
} DiffusionTask;

static void
diffusion_free (NfTask *task)
{
  DiffusionTask *self = (DiffusionTask *) task;

  g_free (self->frame);
  g_free (self->context);
  g_free (self->future);
  g_clear_pointer (&self->schedule, nf_schedule_free);
  g_clear_pointer (&self->net, nf_unet_free);
  g_clear_pointer (&self->order, nf_order_free);
  g_clear_pointer (&self->dataset, nf_dataset_free);
  nf_device_unref (self->device);
  g_free (self);
}

/* Frames from the first of the context to the last to be drawn. */
static guint
window_frames (const NfTrainConfig *config)
{
  const NfConfigDiffusion *model = &config->diffusion;

  return model->num_frames_cond + model->future_gap + model->num_frames;
}

/* Interleaves @count frames from @first on into (height, width, 3 * count). */
static gboolean
stack_frames (DiffusionTask *self, const NfClip *clip, guint first, guint count,
    guint8 *dst, GError **error)
{
  gint width = self->config->width, height = self->config->height;
  gsize pixels = (gsize) width * height;

  for (guint t = 0; t < count; t++) {
    if (!nf_frames_resize_rgb (nf_clip_frame (clip, first + t), clip->width,
            clip->height, self->frame, width, height, error))
      return FALSE;
    for (gsize p = 0; p < pixels; p++)
      memcpy (dst + 3 * (p * count + t), self->frame + 3 * p, 3);
  }
  return TRUE;
}

/* Puts a training sample into a place of the batch. */
static gboolean
load_sample (DiffusionTask *self, guint64 sample, guint place, GError **error)
{
  const NfConfigDiffusion *model = &self->config->diffusion;
  gsize pixels = (gsize) self->config->width * self->config->height;
  NfRngKey key = { self->config->train.seed, sample, NF_RNG_WINDOW };
  guint index = nf_order_item (self->order, sample);
  g_autoptr (NfClip) clip = nf_dataset_load_clip (self->dataset, index, error);
  guint start;

  if (!clip)
    return FALSE;
  start =
      nf_rng_below (&key, 0, clip->n_frames - window_frames (self->config) + 1);
  return stack_frames (self, clip, start, model->num_frames_cond,
             self->context + 3 * model->num_frames_cond * place * pixels, error)
      && stack_frames (self, clip,
          start + model->num_frames_cond + model->future_gap, model->num_frames,
          self->future + 3 * model->num_frames * place * pixels, error);
}

/* Pixels 0..255 of stacked frames as a tensor of -1..1. */
static NfTensor *
upload_frames (
    DiffusionTask *self, const guint8 *data, gint64 frames, GError **error)
{
  static const NfNormalizeParams to_signed = { 1, { 2.0f / 255.0f },
    { -1.0f } };
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (self->device, NF_U8,
      self->config->train.batch_size, 3 * frames, self->config->height,
      self->config->width, data, error);

  return pixels ? nf_op_normalize (pixels, &to_signed, error) : NULL;
}

/* x times a number for each sample of the batch. */
static NfTensor *
scale_samples (NfTensor *x, const gfloat *factors, GError **error)
{
  g_autofree gfloat *values = g_new (gfloat, x->n * x->c);
  g_autoptr (NfTensor) scale =
      nf_tensor_new (x->device, NF_F32, x->n, x->c, 1, 1, error);
  g_autoptr (NfTensor) shift = NULL;

  if (!scale)
    return NULL;
  for (gint64 i = 0; i < x->n * x->c; i++)
    values[i] = factors[i / x->c] - 1.0f;
  if (!nf_tensor_set_nchw (scale, values, error))
    return NULL;
  shift = nf_tensor_new_zeros (x->device, NF_F32, x->n, x->c, 1, 1, error);
  return shift ? nf_op_modulate (x, scale, shift, error) : NULL;
}

/* sqrt (alpha) x + sqrt (1 - alpha) z at every sample's label. */
static NfTensor *
add_noise (const NfSchedule *schedule, NfTensor *x, NfTensor *z,
    const gfloat *labels, GError **error)
{
  static const NfAxpbyParams sum = { 1.0f, 1.0f, NF_ACT_NONE };
  g_autofree gfloat *signal = g_new (gfloat, x->n);
  g_autofree gfloat *noise = g_new (gfloat, x->n);
  g_autoptr (NfTensor) a = NULL;
  g_autoptr (NfTensor) b = NULL;

  for (gint64 i = 0; i < x->n; i++) {
    gfloat alpha = schedule->alpha[(guint) labels[i]];

    signal[i] = sqrtf (alpha);
    noise[i] = sqrtf (1.0f - alpha);
  }
  a = scale_samples (x, signal, error);
  b = a ? scale_samples (z, noise, error) : NULL;
  return b ? nf_op_axpby (a, b, &sum, error) : NULL;
}

static NfTensor *
draw_noise (DiffusionTask *self, const NfTensor *x, guint64 first_sample,
    GError **error)
{
  NfRandnParams params = { x->n, x->c, x->h, x->w,
    { self->config->train.seed, first_sample, NF_RNG_TRAIN_NOISE } };

  return nf_op_randn (self->device, &params, error);
}

/**
 * nf_diffusion_loss:
 * @net: the noise predictor
 * @schedule: its noise levels
 * @context: (N, channels * num_frames_cond, H, W), pixels in [-1, 1]
 * @future: (N, channels * num_frames, H, W), likewise
 * @z: the noise, shape of @future
 * @labels: (array): N noise labels
 * @forward: how to run
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the mean over the batch of the summed
 *   half squared error of the predicted noise
 */
NfTensor *
nf_diffusion_loss (NfUnet *net, const NfSchedule *schedule, NfTensor *context,
    NfTensor *future, NfTensor *z, const gfloat *labels,
    const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) x = add_noise (schedule, future, z, labels, error);
  g_autoptr (NfUnetCond) cond =
      x ? nf_unet_condition (net, context, error) : NULL;
  g_autoptr (NfTensor) guess =
      cond ? nf_unet_forward (net, x, labels, cond, forward, error) : NULL;

  return guess ? nf_op_noise_loss (guess, z, error) : NULL;
}

static NfTensor *
loss_of (DiffusionTask *self, NfTensor *context, NfTensor *future,
    const gfloat *labels, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) z = draw_noise (self, future, forward->stream, error);

  return z ? nf_diffusion_loss (self->net, self->schedule, context, future, z,
             labels, forward, error)
           : NULL;
}

static NfTensor *
diffusion_loss (NfTask *task, guint64 first_sample, GError **error)
{
  DiffusionTask *self = (DiffusionTask *) task;
  const NfTrainConfig *config = self->config;
  gint64 n = config->train.batch_size;
  NfForward forward = { TRUE, config->train.seed, first_sample };
  g_autofree gfloat *labels = g_new (gfloat, n);
  g_autoptr (NfTensor) context = NULL;
  g_autoptr (NfTensor) future = NULL;

  for (gint64 i = 0; i < n; i++) {
    NfRngKey key = { config->train.seed, first_sample + i, NF_RNG_LABEL };

    labels[i] = nf_rng_below (&key, 0, self->schedule->n);
    if (!load_sample (self, first_sample + i, i, error))
      return NULL;
  }
  context = upload_frames (
      self, self->context, config->diffusion.num_frames_cond, error);
  if (!context)
    return NULL;
  future =
      upload_frames (self, self->future, config->diffusion.num_frames, error);
  return future ? loss_of (self, context, future, labels, &forward, error)
                : NULL;
}

static gboolean
open_data (DiffusionTask *self, NfTrainConfig *config, GError **error)
{
  const NfConfigDiffusion *model = &config->diffusion;
  guint n;

  self->dataset = nf_task_open_data (&self->task, config, FALSE, error);
  if (!self->dataset)
    return FALSE;
  n = nf_dataset_n_clips (self->dataset);
  for (guint i = 0; i < n; i++) {
    const NfClipInfo *info = nf_dataset_clip_info (self->dataset, i);

    if (info->n_frames >= window_frames (config))
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: has %u frames, but model.num-frames-cond %" G_GINT64_FORMAT
        " + future-gap %" G_GINT64_FORMAT " + num-frames %" G_GINT64_FORMAT
        " need %u; leave its split out of data.splits, or train on fewer",
        info->folder, info->n_frames, model->num_frames_cond, model->future_gap,
        model->num_frames, window_frames (config));
    return FALSE;
  }
  self->order = nf_order_new (config->train.seed, n);
  return TRUE;
}

static gboolean
make_net (DiffusionTask *self, const NfTrainConfig *config, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  NfUnetConfig net;

  if (!nf_unet_config_from_json (&net, json, error))
    return FALSE;
  self->net = nf_unet_new (self->device, &net, error);
  if (!self->net)
    return FALSE;
  self->schedule = nf_schedule_new (&net);
  self->task.arch = nf_unet_arch (self->net);
  self->task.params = nf_unet_params (self->net);
  return TRUE;
}

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
  const NfConfigDiffusion *model = &config->diffusion;
  DiffusionTask *self = g_new0 (DiffusionTask, 1);
  g_autoptr (NfTask) task = &self->task;
  gsize frame, batch;

  nf_task_init (task, diffusion_loss, diffusion_free);
  self->config = config;
  self->device = nf_device_ref (device);
  if (!open_data (self, config, error) || !make_net (self, config, error))
    return NULL;
  frame = (gsize) 3 * config->height * config->width;
  batch = frame * config->train.batch_size;
  self->frame = nf_task_alloc (frame, error);
  if (self->frame)
    self->context = nf_task_alloc (batch * model->num_frames_cond, error);
  if (self->context)
    self->future = nf_task_alloc (batch * model->num_frames, error);
  return self->future ? g_steal_pointer (&task) : NULL;
}
