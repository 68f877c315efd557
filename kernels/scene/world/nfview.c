/* SPDX-License-Identifier: MIT
 *
 * nfview — the camera and the light of a clip */
#include <nextframe/scene/world/nfview.h>

#include <nextframe/core/random/nfrng.h>

/* Standard deviations from clip to clip. The six real clips show none: their
 * grounds agree within 0.1 of 255. So these stay below what can be seen, and
 * only keep networks from learning single pixels by heart. */
#define PITCH 0.001 /* radians */
#define ROLL 0.001 /* radians */
#define TALL 0.002 /* of the height */
#define LIGHT 0.005

/* clips differ by three standard deviations at most */
static gdouble
within (gfloat normal)
{
  return CLAMP (normal, -3.0f, 3.0f);
}

void
nf_view_init (NfView *view, guint64 seed, guint64 clip)
{
  const NfRngKey key = {
    .seed = seed, .stream = clip, .purpose = NF_RNG_SCENE_VIEW
  };
  gfloat normal[4];

  nf_rng_normal (&key, 0, G_N_ELEMENTS (normal), normal);
  nf_camera_init (&view->camera, 240, 160);
  view->camera.pitch += PITCH * within (normal[0]);
  view->camera.roll += ROLL * within (normal[1]);
  view->camera.tall *= 1.0 + TALL * within (normal[2]);
  view->light = 1.0 + LIGHT * within (normal[3]);
}
