/* SPDX-License-Identifier: MIT
 *
 * nfshots — objects' pasts, simulated from where each of them begins
 *
 * A shot begins with a state in the frame in which its object is seen first and
 * goes on by simulation alone. Where that cannot be right, because something
 * unseen hit the object, a shot begins again with another state.
 * See: nfshooting (which finds the states), nfbodies */
#pragma once

#include "scene/track/nfactors.h"

G_BEGIN_DECLS

#define NF_SHOT_MAX_STARTS 3
#define NF_SHOTS_MAX_FRAMES 12

/**
 * NfShotStart:
 * @frame: when
 * @body: its state then
 * @still: whether it rests
 * @spins: whether it may turn
 * @enters: whether it comes into sight
 */
typedef struct
{
  guint frame;
  NfBody body;
  gboolean still, spins, enters;
} NfShotStart;

/**
 * NfShot:
 * @track: where its object was seen
 * @starts: in order of time
 * @n_starts: how many there are
 */
typedef struct
{
  const NfTrack *track;
  NfShotStart starts[NF_SHOT_MAX_STARTS];
  guint n_starts;
} NfShot;

void nf_shots_simulate (const NfShot *shots, guint n,
    const NfBodyParams *params, guint last, NfBody *paths);

G_END_DECLS
