/* SPDX-License-Identifier: MIT
 *
 * nfmask — what is in a mask of class ids: where objects lie, how they look
 *
 * A mask is one byte a pixel, row by row without padding; 0 is background. */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

#define NF_MASK_MAX_OBJECTS 255

/**
 * NfMaskObject:
 * @id: its class
 * @x: its leftmost column
 * @y: its topmost row
 * @width: columns up to its rightmost pixel
 * @height: rows down to its lowest pixel
 * @area: pixels of the class
 */
typedef struct
{
  guint id;
  guint x, y, width, height;
  gsize area;
} NfMaskObject;

/**
 * nf_mask_objects:
 * @mask: (height, width): class ids
 * @width: columns
 * @height: rows
 * @min_area: a class with fewer pixels is no object; at least 1
 * @objects: (out caller-allocates): the objects, by class
 *
 * All pixels of a class are one object, as a class occurs once in a picture.
 *
 * Returns: how many objects there are
 */
NF_API guint nf_mask_objects (const guint8 *mask, guint width, guint height,
    gsize min_area, NfMaskObject objects[NF_MASK_MAX_OBJECTS]);

/**
 * nf_mask_scale:
 * @mask: (height, width): class ids
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @to: (out caller-allocates): (to_height, to_width): the mask at another size
 * @to_width: columns, at least 1
 * @to_height: rows, at least 1
 *
 * Nearest neighbour: a pixel has the class that lies below its centre.
 */
NF_API void nf_mask_scale (const guint8 *mask, guint width, guint height,
    guint8 *to, guint to_width, guint to_height);

/**
 * nf_mask_paint:
 * @mask: class ids
 * @n: pixels
 * @rgb: (out): n pixels, each the colour of its class
 */
NF_API void nf_mask_paint (const guint8 *mask, gsize n, guint8 *rgb);

G_END_DECLS
