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
#define DEFAULT_DECISION GST_NF_DECISION_PIXEL
#define DEFAULT_UNIQUE TRUE
#define DEFAULT_LOOKAHEAD GST_NF_SEGMENT_AHEAD_AUTO
#define DEFAULT_SCALE GST_NF_SEGMENT_SCALE_NONE

enum
{
  SETTING_OUTPUT = GST_NF_MODEL_N_PROPS, /* the network's come first */
  SETTING_TTA,
  SETTING_BATCH_SIZE,
  SETTING_DECISION,
  SETTING_UNIQUE,
  SETTING_LOOKAHEAD,
  SETTING_SCALE
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

GType
gst_nf_decision_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_DECISION_PIXEL, "Each pixel takes its most likely class",
        "pixel" },
    { GST_NF_DECISION_REGION,
        "Each region of connected object pixels takes one class", "region" },
    { GST_NF_DECISION_CLIP,
        "Each object takes one class by the votes of a clip's frames", "clip" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstNfDecision", values));

  return type;
}

GType
gst_nf_segment_scale_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_SEGMENT_SCALE_NONE,
        "Frames at their own size, with a warning where that is far off",
        "none" },
    { GST_NF_SEGMENT_SCALE_AUTO,
        "Frames at the size that the network was trained on", "auto" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfSegmentScale", values));

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
  settings->decision = DEFAULT_DECISION;
  settings->unique = DEFAULT_UNIQUE;
  settings->lookahead = DEFAULT_LOOKAHEAD;
  settings->scale = DEFAULT_SCALE;
}

void
gst_nf_segment_settings_clear (GstNfSegmentSettings *settings)
{
  gst_nf_model_settings_clear (&settings->model);
}

/* how masks are made of probabilities */
static void
install_decision (GObjectClass *klass, guint first)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  /**
   * GstNfSegment:decision:
   *
   * How masks are made of class probabilities. pixel: each pixel takes its most
   * likely class. region: a region of connected object pixels takes the class
   * that is the most likely for all of them together; specks go to their
   * surroundings, touching objects of different classes stay apart. clip: the
   * regions of all frames of a clip that are one object vote for its class. A
   * clip begins with a stream, a segment, new caps, or a DISCONT buffer.
   *
   * Default: pixel. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_DECISION,
      g_param_spec_enum ("decision", "Decision",
          "Who decides on a class: a pixel, a region of connected object "
          "pixels, or an object by votes of all frames of a clip",
          GST_TYPE_NF_DECISION, DEFAULT_DECISION, flags));
  /**
   * GstNfSegment:unique:
   *
   * Whether a class is one object at most: of a frame where
   * #GstNfSegment:decision is region, of a clip where it is clip. Of two
   * objects that look alike one takes its second choice then.
   *
   * Default: true. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_UNIQUE,
      g_param_spec_boolean ("unique", "Unique",
          "A class is one object at most (decision=region, clip)",
          DEFAULT_UNIQUE, flags));
  /**
   * GstNfSegment:lookahead:
   *
   * With decision=clip: how many frames of its clip after it a mask waits for,
   * so that they vote, too. They are part of the latency. -1: the whole clip,
   * at most 64 frames; none where the source is live, so that past frames alone
   * vote.
   *
   * Default: -1. Range: -1 to 1000. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_LOOKAHEAD,
      g_param_spec_int ("lookahead", "Lookahead",
          "Later frames that vote for a mask with decision=clip; adds latency "
          "(-1: a clip's, none of a live source)",
          GST_NF_SEGMENT_AHEAD_AUTO, GST_NF_BATCH_MAX_AHEAD, DEFAULT_LOOKAHEAD,
          flags));
}

/**
 * gst_nf_segment_settings_install:
 * @klass: of the element
 * @first: the first of %GST_NF_SEGMENT_N_SETTINGS property ids
 *
 * Installs the network's properties, and those of #GstNfSegmentSettings.
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
  install_decision (klass, first);
  /**
   * GstNfSegment:scale:
   *
   * At which size the network sees frames. none: at their own; where that is
   * more than 1.3 times as large or small as the frames that the network was
   * trained on, a warning tells, once for each caps. auto: frames are scaled so
   * that they have as many pixels as those, square ones, in the frame's shape,
   * and masks are scaled back, by nearest neighbour. Checkpoints that do not
   * say what they were trained on neither warn nor scale.
   *
   * Default: none. Since: 0.1
   */
  g_object_class_install_property (klass, first + SETTING_SCALE,
      g_param_spec_enum ("scale", "Scale",
          "Show the network frames at their own size, or at the size that it "
          "was trained on",
          GST_TYPE_NF_SEGMENT_SCALE, DEFAULT_SCALE,
          flags | GST_PARAM_MUTABLE_READY));
  gst_type_mark_as_plugin_api (GST_TYPE_NF_SEGMENT_OUTPUT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_DECISION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_NF_SEGMENT_SCALE, 0);
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
    case SETTING_DECISION:
      settings->decision = g_value_get_enum (value);
      break;
    case SETTING_UNIQUE:
      settings->unique = g_value_get_boolean (value);
      break;
    case SETTING_LOOKAHEAD:
      settings->lookahead = g_value_get_int (value);
      break;
    case SETTING_SCALE:
      settings->scale = g_value_get_enum (value);
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
    case SETTING_DECISION:
      g_value_set_enum (value, settings->decision);
      break;
    case SETTING_UNIQUE:
      g_value_set_boolean (value, settings->unique);
      break;
    case SETTING_LOOKAHEAD:
      g_value_set_int (value, settings->lookahead);
      break;
    case SETTING_SCALE:
      g_value_set_enum (value, settings->scale);
      break;
    default:
      known = FALSE;
      break;
  }
  GST_OBJECT_UNLOCK (element);

  return known;
}
