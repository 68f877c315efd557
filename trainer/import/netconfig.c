/* SPDX-License-Identifier: MIT
 *
 * netconfig — the configuration of a network whose weights are imported */
#include "import/netconfig.h"
#include "import/unetshapes.h"
#include "nets/nfnetconfig.h"
#include <nextframe/nets/nfunetpp.h>

#include <string.h>

/* A configuration while it is put together. */
typedef struct
{
  JsonObject *settings, *config;
  GString *asked; /* what has to be said, a line each */
  GError *problem; /* the first one */
} Maker;

static void G_GNUC_PRINTF (2, 3) problem (Maker *self, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (self->problem)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  self->problem = g_error_new_literal (NF_ERROR, NF_ERROR_INVALID, text);
}

static void
start (Maker *self, JsonObject *settings)
{
  *self = (Maker){ .settings = settings,
    .config = json_object_new (),
    .asked = g_string_new (NULL) };
}

static JsonObject *
finish (Maker *self, GError **error)
{
  g_autoptr (JsonObject) config = g_steal_pointer (&self->config);
  g_autofree gchar *asked = g_string_free (self->asked, FALSE);

  if (!self->problem && *asked)
    problem (self,
        "the weights do not show it, so say with --config or --set:\n%s",
        asked);
  if (!self->problem)
    return g_steal_pointer (&config);
  g_propagate_error (error, self->problem);
  return NULL;
}

static void
ask (Maker *self, const gchar *key, const gchar *what)
{
  g_string_append_printf (self->asked, "  %s: %s\n", key, what);
}

/* What the weights show; a setting may say the same. */
static void
derive (Maker *self, const gchar *key, JsonNode *node)
{
  JsonNode *said = json_object_get_member (self->settings, key);

  if (said && !json_node_equal (said, node)) {
    g_autofree gchar *theirs = json_to_string (said, FALSE);
    g_autofree gchar *ours = json_to_string (node, FALSE);

    problem (self, "%s is %s in the configuration, but the weights say %s", key,
        theirs, ours);
  }
  json_object_set_member (self->config, key, node);
}

static void
derive_int (Maker *self, const gchar *key, gint64 value)
{
  derive (self, key, json_node_init_int (json_node_alloc (), value));
}

static void
derive_ints (Maker *self, const gchar *key, const gint *values, guint n)
{
  g_autoptr (JsonArray) array = nf_net_config_int_array (values, n);

  derive (self, key, json_node_init_array (json_node_alloc (), array));
}

/* A setting as it is, if it is there. */
static gboolean
copy (Maker *self, const gchar *key)
{
  JsonNode *node = json_object_get_member (self->settings, key);

  if (node)
    json_object_set_member (self->config, key, json_node_copy (node));
  return node != NULL;
}

static void
need (Maker *self, const gchar *key, const gchar *what)
{
  if (!copy (self, key))
    ask (self, key, what);
}

/* A whole number of the settings, at least 1; 0 where there is none. */
static gint64
said_int (Maker *self, const gchar *key)
{
  JsonNode *node = json_object_get_member (self->settings, key);
  gint64 value;

  if (!node)
    return 0;
  value = JSON_NODE_HOLDS_VALUE (node)
          && json_node_get_value_type (node) == G_TYPE_INT64
      ? json_node_get_int (node)
      : 0;
  if (value < 1)
    problem (self, "%s has to be a whole number of at least 1", key);
  return value;
}

/* A text of an object; NULL where there is none. */
static const gchar *
text_of (JsonObject *object, const gchar *key)
{
  JsonNode *node = json_object_get_member (object, key);

  return node && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node)
                                              : NULL;
}

static gint64
size (const NfWeight *weight, guint i)
{
  return weight && weight->rank == 4 ? weight->shape[i] : 0;
}

/* ----------------------------------------------------------------- encoder */

gint
nf_import_encoder_config (const NfWeights *weights, const gchar **encoder,
    gint64 *width, gint64 *channels, GError **error)
{
  const gchar *in = nf_weights_find (weights, "conv1.weight") ? "" : "encoder.";
  const NfWeight *stem = nf_weights_find (weights, "%sconv1.weight", in);
  const gboolean deep =
      nf_weights_find (weights, "%slayer1.0.conv3.weight", in) != NULL;
  gint blocks = 0;

  while (nf_weights_find (weights, "%slayer3.%d.conv1.weight", in, blocks))
    blocks++;
  *encoder = *in ? "" : "encoder.";
  *width = size (stem, 0);
  *channels = size (stem, 1);
  if (*width > 0 && blocks == 2 && !deep)
    return 18;
  if (*width > 0 && blocks == 6)
    return deep ? 50 : 34;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "the encoder is no ResNet with 18, 34 or 50 layers (%s%d blocks in its "
      "third stage), and no other encoder is known here",
      *width > 0 ? "" : "no conv1.weight, ", blocks);
  return 0;
}

