/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsettings — the properties that nfsegment works by
 *
 * See: gstnfsegment.c */
#include "segment/gstnfsegmentsettings.h"

#define DEFAULT_OUTPUT GST_NF_SEGMENT_IDS
#define DEFAULT_TTA FALSE
#define DEFAULT_BATCH_SIZE 1
#define MAX_BATCH_SIZE 64

enum
{
  SETTING_OUTPUT = GST_NF_MODEL_N_PROPS, /* the network's come first */
  SETTING_TTA,
  SETTING_BATCH_SIZE
};

GType
gst_nf_segment_output_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_SEGMENT_IDS, "GRAY8, a pixel's value is its class", "ids" },
    { GST_NF_SEGMENT_PALETTE, "RGB, every class in its colour", "palette" },
    { GST_NF_SEGMENT_OVERLAY, "RGB, the frame with coloured objects",
        "overlay" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfSegmentOutput", values));

  return type;
}

/**
 * gst_nf_segment_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_segment_settings_init (GstNfSegmentSettings *settings)
{
  gst_nf_model_settings_init (&settings->model);
  settings->output = DEFAULT_OUTPUT;
  settings->tta = DEFAULT_TTA;
  settings->batch_size = DEFAULT_BATCH_SIZE;
}

void
gst_nf_segment_settings_clear (GstNfSegmentSettings *settings)
{
  gst_nf_model_settings_clear (&settings->model);
}

/**
 * gst_nf_segment_settings_install:
 * @klass: of the element
 * @first: the first of %GST_NF_SEGMENT_N_SETTINGS property ids
 *
 * Installs the network's properties, and `output`, `tta` and `batch-size`.
 */
void
gst_nf_segment_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * GstNfSegment:checkpoint:
   *
   * Path of a UNet++ that nextframe-train made. A relative path that
   * does not exist is looked up in the folders of the variable NEXTFRAME_PATH,
   * then in the folder of installed checkpoints.
   *
   * Default: unetpp.safetensors in one of those folders. Since: 0.1
   */
  /**
   * GstNfSegment:device:
   *
   * Where to compute: "auto" (a GPU where one can be used, else the CPU),
   * "cpu", "cuda" or "cuda:N".
   *
   * Default: auto. Since: 0.1
   */
  /**
   * GstNfSegment:precision:
   *
   * What to compute in. bf16 takes less memory, is faster on processors that
   * have instructions for it, and keeps about three digits; sums are in f32.
   * tf32 is f32, but on a GPU the factors in convolutions and linear layers may
   * be rounded to TF32 (three digits), which tensor cores multiply faster;
   * elsewhere it is the same as f32. auto is f32, or tf32 where the variable
   * NEXTFRAME_TF32 is 1.
   *
   * Default: auto. Since: 0.1
   */
  /**
   * GstNfSegment:threads:
   *
   * CPU threads to compute with. 0: as many as the variable OMP_NUM_THREADS
   * says, else one for each physical core that the process may use. Elements of
   * one process take turns at the cores, so each of them may have them all.
   *
   * Default: 0. Range: 0 to 4096. Since: 0.1
   */
  gst_nf_model_settings_install (klass, first, GST_NF_MODEL_SEGMENTER);
  /**
   * GstNfSegment:output:
   *
   * What is pushed: class ids, or a picture of them.
   *
   * Default: ids. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_OUTPUT,
      g_param_spec_enum ("output", "Output",
          "Class ids (GRAY8), their colours (RGB), or the frame with them",
          GST_TYPE_NF_SEGMENT_OUTPUT, DEFAULT_OUTPUT,
          flags | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstNfSegment:tta:
   *
   * Test-time augmentation: average with the result for the mirrored frame.
   * Takes twice the time.
   *
   * Default: false. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_TTA,
      g_param_spec_boolean ("tta", "Test-time augmentation",
          "Average with the mirrored frame; takes twice the time", DEFAULT_TTA,
          flags | GST_PARAM_MUTABLE_PLAYING));
  /**
   * GstNfSegment:batch-size:
   *
   * Frames that the network gets at once. More is faster on a GPU, and adds
   * the time of as many frames less one to the latency.
   *
   * Default: 1. Range: 1 to 64. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size",
          "Frames that the network gets at once; adds latency", 1,
          MAX_BATCH_SIZE, DEFAULT_BATCH_SIZE, flags | GST_PARAM_MUTABLE_READY));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_SEGMENT_OUTPUT, 0);
}

/**
 * gst_nf_segment_settings_set:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_segment_settings_set (GstNfSegmentSettings *settings,
    GstElement *element, guint index, const GValue *value)
{
  gboolean known = TRUE;

  if (gst_nf_model_settings_set (&settings->model, element, index, value))
    return TRUE;
  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_OUTPUT:
      settings->output = g_value_get_enum (value);
      break;
    case SETTING_TTA:
      settings->tta = g_value_get_boolean (value);
      break;
    case SETTING_BATCH_SIZE:
      settings->batch_size = g_value_get_uint (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_segment_settings_get:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_segment_settings_get (GstNfSegmentSettings *settings,
    GstElement *element, guint index, GValue *value)
{
  gboolean known = TRUE;

  if (gst_nf_model_settings_get (&settings->model, element, index, value))
    return TRUE;
  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_OUTPUT:
      g_value_set_enum (value, settings->output);
      break;
    case SETTING_TTA:
      g_value_set_boolean (value, settings->tta);
      break;
    case SETTING_BATCH_SIZE:
      g_value_set_uint (value, settings->batch_size);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}
