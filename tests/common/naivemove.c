/* SPDX-License-Identifier: MIT
 *
 * naivemove — ops that move data in plain loops
 *
 * The rest of naive.c. */
#include "naiveops.h"

Naive *
naive_cast (Naive **in, guint n_in, gconstpointer params)
{
  Naive *out = naive_copy (in[NF_CAST_X]);

  for (gsize i = 0; i < naive_elements (out); i++)
    out->v[i] = ((const NfCastParams *) params)->bf16
        ? (gdouble) nf_bf16_to_f32 (
            nf_bf16_from_f32 ((gfloat) in[NF_CAST_X]->v[i]))
        : in[NF_CAST_X]->v[i];
  return out;
}

Naive *
naive_concat (Naive **in, guint n_in, gconstpointer params)
{
  gint64 total = 0, done = 0;
  Naive *out;

  for (guint i = 0; i < n_in; i++)
    total += in[i]->c;
  out = naive_new (
      in[NF_CONCAT_X]->n, total, in[NF_CONCAT_X]->h, in[NF_CONCAT_X]->w);
  for (guint i = 0; i < n_in; done += in[i++]->c)
    EACH (in[i])
    {
      *naive_at (out, n, done + c, y, x) = *naive_at (in[i], n, c, y, x);
    }
  return out;
}

Naive *
naive_slice (Naive **in, guint n_in, gconstpointer params)
{
  const NfSliceParams *p = params;
  Naive *out = naive_new (
      in[NF_SLICE_X]->n, p->count, in[NF_SLICE_X]->h, in[NF_SLICE_X]->w);

  EACH (out)
  {
    *naive_at (out, n, c, y, x) =
        *naive_at (in[NF_SLICE_X], n, p->from + c, y, x);
  }
  return out;
}

Naive *
naive_pad (Naive **in, guint n_in, gconstpointer params)
{
  const NfPadParams *p = params;
  Naive *a = in[NF_PAD_X];
  Naive *out = naive_new (
      a->n, a->c, a->h + p->top + p->bottom, a->w + p->left + p->right);

  EACH (out)
  {
    gint64 sy = y - p->top, sx = x - p->left;
    gint64 cy = CLAMP (sy, 0, a->h - 1), cx = CLAMP (sx, 0, a->w - 1);

    if (p->mode == NF_PAD_EDGE || (sy == cy && sx == cx))
      *naive_at (out, n, c, y, x) = *naive_at (a, n, c, cy, cx);
  }
  return out;
}

Naive *
naive_flip (Naive **in, guint n_in, gconstpointer params)
{
  Naive *out = naive_copy (in[NF_FLIP_X]);

  EACH (out)
  {
    *naive_at (out, n, c, y, x) =
        *naive_at (in[NF_FLIP_X], n, c, y, out->w - 1 - x);
  }
  return out;
}

Naive *
naive_nearest (Naive **in, guint n_in, gconstpointer params)
{
  const NfNearestParams *p = params;
  Naive *a = in[NF_NEAREST_X], *out = naive_new (a->n, a->c, p->h, p->w);

  EACH (out)
  {
    *naive_at (out, n, c, y, x) =
        *naive_at (a, n, c, y * a->h / p->h, x * a->w / p->w);
  }
  return out;
}

/* as the reference does it: zeros between the pixels, padding, convolution,
 * every second pixel */
Naive *
naive_fir (Naive **in, guint n_in, gconstpointer params)
{
  static const gdouble tap[4] = { 1, 3, 3, 1 };
  const gboolean up = ((const NfFirParams *) params)->up;
  const Naive *a = in[NF_FIR_X];
  Naive *out = naive_new (
      a->n, a->c, up ? 2 * a->h : a->h / 2, up ? 2 * a->w : a->w / 2);

  EACH (out)
  {
    for (gint64 i = 0; i < 16; i++) {
      gint64 sy = (up ? y - 2 : 2 * y - 1) + i / 4;
      gint64 sx = (up ? x - 2 : 2 * x - 1) + i % 4;

      if (up && (sy % 2 != 0 || sx % 2 != 0))
        continue;
      sy = up ? sy / 2 : sy;
      sx = up ? sx / 2 : sx;
      if (sy >= 0 && sy < a->h && sx >= 0 && sx < a->w)
        *naive_at (out, n, c, y, x) += *naive_at (a, n, c, sy, sx) * tap[i / 4]
            * tap[i % 4] / (up ? 16 : 64);
    }
  }
  return out;
}

Naive *
naive_argmax (Naive **in, guint n_in, gconstpointer params)
{
  Naive *a = in[NF_ARGMAX_X], *out = naive_new (a->n, 1, a->h, a->w);

  EACH (out)
  {
    gint64 top = 0;

    for (gint64 i = 1; i < a->c; i++)
      if (*naive_at (a, n, i, y, x) > *naive_at (a, n, top, y, x))
        top = i;
    *naive_at (out, n, c, y, x) = top;
  }
  return out;
}
