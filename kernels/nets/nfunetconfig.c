/* SPDX-License-Identifier: MIT
 *
 * nfunetconfig — the configuration of the noise predictor, from and to JSON
 *
 * Keys are those that PyTorch checkpoints carry. Keys of that pipeline that
 * this network has one answer for are accepted with that answer only. */
#include <nextframe/nets/nfunetconfig.h>

#include "nets/nfnetconfig.h"

static const gchar *const target_names[] = { "eps", "x0", "v" };

G_STATIC_ASSERT (G_N_ELEMENTS (target_names) == NF_N_TARGETS);

const gchar *
nf_target_name (NfTarget target)
{
  return target_names[target];
}

gboolean
nf_target_from_name (const gchar *name, NfTarget *target)
{
  for (guint i = 0; i < NF_N_TARGETS; i++)
    if (g_str_equal (name, target_names[i])) {
      *target = (NfTarget) i;
      return TRUE;
    }
  return FALSE;
}

const gchar *
nf_predict_mode_name (NfPredictMode mode)
{
  static const gchar *const names[] = { "predict", "interpolate", "backward",
    "generate" };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == NF_N_MODES);
  return names[mode];
}

gboolean
nf_unet_knows_mode (const NfUnetConfig *c, NfPredictMode mode)
{
  gboolean sync = c->prob_mask_sync && c->prob_mask_cond > 0;
  gboolean past = c->prob_mask_cond < 1;
  gboolean no_past = c->prob_mask_cond > 0;
  gboolean future =
      c->num_frames_future > 0 && (sync ? past : c->prob_mask_future < 1);
  gboolean no_future =
      c->num_frames_future == 0 || (!sync && c->prob_mask_future > 0);

  switch (mode) {
    case NF_MODE_PREDICT:
      return past && no_future;
    case NF_MODE_INTERPOLATE:
      return past && future;
    case NF_MODE_BACKWARD:
      return no_past && future && !sync;
    default:
      return no_past && (no_future || sync);
  }
}

void
nf_unet_config_init (NfUnetConfig *config)
{
  static const NfUnetConfig defaults = {
    .height = 128,
    .width = 128,
    .channels = 3,
    .num_frames = 2,
    .num_frames_cond = 11,
    .frame_stride = 1,
    .ngf = 128,
    .n_levels = 5,
    .ch_mult = { 1, 2, 3, 4, 4 },
    .num_res_blocks = 3,
    .n_attn = 3,
    .attn_resolutions = { 8, 16, 32 },
    .n_head_channels = 128,
    .spade = TRUE,
    .spade_dim = 256,
    .num_classes = 1000,
    .sigma_begin = 0.02,
    .sigma_end = 0.0001,
    .sigma_dist = NF_SIGMA_LINEAR,
    .dropout = 0.1,
  };

  *config = defaults;
}

static void
only_text (NfNetConfig *reader, const gchar *key, const gchar *answer)
{
  const gchar *text = nf_net_config_text (reader, key, answer);

  if (!g_str_equal (text, answer))
    nf_net_config_problem (
        reader, "%s is \"%s\"; only \"%s\" is known", key, text, answer);
}

static void
only_bool (NfNetConfig *reader, const gchar *key, gboolean answer)
{
  gboolean value = answer;

  nf_net_config_bool (reader, key, &value);
  if (value != answer)
    nf_net_config_problem (
        reader, "%s must be %s", key, answer ? "true" : "false");
}

static void
only_known_answers (NfNetConfig *reader)
{
  only_text (reader, "arch", "unetmore");
  only_bool (reader, "time_conditional", TRUE);
  only_bool (reader, "cond_emb", FALSE);
  nf_net_config_text (reader, "version", "");
  nf_net_config_text (reader, "mode", "");
}

