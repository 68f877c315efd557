/* SPDX-License-Identifier: MIT
 *
 * unet — golden checks of the diffusion U-Net: noise, loss, gradients,
 * schedules, time embedding
 *
 * The network is sized by the metadata's "config", of which only keys that say
 * something about it are read. Inputs that are not in the file come from the
 * one beside it that the metadata names. */
#include "golden.h"

#include <math.h>
#include <string.h>

#include <nextframe/core/ops/nfbackward.h>

#define GRADIENT_LIMIT 2e-4

static const GoldenTolerance embedding_tolerance[] = { { GOLDEN_ABS, 1e-4 },
  { GOLDEN_END } };

/* The members of the file's configuration that a U-Net's has */
static gboolean
read_config (const Golden *golden, NfUnetConfig *config, GError **error)
{
  static const gchar *const answers[] = { "num_frames_future",
    "time_conditional", "cond_emb" };
  g_autoptr (JsonObject) keys = NULL;
  g_autoptr (JsonObject) json = json_object_new ();
  g_autoptr (GList) names = NULL;

  nf_unet_config_init (config);
  keys = nf_unet_config_to_json (config);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    json_object_set_null_member (keys, answers[i]);
  names = json_object_get_members (keys);
  for (GList *l = names; l != NULL; l = l->next)
    if (json_object_has_member (golden->config, l->data))
      json_object_set_member (json, l->data,
          json_node_copy (json_object_get_member (golden->config, l->data)));
  return nf_unet_config_from_json (config, json, error);
}

/**
 * golden_unet_forward:
 * @x: noisy frames
 * @labels: (array): of each sample
 * @cond: conditioning frames
 *
 * Returns: (transfer full) (nullable): the predicted noise
 */
NfTensor *
golden_unet_forward (NfUnet *net, NfTensor *x, const gfloat *labels,
    NfTensor *cond, GError **error)
{
  g_autoptr (NfUnetCond) condition = nf_unet_condition (net, cond, error);

  if (condition == NULL)
    return NULL;
  return nf_unet_forward (net, x, labels, condition, NULL, error);
}

static gboolean
check_labels (const gchar *name, gsize n, const NfTensor *x, GError **error)
{
  if (n == (gsize) x->n)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "%s has %" G_GSIZE_FORMAT " labels for %" G_GINT64_FORMAT " samples",
      name, n, x->n);
  return FALSE;
}

static gboolean
check_noise (Golden *golden, NfUnet *net, GError **error)
{
  const GoldenTolerance tolerance[] = {
    { GOLDEN_ABS, nf_unet_config (net)->spade ? 5e-5 : 1e-4 },
    { GOLDEN_END },
  };
  /* eight bits of mantissa through all layers */
  static const GoldenTolerance of_bf16[] = { { GOLDEN_L2, 2e-2 },
    { GOLDEN_END } };
  g_autoptr (NfTensor) x = golden_tensor (golden, "in/x", error);
  g_autoptr (NfTensor) cond = NULL;
  g_autoptr (NfTensor) half = NULL;
  g_autoptr (NfTensor) eps = NULL;
  g_autoptr (NfTensor) eps_bf16 = NULL;
  g_autofree gfloat *labels = NULL;
  gsize n = 0;

  if (x != NULL)
    cond = golden_tensor (golden, "in/cond", error);
  if (cond == NULL)
    return FALSE;
  labels = golden_floats (golden, "in/t", &n);
  if (!check_labels ("in/t", n, x, error))
    return FALSE;
  half = nf_op_cast (cond, NF_BF16, error);
  eps = half != NULL ? golden_unet_forward (net, x, labels, cond, error) : NULL;
  eps_bf16 =
      eps != NULL ? golden_unet_forward (net, x, labels, half, error) : NULL;
  if (eps_bf16 == NULL)
    return FALSE;
  golden_compare_tensor (golden, "out/eps", eps, tolerance);
  golden_compare_tensor (golden, "out/eps", eps_bf16, of_bf16);
  return TRUE;
}

