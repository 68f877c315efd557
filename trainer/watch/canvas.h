/* SPDX-License-Identifier: MIT
 *
 * canvas — what cairo has drawn, as a file that is whole or not there */
#pragma once

#include <nextframe/core/nferror.h>

#include <cairo.h>

G_BEGIN_DECLS

cairo_surface_t *nf_canvas_new (const gchar *path, gint width, gint height,
    GByteArray *svg, GError **error);
gboolean nf_canvas_write (
    cairo_t *cairo, const gchar *path, GByteArray *svg, GError **error);

G_END_DECLS
