/* SPDX-License-Identifier: MIT
 *
 * config/check — what must hold between settings, and the JSON of checkpoints
 *
 * Siblings: runconfig.c (one value at a time), config/table.c (the rows). */
#include "clips/nfclipsource.h"
#include "config/runconfig.h"
#include "io/nfjson.h"
#include <nextframe/nets/nfunet.h>
#include <nextframe/nets/nfunetpp.h>

#include <string.h>

static gboolean fail (GError **error, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const gchar *format, ...)
{
  g_autofree gchar *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
check_attention (const NfConfigDiffusion *model, gint64 side, GError **error)
{
  for (guint i = 0; i < model->attn_resolutions.n; i++) {
    g_autoptr (GString) sides = g_string_new (NULL);
    gboolean found = FALSE;

    for (guint level = 0; level < model->ch_mult.n; level++) {
      found |= side >> level == model->attn_resolutions.v[i];
      g_string_append_printf (sides, " %" G_GINT64_FORMAT, side >> level);
    }
    if (!found)
      return fail (error,
          "model.attn-resolutions: no level has a smaller side of "
          "%" G_GINT64_FORMAT "; the levels' smaller sides are%s",
          model->attn_resolutions.v[i], sides->str);
  }
  return TRUE;
}

static gboolean
check_levels (
    const NfConfigDiffusion *model, gint64 h, gint64 w, GError **error)
{
  gint64 unit = 1 << (model->ch_mult.n - 1);

  if (h % unit || w % unit)
    return fail (error,
        "data.image-size: expected multiples of %" G_GINT64_FORMAT
        " for the %u levels of model.ch-mult, got %" G_GINT64_FORMAT
        " %" G_GINT64_FORMAT,
        unit, model->ch_mult.n, h, w);
  return check_attention (model, MIN (h, w), error);
}

/* Whether there is such a network, and its options are some. */
static gboolean
check_network (
    const gchar *name, NfNetTask task, const gchar *text, GError **error)
{
  const NfNetClass *net = nf_net_class_find (name);
  g_autofree gchar *names = nf_net_names (task);
  g_autoptr (JsonObject) options = NULL;

  if (net == NULL || net->task != task)
    return fail (error, "model.network: expected %s, got \"%s\"", names, name);
  options = nf_json_parse_object (text, "model.options", error);
  return options != NULL;
}

/* Whether it is the U-Net, which has settings of its own. */
static gboolean
is_unet (const NfConfigDiffusion *model)
{
  return model->network[0] == '\0'
      || g_str_equal (model->network, NF_UNET_ARCH_SPADE)
      || g_str_equal (model->network, NF_UNET_ARCH_CONCAT);
}

/* A guide is a frame in colour that follows the given ones, which it needs. */
static gboolean
check_guide (const NfTrainConfig *config, GError **error)
{
  const NfConfigDiffusion *model = &config->diffusion;

  if (!model->guide)
    return model->residual > 0 ? fail (error,
               "model.residual: differences from a guide need one; set "
               "model.guide=true")
                               : TRUE;
  if (model->channels != 3 || g_str_equal (config->data.frames, "masks")
      || model->frame_stride > 1 || model->num_frames_future > 0
      || model->prob_mask_cond > 0)
    return fail (error,
        "model.guide: goes with colours, pictures, frames in a row and given "
        "frames alone; got model.channels %" G_GINT64_FORMAT
        ", data.frames %s, model.frame-stride %" G_GINT64_FORMAT
        ", model.num-frames-future %" G_GINT64_FORMAT
        ", train.prob-mask-cond %g",
        model->channels, config->data.frames, model->frame_stride,
        model->num_frames_future, model->prob_mask_cond);
  return TRUE;
}

/* Which frames are known, and what of them is masked. */
static gboolean
check_masks (const NfConfigDiffusion *model, GError **error)
{
  if (model->channels == 2)
    return fail (error, "model.channels: expected 1 (gray) or 3, got 2");
  if (model->num_frames_future == 0
      && (model->prob_mask_future > 0 || model->prob_mask_sync))
    return fail (error,
        "train.prob-mask-future and train.prob-mask-sync: there are no known "
        "frames behind the predicted ones to mask; set "
        "model.num-frames-future");
  return TRUE;
}

static gboolean
check_diffusion (const NfTrainConfig *config, GError **error)
{
  const NfConfigDiffusion *model = &config->diffusion;
  const gint64 *size = config->data.image_size.v;

  if (!check_masks (model, error) || !check_guide (config, error))
    return FALSE;
  if ((model->scene_size.v[0] == 0) != (model->scene_size.v[1] == 0))
    return fail (error,
        "data.scene-size: expected a height and a width, or 0 0 for 160 240, "
        "got %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
        model->scene_size.v[0], model->scene_size.v[1]);
  if (model->true_guides + model->no_guides > 1)
    return fail (error,
        "train.no-guides and train.true-guides: expected shares of at most 1 "
        "together, got %g and %g",
        model->no_guides, model->true_guides);
  if (is_unet (model) && model->ch_mult.n == 0)
    return fail (error, "model.ch-mult: expected a number a level, got none");
  if (is_unet (model) && model->n_head_channels == 0)
    return fail (error,
        "model.n-head-channels: expected -1 (one head) or the "
        "channels of a head, got 0");
  if (model->sigma_begin < model->sigma_end)
    return fail (error,
        "model.sigma-begin: expected at least sigma-end (%g), got %g: level 0 "
        "is the noisiest",
        model->sigma_end, model->sigma_begin);
  if (is_unet (model) && model->network[0] != '\0'
      && !g_str_equal (model->network, nf_train_config_net (config)->name))
    return fail (error, "model.network: got \"%s\", but model.spade is %s",
        model->network, model->spade ? "true" : "false");
  if (!is_unet (model))
    return check_network (
        model->network, NF_NET_PREDICT, model->options, error);
  return size[0] == 0 || check_levels (model, size[0], size[1], error);
}

/**
 * nf_train_config_check:
 * @config: the settings
 * @error: return location; names the key, what was expected and what it is
 *
 * Checks what no value shows alone. An image size of 0 0 is checked by
 * nf_train_config_resolve_size() once the frames are known.
 */
gboolean
nf_train_config_check (const NfTrainConfig *config, GError **error)
{
  const gint64 *size = config->data.image_size.v;

  if ((size[0] == 0) != (size[1] == 0))
    return fail (error,
        "data.image-size: expected a height and a width, or 0 0 for the "
        "frames' own, got %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
        size[0], size[1]);
  if (!nf_clip_source_check (config->data.path, error)) {
    g_prefix_error (error, "data.path: ");
    return FALSE;
  }
  return config->kind == NF_TRAIN_SEGMENT
      ? check_network (config->segment.network, NF_NET_SEGMENT,
          config->segment.options, error)
      : check_diffusion (config, error);
}

/**
 * nf_train_config_resolve_size:
 * @config: settings
 * @height: rows of the data set's frames
 * @width: columns of them
 * @error: return location
 *
 * Settles the size that the network sees: the configured one, or where that is
 * 0 0 the frames' own, which must then suit the network.
 */
gboolean
nf_train_config_resolve_size (
    NfTrainConfig *config, gint height, gint width, GError **error)
{
  const gint64 *size = config->data.image_size.v;

  if (config->kind == NF_TRAIN_DIFFUSION && size[0] == 0
      && is_unet (&config->diffusion)
      && !check_levels (&config->diffusion, height, width, error))
    return FALSE;
  config->height = size[0] ? size[0] : height;
  config->width = size[0] ? size[1] : width;
  return TRUE;
}

/**
 * nf_train_config_net:
 * @config: settings that nf_train_config_check() has passed
 *
 * Returns: (transfer none): the architecture that is trained
 */
const NfNetClass *
nf_train_config_net (const NfTrainConfig *config)
{
  const NfConfigDiffusion *model = &config->diffusion;

  if (config->kind == NF_TRAIN_SEGMENT)
    return nf_net_class_find (config->segment.network);
  if (!is_unet (model))
    return nf_net_class_find (model->network);
  return model->spade ? &nf_net_spade_unet : &nf_net_concat_unet;
}

G_STATIC_ASSERT (NF_UNET_MAX_LEVELS >= NF_CONFIG_MAX_LIST);

static guint
copy_ints (gint *to, const NfIntList *from)
{
  for (guint i = 0; i < from->n; i++)
    to[i] = from->v[i];
  return from->n;
}

static JsonObject *
unet_to_json (const NfTrainConfig *config)
{
  const NfConfigDiffusion *model = &config->diffusion;
  NfUnetConfig net = { .height = config->height, .width = config->width };

  net.channels = model->channels;
  net.num_frames = model->num_frames;
  net.num_frames_cond = model->num_frames_cond;
  net.num_frames_future = model->num_frames_future;
  net.frame_stride = model->frame_stride;
  net.prob_mask_cond = model->prob_mask_cond;
  net.prob_mask_future = model->prob_mask_future;
  net.prob_mask_sync = model->prob_mask_sync;
  net.future_gap = model->future_gap;
  net.ngf = model->ngf;
  net.n_levels = copy_ints (net.ch_mult, &model->ch_mult);
  net.num_res_blocks = model->num_res_blocks;
  net.n_attn = copy_ints (net.attn_resolutions, &model->attn_resolutions);
  net.n_head_channels = model->n_head_channels;
  net.spade = model->spade;
  net.spade_dim = model->spade_dim;
  net.num_classes = model->num_classes;
  net.sigma_begin = model->sigma_begin;
  net.sigma_end = model->sigma_end;
  net.sigma_dist = g_str_equal (model->sigma_dist, "cosine") ? NF_SIGMA_COSINE
                                                             : NF_SIGMA_LINEAR;
  net.gamma = model->gamma;
  net.dropout = model->dropout;
  nf_target_from_name (model->target, &net.target);
  net.guide = model->guide;
  net.residual = model->residual;
  return nf_unet_config_to_json (&net);
}

static JsonObject *
unetpp_to_json (const NfTrainConfig *config)
{
  const NfConfigSegment *model = &config->segment;
  NfUnetppConfig net;

  nf_unetpp_config_init (&net);
  net.encoder = g_ascii_strtoll (model->encoder + strlen ("resnet"), NULL, 10);
  net.encoder_width = model->encoder_width;
  net.classes = model->classes;
  copy_ints (net.widths, &model->widths);
  net.attributes = g_str_equal (model->head, "attributes");
  memcpy (net.mean, model->mean.v, sizeof net.mean);
  memcpy (net.std, model->std.v, sizeof net.std);
  return nf_unetpp_config_to_json (&net);
}

/* Settings of its own has the U-Net; other networks have model.options, and what
 * all that predict have in common. */
static JsonObject *
diffusion_to_json (const NfTrainConfig *config)
{
  static const gchar *const common[] = { "image_size", "channels", "num_frames",
    "num_frames_cond", "num_frames_future", "future_gap", "frame_stride",
    "prob_mask_cond", "prob_mask_future", "prob_mask_sync", "num_classes",
    "sigma_begin", "sigma_end", "sigma_dist", "gamma", "target", "guide",
    "residual" };
  JsonObject *all = unet_to_json (config), *json;

  if (is_unet (&config->diffusion))
    return all;
  json =
      nf_json_parse_object (config->diffusion.options, "model.options", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    if (json_object_has_member (all, common[i]))
      json_object_set_member (
          json, common[i], json_object_dup_member (all, common[i]));
  json_object_unref (all);
  return json;
}

/* Settings of its own has the UNet++; other networks have model.options, and
 * their number of classes. */
static JsonObject *
segment_to_json (const NfTrainConfig *config)
{
  JsonObject *json;

  if (nf_train_config_net (config) == &nf_net_unetpp)
    return unetpp_to_json (config);
  json = nf_json_parse_object (config->segment.options, "model.options", NULL);
  json_object_set_int_member (json, "classes", config->segment.classes);
  return json;
}

/**
 * nf_train_config_to_json:
 * @config: settings whose size is resolved
 *
 * What a checkpoint says of its network: the value of `nextframe.config`.
 *
 * Returns: (transfer full): a JSON object
 */
JsonObject *
nf_train_config_to_json (const NfTrainConfig *config)
{
  return config->kind == NF_TRAIN_DIFFUSION ? diffusion_to_json (config)
                                            : segment_to_json (config);
}
