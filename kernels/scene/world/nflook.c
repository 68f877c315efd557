/* SPDX-License-Identifier: MIT
 *
 * nflook — what the real clips look like, in numbers */
#include "scene/world/nflook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.509f, 7.096f, 21.76f }, { 0.5768f, -0.4488f, -0.6825f }, 1.634f,
      { 7.602f, 7.709f, 10.06f }, FALSE, 6.644f },
  /* white, on the right, above the farther objects */
  { { 6.548f, 14.44f, 13.42f }, { -0.4008f, -0.9156f, -0.03363f }, 1.495f,
      { 19.05f, 18.86f, 18.48f }, FALSE, 13.3f },
  /* warm, behind the camera on the left */
  { { -6.624f, 9.63f, -3.978f }, { 0.4077f, -0.2088f, 0.8889f }, 1.206f,
      { 32.22f, 30.14f, 25.39f }, FALSE, 25.18f },
  /* high behind the camera */
  { { -189.0f, 896.8f, -400.0f }, { 0.189f, -0.8968f, 0.4f }, 132.0f,
      { 0.1197f, 0.1211f, 0.1226f }, TRUE, 9.422f },
};

const gfloat nf_look_ambient[3] = { 0.01126f, 0.01158f, 0.01002f };
const gfloat nf_look_bounce = 0.1804f, nf_look_bounce_near = 1.095f;
const gfloat nf_look_sky[2] = { 0.01107f, 0.1061f };
const gfloat nf_look_ahead[3] = { 2.608f, 3.681f, -2.377f };
const gfloat nf_look_horizon = 0.06387f;
const NfGloss nf_look_gloss = {
  .width = 0.03268f, .size = 0.5843f, .halo = 0.01f
};
const gfloat nf_look_glow = 0.09325f;

const NfForm nf_look_forms[3] = {
  { 0.475f, 0.475f, 0.07f },
  { 0.5f, 0.5f, 0.0f },
  { 0.5f, 0.482f, 0.03f },
};

const gfloat nf_look_paints[2][8][3] = {
  {
      { 0.306f, 0.306f, 0.306f },
      { 0.609f, 0.123f, 0.123f },
      { 0.148f, 0.264f, 0.757f },
      { 0.102f, 0.370f, 0.070f },
      { 0.454f, 0.260f, 0.088f },
      { 0.145f, 0.733f, 0.733f },
      { 0.454f, 0.134f, 0.676f },
      { 0.898f, 0.838f, 0.180f },
  },
  {
      { 0.399f, 0.394f, 0.386f },
      { 0.766f, 0.155f, 0.155f },
      { 0.186f, 0.326f, 0.955f },
      { 0.129f, 0.466f, 0.088f },
      { 0.588f, 0.332f, 0.115f },
      { 0.176f, 0.900f, 0.911f },
      { 0.572f, 0.168f, 0.851f },
      { 1.113f, 1.033f, 0.220f },
  },
};

const gfloat nf_look_sheen[2] = { 0.005177f, 0.1477f };
