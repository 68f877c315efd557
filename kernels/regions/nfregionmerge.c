/* SPDX-License-Identifier: MIT
 *
 * nfregionmerge — which pieces of a frame are one object
 *
 * Of two pieces A and B that touch, with evidence E (sums of logarithms),
 *
 *   loss    = (max E_A + max E_B - max (E_A + E_B)) / min (area)
 *   contact = border / sqrt (min (area))
 *
 * loss is the cost of one class instead of two, in nats for each pixel of the
 * smaller piece. contact is about 4 for a piece inside another one, 1.6 for the
 * halves of a disc, and below 1 for two objects of which one stands before the
 * other. Two pieces are merged where loss < LOSS * contact, and the pair with
 * the smallest ratio comes first. Both numbers do not depend on the picture's
 * size.
 *
 * Then parts of one class that a third region parts, an object before them,
 * are one. */
#include "regions/nfregionmerge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOSS 1.5 /* nats a pixel */
/* how far parts lie apart, in roots of the largest area of the three regions */
#define REACH 2.0

typedef struct
{
  guint a, b; /* a < b */
  guint sides; /* of pixels, that they share */
  gdouble ratio; /* loss by contact */
} Border;

typedef struct
{
  NfRegions *regions;
  guint *parent; /* itself, or the region that it is part of */
  guint *sides; /* of each region, 0 between two uses */
  GArray *borders;
} Merge;

guint
nf_region_best (const gdouble *evidence, guint classes)
{
  guint best = 1;

  for (guint k = 2; k < classes; k++)
    if (evidence[k] > evidence[best])
      best = k;

  return best;
}

static gint
by_pair (gconstpointer a, gconstpointer b)
{
  const Border *one = a, *two = b;

  if (one->a != two->a)
    return one->a < two->a ? -1 : 1;

  return one->b < two->b ? -1 : one->b > two->b;
}

/* borders of the same two pieces become one */
static void
gather_borders (GArray *borders)
{
  Border *all = (Border *) (gpointer) borders->data;
  guint n = 0;

  g_array_sort (borders, by_pair);
  for (guint i = 0; i < borders->len; i++)
    if (n > 0 && by_pair (&all[n - 1], &all[i]) == 0)
      all[n - 1].sides += all[i].sides;
    else
      all[n++] = all[i];
  g_array_set_size (borders, n);
}

static void
add_side (GArray *borders, guint one, guint two)
{
  const Border border = {
    .a = MIN (one, two) - 1, .b = MAX (one, two) - 1, .sides = 1
  };

  if (one != two && one > 0 && two > 0)
    g_array_append_val (borders, border);
}

static void
find_borders (const NfRegions *r, GArray *borders)
{
  const guint16 *map = r->map;

  for (guint y = 0; y < r->height; y++)
    for (guint x = 0; x < r->width; x++, map++) {
      if (x + 1 < r->width)
        add_side (borders, *map, map[1]);
      if (y + 1 < r->height)
        add_side (borders, *map, map[r->width]);
    }
  gather_borders (borders);
}

static gdouble *
evidence_of (const NfRegions *r, guint i)
{
  return r->evidence + (gsize) i * r->classes;
}

/* loss by contact */
static void
judge (const NfRegions *r, Border *border)
{
  const gdouble *a = evidence_of (r, border->a);
  const gdouble *b = evidence_of (r, border->b);
  const gdouble area =
      MIN (r->regions[border->a].area, r->regions[border->b].area);
  gdouble both = -INFINITY;

  for (guint k = 1; k < r->classes; k++)
    both = MAX (both, a[k] + b[k]);
  border->ratio = (a[r->regions[border->a].class_id]
                      + b[r->regions[border->b].class_id] - both)
      / (border->sides * sqrt (area));
}

/* the borders of b become borders of a */
static void
move_borders (Merge *m, guint a, guint b)
{
  const guint n = m->borders->len;
  guint kept = 0;

  for (guint i = 0; i < n; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);

    if (it->a == a || it->b == a)
      m->sides[it->a == a ? it->b : it->a] = it->sides;
  }
  for (guint i = 0; i < n; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);
    guint other = it->a == b ? it->b : it->a;

    if (it->a == b || it->b == b)
      m->sides[other] += it->sides;
  }
  /* each neighbour of either is written once, and its sides cleared */
  for (guint i = 0; i < n; i++) {
    Border it = g_array_index (m->borders, Border, i);
    gboolean of_pair = it.a == a || it.b == a || it.a == b || it.b == b;

    if (of_pair) {
      const guint other = it.a == a || it.a == b ? it.b : it.a;

      if (other == a || other == b || m->sides[other] == 0)
        continue;
      it = (Border){ .a = MIN (a, other),
        .b = MAX (a, other),
        .sides = m->sides[other],
        .ratio = 0.0 };
      m->sides[other] = 0;
      judge (m->regions, &it);
    }
    g_array_index (m->borders, Border, kept++) = it;
  }
  m->sides[a] = m->sides[b] = 0;
  g_array_set_size (m->borders, kept);
}

static void
join (Merge *m, guint a, guint b)
{
  NfRegions *r = m->regions;
  NfRegion *one = &r->regions[a], *two = &r->regions[b];
  const guint area = one->area + two->area;
  gdouble *to = evidence_of (r, a);
  const gdouble *from = evidence_of (r, b);

  for (guint k = 0; k < r->classes; k++)
    to[k] += from[k];
  one->x = (one->x * one->area + two->x * two->area) / area;
  one->y = (one->y * one->area + two->y * two->area) / area;
  one->area = area;
  one->at_edge |= two->at_edge;
  one->class_id = nf_region_best (to, r->classes);
  two->area = 0;
  m->parent[b] = a;
  move_borders (m, a, b);
}

