/* SPDX-License-Identifier: MIT
 *
 * nfphysics — a level ground and the bodies on it
 *
 * A cube, a sphere and a cylinder of size 1 weigh the same. They slide or roll
 * with friction, and pass their speed on when they collide. Cubes and
 * cylinders stay upright. Time is counted in frames, lengths in object sizes.
 * Several worlds may be used at once, each by one thread.
 * See: nfscene.h (what happens in a clip), docs/scenes.md (the fit) */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/scene/world/nfsceneobject.h>

G_BEGIN_DECLS

typedef struct _NfPhysics NfPhysics;

NF_API NfPhysics *nf_physics_new (void);
NF_API void nf_physics_free (NfPhysics *physics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPhysics, nf_physics_free)

NF_API guint nf_physics_add (NfPhysics *physics, NfSceneShape shape, gdouble x,
    gdouble z, gdouble turn, const gdouble velocity[2]);
NF_API void nf_physics_set_motion (
    NfPhysics *physics, guint body, const NfMotion *motion);
gboolean nf_physics_has_room (
    const NfPhysics *physics, gdouble x, gdouble z, gdouble gap);
NF_API void nf_physics_step (NfPhysics *physics);
NF_API void nf_physics_motion (
    const NfPhysics *physics, guint body, NfMotion *motion);

G_END_DECLS
