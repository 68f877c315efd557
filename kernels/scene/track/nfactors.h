/* SPDX-License-Identifier: MIT
 *
 * nfactors — the objects of a clip's masks that go on after the newest one
 *
 * Not every track is a real object: a network gives a part of an object another
 * class now and then.
 * See: nftracks (where they were seen), nfmotion (how they move), nffutures */
#pragma once

#include <nextframe/metrics/nfclasses.h>
#include "scene/track/nfmotion.h"

G_BEGIN_DECLS

/**
 * NfActor:
 * @track: where it was seen; belongs to the tracks
 * @body: its state in the newest mask's frame
 * @n_seen: frames in which it was seen
 * @last: the last of them
 * @view: the frame in which it was seen whole last, or -1
 * @x: where it was then, or in its last frame; sideways, sizes
 * @z: and away
 */
typedef struct
{
  const NfTrack *track;
  NfBody body;
  guint n_seen;
  guint last;
  gint view;
  gdouble x, z;
} NfActor;

guint nf_actors_find (const NfTracks *tracks, const NfMotionParams *params,
    NfActor actors[NF_N_CLASSES]);

G_END_DECLS
