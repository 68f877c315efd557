/* SPDX-License-Identifier: MIT
 *
 * series — the numbers of a run's metrics.jsonl, a series for each name
 *
 * Sibling: train/report.c, which writes that file */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfPoint:
 * @step: steps done
 * @value: finite
 */
typedef struct
{
  guint64 step;
  gdouble value;
} NfPoint;

/**
 * NfSeries:
 * @name: of the metric, such as "loss"
 * @points: (element-type NfPoint): as they stand in the file
 */
typedef struct
{
  gchar *name;
  GArray *points;
} NfSeries;

/**
 * NfRunSeries:
 * @label: what the run is called in a picture: a file name, which may be no
 *   UTF-8
 * @series: (element-type NfSeries): in the order in which names first occur
 */
typedef struct
{
  gchar *label;
  GPtrArray *series;
} NfRunSeries;

NfRunSeries *nf_run_series_read (const gchar *run, GError **error);
void nf_run_series_free (NfRunSeries *run);
void nf_run_series_smooth (NfRunSeries *run, guint n);
const NfSeries *nf_run_series_find (const NfRunSeries *run, const gchar *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfRunSeries, nf_run_series_free)

G_END_DECLS
