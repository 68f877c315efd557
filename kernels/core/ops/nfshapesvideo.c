/* SPDX-License-Identifier: MIT
 *
 * nfshapesvideo — shape rules of the ops on video
 *
 * The other half of nfshapes.c. */
#include "core/ops/nfpixels.h"
#include "core/ops/nfshapes.h"

static gboolean
all_u8 (const NfOpCall *call, GError **error)
{
  for (guint i = 0; i < call->n_in; i++)
    if (call->in[i] != NULL && call->in[i]->dtype != NF_U8)
      return nf_shape_refuse (call, error, "input %u must be u8", i);
  return TRUE;
}

static gboolean
is_whole_or_half (gint64 size, gint64 of)
{
  return size == of || size == (of + 1) / 2;
}

gboolean
nf_shape_to_rgb (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfToRgbParams *p = call->params;
  const NfTensor *x = call->in[NF_TO_RGB_PLANE];
  gint64 channels = 0;

  for (guint i = 0; i < call->n_in; i++) {
    const NfTensor *plane = call->in[i];

    if (plane == NULL)
      return nf_shape_refuse (call, error, "plane %u is missing", i);
    if (plane->n != x->n || !is_whole_or_half (plane->h, x->h)
        || !is_whole_or_half (plane->w, x->w))
      return nf_shape_refuse (call, error,
          "plane %u must have the size of the first one, or half of it", i);
    channels += plane->c;
  }
  for (guint k = 0; k < 3; k++)
    if (p->place[k] < 0 || p->place[k] >= channels)
      return nf_shape_refuse (call, error,
          "component %u in channel %d, there are %" G_GINT64_FORMAT, k,
          p->place[k], channels);
  *out = (NfShape){ NF_U8, x->n, 3, x->h, x->w };
  return all_u8 (call, error);
}

static gboolean
is_side (gint64 size)
{
  return size >= 1 && size <= NF_RESIZE_MAX;
}

gboolean
nf_shape_resize (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfResizeParams *p = call->params;
  const NfTensor *x = call->in[NF_RESIZE_X];

  if (!is_side (p->h) || !is_side (p->w) || !is_side (x->h) || !is_side (x->w))
    return nf_shape_refuse (call, error,
        "to %" G_GINT64_FORMAT " x %" G_GINT64_FORMAT
        ": sides must be 1 to %d long",
        p->h, p->w, NF_RESIZE_MAX);
  *out = (NfShape){ NF_U8, x->n, x->c, p->h, p->w };
  return all_u8 (call, error);
}

gboolean
nf_shape_paint (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfTensor *ids = call->in[NF_PAINT_IDS],
                 *colors = call->in[NF_PAINT_COLORS];
  const NfTensor *frame = call->in[NF_PAINT_FRAME];

  if (ids->c != 1)
    return nf_shape_refuse (call, error, "class ids must be (N, 1, H, W)");
  if (colors->n != 256 || colors->c != 3 || colors->h != 1 || colors->w != 1)
    return nf_shape_refuse (call, error, "colours must be (256, 3, 1, 1)");
  if (frame != NULL
      && (frame->n != ids->n || (frame->c != 3 && frame->c != 1)
          || frame->h != ids->h || frame->w != ids->w))
    return nf_shape_refuse (
        call, error, "the frame must be (N, 3, H, W) or (N, 1, H, W)");
  *out = (NfShape){ NF_U8, ids->n, 3, ids->h, ids->w };
  return all_u8 (call, error);
}

gboolean
nf_shape_confusion (const NfOpCall *call, NfShape *out, GError **error)
{
  const NfConfusionParams *p = call->params;

  if (p->classes < 2 || p->classes > 256)
    return nf_shape_refuse (
        call, error, "%d classes are not 2 to 256", p->classes);
  if (!nf_tensor_same_shape (
          call->in[NF_CONFUSION_TRUTH], call->in[NF_CONFUSION_PREDICTION]))
    return nf_shape_refuse (call, error, "both masks must have one shape");
  *out = (NfShape){ NF_I64, 1, 1, p->classes, p->classes };
  return all_u8 (call, error);
}
