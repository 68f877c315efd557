/* SPDX-License-Identifier: MIT
 *
 * nfsegmenter — frames in, masks out, from a checkpoint
 *
 * What nfsegment calls. Immutable once loaded: several threads may run one
 * segmenter at once. */
#pragma once

#include "nets/nfsegmentnet.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _NfSegmenter NfSegmenter;

NfSegmenter *nf_segmenter_load (
    const gchar *path, NfDevice *device, GError **error);
NfSegmenter *nf_segmenter_ref (NfSegmenter *segmenter);
void nf_segmenter_unref (NfSegmenter *segmenter);

/**
 * nf_segmenter_net:
 * @segmenter: a segmenter
 *
 * Returns: (transfer none): its network, see nf_segment_sizes()
 */
const NfNet *nf_segmenter_net (const NfSegmenter *segmenter);

/**
 * nf_segmenter_classes:
 * @segmenter: a segmenter
 *
 * Returns: how many classes a pixel may have, 1 to 256
 */
guint nf_segmenter_classes (const NfSegmenter *segmenter);

/**
 * nf_segmenter_trained_size:
 * @segmenter: a segmenter
 * @height: (out): rows of the frames that it was trained on; 0: its checkpoint
 *   does not say
 * @width: (out): their columns, likewise
 */
void nf_segmenter_trained_size (
    const NfSegmenter *segmenter, guint *height, guint *width);

NfTensor *nf_segmenter_probabilities (NfSegmenter *segmenter, NfDType dtype,
    gboolean tta, NfTensor *pixels, GCancellable *cancellable, GError **error);
NfTensor *nf_segmenter_classify (NfSegmenter *segmenter, NfDType dtype,
    gboolean tta, NfTensor *pixels, GCancellable *cancellable, GError **error);
gboolean nf_segmenter_run (NfSegmenter *segmenter, NfDType dtype, gboolean tta,
    const guint8 *frames, guint n, guint height, guint width, guint8 *masks,
    GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSegmenter, nf_segmenter_unref)

G_END_DECLS
