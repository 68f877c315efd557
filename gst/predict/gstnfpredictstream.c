/* SPDX-License-Identifier: MIT
 *
 * gstnfpredictstream — what the streaming thread of a predicting element does
 *
 * Frames are brought to packed pixels on the device as they come and put into a
 * window; when that is full, the subclass predicts, and the frames are handed
 * out one by one.
 * Siblings: gstnfwindow.c (when to predict), gstnftimestamps.c (times of frames) */
#include "predict/gstnfpredictstream.h"

#include "common/gstnfclasses.h"
#include "common/gstnfcuda.h"
#include "common/gstnferror.h"

#include <nextframe/core/nferror.h>

GST_DEBUG_CATEGORY_EXTERN (gst_nf_predict_base_debug);
#define GST_CAT_DEFAULT gst_nf_predict_base_debug

/**
 * gst_nf_predict_stream_init:
 * @self: (out): of @element
 * @element: not referenced
 */
void
gst_nf_predict_stream_init (GstNfPredictStream *self, GstVideoFilter *element)
{
  *self = (GstNfPredictStream){ .element = element };
  gst_nf_properties_init (gst_nf_window_properties, &self->settings);
  gst_nf_latency_init (&self->latency, GST_ELEMENT (element));
  gst_nf_cancel_init (&self->cancel, GST_ELEMENT (element));
}

/**
 * gst_nf_predict_stream_clear:
 * @self: stopped
 */
void
gst_nf_predict_stream_clear (GstNfPredictStream *self)
{
  gst_nf_cancel_clear (&self->cancel);
  g_clear_pointer (&self->title, g_free);
}

/* those that wait, and the one that is pushed */
static void
forget_predictions (GstNfPredictStream *self)
{
  gst_nf_waiting_clear (&self->waiting);
  g_clear_pointer (&self->leaving, gst_nf_waiting_free);
  gst_nf_predicted_frames_clear (&self->predicted);
}

/**
 * gst_nf_predict_stream_flush:
 *
 * As at the start of a stream, of which nothing is known yet.
 */
void
gst_nf_predict_stream_flush (GstNfPredictStream *self)
{
  gst_nf_window_restart (&self->window);
  forget_predictions (self);
  gst_clear_buffer (&self->passing);
  gst_nf_fill_clear (&self->fill);
  gst_nf_latency_reset_qos (&self->latency);
  self->clip_begins = TRUE;
  self->due = FALSE;
  self->clip = self->windows = 0;
  g_clear_pointer (&self->title, g_free);
  gst_nf_timestamps_restart (&self->timestamps);
  self->pushed_until = 0;
}

/**
 * gst_nf_predict_stream_start:
 * @hooks: what predicts; they stay
 * @error: return location
 *
 * Lets @hooks make ready.
 *
 * Returns: FALSE with @error set; to be stopped also then
 */
gboolean
gst_nf_predict_stream_start (
    GstNfPredictStream *self, const GstNfPredictHooks *hooks, GError **error)
{
  GstNfWindowSettings settings;

  GST_OBJECT_LOCK (self->element);
  self->stats = (GstNfPredictStats){ 0 };
  settings = self->settings;
  self->horizon = settings.horizon;
  GST_OBJECT_UNLOCK (self->element);
  self->hooks = hooks;
  gst_nf_cancel_start (&self->cancel);
  gst_nf_latency_reset (&self->latency);
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  gst_nf_timestamps_init (&self->timestamps, GST_ELEMENT (self->element));
  gst_nf_predict_stream_flush (self);
  self->mode = settings.mode;
  self->emit = settings.emit;
  self->untold = 0;
  self->warned = 0;

  self->shape = (GstNfPredictShape){ 0 };
  self->told_early = FALSE;

  if (!gst_nf_window_settings_check (&settings, error)
      || !hooks->open (
          self->element, &settings, &self->shape, &self->device, error))
    return FALSE;
  if (settings.emit != GST_NF_EMIT_GAPS || gst_nf_fill_can (&self->shape))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "emit=gaps needs frames that are predicted between others: nfpredict "
      "mode=interpolate");

  return FALSE;
}

/**
 * gst_nf_predict_stream_stop:
 *
 * Lets go of frames and of the device; the streaming thread has ended.
 */
