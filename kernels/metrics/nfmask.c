/* SPDX-License-Identifier: MIT
 *
 * nfmask — what is in a mask of class ids: where objects lie, how they look
 *
 * See: nfclasses.c, the names and colours */
#include <nextframe/metrics/nfmask.h>

#include "core/ops/nfids.h"
#include <nextframe/metrics/nfclasses.h>

#define N_IDS 256

typedef struct
{
  guint left, right, top, bottom;
  gsize area;
} Extent;

static void
measure (const guint8 *mask, guint width, guint height, Extent extents[N_IDS])
{
  for (guint y = 0; y < height; y++) {
    for (guint x = 0; x < width; x++) {
      Extent *e = &extents[*mask++];

      if (e->area++ == 0) {
        e->left = e->right = x;
        e->top = y;
      }
      e->left = MIN (e->left, x);
      e->right = MAX (e->right, x);
      e->bottom = y;
    }
  }
}

guint
nf_mask_objects (const guint8 *mask, guint width, guint height, gsize min_area,
    NfMaskObject objects[NF_MASK_MAX_OBJECTS])
{
  Extent extents[N_IDS] = { 0 };
  guint n = 0;

  measure (mask, width, height, extents);
  for (guint id = 1; id < N_IDS; id++) {
    const Extent *e = &extents[id];
    const NfMaskObject object = { .id = id,
      .x = e->left,
      .y = e->top,
      .width = e->right - e->left + 1,
      .height = e->bottom - e->top + 1,
      .area = e->area };

    if (e->area >= MAX (min_area, 1))
      objects[n++] = object;
  }
  return n;
}

/* the pixel that lies below the centre of pixel @i */
static guint
below (guint i, guint from, guint to)
{
  return (guint) ((2 * (guint64) i + 1) * from / (2 * (guint64) to));
}

void
nf_mask_scale (const guint8 *mask, guint width, guint height, guint8 *to,
    guint to_width, guint to_height)
{
  for (guint y = 0; y < to_height; y++) {
    const guint8 *row = mask + (gsize) width * below (y, height, to_height);

    for (guint x = 0; x < to_width; x++)
      *to++ = row[below (x, width, to_width)];
  }
}

void
nf_mask_paint (const guint8 *mask, gsize n, guint8 *rgb)
{
  nf_ids_paint (mask, n, nf_class_colors (), NULL, 0, rgb);
}
