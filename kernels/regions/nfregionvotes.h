/* SPDX-License-Identifier: MIT
 *
 * nfregionvotes — the objects of a clip, from the regions of its frames
 *
 * An object has the same class in all frames of a clip. Regions of successive
 * frames that agree in place and evidence are a track. The frames of a track
 * vote: their evidence is summed. Where each class occurs once at most in a
 * clip, tracks that agree and were never seen at the same time are one object,
 * and the objects of a clip compete for classes, like the regions of a frame. A
 * track that was seen in a few frames only, and disappeared neither at the
 * frame's edge nor behind an object, is an error of the network in these
 * frames: it is a part of the object that it touched, or ground.
 * See: nfregions.h */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/regions/nfregions.h>

G_BEGIN_DECLS

/** NF_REGION_VOTES_MEMORY: frames after which a track that is not seen any
 * more is forgotten; masks must be asked for before */
#define NF_REGION_VOTES_MEMORY 1100

/**
 * NfRegionVotes: the tracks of a clip, of frames that come one after another
 */
typedef struct _NfRegionVotes NfRegionVotes;

/**
 * nf_region_votes_new:
 * @classes: of the frames
 * @unique: whether each class is one object at most
 *
 * Returns: (transfer full): of a clip that begins
 */
NF_API NfRegionVotes *nf_region_votes_new (guint classes, gboolean unique);

/**
 * nf_region_votes_free:
 * @votes: (transfer full): the tracks of a clip
 */
NF_API void nf_region_votes_free (NfRegionVotes *votes);

/**
 * nf_region_votes_begin:
 * @votes: forgets all; a clip begins
 */
NF_API void nf_region_votes_begin (NfRegionVotes *votes);

/**
 * nf_region_votes_add:
 * @votes: of a clip
 * @regions: of its next frame; the tracks of the largest %NF_REGIONS_RIVALS are
 *   noted in it
 */
NF_API void nf_region_votes_add (NfRegionVotes *votes, NfRegions *regions);

/**
 * nf_region_votes_choose:
 * @votes: of a clip
 * @regions: of any of its frames
 * @chosen: (out caller-allocates): (n): the class of each region by the votes
 *   of all frames so far; 0, the ground, as in nf_regions_choose()
 */
NF_API void nf_region_votes_choose (
    const NfRegionVotes *votes, const NfRegions *regions, guint *chosen);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfRegionVotes, nf_region_votes_free)

G_END_DECLS
