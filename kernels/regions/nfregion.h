/* SPDX-License-Identifier: MIT
 *
 * nfregion — an object of a frame, and all of them
 *
 * See: nfregions.h, which finds them */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** NF_REGIONS_RIVALS: the largest regions, which compete for classes */
#define NF_REGIONS_RIVALS 64

/**
 * NfRegion:
 * @area: its pixels, at least 1
 * @x: column of its centre of gravity, that of pixel i's centre being i + 0.5
 * @y: row of its centre of gravity
 * @class_id: its most likely class, 1 or more
 * @neighbour: the region that it shares the longest border with, from 1; 0: it
 *   touches none
 * @at_edge: whether it touches the frame's edge
 */
typedef struct
{
  guint area;
  gdouble x, y;
  guint class_id;
  guint neighbour;
  gboolean at_edge;
} NfRegion;

/**
 * NfRegions:
 * @width: columns of the frame
 * @height: its rows
 * @classes: K, the ground included
 * @n: how many regions there are
 * @regions: (array length=n): the regions, largest first
 * @evidence: (n, K): sums over a region's pixels of the logarithms of each
 *   class's probability, 0 or below
 * @map: (height, width): a pixel's region, from 1; 0: the ground
 * @tracks: (n): a region's track in a clip, 0: none; nfregionvotes sets it
 *
 * The regions of a frame; read-only.
 */
typedef struct
{
  guint width, height, classes, n;
  NfRegion *regions;
  gdouble *evidence;
  guint16 *map;
  guint *tracks;
} NfRegions;

G_END_DECLS
