/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsettings — the properties that nfsegment works by
 *
 * See: gstnfsegment.c */
#include "gstnfsegmentsettings.h"

#define DEFAULT_OUTPUT GST_NF_SEGMENT_IDS
#define DEFAULT_TTA FALSE
#define DEFAULT_BATCH_SIZE 1
#define MAX_BATCH_SIZE 64

enum
{
  SETTING_OUTPUT,
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
  settings->output = DEFAULT_OUTPUT;
  settings->tta = DEFAULT_TTA;
  settings->batch_size = DEFAULT_BATCH_SIZE;
}

/**
 * gst_nf_segment_settings_install:
 * @klass: of the element
 * @first: the first of %GST_NF_SEGMENT_N_SETTINGS property ids
 *
 * Installs the properties `output`, `tta` and `batch-size`.
 */
void
gst_nf_segment_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

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
