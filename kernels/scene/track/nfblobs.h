/* SPDX-License-Identifier: MIT
 *
 * nfblobs — the pixels of each object in a mask of class ids
 *
 * Masks are one byte a pixel, row by row without padding; values of 49 and more
 * are background. See: nftracks, nfextrapolate */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfclasses.h>

G_BEGIN_DECLS

/**
 * NfBlob:
 * @area: pixels; 0 where the object is not seen, and then all else is 0
 * @x: column of its centre of gravity, that of pixel i's centre being i + 0.5
 * @y: row of its centre of gravity
 * @left: its first column
 * @right: its last column
 * @top: its first row
 * @bottom: its last row
 * @touches: a bit for every class that has pixels at most two rows or columns
 *   away; bit 0 for the image's edge
 */
typedef struct
{
  gsize area;
  gdouble x, y;
  guint left, right, top, bottom;
  guint64 touches;
} NfBlob;

NF_API void nf_blobs_measure (
    const guint8 *mask, guint width, guint height, NfBlob blobs[NF_N_CLASSES]);
NF_API gboolean nf_blobs_clean (const guint8 *mask, guint width, guint height,
    guint8 *clean, GError **error);

G_END_DECLS
