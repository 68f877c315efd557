/* SPDX-License-Identifier: MIT
 *
 * html — an evaluation as one page that a browser opens: report.html
 *
 * The page has all it shows within itself. */
#pragma once

#include "eval/figures.h"

G_BEGIN_DECLS

gchar *nf_eval_html (JsonObject *figures, const GPtrArray *clips);

G_END_DECLS
