/* SPDX-License-Identifier: MIT
 *
 * nfpieces — the connected pieces of a picture of labels, without specks
 *
 * Private to the folder. A piece is a set of pixels of one label that hang
 * together, corners included. See: nfregions.c */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/** NF_PIECES_MAX: how many pieces a picture may have */
#define NF_PIECES_MAX (G_MAXUINT16 - 1)

/**
 * nf_pieces_find:
 * @labels: (height, width): of the pixels, row by row; 0 is the ground
 * @width: columns, at least 1
 * @height: rows, at least 1; at most G_MAXINT32 pixels in all
 * @speck: pixels; smaller pieces are specks
 * @map: (out caller-allocates): (height, width): 0 for the ground, else the
 *   number of the pixel's piece, from 1
 * @n_pieces: (out): how many pieces there are
 * @error: return location: %NF_ERROR_NO_MEMORY; %NF_ERROR_UNSUPPORTED where there
 *   are more than %NF_PIECES_MAX
 *
 * A speck joins the piece that it shares the longest border with; the ground
 * only takes those that touch nothing else. Holes that are specks are filled.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_pieces_find (const guint8 *labels, guint width, guint height,
    guint speck, guint16 *map, guint *n_pieces, GError **error);

G_END_DECLS
