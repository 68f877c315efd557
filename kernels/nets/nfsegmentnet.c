/* SPDX-License-Identifier: MIT
 *
 * nfsegmentnet — what networks that segment do: frames in, logits out */
#include <nextframe/nets/nfsegmentnet.h>

void
nf_segment_sizes (const NfNet *net, NfSegmentSizes *sizes)
{
  net->klass->segment->sizes (net, sizes);
}

NfTensor *
nf_segment_normalize (NfNet *net, NfTensor *pixels, GError **error)
{
  return net->klass->segment->normalize (net, pixels, error);
}

NfTensor *
nf_segment_logits (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error)
{
  return net->klass->segment->logits (net, x, forward, error);
}

gboolean
nf_segment_padding (const NfNet *net, gint64 height, gint64 width,
    NfPadParams *pad, NfPadParams *crop)
{
  NfSegmentSizes sizes;
  gint rows, cols;

  nf_segment_sizes (net, &sizes);
  rows = (gint) (-height & (sizes.stride - 1));
  cols = (gint) (-width & (sizes.stride - 1));
  *pad = (NfPadParams){ .top = rows / 2,
    .bottom = rows - rows / 2,
    .left = cols / 2,
    .right = cols - cols / 2,
    .mode = NF_PAD_EDGE };
  *crop = (NfPadParams){ .top = -pad->top,
    .bottom = -pad->bottom,
    .left = -pad->left,
    .right = -pad->right,
    .mode = NF_PAD_ZERO };
  return rows != 0 || cols != 0;
}

NfTensor *
nf_segment_forward (
    NfNet *net, NfTensor *x, const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) padded = NULL, y = NULL;
  NfPadParams pad, crop;
  gboolean fits;

  if (x == NULL)
    return NULL;
  fits = !nf_segment_padding (net, x->h, x->w, &pad, &crop);
  padded = fits ? nf_tensor_ref (x) : nf_op_pad (x, &pad, error);
  y = nf_segment_logits (net, padded, forward, error);
  return fits ? g_steal_pointer (&y) : nf_op_pad (y, &crop, error);
}

/* a batch of the frames and, behind them, their mirror images */
static NfTensor *
with_mirrored (NfTensor *x, GError **error)
{
  g_autoptr (NfTensor) mirror = nf_op_flip (x, error);
  g_autoptr (NfTensor) both = mirror != NULL
      ? nf_tensor_new (x->device, NF_F32, 2 * x->n, x->c, x->h, x->w, error)
      : NULL;
  g_autoptr (NfTensor) first = NULL;
  g_autoptr (NfTensor) second = NULL;

  if (both == NULL)
    return NULL;
  first = nf_tensor_batch_slice (both, 0, x->n, error);
  second = nf_tensor_batch_slice (both, x->n, x->n, error);
  if (first == NULL || second == NULL || !nf_tensor_copy (first, x, error)
      || !nf_tensor_copy (second, mirror, error))
    return NULL;
  return g_steal_pointer (&both);
}

/* the mean of the result for frames and that for their mirror images */
static NfTensor *
mean_of_both (NfTensor *p, GError **error)
{
  static const NfAxpbyParams half = {
    .alpha = 0.5f, .beta = 0.5f, .act = NF_ACT_NONE
  };
  g_autoptr (NfTensor) first = nf_tensor_batch_slice (p, 0, p->n / 2, error);
  g_autoptr (NfTensor) second =
      nf_tensor_batch_slice (p, p->n / 2, p->n / 2, error);
  g_autoptr (NfTensor) back = nf_op_flip (second, error);

  if (back == NULL) /* which the sum could do without */
    return NULL;
  return nf_op_axpby (first, back, &half, error);
}

NfTensor *
nf_segment_probabilities (NfNet *net, NfTensor *x, gboolean tta,
    const NfForward *forward, GError **error)
{
  g_autoptr (NfTensor) batch =
      tta ? with_mirrored (x, error) : nf_tensor_ref (x);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) p = NULL;

  y = nf_segment_forward (net, batch, forward, error);
  p = nf_op_softmax (y, error);
  return p != NULL && tta ? mean_of_both (p, error) : g_steal_pointer (&p);
}
