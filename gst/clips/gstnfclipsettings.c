/* SPDX-License-Identifier: MIT
 *
 * gstnfclipsettings — the properties that all sources of clips have
 *
 * See: gstnfclips.c */
#include "clips/gstnfclipsettings.h"

#define DEFAULT_FIRST 0
#define DEFAULT_CLIPS -1
#define DEFAULT_FRAMERATE_N 25
#define DEFAULT_FRAMERATE_D 1
#define DEFAULT_IS_LIVE FALSE

enum
{
  SETTING_FIRST,
  SETTING_CLIPS,
  SETTING_FRAMERATE,
  SETTING_IS_LIVE
};

/**
 * gst_nf_clip_settings_init:
 * @settings: (out): the defaults
 */
void
gst_nf_clip_settings_init (GstNfClipSettings *settings)
{
  *settings = (GstNfClipSettings){ DEFAULT_FIRST, DEFAULT_CLIPS,
    DEFAULT_FRAMERATE_N, DEFAULT_FRAMERATE_D, DEFAULT_IS_LIVE };
}

/**
 * gst_nf_clip_settings_install:
 * @klass: of the element
 * @first: the first of the property ids, which follow each other
 *
 * Installs the properties `first`, `clips`, `framerate` and `is-live`.
 */
void
gst_nf_clip_settings_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstNfClips:first:
   *
   * Number of the first clip. Clip N is the same whichever one is the first,
   * so that a long run can be split.
   *
   * Default: 0. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_FIRST,
      g_param_spec_uint64 ("first", "First clip",
          "Number of the first clip, from 0", 0, G_MAXINT64, DEFAULT_FIRST,
          flags));

  /**
   * GstNfClips:clips:
   *
   * How many clips come before EOS; -1 is all there are. Where there are
   * fewer, all of them come. 0 is EOS at once.
   *
   * Default: -1. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_CLIPS,
      g_param_spec_int64 ("clips", "Clips",
          "How many clips come before EOS (-1: all there are)", -1, G_MAXINT64,
          DEFAULT_CLIPS, flags));

  /**
   * GstNfClips:framerate:
   *
   * Frames per second, where downstream leaves the choice. It changes times
   * alone, never what is in the frames.
   *
   * Default: 25/1. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_FRAMERATE,
      gst_param_spec_fraction ("framerate", "Framerate",
          "Frames per second, where downstream leaves the choice", 1, G_MAXINT,
          G_MAXINT, 1, DEFAULT_FRAMERATE_N, DEFAULT_FRAMERATE_D, flags));

  /**
   * GstNfClips:is-live:
   *
   * Act as a camera: push frames at their time, and only while PLAYING. A live
   * source cannot seek.
   *
   * Default: FALSE. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_IS_LIVE,
      g_param_spec_boolean ("is-live", "Is live",
          "Push frames at their time, as a camera does", DEFAULT_IS_LIVE,
          flags));
}

/**
 * gst_nf_clip_settings_set:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: new value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_clip_settings_set (GstNfClipSettings *settings, GstElement *element,
    guint index, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_FIRST:
      settings->first = g_value_get_uint64 (value);
      break;
    case SETTING_CLIPS:
      settings->clips = g_value_get_int64 (value);
      break;
    case SETTING_FRAMERATE:
      settings->fps_n = gst_value_get_fraction_numerator (value);
      settings->fps_d = gst_value_get_fraction_denominator (value);
      break;
    case SETTING_IS_LIVE:
      settings->is_live = g_value_get_boolean (value);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}

/**
 * gst_nf_clip_settings_get:
 * @settings: of @element
 * @element: the element
 * @index: property id less the first one
 * @value: (out): its value
 *
 * Returns: FALSE when the property is none of these
 */
gboolean
gst_nf_clip_settings_get (const GstNfClipSettings *settings,
    GstElement *element, guint index, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (index) {
    case SETTING_FIRST:
      g_value_set_uint64 (value, settings->first);
      break;
    case SETTING_CLIPS:
      g_value_set_int64 (value, settings->clips);
      break;
    case SETTING_FRAMERATE:
      gst_value_set_fraction (value, settings->fps_n, settings->fps_d);
      break;
    case SETTING_IS_LIVE:
      g_value_set_boolean (value, settings->is_live);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}
