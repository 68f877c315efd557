/* SPDX-License-Identifier: MIT
 *
 * nfpng — PNG files as 8-bit RGB frames, and back */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfPngCompression:
 * @NF_PNG_SMALL: the smaller file
 * @NF_PNG_FAST: the file that is sooner written
 */
typedef enum
{
  NF_PNG_SMALL,
  NF_PNG_FAST,
} NfPngCompression;

NF_API gboolean nf_png_size (
    const gchar *path, gint *width, gint *height, GError **error);
gboolean nf_png_is_whole (const gchar *path);
NF_API gboolean nf_png_read_rgb (
    const gchar *path, gint width, gint height, guint8 *pixels, GError **error);
NF_API GBytes *nf_png_encode_rgb (const guint8 *pixels, gint width, gint height,
    NfPngCompression compression, GError **error);
NF_API gboolean nf_png_write_rgb (const gchar *path, const guint8 *pixels,
    gint width, gint height, GError **error);

G_END_DECLS
