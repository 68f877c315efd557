/* SPDX-License-Identifier: MIT
 *
 * nfshots — objects' pasts, simulated from where each of them begins */
#include "scene/track/nfshots.h"

/* those that begin in this frame, and that begin again */
static void
begin (const NfShot *shots, guint n, guint frame, NfBody *live, gint *place,
    guint *n_live)
{
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < shots[i].n_starts; k++) {
      if (shots[i].starts[k].frame != frame)
        continue;
      if (place[i] < 0)
        place[i] = (*n_live)++;
      live[place[i]] = shots[i].starts[k].body;
    }
}

/**
 * nf_shots_simulate:
 * @shots: (array length=n): objects that may meet
 * @last: the last frame
 * @paths: (out caller-allocates): (frames 0 to @last, @n) states; those of
 *   objects that have not begun are left as they are
 */
void
nf_shots_simulate (const NfShot *shots, guint n, const NfBodyParams *params,
    guint last, NfBody *paths)
{
  NfBody live[NF_N_CLASSES];
  gint place[NF_N_CLASSES];
  guint n_live = 0;

  for (guint i = 0; i < n; i++)
    place[i] = -1;
  for (guint t = 0; t <= last; t++) {
    begin (shots, n, t, live, place, &n_live);
    for (guint i = 0; i < n; i++)
      if (place[i] >= 0)
        paths[(gsize) t * n + i] = live[place[i]];
    if (t < last)
      nf_bodies_advance (live, n_live, params, 1.0);
  }
}
