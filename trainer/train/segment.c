/* SPDX-License-Identifier: MIT
 *
 * segment — the task of `nextframe-train segment`: a network on frames and masks
 *
 * Every frame of every clip is an item of an epoch; of endless clips each
 * sample has one of its own; a sample may be a part of it. The loss is a sum of
 * cross entropy and Dice, see NfConfigTrain.
 * Judged is every frame of a clip, as it is but for its size.
 * Siblings: diffusion.c, loop.c, validate.c, loader.c, augment.c */
#include "train/segment.h"
#include "data/augment.h"
#include <nextframe/metrics/nfmask.h>

#include <string.h>

typedef struct
{
  NfTask task;
  const NfTrainConfig *config;
  NfClipSource *source;
  NfLoader *loader;
  GArray *first_items; /* of each clip: frames of the clips before it */
  NfNet *net;
  NfNet *judged; /* NULL, or while the network is judged its copy */
  NfDevice *device;
  NfTensor *weights; /* (1, classes, 1, 1) of cross entropy, or NULL: all 1 */
  gint width, height; /* of a training sample, pixels */
} SegmentTask;

/* A sample's, and a batch's, parts. */
enum
{
  PART_FRAME, /* (height, width, 3) */
  PART_MASK /* (height, width) */
};

/* The loss's inputs. */
enum
{
  IN_FRAMES,
  IN_MASKS,
  N_IN
};

static void
segment_free (NfTask *task)
{
  SegmentTask *self = (SegmentTask *) task;

  g_clear_pointer (&self->loader, nf_loader_free);
  g_clear_pointer (&self->net, nf_net_free);
  nf_tensor_clear (&self->weights);
  g_clear_pointer (&self->first_items, g_array_unref);
  g_clear_pointer (&self->source, nf_clip_source_free);
  nf_device_unref (self->device);
  g_free (self);
}

/* The clip that holds this item: the last one that begins at or before it. */
static guint
find_clip (const SegmentTask *self, guint64 item)
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

/* Which frame a sample is: an item of an epoch, or of endless clips any frame
 * of the next one. */
static guint64
find_frame (const SegmentTask *self, guint64 sample, guint64 item, guint *t)
{
  NfRngKey key = {
    .seed = self->config->train.seed, .stream = sample, .purpose = NF_RNG_WINDOW
  };
  guint clip;

  if (self->first_items->len == 0) {
    *t = nf_rng_below (&key, 0, nf_clip_source_n_frames (self->source, item));
    return item;
  }
  clip = find_clip (self, item);
  *t = item - g_array_index (self->first_items, guint, clip);
  return clip;
}

/* Frame @t of a clip, with its mask, as training or judging sees it. */
static gboolean
write_frame (const SegmentTask *self, NfClipReader *reader, guint64 clip,
    guint t, const NfAugment *augment, guint8 *const parts[], GError **error)
{
  NfFrame frame;

  if (!nf_clip_reader_open (reader, clip, error))
    return FALSE;
  nf_clip_reader_frame (reader, t, &frame);
  return nf_augment_apply (augment, frame.rgb, frame.mask, frame.width,
      frame.height, self->config->width, self->config->height,
      parts[PART_FRAME], parts[PART_MASK], error);
}

static gboolean
load_sample (gconstpointer task, NfClipReader *reader, guint64 sample,
    guint64 item, guint8 *const parts[], GError **error)
{
  const SegmentTask *self = task;
  const NfConfigTrain *train = &self->config->train;
  guint t;
  guint64 clip = find_frame (self, sample, item, &t);
  NfAugment augment;

  nf_augment_draw (&augment, self->config, train->seed, sample);
  return write_frame (self, reader, clip, t, &augment, parts, error);
}

