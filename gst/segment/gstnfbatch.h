/* SPDX-License-Identifier: MIT
 *
 * gstnfbatch — frames that go through a segmenter together
 *
 * Frames wait until they run; then their masks are taken one by one.
 * See: gstnfsegment.c, kernels/nets/nfsegmenter.h */
#pragma once

#include "nets/nfsegmenter.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfBatch:
 *
 * Belongs to the streaming thread.
 */
typedef struct
{
  /*< private >*/
  GQueue buffers; /* GstBuffer: frames whose masks were not taken */
  GQueue events; /* of what comes between them, in their order */
  guint64 taken; /* frames whose masks were taken */
  GPtrArray *frames; /* NfTensor: those that did not run yet */
  NfTensor *pixels, *ids; /* of the run: (N, C, H, W) and (N, 1, H, W) */
  NfTensor *pictures; /* (nullable): of @ids, (N, 3, H, W) */
  guint8 *masks; /* @ids in the host's memory */
  guint next; /* of the run */
} GstNfBatch;

/**
 * GstNfBatchMask:
 * @buffer: the frame (owned)
 * @picture: (nullable): of its mask, on the device (owned)
 * @width: of the mask
 * @height: of the mask
 * @mask: the mask in the host's memory; there until frames are run or forgotten
 *
 * What a frame became.
 */
typedef struct
{
  GstBuffer *buffer;
  NfTensor *picture; /* (1, 3, H, W) */
  guint width, height;
  const guint8 *mask;
} GstNfBatchMask;

void gst_nf_batch_init (GstNfBatch *batch);
void gst_nf_batch_clear (GstNfBatch *batch);

void gst_nf_batch_forget (GstNfBatch *batch);
void gst_nf_batch_add (GstNfBatch *batch, GstBuffer *buffer, NfTensor *frame);
gboolean gst_nf_batch_add_event (GstNfBatch *batch, GstEvent *event);
GstEvent *gst_nf_batch_take_event (GstNfBatch *batch);
guint gst_nf_batch_waiting (const GstNfBatch *batch);
gboolean gst_nf_batch_run (GstNfBatch *batch, NfSegmenter *segmenter,
    NfDType dtype, gboolean tta, GCancellable *cancellable, GError **error);
gboolean gst_nf_batch_paint (
    GstNfBatch *batch, NfTensor *colors, gboolean over, GError **error);
guint gst_nf_batch_ready (const GstNfBatch *batch);
gboolean gst_nf_batch_take (
    GstNfBatch *batch, GstNfBatchMask *mask, GError **error);
void gst_nf_batch_mask_clear (GstNfBatchMask *mask);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstNfBatchMask, gst_nf_batch_mask_clear)

G_END_DECLS
