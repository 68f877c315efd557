/* SPDX-License-Identifier: MIT
 *
 * gstnfbatch — frames that go through a segmenter together
 *
 * See: gstnfsegment.c */
#include "segment/gstnfbatch.h"

#include "core/ops/nfops.h"

/* an event behind so many frames */
typedef struct
{
  GstEvent *event;
  guint64 behind; /* as batch->taken counts */
} Held;

static void
held_free (gpointer data)
{
  Held *held = data;

  gst_event_unref (held->event);
  g_free (held);
}

/**
 * gst_nf_batch_init:
 * @batch: (out): without frames
 */
void
gst_nf_batch_init (GstNfBatch *batch)
{
  *batch = (GstNfBatch){ 0 };
  g_queue_init (&batch->buffers);
  g_queue_init (&batch->events);
  batch->frames =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
}

/**
 * gst_nf_batch_clear:
 * @batch: to be freed
 */
void
gst_nf_batch_clear (GstNfBatch *batch)
{
  gst_nf_batch_forget (batch);
  g_clear_pointer (&batch->frames, g_ptr_array_unref);
}

static void
forget_run (GstNfBatch *batch)
{
  nf_tensor_clear (&batch->pixels);
  nf_tensor_clear (&batch->ids);
  nf_tensor_clear (&batch->pictures);
  g_clear_pointer (&batch->masks, g_free);
  batch->next = 0;
}

/**
 * gst_nf_batch_forget:
 * @batch: a batch
 *
 * Frames that were collected, masks that were not taken, and events between
 * them are lost.
 */
void
gst_nf_batch_forget (GstNfBatch *batch)
{
  g_queue_clear_full (&batch->buffers, (GDestroyNotify) gst_buffer_unref);
  g_queue_clear_full (&batch->events, held_free);
  g_ptr_array_set_size (batch->frames, 0);
  forget_run (batch);
}

/**
 * gst_nf_batch_add:
 * @batch: a batch
 * @buffer: (transfer full): a frame
 * @frame: (transfer full): its pixels, of the same size as others that wait
 */
void
gst_nf_batch_add (GstNfBatch *batch, GstBuffer *buffer, NfTensor *frame)
{
  g_queue_push_tail (&batch->buffers, buffer);
  g_ptr_array_add (batch->frames, frame);
}

/**
 * gst_nf_batch_add_event:
 * @batch: a batch
 * @event: (transfer full): an event that must not overtake the frames before it
 *
 * Returns: FALSE, and @event is the caller's, when there are none
 */
gboolean
gst_nf_batch_add_event (GstNfBatch *batch, GstEvent *event)
{
  Held *held;

  if (batch->buffers.length == 0)
    return FALSE;
  held = g_new (Held, 1);
  *held = (Held){ event, batch->taken + batch->buffers.length };
  g_queue_push_tail (&batch->events, held);

  return TRUE;
}

/**
 * gst_nf_batch_take_event:
 * @batch: a batch
 *
 * Returns: (transfer full) (nullable): the event that comes before the next mask
 */
GstEvent *
gst_nf_batch_take_event (GstNfBatch *batch)
{
  Held *held = g_queue_peek_head (&batch->events);
  GstEvent *event;

  if (held == NULL || held->behind > batch->taken)
    return NULL;
  event = gst_event_ref (held->event);
  held_free (g_queue_pop_head (&batch->events));

  return event;
}

/**
 * gst_nf_batch_waiting:
 * @batch: a batch
 *
 * Returns: how many frames did not run yet
 */
guint
gst_nf_batch_waiting (const GstNfBatch *batch)
{
  return batch->frames->len;
}

/* (transfer full) (nullable): the frames that wait, as one tensor */
static NfTensor *
gather (GstNfBatch *batch, GError **error)
{
  const guint n = batch->frames->len;
  NfTensor *first = batch->frames->pdata[0];
  g_autoptr (NfTensor) all = NULL;

  if (n == 1)
    return nf_tensor_ref (first);
  all = nf_tensor_new (
      first->device, NF_U8, n, first->c, first->h, first->w, error);
  for (guint i = 0; all != NULL && i < n; i++) {
    g_autoptr (NfTensor) place = nf_tensor_batch_slice (all, i, 1, error);

    if (place == NULL
        || !nf_tensor_copy (place, batch->frames->pdata[i], error))
      return NULL;
  }

  return g_steal_pointer (&all);
}

/**
 * gst_nf_batch_run:
 * @batch: with frames that wait, and none that is ready
 * @segmenter: the network, on the frames' device
 * @dtype: what it computes in
 * @tta: average with the mirrored frames
 * @cancellable: (nullable): ends the run
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_NO_MEMORY, ...
 *
 * Runs all frames that wait. Where that fails they are forgotten.
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_batch_run (GstNfBatch *batch, NfSegmenter *segmenter, NfDType dtype,
    gboolean tta, GCancellable *cancellable, GError **error)
{
  forget_run (batch);
  batch->pixels = gather (batch, error);
  g_ptr_array_set_size (batch->frames, 0);
  if (batch->pixels != NULL)
    batch->ids = nf_segmenter_classify (
        segmenter, dtype, tta, batch->pixels, cancellable, error);
  if (batch->ids != NULL) {
    batch->masks = g_malloc (batch->ids->bytes);
    if (nf_tensor_to_nhwc (batch->ids, batch->masks, error))
      return TRUE;
  }
  gst_nf_batch_forget (batch);

  return FALSE;
}

/**
 * gst_nf_batch_paint:
 * @batch: after a run
 * @colors: of the classes, on the frames' device, see nf_op_paint()
 * @over: whether the frames are seen below
 * @error: return location
 *
 * Makes pictures of the masks. Where that fails they are forgotten.
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_batch_paint (
    GstNfBatch *batch, NfTensor *colors, gboolean over, GError **error)
{
  batch->pictures =
      nf_op_paint (batch->ids, colors, over ? batch->pixels : NULL, error);
  if (batch->pictures != NULL)
    return TRUE;
  gst_nf_batch_forget (batch);

  return FALSE;
}

/**
 * gst_nf_batch_ready:
 * @batch: a batch
 *
 * Returns: how many masks there are to be taken
 */
guint
gst_nf_batch_ready (const GstNfBatch *batch)
{
  return batch->buffers.length - batch->frames->len;
}

/**
 * gst_nf_batch_take:
 * @batch: with a mask that is ready
 * @mask: (out): the oldest one, to be cleared
 * @error: return location
 *
 * Returns: FALSE with @error set and nothing to clear
 */
gboolean
gst_nf_batch_take (GstNfBatch *batch, GstNfBatchMask *mask, GError **error)
{
  const guint i = batch->next++;

  batch->taken++;
  *mask = (GstNfBatchMask){ .buffer = g_queue_pop_head (&batch->buffers),
    .width = (guint) batch->ids->w,
    .height = (guint) batch->ids->h,
    .mask = batch->masks + i * (batch->ids->bytes / (gsize) batch->ids->n) };
  if (batch->pictures == NULL)
    return TRUE;
  mask->picture = nf_tensor_batch_slice (batch->pictures, i, 1, error);
  if (mask->picture != NULL)
    return TRUE;
  gst_nf_batch_mask_clear (mask);

  return FALSE;
}

/**
 * gst_nf_batch_mask_clear:
 * @mask: may be all zeros
 */
void
gst_nf_batch_mask_clear (GstNfBatchMask *mask)
{
  gst_clear_buffer (&mask->buffer);
  nf_tensor_clear (&mask->picture);
}
