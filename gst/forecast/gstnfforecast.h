/* SPDX-License-Identifier: MIT
 *
 * gstnfforecast — base class of elements that foretell the frames of a video
 *
 * Collects frames in a window, lets the subclass foretell when that is due, and
 * pushes what came of it. A subclass says how many frames it needs, what pixels
 * it takes, and foretells.
 * Subclasses: gstnfpredict.c (a network), gstnfextrapolate.c (without one) */
#pragma once

#include "forecast/gstnfpredicthooks.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_FORECAST (gst_nf_forecast_get_type ())
G_DECLARE_DERIVABLE_TYPE (
    GstNfForecast, gst_nf_forecast, GST, NF_FORECAST, GstVideoFilter)

/**
 * GstNfForecastClass:
 * @stats_name: name of the structure `stats`
 * @hooks: what foretells
 * @add_stats: (nullable): adds the subclass's own fields to the structure
 *   `stats`; called with the object lock
 */
struct _GstNfForecastClass
{
  GstVideoFilterClass parent_class;

  const gchar *stats_name;
  GstNfPredictHooks hooks;
  void (*add_stats) (GstNfForecast *self, GstStructure *stats);
};

G_END_DECLS
