/* SPDX-License-Identifier: MIT
 *
 * nfpieces — the connected pieces of a picture of labels, without specks */
#include "regions/nfpieces.h"

#include <string.h>

/* count pixels of the queue, from first on */
typedef struct
{
  guint32 first, count;
  guint32 parent; /* itself, or the piece that it joined */
  guint32 area; /* with those that joined it */
  guint8 label;
} Piece;

typedef struct
{
  const guint8 *labels;
  guint width, height;
  guint32 *queue; /* all pixels, piece by piece */
  guint32 *owner; /* a pixel's piece, plus 1 */
  GArray *pieces;
} Pieces;

static Piece *
piece_at (const Pieces *p, guint32 i)
{
  return &g_array_index (p->pieces, Piece, i);
}

/* the piece that @i has become part of */
static guint32
root_of (const Pieces *p, guint32 i)
{
  while (piece_at (p, i)->parent != i) {
    piece_at (p, i)->parent = piece_at (p, piece_at (p, i)->parent)->parent;
    i = piece_at (p, i)->parent;
  }

  return i;
}

/* all pixels that hang together with @seed, which none has yet */
static void
take_piece (Pieces *p, guint32 seed, guint32 first)
{
  const guint32 id = p->pieces->len;
  const guint8 label = p->labels[seed];
  guint32 end = first;

  p->queue[end++] = seed;
  p->owner[seed] = id + 1;
  for (guint32 i = first; i < end; i++) {
    const guint x = p->queue[i] % p->width, y = p->queue[i] / p->width;

    for (guint v = y > 0 ? y - 1 : 0; v <= MIN (y + 1, p->height - 1); v++)
      for (guint u = x > 0 ? x - 1 : 0; u <= MIN (x + 1, p->width - 1); u++) {
        const guint32 q = v * p->width + u;

        if (p->owner[q] != 0 || p->labels[q] != label)
          continue;
        p->owner[q] = id + 1;
        p->queue[end++] = q;
      }
  }
  g_array_append_val (p->pieces,
      ((Piece){ .first = first,
          .count = end - first,
          .parent = id,
          .area = end - first,
          .label = label }));
}

/* sides that the pixels of @piece share with each other piece: counted in
 * @sides, the pieces in @seen */
static void
count_sides (const Pieces *p, guint32 piece, guint32 *sides, GArray *seen)
{
  const guint32 own = root_of (p, piece), width = p->width;
  const Piece *it = piece_at (p, piece);

  for (guint32 i = it->first; i < it->first + it->count; i++) {
    const guint32 q = p->queue[i], x = q % width, y = q / width;
    const gboolean has[] = { x > 0, x + 1 < width, y > 0, y + 1 < p->height };
    const guint32 next[] = { q - 1, q + 1, q - width, q + width };

    for (guint k = 0; k < 4; k++) {
      guint32 other;

      if (!has[k])
        continue;
      other = root_of (p, p->owner[next[k]] - 1);
      if (other == own)
        continue;
      if (sides[other]++ == 0)
        g_array_append_val (seen, other);
    }
  }
}

/* a speck's neighbour with the longest border, an object's where there is
 * one; itself where it has none. Clears what count_sides() noted */
static guint32
best_neighbour (const Pieces *p, guint32 own, guint32 *sides, GArray *seen)
{
  guint32 best = own, longest = 0;

  for (guint i = 0; i < seen->len; i++) {
    const guint32 other = g_array_index (seen, guint32, i);
    const gboolean ground = piece_at (p, other)->label == 0;
    const gboolean best_ground = piece_at (p, best)->label == 0;

    if (best == own || (best_ground && !ground)
        || (best_ground == ground && sides[other] > longest)) {
      best = other;
      longest = sides[other];
    }
  }
  for (guint i = 0; i < seen->len; i++)
    sides[g_array_index (seen, guint32, i)] = 0;
  g_array_set_size (seen, 0);

  return best;
}

/* smaller ones first, in the order in which they were found */
static gint
by_count (gconstpointer a, gconstpointer b, gpointer pieces)
{
  const Piece *one = piece_at (pieces, *(const guint32 *) a);
  const Piece *two = piece_at (pieces, *(const guint32 *) b);

  if (one->count != two->count)
    return one->count < two->count ? -1 : 1;

  return one->first < two->first ? -1 : 1;
}

static gboolean
join_specks (Pieces *p, guint speck, GError **error)
{
  const guint n = p->pieces->len;
  g_autofree guint32 *sides = g_try_new0 (guint32, n);
  g_autofree guint32 *order = g_try_new (guint32, n);
  g_autoptr (GArray) seen = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint n_small = 0;

  if (sides == NULL || order == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the %u pieces of a mask", n);
    return FALSE;
  }
  for (guint i = 0; i < n; i++)
    if (piece_at (p, i)->count < speck)
      order[n_small++] = i;
  g_qsort_with_data (order, n_small, sizeof *order, by_count, p);
  for (guint i = 0; i < n_small; i++) {
    const guint32 own = root_of (p, order[i]);
    guint32 other;

    if (piece_at (p, own)->area >= speck)
      continue;
    count_sides (p, order[i], sides, seen);
    other = best_neighbour (p, own, sides, seen);
    if (other == own)
      continue;
    piece_at (p, own)->parent = other;
    piece_at (p, other)->area += piece_at (p, own)->area;
  }

  return TRUE;
}

/* numbers the pieces that are left */
static gboolean
number_pieces (
    Pieces *p, guint speck, guint16 *map, guint *n_pieces, GError **error)
{
  const guint32 n_pixels = p->width * p->height;
  g_autofree guint16 *numbers = g_try_new0 (guint16, p->pieces->len);
  guint n = 0;

  if (numbers == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the %u pieces of a mask", p->pieces->len);
    return FALSE;
  }
  for (guint32 i = 0; i < p->pieces->len; i++) {
    const Piece *piece = piece_at (p, i);

    if (piece->parent != i || piece->label == 0 || piece->area < speck)
      continue;
    if (n == NF_PIECES_MAX) {
      g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
          "a mask of %ux%u falls into more than %u pieces", p->width, p->height,
          NF_PIECES_MAX);
      return FALSE;
    }
    numbers[i] = (guint16) ++n;
  }
  for (guint32 i = 0; i < n_pixels; i++)
    map[i] = numbers[root_of (p, p->owner[i] - 1)];
  *n_pieces = n;

  return TRUE;
}

gboolean
nf_pieces_find (const guint8 *labels, guint width, guint height, guint speck,
    guint16 *map, guint *n_pieces, GError **error)
{
  const guint32 n = width * height;
  g_autofree guint32 *queue = g_try_new (guint32, n);
  g_autofree guint32 *owner = g_try_new0 (guint32, n);
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (Piece));
  Pieces p = { .labels = labels,
    .width = width,
    .height = height,
    .queue = queue,
    .owner = owner,
    .pieces = pieces };
  guint32 used = 0;

  if (queue == NULL || owner == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the pieces of a mask of %ux%u", width, height);
    return FALSE;
  }
  for (guint32 i = 0; i < n; i++)
    if (owner[i] == 0) {
      take_piece (&p, i, used);
      used += piece_at (&p, pieces->len - 1)->count;
    }

  return join_specks (&p, speck, error)
      && number_pieces (&p, speck, map, n_pieces, error);
}
