/* SPDX-License-Identifier: MIT
 *
 * naiveops — what naive.c, naivemove.c, naivetrain.c and naivevideo.c share
 *
 * The list of ops declares one naive function an op: an op without one does
 * not link. */
#pragma once

#include "naive.h"

#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  Naive *naive_##name (Naive **in, guint n_in, gconstpointer op_params);
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP

/* for each element (n, c, y, x) of a, innermost last */
#define EACH(a)                                                                \
  for (gint64 n = 0; n < (a)->n; n++)                                          \
    for (gint64 c = 0; c < (a)->c; c++)                                        \
      for (gint64 y = 0; y < (a)->h; y++)                                      \
        for (gint64 x = 0; x < (a)->w; x++)

/* for each pixel (n, y, x) of a */
#define EACH_PIXEL(a)                                                          \
  for (gint64 n = 0; n < (a)->n; n++)                                          \
    for (gint64 y = 0; y < (a)->h; y++)                                        \
      for (gint64 x = 0; x < (a)->w; x++)

gdouble *naive_pixel_softmax (const Naive *a, gint64 n, gint64 y, gint64 x);
