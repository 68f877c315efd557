/* SPDX-License-Identifier: MIT
 *
 * gstnfiousettings — the properties that nfiou works by
 *
 * See: gstnfiou.c */
#include "iou/gstnfiousettings.h"

#include "metrics/nfclasses.h"
#include "metrics/nfconfusion.h"

#define DEFAULT_CLASSES NF_N_CLASSES
#define DEFAULT_REPORT NULL
#define DEFAULT_STRICT FALSE

enum
{
  SETTING_CLASSES,
  SETTING_REPORT,
  SETTING_STRICT
};

/**
 * gst_nf_iou_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_iou_settings_init (GstNfIouSettings *settings)
{
  *settings =
      (GstNfIouSettings){ DEFAULT_CLASSES, DEFAULT_REPORT, DEFAULT_STRICT };
}

void
gst_nf_iou_settings_clear (GstNfIouSettings *settings)
{
  g_clear_pointer (&settings->report, g_free);
}

/**
 * gst_nf_iou_settings_install:
 * @klass: of the element
 * @first: the first of %GST_NF_IOU_N_SETTINGS property ids
 *
 * Installs the properties `classes`, `report` and `strict`.
 */
void
gst_nf_iou_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstNfIou:classes:
   *
   * How many classes there are, background included. Larger ids in either
   * mask count as background.
   *
   * Default: 49. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_CLASSES,
      g_param_spec_uint ("classes", "Classes",
          "Number of classes, background included; larger ids are background",
          NF_CONFUSION_MIN_CLASSES, NF_CONFUSION_MAX_CLASSES, DEFAULT_CLASSES,
          flags));

  /**
   * GstNfIou:report:
   *
   * Where the scores are written as JSON: at EOS, or when the element stops
   * before EOS what was gathered until then (with `complete` false). The file
   * is replaced as a whole. Its folder must exist. The members are listed in
   * docs/elements.md.
   *
   * Default: NULL (no report). Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_REPORT,
      g_param_spec_string ("report", "Report",
          "File that the scores are written to as JSON, at EOS or when stopped",
          DEFAULT_REPORT, flags));

  /**
   * GstNfIou:strict:
   *
   * Post an error, and stop, when a mask of either pad finds no partner.
   *
   * Default: FALSE. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_STRICT,
      g_param_spec_boolean ("strict", "Strict",
          "Whether a mask without a partner is an error", DEFAULT_STRICT,
          flags));
}

/**
 * gst_nf_iou_settings_set:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_iou_settings_set (GstNfIouSettings *settings, GstElement *element,
    guint index, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_CLASSES:
      settings->classes = g_value_get_uint (value);
      break;
    case SETTING_REPORT:
      g_free (settings->report);
      settings->report = g_value_dup_string (value);
      break;
    case SETTING_STRICT:
      settings->strict = g_value_get_boolean (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_iou_settings_get:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_iou_settings_get (const GstNfIouSettings *settings, GstElement *element,
    guint index, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_CLASSES:
      g_value_set_uint (value, settings->classes);
      break;
    case SETTING_REPORT:
      g_value_set_string (value, settings->report);
      break;
    case SETTING_STRICT:
      g_value_set_boolean (value, settings->strict);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}
