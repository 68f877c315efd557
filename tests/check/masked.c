/* SPDX-License-Identifier: MIT
 *
 * masked — masked conditioning: which modes a network knows, what it sees in each
 *
 * A frame that is masked is zeros. So interpolating with zeros in the place of
 * some frames must be, bit for bit, the mode in which these are masked. The same
 * networks show the frame stride and several clips at once. */
#include "nftestmodels.h"
#include "testdevice.h"

#include <nextframe/diffusion/nfpredictor.h>
#include <nextframe/io/nfcheckpoint.h>

#include <string.h>

#define PAST 3
#define DRAWN 2
#define FUTURE 2
#define CLIPS 3

static NfDevice *device;

static void
masked_config (NfUnetConfig *c)
{
  nf_test_unet_config (c);
  c->num_frames_cond = PAST;
  c->num_frames = DRAWN;
  c->num_frames_future = FUTURE;
  c->prob_mask_cond = 0.25;
  c->prob_mask_future = 0.5;
}

static NfUnet *
new_net (const NfUnetConfig *c)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "x.safetensors", NULL);
  g_autoptr (NfCheckpoint) checkpoint = NULL;
  NfUnet *net;

  nf_test_save_unet (path, c, 7);
  checkpoint = nf_checkpoint_open (path, &error);
  g_assert_no_error (error);
  net = (NfUnet *) nf_net_load (checkpoint, NF_NET_PREDICT, device, &error);
  g_assert_no_error (error);
  nf_test_folder_remove (folder);
  return net;
}

static NfTensor *
frames_of (const NfUnetConfig *c, gint64 n, gint frames, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  NfRandnParams params = { n, (gint64) c->channels * frames, c->height,
    c->width, { seed, 0, NF_RNG_TEST } };
  NfTensor *x = nf_op_randn (device, &params, &error);

  g_assert_no_error (error);
  return x;
}

static NfTensor *
no_frames (const NfUnetConfig *c, gint frames)
{
  g_autoptr (GError) error = NULL;
  NfTensor *x = nf_tensor_new_zeros (device, NF_F32, 1,
      (gint64) c->channels * frames, c->height, c->width, &error);

  g_assert_no_error (error);
  return x;
}

