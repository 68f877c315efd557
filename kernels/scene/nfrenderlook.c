/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers */
#include "scene/nfrenderlook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.493f, 7.227f, 21.6f }, { 0.5928f, -0.4819f, -0.6452f }, 1.704f,
      { 7.725f, 7.889f, 10.06f }, FALSE, 2.302f },
  /* white, on the right, above the farther objects */
  { { 6.617f, 14.43f, 13.41f }, { -0.3795f, -0.9238f, -0.05025f }, 1.233f,
      { 19.49f, 19.3f, 18.94f }, FALSE, 10.83f },
  /* warm, behind the camera on the left */
  { { -6.556f, 9.721f, -3.926f }, { 0.4138f, -0.2163f, 0.8843f }, 1.343f,
      { 32.24f, 30.32f, 25.54f }, FALSE, 11.24f },
  /* high behind the camera */
  { { -184.3f, 898.0f, -399.6f }, { 0.1843f, -0.898f, 0.3996f }, 139.7f,
      { 0.1167f, 0.1205f, 0.1216f }, TRUE, 2.904f },
};

const gfloat nf_look_ambient[3] = { 0.01193f, 0.01085f, 0.009638f };
const gfloat nf_look_bounce = 0.1835f, nf_look_bounce_near = 1.068f;
const gfloat nf_look_sky[2] = { 0.01487f, 0.1134f };
const gfloat nf_look_ahead[3] = { 2.536f, 3.497f, -2.365f };
const gfloat nf_look_horizon = 0.05f;
const NfGloss nf_look_gloss = { 0.0005f, 1.326f, 0.01081f };
const gfloat nf_look_glow = 0.1079f;

const NfForm nf_look_forms[3] = {
  { 0.475f, 0.475f, 0.07f },
  { 0.5f, 0.5f, 0.0f },
  { 0.5f, 0.482f, 0.05f },
};

const gfloat nf_look_colors[8][3] = {
  { 0.341f, 0.341f, 0.341f },
  { 0.678f, 0.137f, 0.137f },
  { 0.165f, 0.294f, 0.843f },
  { 0.114f, 0.412f, 0.078f },
  { 0.506f, 0.290f, 0.098f },
  { 0.161f, 0.816f, 0.816f },
  { 0.506f, 0.149f, 0.753f },
  { 1.000f, 0.933f, 0.200f },
};

const gfloat nf_look_matt = 1.129f, nf_look_metal = 0.8908f;
const gfloat nf_look_sheen[2] = { 0.005396f, 0.1555f };
