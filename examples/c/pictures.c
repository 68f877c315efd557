/* SPDX-License-Identifier: MIT
 *
 * pictures — what nextframe-live shows: three frames of one moment and a score
 *
 * A compositor lays the frames side by side. What is newest at a prediction is
 * shown when the predicted moment has come, so its pad runs later by the
 * horizon. Text is drawn with cairo. */
#include "pictures.h"

#include <cairo.h>
#include <gst/video/video.h>

#define WIDTH 360 /* of each frame on the screen */
#define HEIGHT 240
#define GAP 6
#define TITLES 30 /* rows above and below the frames for text */
#define TOTAL_WIDTH (3 * WIDTH + 2 * GAP)
#define TOTAL_HEIGHT (HEIGHT + 2 * TITLES)

struct _NfPictures
{
  GMutex lock;
  guint predictions; /* that have a score */
  gdouble newest, pooled;
  GstClockTime source_time; /* of the newest frame of the source */
  GstSample *sample; /* (nullable): the last picture with all three frames */
};

/**
 * nf_pictures_describe:
 * @headless: whether to open no window
 *
 * Returns: (transfer full): the part of a pipeline that shows what comes to
 *   `pictures.sink_0` (now), `pictures.sink_1` (predicted) and
 *   `pictures.sink_2` (what came)
 */
gchar *
nf_pictures_describe (gboolean headless)
{
  return g_strdup_printf (
      "compositor name=pictures background=black "
      "sink_0::width=%d sink_0::height=%d sink_0::ypos=%d sink_0::xpos=0 "
      "sink_1::width=%d sink_1::height=%d sink_1::ypos=%d sink_1::xpos=%d "
      "sink_2::width=%d sink_2::height=%d sink_2::ypos=%d sink_2::xpos=%d ! "
      "video/x-raw,format=BGRx,width=%d,height=%d,framerate=25/1 ! "
      "cairooverlay name=text ! tee name=shown "
      "shown. ! queue ! fakesink name=last sync=%s %s",
      WIDTH, HEIGHT, TITLES, WIDTH, HEIGHT, TITLES, WIDTH + GAP, WIDTH, HEIGHT,
      TITLES, 2 * (WIDTH + GAP), TOTAL_WIDTH, TOTAL_HEIGHT,
      headless ? "false" : "true",
      headless ? "" : "shown. ! queue ! videoconvert ! autovideosink");
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
  static const gchar *const titles[] = { "now", "predicted, 0.44 s ahead",
    "what came" };
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

/* a streaming thread: a picture. Those of moments that the source has not
 * reached lack the frame that came */
static GstPadProbeReturn
on_picture (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  NfPictures *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  g_mutex_lock (&self->lock);
  if (self->predictions > 0 && GST_BUFFER_PTS (buffer) <= self->source_time) {
    if (self->sample)
      gst_sample_unref (self->sample);
    self->sample = gst_sample_new (buffer, caps, NULL, NULL);
  }
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

static void
add_probe (GstElement *element, const gchar *name,
    GstPadProbeReturn (*probe) (GstPad *, GstPadProbeInfo *, gpointer),
    NfPictures *self)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, probe, self, NULL);
}

/**
 * nf_pictures_new:
 * @pipeline: with what nf_pictures_describe() says
 * @frames: the element whose sink pad sees the source's frames
 * @horizon: how far predictions lie ahead
 *
 * Returns: (transfer full): free it after the pipeline was stopped
 */
NfPictures *
nf_pictures_new (GstBin *pipeline, GstElement *frames, GstClockTime horizon)
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
  add_probe (frames, "sink", on_frame, self);
  add_probe (last, "sink", on_picture, self);

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
  g_mutex_clear (&self->lock);
  g_free (self);
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
 * Writes the last picture that has all three frames.
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