void
gst_nf_predict_stream_stop (GstNfPredictStream *self)
{
  forget_predictions (self);
  gst_clear_buffer (&self->passing);
  gst_nf_fill_clear (&self->fill);
  gst_nf_window_clear (&self->window);
  gst_nf_converters_clear (&self->converters);
  g_clear_pointer (&self->device, nf_device_unref);
  if (self->hooks->close != NULL)
    self->hooks->close (self->element);
}

/* a window that will never be full, because its clip is over; of many within a
 * second one is reported, and how many there were */
static void
warn_incomplete (GstNfPredictStream *self, guint frames)
{
  const gint64 now = g_get_monotonic_time ();

  GST_OBJECT_LOCK (self->element);
  self->stats.incomplete++;
  GST_OBJECT_UNLOCK (self->element);
  self->untold++;
  if (self->warned != 0 && now - self->warned < G_USEC_PER_SEC)
    return;
  GST_ELEMENT_WARNING (self->element, STREAM, FAILED,
      ("Clip %" G_GUINT64_FORMAT " ended after %u of the %u frames that a "
       "prediction needs, so nothing was predicted.",
          self->clip, frames, self->window.length),
      ("Give at least %u frames in each clip. Clips that ended too early since "
       "the last warning: %u.",
          self->window.length, self->untold));
  self->warned = now;
  self->untold = 0;
}

/* those that no warning has counted */
static void
warn_of_the_rest (GstNfPredictStream *self)
{
  if (self->untold > 0)
    GST_ELEMENT_WARNING (self->element, STREAM, FAILED,
        ("%u more clips ended before a prediction could be made.",
            self->untold),
        ("Give at least %u frames in each clip.", self->window.length));
  self->untold = 0;
}

static void
begin_clip (GstNfPredictStream *self)
{
  gboolean some = self->window.count > 0;
  guint lost = gst_nf_window_restart (&self->window);

  if (lost > 0 && self->emit != GST_NF_EMIT_GAPS)
    warn_incomplete (self, lost);
  if (some)
    self->clip++;
  gst_nf_timestamps_begin_clip (&self->timestamps);
  gst_nf_fill_close (&self->fill);
  gst_nf_predicted_frames_clear (&self->predicted);
  self->due = FALSE;
  self->clip_begins = FALSE;
  self->first_out = TRUE;
  self->offset = GST_BUFFER_OFFSET_NONE;
}

/* a window for other pixels than before forgets those that it held */
static void
set_packed (GstNfPredictStream *self, const GstVideoInfo *packed)
{
  if (self->window.length == self->shape.length
      && gst_video_info_is_equal (packed, &self->packed))
    return;
  if (self->window.length > 0)
    begin_clip (self);
  self->clip_begins = TRUE;
  self->packed = *packed;
  gst_nf_window_clear (&self->window);
  gst_nf_window_init (&self->window, self->shape.length);
}

/**
 * gst_nf_predict_stream_set_caps:
 * @in: of frames that come
 * @out: of frames that are pushed
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_predict_stream_set_caps (
    GstNfPredictStream *self, GstCaps *in, GstCaps *out, GError **error)
{
  const GstVideoFilter *filter = self->element;
  GstVideoInfo info, packed;

  if (!gst_video_info_from_caps (&info, in)) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "video: caps that describe no frames");
    return FALSE;
  }
  if (!self->hooks->describe (self->element, &info, &packed, error)
      || !gst_nf_converters_set (
          &self->converters, self->device, in, &packed, out, error))
    return FALSE;
  if (filter->negotiated && !gst_video_info_is_equal (&filter->in_info, &info)
      && self->window.count > 0) {
    GST_WARNING_OBJECT (
        self->element, "the caps changed within a clip; another begins");
    self->clip_begins = TRUE;
  }
  set_packed (self, &packed);
  gst_nf_timestamps_set_info (&self->timestamps, &info);
  if (self->emit == GST_NF_EMIT_GAPS)
    gst_nf_latency_set_held (&self->latency,
        gst_nf_latency_of_frames (&info, self->shape.behind - 1));

  return TRUE;
}

/**
 * gst_nf_predict_stream_set_segment:
 * @event: (transfer full): the segment of frames that come
 *
 * Returns: (transfer full): that of what is pushed: the future has no stop, and
 *   frames without timestamps get some. What is played backwards is not predicted,
 *   and begins at the stop.
 */
