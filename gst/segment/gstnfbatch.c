/* SPDX-License-Identifier: MIT
 *
 * gstnfbatch — frames on their way through a segmenter
 *
 * See: gstnfsegment.c */
#include "segment/gstnfbatch.h"

#include "common/gstnfclasses.h"
#include "common/gstnfensemble.h"

#include <nextframe/core/ops/nfops.h>
#include <nextframe/metrics/nfmask.h>

/* a frame, wherever it is */
typedef struct
{
  GstBuffer *buffer;
  NfTensor *pixels; /* (nullable): what the network sees, until it ran */
  GPtrArray *further; /* (nullable): the same of its other predictions */
  GstNfEnsemblePlace newest; /* of its predictions */
  NfTensor *picture; /* (nullable): what is seen below colours */
  NfTensor *ids; /* (nullable): the mask where it was made on the device */
  NfRegions *regions; /* (nullable): while it is held */
  guint width, height; /* of its mask */
  gboolean begins; /* a clip */
  guint8 *mask; /* (nullable): once it is ready */
  guint8 *confidence; /* (nullable): once it ran, where that is kept */
  guint8 *probabilities; /* (nullable): likewise */
  NfTensor *painted; /* (nullable): the picture of its mask */
} Frame;

/* how frames are seen */
typedef struct
{
  NfSegmenter *segmenter;
  NfDType dtype;
  gboolean tta;
  GCancellable *cancellable;
} Network;

/* an event behind so many frames */
typedef struct
{
  GstEvent *event;
  guint64 behind; /* as batch->taken counts */
} Held;

static void
frame_free (gpointer data)
{
  Frame *frame = data;

  gst_clear_buffer (&frame->buffer);
  nf_tensor_clear (&frame->pixels);
  g_clear_pointer (&frame->further, g_ptr_array_unref);
  nf_tensor_clear (&frame->picture);
  nf_tensor_clear (&frame->ids);
  g_clear_pointer (&frame->regions, nf_regions_free);
  g_free (frame->mask);
  g_free (frame->confidence);
  g_free (frame->probabilities);
  nf_tensor_clear (&frame->painted);
  g_free (frame);
}

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
  g_queue_init (&batch->waiting);
  g_queue_init (&batch->held);
  g_queue_init (&batch->ready);
  g_queue_init (&batch->events);
}

/**
 * gst_nf_batch_clear:
 * @batch: to be freed
 */
void
gst_nf_batch_clear (GstNfBatch *batch)
{
  gst_nf_batch_forget (batch);
  g_clear_pointer (&batch->votes, nf_region_votes_free);
}

void
gst_nf_batch_start (
    GstNfBatch *batch, GstNfDecision decision, gboolean unique, guint classes)
{
  gst_nf_batch_clear (batch);
  batch->decision = decision;
  batch->unique = unique;
  batch->ahead = 0;
  if (decision == GST_NF_DECISION_CLIP)
    batch->votes = nf_region_votes_new (classes, unique);
}

void
gst_nf_batch_set_ahead (GstNfBatch *batch, guint frames)
{
  batch->ahead = MIN (frames, GST_NF_BATCH_MAX_AHEAD);
}

void
gst_nf_batch_keep_confidence (GstNfBatch *batch, gboolean keep)
{
  batch->confidence = keep;
}

void
gst_nf_batch_keep_probabilities (GstNfBatch *batch, gboolean keep)
{
  batch->probabilities = keep;
}

/**
 * gst_nf_batch_forget:
 * @batch: a batch
 *
 * Frames that were collected, masks that were not taken, and events between
 * them are lost, and so are votes.
 */
void
gst_nf_batch_forget (GstNfBatch *batch)
{
  gst_nf_batch_forget_frames (batch);
  g_queue_clear_full (&batch->events, held_free);
}

void
gst_nf_batch_forget_frames (GstNfBatch *batch)
{
  g_queue_clear_full (&batch->waiting, frame_free);
  g_queue_clear_full (&batch->held, frame_free);
  g_queue_clear_full (&batch->ready, frame_free);
  batch->ran_predictions = 0;
  for (GList *l = batch->events.head; l != NULL; l = l->next)
    ((Held *) l->data)->behind = batch->taken;
  gst_nf_batch_begin_clip (batch);
}

void
gst_nf_batch_begin_clip (GstNfBatch *batch)
{
  batch->begins = TRUE;
}

/* what is held may be held for long: upstream's pool wants its memory back */
static GstBuffer *
without_memory (GstBuffer *buffer)
{
  GstBuffer *rest = gst_buffer_new ();

  gst_buffer_copy_into (rest, buffer,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META,
      0, -1);
  gst_buffer_unref (buffer);

  return rest;
}

