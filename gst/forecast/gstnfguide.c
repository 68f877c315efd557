/* SPDX-License-Identifier: MIT
 *
 * gstnfguide — the properties of nfpredict's guide, and the network it needs */
#include "gstnfguide.h"

#include "video/gstnfvideo.h"

#include "core/nferror.h"

#define DEFAULT_GUIDE GST_NF_GUIDE_AUTO
#define DEFAULT_START 0.0
#define DEFAULT_SHARPEN TRUE

/* of the frames that a segmenter was trained on, where it does not say */
#define ROWS 160

enum
{
  SETTING_GUIDE,
  SETTING_START,
  SETTING_SHARPEN,
  SETTING_SEGMENTER
};

GType
gst_nf_guide_kind_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_GUIDE_AUTO, "Dynamics where the network was trained with a guide",
        "auto" },
    { GST_NF_GUIDE_NONE, "None", "none" },
    { GST_NF_GUIDE_HOLD, "The newest frame", "hold" },
    { GST_NF_GUIDE_DYNAMICS, "What tracks and dynamics foretell", "dynamics" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfGuideKind", values));

  return type;
}

/**
 * gst_nf_guide_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_guide_settings_init (GstNfGuideSettings *settings)
{
  *settings =
      (GstNfGuideSettings){ DEFAULT_GUIDE, DEFAULT_START, DEFAULT_SHARPEN };
}

/**
 * gst_nf_guide_settings_clear:
 * @settings: to be freed
 */
void
gst_nf_guide_settings_clear (GstNfGuideSettings *settings)
{
  g_clear_pointer (&settings->segmenter, g_free);
}

/**
 * gst_nf_guide_settings_install:
 * @klass: of an element
 * @first: the first of %GST_NF_GUIDE_N_PROPS property ids
 *
 * Installs the properties `guide`, `guide-start`, `sharpen` and
 * `segment-checkpoint`.
 */
void
gst_nf_guide_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * GstNfPredict:guide:
   *
   * A frame that stands for the future and guides the drawing: the newest frame
   * (hold), or the frame that tracks and dynamics foretell from the masks of a
   * segmenter (dynamics). A network that was trained with a guide sees it; with
   * any network sampling can start from it, see #GstNfPredict:guide-start. A
   * network without a guide needs none.
   *
   * Default: auto: dynamics where the network was trained with a guide, else
   * none. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_GUIDE,
      g_param_spec_enum ("guide", "Guide",
          "Frame that stands for the future and guides the drawing",
          GST_TYPE_NF_GUIDE_KIND, DEFAULT_GUIDE,
          flags | GST_PARAM_MUTABLE_READY));
  /**
   * GstNfPredict:guide-start:
   *
   * Part of the noise schedule that is passed over: sampling starts from the
   * guide with the noise that is left there, instead of noise alone. The larger
   * it is, the less of the guide can change; with 1 nothing is drawn, and the
   * prediction is the guide frame itself.
   *
   * Default: 0. Range: 0 to 1. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_START,
      g_param_spec_double ("guide-start", "Guide start",
          "Part of the schedule that is passed over, starting from the guide",
          0, 1, DEFAULT_START, flags | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstNfPredict:sharpen:
   *
   * Whether predictions in sizes above the network's get the guide's detail
   * where both agree. Nothing changes without a guide.
   *
   * Default: true. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_SHARPEN,
      g_param_spec_boolean ("sharpen", "Sharpen",
          "Give large predictions the guide's detail where both agree",
          DEFAULT_SHARPEN, flags | GST_PARAM_MUTABLE_READY));
  /**
   * GstNfPredict:segment-checkpoint:
   *
   * Path of the UNet++ that finds the masks for guide=dynamics; looked up as
   * #GstNfPredict:checkpoint is.
   *
   * Default: the one that the checkpoint names, beside it or in those folders;
   * else unetpp.safetensors there. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_SEGMENTER,
      g_param_spec_string ("segment-checkpoint", "Segmenter's checkpoint",
          "Path of the network that finds masks for guide=dynamics; the "
          "default "
          "is what the checkpoint names",
          NULL, flags | GST_PARAM_MUTABLE_READY));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_GUIDE_KIND, 0);
}

/**
 * gst_nf_guide_settings_set:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_guide_settings_set (GstNfGuideSettings *settings, GstElement *element,
    guint index, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_GUIDE:
      settings->guide = g_value_get_enum (value);
      break;
    case SETTING_START:
      settings->start = g_value_get_double (value);
      break;
    case SETTING_SHARPEN:
      settings->sharpen = g_value_get_boolean (value);
      break;
    case SETTING_SEGMENTER:
      g_free (settings->segmenter);
      settings->segmenter = g_value_dup_string (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_guide_settings_get:
 * @settings: of @element
 * @element: an element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_guide_settings_get (GstNfGuideSettings *settings, GstElement *element,
    guint index, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_GUIDE:
      g_value_set_enum (value, settings->guide);
      break;
    case SETTING_START:
      g_value_set_double (value, settings->start);
      break;
    case SETTING_SHARPEN:
      g_value_set_boolean (value, settings->sharpen);
      break;
    case SETTING_SEGMENTER:
      g_value_set_string (value, settings->segmenter);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

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
 * @settings: of @element
 * @model_settings: of @element: the device
 * @model: the predictor
 * @element: an element that starts; its object lock is not held
 * @error: return location: %NF_ERROR_NOT_FOUND (no segmenter), ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_guide_open (GstNfGuide *guide, GstNfGuideSettings *settings,
    const GstNfModelSettings *model_settings, GstNfModel *model,
    GstElement *element, GError **error)
{
  const NfUnetConfig *config =
      nf_predictor_config (gst_nf_model_predictor (model));
  GstNfModelSettings segmenter = { NULL };

  GST_OBJECT_LOCK (element);
  guide->kind = kind_of (settings->guide, config);
  guide->sharpen = settings->sharpen;
  segmenter.checkpoint = g_strdup (settings->segmenter);
  segmenter.device = g_strdup (model_settings->device);
  GST_OBJECT_UNLOCK (element);
  if (guide->kind == NF_GUIDE_DYNAMICS) {
    if (segmenter.checkpoint == NULL || *segmenter.checkpoint == '\0') {
      g_free (segmenter.checkpoint);
      segmenter.checkpoint = named_segmenter (model);
    }
    guide->segmenter = gst_nf_model_acquire (
        &segmenter, element, GST_NF_MODEL_SEGMENTER, error);
    if (guide->segmenter == NULL)
      g_prefix_error (error,
          "guide=dynamics needs a segmenter (property segment-checkpoint; "
          "guide=none does without): ");
  }
  gst_nf_model_settings_clear (&segmenter);

  return guide->kind != NF_GUIDE_DYNAMICS || guide->segmenter != NULL;
}

/**
 * gst_nf_guide_close:
 * @guide: all zeros afterwards
 */
void
gst_nf_guide_close (GstNfGuide *guide)
{
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