GstEvent *
gst_nf_predict_stream_set_segment (GstNfPredictStream *self, GstEvent *event)
{
  GstSegment segment;
  GstEvent *open;

  gst_event_copy_segment (event, &segment);
  if (segment.format != GST_FORMAT_TIME)
    gst_segment_init (&segment, GST_FORMAT_TIME);
  self->segment = segment;
  self->clip_begins = TRUE;
  gst_nf_timestamps_restart (&self->timestamps);
  self->pushed_until = 0;
  gst_nf_latency_reset_qos (&self->latency);
  if (segment.rate > 0)
    segment.stop = GST_CLOCK_TIME_NONE;
  open = gst_event_new_segment (&segment);
  gst_event_set_seqnum (open, gst_event_get_seqnum (event));
  gst_event_set_running_time_offset (
      open, gst_event_get_running_time_offset (event));
  gst_event_unref (event);

  return open;
}

/**
 * gst_nf_predict_stream_take_tags:
 * @event: (transfer none): tags
 *
 * Another title is another clip.
 */
void
gst_nf_predict_stream_take_tags (GstNfPredictStream *self, GstEvent *event)
{
  GstTagList *tags;
  gchar *title = NULL;

  gst_event_parse_tag (event, &tags);
  if (!gst_tag_list_get_string (tags, GST_TAG_TITLE, &title))
    return;
  if (self->title != NULL && g_strcmp0 (title, self->title) != 0)
    self->clip_begins = TRUE;
  g_free (self->title);
  self->title = title;
}

/**
 * gst_nf_predict_stream_end:
 *
 * The last clip is over.
 */
void
gst_nf_predict_stream_end (GstNfPredictStream *self)
{
  begin_clip (self);
  warn_of_the_rest (self);
  self->clip_begins = TRUE;
}

/* (transfer full) (nullable): an empty frame for downstream */
static GstBuffer *
acquire (GstNfPredictStream *self, GstFlowReturn *flow)
{
  GstBufferPool *pool =
      gst_base_transform_get_buffer_pool (GST_BASE_TRANSFORM (self->element));
  GstBuffer *buffer = NULL;

  *flow = GST_FLOW_NOT_NEGOTIATED;
  if (pool == NULL)
    return NULL;
  if (gst_buffer_pool_set_active (pool, TRUE))
    *flow = gst_nf_element_no_frame (GST_ELEMENT (self->element),
        gst_buffer_pool_acquire_buffer (pool, &buffer, NULL),
        GST_BASE_TRANSFORM (self->element)->srcpad);
  gst_object_unref (pool);

  return buffer;
}