gboolean
gst_nf_batch_continues (const GstNfBatch *batch, GstBuffer *buffer)
{
  const GstNfEnsemblePlace place = gst_nf_ensemble_place (buffer);
  const Frame *frame = g_queue_peek_tail ((GQueue *) &batch->waiting);

  return frame != NULL && place.prediction > frame->newest.prediction
      && place.predictions == frame->newest.predictions
      && GST_BUFFER_PTS (buffer) == GST_BUFFER_PTS (frame->buffer);
}

/* whether a mask was made of the predictions before this one */
static gboolean
is_too_late (const GstNfBatch *batch, GstBuffer *buffer)
{
  const GstNfEnsemblePlace place = gst_nf_ensemble_place (buffer);

  return place.prediction > 0 && place.predictions == batch->ran_predictions
      && GST_BUFFER_PTS (buffer) == batch->ran;
}

/* takes a further prediction of the newest frame that waits */
static gboolean
join (GstNfBatch *batch, GstBuffer *buffer, NfTensor *pixels)
{
  Frame *frame;

  if (!gst_nf_batch_continues (batch, buffer))
    return FALSE;
  frame = g_queue_peek_tail (&batch->waiting);
  frame->newest = gst_nf_ensemble_place (buffer);
  if (frame->further == NULL)
    frame->further =
        g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  g_ptr_array_add (frame->further, nf_tensor_ref (pixels));
  batch->begins = FALSE; /* a mark on it is of predictions that are missing */

  return TRUE;
}

void
gst_nf_batch_add (GstNfBatch *batch, GstBuffer *buffer, NfTensor *pixels,
    NfTensor *picture, guint width, guint height)
{
  Frame *frame;

  if (join (batch, buffer, pixels) || is_too_late (batch, buffer)) {
    gst_buffer_unref (buffer);
    nf_tensor_unref (pixels);
    nf_tensor_clear (&picture);
    return;
  }
  frame = g_new0 (Frame, 1);
  frame->newest = gst_nf_ensemble_place (buffer);
  frame->buffer = batch->votes != NULL ? without_memory (buffer) : buffer;
  frame->pixels = pixels;
  frame->picture = picture;
  frame->width = width;
  frame->height = height;
  frame->begins = batch->begins;
  batch->begins = FALSE;
  g_queue_push_tail (&batch->waiting, frame);
}

