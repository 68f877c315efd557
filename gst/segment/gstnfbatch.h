/* SPDX-License-Identifier: MIT
 *
 * gstnfbatch — frames on their way through a segmenter
 *
 * Frames wait until they run together. Where a mask is decided from a whole
 * clip they are held, until enough frames after them have voted; then their
 * masks are taken one by one.
 *
 *   add ──► waiting ── run ──► held ── decide ──► ready ──► take
 *                       └─── where each pixel or frame ───┘
 *                            decides for itself
 *
 * See: gstnfsegment.c, kernels/nets/nfsegmenter.h, kernels/regions */
#pragma once

#include <nextframe/nets/nfsegmenter.h>
#include <nextframe/regions/nfregionvotes.h>

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_BATCH_MAX_AHEAD: frames after a frame that may vote for its mask */
#define GST_NF_BATCH_MAX_AHEAD 1000

/**
 * GstNfDecision:
 * @GST_NF_DECISION_PIXEL: each pixel takes its most likely class
 * @GST_NF_DECISION_REGION: each region of connected object pixels does
 * @GST_NF_DECISION_CLIP: each object does, by the votes of a clip's frames
 *
 * How masks are made of class probabilities.
 */
typedef enum
{
  GST_NF_DECISION_PIXEL,
  GST_NF_DECISION_REGION,
  GST_NF_DECISION_CLIP,
} GstNfDecision;

/**
 * GstNfBatch:
 *
 * Belongs to the streaming thread.
 */
typedef struct
{
  /*< private >*/
  GstNfDecision decision;
  gboolean unique;
  gboolean confidence, probabilities; /* are kept of frames that run */
  guint ahead; /* frames that may vote after a frame */
  gboolean begins; /* the next frame is the first of a clip */
  GstClockTime ran; /* time of the newest frame that ran without all of its
                       predictions; those that follow are too late */
  guint ran_predictions; /* how many it has */
  NfRegionVotes *votes; /* (nullable): of the clip */
  GQueue waiting, held, ready; /* of frames, in their order */
  GQueue events; /* of what comes between them, in their order */
  guint64 taken; /* frames whose masks were taken */
} GstNfBatch;

/**
 * GstNfBatchMask:
 * @buffer: the frame, perhaps without its memory (owned)
 * @picture: (nullable): of its mask, on the device (owned)
 * @width: of the mask
 * @height: of the mask
 * @mask: the mask in the host's memory (owned)
 * @confidence: (nullable): of each pixel, in the host's memory (owned)
 * @probabilities: (nullable): of each class a plane of the mask's size, in the
 *   host's memory (owned)
 *
 * What a frame became.
 */
typedef struct
{
  GstBuffer *buffer;
  NfTensor *picture; /* (1, 3, H, W) */
  guint width, height;
  guint8 *mask;
  guint8 *confidence;
  guint8 *probabilities;
} GstNfBatchMask;

void gst_nf_batch_init (GstNfBatch *batch);
void gst_nf_batch_clear (GstNfBatch *batch);

/**
 * gst_nf_batch_start:
 * @batch: without frames
 * @decision: how masks are made
 * @unique: whether a class is one object at most, where regions decide
 * @classes: of the network
 */
void gst_nf_batch_start (
    GstNfBatch *batch, GstNfDecision decision, gboolean unique, guint classes);

/**
 * gst_nf_batch_set_ahead:
 * @batch: a batch
 * @frames: that may vote after a frame: so many are held, at most
 *   %GST_NF_BATCH_MAX_AHEAD; without effect where nothing votes
 */
void gst_nf_batch_set_ahead (GstNfBatch *batch, guint frames);

/**
 * gst_nf_batch_keep_confidence:
 * @batch: a batch
 * @keep: whether frames that run from now on keep how sure the network is of
 *   each pixel: the probability of the most likely class, 255 being 1
 */
void gst_nf_batch_keep_confidence (GstNfBatch *batch, gboolean keep);

/**
 * gst_nf_batch_keep_probabilities:
 * @batch: a batch
 * @keep: whether frames that run from now on keep the probability of each class
 *   of each pixel, 255 being 1
 */
void gst_nf_batch_keep_probabilities (GstNfBatch *batch, gboolean keep);

void gst_nf_batch_forget (GstNfBatch *batch);

/**
 * gst_nf_batch_forget_frames:
 * @batch: a batch
 *
 * Frames that were collected and masks that were not taken are lost, and so are
 * votes; the events between them come next.
 */