/* (transfer full) (nullable): a frame of the context, as downstream wants it */
static GstBuffer *
convert (GstNfPredictStream *self, GstBuffer *input, GstFlowReturn *flow)
{
  g_autoptr (GError) error = NULL;
  GstBuffer *output;

  *flow = GST_FLOW_OK;
  if (self->converters.past == NULL)
    return gst_buffer_make_writable (gst_buffer_ref (input));
  output = acquire (self, flow);
  if (output == NULL)
    return NULL;
  gst_buffer_copy_into (
      output, input, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  if (!gst_nf_video_convert (self->converters.past, input, output, &error)) {
    *flow = gst_nf_element_flow (GST_ELEMENT (self->element), error);
    gst_clear_buffer (&output);
  }

  return output;
}

/* lets a frame of the context pass */
static GstFlowReturn
pass_through (GstNfPredictStream *self, GstBuffer *input)
{
  GstFlowReturn flow;
  GstBuffer *output = convert (self, input, &flow);

  if (output != NULL) {
    GST_BUFFER_PTS (output) = self->timestamps.newest;
    GST_BUFFER_DTS (output) = GST_CLOCK_TIME_NONE;
  }
  self->passing = output;

  return flow;
}

static gboolean
is_outside (GstNfPredictStream *self, GstBuffer *input)
{
  GstClockTime begin = GST_BUFFER_PTS (input), end = begin;

  if (!GST_CLOCK_TIME_IS_VALID (begin))
    return FALSE;
  if (GST_BUFFER_DURATION_IS_VALID (input))
    end += GST_BUFFER_DURATION (input);

  return !gst_segment_clip (
      &self->segment, GST_FORMAT_TIME, begin, end, NULL, NULL);
}

/* whether a clip begins with a frame. When sliding, a mark does not count behind
 * frames that are missing: a queue that drops some marks the next one, too. */
static gboolean
begins_clip (GstNfPredictStream *self, const GstBuffer *input, gint64 missing,
    guint max_gap)
{
  return self->clip_begins || missing < 0 || missing > (gint64) max_gap
      || (GST_BUFFER_IS_DISCONT (input)
          && (self->mode == GST_NF_WINDOW_CLIP || missing == 0));
}

/* lets a frame pass, or holds it until the gap before it is filled */
static GstFlowReturn
pass_behind_gap (
    GstNfPredictStream *self, GstBuffer *input, guint before, guint missing)
{
  const GstFlowReturn flow = pass_through (self, input);

  self->due = flow == GST_FLOW_OK
      && gst_nf_fill_take (&self->fill, &self->shape, before, missing,
          g_steal_pointer (&self->passing));

  return flow;
}

/* puts a frame into the window, behind those that are missing */
static GstFlowReturn
add_to_window (GstNfPredictStream *self, GstBuffer *input, guint missing,
    const GstNfWindowSettings *settings)
{
  const guint before = self->window.count;
  g_autoptr (GError) error = NULL;
  NfTensor *frame = gst_nf_frames_read (self->converters.in, input, &error);

  if (frame == NULL)
    return gst_nf_element_flow (GST_ELEMENT (self->element), error);
  gst_nf_window_put_missing (&self->window, frame, missing);
  gst_nf_window_push (&self->window, frame);
  if (GST_BUFFER_OFFSET_IS_VALID (input))
    self->offset = GST_BUFFER_OFFSET (input);
  else
    self->offset += missing + 1; /* the first one is number 0 */
  if (self->emit == GST_NF_EMIT_GAPS)
    return pass_behind_gap (self, input, before, missing);
  self->due = gst_nf_window_is_due (&self->window, settings);
  if (self->emit == GST_NF_EMIT_ALL)
    return pass_through (self, input);

  return GST_FLOW_OK;
}

/* lets the element predict with something new, where it has that and no window is
 * half full; a window of another size begins anew */
static void
renew (GstNfPredictStream *self, const GstNfWindowSettings *settings)
{
  const GstBaseTransform *trans = GST_BASE_TRANSFORM (self->element);
  const GstNfPredictShape before = self->shape;
  g_autoptr (GstCaps) in = NULL;
  g_autoptr (GstCaps) out = NULL;
  g_autoptr (GError) error = NULL;

  if (self->hooks->renew == NULL || !g_queue_is_empty (&self->waiting)
      || (self->mode == GST_NF_WINDOW_CLIP && self->window.count > 0)
      || !self->hooks->renew (self->element, settings, &self->shape))
    return;
  in = gst_pad_get_current_caps (trans->sinkpad);
  out = gst_pad_get_current_caps (trans->srcpad);
  if (in != NULL && out != NULL
      && !gst_nf_predict_stream_set_caps (self, in, out, &error))
    self->shape = before;
  self->hooks->settle (self->element, error);
  self->clip_begins = FALSE; /* the frame that comes is in the window */
}

/**
 * gst_nf_predict_stream_submit:
 * @input: (transfer none): a frame
 *
 * Takes what comes.
 */
GstFlowReturn
gst_nf_predict_stream_submit (GstNfPredictStream *self, GstBuffer *input)
{
  GstNfWindowSettings settings;
  gint64 missing;

  GST_OBJECT_LOCK (self->element);
  settings = self->settings;
  settings.horizon = self->horizon;
  self->stats.frames_in++;
  GST_OBJECT_UNLOCK (self->element);
  settings.mode = self->mode;
  if (self->segment.rate < 0) {
    GST_ELEMENT_ERROR (self->element, STREAM, FORMAT,
        ("Cannot predict backwards. Play with a rate above 0."), (NULL));
    return GST_FLOW_ERROR;
  }
  if (is_outside (self, input))
    return GST_FLOW_OK;
  missing = gst_nf_timestamps_missing (&self->timestamps, input);
  if (begins_clip (self, input, missing, settings.max_gap)) {
    begin_clip (self);
    missing = 0;
  }
  if (GST_BUFFER_IS_DISCONT (input) && self->emit != GST_NF_EMIT_GAPS)
    self->first_out = TRUE; /* frames are missing before what is made of it */
  renew (self, &settings);
  if (self->window.count == 0)
    missing = 0;
  gst_nf_timestamps_add (
      &self->timestamps, input, self->segment.start, (guint) missing);

  return gst_nf_window_wants (&self->window, self->mode)
      ? add_to_window (self, input, (guint) missing, &settings)
      : GST_FLOW_OK;
}

/* when a predicted frame is; less than 0: before all times there are */
static GstClockTimeDiff
time_of (GstNfPredictStream *self, guint number)
{
  const guint behind = self->shape.behind;
  GstNfTimestamps *timestamps =
      self->leaving != NULL ? &self->leaving->timestamps : &self->timestamps;

  return number >= behind
      ? (GstClockTimeDiff) (timestamps->newest
          + gst_nf_timestamps_ahead (timestamps, number - behind))
      : GST_CLOCK_DIFF (gst_nf_timestamps_ahead (timestamps, behind - number),
          timestamps->newest);
}

/* gives the latency how far ahead of the newest frame, or behind it, the first
 * predicted one lies */
static void
set_distance (GstNfPredictStream *self)
{
  const guint first = self->predicted.next, behind = self->shape.behind;

  gst_nf_latency_set_held (&self->latency,
      gst_nf_latency_of_frames (
          &self->element->in_info, first < behind ? behind - first : 0));
  /* frames that pass by are not of the future */
  gst_nf_latency_set_ahead (&self->latency,
      self->emit == GST_NF_EMIT_ALL || first <= behind
          ? 0
          : gst_nf_timestamps_ahead (&self->timestamps, first - behind));
}

/* whether the last frame of the prediction that is due would come too late */
static gboolean
drop_late (GstNfPredictStream *self, const GstNfPredictJob *job)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self->element)->segment;
  GstClockTime time = (GstClockTime) MAX (time_of (self, job->horizon), 0);
  GstClockTime running =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, time);

  if (self->mode != GST_NF_WINDOW_SLIDING
      || !gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self->element))
      || !gst_nf_latency_is_late (&self->latency, running))
    return FALSE;
  GST_DEBUG_OBJECT (self->element,
      "prediction %" G_GUINT64_FORMAT " would be too late", job->clip);
  gst_nf_latency_drop (&self->latency, segment, time,
      gst_nf_timestamps_ahead (&self->timestamps, 1));
  self->first_out = TRUE;

  return TRUE;
}

