/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers */
#include "scene/nfrenderlook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.238f, 6.961f, 21.5f }, { 0.5568f, -0.5205f, -0.6474f }, 1.228f,
      { 6.69f, 6.901f, 9.045f }, FALSE, 6.057f },
  /* white, on the right, above the farther objects */
  { { 6.4f, 14.02f, 13.41f }, { -0.383f, -0.9234f, -0.0238f }, 1.69f,
      { 17.55f, 17.67f, 17.66f }, FALSE, 5.774f },
  /* warm, behind the camera on the left */
  { { -6.312f, 9.654f, -3.726f }, { 0.4f, -0.2326f, 0.8865f }, 1.09f,
      { 30.97f, 29.18f, 24.85f }, FALSE, 15.59f },
  /* high behind the camera */
  { { -185.0f, 902.2f, -389.5f }, { 0.185f, -0.9022f, 0.3895f }, 127.0f,
      { 0.111f, 0.1132f, 0.1159f }, TRUE, 6.793f },
};

const gfloat nf_look_ambient[3] = { 0.02104f, 0.01915f, 0.0162f };
const gfloat nf_look_bounce = 0.1716f, nf_look_bounce_near = 1.174f;
const gfloat nf_look_sky[2] = { 0.01316f, 0.1131f };
const gfloat nf_look_ahead[3] = { 2.531f, 3.095f, -2.216f };
const gfloat nf_look_horizon = 0.247f;
const NfGloss nf_look_gloss = { 0.03938f, 0.7533f, 0.01317f };
const gfloat nf_look_glow = 0.1177f;

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

const gfloat nf_look_matt = 1.125f, nf_look_metal = 0.8872f;
const gfloat nf_look_sheen[2] = { 0.01134f, 0.08157f };
