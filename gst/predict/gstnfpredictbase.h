/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictbase — base class of elements that predict the frames of a video
 *
 * Collects frames in a window, lets the subclass predict when that is due, and
 * pushes what came of it. A subclass says how many frames it needs, what pixels
 * it takes, and predicts.
 * Subclasses: gstnfpredict.c (a network), gstnfextrapolate.c (without one) */
#pragma once

#include "predict/gstnfpredicthooks.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_PREDICT_BASE (gst_nf_predict_base_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstNfPredictBase, gst_nf_predict_base, GST, NF_PREDICT_BASE, GstVideoFilter)

/**
 * GstNfPredictBaseClass:
 * @stats_name: name of the structure `stats`
 * @hooks: what predicts
 * @add_stats: (nullable): adds the subclass's own fields to the structure
 *   `stats`; called with the object lock
 */
struct _GstNfPredictBaseClass
{
  GstVideoFilterClass parent_class;

  const gchar *stats_name;
  GstNfPredictHooks hooks;
  void (*add_stats) (GstNfPredictBase *self, GstStructure *stats);
};

G_END_DECLS
