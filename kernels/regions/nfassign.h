/* SPDX-License-Identifier: MIT
 *
 * nfassign — which object is of which class, where no two share one
 *
 * Private to the folder. See: nfregions.c, nfregionvotes.c */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * nf_assign:
 * @gain: (n, classes): what it is worth that an object is of a class
 * @n: objects, at least 1
 * @classes: at least 1
 * @chosen: (out caller-allocates): (n): the class of each object
 *
 * The choice with the largest sum of gains of all in which each class but 0
 * occurs once at most; class 0, the ground, may be chosen for any number of
 * objects. Kuhn's method with shortest augmenting paths (Jonker and Volgenant,
 * "A shortest augmenting path algorithm for dense and sparse linear assignment
 * problems", 1987), O(n^2 (n + classes)).
 */
NF_API void nf_assign (
    const gdouble *gain, guint n, guint classes, guint *chosen);

G_END_DECLS
