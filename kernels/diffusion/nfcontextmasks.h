/* SPDX-License-Identifier: MIT
 *
 * nfcontextmasks — the masks of the frames that are given
 *
 * A segmenter finds the regions of each frame, and all frames vote on their
 * classes. Where predictions follow one another from nearly the same frames, as
 * in a sliding window, the regions of a frame are found once and remembered. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/nets/nfsegmenter.h>

G_BEGIN_DECLS

typedef struct _NfContextMasks NfContextMasks;

/**
 * nf_context_masks_new:
 *
 * Returns: (transfer full): a memory of the regions of frames, with nothing in
 *   it; to be used by one thread at a time
 */
NF_API NfContextMasks *nf_context_masks_new (void);

/**
 * nf_context_masks_free:
 * @memory: (transfer full) (nullable): what is remembered
 */
NF_API void nf_context_masks_free (NfContextMasks *memory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfContextMasks, nf_context_masks_free)

/**
 * nf_context_masks_find:
 * @memory: (nullable): what the last call with it remembered; keeps the regions
 *   of these frames, and references to them, until the next call
 * @segmenter: the network that finds the regions
 * @dtype: what it computes in, %NF_F32 or %NF_BF16
 * @cancellable: (nullable): looked at for each frame
 * @frames: (array length=n): u8 (1, 3, H, W) of one size, oldest first; a frame
 *   is known again by its address, so it must not change
 * @n: how many
 * @masks: (out caller-allocates): (n, H, W): classes
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, or as the
 *   device has it
 *
 * Returns: FALSE with @error set; what was found until then is remembered
 */
NF_API gboolean nf_context_masks_find (NfContextMasks *memory,
    NfSegmenter *segmenter, NfDType dtype, GCancellable *cancellable,
    NfTensor *const *frames, guint n, guint8 *masks, GError **error);

G_END_DECLS
