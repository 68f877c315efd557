/* SPDX-License-Identifier: MIT
 *
 * nfregionmerge — which pieces of a frame are one object
 *
 * Private to the folder. See: nfregions.c */
#pragma once

#include <nextframe/core/nferror.h>
#include <nextframe/regions/nfregion.h>

G_BEGIN_DECLS

/**
 * nf_region_best:
 * @evidence: (classes): of a region
 * @classes: at least 2
 *
 * Returns: its most likely class but the ground
 */
guint nf_region_best (const gdouble *evidence, guint classes);

/**
 * nf_regions_merge:
 * @regions: pieces, with evidence; those that are one object become one region
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Regions are ordered by area then, the largest first.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_regions_merge (NfRegions *regions, GError **error);

G_END_DECLS
