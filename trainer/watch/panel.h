/* SPDX-License-Identifier: MIT
 *
 * panel — the curves of one metric, with axes, in a rectangle */
#pragma once

#include "watch/series.h"

#include <cairo.h>

G_BEGIN_DECLS

#define NF_PANEL_WIDTH 560 /* pixels */
#define NF_PANEL_HEIGHT 340

void nf_panel_set_style (cairo_t *cairo, guint run);
void nf_panel_draw (cairo_t *cairo, const GPtrArray *runs, const gchar *metric,
    gboolean linear);

G_END_DECLS
