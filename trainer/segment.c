/* SPDX-License-Identifier: MIT
 *
 * segment — the task of `nextframe-train segment`: UNet++ on frames and masks
 *
 * Every frame of every clip is an item of an epoch. The loss is half cross
 * entropy, half Dice over the classes of each image.
 * Siblings: diffusion.c, loop.c, augment.c */
#include "segment.h"
#include "augment.h"

#define DICE_SMOOTH 1e-6f

typedef struct
{
  NfTask task;
  const NfTrainConfig *config;
  NfDataset *dataset;
  NfOrder *order;
  GArray *first_items; /* of each clip: frames of the clips before it */
  NfUnetpp *net;
  NfDevice *device;
  guint8 *frames; /* (batch, height, width, 3) */
  guint8 *masks; /* (batch, height, width) */
} SegmentTask;

static void
segment_free (NfTask *task)
{
  SegmentTask *self = (SegmentTask *) task;

  g_free (self->frames);
  g_free (self->masks);
  g_clear_pointer (&self->net, nf_unetpp_free);
  g_clear_pointer (&self->order, nf_order_free);
  g_clear_pointer (&self->first_items, g_array_unref);
  g_clear_pointer (&self->dataset, nf_dataset_free);
  nf_device_unref (self->device);
  g_free (self);
}

/* The clip that holds this item: the last one that begins at or before it. */
static guint
find_clip (const SegmentTask *self, guint item)
{
  guint low = 0, high = self->first_items->len;

  while (high - low > 1) {
    guint middle = (low + high) / 2;

    if (g_array_index (self->first_items, guint, middle) <= item)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* Puts a training sample into a place of the batch. */
static gboolean
load_sample (SegmentTask *self, guint64 sample, guint place, GError **error)
{
  const NfConfigTrain *train = &self->config->train;
  gint width = self->config->width, height = self->config->height;
  gsize pixels = (gsize) width * height;
  guint item = nf_order_item (self->order, sample);
  guint index = find_clip (self, item);
  guint t = item - g_array_index (self->first_items, guint, index);
  g_autoptr (NfClip) clip = nf_dataset_load_clip (self->dataset, index, error);
  NfAugment augment;

  if (!clip)
    return FALSE;
  nf_augment_draw (
      &augment, train->seed, sample, train->mirror, train->blur, train->noise);
  nf_augment_mask (&augment, nf_clip_mask (clip, t), clip->width, clip->height,
      self->masks + place * pixels, width, height);
  return nf_augment_frame (&augment, nf_clip_frame (clip, t), clip->width,
      clip->height, self->frames + 3 * place * pixels, width, height, error);
}

static NfTensor *
half_of_each (NfTensor *a, NfTensor *b, GError **error)
{
  static const NfAxpbyParams mean = { 0.5f, 0.5f, NF_ACT_NONE };

  return nf_op_axpby (a, b, &mean, error);
}

/**
 * nf_segment_loss:
 * @net: a UNet++
 * @x: (N, channels, H, W): normalised frames
 * @masks: (N, 1, H, W): class ids
 * @forward: how to run
 * @error: return location
 *
 * Returns: (transfer full) (nullable): half cross entropy, half Dice loss
 */
NfTensor *
nf_segment_loss (NfUnetpp *net, NfTensor *x, NfTensor *masks,
    const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) logits = nf_unetpp_forward (net, x, forward, error);
  g_autoptr (NfTensor) entropy =
      logits ? nf_op_cross_entropy (logits, masks, error) : NULL;
  g_autoptr (NfTensor) dice =
      entropy ? nf_op_dice_loss (logits, masks, DICE_SMOOTH, error) : NULL;

  return dice ? half_of_each (entropy, dice, error) : NULL;
}

static NfTensor *
loss_of (SegmentTask *self, NfTensor *frames, NfTensor *masks,
    const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) x = nf_unetpp_normalize (self->net, frames, error);

  return x ? nf_segment_loss (self->net, x, masks, forward, error) : NULL;
}

static NfTensor *
segment_loss (NfTask *task, guint64 first_sample, GError **error)
{
  SegmentTask *self = (SegmentTask *) task;
  const NfConfigTrain *train = &self->config->train;
  gint64 n = train->batch_size;
  gint64 height = self->config->height, width = self->config->width;
  NfForward forward = { TRUE, train->seed, first_sample };
  g_autoptr (NfTensor) frames = NULL;
  g_autoptr (NfTensor) masks = NULL;

  for (gint64 i = 0; i < n; i++)
    if (!load_sample (self, first_sample + i, i, error))
      return NULL;
  frames = nf_tensor_new_from_nhwc (
      self->device, NF_U8, n, 3, height, width, self->frames, error);
  if (!frames)
    return NULL;
  masks = nf_tensor_new_from_nhwc (
      self->device, NF_U8, n, 1, height, width, self->masks, error);
  return masks ? loss_of (self, frames, masks, &forward, error) : NULL;
}

static gboolean
open_data (SegmentTask *self, NfTrainConfig *config, GError **error)
{
  guint n_items = 0;

  self->dataset = nf_task_open_data (&self->task, config, TRUE, error);
  if (!self->dataset)
    return FALSE;
  self->first_items = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < nf_dataset_n_clips (self->dataset); i++) {
    g_array_append_val (self->first_items, n_items);
    n_items += nf_dataset_clip_info (self->dataset, i)->n_frames;
  }
  self->order = nf_order_new (config->train.seed, n_items);
  return TRUE;
}

static gboolean
make_net (SegmentTask *self, const NfTrainConfig *config, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (config);
  NfUnetppConfig net;

  if (!nf_unetpp_config_from_json (&net, json, error))
    return FALSE;
  self->net = nf_unetpp_new (self->device, &net, error);
  if (!self->net)
    return FALSE;
  self->task.arch = NF_UNETPP_ARCH;
  self->task.params = nf_unetpp_params (self->net);
  return TRUE;
}

/**
 * nf_segment_task_new:
 * @device: where to train
 * @config: settings, outliving the task; the frames' size is put in
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the network and its data
 */
NfTask *
nf_segment_task_new (NfDevice *device, NfTrainConfig *config, GError **error)
{
  SegmentTask *self = g_new0 (SegmentTask, 1);
  g_autoptr (NfTask) task = &self->task;
  gsize pixels;

  nf_task_init (task, segment_loss, segment_free);
  self->config = config;
  self->device = nf_device_ref (device);
  if (!open_data (self, config, error) || !make_net (self, config, error))
    return NULL;
  pixels = (gsize) config->height * config->width * config->train.batch_size;
  self->frames = nf_task_alloc (3 * pixels, error);
  self->masks = self->frames ? nf_task_alloc (pixels, error) : NULL;
  return self->masks ? g_steal_pointer (&task) : NULL;
}