/* what is to be predicted from the window */
static GstNfPredictJob
next_job (GstNfPredictStream *self)
{
  GstNfPredictJob job = { .emit = self->emit,
    .window = &self->window,
    .packed = &self->packed,
    .clip = self->mode == GST_NF_WINDOW_SLIDING ? self->windows : self->clip,
    .cancellable = self->cancel.cancellable,
    .predicted = &self->predicted };

  GST_OBJECT_LOCK (self->element);
  job.horizon = self->shape.last > 0 ? self->shape.last : self->horizon;
  GST_OBJECT_UNLOCK (self->element);
  if (self->mode == GST_NF_WINDOW_SLIDING)
    self->windows++;

  return job;
}

static GstFlowReturn
do_jobs (GstNfPredictStream *self, const GstNfPredictJob *jobs, guint n)
{
  g_autoptr (GError) error = NULL;
  GstClockTime began = gst_util_get_timestamp (), took;

  if (!self->hooks->predict (self->element, jobs, n, &error))
    return gst_nf_element_flow (GST_ELEMENT (self->element), error);
  took = gst_util_get_timestamp () - began;
  GST_DEBUG_OBJECT (self->element,
      "%u clips from %" G_GUINT64_FORMAT " on took %" GST_TIME_FORMAT, n,
      jobs->clip, GST_TIME_ARGS (took));
  GST_OBJECT_LOCK (self->element);
  self->stats.clips += n;
  self->stats.computing += took;
  GST_OBJECT_UNLOCK (self->element);
  gst_nf_latency_count (&self->latency, n);
  gst_nf_latency_measured (&self->latency, took);

  return GST_FLOW_OK;
}

/* predicts all that wait */
static GstFlowReturn
do_batch (GstNfPredictStream *self)
{
  const guint most = gst_nf_waiting_count (&self->waiting);
  g_autofree GstNfPredictJob *jobs = g_new0 (GstNfPredictJob, most);
  guint n = 0;

  for (GList *l = self->waiting.head; l != NULL; l = l->next) {
    GstNfWaiting *waiting = l->data;

    if (waiting->done)
      continue;
    waiting->done = TRUE;
    jobs[n++] = (GstNfPredictJob){ .emit = self->emit,
      .horizon = waiting->horizon,
      .window = &waiting->window,
      .packed = &self->packed,
      .clip = waiting->clip,
      .cancellable = self->cancel.cancellable,
      .predicted = &waiting->predicted };
  }

  return n > 0 ? do_jobs (self, jobs, n) : GST_FLOW_OK;
}

