/* SPDX-License-Identifier: MIT
 *
 * pictures — what nextframe-live shows: four pictures of one moment and a score
 *
 * A compositor lays them side by side. What is newest at a prediction is shown
 * when the predicted moment has come, so its pad runs later by the horizon. How
 * sure nfsegment is comes from the meta of its masks. Text is drawn with cairo. */
#include "pictures.h"

#include <cairo.h>
#include <gst/app/app.h>
#include <gst/video/video.h>

#define WIDTH 360 /* of each frame on the screen */
#define HEIGHT 240
#define GAP 6
#define TITLES 30 /* rows above and below the frames for text */
#define PICTURES 4
#define TOTAL_WIDTH (PICTURES * WIDTH + (PICTURES - 1) * GAP)
#define TOTAL_HEIGHT (HEIGHT + 2 * TITLES)

struct _NfPictures
{
  GMutex lock;
  guint predictions; /* that have a score */
  gdouble newest, pooled;
  GstClockTime source_time; /* of the newest frame of the source */
  GstAppSrc *sure; /* shows how sure nfsegment is */
  GstPad *masks; /* where that comes from */
  GstClockTime sure_time; /* of the newest one */
  GstSample *sample; /* (nullable): the last picture with all four frames */
};

/**
 * nf_pictures_describe:
 * @headless: whether to open no window
 * @live: whether the source is
 *
 * Returns: (transfer full): the part of a pipeline that shows what comes to
 *   `pictures.sink_0` (now), `pictures.sink_1` (predicted) and
 *   `pictures.sink_3` (what came); what goes to `pictures.sink_2` is in it
 */
gchar *
nf_pictures_describe (gboolean headless, gboolean live)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text,
      "appsrc name=sure format=time is-live=%s ! "
      "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! "
      "pictures.sink_2 compositor name=pictures background=black",
      live ? "true" : "false");
  for (gint i = 0; i < PICTURES; i++)
    g_string_append_printf (text,
        " sink_%d::width=%d sink_%d::height=%d sink_%d::ypos=%d "
        "sink_%d::xpos=%d",
        i, WIDTH, i, HEIGHT, i, TITLES, i, i * (WIDTH + GAP));
  g_string_append_printf (text,
      " ! video/x-raw,format=BGRx,width=%d,height=%d,framerate=25/1 ! "
      "cairooverlay name=text ! tee name=shown "
      "shown. ! queue ! fakesink name=last sync=%s %s",
      TOTAL_WIDTH, TOTAL_HEIGHT, headless ? "false" : "true",
      headless ? "" : "shown. ! queue ! videoconvert ! autovideosink");

  return g_string_free (text, FALSE);
}

static void
draw_text (cairo_t *cairo, gdouble x, gdouble y, const gchar *text)
{
  cairo_move_to (cairo, x, y);
  cairo_show_text (cairo, text);
}

/* a streaming thread */
static void
on_draw (GstElement *overlay, cairo_t *cairo, guint64 time, guint64 duration,
    gpointer data)
{
  static const gchar *const titles[PICTURES] = { "now",
    "predicted, 0.44 s ahead", "how sure", "what came" };
  NfPictures *self = data;
  g_autofree gchar *score = NULL;

  g_mutex_lock (&self->lock);
  if (self->predictions > 0)
    score = g_strdup_printf (
        "Jaccard index of the masks: %.2f, of all %u predictions so far: %.2f",
        self->newest, self->predictions, self->pooled);
  g_mutex_unlock (&self->lock);
  cairo_select_font_face (
      cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cairo, 16);
  cairo_set_source_rgb (cairo, 1, 1, 1);
  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    draw_text (cairo, i * (WIDTH + GAP) + 4, 20, titles[i]);
  draw_text (cairo, 4, TOTAL_HEIGHT - 10, score ? score : "no score yet");
}

/* a streaming thread: a frame of the source */
static GstPadProbeReturn
on_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  NfPictures *self = data;

  g_mutex_lock (&self->lock);
  self->source_time = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

/* the time of a buffer in the pipeline, whose segment may begin anywhere */
static GstClockTime
running_time (GstPad *pad, GstBuffer *buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (event == NULL)
    return GST_BUFFER_PTS (buffer);
  gst_event_parse_segment (event, &segment);

  return gst_segment_to_running_time (
      segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
}

/* the picture that a mask carries, with its time; its caps go before it */
static void
show_sure (NfPictures *self, GstBuffer *mask)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (mask, "NfConfidenceMeta");
  g_autoptr (GstBuffer) picture = NULL;
  g_autoptr (GstCaps) caps = NULL;
  const GstVideoMeta *video;

  if (meta == NULL
      || !gst_structure_get (gst_custom_meta_get_structure (meta), "picture",
          GST_TYPE_BUFFER, &picture, NULL))
    return;
  picture = gst_buffer_make_writable (g_steal_pointer (&picture));
  GST_BUFFER_PTS (picture) = running_time (self->masks, mask);
  GST_BUFFER_DURATION (picture) = GST_BUFFER_DURATION (mask);
  video = gst_buffer_get_video_meta (picture);
  caps = gst_caps_new_simple ("video/x-raw", "format", G_TYPE_STRING, "GRAY8",
      "width", G_TYPE_INT, (gint) video->width, "height", G_TYPE_INT,
      (gint) video->height, "framerate", GST_TYPE_FRACTION, 0, 1, NULL);
  gst_app_src_set_caps (self->sure, caps);
  g_mutex_lock (&self->lock);
  self->sure_time = GST_BUFFER_PTS (mask);
  g_mutex_unlock (&self->lock);
  gst_app_src_push_buffer (self->sure, g_steal_pointer (&picture));
}

