/* SPDX-License-Identifier: MIT
 *
 * nfcompose — one picture for many futures
 *
 * See: nffutures, nfdecide (one mask for many, which no picture need show) */
#pragma once

#include <nextframe/core/nferror.h>
#include "scene/track/nfactors.h"

G_BEGIN_DECLS

#define NF_COMPOSE_ABSENT (-1)

/**
 * NfCompose:
 * @tracks: with the camera
 * @actors: (array length=n_actors): the objects
 * @n_actors: how many
 * @starts: where each object is in the newest mask's frame, in the first future
 * @poses: where each object is in the frame of the picture, in the first future
 * @stride: poses from one future to the next, in both
 * @n_futures: how many futures, 1 to 65535
 * @masks: (n_futures, height, width): what each future shows in that frame
 */
typedef struct
{
  const NfTracks *tracks;
  const NfActor *actors;
  guint n_actors;
  const NfPose *starts, *poses;
  gsize stride;
  guint n_futures;
  const guint8 *masks;
} NfCompose;

gboolean nf_compose (const NfCompose *what, gint *chosen, GError **error);

G_END_DECLS
