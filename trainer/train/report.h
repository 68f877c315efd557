/* SPDX-License-Identifier: MIT
 *
 * report — what a run reports: folder, progress, metrics, interruption
 *
 * Progress goes to a terminal as one line that is redrawn, to anything else as
 * a line now and then. metrics.jsonl has one JSON object a line, whole even
 * when the run is killed: {"step": 10, "loss": 1.25, ...}. */
#pragma once

#include "watch/eventfile.h"

#include <stdio.h>

G_BEGIN_DECLS

gboolean nf_run_folder_find (
    const gchar *path, gboolean resume, GError **error);
gboolean nf_run_folder_prepare (
    const gchar *path, gboolean resume, GError **error);

gchar *nf_duration_string (gdouble seconds);

/**
 * NfProgress: the progress line of a run
 */
typedef struct _NfProgress NfProgress;

NfProgress *nf_progress_new (
    FILE *stream, guint64 first, guint64 total, guint64 every);
void nf_progress_set_epoch (NfProgress *progress, gdouble steps);
void nf_progress_step (
    NfProgress *progress, guint64 step, gdouble loss, gdouble learning_rate);
void nf_progress_clip (NfProgress *progress, guint64 clip);
void nf_progress_aside (NfProgress *progress, const gchar *what,
    const gchar *unit, guint64 done, guint64 total);
void nf_progress_message (NfProgress *progress, const gchar *text);
gdouble nf_progress_speed (const NfProgress *progress);
void nf_progress_free (NfProgress *progress);

/**
 * NfMetrics: an open metrics.jsonl
 */
typedef struct _NfMetrics NfMetrics;

NfMetrics *nf_metrics_open (const gchar *path, guint64 step, GError **error);
void nf_metrics_set_events (NfMetrics *metrics, NfEventFile *events);
gboolean nf_metrics_write (NfMetrics *metrics, guint64 step,
    const NfMetric *values, guint n, GError **error);
void nf_metrics_close (NfMetrics *metrics);

void nf_interrupt_install (void);
gboolean nf_interrupt_requested (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfProgress, nf_progress_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfMetrics, nf_metrics_close)

G_END_DECLS
