/* SPDX-License-Identifier: MIT
 *
 * nfpredictor — frames in, future frames out, from a checkpoint */
#include <nextframe/diffusion/nfpredictor.h>

#include <nextframe/io/nfcheckpoint.h>

#include <math.h>
#include <string.h>

struct _NfPredictor
{
  gatomicrefcount refs;
  NfUnet *net;
  NfSchedule *schedule;
  NfSamplingGraphs *graphs;
  gchar *segmenter;
  NfPrediction recommended;
};

/* a number from @least to @most; @value stays where the checkpoint has none */
static gboolean
read_number (const gchar *path, const NfCheckpoint *checkpoint,
    const gchar *name, gdouble least, gdouble most, gdouble *value,
    GError **error)
{
  const gchar *text = nf_checkpoint_fact (checkpoint, name);
  gchar *end = NULL;
  gdouble number = text != NULL ? g_ascii_strtod (text, &end) : *value;

  if (text == NULL
      || (end != text && *end == '\0' && number >= least && number <= most)) {
    *value = number;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: nextframe.%s is '%s', expected a number from %g to %g", path, name,
      text, least, most);
  return FALSE;
}

/* how the checkpoint recommends to sample */
static gboolean
read_sampling (const gchar *path, const NfCheckpoint *checkpoint,
    NfPrediction *recommended, GError **error)
{
  const gchar *method = nf_checkpoint_fact (checkpoint, "sampler");
  gdouble steps = recommended->steps;

  if (method != NULL
      && !nf_sampler_method_from_name (method, &recommended->method, NULL)) {
    g_autofree gchar *names = nf_sampler_method_names ();

    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: nextframe.sampler is '%s', expected %s", path, method, names);
    return FALSE;
  }
  if (!read_number (path, checkpoint, "sampling-steps", 1,
          NF_PREDICTION_MAX_STEPS, &steps, error))
    return FALSE;
  if (steps != floor (steps)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: nextframe.sampling-steps is '%s', expected a whole number", path,
        nf_checkpoint_fact (checkpoint, "sampling-steps"));
    return FALSE;
  }
  recommended->steps = (guint) steps;
  return read_number (
      path, checkpoint, "guide-start", 0, 1, &recommended->guide_start, error);
}

NfPredictor *
nf_predictor_load (const gchar *path, NfDevice *device, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);
  g_autoptr (NfNet) net = NULL;
  NfPredictor *predictor;
  NfPrediction recommended;

  net = checkpoint != NULL
      ? nf_net_load (checkpoint, NF_NET_PREDICT, device, error)
      : NULL;
  if (net == NULL)
    return NULL;
  nf_prediction_init_for (&recommended, nf_unet_config ((NfUnet *) net));
  if (!read_sampling (path, checkpoint, &recommended, error))
    return NULL;
  predictor = g_new0 (NfPredictor, 1);
  g_atomic_ref_count_init (&predictor->refs);
  predictor->net = (NfUnet *) g_steal_pointer (&net);
  predictor->schedule = nf_schedule_new (nf_unet_config (predictor->net));
  predictor->graphs = nf_sampling_graphs_new (predictor->net);
  predictor->recommended = recommended;
  predictor->segmenter =
      g_strdup (nf_checkpoint_fact (checkpoint, "segmenter"));
  return predictor;
}

NfPredictor *
nf_predictor_ref (NfPredictor *predictor)
{
  g_atomic_ref_count_inc (&predictor->refs);
  return predictor;
}

void
nf_predictor_unref (NfPredictor *predictor)
{
  if (!g_atomic_ref_count_dec (&predictor->refs))
    return;
  nf_sampling_graphs_free (predictor->graphs);
  nf_schedule_free (predictor->schedule);
  nf_unet_free (predictor->net);
  g_free (predictor->segmenter);
  g_free (predictor);
}

const gchar *
nf_predictor_arch (const NfPredictor *predictor)
{
  return nf_unet_arch (predictor->net);
}

const NfUnetConfig *
nf_predictor_config (const NfPredictor *predictor)
{
  return nf_unet_config (predictor->net);
}

void
nf_predictor_init_prediction (
    const NfPredictor *predictor, NfPrediction *prediction)
{
  *prediction = predictor->recommended;
}

const gchar *
nf_predictor_segmenter (const NfPredictor *predictor)
{
  return predictor->segmenter;
}

/* side by side in the channels, by as many at once as the op takes */
static NfTensor *
join (NfTensor **x, guint n, GError **error)
{
  while (n > 1) {
    guint made = 0;

    for (guint i = 0; i < n; i += NF_OP_MAX_INPUTS) {
      guint count = MIN (n - i, NF_OP_MAX_INPUTS);
      NfTensor *joined = nf_op_concat (x + i, count, error);

      for (guint j = i; j < i + count; j++)
        nf_tensor_clear (&x[j]);
      if (joined == NULL)
        return NULL;
      x[made++] = joined;
    }
    n = made;
  }
  return g_steal_pointer (&x[0]);
}

