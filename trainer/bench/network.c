/* SPDX-License-Identifier: MIT
 *
 * bench/network — the networks that `nextframe-train bench` measures, and their
 * work
 *
 * The file of inputs holds, in PyTorch's shapes: for a noise predictor cond,
 * and x with labels (one evaluation) or future, noise and labels (training);
 * for a network that segments image, normalised, and target (training). */
#include "bench/network.h"
#include <nextframe/diffusion/nfprediction.h>
#include <nextframe/io/nfcheckpoint.h>
#include "train/diffusion.h"
#include "train/loop.h"
#include "train/segment.h"

#include <string.h>

typedef enum
{
  INPUT_X,
  INPUT_COND,
  INPUT_FUTURE,
  INPUT_NOISE,
  INPUT_LABELS,
  INPUT_IMAGE,
  INPUT_TARGET,
  N_INPUTS
} Input;

static const gchar *const input_names[N_INPUTS] = { "x", "cond", "future",
  "noise", "labels", "image", "target" };

struct _NfBenchNet
{
  NfTask task;
  NfDevice *device;
  const NfBenchSpec *spec;
  NfBenchSizes sizes;
  NfNet *net;
  NfUnet *unet; /* the same, where it predicts */
  NfSchedule *schedule;
  NfSafetensors *tensors;
  NfTensor *input[N_INPUTS];
  gfloat *labels;
  NfUnetCond *cond; /* of single evaluations */
  NfTensor *output;
  NfTrainState *state;
  GArray *losses; /* of every training step, gdouble */
  GArray *firsts; /* seconds until each block's first evaluation was done */
  GArray *evaluations; /* seconds of each later one */
  gint64 since; /* when the evaluation began, nanoseconds */
};

/* As PyTorch's AdamW has them, with a limit on the gradients' norm. */
static NfConfigTrain
train_settings (const NfBenchNet *self)
{
  NfConfigTrain train = { .batch_size = self->spec->batch,
    .optimizer = (gchar *) "adamw",
    .learning_rate = 1e-4,
    .weight_decay = 0.01,
    .grad_clip = 1.0,
    .betas = { 2, { 0.9, 0.999 } },
    .eps = 1e-8,
    .schedule = (gchar *) "constant",
    .accumulate = 1,
    .decay_vectors = TRUE,
    .encoder_rate = 1,
    .decoder_rate = 1,
    .head_rate = 1,
    .cross_entropy = 0.5, /* as in the published pipeline */
    .dice = 0.5,
    .dice_classes = (gchar *) "all",
    .dice_smooth = 1e-6,
    .ignored_label = -1 };

  return train;
}

static void
bench_net_clear (NfTask *task)
{
  NfBenchNet *self = (NfBenchNet *) task;

  for (guint i = 0; i < N_INPUTS; i++)
    nf_tensor_clear (&self->input[i]);
  nf_tensor_clear (&self->output);
  g_clear_pointer (&self->cond, nf_unet_cond_free);
  g_clear_pointer (&self->state, nf_train_state_free);
  g_clear_pointer (&self->tensors, nf_safetensors_unref);
  g_clear_pointer (&self->schedule, nf_schedule_free);
  g_clear_pointer (&self->net, nf_net_free);
  nf_bench_sizes_clear (&self->sizes);
  g_clear_pointer (&self->losses, g_array_unref);
  g_clear_pointer (&self->firsts, g_array_unref);
  g_clear_pointer (&self->evaluations, g_array_unref);
  g_free (self->labels);
  nf_device_unref (self->device);
  g_free (self);
}

/**
 * nf_bench_net_free:
 * @net: (transfer full): a network
 */
void
nf_bench_net_free (NfBenchNet *net)
{
  nf_task_free (&net->task);
}

/* ------------------------------------------------------------------ inputs */

/* The tensor of this name in the file of inputs. */
static const NfSafetensorsEntry *
find_input (NfBenchNet *self, Input which, gsize elements, GError **error)
{
  const NfSafetensorsEntry *entry =
      nf_safetensors_lookup (self->tensors, input_names[which]);

  if (entry && entry->elements == elements)
    return entry;
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "%s: expected a tensor %s of %" G_GSIZE_FORMAT " elements",
      self->spec->tensors, input_names[which], elements);
  return NULL;
}

/* The same as a tensor; random numbers where there is no file. */
static NfTensor *
read_input (
    NfBenchNet *self, Input which, gint64 c, gint64 h, gint64 w, GError **error)
{
  gint64 n = self->spec->batch;
  gsize elements = (gsize) (n * c * h * w);
  const NfSafetensorsEntry *entry;
  g_autofree gfloat *data = NULL;

  if (!self->tensors)
    return nf_bench_random (self->device, which, n, c, h, w, error);
  entry = find_input (self, which, elements, error);
  if (!entry)
    return NULL;
  data = g_new (gfloat, elements);
  if (!nf_safetensors_read_f32 (entry, data, error))
    return NULL;
  return nf_tensor_new_from_nchw (
      self->device, NF_F32, n, c, h, w, data, error);
}