void gst_nf_batch_forget_frames (GstNfBatch *batch);

/**
 * gst_nf_batch_begin_clip:
 * @batch: a batch
 *
 * The next frame that is added is the first of a clip.
 */
void gst_nf_batch_begin_clip (GstNfBatch *batch);

/**
 * gst_nf_batch_add:
 * @batch: a batch
 * @buffer: (transfer full): a frame
 * @pixels: (transfer full): what the network sees of it, of the same size as
 *   others that wait
 * @picture: (transfer full) (nullable): its pixels at its own size, where
 *   pictures are wanted that show it; @pixels where these are the same
 * @width: of its mask
 * @height: of its mask
 *
 * A further prediction of the frame before it (gstnfensemble.h) becomes part of
 * that: they get one mask, from the mean of their probabilities. One that comes
 * after that was made is left out.
 */
void gst_nf_batch_add (GstNfBatch *batch, GstBuffer *buffer, NfTensor *pixels,
    NfTensor *picture, guint width, guint height);
gboolean gst_nf_batch_add_event (GstNfBatch *batch, GstEvent *event);
GstEvent *gst_nf_batch_take_event (GstNfBatch *batch);

/**
 * gst_nf_batch_waiting:
 * @batch: a batch
 *
 * Returns: how many frames did not run yet
 */
guint gst_nf_batch_waiting (const GstNfBatch *batch);

/**
 * gst_nf_batch_is_full:
 * @batch: a batch
 * @wanted: frames that are to run at once, at least 1
 *
 * Returns: whether so many wait; the newest one counts when all its predictions
 *   are there, or another frame has come
 */
gboolean gst_nf_batch_is_full (const GstNfBatch *batch, guint wanted);

/**
 * gst_nf_batch_held:
 * @batch: a batch
 *
 * Returns: how many frames ran, and wait for the votes of others
 */
guint gst_nf_batch_held (const GstNfBatch *batch);

/**
 * gst_nf_batch_ready:
 * @batch: a batch
 *
 * Returns: how many masks there are to be taken
 */
guint gst_nf_batch_ready (const GstNfBatch *batch);

/**
 * gst_nf_batch_continues:
 * @batch: a batch
 * @buffer: a frame
 *
 * Returns: whether it is a further prediction of the newest frame that waits
 */
gboolean gst_nf_batch_continues (const GstNfBatch *batch, GstBuffer *buffer);

/**
 * gst_nf_batch_run:
 * @batch: with frames that wait
 * @whole: whether the newest one stays where it lacks predictions, and others
 *   wait
 * @segmenter: the network, on the frames' device
 * @dtype: what it computes in
 * @tta: average with the mirrored frames
 * @cancellable: (nullable): ends the run
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, ...
 *
 * Runs the frames that wait. Those whose masks are decided then are ready, in
 * their order. Where it fails all frames are forgotten.
 *
 * Returns: FALSE with @error set
 */
gboolean gst_nf_batch_run (GstNfBatch *batch, gboolean whole,
    NfSegmenter *segmenter, NfDType dtype, gboolean tta,
    GCancellable *cancellable, GError **error);

/**
 * gst_nf_batch_decide:
 * @batch: a batch
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Decides the masks of all frames that are held, by the votes so far; the clip
 * goes on. Where it fails all frames are forgotten.
 *
 * Returns: FALSE with @error set
 */
gboolean gst_nf_batch_decide (GstNfBatch *batch, GError **error);

/**
 * gst_nf_batch_paint:
 * @batch: a batch
 * @device: the frames'
 * @colors: of the classes, on that device, see nf_op_paint()
 * @over: whether the frames are seen below, where they were kept
 * @error: return location
 *
 * Makes pictures of the masks that are ready. Where it fails all frames are
 * forgotten.
 *
 * Returns: FALSE with @error set
 */
gboolean gst_nf_batch_paint (GstNfBatch *batch, NfDevice *device,
    NfTensor *colors, gboolean over, GError **error);

/**
 * gst_nf_batch_take:
 * @batch: with a mask that is ready
 * @mask: (out): the oldest one, to be cleared
 */
void gst_nf_batch_take (GstNfBatch *batch, GstNfBatchMask *mask);
void gst_nf_batch_mask_clear (GstNfBatchMask *mask);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstNfBatchMask, gst_nf_batch_mask_clear)

G_END_DECLS
