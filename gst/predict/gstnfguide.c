/* SPDX-License-Identifier: MIT
 *
 * gstnfguide — the properties of nfpredict's guide, and the network it needs */
#include "predict/gstnfguide.h"

#include "common/gstnfreload.h"
#include "video/gstnfvideo.h"

#include <nextframe/core/nferror.h>

/* of the frames that a segmenter was trained on, where it does not say */
#define ROWS 160

static GType
gst_nf_guide_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_GUIDE_AUTO, "Dynamics where the network was trained with a guide",
        "auto" },
    { GST_NF_GUIDE_NONE, "None", "none" },
    { GST_NF_GUIDE_HOLD, "The newest frame", "hold" },
    { GST_NF_GUIDE_DYNAMICS, "What tracks and dynamics predict", "dynamics" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfGuideKind", values));

  return type;
}

const GstNfProperty gst_nf_guide_properties[] = {
  {
      .name = "guide",
      .nick = "Guide",
      .blurb = "Frame that stands for the future and guides the prediction",
      .details = "A network that was trained with a guide sees it; with any "
                 "network sampling can start from it. `dynamics` needs the "
                 "masks of a segmenter.",
      GST_NF_ENUM (gst_nf_guide_kind_get_type, GST_NF_GUIDE_AUTO),
      GST_NF_FIELD (GstNfGuideSettings, guide),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "guide-start",
      .nick = "Guide start",
      .blurb =
          "Part of the schedule that is passed over, starting from the guide",
      .details = "Sampling starts from the guide with the noise that is left "
                 "there, instead of noise alone. The larger it is, the less of "
                 "the guide can change; with 1 nothing is predicted, and the "
                 "prediction is the guide frame itself. Below 0, the default, "
                 "it is what the checkpoint says, or 0.",
      GST_NF_DOUBLE (-1, 1, -1),
      GST_NF_FIELD (GstNfGuideSettings, start),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "sharpen",
      .nick = "Sharpen",
      .blurb = "Give large predictions the guide's detail where both agree",
      .details = "Those are predictions in sizes above the network's. Nothing "
                 "changes without a guide.",
      GST_NF_BOOLEAN (TRUE),
      GST_NF_FIELD (GstNfGuideSettings, sharpen),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "segment-checkpoint",
      .nick = "Segmenter's checkpoint",
      .blurb = "Path of the network that finds masks for guide=dynamics; the "
               "default is what the checkpoint names",
      .details = "A UNet++, looked up as `checkpoint` is. The one that the "
                 "checkpoint names may lie beside it; where it names none, "
                 "`unetpp.safetensors` in the folders is the default.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (GstNfGuideSettings, segmenter),
      .flags = GST_PARAM_MUTABLE_PLAYING,
      .changed = gst_nf_reload_property_changed,
  },
  GST_NF_PROPERTIES_END,
};

static NfGuideKind
kind_of (GstNfGuideKind kind, const NfUnetConfig *config)
{
  switch (kind) {
    case GST_NF_GUIDE_HOLD:
      return NF_GUIDE_HOLD;
    case GST_NF_GUIDE_DYNAMICS:
      return NF_GUIDE_DYNAMICS;
    case GST_NF_GUIDE_AUTO:
      return config->guide ? NF_GUIDE_DYNAMICS : NF_GUIDE_NONE;
    default:
      return NF_GUIDE_NONE;
  }
}

/* (transfer full) (nullable): where the segmenter is that the checkpoint names,
 * or its name alone; NULL where it names none */
static gchar *
named_segmenter (GstNfModel *model)
{
  const gchar *name = nf_predictor_segmenter (gst_nf_model_predictor (model));
  g_autofree gchar *folder = g_path_get_dirname (gst_nf_model_path (model));
  g_autofree gchar *base = name != NULL ? g_path_get_basename (name) : NULL;
  g_autofree gchar *beside =
      base != NULL ? g_build_filename (folder, base, NULL) : NULL;

  if (beside != NULL && g_file_test (beside, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&beside);
  return g_steal_pointer (&base);
}

/**
 * gst_nf_guide_open:
 * @guide: (out): what the element has; to be closed also where this fails
 * @settings: a copy
 * @model_settings: a copy: the device
 * @model: the predictor
 * @error: return location: %NF_ERROR_NOT_FOUND (no segmenter), ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_guide_open (GstNfGuide *guide, const GstNfGuideSettings *settings,
    const GstNfModelSettings *model_settings, GstNfModel *model, GError **error)
{
  GstNfModelSettings segmenter = { .checkpoint = settings->segmenter,
    .device = model_settings->device };
  g_autofree gchar *named = NULL;

  guide->kind = kind_of (
      settings->guide, nf_predictor_config (gst_nf_model_predictor (model)));
  guide->sharpen = settings->sharpen;
  if (guide->kind != NF_GUIDE_DYNAMICS)
    return TRUE;
  if (segmenter.checkpoint == NULL || *segmenter.checkpoint == '\0')
    segmenter.checkpoint = named = named_segmenter (model);
  guide->segmenter =
      gst_nf_model_acquire (&segmenter, GST_NF_MODEL_SEGMENTER, error);
  if (guide->segmenter == NULL)
    g_prefix_error (error,
        "guide=dynamics needs a segmenter (property segment-checkpoint; "
        "guide=none does without): ");
  else
    guide->memory = nf_context_masks_new ();

  return guide->segmenter != NULL;
}

/**
 * gst_nf_guide_close:
 * @guide: all zeros afterwards
 */
void
gst_nf_guide_close (GstNfGuide *guide)
{
  g_clear_pointer (&guide->memory, nf_context_masks_free);
  g_clear_pointer (&guide->segmenter, gst_nf_model_release);
  *guide = (GstNfGuide){ NF_GUIDE_NONE };
}

static gint
rows_of (const GstNfGuide *guide)
{
  guint height = 0, width;

  if (guide->segmenter != NULL)
    nf_segmenter_trained_size (
        gst_nf_model_segmenter (guide->segmenter), &height, &width);

  return height > 0 ? (gint) height : ROWS;
}

/**
 * gst_nf_guide_describe:
 * @guide: of the element
 * @config: of the predictor
 * @in: frames that come
 * @packed: (out): pixels to keep of them
 * @error: return location
 *
 * Without a guide frames are kept in the network's size; with one in their own
 * shape with as many rows as the segmenter was trained on, so that masks are
 * found as well as can be and predictions have the guide's detail.
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_guide_describe (const GstNfGuide *guide, const NfUnetConfig *config,
    const GstVideoInfo *in, GstVideoInfo *packed, GError **error)
{
  gint width = config->width, height = config->height;

  if (guide->kind != NF_GUIDE_NONE) {
    height = rows_of (guide);
    width = (gint) gst_util_uint64_scale_round ((guint64) height,
        (guint64) GST_VIDEO_INFO_WIDTH (in),
        (guint64) MAX (GST_VIDEO_INFO_HEIGHT (in), 1));
    width = CLAMP (width, MAX (height / 8, 1), height * 8);
  }

  return gst_nf_video_packed_info (
      packed, width, height, config->channels, error);
}
