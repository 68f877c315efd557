/* SPDX-License-Identifier: MIT
 *
 * pictures — what people look at: the best, the median and the worst clip */
#include "eval/pictures.h"
#include "io/nfpng.h"
#include <nextframe/metrics/nfmask.h>

#include <stdlib.h>

#define LAST (NF_EVAL_FRAMES - 1)

static const guint context_shown[] = { 0, 5, 10 };

static void
picture_free (NfEvalPicture *picture)
{
  g_free (picture->caption);
  g_free (picture->uri);
  g_free (picture);
}

static void
shown_free (NfEvalShown *shown)
{
  g_free (shown->name);
  g_ptr_array_unref (shown->pictures);
  g_ptr_array_unref (shown->others);
  g_free (shown);
}

typedef struct
{
  guint clip;
  gdouble jaccard;
} Ranked;

static gint
compare_ranked (gconstpointer a, gconstpointer b)
{
  const Ranked *x = a, *y = b;

  if (x->jaccard != y->jaccard)
    return x->jaccard > y->jaccard ? -1 : 1;
  return (x->clip > y->clip) - (x->clip < y->clip);
}

/* Adds a picture of (height, width, 3). */
static gboolean
add_rgb (GPtrArray *pictures, const NfEvalClip *clip, const guint8 *rgb,
    const gchar *caption, GError **error)
{
  g_autoptr (GBytes) png =
      nf_png_encode_rgb (rgb, clip->width, clip->height, NF_PNG_SMALL, error);
  g_autofree gchar *text = NULL;
  NfEvalPicture *picture;

  if (!png)
    return FALSE;
  text = g_base64_encode (g_bytes_get_data (png, NULL), g_bytes_get_size (png));
  picture = g_new (NfEvalPicture, 1);
  picture->caption = g_strdup (caption);
  picture->uri = g_strconcat ("data:image/png;base64,", text, NULL);
  g_ptr_array_add (pictures, picture);
  return TRUE;
}

static gboolean
add_frame (GPtrArray *pictures, const NfEvalClip *clip, const guint8 *frames,
    guint t, const gchar *what, GError **error)
{
  g_autofree gchar *caption = g_strdup_printf ("%s, frame %u", what, t + 1);

  return add_rgb (pictures, clip, frames + 3 * nf_eval_clip_pixels (clip) * t,
      caption, error);
}

static gboolean
add_mask (GPtrArray *pictures, const NfEvalClip *clip, const guint8 *masks,
    const gchar *caption, GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);
  g_autofree guint8 *rgb = g_malloc (3 * pixels);

  nf_mask_paint (masks + pixels * LAST, pixels, rgb);
  return add_rgb (pictures, clip, rgb, caption, error);
}

/* The true frame in gray; red where the mask is wrong. */
static gboolean
add_errors (GPtrArray *pictures, const NfEvalClip *clip, const guint8 *masks,
    GError **error)
{
  gsize pixels = nf_eval_clip_pixels (clip);
  const guint8 *frame = clip->frames + 3 * pixels * LAST;
  const guint8 *truth = clip->truth + pixels * LAST;
  const guint8 *mask = masks + pixels * LAST;
  g_autofree guint8 *rgb = g_malloc (3 * pixels);

  for (gsize i = 0; i < pixels; i++) {
    guint8 gray = (frame[3 * i] + 2 * frame[3 * i + 1] + frame[3 * i + 2]) / 4;
    gboolean wrong = truth[i] != mask[i];

    rgb[3 * i] = wrong ? 128 + gray / 2 : gray;
    rgb[3 * i + 1] = rgb[3 * i + 2] = wrong ? gray / 4 : gray;
  }
  return add_rgb (pictures, clip, rgb, "wrong pixels", error);
}

