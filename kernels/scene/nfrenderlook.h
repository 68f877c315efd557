/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers
 *
 * Lengths are object sizes, places those of the world (nfcamera.h), light is
 * linear. Fitted to the real frames: docs/scenes.md, "Look". */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NF_LIGHTS 4

/**
 * NfLight:
 * @position: of its middle
 * @axis: unit vector, the way it faces; a light shines to that side only, most
 *   along this axis
 * @radius: of the disc that it is
 * @color: red, green, blue of the light it sends
 * @sunlike: so far away that it is equally strong everywhere
 * @gloss: how bright its mirror image is
 */
typedef struct
{
  gfloat position[3], axis[3];
  gfloat radius;
  gfloat color[3];
  gboolean sunlike;
  gfloat gloss;
} NfLight;

extern const NfLight nf_lights[NF_LIGHTS];

/* light from everywhere: on level ground, and seen in a mirror */
extern const gfloat nf_look_ambient[3];
extern const gfloat nf_look_sky[3];

/* half the height and half the width of each shape, and how round its edges
 * are, in the order of #NfSceneShape */
typedef struct
{
  gfloat half, high, round;
} NfForm;

extern const NfForm nf_look_forms[3];

/* by color: how much of the light comes back, relative to the ground */
extern const gfloat nf_look_rubber[8][3];
extern const gfloat nf_look_metal[8][3];

G_END_DECLS