/* ------------------------------------------------------------------ UNet++ */

/* What the training did with pixels before the network saw them. */
static void
need_pixels (Maker *self)
{
  need (self, "mean",
      "what the training subtracted from red, green and blue in [0, 1]; "
      "ImageNet's encoders: 0.485,0.456,0.406");
  need (self, "std",
      "what it divided them by then; ImageNet's encoders: 0.229,0.224,0.225");
}

JsonObject *
nf_import_unetpp_config (
    const NfWeights *weights, JsonObject *settings, GError **error)
{
  const NfWeight *head =
      nf_weights_find (weights, "segmentation_head.0.weight");
  g_autofree gchar *encoder = NULL;
  gint widths[NF_UNETPP_LEVELS], layers;
  gint64 width, channels;
  const gchar *prefix;
  Maker maker;

  if (!head || head->rank != 4) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID,
        "the tensors are not those of a UNet++ of segmentation_models_pytorch: "
        "there is no segmentation_head.0.weight; is --arch right?");
    return NULL;
  }
  layers =
      nf_import_encoder_config (weights, &prefix, &width, &channels, error);
  if (layers == 0)
    return NULL;
  for (gint i = 0; i < NF_UNETPP_LEVELS; i++)
    widths[i] = (gint) MIN (G_MAXINT,
        size (nf_weights_find (
                  weights, "decoder.blocks.x_0_%d.conv2.0.weight", i),
            0));
  encoder = g_strdup_printf ("resnet%d", layers);
  start (&maker, settings);
  derive (
      &maker, "encoder", json_node_init_string (json_node_alloc (), encoder));
  derive_int (&maker, "encoder_width", width);
  derive_int (&maker, "channels", channels);
  derive_ints (&maker, "widths", widths, NF_UNETPP_LEVELS);
  if (copy (&maker, "head")
      && !g_strcmp0 (text_of (maker.config, "head"), "attributes"))
    copy (&maker, "classes");
  else
    derive_int (&maker, "classes", head->shape[0]);
  need_pixels (&maker);
  return finish (&maker, error);
}

/* --------------------------------------------------------- noise predictors */

/* Settings of MCVD that change what the network or its data are, and the one
 * answer that is known here. */
static void
check_answers (Maker *self)
{
  static const struct
  {
    const gchar *key, *answer; /* as JSON */
  } only[] = {
    { "arch", "\"unetmore\"" },
    { "time_conditional", "true" },
    { "cond_emb", "false" },
    { "noise_in_cond", "false" },
    { "output_all_frames", "false" },
    { "nonlinearity", "\"swish\"" },
    { "rescaled", "true" },
    { "logit_transform", "false" },
  };
  const gchar *version = text_of (self->settings, "version");

  for (guint i = 0; i < G_N_ELEMENTS (only); i++) {
    JsonNode *node = json_object_get_member (self->settings, only[i].key);
    g_autofree gchar *text = node ? json_to_string (node, FALSE) : NULL;

    if (text && !g_str_equal (text, only[i].answer))
      problem (self, "%s is %s; only %s is known here", only[i].key, text,
          only[i].answer);
  }
  if (version && g_str_equal (version, "SMLD"))
    problem (self, "version is SMLD; only DDPM, DDIM and FPNDM are known here");
}

/* Known frames after the predicted ones, which the shapes do not distinguish from those
 * of context; 0 where there are none. */
static gint64
future_frames (Maker *self)
{
  JsonNode *node = json_object_get_member (self->settings, "num_frames_future");
  const gboolean none = node && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_INT64
      && json_node_get_int (node) == 0;

  return none ? 0 : said_int (self, "num_frames_future");
}

/* How many frames, and channels of each: their product is in the shapes. */
static void
make_frames (Maker *self, const NfUnetShapes *s)
{
  JsonNode *guide = json_object_get_member (self->settings, "guide");
  const gboolean guided =
      guide && JSON_NODE_HOLDS_VALUE (guide) && json_node_get_boolean (guide);
  gint64 frames = said_int (self, "num_frames");
  gint64 channels = said_int (self, "channels"), cond = s->cond;
  const gint64 future = future_frames (self);

  if (frames == 0 && channels == 0) {
    ask (self, "num_frames", "frames that are predicted at once");
    return;
  }
  if (channels == 0)
    channels = s->out / frames;
  if (frames == 0 && channels > 0)
    frames = s->out / channels;
  if (guided)
    cond -= NF_UNET_GUIDE_CHANNELS * MIN (frames, cond);
  if (frames < 1 || channels < 1 || frames > s->out
      || frames * channels != s->out || cond % channels != 0
      || cond / channels <= future) {
    problem (self,
        "%" G_GINT64_FORMAT " channels are predicted from %" G_GINT64_FORMAT
        ", as the weights' shapes say, which is not num_frames x channels from "
        "num_frames_cond (and num_frames_future) x channels of the "
        "configuration",
        s->out, s->cond);
    return;
  }
  derive_int (self, "channels", channels);
  derive_int (self, "num_frames", frames);
  derive_int (self, "num_frames_cond", cond / channels - future);
}