/* a streaming thread: a mask, or the end of them */
static GstPadProbeReturn
on_mask (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  NfPictures *self = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    show_sure (self, GST_PAD_PROBE_INFO_BUFFER (info));
  else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gst_app_src_end_of_stream (self->sure);

  return GST_PAD_PROBE_OK;
}

/* a streaming thread: a picture. Those of moments that the source has not
 * reached lack the frame that came */
static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  NfPictures *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  g_mutex_lock (&self->lock);
  if (self->predictions > 0 && GST_BUFFER_PTS (buffer) <= self->source_time
      && GST_CLOCK_TIME_IS_VALID (self->sure_time)
      && GST_BUFFER_PTS (buffer) <= self->sure_time) {
    if (self->sample)
      gst_sample_unref (self->sample);
    self->sample = gst_sample_new (buffer, caps, NULL, NULL);
  }
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement *element, const gchar *name, GstPadProbeType type,
    GstPadProbeReturn (*probe) (GstPad *, GstPadProbeInfo *, gpointer),
    NfPictures *self)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, type, probe, self, NULL);
}

/**
 * nf_pictures_new:
 * @pipeline: with what nf_pictures_describe() says
 * @frames: the element whose sink pad sees the source's frames
 * @names: the nfsegment that names predictions, with `confidence`
 * @horizon: how far predictions lie ahead
 *
 * Returns: (transfer full): free it after the pipeline was stopped
 */
NfPictures *
nf_pictures_new (GstBin *pipeline, GstElement *frames, GstElement *names,
    GstClockTime horizon)
{
  g_autoptr (GstElement) text = gst_bin_get_by_name (pipeline, "text");
  g_autoptr (GstElement) last = gst_bin_get_by_name (pipeline, "last");
  g_autoptr (GstElement) compositor =
      gst_bin_get_by_name (pipeline, "pictures");
  g_autoptr (GstPad) now = gst_element_get_static_pad (compositor, "sink_0");
  NfPictures *self = g_new0 (NfPictures, 1);

  g_mutex_init (&self->lock);
  gst_pad_set_offset (now, (gint64) horizon);
  g_signal_connect (text, "draw", G_CALLBACK (on_draw), self);
  self->sure = GST_APP_SRC (gst_bin_get_by_name (pipeline, "sure"));
  self->masks = gst_element_get_static_pad (names, "src");
  self->sure_time = GST_CLOCK_TIME_NONE;
  add_probe (frames, "sink", GST_PAD_PROBE_TYPE_BUFFER, on_frame, self);
  add_probe (last, "sink", GST_PAD_PROBE_TYPE_BUFFER, on_picture, self);
  add_probe (names, "src",
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_mask,
      self);

  return self;
}

/**
 * nf_pictures_free:
 * @self: not used any more
 */
void
nf_pictures_free (NfPictures *self)
{
  g_clear_pointer (&self->sample, gst_sample_unref);
  gst_clear_object (&self->sure);
  gst_clear_object (&self->masks);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * nf_pictures_update_latency:
 * @self: pictures of a pipeline whose latency has changed
 *
 * What shows how sure nfsegment is comes as late as its masks in a live pipeline,
 * which only the application knows.
 */
void
nf_pictures_update_latency (NfPictures *self)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least, most;
  gboolean live;

  if (!gst_pad_query (self->masks, query))
    return;
  gst_query_parse_latency (query, &live, &least, &most);
  if (!live)
    return;
  gst_app_src_set_latency (
      self->sure, least, GST_CLOCK_TIME_IS_VALID (most) ? most : G_MAXUINT64);
}

/**
 * nf_pictures_set_score:
 * @self: pictures
 * @predictions: that have a score
 * @newest: Jaccard index of the newest of them
 * @pooled: of all
 */
void
nf_pictures_set_score (
    NfPictures *self, guint predictions, gdouble newest, gdouble pooled)
{
  g_mutex_lock (&self->lock);
  self->predictions = predictions;
  self->newest = newest;
  self->pooled = pooled;
  g_mutex_unlock (&self->lock);
}

/**
 * nf_pictures_save:
 * @self: pictures
 * @path: a PNG file to write
 * @error: return location: nothing was shown yet, the file cannot be written
 *
 * Writes the last picture that has all four.
 *
 * Returns: whether it was written
 */
gboolean
nf_pictures_save (NfPictures *self, const gchar *path, GError **error)
{
  g_autoptr (GstCaps) png = gst_caps_new_empty_simple ("image/png");
  g_autoptr (GstSample) sample = NULL;
  g_autoptr (GstSample) image = NULL;
  GstMapInfo map;
  gboolean written;

  g_mutex_lock (&self->lock);
  if (self->sample)
    sample = gst_sample_ref (self->sample);
  g_mutex_unlock (&self->lock);
  if (sample == NULL) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "no prediction has met its frame yet; let it run for more frames");
    return FALSE;
  }
  image = gst_video_convert_sample (sample, png, GST_CLOCK_TIME_NONE, error);
  if (image == NULL
      || !gst_buffer_map (gst_sample_get_buffer (image), &map, GST_MAP_READ))
    return FALSE;
  written = g_file_set_contents (
      path, (const gchar *) map.data, (gssize) map.size, error);
  gst_buffer_unmap (gst_sample_get_buffer (image), &map);

  return written;
}