/* predicts now, or when the batch is full */
static GstFlowReturn
predict (GstNfPredictStream *self)
{
  const GstNfPredictJob job = next_job (self);
  GstNfWaiting *waiting;
  GstFlowReturn flow;

  self->due = FALSE;
  if (drop_late (self, &job))
    return GST_FLOW_OK;
  if (self->shape.batch <= 1 || self->emit == GST_NF_EMIT_GAPS) {
    flow = do_jobs (self, &job, 1);
    if (flow == GST_FLOW_OK)
      set_distance (self);
    return flow;
  }
  waiting = gst_nf_waiting_new (&self->window);
  waiting->timestamps = self->timestamps;
  waiting->offset = self->offset;
  waiting->clip = job.clip;
  waiting->horizon = job.horizon;
  waiting->first = self->first_out;
  self->first_out = FALSE;
  g_queue_push_tail (&self->waiting, waiting);

  return gst_nf_waiting_count (&self->waiting) >= self->shape.batch
      ? do_batch (self)
      : GST_FLOW_OK;
}

/* a mark that no frame of the prediction that leaves got, because none was pushed,
 * goes to the one that comes next */
static void
pass_mark_on (GstNfPredictStream *self)
{
  gboolean *next = &self->first_out;

  if (self->leaving == NULL || !self->leaving->first)
    return;
  for (GList *l = self->waiting.tail; l != NULL; l = l->prev)
    if (((GstNfWaiting *) l->data)->event == NULL)
      next = &((GstNfWaiting *) l->data)->first;
  *next = TRUE;
  self->leaving->first = FALSE;
}

/* whether there is a frame to push: of the window, or of a prediction that
 * waited. Events that waited before it are pushed. */
static gboolean
has_frame (GstNfPredictStream *self)
{
  if (gst_nf_predicted_frames_has_frame (&self->predicted))
    return TRUE;
  pass_mark_on (self);
  while (!g_queue_is_empty (&self->waiting)
      && ((GstNfWaiting *) self->waiting.head->data)->done) {
    GstNfWaiting *next = g_queue_pop_head (&self->waiting);

    g_clear_pointer (&self->leaving, gst_nf_waiting_free);
    if (next->event != NULL) {
      gst_pad_push_event (GST_BASE_TRANSFORM (self->element)->srcpad,
          g_steal_pointer (&next->event));
      gst_nf_waiting_free (next);
      continue;
    }
    self->leaving = next;
    gst_nf_predicted_frames_clear (&self->predicted);
    self->predicted = next->predicted;
    next->predicted = (GstNfPredictedFrames){ 0 };
    if (gst_nf_predicted_frames_has_frame (&self->predicted))
      return TRUE;
    pass_mark_on (self);
  }

  return FALSE;
}

/* a predicted frame that would lie before all times there are */
static void
warn_too_early (GstNfPredictStream *self)
{
  if (!self->told_early)
    GST_ELEMENT_WARNING (self->element, STREAM, FAILED,
        ("Frames that lie before the time 0 cannot be pushed, and are left "
         "out."),
        ("They come before the first frames of the stream; give those later "
         "timestamps."));
  self->told_early = TRUE;
}

