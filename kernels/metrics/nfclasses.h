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

G_BEGIN_DECLS

/* what a class is told by: ground, object, 3 shapes, 2 materials, 8 colours */
#define NF_N_ATTRIBUTES 15
#define NF_N_CLASSES 49

const gchar *nf_class_name (guint id);
guint32 nf_class_color (guint id);
const guint8 *nf_class_colors (void);
guint nf_class_attributes (guint id, guint attributes[4]);

G_END_DECLS
