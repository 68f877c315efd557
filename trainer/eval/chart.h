/* SPDX-License-Identifier: MIT
 *
 * chart — pictures of figures for report.html, as inline SVG */
#pragma once

#include "eval/figures.h"

G_BEGIN_DECLS

void nf_eval_chart_curve (GString *out, JsonObject *figures,
    const gchar *member, gdouble low, gdouble high, const gchar *label);
void nf_eval_chart_confusion (GString *out, JsonObject *row);
guint64 *nf_eval_chart_counts (JsonObject *row);

G_END_DECLS
