/* SPDX-License-Identifier: MIT
 *
 * nfsceneobject — what the number of a class says of an object
 *
 * 48 classes: three shapes, each in metal and rubber, each of these in eight
 * colors. */
#include <nextframe/scene/world/nfsceneobject.h>

NfSceneShape
nf_scene_shape (guint id)
{
  return (NfSceneShape) ((id - 1) / 16);
}

gboolean
nf_scene_is_rubber (guint id)
{
  return (id - 1) / 8 % 2 == 1;
}

guint
nf_scene_color (guint id)
{
  return (id - 1) % 8;
}