static gboolean
comes_before (const Border *one, const Border *two)
{
  return one->ratio != two->ratio ? one->ratio < two->ratio
                                  : by_pair (one, two) < 0;
}

static void
join_touching (Merge *m)
{
  const Border *best;

  for (guint i = 0; i < m->borders->len; i++)
    judge (m->regions, &g_array_index (m->borders, Border, i));
  do {
    best = NULL;
    for (guint i = 0; i < m->borders->len; i++) {
      const Border *border = &g_array_index (m->borders, Border, i);

      if (border->ratio < LOSS && (best == NULL || comes_before (border, best)))
        best = border;
    }
    if (best != NULL)
      join (m, best->a, best->b);
  } while (best != NULL);
}

/* whether one class is seen on both sides of a third region */
static gboolean
are_parted (Merge *m, guint a, guint b)
{
  const NfRegion *one = &m->regions->regions[a], *two = &m->regions->regions[b];
  guint size = 0;

  if (one->class_id != two->class_id)
    return FALSE;
  for (guint i = 0; i < m->borders->len; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);

    if (it->a == a || it->b == a)
      m->sides[it->a == a ? it->b : it->a] = 1;
  }
  for (guint i = 0; i < m->borders->len; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);
    const guint other = it->a == b ? it->b : it->a;

    if ((it->a == b || it->b == b) && m->sides[other] > 0)
      size = MAX (size, m->regions->regions[other].area);
  }
  for (guint i = 0; i < m->borders->len; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);

    m->sides[it->a] = m->sides[it->b] = 0;
  }
  if (size == 0)
    return FALSE;
  size = MAX (size, MAX (one->area, two->area));

  return hypot (one->x - two->x, one->y - two->y) < REACH * sqrt (size);
}

static void
join_parted (Merge *m)
{
  const guint n = MIN (m->regions->n, NF_REGIONS_RIVALS);

  for (guint a = 0; a < n; a++)
    for (guint b = a + 1; b < n; b++)
      if (m->parent[a] == a && m->parent[b] == b && are_parted (m, a, b))
        join (m, a, b);
}

/* which region each one touches most, by indices from 1 */
static void
find_neighbours (Merge *m)
{
  NfRegions *r = m->regions;

  for (guint i = 0; i < m->borders->len; i++) {
    const Border *it = &g_array_index (m->borders, Border, i);

    if (it->sides > m->sides[it->a]) {
      m->sides[it->a] = it->sides;
      r->regions[it->a].neighbour = it->b + 1;
    }
    if (it->sides > m->sides[it->b]) {
      m->sides[it->b] = it->sides;
      r->regions[it->b].neighbour = it->a + 1;
    }
  }
}

typedef struct
{
  guint area, index;
} Rank;

static gint
by_area (gconstpointer a, gconstpointer b)
{
  const Rank *one = a, *two = b;

  if (one->area != two->area)
    return one->area > two->area ? -1 : 1;

  return one->index < two->index ? -1 : 1;
}

/* leaves out what was joined, and puts the largest first */
static gboolean
renumber (Merge *m, GError **error)
{
  NfRegions *r = m->regions;
  const gsize size = r->classes * sizeof (gdouble);
  g_autofree Rank *ranks = g_try_new (Rank, r->n);
  g_autofree guint16 *numbers = g_try_new0 (guint16, r->n + 1);
  g_autofree NfRegion *regions = g_try_new (NfRegion, r->n);
  g_autofree gdouble *evidence = g_try_malloc_n (r->n, size);
  guint n = 0;

  if (ranks == NULL || numbers == NULL || regions == NULL || evidence == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the %u regions of a frame", r->n);
    return FALSE;
  }
  for (guint i = 0; i < r->n; i++)
    ranks[i] = (Rank){ r->regions[i].area, i };
  qsort (ranks, r->n, sizeof *ranks, by_area);
  for (; n < r->n && ranks[n].area > 0; n++) {
    numbers[ranks[n].index + 1] = (guint16) (n + 1);
    regions[n] = r->regions[ranks[n].index];
    memcpy (evidence + (gsize) n * r->classes, evidence_of (r, ranks[n].index),
        size);
  }
  for (guint i = 0; i < r->n; i++) {
    guint root = i;

    while (m->parent[root] != root)
      root = m->parent[root];
    numbers[i + 1] = numbers[root + 1];
  }
  for (gsize i = 0; i < (gsize) r->width * r->height; i++)
    r->map[i] = numbers[r->map[i]];
  for (guint i = 0; i < n; i++)
    regions[i].neighbour = numbers[regions[i].neighbour];
  memcpy (r->regions, regions, n * sizeof *regions);
  memcpy (r->evidence, evidence, n * size);
  r->n = n;

  return TRUE;
}

gboolean
nf_regions_merge (NfRegions *regions, GError **error)
{
  g_autofree guint *parent = g_try_new (guint, regions->n);
  g_autoptr (GArray) borders = g_array_new (FALSE, FALSE, sizeof (Border));
  g_autofree guint *sides = g_try_new0 (guint, regions->n);
  Merge m = {
    .regions = regions, .parent = parent, .sides = sides, .borders = borders
  };

  if (regions->n == 0)
    return TRUE;
  if (parent == NULL || sides == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the %u regions of a frame", regions->n);
    return FALSE;
  }
  for (guint i = 0; i < regions->n; i++)
    parent[i] = i;
  find_borders (regions, borders);
  join_touching (&m);
  join_parted (&m);
  find_neighbours (&m);

  return renumber (&m, error);
}
