/* SPDX-License-Identifier: MIT
 *
 * nfblobs — the pixels of each object in a mask of class ids */
#include "scene/track/nfblobs.h"

#include <math.h>
#include <string.h>

#define SPECK 1e-4 /* a smaller share of the image is no object */
#define PART 0.1 /* a smaller share of the largest part is no part */
#define REACH 3.0 /* how far parts lie apart, in roots of the largest's area */

G_STATIC_ASSERT (NF_N_CLASSES <= 64);

/* pixels of one class that hang together: count of them in the queue */
typedef struct
{
  guint8 id;
  gsize first, count;
  gdouble x, y;
} Part;

static void
touch (NfBlob *blobs, guint8 a, guint8 b)
{
  if (a != b && a > 0 && a < NF_N_CLASSES && b > 0 && b < NF_N_CLASSES) {
    blobs[a].touches |= G_GUINT64_CONSTANT (1) << b;
    blobs[b].touches |= G_GUINT64_CONSTANT (1) << a;
  }
}

/* to the right and below; the neighbours before have seen this pixel */
static void
find_neighbours (const guint8 *mask, guint width, guint height, guint x,
    guint y, NfBlob *blobs)
{
  for (guint d = 1; d <= 2; d++) {
    if (x + d < width)
      touch (blobs, *mask, mask[d]);
    if (y + d < height)
      touch (blobs, *mask, mask[(gsize) d * width]);
  }
}

/**
 * nf_blobs_measure:
 * @blobs: (out): of every class
 */
void
nf_blobs_measure (
    const guint8 *mask, guint width, guint height, NfBlob blobs[NF_N_CLASSES])
{
  memset (blobs, 0, NF_N_CLASSES * sizeof (NfBlob));
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++, mask++) {
      NfBlob *blob = &blobs[*mask];

      if (*mask == 0 || *mask >= NF_N_CLASSES)
        continue;
      if (blob->area++ == 0) {
        blob->left = blob->right = x;
        blob->top = y;
      }
      blob->left = MIN (blob->left, x);
      blob->right = MAX (blob->right, x);
      blob->bottom = y;
      blob->x += x + 0.5;
      blob->y += y + 0.5;
      if (x == 0 || y == 0 || x + 1 == width || y + 1 == height)
        blob->touches |= 1;
      find_neighbours (mask, width, height, x, y, blobs);
    }
  for (guint i = 1; i < NF_N_CLASSES; i++)
    if (blobs[i].area > 0) {
      blobs[i].x /= blobs[i].area;
      blobs[i].y /= blobs[i].area;
    }
}

/* takes the part of seed out of left, and puts its pixels into the queue */
static Part
take_part (guint8 *left, guint width, guint height, gsize seed, guint32 *queue,
    gsize first)
{
  Part part = { .id = left[seed], .first = first, .count = 1 };

  queue[first] = seed;
  left[seed] = 0;
  for (gsize i = first; i < first + part.count; i++) {
    guint x = queue[i] % width, y = queue[i] / width;

    part.x += x;
    part.y += y;
    for (guint v = y > 0 ? y - 1 : 0; v <= MIN (y + 1, height - 1); v++)
      for (guint u = x > 0 ? x - 1 : 0; u <= MIN (x + 1, width - 1); u++) {
        gsize p = (gsize) v * width + u;

        if (left[p] != part.id)
          continue;
        left[p] = 0;
        queue[first + part.count++] = p;
      }
  }
  part.x /= part.count;
  part.y /= part.count;

  return part;
}

static gboolean
belongs (const Part *part, const Part *largest, gdouble speck)
{
  gdouble reach = REACH * sqrt (largest->count);

  return part->count >= speck && part->count >= PART * largest->count
      && hypot (part->x - largest->x, part->y - largest->y) <= reach;
}

/**
 * nf_blobs_clean:
 * @clean: (out caller-allocates): the mask without specks, without parts that
 *   are small beside or far from the largest part of their object, and without
 *   classes that do not exist
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_blobs_clean (const guint8 *mask, guint width, guint height, guint8 *clean,
    GError **error)
{
  gsize n = (gsize) width * height, used = 0;
  g_autofree guint8 *left = g_try_malloc (n);
  g_autofree guint32 *queue = g_try_malloc_n (n, sizeof (guint32));
  g_autoptr (GArray) parts = g_array_new (FALSE, FALSE, sizeof (Part));
  gint largest[NF_N_CLASSES];

  if (left == NULL || queue == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory to clean a mask of %ux%u", width, height);
    return FALSE;
  }
  memcpy (left, mask, n);
  memset (clean, 0, n);
  memset (largest, -1, sizeof (largest));
  for (gsize i = 0; i < n; i++) {
    Part part;

    if (left[i] == 0 || left[i] >= NF_N_CLASSES)
      continue;
    part = take_part (left, width, height, i, queue, used);
    used += part.count;
    if (largest[part.id] < 0
        || part.count > g_array_index (parts, Part, largest[part.id]).count)
      largest[part.id] = parts->len;
    g_array_append_val (parts, part);
  }
  for (guint i = 0; i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);

    if (belongs (
            part, &g_array_index (parts, Part, largest[part->id]), SPECK * n))
      for (gsize k = 0; k < part->count; k++)
        clean[queue[part->first + k]] = part->id;
  }

  return TRUE;
}
