/* SPDX-License-Identifier: MIT
 *
 * nfview — the camera and the light of a clip */
#include "scene/nfview.h"

/**
 * nf_view_init:
 * @seed: the user's seed
 * @clip: number of the clip
 *
 * For an image of 240x160; see nf_camera_resize() for another size.
 */
void
nf_view_init (NfView *view, guint64 seed, guint64 clip)
{
  nf_camera_init (&view->camera, 240, 160);
  view->light = 1.0;
}
