/* SPDX-License-Identifier: MIT
 *
 * gstnfcompare — base class of elements that score predicted frames by true ones
 *
 * Frames come to the pads `prediction` and `truth`, are paired by their running
 * times, and scored by the subclass as pairs of a clip. Predictions go on
 * unchanged. At EOS the subclass writes its report and says its last word. A
 * flush forgets all.
 * Subclasses: gstnfiou.c (masks), gstnfquality.c (pictures) */
#pragma once

#include "common/gstnfproperties.h"
#include "compare/gstnfcomparepad.h"

#include <gst/base/gstaggregator.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_COMPARE (gst_nf_compare_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstNfCompare, gst_nf_compare, GST, NF_COMPARE, GstAggregator)

/**
 * GstNfCompareSettings:
 * @report: the property `report`
 * @strict: the property `strict`
 * @post_messages: the property `post-messages`
 * @interval: the property `interval`
 *
 * A group of the settings of each subclass; guarded by the object lock.
 */
typedef struct
{
  gchar *report;
  gboolean strict;
  gboolean post_messages;
  guint64 interval;
} GstNfCompareSettings;

/** gst_nf_compare_properties: the table of #GstNfCompareSettings */
extern const GstNfProperty gst_nf_compare_properties[];

/**
 * GstNfComparePair:
 * @prediction: the predicted frame
 * @truth: the true one, of the same size
 * @prediction_info: what the predicted frame is like
 * @truth_info: what the true one is like
 * @running_time: of the prediction, ns
 * @stream_time: of the prediction, ns
 * @begins_clip: whether it is the first pair of a clip
 * @title: (nullable): what the streams' tags call the clip
 *
 * What is scored.
 */
typedef struct
{
  GstBuffer *prediction, *truth;
  const GstVideoInfo *prediction_info, *truth_info;
  GstClockTime running_time, stream_time;
  gboolean begins_clip;
  const gchar *title;
} GstNfComparePair;

/**
 * GstNfCompareClass:
 * @begin: forgets all scores and begins anew; calls gst_nf_compare_set_up();
 *   FALSE, and an element error, where that cannot be
 * @score: scores a pair; FALSE, and an element error, where that cannot be
 * @post: a pair was scored and published: posts its message; called where that
 *   is due
 * @unmatched: a frame found no partner: a truth, or else a prediction
 * @publish: scores have changed: the properties show them
 * @end_clip: the clip of the pairs so far is over; its stream-id may be NULL
 * @write_report: writes the report, whole or broken off
 * @finish: all frames came and the report was written; FALSE, and an element
 *   error, ends the pipeline
 * @forget: frees what @begin made; also where it failed
 *
 * What subclasses do, all in the streaming thread or while it does not run.
 */
struct _GstNfCompareClass
{
  GstAggregatorClass parent_class;

  gboolean (*begin) (GstNfCompare *self);
  gboolean (*score) (GstNfCompare *self, const GstNfComparePair *pair);
  void (*post) (GstNfCompare *self, const GstNfComparePair *pair);
  void (*unmatched) (GstNfCompare *self, gboolean is_truth);
  void (*publish) (GstNfCompare *self);
  void (*end_clip) (GstNfCompare *self, const gchar *stream_id);
  gboolean (*write_report) (
      GstNfCompare *self, const gchar *path, gboolean complete, GError **error);
  gboolean (*finish) (GstNfCompare *self);
  void (*forget) (GstNfCompare *self);
};

/**
 * gst_nf_compare_class_add_pads:
 * @klass: a subclass, in its class_init
 * @caps: of its frames, as GST_VIDEO_CAPS_MAKE() has them
 */
void gst_nf_compare_class_add_pads (
    GstNfCompareClass *klass, const gchar *caps);

/**
 * gst_nf_compare_set_up:
 * @self: the element, which begins
 * @settings: a copy of what is set
 *
 * Returns: FALSE, and an element error, where the report cannot be written: a
 *   long evaluation must not fail at its end
 */
gboolean gst_nf_compare_set_up (
    GstNfCompare *self, const GstNfCompareSettings *settings);

/**
 * gst_nf_compare_posts_messages:
 * @self: the element
 *
 * Returns: whether scores are posted, as set when it began
 */
gboolean gst_nf_compare_posts_messages (GstNfCompare *self);

/**
 * gst_nf_compare_reports:
 * @self: the element
 *
 * Returns: whether there will be a report, as set when it began
 */
gboolean gst_nf_compare_reports (GstNfCompare *self);

G_END_DECLS
