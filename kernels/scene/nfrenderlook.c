/* SPDX-License-Identifier: MIT
 *
 * nfrenderlook — what the real clips look like, in numbers */
#include "scene/nfrenderlook.h"

const NfLight nf_lights[NF_LIGHTS] = {
  /* bluish, far on the left */
  { { -9.516f, 7.381f, 20.9f }, { 0.6679f, -0.5772f, -0.4699f }, 1.519f,
      { 7.133f, 7.444f, 9.675f }, FALSE, 1.0f },
  /* white, on the right, above the farther objects */
  { { 5.943f, 13.93f, 12.34f }, { -0.2203f, -0.9583f, 0.182f }, 1.559f,
      { 17.57f, 17.69f, 17.66f }, FALSE, 2.0f },
  /* warm, behind the camera on the left */
  { { -5.488f, 9.282f, -3.216f }, { 0.2299f, -0.2421f, 0.9426f }, 1.171f,
      { 27.77f, 26.57f, 22.73f }, FALSE, 2.0f },
  /* high behind the camera */
  { { -153.1f, 883.4f, -442.9f }, { 0.1531f, -0.8834f, 0.4429f }, 140.1f,
      { 0.1083f, 0.1053f, 0.1076f }, TRUE, 4.0f },
};

const gfloat nf_look_ambient[3] = { 0.02307f, 0.02503f, 0.02179f };
const gfloat nf_look_sky[3] = { 0.08f, 0.08f, 0.08f };

const NfForm nf_look_forms[3] = {
  { 0.483f, 0.483f, 0.05f },
  { 0.5f, 0.5f, 0.0f },
  { 0.503f, 0.487f, 0.03f },
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