/* a times the first and b times the second, neither of which may be left out */
static NfTensor *
weighted_sum (NfTensor *x, gdouble a, NfTensor *y, gdouble b, GError **error)
{
  const NfAxpbyParams params = {
    .alpha = (gfloat) a, .beta = (gfloat) b, .act = NF_ACT_NONE
  };

  return x && y ? nf_op_axpby (x, y, &params, error) : NULL;
}

/**
 * nf_segment_loss:
 * @logits: (nullable): (N, classes, H, W) f32; NULL where what makes them has failed
 * @masks: (N, 1, H, W): class ids
 * @weights: (nullable): (1, classes, 1, 1) of cross entropy
 * @train: what the loss is made of
 * @error: return location
 *
 * Returns: (transfer full) (nullable): cross entropy and Dice loss, weighted
 */
NfTensor *
nf_segment_loss (NfTensor *logits, NfTensor *masks, NfTensor *weights,
    const NfConfigTrain *train, GError **error)
{
  const gboolean ignores = train->ignored_label >= 0;
  const gint ignored = (gint) train->ignored_label;
  const NfCrossEntropyParams entropy_params = { ignores, ignored };
  const NfDiceLossParams dice_params = { .smooth = (gfloat) train->dice_smooth,
    .present = g_str_equal (train->dice_classes, "present"),
    .ignores = ignores,
    .ignored = ignored };
  g_autoptr (NfTensor) entropy = NULL, dice = NULL;

  if (train->cross_entropy > 0 || train->dice == 0)
    entropy =
        nf_op_cross_entropy (logits, masks, weights, &entropy_params, error);
  if (train->dice == 0)
    return weighted_sum (entropy, train->cross_entropy, entropy, 0, error);
  dice = nf_op_dice_loss (logits, masks, &dice_params, error);
  if (train->cross_entropy == 0)
    return weighted_sum (dice, train->dice, dice, 0, error);
  return weighted_sum (entropy, train->cross_entropy, dice, train->dice, error);
}

static NfTensor *
segment_loss (NfTask *task, NfTensor *const *in, GError **error)
{
  SegmentTask *self = (SegmentTask *) task;
  const NfForward forward = { .training = TRUE,
    .dtype = nf_train_config_dtype (self->config) };
  g_autoptr (NfTensor) x =
      nf_segment_normalize (self->net, in[IN_FRAMES], error);
  g_autoptr (NfTensor) logits =
      nf_segment_forward (self->net, x, &forward, error);

  return nf_segment_loss (
      logits, in[IN_MASKS], self->weights, &self->config->train, error);
}

static gboolean
upload (SegmentTask *self, gint64 n, gint64 height, gint64 width,
    const guint8 *const parts[], NfTensor **in, GError **error)
{
  in[IN_FRAMES] = nf_tensor_new_from_nhwc (
      self->device, NF_U8, n, 3, height, width, parts[PART_FRAME], error);
  if (!in[IN_FRAMES])
    return FALSE;
  in[IN_MASKS] = nf_tensor_new_from_nhwc (
      self->device, NF_U8, n, 1, height, width, parts[PART_MASK], error);
  return in[IN_MASKS] != NULL;
}

static gboolean
segment_load (NfTask *task, guint64 first_sample, NfTensor **in, GError **error)
{
  SegmentTask *self = (SegmentTask *) task;
  const guint8 *parts[NF_LOADER_PARTS];

  return nf_loader_get (self->loader, first_sample, parts, error)
      && upload (self, nf_train_config_part (self->config), self->height,
          self->width, parts, in, error);
}

/* Frames of a clip that judge. */
static guint
count_frames (const NfTask *task, guint n_frames)
{
  const SegmentTask *self = (const SegmentTask *) task;
  gint64 most = self->config->validate.frames;

  return most > 0 ? MIN (n_frames, most) : n_frames;
}

