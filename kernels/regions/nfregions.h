/* SPDX-License-Identifier: MIT
 *
 * nfregions — the objects of a frame, from the class probabilities of its
 * pixels
 *
 * A network that decides pixel by pixel gives an object several classes where
 * it is not sure, and invents classes in specks. Here a region of connected
 * object pixels has one class: the one whose logarithms of probability have the
 * largest sum over its pixels.
 *
 *   1. A pixel belongs to an object where the ground's probability is below one
 *      third. Connected pixels of the same most likely class are a piece; specks
 *      join their surroundings (nfpieces).
 *   2. Pieces that touch become one region where one class explains both of
 *      them nearly as well as two classes; the longer their border is, the
 *      larger the difference may be (nfregionmerge). So touching objects of
 *      different classes stay apart.
 *   3. Each region gets a class; where wanted, no two get the same (nfassign).
 *      Over the frames of a clip the regions vote first: nfregionvotes.
 *
 * Deterministic, O(height * width * classes). */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/nferror.h>
#include <nextframe/regions/nfregion.h>

G_BEGIN_DECLS

/**
 * nf_regions_new:
 * @probabilities: (height, width, classes): of each pixel, 0 to 1, summing to
 *   about 1; class 0 is the ground
 * @width: columns, at least 1
 * @height: rows, at least 1; at most G_MAXINT32 pixels in all
 * @classes: 1 to 256
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_UNSUPPORTED
 *
 * Not a number counts as 0.
 *
 * Returns: (transfer full) (nullable): the regions
 */
NF_API NfRegions *nf_regions_new (const gfloat *probabilities, guint width,
    guint height, guint classes, GError **error);

/**
 * nf_regions_free:
 * @regions: (transfer full): the regions of a frame
 */
NF_API void nf_regions_free (NfRegions *regions);

/**
 * nf_regions_expect:
 * @probabilities: (inout): (pixels, classes), as nf_regions_new() takes them
 * @pixels: how many
 * @classes: K, the ground included
 * @expected: a bit for each class that may be there, class 1 being bit 1; 0:
 *   nothing is known
 *
 * Where it is known which objects there are, as in a frame that was predicted
 * from them, what is there is taken for the likeliest of these, also where it
 * looks more like another one. The ground stays as likely as it was.
 */
NF_API void nf_regions_expect (
    gfloat *probabilities, gsize pixels, guint classes, guint64 expected);

/**
 * nf_regions_choose:
 * @regions: of a frame
 * @unique: whether no two regions may be of one class; the largest
 *   %NF_REGIONS_RIVALS compete
 * @chosen: (out caller-allocates): (n): the class of each region; 0, the
 *   ground, for one whose class went to another and that is more likely ground
 *   than any class that is left
 */
NF_API void nf_regions_choose (
    const NfRegions *regions, gboolean unique, guint *chosen);

/**
 * nf_regions_paint:
 * @regions: of a frame
 * @chosen: (n): the class of each region
 * @mask: (out caller-allocates): (height, width): class ids
 */
NF_API void nf_regions_paint (
    const NfRegions *regions, const guint *chosen, guint8 *mask);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfRegions, nf_regions_free)

G_END_DECLS