static guint
count_frames (const GstNfBatch *batch)
{
  return batch->waiting.length + batch->held.length + batch->ready.length;
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

  if (count_frames (batch) == 0)
    return FALSE;
  held = g_new (Held, 1);
  *held = (Held){ event, batch->taken + count_frames (batch) };
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

guint
gst_nf_batch_waiting (const GstNfBatch *batch)
{
  return batch->waiting.length;
}

/* whether all predictions of a frame are there */
static gboolean
has_all (const Frame *frame)
{
  return frame->newest.prediction + 1 == frame->newest.predictions;
}

gboolean
gst_nf_batch_is_full (const GstNfBatch *batch, guint wanted)
{
  const guint n = batch->waiting.length;

  return n > wanted
      || (n == wanted
          && has_all (g_queue_peek_tail ((GQueue *) &batch->waiting)));
}

guint
gst_nf_batch_held (const GstNfBatch *batch)
{
  return batch->held.length;
}

guint
gst_nf_batch_ready (const GstNfBatch *batch)
{
  return batch->ready.length;
}

/* (transfer full) (nullable): the frames that wait, as one tensor */
static NfTensor *
gather (GstNfBatch *batch, GError **error)
{
  const guint n = batch->waiting.length;
  const Frame *first = batch->waiting.head->data;
  const NfTensor *like = first->pixels;
  g_autoptr (NfTensor) all = NULL;
  const GList *l = batch->waiting.head;

  if (n == 1)
    return nf_tensor_ref (first->pixels);
  all =
      nf_tensor_new (like->device, NF_U8, n, like->c, like->h, like->w, error);
  for (guint i = 0; all != NULL && i < n; i++, l = l->next) {
    g_autoptr (NfTensor) place = nf_tensor_batch_slice (all, i, 1, error);

    if (place == NULL
        || !nf_tensor_copy (place, ((const Frame *) l->data)->pixels, error))
      return NULL;
  }

  return g_steal_pointer (&all);
}

/* room for a mask of the network's size */
static guint8 *
mask_new (guint width, guint height, GError **error)
{
  guint8 *mask = g_try_malloc ((gsize) width * height);

  if (mask == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a mask of %ux%u", width, height);

  return mask;
}

/* @values: (transfer full): of the network's size; (transfer full) (nullable):
 * the same of the frame's own size */
static guint8 *
at_frame_size (const Frame *frame, guint8 *values, guint width, guint height,
    GError **error)
{
  g_autofree guint8 *owned = values;
  guint8 *scaled;

  if (width == frame->width && height == frame->height)
    return g_steal_pointer (&owned);
  scaled = mask_new (frame->width, frame->height, error);
  if (scaled != NULL)
    nf_mask_scale (owned, width, height, scaled, frame->width, frame->height);

  return scaled;
}

/* (transfer full) (nullable): room for the probabilities of a frame */
static gfloat *
host_new (const NfTensor *p, GError **error)
{
  gfloat *host = g_try_malloc (p->bytes / (gsize) p->n);

  if (host == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for the probabilities of a frame of %dx%d", (gint) p->w,
        (gint) p->h);

  return host;
}

/* NaN is not sure at all */
static guint8
probability_byte (gfloat p)
{
  return p > 0 ? (guint8) (255 * MIN (p, 1) + 0.5f) : 0;
}

/* the frame gets how sure the network is */
static gboolean
set_confidence (Frame *frame, const gfloat *p, guint width, guint height,
    guint classes, GError **error)
{
  guint8 *confidence = mask_new (width, height, error);

  if (confidence == NULL)
    return FALSE;
  for (gsize i = 0; i < (gsize) width * height; i++) {
    gfloat most = 0;

    for (guint k = 0; k < classes; k++)
      most = p[i * classes + k] > most ? p[i * classes + k] : most;
    confidence[i] = probability_byte (most);
  }
  frame->confidence = at_frame_size (frame, confidence, width, height, error);

  return frame->confidence != NULL;
}

/* the frame gets a plane a class */
static gboolean
set_probabilities (Frame *frame, const gfloat *p, guint width, guint height,
    guint classes, GError **error)
{
  const gsize pixels = (gsize) width * height;
  const gsize plane = (gsize) frame->width * frame->height;
  g_autofree guint8 *own = mask_new (width, height, error);

  if (own != NULL)
    frame->probabilities = g_try_malloc_n (classes, plane);
  if (own != NULL && frame->probabilities == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for %u planes of %ux%u", classes, frame->width,
        frame->height);
  for (guint k = 0; frame->probabilities != NULL && k < classes; k++) {
    for (gsize i = 0; i < pixels; i++)
      own[i] = probability_byte (p[i * classes + k]);
    nf_mask_scale (own, width, height, frame->probabilities + k * plane,
        frame->width, frame->height);
  }

  return frame->probabilities != NULL;
}

/* (transfer full) (nullable) */
static NfTensor *
see (const Network *network, NfTensor *pixels, GError **error)
{
  return nf_segmenter_probabilities (network->segmenter, network->dtype,
      network->tta, pixels, network->cancellable, error);
}

/* adds the probabilities of the frame's other predictions, and divides */
static gboolean
average (
    const Network *network, const Frame *frame, gfloat *host, GError **error)
{
  const guint further = frame->further != NULL ? frame->further->len : 0;
  const gfloat share = 1.0f / (gfloat) (further + 1);
  g_autofree gfloat *other = NULL;
  gsize values = 0;

  for (guint i = 0; i < further; i++) {
    g_autoptr (NfTensor) p = see (network, frame->further->pdata[i], error);

    if (p != NULL && other == NULL)
      other = host_new (p, error);
    if (other == NULL || p == NULL || !nf_tensor_to_nhwc (p, other, error))
      return FALSE;
    values = p->bytes / sizeof *other;
    for (gsize v = 0; v < values; v++)
      host[v] += other[v];
  }
  for (gsize v = 0; v < values; v++)
    host[v] *= share;

  return TRUE;
}

/* a frame's part of the probabilities, the mean of its predictions' */
static gboolean
download (const GstNfBatch *batch, const Network *network, Frame *frame,
    NfTensor *all, guint i, gfloat *host, GError **error)
{
  const guint width = (guint) all->w, height = (guint) all->h;
  const guint classes = (guint) all->c;
  g_autoptr (NfTensor) p = nf_tensor_batch_slice (all, i, 1, error);

  return p != NULL && nf_tensor_to_nhwc (p, host, error)
      && average (network, frame, host, error)
      && (!batch->confidence
          || set_confidence (frame, host, width, height, classes, error))
      && (!batch->probabilities
          || set_probabilities (frame, host, width, height, classes, error));
}

/* puts the mean of a frame's predictions where the first one's probabilities
 * are */
static gboolean
upload_mean (const Frame *frame, NfTensor *all, guint i, const gfloat *host,
    GError **error)
{
  g_autoptr (NfTensor) mean = NULL;
  g_autoptr (NfTensor) place = NULL;

  if (frame->further == NULL)
    return TRUE;
  mean = nf_tensor_new_from_nhwc (
      all->device, NF_F32, 1, all->c, all->h, all->w, host, error);
  place = nf_tensor_batch_slice (all, i, 1, error);

  return mean != NULL && place != NULL && nf_tensor_copy (place, mean, error);
}

/* whether masks alone are wanted, and of single frames */
static gboolean
wants_classes_alone (const GstNfBatch *batch)
{
  for (const GList *l = batch->waiting.head; l != NULL; l = l->next)
    if (((const Frame *) l->data)->further != NULL)
      return FALSE;

  return !batch->confidence && !batch->probabilities;
}

/* (transfer full) (nullable): the most likely classes of the frames that wait,
 * which get how likely they are where that is kept */
static NfTensor *
classify (
    GstNfBatch *batch, NfTensor *pixels, const Network *network, GError **error)
{
  g_autoptr (NfTensor) p = NULL;
  g_autofree gfloat *host = NULL;
  guint i = 0;

  if (wants_classes_alone (batch))
    return nf_segmenter_classify (network->segmenter, network->dtype,
        network->tta, pixels, network->cancellable, error);
  p = see (network, pixels, error);
  host = p != NULL ? host_new (p, error) : NULL;
  if (host == NULL)
    return NULL;
  for (GList *l = batch->waiting.head; l != NULL; l = l->next, i++)
    if (!download (batch, network, l->data, p, i, host, error)
        || !upload_mean (l->data, p, i, host, error))
      return NULL;

  return nf_op_argmax (p, error);
}

/* each pixel decides */
static gboolean
run_pixels (
    GstNfBatch *batch, NfTensor *pixels, const Network *network, GError **error)
{
  g_autoptr (NfTensor) ids = classify (batch, pixels, network, error);
  Frame *frame;

  for (guint i = 0;
       ids != NULL && (frame = g_queue_peek_head (&batch->waiting)) != NULL;
       i++) {
    const guint width = (guint) ids->w, height = (guint) ids->h;
    guint8 *mask = mask_new (width, height, error);

    frame->ids = nf_tensor_batch_slice (ids, i, 1, error);
    if (mask == NULL || frame->ids == NULL
        || !nf_tensor_to_nhwc (frame->ids, mask, error)) {
      g_free (mask);
      return FALSE;
    }
    frame->mask = at_frame_size (frame, mask, width, height, error);
    if (frame->mask == NULL)
      return FALSE;
    if (width != frame->width || height != frame->height)
      nf_tensor_clear (&frame->ids);
    g_queue_push_tail (&batch->ready, g_queue_pop_head (&batch->waiting));
  }

  return ids != NULL;
}

/* the oldest frame that is held becomes ready */
static gboolean
decide_oldest (GstNfBatch *batch, GError **error)
{
  Frame *frame = g_queue_peek_head (&batch->held);
  const NfRegions *r = frame->regions;
  g_autofree guint *chosen = g_new (guint, MAX (r->n, 1));
  guint8 *mask = mask_new (r->width, r->height, error);

  if (mask == NULL)
    return FALSE;
  if (batch->votes != NULL)
    nf_region_votes_choose (batch->votes, r, chosen);
  else
    nf_regions_choose (r, batch->unique, chosen);
  nf_regions_paint (r, chosen, mask);
  frame->mask = at_frame_size (frame, mask, r->width, r->height, error);
  if (frame->mask == NULL)
    return FALSE;
  g_clear_pointer (&frame->regions, nf_regions_free);
  g_queue_push_tail (&batch->ready, g_queue_pop_head (&batch->held));

  return TRUE;
}

static gboolean
decide_until (GstNfBatch *batch, guint held, GError **error)
{
  while (batch->held.length > held)
    if (!decide_oldest (batch, error))
      return FALSE;

  return TRUE;
}

/* a frame's regions, from its part of the probabilities; what a network with
 * other classes said of it is no help */
static NfRegions *
find_regions (const GstNfBatch *batch, const Network *network, Frame *frame,
    NfTensor *all, guint i, gfloat *host, GError **error)
{
  const guint width = (guint) all->w, height = (guint) all->h;
  const guint classes = (guint) all->c;

  if (!download (batch, network, frame, all, i, host, error))
    return NULL;
  nf_regions_expect (host, (gsize) width * height, classes,
      gst_nf_classes_of (frame->buffer, classes));

  return nf_regions_new (host, width, height, classes, error);
}

/* regions decide, those of a frame or those of a clip */
static gboolean
run_regions (
    GstNfBatch *batch, NfTensor *pixels, const Network *network, GError **error)
{
  g_autoptr (NfTensor) p = see (network, pixels, error);
  g_autofree gfloat *host = NULL;
  Frame *frame;

  host = p != NULL ? host_new (p, error) : NULL;
  if (host == NULL)
    return FALSE;
  for (guint i = 0; (frame = g_queue_peek_head (&batch->waiting)) != NULL;
       i++) {
    frame->regions = find_regions (batch, network, frame, p, i, host, error);
    if (frame->regions == NULL)
      return FALSE;
    nf_tensor_clear (&frame->pixels);
    g_clear_pointer (&frame->further, g_ptr_array_unref);
    if (frame->begins) {
      if (!decide_until (batch, 0, error))
        return FALSE;
      if (batch->votes != NULL)
        nf_region_votes_begin (batch->votes);
    }
    if (batch->votes != NULL)
      nf_region_votes_add (batch->votes, frame->regions);
    g_queue_push_tail (&batch->held, g_queue_pop_head (&batch->waiting));
    if (!decide_until (batch, batch->votes != NULL ? batch->ahead : 0, error))
      return FALSE;
  }

  return TRUE;
}

/* what is known of a frame that runs now, for predictions that come later */
static void
note_last (GstNfBatch *batch)
{
  const Frame *newest = g_queue_peek_tail (&batch->waiting);

  batch->ran_predictions = has_all (newest) ? 0 : newest->newest.predictions;
  batch->ran = GST_BUFFER_PTS (newest->buffer);
}

gboolean
gst_nf_batch_run (GstNfBatch *batch, gboolean whole, NfSegmenter *segmenter,
    NfDType dtype, gboolean tta, GCancellable *cancellable, GError **error)
{
  const Network network = { segmenter, dtype, tta, cancellable };
  Frame *stays = whole && batch->waiting.length > 1
          && !has_all (g_queue_peek_tail (&batch->waiting))
      ? g_queue_pop_tail (&batch->waiting)
      : NULL;
  g_autoptr (NfTensor) pixels = NULL;
  gboolean ok;

  note_last (batch);
  pixels = gather (batch, error);
  ok = pixels != NULL
      && (batch->decision == GST_NF_DECISION_PIXEL ? run_pixels : run_regions) (
          batch, pixels, &network, error);
  if (stays != NULL)
    g_queue_push_tail (&batch->waiting, stays);
  if (!ok)
    gst_nf_batch_forget (batch);

  return ok;
}

gboolean
gst_nf_batch_decide (GstNfBatch *batch, GError **error)
{
  if (decide_until (batch, 0, error))
    return TRUE;
  gst_nf_batch_forget (batch);

  return FALSE;
}

/* (transfer full) (nullable): the frame's mask on the device */
static NfTensor *
upload_ids (const Frame *frame, NfDevice *device, GError **error)
{
  if (frame->ids != NULL)
    return nf_tensor_ref (frame->ids);

  return nf_tensor_new_from_nhwc (
      device, NF_U8, 1, 1, frame->height, frame->width, frame->mask, error);
}

gboolean
gst_nf_batch_paint (GstNfBatch *batch, NfDevice *device, NfTensor *colors,
    gboolean over, GError **error)
{
  for (GList *l = batch->ready.head; l != NULL; l = l->next) {
    Frame *frame = l->data;
    g_autoptr (NfTensor) ids = NULL;

    if (frame->painted != NULL)
      continue;
    ids = upload_ids (frame, device, error);
    if (ids != NULL)
      frame->painted =
          nf_op_paint (ids, colors, over ? frame->picture : NULL, error);
    if (frame->painted == NULL) {
      gst_nf_batch_forget (batch);
      return FALSE;
    }
  }

  return TRUE;
}

void
gst_nf_batch_take (GstNfBatch *batch, GstNfBatchMask *mask)
{
  Frame *frame = g_queue_pop_head (&batch->ready);

  batch->taken++;
  *mask = (GstNfBatchMask){ .buffer = g_steal_pointer (&frame->buffer),
    .picture = g_steal_pointer (&frame->painted),
    .width = frame->width,
    .height = frame->height,
    .mask = g_steal_pointer (&frame->mask),
    .confidence = g_steal_pointer (&frame->confidence),
    .probabilities = g_steal_pointer (&frame->probabilities) };
  frame_free (frame);
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
  g_clear_pointer (&mask->mask, g_free);
  g_clear_pointer (&mask->confidence, g_free);
  g_clear_pointer (&mask->probabilities, g_free);
}