static gboolean
load_frame (gconstpointer task, NfClipReader *reader, guint64 clip, guint index,
    guint8 *const parts[], GError **error)
{
  guint n_frames;
  NfAugment as_it_is;

  if (!nf_clip_reader_open (reader, clip, error))
    return FALSE;
  n_frames = nf_clip_reader_n_frames (reader);
  nf_augment_init (&as_it_is);
  return write_frame (task, reader, clip,
      index * n_frames / count_frames (task, n_frames), &as_it_is, parts,
      error);
}

/* The masks that the logits mean, compared with the true ones on the device:
 * the counts alone leave it. */
static gboolean
count_pixels (NfTensor *logits, NfTensor *masks, guint n, NfScoreboard *board,
    GError **error)
{
  const gint classes = logits->c;
  g_autoptr (NfTensor) ids = nf_op_argmax (logits, error);
  g_autoptr (NfTensor) counts = nf_op_confusion (masks, ids, classes, error);
  g_autoptr (NfConfusion) found = nf_confusion_new (classes);

  if (!counts || !nf_tensor_to_nhwc (counts, found->counts, error))
    return FALSE;
  nf_scoreboard_add_counts (board, found, n, 0);
  return TRUE;
}

static gboolean
score_batch (SegmentTask *self, NfTensor *const *in, guint n,
    NfScoreboard *board, gdouble *loss, GError **error)
{
  const NfForward forward = { .dtype = nf_train_config_dtype (self->config) };
  g_autoptr (NfTensor) x =
      nf_segment_normalize (self->judged, in[IN_FRAMES], error);
  g_autoptr (NfTensor) logits =
      nf_segment_forward (self->judged, x, &forward, error);
  g_autoptr (NfTensor) mean = nf_segment_loss (
      logits, in[IN_MASKS], self->weights, &self->config->train, error);

  return mean && count_pixels (logits, in[IN_MASKS], n, board, error)
      && nf_task_read_loss (mean, loss, error);
}

static gboolean
segment_score (NfTask *task, guint64 clip, guint first, guint n,
    const guint8 *const parts[], NfScoreboard *board, gdouble *loss,
    GError **error)
{
  SegmentTask *self = (SegmentTask *) task;
  NfTensor *in[N_IN] = { NULL };
  gboolean ok = upload (self, n, self->config->height, self->config->width,
                    parts, in, error)
      && score_batch (self, in, n, board, loss, error);

  for (guint i = 0; i < N_IN; i++)
    nf_tensor_clear (&in[i]);
  return ok;
}

static void
segment_tiles (const NfTask *task, guint counts[NF_N_TILES])
{
  counts[NF_TILE_SEEN] = counts[NF_TILE_MADE] = counts[NF_TILE_TRUE] = 1;
}

/* The frame, its masks as the network has it, and the true one. */
static gboolean
segment_paint (NfTask *task, guint64 clip, const guint8 *const parts[],
    guint8 *tiles, GError **error)
{
  SegmentTask *self = (SegmentTask *) task;
  const NfForward forward = { .dtype = nf_train_config_dtype (self->config) };
  const gsize pixels = (gsize) self->config->height * self->config->width;
  g_autofree guint8 *mask = g_malloc (pixels);
  NfTensor *in[N_IN] = { NULL };
  gboolean ok = upload (
      self, 1, self->config->height, self->config->width, parts, in, error);
  g_autoptr (NfTensor) x =
      ok ? nf_segment_normalize (self->judged, in[IN_FRAMES], error) : NULL;
  g_autoptr (NfTensor) logits =
      x ? nf_segment_forward (self->judged, x, &forward, error) : NULL;
  g_autoptr (NfTensor) ids = logits ? nf_op_argmax (logits, error) : NULL;

  for (guint i = 0; i < N_IN; i++)
    nf_tensor_clear (&in[i]);
  if (!ids || !nf_tensor_to_nhwc (ids, mask, error))
    return FALSE;
  memcpy (tiles, parts[PART_FRAME], 3 * pixels);
  nf_mask_paint (mask, pixels, tiles + 3 * pixels);
  nf_mask_paint (parts[PART_MASK], pixels, tiles + 6 * pixels);
  return TRUE;
}

