/* SPDX-License-Identifier: MIT
 *
 * nfsegmenter — frames in, masks out, from a checkpoint */
#include <nextframe/nets/nfsegmenter.h>

#include <nextframe/io/nfcheckpoint.h>

struct _NfSegmenter
{
  gatomicrefcount refs;
  NfNet *net;
  guint height, width; /* of the frames that it was trained on, or 0 */
};

NfSegmenter *
nf_segmenter_load (const gchar *path, NfDevice *device, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);
  g_autoptr (NfNet) net = NULL;
  NfSegmenter *segmenter;
  guint height, width;

  if (checkpoint == NULL)
    return NULL;
  net = nf_net_load (checkpoint, NF_NET_SEGMENT, device, error);
  if (net == NULL
      || !nf_checkpoint_trained_size (checkpoint, &height, &width, error))
    return NULL;
  segmenter = g_new0 (NfSegmenter, 1);
  g_atomic_ref_count_init (&segmenter->refs);
  segmenter->net = g_steal_pointer (&net);
  segmenter->height = height;
  segmenter->width = width;
  return segmenter;
}

NfSegmenter *
nf_segmenter_ref (NfSegmenter *segmenter)
{
  g_atomic_ref_count_inc (&segmenter->refs);
  return segmenter;
}

void
nf_segmenter_unref (NfSegmenter *segmenter)
{
  if (!g_atomic_ref_count_dec (&segmenter->refs))
    return;
  nf_net_free (segmenter->net);
  g_free (segmenter);
}

const NfNet *
nf_segmenter_net (const NfSegmenter *segmenter)
{
  return segmenter->net;
}

guint
nf_segmenter_classes (const NfSegmenter *segmenter)
{
  NfSegmentSizes sizes;

  nf_segment_sizes (nf_segmenter_net (segmenter), &sizes);
  return (guint) sizes.classes;
}

void
nf_segmenter_trained_size (
    const NfSegmenter *segmenter, guint *height, guint *width)
{
  *height = segmenter->height;
  *width = segmenter->width;
}

/* class ids of frames. Bytes are padded, and ids cropped: both are small */
static NfTensor *
classify (
    NfNet *net, NfTensor *pixels, const NfForward *forward, GError **error)
{
  NfPadParams pad, crop;
  gboolean fits = !nf_segment_padding (net, pixels->h, pixels->w, &pad, &crop);
  g_autoptr (NfTensor) padded =
      fits ? nf_tensor_ref (pixels) : nf_op_pad (pixels, &pad, error);
  g_autoptr (NfTensor) x = NULL;
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (NfTensor) ids = NULL;

  x = nf_segment_normalize (net, padded, error);
  y = nf_segment_logits (net, x, forward, error);
  ids = nf_op_argmax (y, error);
  return fits ? g_steal_pointer (&ids) : nf_op_pad (ids, &crop, error);
}

NfTensor *
nf_segmenter_probabilities (NfSegmenter *segmenter, NfDType dtype, gboolean tta,
    NfTensor *pixels, GCancellable *cancellable, GError **error)
{
  const NfForward forward = { .dtype = dtype, .cancellable = cancellable };
  g_autoptr (NfTensor) x = nf_segment_normalize (segmenter->net, pixels, error);

  return nf_segment_probabilities (segmenter->net, x, tta, &forward, error);
}

NfTensor *
nf_segmenter_classify (NfSegmenter *segmenter, NfDType dtype, gboolean tta,
    NfTensor *pixels, GCancellable *cancellable, GError **error)
{
  const NfForward forward = { .dtype = dtype, .cancellable = cancellable };
  g_autoptr (NfTensor) p = NULL;

  if (!tta)
    return classify (segmenter->net, pixels, &forward, error);
  p = nf_segmenter_probabilities (
      segmenter, dtype, tta, pixels, cancellable, error);
  return nf_op_argmax (p, error);
}

gboolean
nf_segmenter_run (NfSegmenter *segmenter, NfDType dtype, gboolean tta,
    const guint8 *frames, guint n, guint height, guint width, guint8 *masks,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (NfTensor) pixels = NULL;
  g_autoptr (NfTensor) ids = NULL;
  NfSegmentSizes sizes;

  nf_segment_sizes (segmenter->net, &sizes);
  pixels = nf_tensor_new_from_nhwc (segmenter->net->params->device, NF_U8, n,
      sizes.channels, height, width, frames, error);
  if (pixels != NULL)
    ids = nf_segmenter_classify (
        segmenter, dtype, tta, pixels, cancellable, error);
  return ids != NULL && nf_tensor_to_nhwc (ids, masks, error);
}