/* frames side by side in the channels, as pixels in [-1, 1] */
static NfTensor *
stack_frames (NfTensor *const *frames, guint n, GError **error)
{
  const NfNormalizeParams params = {
    .period = 1, .scale = { 2.0f / 255.0f }, .shift = { -1.0f }
  };
  g_autofree NfTensor **x = g_new0 (NfTensor *, n);
  NfTensor *stacked = NULL;
  guint i = 0;

  while (i < n && (x[i] = nf_op_normalize (frames[i], &params, error)) != NULL)
    i++;
  if (i == n)
    stacked = join (x, n, error);
  for (i = 0; i < n; i++)
    nf_tensor_clear (&x[i]);
  return stacked;
}

static void
clear_frames (NfTensor **frames, guint n)
{
  for (guint i = 0; i < n; i++)
    nf_tensor_clear (&frames[i]);
}

/* one prediction of all frames, as bytes; predictions[t] stays NULL where the
 * network predicts no frame */
static gboolean
predict_once (NfPredictor *predictor, const NfPrediction *prediction,
    NfTensor *context, NfTensor **predictions, GError **error)
{
  g_autofree NfTensor **frames = g_new0 (NfTensor *, prediction->horizon);
  gboolean ok = nf_prediction_run (
      prediction, predictor->net, predictor->schedule, context, frames, error);

  for (guint t = 0; ok && t < prediction->horizon; t++) {
    if (frames[t] == NULL)
      continue;
    predictions[t] = nf_op_quantize (frames[t], 127.5f, 127.5f, error);
    ok = predictions[t] != NULL;
    nf_tensor_clear (&frames[t]);
  }
  clear_frames (frames, prediction->horizon);
  return ok;
}

/* the numbers that the noise of each clip of a batch has in one prediction of an
 * ensemble: those that the clip has alone */
static void
number_clips (const NfPrediction *prediction, gint64 n, guint ensemble, guint i,
    guint64 *streams)
{
  for (gint64 k = 0; k < n; k++) {
    guint64 clip = prediction->streams != NULL
        ? prediction->streams[k]
        : prediction->stream + (guint64) k;

    streams[k] = clip * ensemble + i;
  }
}

gboolean
nf_predictor_predict (NfPredictor *predictor, const NfPrediction *prediction,
    guint ensemble, NfEnsembleMode mode, NfTensor *const *context,
    NfTensor **out, GError **error)
{
  const NfUnetConfig *c = nf_predictor_config (predictor);
  guint horizon = prediction->horizon, past = (guint) c->num_frames_cond;
  guint future = nf_prediction_known (prediction->mode, c) - past;
  g_autofree NfTensor **predictions = g_new0 (NfTensor *, horizon * ensemble);
  g_autoptr (NfTensor) stacked = stack_frames (context, past, error);
  g_autoptr (NfTensor) behind = stacked != NULL && future > 0
      ? stack_frames (context + past, future, error)
      : NULL;
  g_autofree guint64 *streams =
      stacked != NULL && stacked->n > 1 ? g_new (guint64, stacked->n) : NULL;
  NfPrediction one = *prediction;
  gboolean ok = stacked != NULL && (future == 0 || behind != NULL);

  one.future = behind;
  one.graphs = predictor->graphs;
  memset (out, 0, horizon * sizeof *out);
  for (guint i = 0; ok && i < ensemble; i++) {
    one.stream = prediction->stream * ensemble + i;
    if (streams != NULL)
      number_clips (prediction, stacked->n, ensemble, i, streams);
    one.streams = streams;
    ok = predict_once (
        predictor, &one, stacked, predictions + i * horizon, error);
  }
  ok = ok
      && nf_ensemble_combine_frames (
          mode, predictions, ensemble, horizon, out, error);
  clear_frames (predictions, horizon * ensemble);
  if (!ok)
    clear_frames (out, horizon);
  return ok;
}

static gboolean
upload (const NfPredictor *predictor, const guint8 *const *frames, guint n,
    NfTensor **tensors, GError **error)
{
  const NfUnetConfig *c = nf_predictor_config (predictor);
  NfDevice *device = nf_unet_params (predictor->net)->device;

  for (guint i = 0; i < n; i++) {
    tensors[i] = nf_tensor_new_from_nhwc (
        device, NF_U8, 1, c->channels, c->height, c->width, frames[i], error);
    if (tensors[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
download (NfTensor *const *predicted, guint horizon, guint8 *const *out,
    GError **error)
{
  for (guint t = 0; t < horizon; t++) {
    if (out[t] == NULL)
      continue;
    if (predicted[t] == NULL) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "prediction: this network does not predict frame %u after its "
          "context",
          t + 1);
      return FALSE;
    }
    if (!nf_tensor_to_nhwc (predicted[t], out[t], error))
      return FALSE;
  }
  return TRUE;
}

gboolean
nf_predictor_predict_pixels (NfPredictor *predictor,
    const NfPrediction *prediction, guint ensemble, NfEnsembleMode mode,
    const guint8 *const *context, guint8 *const *out, GError **error)
{
  guint n =
      nf_prediction_known (prediction->mode, nf_predictor_config (predictor));
  g_autofree NfTensor **frames = g_new0 (NfTensor *, n);
  g_autofree NfTensor **predicted = g_new0 (NfTensor *, prediction->horizon);
  gboolean ok = upload (predictor, context, n, frames, error)
      && nf_predictor_predict (
          predictor, prediction, ensemble, mode, frames, predicted, error)
      && download (predicted, prediction->horizon, out, error);

  clear_frames (frames, n);
  clear_frames (predicted, prediction->horizon);
  return ok;
}
