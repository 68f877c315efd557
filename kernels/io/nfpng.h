/* SPDX-License-Identifier: MIT
 *
 * nfpng — PNG files as 8-bit RGB frames, and back */
#pragma once

#include "core/nferror.h"

G_BEGIN_DECLS

gboolean nf_png_size (
    const gchar *path, gint *width, gint *height, GError **error);
gboolean nf_png_read_rgb (
    const gchar *path, gint width, gint height, guint8 *pixels, GError **error);
gboolean nf_png_write_rgb (const gchar *path, gint width, gint height,
    const guint8 *pixels, GError **error);

G_END_DECLS
