/* SPDX-License-Identifier: MIT
 *
 * failures — networks and samplers in which an op fails, each in its turn
 *
 * What comes back is NULL and the error of the op that failed; no op runs after
 * it, and nobody sets an error over another. */
#include <nextframe/core/ops/nfops.h>
#include <nextframe/diffusion/nfprediction.h>
#include "nftestmodels.h"
#include "testdevice.h"

static NfDevice *device;
static const NfBackend *right;

static guint n_run; /* ops since the last plant() */
static guint n_fails; /* which of them fails, from 1; 0: none */
static gboolean has_failed;

static gboolean
counted_forward (NfOpCall *call, GError **error)
{
  /* who does not want to know of errors looks at results alone */
  g_assert_true (error == NULL || !has_failed);
  if (++n_run != n_fails)
    return right->ops[call->op].forward (call, error);
  has_failed = TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "planted");
  return FALSE;
}

static void
plant (guint fails)
{
  n_run = 0;
  n_fails = fails;
  has_failed = FALSE;
}

static void
use_counted_ops (void)
{
  static NfBackend backend;
  static NfOpKernels ops[NF_N_OPS];

  right = device->backend;
  for (guint op = 0; op < NF_N_OPS; op++)
    ops[op] = (NfOpKernels){ counted_forward, right->ops[op].backward };
  backend = *right;
  backend.ops = ops;
  device->backend = &backend;
}

typedef gboolean (*Run) (gpointer data, GError **error);

/* Fails every op once (of very many, about forty), with and without a place
 * for the error. */
static void
check_all (Run run, gpointer data)
{
  g_autoptr (GError) none = NULL;
  guint n;

  plant (0);
  g_assert_true (run (data, &none));
  g_assert_no_error (none);
  n = n_run;
  g_test_message ("%u ops", n);
  g_assert_cmpuint (n, >, 5);
  for (guint i = 1; i <= n; i += 1 + n / 40) {
    g_autoptr (GError) error = NULL;

    plant (i);
    g_assert_false (run (data, &error));
    g_assert_error (error, NF_ERROR, NF_ERROR_IO);
    g_assert_cmpstr (error->message, ==, "planted");
    plant (i);
    g_assert_false (run (data, NULL));
  }
  plant (0);
}

static NfTensor *
frames_new (gint64 n, gint64 c, gint64 h, gint64 w)
{
  const NfRandnParams params = { n, c, h, w, { .purpose = NF_RNG_TEST } };
  NfTensor *x = nf_op_randn (device, &params, NULL);

  g_assert_nonnull (x);
  return x;
}

/* ------------------------------------------------------------------- UNet++ */

typedef struct
{
  NfUnetpp *net;
  NfTensor *x;
  NfForward forward;
} Segmenting;

static gboolean
segment (gpointer data, GError **error)
{
  Segmenting *self = data;
  g_autoptr (NfTensor) p = nf_segment_probabilities (
      NF_NET (self->net), self->x, TRUE, &self->forward, error);

  return p != NULL;
}

static void
check_unetpp (const NfForward *forward, gint encoder)
{
  NfUnetppConfig config;
  Segmenting self = { NULL, frames_new (1, 3, 40, 32), *forward };

  nf_test_unetpp_config (&config);
  config.encoder = encoder;
  self.net = nf_unetpp_new (device, &config, NULL);
  g_assert_nonnull (self.net);
  g_assert_true (nf_params_reset (nf_unetpp_params (self.net), 1, NULL));
  check_all (segment, &self);
  nf_unetpp_free (self.net);
  nf_tensor_unref (self.x);
}

static void
test_unetpp (void)
{
  check_unetpp (&(NfForward){ .dtype = NF_F32 }, 18);
  check_unetpp (&(NfForward){ .dtype = NF_BF16 }, 50);
}

static void
test_unetpp_training (void)
{
  check_unetpp (&(NfForward){ .training = TRUE }, 18);
}

/* --------------------------------------------------------------- diffusion */

typedef struct
{
  NfUnet *net;
  NfSchedule *schedule;
  NfTensor *context;
  NfPrediction prediction;
} Drawing;

static gboolean
draw (gpointer data, GError **error)
{
  Drawing *self = data;
  NfTensor *out[3] = { NULL };
  gboolean ok = nf_prediction_run (
      &self->prediction, self->net, self->schedule, self->context, out, error);

  for (guint i = 0; i < G_N_ELEMENTS (out); i++) {
    g_assert_true (ok || out[i] == NULL);
    nf_tensor_clear (&out[i]);
  }
  return ok;
}

static void
test_prediction (gconstpointer method)
{
  NfUnetConfig config;
  Drawing self;

  nf_test_unet_config (&config);
  config.spade = GPOINTER_TO_INT (method) % 2 == 0;
  self.net = nf_unet_new (device, &config, NULL);
  g_assert_nonnull (self.net);
  g_assert_true (nf_params_reset (nf_unet_params (self.net), 1, NULL));
  self.schedule = nf_schedule_new (&config);
  self.context = frames_new (1, 9, config.height, config.width);
  nf_prediction_init_for (&self.prediction, &config);
  self.prediction.method = GPOINTER_TO_INT (method);
  self.prediction.steps = 2;
  self.prediction.horizon = 3;
  check_all (draw, &self);
  nf_tensor_unref (self.context);
  nf_schedule_free (self.schedule);
  nf_unet_free (self.net);
}

/* users read the domain's name in messages */
static void
test_domain (void)
{
  g_assert_cmpstr (g_quark_to_string (NF_ERROR), ==, "nf-error-quark");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  use_counted_ops ();
  g_test_add_func ("/failures/domain", test_domain);
  g_test_add_func ("/failures/unetpp", test_unetpp);
  g_test_add_func ("/failures/unetpp-training", test_unetpp_training);
  for (gint method = 0; method < NF_N_SAMPLERS; method++) {
    g_autofree gchar *path = g_strdup_printf (
        "/failures/prediction/%s", nf_sampler_method_name (method));

    g_test_add_data_func (path, GINT_TO_POINTER (method), test_prediction);
  }
  status = g_test_run ();
  device->backend = right;
  nf_device_unref (device);
  return status;
}
