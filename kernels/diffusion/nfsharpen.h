/* SPDX-License-Identifier: MIT
 *
 * nfsharpen — a small predicted frame gets the detail of a large guide frame
 *
 * Private to the library. See: nfguided.h */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfSharpenImage:
 * @pixels: (height, width, 3)
 * @width: columns
 * @height: rows
 */
typedef struct
{
  const guint8 *pixels;
  guint width, height;
} NfSharpenImage;

NF_API void nf_sharpen (const NfSharpenImage *predicted,
    const NfSharpenImage *small, const NfSharpenImage *guide, guint8 *out);

G_END_DECLS
