/* SPDX-License-Identifier: MIT
 *
 * nfdecide — one mask that stands for many
 *
 * For each class, the set of pixels is chosen that has the largest mean over
 * all masks of
 *
 *   pixels in both / pixels in either
 *
 * The candidates are the pixels that at least a certain share of the masks has,
 * for several shares, and the pixels of each single mask. A pixel that is
 * chosen for several classes gets the one that most masks have there.
 *
 * Where both sums of pixels are taken over many clips before they are divided,
 * to J, one more pixel that a share p of the masks has adds p to the first and
 * 1 - p to the second; that is a gain where p > J / (1 + J). */
#include "scene/track/nfdecide.h"

#include <string.h>

/* the gain where nothing is chosen and there is nothing: what other objects
 * have on average */
#define NOTHING 0.75

static const gdouble shares[] = { 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45,
  0.5, 0.6 };

/* one class: the pixels that any mask has, and a row of bits for each mask */
typedef struct
{
  guint id;
  guint n_masks;
  GArray *pixels; /* guint32 */
  guint16 *counts; /* of masks, at each of them */
  gsize words; /* of a row */
  guint64 *rows;
  guint32 *areas; /* of the rows */
  guint64 *candidate, *best;
} Votes;

static void
votes_clear (Votes *v)
{
  g_array_unref (v->pixels);
  g_free (v->counts);
  g_free (v->rows);
  g_free (v->areas);
  g_free (v->candidate);
  g_free (v->best);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Votes, votes_clear)

static void
set_bit (guint64 *row, gsize i)
{
  row[i / 64] |= G_GUINT64_CONSTANT (1) << (i % 64);
}

static gboolean
votes_alloc (Votes *v, GError **error)
{
  gsize n = v->pixels->len;

  v->words = (n + 63) / 64;
  v->counts = g_try_new0 (guint16, n);
  v->rows = g_try_new0 (guint64, v->words * v->n_masks);
  v->areas = g_try_new0 (guint32, v->n_masks);
  v->candidate = g_try_new0 (guint64, v->words);
  v->best = g_try_new0 (guint64, v->words);
  if (v->counts != NULL && v->rows != NULL && v->areas != NULL
      && v->candidate != NULL && v->best != NULL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "no memory to decide between %u masks", v->n_masks);

  return FALSE;
}

static void
count_votes (Votes *v, const guint8 *masks, gsize size)
{
  const guint32 *pixels = (const guint32 *) (gpointer) v->pixels->data;

  for (guint k = 0; k < v->n_masks; k++)
    for (gsize i = 0; i < v->pixels->len; i++)
      if (masks[k * size + pixels[i]] == v->id) {
        set_bit (v->rows + k * v->words, i);
        v->areas[k]++;
        v->counts[i]++;
      }
}

/* the mean over the masks of what the candidate and they have in common */
static gdouble
score (const Votes *v, const guint64 *candidate)
{
  guint area = 0;
  gdouble sum = 0;

  for (gsize w = 0; w < v->words; w++)
    area += __builtin_popcountll (candidate[w]);
  for (guint k = 0; k < v->n_masks; k++) {
    const guint64 *row = v->rows + k * v->words;
    guint both = 0;

    for (gsize w = 0; w < v->words; w++)
      both += __builtin_popcountll (candidate[w] & row[w]);
    if (area + v->areas[k] > 0)
      sum += (gdouble) both / (area + v->areas[k] - both);
    else
      sum += NOTHING;
  }

  return sum / v->n_masks;
}

static void
consider (Votes *v, const guint64 *candidate, gdouble *most)
{
  gdouble s = score (v, candidate);

  if (s <= *most)
    return;
  *most = s;
  memcpy (v->best, candidate, v->words * sizeof (guint64));
}

