/* SPDX-License-Identifier: MIT
 *
 * naive — every op once more, in double precision and plain loops
 *
 * The yardstick of the op test: logical (n, c, y, x) indices, no tricks, no
 * code shared with the backends but the random numbers. */
#pragma once

#include <nextframe/core/ops/nfops.h>

G_BEGIN_DECLS

/**
 * Naive:
 * @n: batch size
 * @c: channels
 * @h: rows
 * @w: columns
 * @v: the values, (N, C, H, W) row-major
 *
 * An array of doubles, whatever the type of the tensor that it stands for.
 */
typedef struct
{
  gint64 n, c, h, w;
  gdouble *v;
} Naive;

/* returns (transfer full) the result, or NULL where the op changes in[] */
typedef Naive *(*NaiveOp) (Naive **in, guint n_in, gconstpointer params);

extern const NaiveOp naive_ops[NF_N_OPS];

/* ops with kinks, ties or rounding lower this to the distance from the nearest
 * one, so that a test can choose inputs that keep away from them */
extern gdouble naive_margin;

Naive *naive_new (gint64 n, gint64 c, gint64 h, gint64 w);
Naive *naive_copy (const Naive *a);
void naive_free (Naive *a);
gsize naive_elements (const Naive *a);

/* where (n, c, y, x) lies */
static inline gdouble *
naive_at (const Naive *a, gint64 n, gint64 c, gint64 y, gint64 x)
{
  g_assert (n >= 0 && n < a->n && c >= 0 && c < a->c);
  g_assert (y >= 0 && y < a->h && x >= 0 && x < a->w);
  return a->v + ((n * a->c + c) * a->h + y) * a->w + x;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Naive, naive_free)

G_END_DECLS
