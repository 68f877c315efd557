/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentsettings — the properties that nfsegment works by
 *
 * See: gstnfsegment.c */
#include "segment/gstnfsegmentsettings.h"

#include <gst/base/gstbasetransform.h>

#define MAX_BATCH_SIZE 64

static GType
gst_nf_segment_output_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { GST_NF_SEGMENT_IDS, "GRAY8, a pixel's value is its class", "ids" },
    { GST_NF_SEGMENT_PALETTE, "RGB, every class in its colour", "palette" },
    { GST_NF_SEGMENT_OVERLAY, "RGB, the frame with coloured objects",
        "overlay" },
    { GST_NF_SEGMENT_CONFIDENCE,
        "GRAY8, the probability of a pixel's most likely class, 255 being 1",
        "confidence" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfSegmentOutput", values));

  return type;
}

static GType
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

static GType
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

static void
output_changed (GObject *object)
{
  gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (object));
}

const GstNfProperty gst_nf_segment_properties[] = {
  GST_NF_GROUP (gst_nf_segmenter_properties, GstNfSegmentSettings, model),
  {
      .name = "output",
      .nick = "Output",
      .blurb = "Class ids (GRAY8), their colours (RGB), the frame with them, "
               "or how sure the network is (GRAY8)",
      GST_NF_ENUM (gst_nf_segment_output_get_type, GST_NF_SEGMENT_IDS),
      GST_NF_FIELD (GstNfSegmentSettings, output),
      .flags = GST_PARAM_MUTABLE_PLAYING,
      .changed = output_changed,
  },
  {
      .name = "confidence",
      .nick = "Confidence",
      .blurb = "Whether each buffer carries how sure the network is of each "
               "pixel, as a meta",
      .details = "See [below](#confidence). A change holds from the next batch "
                 "on.",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (GstNfSegmentSettings, confidence),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "probabilities",
      .nick = "Probabilities",
      .blurb = "Whether each buffer carries the probability of each class of "
               "each pixel, as a meta",
      .details = "See [below](#confidence). A change holds from the next batch "
                 "on.",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (GstNfSegmentSettings, probabilities),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "tta",
      .nick = "Test-time augmentation",
      .blurb = "Average with the mirrored frame; takes twice the time",
      GST_NF_BOOLEAN (FALSE),
      GST_NF_FIELD (GstNfSegmentSettings, tta),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "batch-size",
      .nick = "Batch size",
      .blurb = "Frames that the network gets at once; adds latency",
      .details = "More is faster on a GPU. The first frame of a batch waits "
                 "for the others.",
      GST_NF_UINT (1, MAX_BATCH_SIZE, 1),
      GST_NF_FIELD (GstNfSegmentSettings, batch_size),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "batch-timeout",
      .nick = "Batch timeout",
      .blurb = "How long the first frame of a live source's batch waits for "
               "the others, ns (0: until they are there)",
      .details = "Then the batch goes out as it is. Other sources are waited "
                 "for.",
      GST_NF_UINT64 (0, G_MAXINT64, 0),
      GST_NF_FIELD (GstNfSegmentSettings, batch_timeout),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "decision",
      .nick = "Decision",
      .blurb = "Who decides on a class: a pixel, a region of connected object "
               "pixels, or an object by votes of all frames of a clip",
      .details = "With `region` specks go to their surroundings, and touching "
                 "objects of different classes stay apart. `clip` is best, but "
                 "holds frames back. A clip begins with "
                 "a stream, a segment, new caps, or a DISCONT buffer. See "
                 "[below](#decisions).",
      GST_NF_ENUM (gst_nf_decision_get_type, GST_NF_DECISION_REGION),
      GST_NF_FIELD (GstNfSegmentSettings, decision),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "unique",
      .nick = "Unique",
      .blurb = "A class is one object at most (decision=region, clip)",
      .details = "Of a frame where `decision` is `region`, of a clip where it "
                 "is `clip`: of two objects that look alike one takes its "
                 "second choice.",
      GST_NF_BOOLEAN (TRUE),
      GST_NF_FIELD (GstNfSegmentSettings, unique),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "lookahead",
      .nick = "Lookahead",
      .blurb = "Later frames that vote for a mask with decision=clip; adds "
               "latency (-1: a clip's, none of a live source)",
      .details = "With -1 at most 64.",
      GST_NF_INT (GST_NF_SEGMENT_AHEAD_AUTO, GST_NF_BATCH_MAX_AHEAD,
          GST_NF_SEGMENT_AHEAD_AUTO),
      GST_NF_FIELD (GstNfSegmentSettings, lookahead),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "scale",
      .nick = "Scale",
      .blurb = "Show the network frames at their own size, or at the size that "
               "it was trained on",
      .details =
          "With `none` a warning says, once for each caps, where frames are "
          "more than 1.3 times as large or small as those of the training. "
          "With `auto` they get as many pixels as those, square ones, in their "
          "own shape, and masks are scaled back by nearest neighbour. "
          "Checkpoints that do not say what they were trained on neither warn "
          "nor scale.",
      GST_NF_ENUM (gst_nf_segment_scale_get_type, GST_NF_SEGMENT_SCALE_NONE),
      GST_NF_FIELD (GstNfSegmentSettings, scale),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "labels",
      .nick = "Labels",
      .blurb = "File with the names of the network's classes, for regions of "
               "interest",
      .details = "UTF-8, a line for each class, the background first. NULL: "
                 "the names of the 49 classes, or numbers.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (GstNfSegmentSettings, labels),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};