/* What is seen, what is true, and what the row made of it. */
static gboolean
add_shown (GPtrArray *pictures, const NfEvalRow *row, NfEvalClip *clip,
    NfEvalOutput *output, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (context_shown); i++)
    if (!add_frame (
            pictures, clip, clip->frames, context_shown[i], "given", error))
      return FALSE;
  return add_frame (pictures, clip, clip->frames, LAST, "truth", error)
      && nf_eval_row_run (row, clip, FALSE, output, error)
      && (!output->has_frame[LAST]
          || add_frame (
              pictures, clip, output->frames, LAST, "predicted", error))
      && add_mask (pictures, clip, output->masks, "predicted mask", error)
      && add_mask (pictures, clip, clip->truth, "true mask", error)
      && add_errors (pictures, clip, output->masks, error);
}

static gboolean
add_others (GPtrArray *pictures, const GPtrArray *totals, const NfEvalRow *row,
    NfEvalClip *clip, NfEvalOutput *output, GError **error)
{
  for (guint i = 0; i < totals->len; i++) {
    const NfEvalRow *other = ((const NfEvalTotal *) totals->pdata[i])->row;

    if (other != row
        && (!nf_eval_row_run (other, clip, FALSE, output, error)
            || !add_mask (pictures, clip, output->masks, other->title, error)))
      return FALSE;
  }
  return TRUE;
}

static NfEvalShown *
show_clip (const gchar *rank, const Ranked *ranked, const GPtrArray *totals,
    const NfEvalRow *row, NfEvalClip *clip, GError **error)
{
  g_autoptr (NfEvalOutput) output = nf_eval_output_new ();
  NfEvalShown *shown;

  if (!nf_eval_clip_open (clip, ranked->clip, error))
    return NULL;
  shown = g_new0 (NfEvalShown, 1);
  shown->rank = rank;
  shown->name = g_strdup (clip->name);
  shown->jaccard = ranked->jaccard;
  shown->width = clip->width;
  shown->height = clip->height;
  shown->pictures =
      g_ptr_array_new_with_free_func ((GDestroyNotify) picture_free);
  shown->others =
      g_ptr_array_new_with_free_func ((GDestroyNotify) picture_free);
  if (add_shown (shown->pictures, row, clip, output, error)
      && add_others (shown->others, totals, row, clip, output, error))
    return shown;
  shown_free (shown);
  return NULL;
}

/**
 * nf_eval_pictures_make:
 * @totals: (element-type NfEvalTotal): of every row, over at least one clip
 * @clip: a place for clips, with the rows' networks
 * @error: return location
 *
 * Ranks clips by the row that nf_eval_totals_shown() names.
 *
 * Returns: (transfer full) (nullable) (element-type NfEvalShown): the best clip,
 *   the median one and the worst, as far as they are not the same
 */
GPtrArray *
nf_eval_pictures_make (
    const GPtrArray *totals, NfEvalClip *clip, GError **error)
{
  static const gchar *const ranks[] = { "best", "median", "worst" };
  const NfEvalTotal *total = nf_eval_totals_shown (totals);
  guint n = total->clips->len;
  const guint places[] = { 0, n / 2, n - 1 };
  g_autofree Ranked *ranked = g_new (Ranked, n);
  g_autoptr (GPtrArray) clips =
      g_ptr_array_new_with_free_func ((GDestroyNotify) shown_free);

  for (guint i = 0; i < n; i++)
    ranked[i] =
        (Ranked){ i, g_array_index (total->clips, NfEvalClipScore, i).jaccard };
  qsort (ranked, n, sizeof *ranked, compare_ranked);
  for (guint i = 0; i < G_N_ELEMENTS (ranks); i++) {
    NfEvalShown *shown;

    if (i > 0 && places[i] == places[i - 1])
      continue;
    shown = show_clip (
        ranks[i], &ranked[places[i]], totals, total->row, clip, error);
    if (!shown)
      return NULL;
    g_ptr_array_add (clips, shown);
  }
  return g_steal_pointer (&clips);
}