/* The drawn frames, one behind the other. */
static GBytes *
draw (NfUnet *net, NfPredictMode mode, NfTensor *past, NfTensor *future)
{
  const NfUnetConfig *c = nf_unet_config (net);
  const guint span = nf_prediction_span (c);
  g_autoptr (NfSchedule) schedule = nf_schedule_new (c);
  g_autofree NfTensor **out = g_new0 (NfTensor *, span);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  NfPrediction prediction;

  nf_prediction_init_for (&prediction, c);
  prediction.steps = 3;
  prediction.mode = mode;
  prediction.horizon = span;
  prediction.future = future;
  prediction.stream = 4;
  g_assert_true (
      nf_prediction_run (&prediction, net, schedule, past, out, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < span; i++) {
    g_autofree guint8 *bytes = out[i] ? g_malloc (out[i]->bytes) : NULL;

    g_assert_true ((out[i] != NULL) == ((i + 1) % c->frame_stride == 0));
    if (!out[i])
      continue;
    g_assert_true (nf_tensor_to_nhwc (out[i], bytes, &error));
    g_byte_array_append (all, bytes, out[i]->bytes);
    nf_tensor_clear (&out[i]);
  }
  return g_byte_array_free_to_bytes (g_steal_pointer (&all));
}

static void
test_sees (void)
{
  NfUnetConfig c;
  g_autoptr (NfUnet) net = (masked_config (&c), new_net (&c));
  g_autoptr (NfTensor) past = frames_of (&c, 1, PAST, 1);
  g_autoptr (NfTensor) future = frames_of (&c, 1, FUTURE, 2);
  g_autoptr (NfTensor) no_past = no_frames (&c, PAST);
  g_autoptr (NfTensor) no_future = no_frames (&c, FUTURE);
  g_autoptr (GBytes) between = draw (net, NF_MODE_INTERPOLATE, past, future);
  g_autoptr (GBytes) ahead = draw (net, NF_MODE_INTERPOLATE, past, no_future);
  g_autoptr (GBytes) back = draw (net, NF_MODE_INTERPOLATE, no_past, future);
  g_autoptr (GBytes) alone =
      draw (net, NF_MODE_INTERPOLATE, no_past, no_future);
  g_autoptr (GBytes) predicted = draw (net, NF_MODE_PREDICT, past, NULL);
  g_autoptr (GBytes) backward = draw (net, NF_MODE_BACKWARD, past, future);
  g_autoptr (GBytes) generated = draw (net, NF_MODE_GENERATE, past, NULL);

  g_assert_true (g_bytes_equal (ahead, predicted));
  g_assert_true (g_bytes_equal (back, backward));
  g_assert_true (g_bytes_equal (alone, generated));
  g_assert_false (g_bytes_equal (between, ahead));
  g_assert_false (g_bytes_equal (between, back));
  g_assert_false (g_bytes_equal (ahead, alone));
  g_assert_false (g_bytes_equal (back, alone));
}

/* What MCVD's configurations say, and what can be asked of the network then. */
static void
test_modes (void)
{
  static const struct
  {
    gint future;
    gdouble past, behind; /* shares masked */
    gboolean sync;
    const gchar *known;
  } rows[] = {
    { 0, 0, 0, FALSE, "predict" },
    { 0, 0.5, 0, FALSE, "predict generate" },
    { 2, 0, 0, FALSE, "interpolate" },
    { 2, 0, 0.5, FALSE, "predict interpolate" },
    { 2, 0.5, 0.5, FALSE, "predict interpolate backward generate" },
    { 2, 0.5, 0, FALSE, "interpolate backward" },
    { 2, 0.5, 0.5, TRUE, "interpolate generate" },
    { 2, 1, 0, FALSE, "backward" },
    { 2, 0, 1, FALSE, "predict" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    NfUnetConfig c, again;
    g_autoptr (GString) known = g_string_new (NULL);
    g_autoptr (JsonObject) json = NULL;
    g_autoptr (GError) error = NULL;

    nf_test_unet_config (&c);
    c.num_frames_future = rows[i].future;
    c.prob_mask_cond = rows[i].past;
    c.prob_mask_future = rows[i].behind;
    c.prob_mask_sync = rows[i].sync;
    json = nf_unet_config_to_json (&c);
    g_assert_true (nf_unet_config_from_json (&again, json, &error));
    g_assert_no_error (error);
    for (guint mode = 0; mode < NF_N_MODES; mode++)
      if (nf_unet_knows_mode (&again, mode))
        g_string_append_printf (known, "%s%s", known->len > 0 ? " " : "",
            nf_predict_mode_name (mode));
    g_assert_cmpstr (known->str, ==, rows[i].known);
  }
}

static void
test_refusals (void)
{
  static const struct
  {
    NfPredictMode mode;
    guint horizon;
    gint stride;
    gboolean masked;
    const gchar *message;
  } rows[] = {
    { NF_MODE_INTERPOLATE, 2, 1, FALSE, "it knows: predict" },
    { NF_MODE_BACKWARD, 3, 1, TRUE, "context: 1 to 2" },
    { NF_MODE_GENERATE, 1, 1, TRUE, "horizon must be 2" },
    { NF_MODE_PREDICT, 3, 2, FALSE, "context: 2 and on in steps of 2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    NfUnetConfig c;
    NfPrediction prediction;

    if (rows[i].masked)
      masked_config (&c);
    else
      nf_test_unet_config (&c);
    c.frame_stride = rows[i].stride;
    nf_prediction_init_for (&prediction, &c);
    prediction.mode = rows[i].mode;
    prediction.horizon = rows[i].horizon;
    g_assert_false (nf_prediction_check (&prediction, &c, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
    if (!strstr (error->message, rows[i].message))
      g_error ("%s: %s", rows[i].message, error->message);
  }
}

/* A network for every second frame draws what it draws for all, at other
 * places. */
static void
test_stride (void)
{
  NfUnetConfig c;
  g_autoptr (NfUnet) every = (nf_test_unet_config (&c), new_net (&c));
  g_autoptr (NfUnet) second = (c.frame_stride = 2, new_net (&c));
  g_autoptr (NfTensor) past = frames_of (&c, 1, PAST, 1);
  g_autoptr (GBytes) a = draw (every, NF_MODE_PREDICT, past, NULL);
  g_autoptr (GBytes) b = draw (second, NF_MODE_PREDICT, past, NULL);

  g_assert_cmpuint (nf_prediction_span (nf_unet_config (second)), ==, 4);
  g_assert_true (g_bytes_equal (a, b));
}

static NfPredictor *
new_predictor (const NfUnetConfig *c)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "x.safetensors", NULL);
  NfPredictor *predictor;

  nf_test_save_unet (path, c, 7);
  predictor = nf_predictor_load (path, device, &error);
  g_assert_no_error (error);
  nf_test_folder_remove (folder);
  return predictor;
}

/* Random pixels of @n clips, or those of the clip @only alone. */
static void
fill_context (const NfUnetConfig *c, NfTensor **context, gint only)
{
  const gsize bytes = (gsize) c->channels * c->height * c->width;
  const gint64 n = only < 0 ? CLIPS : 1;
  g_autofree guint8 *pixels = g_malloc (CLIPS * bytes);
  g_autoptr (GError) error = NULL;

  for (gint t = 0; t < PAST; t++) {
    const NfRngKey key = { 3, (guint64) t, NF_RNG_TEST };

    for (gsize i = 0; i < CLIPS * bytes; i++)
      pixels[i] = (guint8) nf_rng_below (&key, i, 256);
    context[t] = nf_tensor_new_from_nhwc (device, NF_U8, n, c->channels,
        c->height, c->width, pixels + MAX (only, 0) * bytes, &error);
    g_assert_no_error (error);
  }
}

/* Several clips at once are, bit for bit, these clips one by one. */
static void
test_batch (gconstpointer data)
{
  const NfEnsembleMode mode = GPOINTER_TO_INT (data);
  static const guint64 streams[CLIPS] = { 5, 0, 9 };
  const guint horizon = 4;
  NfUnetConfig c;
  g_autoptr (NfPredictor) predictor =
      (nf_test_unet_config (&c), new_predictor (&c));
  NfPrediction prediction;
  NfTensor *context[PAST], *all[4], *one[4];
  g_autoptr (GError) error = NULL;

  nf_prediction_init_for (&prediction, &c);
  prediction.method = NF_SAMPLER_DDPM;
  prediction.steps = 4;
  prediction.horizon = horizon;
  prediction.streams = streams;
  fill_context (&c, context, -1);
  g_assert_true (nf_predictor_predict (
      predictor, &prediction, 3, mode, context, all, &error));
  for (guint t = 0; t < PAST; t++)
    nf_tensor_clear (&context[t]);
  prediction.streams = NULL;
  for (gint clip = 0; clip < CLIPS; clip++) {
    prediction.stream = streams[clip];
    fill_context (&c, context, clip);
    g_assert_true (nf_predictor_predict (
        predictor, &prediction, 3, mode, context, one, &error));
    g_assert_no_error (error);
    for (guint t = 0; t < horizon; t++) {
      const gsize bytes = one[t]->bytes;
      g_autofree guint8 *a = g_malloc (all[t]->bytes);
      g_autofree guint8 *b = g_malloc (bytes);

      g_assert_true (nf_tensor_to_nhwc (all[t], a, &error));
      g_assert_true (nf_tensor_to_nhwc (one[t], b, &error));
      g_assert_cmpmem (a + (gsize) clip * bytes, bytes, b, bytes);
      nf_tensor_clear (&one[t]);
    }
    for (guint t = 0; t < PAST; t++)
      nf_tensor_clear (&context[t]);
  }
  for (guint t = 0; t < horizon; t++)
    nf_tensor_clear (&all[t]);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  g_test_add_func ("/masked/modes", test_modes);
  g_test_add_func ("/masked/refusals", test_refusals);
  g_test_add_func ("/masked/sees", test_sees);
  g_test_add_func ("/masked/stride", test_stride);
  g_test_add_data_func (
      "/masked/batch-mean", GINT_TO_POINTER (NF_ENSEMBLE_MEAN), test_batch);
  g_test_add_data_func (
      "/masked/batch-medoid", GINT_TO_POINTER (NF_ENSEMBLE_MEDOID), test_batch);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
