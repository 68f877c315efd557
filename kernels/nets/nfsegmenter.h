/* SPDX-License-Identifier: MIT
 *
 * nfsegmenter — frames in, masks out, from a checkpoint
 *
 * What nfsegment calls. Immutable once loaded: several threads may run one
 * segmenter at once. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfsegmentnet.h>

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _NfSegmenter NfSegmenter;

/**
 * nf_segmenter_load:
 * @path: a checkpoint of a network that segments
 * @device: where it runs
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_FORMAT,
 *   %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the segmenter
 */
NF_API NfSegmenter *nf_segmenter_load (
    const gchar *path, NfDevice *device, GError **error);

/**
 * nf_segmenter_ref:
 * @segmenter: a segmenter
 *
 * Returns: (transfer full): @segmenter
 */
NF_API NfSegmenter *nf_segmenter_ref (NfSegmenter *segmenter);

/**
 * nf_segmenter_unref:
 * @segmenter: (transfer full): a segmenter; the last reference frees it
 */
NF_API void nf_segmenter_unref (NfSegmenter *segmenter);

/**
 * nf_segmenter_net:
 * @segmenter: a segmenter
 *
 * Returns: (transfer none): its network, see nf_segment_sizes()
 */
NF_API const NfNet *nf_segmenter_net (const NfSegmenter *segmenter);

/**
 * nf_segmenter_classes:
 * @segmenter: a segmenter
 *
 * Returns: how many classes a pixel may have, 1 to 256
 */
NF_API guint nf_segmenter_classes (const NfSegmenter *segmenter);

/**
 * nf_segmenter_trained_size:
 * @segmenter: a segmenter
 * @height: (out): rows of the frames that it was trained on; 0: its checkpoint
 *   does not say
 * @width: (out): their columns, likewise
 */
NF_API void nf_segmenter_trained_size (
    const NfSegmenter *segmenter, guint *height, guint *width);

/**
 * nf_segmenter_probabilities:
 * @segmenter: a segmenter
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @tta: whether to average with the mirrored frame (test-time augmentation,
 *   twice the time)
 * @pixels: frames on the segmenter's device: u8 (N, channels, H, W), of any
 *   size
 * @cancellable: (nullable): looked at before every convolution
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, or as the
 *   ops have it
 *
 * Returns: (transfer full) (nullable): the probability of each class, on the
 *   device: f32 (N, classes, H, W), summing to one over the classes
 */
NF_API NfTensor *nf_segmenter_probabilities (NfSegmenter *segmenter,
    NfDType dtype, gboolean tta, NfTensor *pixels, GCancellable *cancellable,
    GError **error);

/**
 * nf_segmenter_classify:
 * @segmenter: a segmenter
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @tta: whether to average with the mirrored frame (test-time augmentation,
 *   twice the time)
 * @pixels: frames on the segmenter's device: u8 (N, channels, H, W), of any
 *   size
 * @cancellable: (nullable): looked at before every convolution
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, or as the
 *   ops have it
 *
 * Returns: (transfer full) (nullable): the most likely class of each pixel, on
 *   the device: u8 (N, 1, H, W)
 */
NF_API NfTensor *nf_segmenter_classify (NfSegmenter *segmenter, NfDType dtype,
    gboolean tta, NfTensor *pixels, GCancellable *cancellable, GError **error);

/**
 * nf_segmenter_run:
 * @segmenter: a segmenter
 * @dtype: what the network computes in, %NF_F32 or %NF_BF16
 * @tta: whether to average with the mirrored frame (test-time augmentation,
 *   twice the time)
 * @frames: n packed frames in host memory, H x W x channels bytes each
 * @n: batch size, at least 1
 * @height: rows, any number
 * @width: columns, any number
 * @masks: (out caller-allocates): n masks of H x W class ids
 * @cancellable: (nullable): looked at before every convolution
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, or as the
 *   ops have it
 *
 * nf_segmenter_classify() with frames in host memory.
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_segmenter_run (NfSegmenter *segmenter, NfDType dtype,
    gboolean tta, const guint8 *frames, guint n, guint height, guint width,
    guint8 *masks, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSegmenter, nf_segmenter_unref)

G_END_DECLS
