/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers */
#include "scene/nfrenderlook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.427f, 7.104f, 21.79f }, { 0.5732f, -0.4573f, -0.6799f }, 1.634f,
      { 7.669f, 7.705f, 9.985f }, FALSE, 6.644f },
  /* white, on the right, above the farther objects */
  { { 6.514f, 14.22f, 13.34f }, { -0.4062f, -0.9124f, -0.04948f }, 1.495f,
      { 19.22f, 18.72f, 18.6f }, FALSE, 13.3f },
  /* warm, behind the camera on the left */
  { { -6.624f, 9.644f, -3.973f }, { 0.4037f, -0.2124f, 0.8899f }, 1.206f,
      { 31.82f, 30.05f, 25.52f }, FALSE, 25.18f },
  /* high behind the camera */
  { { -189.0f, 896.8f, -400.0f }, { 0.189f, -0.8968f, 0.4f }, 132.0f,
      { 0.1186f, 0.1209f, 0.1223f }, TRUE, 9.422f },
};

const gfloat nf_look_ambient[3] = { 0.01111f, 0.0115f, 0.009993f };
const gfloat nf_look_bounce = 0.1804f, nf_look_bounce_near = 1.095f;
const gfloat nf_look_sky[2] = { 0.01107f, 0.1061f };
const gfloat nf_look_ahead[3] = { 2.608f, 3.681f, -2.377f };
const gfloat nf_look_horizon = 0.06387f;
const NfGloss nf_look_gloss = { 0.03268f, 0.5843f, 0.01f };
const gfloat nf_look_glow = 0.09325f;

const NfForm nf_look_forms[3] = {
  { 0.475f, 0.475f, 0.07f },
  { 0.5f, 0.5f, 0.0f },
  { 0.5f, 0.482f, 0.03f },
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

const gfloat nf_look_matt = 1.13f, nf_look_metal = 0.8977f;
const gfloat nf_look_sheen[2] = { 0.005177f, 0.1477f };
