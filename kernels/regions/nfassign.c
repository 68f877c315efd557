/* SPDX-License-Identifier: MIT
 *
 * nfassign — which object is of which class, where no two share one
 *
 * This is the assignment problem, solved by shortest augmenting paths. A row is
 * an object. Columns 0 .. n - 1 are the ground, once for each object, and the
 * others are the classes from 1 on. Rows are added one by one: each follows the
 * cheapest path on which rows pass their columns on, to a free column. */
#include "regions/nfassign.h"

#include <math.h>

#define NOBODY G_MAXUINT

typedef struct
{
  const gdouble *gain;
  guint n, classes, columns;
  gdouble *row_price, *column_price;
  guint *owner; /* of a column */
} Assignment;

static gdouble
cost_of (const Assignment *a, guint row, guint column)
{
  const guint class = column < a->n ? 0 : column - a->n + 1;

  return -a->gain[(gsize) row * a->classes + class];
}

static void
add_row (Assignment *a, guint row)
{
  g_autofree gdouble *distance = g_new (gdouble, a->columns);
  g_autofree guint *before = g_new (guint, a->columns);
  g_autofree gboolean *done = g_new0 (gboolean, a->columns);
  guint last = NOBODY, current = row;
  gdouble reached = 0.0;

  for (guint j = 0; j < a->columns; j++)
    distance[j] = INFINITY;
  do {
    guint next = NOBODY;

    for (guint j = 0; j < a->columns; j++) {
      gdouble through = reached + cost_of (a, current, j)
          - a->row_price[current] - a->column_price[j];

      if (done[j])
        continue;
      if (through < distance[j]) {
        distance[j] = through;
        before[j] = last;
      }
      if (next == NOBODY || distance[j] < distance[next])
        next = j;
    }
    reached = distance[next];
    done[next] = TRUE;
    last = next;
    current = a->owner[next];
  } while (current != NOBODY);
  a->row_price[row] += reached;
  for (guint j = 0; j < a->columns; j++)
    if (done[j] && j != last) {
      a->row_price[a->owner[j]] += reached - distance[j];
      a->column_price[j] -= reached - distance[j];
    }
  for (; before[last] != NOBODY; last = before[last])
    a->owner[last] = a->owner[before[last]];
  a->owner[last] = row;
}

void
nf_assign (const gdouble *gain, guint n, guint classes, guint *chosen)
{
  const guint columns = n + classes - 1;
  g_autofree gdouble *row_price = g_new0 (gdouble, n);
  g_autofree gdouble *column_price = g_new0 (gdouble, columns);
  g_autofree guint *owner = g_new (guint, columns);
  Assignment a = { .gain = gain,
    .n = n,
    .classes = classes,
    .columns = columns,
    .row_price = row_price,
    .column_price = column_price,
    .owner = owner };

  for (guint j = 0; j < columns; j++)
    owner[j] = NOBODY;
  for (guint i = 0; i < n; i++)
    add_row (&a, i);
  for (guint j = 0; j < columns; j++)
    if (owner[j] != NOBODY)
      chosen[owner[j]] = j < n ? 0 : j - n + 1;
}
