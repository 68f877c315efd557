/* SPDX-License-Identifier: MIT
 *
 * nfsceneobject — an object of a scene: its kind, where it is, how it moves
 *
 * World and units: nfcamera.h. See: nfphysics.h, nfscene.h */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * NfSceneShape: in the order of the classes
 */
typedef enum
{
  NF_SCENE_CUBE,
  NF_SCENE_SPHERE,
  NF_SCENE_CYLINDER,
} NfSceneShape;

/**
 * NfSceneObject:
 * @id: its class, 1 to 48; an id occurs once in a clip
 * @position: of its centre: x, y, z in object sizes; at rest on the ground y
 *   is 0.5
 * @rotation: unit quaternion w, x, y, z that turns its own axes into the
 *   world's; a cylinder's own axis is y
 */
typedef struct
{
  guint8 id;
  gdouble position[3];
  gdouble rotation[4];
} NfSceneObject;

/**
 * NfMotion:
 * @position: of the centre: x, y, z
 * @rotation: unit quaternion w, x, y, z, as in #NfSceneObject
 * @velocity: sizes a frame
 * @spin: angular velocity, radians a frame
 */
typedef struct
{
  gdouble position[3];
  gdouble rotation[4];
  gdouble velocity[3];
  gdouble spin[3];
} NfMotion;

/**
 * nf_scene_shape:
 * @id: a class of objects, 1 to 48
 *
 * Returns: its shape
 */
NF_API NfSceneShape nf_scene_shape (guint id);

/**
 * nf_scene_is_rubber:
 * @id: a class of objects, 1 to 48
 *
 * Returns: whether it is of rubber; else it is of metal
 */
NF_API gboolean nf_scene_is_rubber (guint id);

/**
 * nf_scene_color:
 * @id: a class of objects, 1 to 48
 *
 * Returns: 0 gray, 1 red, 2 blue, 3 green, 4 brown, 5 cyan, 6 purple, 7 yellow
 */
NF_API guint nf_scene_color (guint id);

G_END_DECLS