/* sqrt (a) x0 + sqrt (1 - a) z with a = alpha[label of the sample] */
static NfTensor *
add_noise (const NfUnetConfig *config, NfTensor *x0, NfTensor *z,
    const gfloat *labels, GError **error)
{
  g_autoptr (NfSchedule) schedule = nf_schedule_new (config);
  gsize n, n_z;
  g_autofree gfloat *data = golden_tensor_floats (x0, &n);
  g_autofree gfloat *noise = golden_tensor_floats (z, &n_z);
  gsize sample = n / (gsize) x0->n;
  gfloat alpha;

  if (data == NULL || noise == NULL || n != n_z) {
    g_set_error (
        error, NF_ERROR, NF_ERROR_SHAPE, "loss/x0 and loss/z differ in size");
    return NULL;
  }
  for (gsize i = 0; i < n; i++) {
    gfloat label = labels[i / sample];

    if (!(label >= 0 && label < (gfloat) schedule->n)) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "label %g of loss/labels, expected 0 to %u", (gdouble) label,
          schedule->n - 1);
      return NULL;
    }
    alpha = schedule->alpha[(guint) label];
    data[i] = sqrtf (alpha) * data[i] + sqrtf (1.0f - alpha) * noise[i];
  }
  return nf_tensor_new_from_nchw (
      x0->device, NF_F32, x0->n, x0->c, x0->h, x0->w, data, error);
}

/* The loss of loss/x0 with noise loss/z at loss/labels, on the tape */
static NfTensor *
run_loss (Golden *golden, NfUnet *net, NfTape *tape, GError **error)
{
  g_autoptr (NfTensor) x0 = golden_tensor (golden, "loss/x0", error);
  g_autoptr (NfTensor) z = NULL;
  g_autoptr (NfTensor) cond = NULL;
  g_autoptr (NfTensor) noisy = NULL;
  g_autoptr (NfTensor) eps = NULL;
  g_autofree gfloat *labels = NULL;
  NfTensor *loss = NULL;
  gsize n = 0;

  if (x0 != NULL)
    z = golden_tensor (golden, "loss/z", error);
  if (z != NULL)
    cond = golden_tensor (golden, "in/cond", error);
  labels = golden_floats (golden, "loss/labels", &n);
  if (cond == NULL || !check_labels ("loss/labels", n, x0, error))
    return NULL;
  noisy = add_noise (nf_unet_config (net), x0, z, labels, error);
  if (noisy == NULL)
    return NULL;
  nf_tape_begin (tape);
  eps = golden_unet_forward (net, noisy, labels, cond, error);
  if (eps != NULL)
    loss = nf_op_noise_loss (eps, z, NULL, error);
  nf_tape_end (tape);
  return loss;
}

static gboolean
check_loss (Golden *golden, NfUnet *net, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_EACH, 1e-6 },
    { GOLDEN_END } };
  NfParams *params = nf_unet_params (net);
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) loss = NULL;
  gboolean good;

  nf_params_set_trainable (params, TRUE);
  loss = run_loss (golden, net, tape, error);
  good = loss != NULL && nf_tape_backward (tape, loss, error);
  if (good) {
    golden_compare_tensor (golden, "loss/value", loss, tolerance);
    golden_check_gradients (golden, params, GRADIENT_LIMIT);
  }
  nf_params_set_trainable (params, FALSE);
  nf_params_clear_grads (params);
  return good;
}

/**
 * golden_compare_schedule:
 * @prefix: of the items, with its slash
 * @steps: (nullable): the labels that are used; %NULL for all
 *
 * Compares steps, alphas, alphas_prev and betas as far as the file has them.
 */
