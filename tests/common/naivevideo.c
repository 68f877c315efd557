/* SPDX-License-Identifier: MIT
 *
 * naivevideo — ops on video in double precision and plain loops
 *
 * The rest of naive.c. */
#include "naiveops.h"

#include <math.h>

/* halves round up, for all that doubles lose */
#define SLACK 1e-9

/* the plane that holds a channel, and which of its own that is */
static Naive *
plane_of (Naive **in, gint64 *channel)
{
  while (*channel >= (*in)->c)
    *channel -= (*in++)->c;
  return *in;
}

/* where a place of a picture lies in a plane, within it */
static gdouble
place_in (gint64 at, gint64 size, gint64 whole, gboolean at_even)
{
  gdouble place = at_even ? at / 2.0 : (at - 0.5) / 2;

  return size == whole ? at : fmin (fmax (place, 0), size - 1);
}

/* a plane between its pixels */
static gdouble
between (Naive *a, gint64 n, gint64 c, gdouble y, gdouble x)
{
  gint64 top = floor (y), left = floor (x);
  gint64 bottom = MIN (top + 1, a->h - 1), right = MIN (left + 1, a->w - 1);
  gdouble down = y - top, across = x - left;

  return (1 - down)
      * ((1 - across) * *naive_at (a, n, c, top, left)
          + across * *naive_at (a, n, c, top, right))
      + down
      * ((1 - across) * *naive_at (a, n, c, bottom, left)
          + across * *naive_at (a, n, c, bottom, right));
}

Naive *
naive_to_rgb (Naive **in, guint n_in, gconstpointer params)
{
  const NfToRgbParams *p = params;
  Naive *out = naive_new (in[NF_TO_RGB_PLANE]->n, 3, in[NF_TO_RGB_PLANE]->h,
      in[NF_TO_RGB_PLANE]->w);

  EACH_PIXEL (out)
  for (guint c = 0; c < 3; c++) {
    gdouble sum = p->matrix[c][3];

    for (guint k = 0; k < 3; k++) {
      gint64 channel = p->place[k];
      Naive *plane = plane_of (in, &channel);

      sum += p->matrix[c][k]
          * between (plane, n, channel, place_in (y, plane->h, out->h, p->top),
              place_in (x, plane->w, out->w, p->left));
    }
    *naive_at (out, n, c, y, x) = fmin (fmax (rint (sum), 0), 255);
  }
  return out;
}

/* how much each of `from` pixels counts for pixel `at` of `to`: a triangle as
 * wide as a pixel of the larger ones, a whole number of pixels, ending at the
 * edges and at the last tap */
static void
triangle (gint64 at, gint64 from, gint64 to, gdouble *weights)
{
  gdouble middle = fmin (fmax ((at + 0.5) * from / to - 0.5, 0), from - 1);
  gint64 width = from > to ? MIN ((2 * from + to - 1) / to, 128) : 2;
  gint64 taps = MIN (width, from);
  gint64 first = (gint64) floor (middle + SLACK) - (taps - 1) / 2;
  gdouble sum = 0;

  for (gint64 i = 0; i < from; i++)
    weights[i] = 0;
  for (gint64 i = first; i < first + taps; i++) {
    gdouble weight = fmax (1 - fabs (i - middle) * 2 / width, 0);

    weights[CLAMP (i, 0, from - 1)] += weight;
    sum += weight;
  }
  for (gint64 i = 0; i < from; i++)
    weights[i] /= sum;
}

Naive *
naive_resize (Naive **in, guint n_in, gconstpointer params)
{
  const NfResizeParams *p = params;
  Naive *a = in[NF_RESIZE_X], *out = naive_new (a->n, a->c, p->h, p->w);
  g_autofree gdouble *rows = g_new (gdouble, a->h);
  g_autofree gdouble *columns = g_new (gdouble, a->w);

  EACH_PIXEL (out)
  {
    triangle (y, a->h, out->h, rows);
    triangle (x, a->w, out->w, columns);
    for (gint64 c = 0; c < a->c; c++) {
      gdouble sum = 0;

      for (gint64 i = 0; i < a->h; i++)
        for (gint64 j = 0; j < a->w; j++)
          sum += rows[i] * columns[j] * *naive_at (a, n, c, i, j);
      *naive_at (out, n, c, y, x) = floor (sum + 0.5 + SLACK);
    }
  }
  return out;
}

Naive *
naive_paint (Naive **in, guint n_in, gconstpointer params)
{
  Naive *ids = in[NF_PAINT_IDS], *frame = n_in > 2 ? in[NF_PAINT_FRAME] : NULL;
  Naive *out = naive_new (ids->n, 3, ids->h, ids->w);

  EACH_PIXEL (ids)
  for (gint64 c = 0; c < 3; c++) {
    gint64 id = *naive_at (ids, n, 0, y, x);
    gdouble value = *naive_at (in[NF_PAINT_COLORS], id, c, 0, 0);

    if (frame != NULL) {
      gdouble under = *naive_at (frame, n, frame->c == 3 ? c : 0, y, x);

      value = id == 0 ? under : floor ((under + value + 1) / 2);
    }
    *naive_at (out, n, c, y, x) = value;
  }
  return out;
}

Naive *
naive_confusion (Naive **in, guint n_in, gconstpointer params)
{
  gint64 classes = ((const NfConfusionParams *) params)->classes;
  Naive *out = naive_new (1, 1, classes, classes);

  for (gsize i = 0; i < naive_elements (in[NF_CONFUSION_TRUTH]); i++) {
    gint64 t = in[NF_CONFUSION_TRUTH]->v[i],
           p = in[NF_CONFUSION_PREDICTION]->v[i];

    *naive_at (out, 0, 0, t < classes ? t : 0, p < classes ? p : 0) += 1;
  }
  return out;
}