/* the next frame of the prediction, or none if its time was pushed already */
static GstFlowReturn
make_frame (GstNfPredictStream *self, GstBuffer **output)
{
  GstNfEnsemblePlace place;
  guint number;
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTensor) frame =
      gst_nf_predicted_frames_take (&self->predicted, &number, &place, &error);
  const GstClockTimeDiff early = time_of (self, number);
  const GstClockTime begin = (GstClockTime) MAX (early, 0);
  const GstClockTime end = (GstClockTime) MAX (time_of (self, number + 1), 0);
  GstFlowReturn flow;
  GstBuffer *buffer;

  if (frame == NULL)
    return gst_nf_element_flow (GST_ELEMENT (self->element), error);
  if (self->emit == GST_NF_EMIT_GAPS && number > self->fill.missing)
    return GST_FLOW_OK; /* came, behind those that are missing */
  if (early < 0) {
    warn_too_early (self);
    return GST_FLOW_OK;
  }
  if (self->mode == GST_NF_WINDOW_SLIDING
      && begin + (end - begin) / 2 < self->pushed_until)
    return GST_FLOW_OK;
  buffer = acquire (self, &flow);
  if (buffer == NULL)
    return flow;
  if (!gst_nf_frames_write (self->converters.out, frame, buffer, &error)) {
    gst_buffer_unref (buffer);
    return gst_nf_element_flow (GST_ELEMENT (self->element), error);
  }
  GST_BUFFER_PTS (buffer) = begin;
  GST_BUFFER_DURATION (buffer) = end - begin;
  GST_BUFFER_OFFSET (buffer) =
      (self->leaving != NULL ? self->leaving->offset : self->offset) + number
      - self->shape.behind;
  GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET (buffer) + 1;
  gst_nf_classes_attach (
      buffer, self->predicted.classes, self->predicted.n_classes);
  gst_nf_ensemble_attach (buffer, &place);
  if (place.prediction + 1 == place.predictions)
    self->pushed_until = end;
  self->fill.filled = TRUE;
  *output = buffer;

  return GST_FLOW_OK;
}

/* (transfer full) (nullable): a frame that came, once those before it are pushed */
static GstBuffer *
next_that_came (GstNfPredictStream *self)
{
  if (gst_nf_fill_is_full (&self->fill))
    gst_nf_fill_close (&self->fill);

  return g_queue_pop_head (&self->fill.ready);
}

/**
 * gst_nf_predict_stream_generate:
 * @output: (out) (nullable): the next frame that is to be pushed, if there is
 *   one
 *
 * Predicts where that is due.
 */
GstFlowReturn
gst_nf_predict_stream_generate (GstNfPredictStream *self, GstBuffer **output)
{
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean *first;

  *output = g_steal_pointer (&self->passing);
  if (*output == NULL && self->due)
    flow = predict (self);
  while (flow == GST_FLOW_OK && *output == NULL && has_frame (self))
    flow = make_frame (self, output);
  if (*output == NULL && flow == GST_FLOW_OK)
    *output = next_that_came (self);
  if (*output == NULL)
    return flow;
  first = self->leaving != NULL ? &self->leaving->first : &self->first_out;
  if (*first)
    GST_BUFFER_FLAG_SET (*output, GST_BUFFER_FLAG_DISCONT);
  *first = FALSE;
  GST_OBJECT_LOCK (self->element);
  self->stats.frames_out++;
  GST_OBJECT_UNLOCK (self->element);
  GST_LOG_OBJECT (self->element, "%" GST_PTR_FORMAT, *output);

  return flow;
}

/**
 * gst_nf_predict_stream_hold:
 * @event: (transfer none): an event that stands between frames
 *
 * Returns: whether it waits for predictions before it, and is referenced
 */
gboolean
gst_nf_predict_stream_hold (GstNfPredictStream *self, GstEvent *event)
{
  if (g_queue_is_empty (&self->waiting))
    return FALSE;
  g_queue_push_tail (
      &self->waiting, gst_nf_waiting_new_event (gst_event_ref (event)));

  return TRUE;
}

/**
 * gst_nf_predict_stream_drain:
 *
 * Predicts what waits for a batch to be full, and pushes it and what waits behind a
 * gap. The stream's errors are reported where they occur.
 */
void
gst_nf_predict_stream_drain (GstNfPredictStream *self)
{
  GstFlowReturn flow;
  GstBuffer *buffer = NULL;

  gst_nf_fill_close (&self->fill);
  if (g_queue_is_empty (&self->waiting) && g_queue_is_empty (&self->fill.ready))
    return;
  flow = do_batch (self);
  while (flow == GST_FLOW_OK) {
    flow = gst_nf_predict_stream_generate (self, &buffer);
    if (buffer == NULL)
      break;
    flow = gst_pad_push (GST_BASE_TRANSFORM (self->element)->srcpad, buffer);
    buffer = NULL;
  }
  if (flow != GST_FLOW_OK) {
    GST_DEBUG_OBJECT (self->element, "predictions that waited are lost: %s",
        gst_flow_get_name (flow));
    forget_predictions (self);
    gst_nf_fill_clear (&self->fill);
  }
}