/* what is known beside the context, and what was masked in training */
static void
read_masks (NfNetConfig *reader, NfUnetConfig *c)
{
  nf_net_config_int (reader, "num_frames_future", 0, 64, &c->num_frames_future);
  nf_net_config_double (reader, "prob_mask_cond", 0.0, 1.0, &c->prob_mask_cond);
  nf_net_config_double (
      reader, "prob_mask_future", 0.0, 1.0, &c->prob_mask_future);
  nf_net_config_bool (reader, "prob_mask_sync", &c->prob_mask_sync);
  if (c->num_frames_future == 0
      && (c->prob_mask_future > 0 || c->prob_mask_sync))
    nf_net_config_problem (
        reader, "prob_mask_future and prob_mask_sync need num_frames_future");
}

/* keys that this network has beyond those of PyTorch's checkpoints */
static void
read_own_keys (NfNetConfig *reader, NfUnetConfig *c)
{
  const gchar *target = nf_net_config_text (reader, "target", "eps");

  if (!nf_target_from_name (target, &c->target))
    nf_net_config_problem (reader, "target %s must be eps, x0 or v", target);
  nf_net_config_bool (reader, "gamma", &c->gamma);
  nf_net_config_bool (reader, "guide", &c->guide);
  nf_net_config_double (reader, "residual", 0.0, 1000.0, &c->residual);
  nf_net_config_int (reader, "frame_stride", 1, 1000, &c->frame_stride);
  if (c->guide && (c->num_frames_future > 0 || c->prob_mask_cond > 0))
    nf_net_config_problem (reader,
        "a guide goes with neither num_frames_future nor prob_mask_cond");
  if (c->residual > 0 && !c->guide)
    nf_net_config_problem (reader, "residual needs a guide");
}

static void
check_divisible (NfNetConfig *reader, const NfUnetConfig *c)
{
  gint unit = 1 << (c->n_levels - 1);

  if (c->height % unit != 0 || c->width % unit != 0)
    nf_net_config_problem (reader,
        "image_size %dx%d must be divisible by %d (2 per level)", c->height,
        c->width, unit);
  for (guint i = 0; i < c->n_levels; i++) {
    gint channels = c->ngf * c->ch_mult[i];
    gint head = c->n_head_channels;

    if (head > 0 && channels >= head && channels % (channels / head) != 0)
      nf_net_config_problem (reader,
          "%d channels of level %u do not split into heads of %d", channels, i,
          head);
  }
}

gboolean
nf_unet_config_from_json (NfUnetConfig *c, JsonObject *json, GError **error)
{
  NfNetConfig reader;
  gint size[2];
  guint n_size = 2;
  const gchar *dist;

  nf_unet_config_init (c);
  size[0] = c->height;
  size[1] = c->width;
  nf_net_config_start (&reader, json, "the diffusion U-Net");
  nf_net_config_ints (&reader, "image_size", 1, 16384, 2, size, &n_size);
  c->height = size[0];
  c->width = n_size == 1 ? size[0] : size[1];
  nf_net_config_int (&reader, "channels", 1, 4, &c->channels);
  nf_net_config_int (&reader, "num_frames", 1, 64, &c->num_frames);
  nf_net_config_int (&reader, "num_frames_cond", 1, 64, &c->num_frames_cond);
  nf_net_config_int (&reader, "future_gap", 0, 1000, &c->future_gap);
  nf_net_config_int (&reader, "ngf", 4, 4096, &c->ngf);
  nf_net_config_ints (
      &reader, "ch_mult", 1, 64, NF_UNET_MAX_LEVELS, c->ch_mult, &c->n_levels);
  nf_net_config_int (&reader, "num_res_blocks", 1, 16, &c->num_res_blocks);
  nf_net_config_ints (&reader, "attn_resolutions", 1, 16384, NF_UNET_MAX_LEVELS,
      c->attn_resolutions, &c->n_attn);
  nf_net_config_int (
      &reader, "n_head_channels", -1, 65536, &c->n_head_channels);
  nf_net_config_bool (&reader, "spade", &c->spade);
  nf_net_config_int (&reader, "spade_dim", 1, 4096, &c->spade_dim);
  nf_net_config_int (&reader, "num_classes", 2, 100000, &c->num_classes);
  nf_net_config_double (&reader, "sigma_begin", 0.0, 1.0, &c->sigma_begin);
  nf_net_config_double (&reader, "sigma_end", 0.0, 1.0, &c->sigma_end);
  nf_net_config_double (&reader, "dropout", 0.0, 0.99, &c->dropout);
  dist = nf_net_config_text (&reader, "sigma_dist", "linear");
  c->sigma_dist =
      g_str_equal (dist, "cosine") ? NF_SIGMA_COSINE : NF_SIGMA_LINEAR;
  if (c->sigma_dist == NF_SIGMA_LINEAR && !g_str_equal (dist, "linear"))
    nf_net_config_problem (
        &reader, "sigma_dist %s must be linear or cosine", dist);
  if (c->n_levels < 1 || n_size < 1 || c->n_head_channels == 0)
    nf_net_config_problem (&reader,
        "ch_mult and image_size must not be empty, n_head_channels not 0");
  else
    check_divisible (&reader, c);
  read_masks (&reader, c);
  read_own_keys (&reader, c);
  only_known_answers (&reader);
  return nf_net_config_finish (&reader, error);
}