/* Class ids: those of the file, or bands of a few rows. */
static NfTensor *
read_target (NfBenchNet *self, GError **error)
{
  gint64 n = self->spec->batch, h = self->sizes.height, w = self->sizes.width;
  gsize elements = (gsize) (n * h * w);
  g_autofree gint64 *ids = g_new (gint64, elements);
  NfSegmentSizes sizes;

  nf_segment_sizes (self->net, &sizes);
  for (gsize i = 0; i < elements; i++)
    ids[i] = (gint64) (i / (8 * (gsize) w)) % sizes.classes;
  if (self->tensors) {
    const NfSafetensorsEntry *entry =
        find_input (self, INPUT_TARGET, elements, error);

    if (!entry || !nf_safetensors_read_i64 (entry, ids, error))
      return NULL;
  }
  return nf_tensor_new_from_nchw (self->device, NF_I64, n, 1, h, w, ids, error);
}

/* Labels: those of the file, or the middle one. */
static gboolean
read_labels (NfBenchNet *self, GError **error)
{
  gint64 n = self->spec->batch;
  g_autoptr (NfTensor) t = NULL;

  self->labels = g_new (gfloat, n);
  for (gint64 i = 0; i < n; i++)
    self->labels[i] = self->sizes.unet.num_classes / 2;
  if (!self->tensors)
    return TRUE;
  t = read_input (self, INPUT_LABELS, 1, 1, 1, error);
  return t && nf_tensor_to_nchw (t, self->labels, error);
}

/* Channels of an input that is not for class ids or labels. */
static gint64
channels_of (const NfBenchNet *self, Input which)
{
  const NfUnetConfig *c = &self->sizes.unet;
  NfSegmentSizes sizes;

  if (which == INPUT_COND)
    return nf_unet_cond_channels (c);
  if (which != INPUT_IMAGE)
    return c->channels * c->num_frames;
  nf_segment_sizes (self->net, &sizes);
  return sizes.channels;
}

/* Reads the inputs that a piece of work needs, once. */
static gboolean
need (NfBenchNet *self, const Input *inputs, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    Input which = inputs[i];

    if (self->input[which] || (which == INPUT_LABELS && self->labels))
      continue;
    if (which == INPUT_LABELS) {
      if (!read_labels (self, error))
        return FALSE;
      continue;
    }
    self->input[which] = which == INPUT_TARGET
        ? read_target (self, error)
        : read_input (self, which, channels_of (self, which),
            self->sizes.height, self->sizes.width, error);
    if (!self->input[which])
      return FALSE;
  }
  return TRUE;
}

/* ------------------------------------------------------------ construction */

static const NfDiffusionHow published = { FALSE, NF_DIFFUSION_WEIGHT_NONE };

static NfTensor *
train_loss (NfTask *task, NfTensor *const *in, GError **error)
{
  NfBenchNet *self = (NfBenchNet *) task;
  const NfForward forward = {
    .training = TRUE, .seed = 1, .dtype = self->spec->dtype
  };

  const NfConfigTrain train = train_settings (self);
  g_autoptr (NfTensor) logits = NULL;

  if (self->unet)
    return nf_diffusion_loss (self->unet, in, &published, &forward, error);
  logits = nf_segment_forward (self->net, in[0], &forward, error);
  return logits ? nf_segment_loss (logits, in[1], NULL, &train, error) : NULL;
}

static gboolean
train_load (NfTask *task, guint64 first_sample, NfTensor **in, GError **error)
{
  NfBenchNet *self = (NfBenchNet *) task;

  if (self->unet)
    return nf_diffusion_inputs (self->unet, self->schedule, &published,
        self->input[INPUT_COND], self->input[INPUT_FUTURE],
        self->input[INPUT_NOISE], self->labels, first_sample, in, error);
  in[0] = nf_tensor_ref (self->input[INPUT_IMAGE]);
  in[1] = nf_tensor_ref (self->input[INPUT_TARGET]);
  return TRUE;
}

static gboolean
build (NfBenchNet *self, GError **error)
{
  if (!nf_bench_sizes_read (&self->sizes, self->spec, error))
    return FALSE;
  self->net =
      nf_net_new (self->sizes.klass, self->device, self->sizes.config, error);
  if (!self->net)
    return FALSE;
  self->task.arch = self->net->klass->name;
  self->task.params = self->net->params;
  self->task.n_in = 2;
  if (self->sizes.klass->task == NF_NET_PREDICT) {
    self->unet = (NfUnet *) self->net;
    self->schedule = nf_schedule_new (&self->sizes.unet);
    self->task.n_in = NF_DIFFUSION_INPUTS;
  }
  return TRUE;
}

