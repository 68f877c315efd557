/* SPDX-License-Identifier: MIT
 *
 * nflook — what the real clips look like, in numbers
 *
 * Lengths are object sizes, places those of the world (nfcamera.h), light is
 * linear. Fitted to the real frames: docs/scenes.md, "Look". */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

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

NF_API extern const NfLight nf_lights[NF_LIGHTS];

/* light from everywhere, as level ground sends it back */
NF_API extern const gfloat nf_look_ambient[3];

/* the light of the ground on surfaces that look down, of the ground's own; it
 * is darker close to the ground, where the object shades it */
NF_API extern const gfloat nf_look_bounce, nf_look_bounce_near;

/* what mirrors show above the horizon: dark all around but brighter ahead,
 * where x ahead[0] + z ahead[1] + ahead[2] of their direction is near 1; the
 * horizon is so blurred: part of the direction's height */
NF_API extern const gfloat nf_look_sky[2], nf_look_ahead[3], nf_look_horizon;

/**
 * NfGloss: images of the lights in metal
 * @width: how blurred they are, radians
 * @size: the part that the lights' own size has in theirs
 * @halo: brightness of the wide halo around them
 */
typedef struct
{
  gfloat width, size, halo;
} NfGloss;

NF_API extern const NfGloss nf_look_gloss;

/* the light that objects send to what stands near */
NF_API extern const gfloat nf_look_glow;

/**
 * NfForm:
 * @half: half the width
 * @high: half the height
 * @bevel: width of the edges' bevels
 */
typedef struct
{
  gfloat half, high, bevel;
} NfForm;

/* in the order of #NfSceneShape */
NF_API extern const NfForm nf_look_forms[3];

/* the paints: how much light metal and rubber of each color send back,
 * relative to the ground */
NF_API extern const gfloat nf_look_paints[2][8][3];

/* what part of their surroundings matt surfaces mirror, seen from above and
 * along the surface */
NF_API extern const gfloat nf_look_sheen[2];

G_END_DECLS