static void
choose (Votes *v)
{
  gdouble most = -1;

  consider (v, v->candidate, &most); /* nothing */
  for (guint s = 0; s < G_N_ELEMENTS (shares); s++) {
    memset (v->candidate, 0, v->words * sizeof (guint64));
    for (gsize i = 0; i < v->pixels->len; i++)
      if (v->counts[i] >= shares[s] * v->n_masks)
        set_bit (v->candidate, i);
    consider (v, v->candidate, &most);
  }
  for (guint k = 0; k < v->n_masks; k++)
    consider (v, v->rows + k * v->words, &most);
}

static gboolean
decide_class (guint id, const guint8 *masks, guint n_masks, gsize size,
    const guint8 *any, guint16 *counts, guint8 *mask, GError **error)
{
  g_auto (Votes) v = { .id = id,
    .n_masks = n_masks,
    .pixels = g_array_new (FALSE, FALSE, sizeof (guint32)) };

  for (guint32 i = 0; i < size; i++) {
    gboolean has = FALSE;

    for (guint k = 0; k < n_masks && !has && any[i]; k++)
      has = masks[k * size + i] == id;
    if (has)
      g_array_append_val (v.pixels, i);
  }
  if (!votes_alloc (&v, error))
    return FALSE;
  count_votes (&v, masks, size);
  choose (&v);
  for (gsize i = 0; i < v.pixels->len; i++) {
    guint32 pixel = g_array_index (v.pixels, guint32, i);

    if ((v.best[i / 64] >> (i % 64) & 1) && v.counts[i] > counts[pixel]) {
      counts[pixel] = v.counts[i];
      mask[pixel] = id;
    }
  }

  return TRUE;
}

/**
 * nf_decide_jaccard:
 * @masks: (array): one mask after the other, of classes below 49
 * @n_masks: how many, 1 to 65535
 * @size: pixels of each, below 2^32
 * @mask: (out caller-allocates): the one that agrees best with all of them
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_decide_jaccard (const guint8 *masks, guint n_masks, gsize size, guint8 *mask,
    GError **error)
{
  g_autofree guint16 *counts = g_try_new0 (guint16, size);
  g_autofree guint8 *any = g_try_malloc0 (size);
  gboolean seen[256] = { FALSE };

  g_return_val_if_fail (n_masks > 0 && n_masks <= G_MAXUINT16, FALSE);
  g_return_val_if_fail (size > 0 && size <= G_MAXUINT32, FALSE);

  if (counts == NULL || any == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory to decide between %u masks", n_masks);
    return FALSE;
  }
  memset (mask, 0, size);
  for (guint k = 0; k < n_masks; k++)
    for (gsize i = 0; i < size; i++) {
      any[i] |= masks[k * size + i];
      seen[masks[k * size + i]] = TRUE;
    }
  for (guint id = 1; id < NF_N_CLASSES; id++)
    if (seen[id]
        && !decide_class (id, masks, n_masks, size, any, counts, mask, error))
      return FALSE;

  return TRUE;
}

/**
 * nf_decide_pooled:
 * @masks: (array): one mask after the other, of classes below 49
 * @n_masks: how many, at least 1
 * @size: pixels of each
 * @mask: (out caller-allocates): what makes the Jaccard index of many clips
 *   together largest: the class that most masks have, where 0.43 of them do
 */
void
nf_decide_pooled (const guint8 *masks, guint n_masks, gsize size, guint8 *mask)
{
  g_return_if_fail (n_masks > 0 && size > 0);

  for (gsize i = 0; i < size; i++) {
    guint counts[NF_N_CLASSES] = { 0 }, most = 0;

    mask[i] = 0;
    for (guint k = 0; k < n_masks; k++) {
      guint8 id = masks[k * size + i];

      if (id == 0 || id >= NF_N_CLASSES || ++counts[id] <= most)
        continue;
      most = counts[id];
      mask[i] = id;
    }
    if (most < NF_DECIDE_SHARE * n_masks)
      mask[i] = 0;
  }
}
