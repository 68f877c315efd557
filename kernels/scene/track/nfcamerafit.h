/* SPDX-License-Identifier: MIT
 *
 * nfcamerafit — the camera of a clip, estimated from its objects' outlines
 *
 * All objects have one size, so an object's distance follows from its area in
 * the image, and the tilt of the camera follows from the rows where objects of
 * different areas are seen.
 * See: nftracks, docs/scenes.md */
#pragma once

#include <nextframe/scene/track/nfoutline.h>

G_BEGIN_DECLS

/**
 * NfSighting:
 * @shape: what was seen, whole
 * @x: column of its centre of gravity
 * @y: row of its centre of gravity
 * @area: pixels
 * @weight: how much it counts, 1 for an object that was seen once
 */
typedef struct
{
  NfSceneShape shape;
  gdouble x, y;
  gdouble area;
  gdouble weight;
} NfSighting;

void nf_camera_fit (
    NfCamera *camera, const NfSighting *sightings, guint n_sightings);
gboolean nf_camera_locate (const NfCamera *camera, gdouble x, gdouble y,
    NfPose *pose, NfOutline *outline);

G_END_DECLS