/* Settles the size of what is trained on, and of what judges. */
static gboolean
size_samples (SegmentTask *self, const NfTrainConfig *config, GError **error)
{
  const gint64 *crop = config->train.crop.v;
  const gsize whole = (gsize) config->height * config->width;
  gsize pixels;

  if (crop[0] > config->height || crop[1] > config->width) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "train.crop: expected at most the frames' size, %d %d, got "
        "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
        config->height, config->width, crop[0], crop[1]);
    return FALSE;
  }
  self->height = crop[0] > 0 ? (gint) crop[0] : config->height;
  self->width = crop[1] > 0 ? (gint) crop[1] : config->width;
  pixels = (gsize) self->height * self->width;
  self->task.part_bytes[PART_FRAME] = 3 * pixels;
  self->task.part_bytes[PART_MASK] = pixels;
  self->task.judge_bytes[PART_FRAME] = 3 * whole;
  self->task.judge_bytes[PART_MASK] = whole;
  return TRUE;
}

/* The weights of the classes in cross entropy, where they are not all 1. */
static gboolean
make_weights (SegmentTask *self, GError **error)
{
  const gint64 classes = self->config->segment.classes;
  g_autofree gfloat *weights = g_new (gfloat, classes);

  if (self->config->train.object_weight == 1)
    return TRUE;
  for (gint64 i = 0; i < classes; i++)
    weights[i] = i == 0 ? 1 : (gfloat) self->config->train.object_weight;
  self->weights = nf_tensor_new (self->device, NF_F32, 1, classes, 1, 1, error);
  return self->weights && nf_tensor_set_nchw (self->weights, weights, error);
}

static gboolean
open_data (SegmentTask *self, NfTrainConfig *config, GError **error)
{
  NfLoaderSetup setup = { load_sample };

  self->source = nf_task_open_data (&self->task, config, TRUE, error);
  if (!self->source)
    return FALSE;
  self->first_items = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < nf_clip_source_n_clips (self->source); i++) {
    g_array_append_val (self->first_items, setup.n_items);
    setup.n_items += nf_clip_source_n_frames (self->source, i);
  }
  if (!size_samples (self, config, error))
    return FALSE;
  self->loader =
      nf_task_start_loader (&self->task, config, self->source, &setup, error);
  return self->loader != NULL;
}

static NfNet *
new_net (const SegmentTask *self, GError **error)
{
  g_autoptr (JsonObject) json = nf_train_config_to_json (self->config);

  return nf_net_new (
      nf_train_config_net (self->config), self->device, json, error);
}

static gboolean
make_net (SegmentTask *self, GError **error)
{
  self->net = new_net (self, error);
  if (!self->net)
    return FALSE;
  self->task.arch = self->net->klass->name;
  self->task.params = self->net->params;
  return TRUE;
}

static NfParams *
begin_judging (NfTask *task, GError **error)
{
  SegmentTask *self = (SegmentTask *) task;

  self->judged = new_net (self, error);
  return self->judged ? self->judged->params : NULL;
}

static void
end_judging (NfTask *task)
{
  SegmentTask *self = (SegmentTask *) task;

  g_clear_pointer (&self->judged, nf_net_free);
}

static const NfTaskJudge segment_judge = { .masks = TRUE,
  .check = NULL,
  .n_samples = count_frames,
  .load = load_frame,
  .begin = begin_judging,
  .score = segment_score,
  .tiles = segment_tiles,
  .paint = segment_paint,
  .end = end_judging };

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

  nf_task_init (task, N_IN, segment_load, segment_loss, segment_free);
  self->config = config;
  self->device = nf_device_ref (device);
  task->judge = &segment_judge;
  if (!open_data (self, config, error) || !make_weights (self, error)
      || !make_net (self, error))
    return NULL;
  return g_steal_pointer (&task);
}
