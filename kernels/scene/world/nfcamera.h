/* SPDX-License-Identifier: MIT
 *
 * nfcamera — a pinhole camera above a level ground
 *
 * World: x to the right, y up, z away from the camera, in object sizes (the
 * edge of a cube, the diameter of a sphere); the ground is y = 0 and the camera
 * stands at (0, tall, 0) and looks along z, tilted down by its pitch.
 * Image: x to the right, y down, in pixels; (0, 0) is the upper left corner of
 * the upper left pixel, so that a pixel's centre lies at (i + 0.5, j + 0.5).
 * See: docs/scenes.md */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfCamera:
 * @width: of the image, pixels
 * @height: of the image, pixels
 * @focal: focal length, pixels
 * @pitch: how far it looks down, radians
 * @roll: how far its right side is tilted down, radians
 * @tall: height above the ground, object sizes
 */
typedef struct
{
  gdouble width, height;
  gdouble focal;
  gdouble pitch, roll;
  gdouble tall;
} NfCamera;

/**
 * nf_camera_init:
 * @camera: (out caller-allocates): the camera
 * @width: of the image, pixels, above 0
 * @height: of the image, pixels, above 0
 *
 * The camera of the real clips (fitted at 240x160: a 35 mm lens on a sensor 32
 * mm wide, horizon at row -74), for an image of this size that shows no more
 * than theirs.
 */
NF_API void nf_camera_init (NfCamera *camera, gdouble width, gdouble height);

/**
 * nf_camera_resize:
 * @camera: changed
 * @width: of the new image, pixels, above 0
 * @height: of the new image, pixels, above 0
 *
 * Brings the camera to an image of another size: the old image, scaled to cover
 * the new one and cut at the edges where the shapes differ.
 */
NF_API void nf_camera_resize (NfCamera *camera, gdouble width, gdouble height);

/**
 * nf_camera_ray:
 * @camera: a camera
 * @x: column, pixels
 * @y: row, pixels
 * @direction: (out caller-allocates): the direction in the world from the
 *   camera through that place, of unit depth
 */
NF_API void nf_camera_ray (
    const NfCamera *camera, gdouble x, gdouble y, gdouble direction[3]);

/**
 * nf_camera_project:
 * @camera: a camera
 * @point: x, y, z in the world, sizes
 * @x: (out): its column, pixels
 * @y: (out): its row, pixels
 * @depth: (out) (optional): its distance along the camera's axis, sizes
 *
 * Returns: FALSE for a point beside or behind the camera, which has no image
 */
NF_API gboolean nf_camera_project (const NfCamera *camera,
    const gdouble point[3], gdouble *x, gdouble *y, gdouble *depth);

/**
 * nf_camera_ground:
 * @camera: a camera
 * @x: column, pixels
 * @y: row, pixels
 * @ground_x: (out): sideways, sizes
 * @ground_z: (out): away from the camera, sizes
 *
 * Finds the place on the ground that a pixel shows.
 *
 * Returns: FALSE at and above the horizon, where there is no ground
 */
NF_API gboolean nf_camera_ground (const NfCamera *camera, gdouble x, gdouble y,
    gdouble *ground_x, gdouble *ground_z);

G_END_DECLS
