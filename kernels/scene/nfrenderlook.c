/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers */
#include "scene/nfrenderlook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.65f, 6.91f, 21.39f }, { 0.661f, -0.444f, -0.605f }, 0.6f,
      { 6.87f, 7.20f, 9.54f }, FALSE, 1.0f },
  /* white, on the right, above the farther objects */
  { { 6.21f, 12.90f, 12.34f }, { -0.380f, -0.907f, 0.181f }, 0.6f,
      { 13.75f, 14.40f, 14.01f }, FALSE, 2.0f },
  /* warm, behind the camera on the left */
  { { -4.01f, 9.73f, -4.65f }, { -0.162f, -0.367f, 0.916f }, 0.6f,
      { 30.9f, 29.18f, 24.25f }, FALSE, 2.0f },
  /* high behind the camera */
  { { -120.f, 870.f, -490.f }, { 0.119f, -0.864f, 0.486f }, 60.f,
      { 0.080f, 0.0795f, 0.080f }, TRUE, 4.0f },
};

const gfloat nf_look_ambient[3] = { 0.049f, 0.048f, 0.048f };
const gfloat nf_look_sky[3] = { 0.08f, 0.08f, 0.08f };

const NfForm nf_look_forms[3] = {
  { 0.5f, 0.5f, 0.05f },
  { 0.5f, 0.5f, 0.0f },
  { 0.5f, 0.5f, 0.03f },
};

const gfloat nf_look_rubber[8][3] = {
  { 0.43f, 0.43f, 0.42f },
  { 0.86f, 0.17f, 0.17f },
  { 0.21f, 0.36f, 1.06f },
  { 0.15f, 0.52f, 0.10f },
  { 0.64f, 0.37f, 0.12f },
  { 0.20f, 1.03f, 1.03f },
  { 0.64f, 0.19f, 0.95f },
  { 1.26f, 1.18f, 0.25f },
};

const gfloat nf_look_metal[8][3] = {
  { 0.341f, 0.341f, 0.341f },
  { 0.678f, 0.137f, 0.137f },
  { 0.165f, 0.294f, 0.843f },
  { 0.114f, 0.412f, 0.078f },
  { 0.506f, 0.290f, 0.098f },
  { 0.161f, 0.816f, 0.816f },
  { 0.506f, 0.149f, 0.753f },
  { 1.000f, 0.933f, 0.200f },
};