void
golden_compare_schedule (Golden *golden, const gchar *prefix,
    const NfSchedule *schedule, const guint *steps, guint n)
{
  static const gchar *const names[] = { "steps", "alphas", "alphas_prev",
    "betas" };
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 1e-6 },
    { GOLDEN_END } };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++) {
    g_autofree gchar *name = g_strconcat (prefix, names[k], NULL);
    g_autofree gfloat *got = g_new (gfloat, n);

    for (guint i = 0; i < n; i++) {
      gfloat alpha = schedule->alpha[steps != NULL ? steps[i] : i];
      gfloat next = 1.0f;

      if (i + 1 < n)
        next = schedule->alpha[steps != NULL ? steps[i + 1] : i + 1];
      got[i] = k == 0 ? (gfloat) (steps != NULL ? steps[i] : i)
          : k == 1    ? alpha
          : k == 2    ? next
                      : 1.0f - alpha / next;
    }
    if (golden_has (golden, name))
      golden_compare (golden, name, got, n, tolerance);
  }
}

/* The buffers that PyTorch keeps beside the parameters */
static void
check_buffers (Golden *golden, const NfUnetConfig *config)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 1e-6 },
    { GOLDEN_END } };
  const gchar *sigmas = "weight/unet.sigmas";
  g_autoptr (NfSchedule) schedule = nf_schedule_new (config);
  g_autofree gfloat *got = g_new (gfloat, schedule->n);

  golden_compare_schedule (golden, "weight/", schedule, NULL, schedule->n);
  if (!golden_has (golden, sigmas))
    return;
  if (config->sigma_dist != NF_SIGMA_LINEAR) {
    golden_skip (golden, sigmas, "of no use to the network");
    return;
  }
  for (guint i = 0; i < schedule->n; i++) {
    gfloat next = i + 1 < schedule->n ? schedule->alpha[i + 1] : 1.0f;

    got[i] = 1.0f - schedule->alpha[i] / next;
  }
  golden_compare (golden, sigmas, got, schedule->n, tolerance);
}

/**
 * golden_check_unet:
 *
 * Checks a diffusion U-Net, if the configuration is of one.
 */
void
golden_check_unet (Golden *golden)
{
  NfUnetConfig config;
  g_autoptr (NfUnet) net = NULL;
  g_autoptr (GError) error = NULL;

  if (golden->config == NULL || !json_object_has_member (golden->config, "ngf"))
    return;
  if (!read_config (golden, &config, &error)) {
    golden_fail (golden, "config", error);
    return;
  }
  net = nf_unet_new (golden->device, &config, &error);
  if (net == NULL || !golden_fill (golden, nf_unet_params (net), &error)) {
    golden_fail (golden, "config", error);
    return;
  }
  golden_check_weights (golden, nf_unet_params (net));
  check_buffers (golden, &config);
  if (golden_has (golden, "out/eps") && !check_noise (golden, net, &error)) {
    golden_fail (golden, "out/eps", error);
    g_clear_error (&error);
  }
  if (golden_has (golden, "loss/value") && !check_loss (golden, net, &error)) {
    golden_fail (golden, "loss/value", error);
    g_clear_error (&error);
  }
  golden_check_samplers (golden, net);
}

static gboolean
check_embedding (Golden *golden, const gchar *name, gint64 dim, GError **error)
{
  gsize n = 0;
  g_autofree gfloat *labels = golden_floats (golden, "in/t", &n);
  g_autoptr (NfTensor) embedding = NULL;

  if (labels == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND, "no tensor 'in/t'");
    return FALSE;
  }
  embedding =
      nf_time_embedding (golden->device, labels, (gint64) n, dim, error);
  if (embedding == NULL)
    return FALSE;
  golden_compare_tensor (golden, name, embedding, embedding_tolerance);
  return TRUE;
}

/**
 * golden_check_embedding:
 *
 * Checks the time embeddings out/dimN of in/t.
 */
void
golden_check_embedding (Golden *golden)
{
  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    const gchar *name = nf_safetensors_index (golden->file, i)->name;
    g_autoptr (GError) error = NULL;
    guint64 dim;

    if (!g_str_has_prefix (name, "out/dim")
        || !g_ascii_string_to_unsigned (
            name + strlen ("out/dim"), 10, 4, 65536, &dim, NULL))
      continue;
    if (!check_embedding (golden, name, (gint64) dim, &error))
      golden_fail (golden, name, error);
  }
}