/* Smaller side of the frames; 0 where nothing says it. */
static gint64
smaller_side (Maker *self)
{
  JsonNode *node = json_object_get_member (self->settings, "image_size");
  JsonArray *sides =
      node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (sides && json_array_get_length (sides) == 2)
    return MIN (json_array_get_int_element (sides, 0),
        json_array_get_int_element (sides, 1));
  return sides ? 0 : said_int (self, "image_size");
}

static void
make_levels (Maker *self, const NfUnetShapes *s)
{
  gint sides[NF_UNET_MAX_LEVELS];
  gint64 side = smaller_side (self);
  guint n = 0;

  derive_int (self, "ngf", s->ngf);
  if (s->n_levels == 0) {
    need (self, "ch_mult", "channels of each level, as multiples of ngf");
    need (self, "num_res_blocks", "residual blocks of each level");
    need (self, "attn_resolutions", "smaller sides of levels with attention");
    return;
  }
  derive_ints (self, "ch_mult", s->ch_mult, s->n_levels);
  derive_int (self, "num_res_blocks", s->num_res_blocks);
  /* sides that no level has may be in the configuration */
  for (guint i = 0; i < s->n_levels; i++)
    if (s->attends[i])
      sides[n++] = (gint) (MIN (side, G_MAXINT) >> i);
  if (!copy (self, "attn_resolutions") && side > 0) {
    g_autoptr (JsonArray) array = nf_net_config_int_array (sides, n);

    json_object_set_array_member (
        self->config, "attn_resolutions", g_steal_pointer (&array));
  }
}

/* MCVD keeps the shapes of gamma noise beside the weights that learned from it. */
static void
make_schedule (Maker *self, const NfWeights *weights)
{
  const NfWeight *betas = nf_weights_find (weights, "betas");
  const gchar *dist = text_of (self->settings, "sigma_dist");

  if (betas && betas->rank == 1)
    derive_int (self, "num_classes", betas->shape[0]);
  else
    need (self, "num_classes", "levels of noise that it was trained with");
  if (nf_weights_find (weights, "k_cum"))
    derive (self, "gamma", json_node_init_boolean (json_node_alloc (), TRUE));
  need (self, "sigma_dist", "the noise schedule: linear or cosine");
  if (dist && g_str_equal (dist, "linear")) {
    need (self, "sigma_begin", "largest beta of the schedule; MCVD: 0.02");
    need (self, "sigma_end", "smallest beta of the schedule; MCVD: 0.0001");
  }
}

JsonObject *
nf_import_unet_config (const NfWeights *weights, gboolean spade,
    JsonObject *settings, GError **error)
{
  /* of networks that this trainer made, or that matter in training alone */
  static const gchar *const optional[] = { "future_gap", "frame_stride",
    "num_frames_future", "prob_mask_cond", "prob_mask_future", "prob_mask_sync",
    "gamma", "dropout", "target", "guide", "residual", "version" };
  NfUnetShapes shapes;
  Maker maker;

  if (!nf_unet_shapes_read (&shapes, weights, error))
    return NULL;
  start (&maker, settings);
  if (shapes.spade != spade)
    problem (&maker,
        "the weights are of a network that is conditioned by %s; "
        "use --arch=%s",
        shapes.spade ? "modulation (spade)" : "concatenation",
        shapes.spade ? "spade_unet" : "concat_unet");
  check_answers (&maker);
  derive (&maker, "spade",
      json_node_init_boolean (json_node_alloc (), shapes.spade));
  if (shapes.spade)
    derive_int (&maker, "spade_dim", shapes.spade_dim);
  need (&maker, "image_size", "of the frames: a number, or HEIGHT,WIDTH");
  make_frames (&maker, &shapes);
  make_levels (&maker, &shapes);
  need (&maker, "n_head_channels",
      "channels of a head of attention; -1: one head");
  make_schedule (&maker, weights);
  for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
    copy (&maker, optional[i]);
  return finish (&maker, error);
}
