/* SPDX-License-Identifier: MIT
 *
 * nfclasses — names and colours of the 49 object classes
 *
 *   class = 0                                        background
 *   class = 1 + 16 * shape + 8 * material + colour   an object
 *   shape     0 cube, 1 sphere, 2 cylinder
 *   material  0 metal, 1 rubber
 *   colour    0 gray 1 red 2 blue 3 green 4 brown 5 cyan 6 purple 7 yellow */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/* attributes of classes: ground, object, 3 shapes, 2 materials, 8 colours */
#define NF_N_ATTRIBUTES 15
#define NF_N_CLASSES 49

/**
 * nf_class_name:
 * @id: a class
 *
 * Returns: (nullable): what it is, as in
 *   "green rubber cylinder"; NULL when @id is %NF_N_CLASSES or more
 */
NF_API const gchar *nf_class_name (guint id);

/**
 * nf_class_names_load:
 * @path: a text file in UTF-8: a line for each class, from class 0 on
 * @classes: how many classes there are
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_IO, or %NF_ERROR_FORMAT
 *   where the file has another number of lines, an empty line, or is no text
 *
 * Returns: (transfer full) (nullable) (array zero-terminated=1): the names
 */
NF_API gchar **nf_class_names_load (
    const gchar *path, guint classes, GError **error);

/**
 * nf_class_color:
 * @id: a class
 *
 * Returns: its colour in pictures, 0xRRGGBB; black for the background and for
 *   values of %NF_N_CLASSES and more
 */
NF_API guint32 nf_class_color (guint id);

/**
 * nf_class_colors:
 *
 * Returns: (transfer none): the colours of 256 ids, R, G and B each
 */
NF_API const guint8 *nf_class_colors (void);

/**
 * nf_class_attributes:
 * @id: a class, below %NF_N_CLASSES
 * @attributes: (out): which of the %NF_N_ATTRIBUTES it has: 0 ground, 1 object,
 *   2 to 4 shapes, 5 and 6 materials, 7 to 14 colours, in the order of classes
 *
 * Returns: how many there are: 1 for the background, 4 for an object
 */
NF_API guint nf_class_attributes (guint id, guint attributes[4]);

G_END_DECLS
