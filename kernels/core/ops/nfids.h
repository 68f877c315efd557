/* SPDX-License-Identifier: MIT
 *
 * nfids — class ids, a byte a pixel: painted, and counted in pairs
 *
 * Private to the library: what the CPU backend and kernels/metrics share. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void nf_ids_paint (const guint8 *ids, gsize n, const guint8 *colors,
    const guint8 *frame, guint channels, guint8 *rgb);
void nf_ids_count (const guint8 *truth, const guint8 *prediction, gsize n,
    guint classes, guint64 *counts);

G_END_DECLS
