/* SPDX-License-Identifier: MIT
 *
 * nfoutline — the outline of a cube, sphere or upright cylinder in the image
 *
 * All three are convex, so an outline is a convex polygon. Round ones have
 * corners just outside, such that the area is that of the round outline.
 * World and units: nfcamera.h. See: nftracks, nffutures */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfcamera.h>
#include <nextframe/scene/world/nfsceneobject.h>

G_BEGIN_DECLS

#define NF_OUTLINE_MAX_POINTS 65

/**
 * NfPose:
 * @shape: what it is
 * @x: sideways, sizes
 * @z: away, sizes
 * @turn: of a cube about the vertical, radians
 *
 * An object that stands on the ground, in the size that it is rendered in
 * (nflook.h).
 */
typedef struct
{
  NfSceneShape shape;
  gdouble x, z;
  gdouble turn;
} NfPose;

/**
 * NfOutline:
 * @n: corners, at least 3
 * @x: their columns, pixels
 * @y: their rows, pixels
 * @left: the least column
 * @right: the greatest column
 * @top: the least row
 * @bottom: the greatest row
 *
 * Corners follow each other around; the outline may reach out of the image.
 */
typedef struct
{
  guint n;
  gdouble x[NF_OUTLINE_MAX_POINTS], y[NF_OUTLINE_MAX_POINTS];
  gdouble left, right, top, bottom;
} NfOutline;

/**
 * nf_outline_init:
 * @outline: (out caller-allocates): the outline
 * @camera: where it is seen from
 * @pose: the object
 *
 * Returns: FALSE for an object that is not before the camera, which has no
 *   outline
 */
NF_API gboolean nf_outline_init (
    NfOutline *outline, const NfCamera *camera, const NfPose *pose);

/**
 * nf_outline_init_rows:
 * @outline: (out caller-allocates): the outline
 * @camera: where it is seen from
 * @pose: the object
 * @first_row: (out): the first row of pixels with a centre within the outline
 * @end_row: (out): the row after the last one
 *
 * nf_outline_init() with the rows of the image that the outline covers.
 *
 * Returns: FALSE for an object that is not before the camera, which has no
 *   outline
 */
NF_API gboolean nf_outline_init_rows (NfOutline *outline,
    const NfCamera *camera, const NfPose *pose, guint *first_row,
    guint *end_row);

/**
 * nf_outline_span:
 * @outline: an outline
 * @camera: the one that the outline was made with
 * @y: a row of pixels, below the camera's height
 * @first: (out): the first pixel of the row whose centre is within the outline
 * @end: (out): the pixel after the last one; not above @first where there is
 *   none
 */
NF_API void nf_outline_span (const NfOutline *outline, const NfCamera *camera,
    guint y, guint *first, guint *end);

/**
 * nf_outline_row:
 * @outline: an outline
 * @y: a row, pixels
 * @left: (out): the column where the outline begins in it, pixels
 * @right: (out): the column where it ends, pixels
 *
 * Returns: FALSE in rows above and below the outline
 */
NF_API gboolean nf_outline_row (
    const NfOutline *outline, gdouble y, gdouble *left, gdouble *right);

/**
 * nf_outline_area:
 * @outline: an outline
 * @x: (out): column of its centre of gravity, pixels
 * @y: (out): row of its centre of gravity, pixels
 *
 * Returns: the area in square pixels
 */
NF_API gdouble nf_outline_area (
    const NfOutline *outline, gdouble *x, gdouble *y);

G_END_DECLS