JsonObject *
nf_unet_config_to_json (const NfUnetConfig *c)
{
  const gint size[2] = { c->height, c->width };
  JsonObject *json = json_object_new ();

  json_object_set_array_member (
      json, "image_size", nf_net_config_int_array (size, 2));
  json_object_set_int_member (json, "channels", c->channels);
  json_object_set_int_member (json, "num_frames", c->num_frames);
  json_object_set_int_member (json, "num_frames_cond", c->num_frames_cond);
  json_object_set_int_member (json, "future_gap", c->future_gap);
  json_object_set_int_member (json, "ngf", c->ngf);
  json_object_set_array_member (
      json, "ch_mult", nf_net_config_int_array (c->ch_mult, c->n_levels));
  json_object_set_int_member (json, "num_res_blocks", c->num_res_blocks);
  json_object_set_array_member (json, "attn_resolutions",
      nf_net_config_int_array (c->attn_resolutions, c->n_attn));
  json_object_set_int_member (json, "n_head_channels", c->n_head_channels);
  json_object_set_boolean_member (json, "spade", c->spade);
  json_object_set_int_member (json, "spade_dim", c->spade_dim);
  json_object_set_int_member (json, "num_classes", c->num_classes);
  json_object_set_double_member (json, "sigma_begin", c->sigma_begin);
  json_object_set_double_member (json, "sigma_end", c->sigma_end);
  json_object_set_string_member (json, "sigma_dist",
      c->sigma_dist == NF_SIGMA_COSINE ? "cosine" : "linear");
  json_object_set_double_member (json, "dropout", c->dropout);
  if (c->num_frames_future > 0)
    json_object_set_int_member (
        json, "num_frames_future", c->num_frames_future);
  if (c->prob_mask_cond > 0)
    json_object_set_double_member (json, "prob_mask_cond", c->prob_mask_cond);
  if (c->prob_mask_future > 0)
    json_object_set_double_member (
        json, "prob_mask_future", c->prob_mask_future);
  if (c->prob_mask_sync)
    json_object_set_boolean_member (json, "prob_mask_sync", TRUE);
  if (c->frame_stride > 1)
    json_object_set_int_member (json, "frame_stride", c->frame_stride);
  if (c->gamma)
    json_object_set_boolean_member (json, "gamma", TRUE);
  if (c->target != NF_TARGET_EPS)
    json_object_set_string_member (json, "target", nf_target_name (c->target));
  if (c->guide)
    json_object_set_boolean_member (json, "guide", TRUE);
  if (c->residual > 0)
    json_object_set_double_member (json, "residual", c->residual);
  return json;
}

gint64
nf_unet_cond_channels (const NfUnetConfig *c)
{
  return (gint64) c->channels * (c->num_frames_cond + c->num_frames_future)
      + (c->guide ? NF_UNET_GUIDE_CHANNELS * (gint64) c->num_frames : 0);
}