static gboolean
fill (NfBenchNet *self, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = NULL;

  if (self->spec->tensors) {
    self->tensors = nf_safetensors_open (self->spec->tensors, error);
    if (!self->tensors)
      return FALSE;
  }
  if (!self->spec->checkpoint)
    return nf_params_reset (self->task.params, 1, error);
  checkpoint = nf_checkpoint_open (self->spec->checkpoint, error);
  return checkpoint
      && nf_checkpoint_load_params (checkpoint, self->task.params, error);
}

/**
 * nf_bench_net_new:
 * @device: where it lies
 * @spec: what it is, outliving the result
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the network, with weights
 */
NfBenchNet *
nf_bench_net_new (NfDevice *device, const NfBenchSpec *spec, GError **error)
{
  g_autoptr (NfBenchNet) self = g_new0 (NfBenchNet, 1);

  nf_task_init (&self->task, 0, train_load, train_loss, bench_net_clear);
  self->device = nf_device_ref (device);
  self->spec = spec;
  self->losses = g_array_new (FALSE, FALSE, sizeof (gdouble));
  self->firsts = g_array_new (FALSE, FALSE, sizeof (gdouble));
  self->evaluations = g_array_new (FALSE, FALSE, sizeof (gdouble));
  if (!build (self, error) || !fill (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

const gchar *
nf_bench_net_arch (const NfBenchNet *net)
{
  return net->task.arch;
}

guint64
nf_bench_net_parameters (const NfBenchNet *net)
{
  return nf_params_elements (net->task.params, TRUE);
}

const NfBenchSizes *
nf_bench_net_sizes (const NfBenchNet *net)
{
  return &net->sizes;
}

/* -------------------------------------------------------------------- work */

/* Keeps what a run made, once it is there. */
static gboolean
keep (NfBenchNet *self, NfTensor *output, GError **error)
{
  nf_tensor_clear (&self->output);
  self->output = output;
  return output && self->device->backend->synchronize (self->device, error);
}

static NfUnetCond *
condition (NfBenchNet *self, GError **error)
{
  g_autoptr (NfTensor) cond = self->spec->dtype == NF_F32
      ? nf_tensor_ref (self->input[INPUT_COND])
      : nf_op_cast (self->input[INPUT_COND], self->spec->dtype, error);

  return cond ? nf_unet_condition (self->unet, cond, error) : NULL;
}

/**
 * nf_bench_net_forward:
 * @net: a #NfBenchNet
 * @error: return location
 *
 * One evaluation, without what is computed once per block.
 */
gboolean
nf_bench_net_forward (gpointer net, GError **error)
{
  static const Input of_unet[] = { INPUT_X, INPUT_COND, INPUT_LABELS };
  static const Input of_segmenter[] = { INPUT_IMAGE };
  NfBenchNet *self = net;
  const NfForward forward = { .dtype = self->spec->dtype };

  if (!self->unet)
    return need (self, of_segmenter, 1, error)
        && keep (self,
            nf_segment_forward (
                self->net, self->input[INPUT_IMAGE], &forward, error),
            error);
  if (!need (self, of_unet, 3, error))
    return FALSE;
  if (!self->cond)
    self->cond = condition (self, error);
  return self->cond
      && keep (self,
          nf_unet_forward (self->unet, self->input[INPUT_X], self->labels,
              self->cond, NULL, error),
          error);
}

static void
evaluated (gpointer data, guint done, guint total)
{
  NfBenchNet *self = data;
  gint64 now = nf_observe_now ().clock;
  gdouble seconds = 1e-9 * (gdouble) (now - self->since);

  self->since = now;
  g_array_append_val (done == 1 ? self->firsts : self->evaluations, seconds);
}

/**
 * nf_bench_net_sample:
 * @net: a #NfBenchNet
 * @error: return location
 *
 * One block of frames from noise.
 */
gboolean
nf_bench_net_sample (gpointer net, GError **error)
{
  static const Input inputs[] = { INPUT_COND };
  NfBenchNet *self = net;
  const NfUnetConfig *c = &self->sizes.unet;
  guint horizon = c->future_gap + c->num_frames;
  g_autofree NfTensor **out = g_new0 (NfTensor *, horizon);
  NfTensor *block = NULL;
  NfPrediction prediction;

  if (!self->unet) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "bench sampling: a %s predicts no frames; name a noise predictor",
        self->net->klass->title);
    return FALSE;
  }
  if (!need (self, inputs, 1, error))
    return FALSE;
  nf_prediction_init (&prediction);
  prediction.method = self->spec->sampler;
  prediction.steps = self->spec->steps;
  prediction.dtype = self->spec->dtype;
  prediction.horizon = horizon;
  prediction.progress = evaluated;
  prediction.progress_data = self;
  self->since = nf_observe_now ().clock;
  if (nf_prediction_run (&prediction, self->unet, self->schedule,
          self->input[INPUT_COND], out, error))
    block = nf_op_concat (out + c->future_gap, c->num_frames, error);
  for (guint i = 0; i < horizon; i++)
    nf_tensor_clear (&out[i]);
  return keep (self, block, error);
}

/**
 * nf_bench_net_train:
 * @net: a #NfBenchNet
 * @error: return location
 *
 * One training step, always with the same batch: loss, gradients, update.
 */
gboolean
nf_bench_net_train (gpointer net, GError **error)
{
  static const Input of_unet[] = { INPUT_COND, INPUT_FUTURE, INPUT_NOISE,
    INPUT_LABELS };
  static const Input of_segmenter[] = { INPUT_IMAGE, INPUT_TARGET };
  NfBenchNet *self = net;
  NfConfigTrain train = train_settings (self);
  gdouble norm;

  if (!need (
          self, self->unet ? of_unet : of_segmenter, self->unet ? 4 : 2, error))
    return FALSE;
  if (!self->state) {
    nf_params_set_trainable (self->task.params, TRUE);
    self->state = nf_train_state_new (self->task.params, error);
  }
  if (!self->state
      || !nf_loop_step (
          &self->task, &train, self->state, train.learning_rate, &norm, error))
    return FALSE;
  g_array_append_val (self->losses, self->state->loss);
  return self->device->backend->synchronize (self->device, error);
}

static gdouble
median_of (GArray *all)
{
  return all->len ? nf_bench_median ((gdouble *) all->data, all->len) : 0;
}

/**
 * nf_bench_net_first_evaluation:
 * @net: a network
 *
 * Returns: median of the seconds until a block's first evaluation was done; 0
 *   where no block was predicted
 */
gdouble
nf_bench_net_first_evaluation (const NfBenchNet *net)
{
  return median_of (net->firsts);
}

/**
 * nf_bench_net_evaluation:
 * @net: a network
 *
 * Returns: median of the seconds that every later evaluation took, with what
 *   the sampler does around it; 0 where there was none
 */
gdouble
nf_bench_net_evaluation (const NfBenchNet *net)
{
  return median_of (net->evaluations);
}

/* -------------------------------------------------------------------- file */

static gboolean
save_tensor (NfSafetensorsWriter *writer, const gchar *name, const NfTensor *t,
    GError **error)
{
  const gint64 shape[] = { t->n, t->c, t->h, t->w };
  gpointer data = g_malloc (t->bytes);
  g_autoptr (GBytes) bytes = g_bytes_new_take (data, t->bytes);

  return nf_tensor_to_nchw (t, data, error)
      && nf_safetensors_writer_add (
          writer, name, NF_SAFETENSORS_F32, 4, shape, bytes, error);
}

/* The noise that nf_prediction_run() begins its first block with. */
static gboolean
save_noise (const NfBenchNet *self, NfSafetensorsWriter *writer, GError **error)
{
  NfRandnParams params = { .n = self->output->n,
    .c = self->output->c,
    .h = self->output->h,
    .w = self->output->w,
    .key = { .seed = 0, .stream = 0, .purpose = NF_RNG_SAMPLE_START } };
  g_autoptr (NfTensor) noise = nf_op_randn (self->device, &params, error);

  return noise && save_tensor (writer, "noise", noise, error);
}

/**
 * nf_bench_net_save:
 * @net: a network that has worked
 * @path: a safetensors file to write
 * @error: return location
 *
 * Writes what the last run made: output, with the start noise of a sampling
 * run; or losses, of all training steps so far.
 */
gboolean
nf_bench_net_save (const NfBenchNet *net, const gchar *path, GError **error)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();
  gint64 steps = net->losses->len;
  g_autoptr (GBytes) losses =
      g_bytes_new (net->losses->data, steps * sizeof (gdouble));

  if (net->output && !save_tensor (writer, "output", net->output, error))
    return FALSE;
  if (net->firsts->len && !save_noise (net, writer, error))
    return FALSE;
  if (steps
      && !nf_safetensors_writer_add (
          writer, "losses", NF_SAFETENSORS_F64, 1, &steps, losses, error))
    return FALSE;
  return nf_safetensors_writer_save (writer, path, error);
}

/**
 * nf_bench_net_save_checkpoint:
 * @net: a network
 * @path: the file to make or replace
 * @error: return location
 *
 * Writes the network itself, for elements to load.
 */
gboolean
nf_bench_net_save_checkpoint (
    const NfBenchNet *net, const gchar *path, GError **error)
{
  g_autoptr (JsonObject) config = nf_net_config (net->net);

  return nf_checkpoint_save (path, net->task.arch, config, NULL,
      net->task.params, NF_SAFETENSORS_F32, FALSE, error);
}
