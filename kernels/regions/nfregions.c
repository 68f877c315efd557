/* SPDX-License-Identifier: MIT
 *
 * nfregions — the objects of a frame, from the class probabilities of its pixels */
#include <nextframe/regions/nfregions.h>

#include "regions/nfassign.h"
#include "regions/nfpieces.h"
#include "regions/nfregionmerge.h"

#include <math.h>
#include <stdlib.h>

/* The numbers here and in nfregionmerge.c, nfregionvotes.c were chosen on scenes
 * (docs/elements.md has what they give); nothing was fitted to real clips */

/* a smaller share of the frame is no object */
#define SPECK 6e-4
/* a pixel is of an object where the ground is less likely than this: where it
 * would lose against two kinds that share the rest */
#define GROUND (1.0f / 3.0f)
/* least probability, so that no pixel outvotes many */
#define FLOOR 0.01f
/* what is left of the probability of a class that is not expected */
#define UNEXPECTED 1e-4f

/* the most likely class of pixels of objects, 0 elsewhere */
static void
label_pixels (const gfloat *p, gsize n, guint classes, guint8 *labels)
{
  for (gsize i = 0; i < n; i++, p += classes) {
    guint best = 1;

    labels[i] = 0;
    if (classes < 2 || !(p[0] < GROUND))
      continue;
    for (guint k = 2; k < classes; k++)
      if (p[k] > p[best])
        best = k;
    labels[i] = (guint8) best;
  }
}

/* areas, centres and evidence of the pieces */
static void
measure (NfRegions *r, const gfloat *p)
{
  const guint16 *map = r->map;

  for (guint y = 0; y < r->height; y++)
    for (guint x = 0; x < r->width; x++, map++, p += r->classes) {
      NfRegion *region;
      gdouble *evidence;

      if (*map == 0)
        continue;
      region = &r->regions[*map - 1];
      evidence = r->evidence + (gsize) (*map - 1) * r->classes;
      region->area++;
      region->x += x + 0.5;
      region->y += y + 0.5;
      region->at_edge |=
          x == 0 || y == 0 || x + 1 == r->width || y + 1 == r->height;
      for (guint k = 0; k < r->classes; k++)
        evidence[k] += logf (p[k] > FLOOR ? p[k] : FLOOR);
    }
  for (guint i = 0; i < r->n; i++) {
    NfRegion *region = &r->regions[i];

    region->x /= region->area;
    region->y /= region->area;
    region->class_id =
        nf_region_best (r->evidence + (gsize) i * r->classes, r->classes);
  }
}

NfRegions *
nf_regions_new (const gfloat *probabilities, guint width, guint height,
    guint classes, GError **error)
{
  const gsize n = (gsize) width * height;
  g_autofree guint8 *labels = g_try_malloc (n);
  g_autoptr (NfRegions) r = g_new0 (NfRegions, 1);

  r->width = width;
  r->height = height;
  r->classes = classes;
  r->map = g_try_new (guint16, n);
  if (labels == NULL || r->map == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the regions of a frame of %ux%u", width, height);
    return NULL;
  }
  label_pixels (probabilities, n, classes, labels);
  if (!nf_pieces_find (labels, width, height, (guint) ceil (SPECK * n), r->map,
          &r->n, error))
    return NULL;
  r->regions = g_try_new0 (NfRegion, r->n);
  r->tracks = g_try_new0 (guint, r->n);
  r->evidence = g_try_malloc0_n (r->n, classes * sizeof (gdouble));
  if (r->n > 0
      && (r->regions == NULL || r->tracks == NULL || r->evidence == NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the %u regions of a frame", r->n);
    return NULL;
  }
  measure (r, probabilities);
  if (!nf_regions_merge (r, error))
    return NULL;

  return g_steal_pointer (&r);
}

void
nf_regions_free (NfRegions *regions)
{
  g_free (regions->regions);
  g_free (regions->evidence);
  g_free (regions->map);
  g_free (regions->tracks);
  g_free (regions);
}

void
nf_regions_choose (const NfRegions *r, gboolean unique, guint *chosen)
{
  const guint rivals = unique ? MIN (r->n, NF_REGIONS_RIVALS) : 0;

  if (rivals > 0)
    nf_assign (r->evidence, rivals, r->classes, chosen);
  for (guint i = rivals; i < r->n; i++)
    chosen[i] = r->regions[i].class_id;
}

void
nf_regions_paint (const NfRegions *r, const guint *chosen, guint8 *mask)
{
  for (gsize i = 0; i < (gsize) r->width * r->height; i++)
    mask[i] = r->map[i] == 0 ? 0 : (guint8) chosen[r->map[i] - 1];
}

void
nf_regions_expect (
    gfloat *probabilities, gsize pixels, guint classes, guint64 expected)
{
  if (expected == 0)
    return;
  for (guint k = 1; k < MIN (classes, 64); k++)
    if (!(expected >> k & 1))
      for (gsize i = 0; i < pixels; i++)
        probabilities[i * classes + k] *= UNEXPECTED;
}
