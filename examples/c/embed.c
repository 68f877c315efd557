/* SPDX-License-Identifier: MIT
 *
 * nextframe-embed — an application that gives frames and gets predictions
 *
 *   nextframe-embed                            frames drawn here
 *   nextframe-embed --segmenter=my.safetensors another network
 *
 * Frames go in through an appsrc. Out come, through appsinks, the mask of every
 * frame with the boxes of its objects, and the predicted frame, which is written
 * as predicted.ppm. Everything else that an application has to do is in
 * on_message (): errors, warnings, progress, changes of the latency.
 *
 *   cc embed.c $(pkg-config --cflags --libs gstreamer-app-1.0 gstreamer-video-1.0) */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#define WIDTH 240
#define HEIGHT 160
#define FRAMES 22
#define FRAME_DURATION (GST_SECOND / 25)

static gchar *opt_segmenter, *opt_predictor;
static gchar *opt_output;

static const GOptionEntry entries[] = {
  { "segmenter", 0, 0, G_OPTION_ARG_FILENAME, &opt_segmenter,
      "Checkpoint of nfsegment, in place of its default", "FILE" },
  { "predictor", 0, 0, G_OPTION_ARG_FILENAME, &opt_predictor,
      "Checkpoint of nfpredict, in place of its default", "FILE" },
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &opt_output,
      "Where the predicted frame goes (default: predicted.ppm)", "FILE" },
  { NULL },
};

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  int status; /* of the program */
} App;

/* --- frames in --- */

/* frame @index: a dark square that moves to the right on a gray ground */
static GstBuffer *
draw_frame (guint index)
{
  guint8 *pixels = g_malloc (WIDTH * HEIGHT * 3);
  const guint left = 20 + 6 * index;
  GstBuffer *buffer;

  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < WIDTH; x++) {
      gboolean object = x >= left && x < left + 24 && y >= 70 && y < 94;

      memset (pixels + (y * WIDTH + x) * 3, object ? 40 : 130, 3);
    }
  /* the buffer owns the pixels now */
  buffer = gst_buffer_new_wrapped (pixels, WIDTH * HEIGHT * 3);
  GST_BUFFER_PTS (buffer) = index * FRAME_DURATION;
  GST_BUFFER_DURATION (buffer) = FRAME_DURATION;

  return buffer;
}

/* the thread that gives frames; it waits where the appsrc is full (block) */
static gpointer
push_frames (gpointer data)
{
  GstAppSrc *source = data;
  guint index = 0;

  /* anything but OK: the pipeline stops, so there is no one to give frames to */
  while (index < FRAMES
      && gst_app_src_push_buffer (source, draw_frame (index)) == GST_FLOW_OK)
    index++;
  gst_app_src_end_of_stream (source);

  return NULL;
}

/* --- masks and predictions out; both are called by streaming threads --- */

static GstFlowReturn
on_mask (GstAppSink *sink, gpointer data)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  GstBuffer *buffer;
  GstMeta *meta;
  gpointer state = NULL;

  if (sample == NULL)
    return GST_FLOW_EOS;
  buffer = gst_sample_get_buffer (sample);
  g_print ("mask of frame %u:",
      (guint) (GST_BUFFER_PTS (buffer) / FRAME_DURATION + 1));
  while ((meta = gst_buffer_iterate_meta_filtered (
              buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    const GstVideoRegionOfInterestMeta *region =
        (const GstVideoRegionOfInterestMeta *) meta;

    g_print (" [%s at %u,%u, %ux%u]", g_quark_to_string (region->roi_type),
        region->x, region->y, region->w, region->h);
  }
  g_print ("\n");

  return GST_FLOW_OK;
}

/* rows may be longer than their pixels, so they are written one by one */
static gboolean
write_ppm (const gchar *path, GstVideoFrame *frame, GError **error)
{
  const gint width = GST_VIDEO_FRAME_WIDTH (frame);
  const gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  g_autoptr (GString) file = g_string_new (NULL);

  g_string_printf (file, "P6\n%d %d\n255\n", width, height);
  for (gint y = 0; y < height; y++)
    g_string_append_len (file,
        (const gchar *) GST_VIDEO_FRAME_PLANE_DATA (frame, 0)
            + y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
        width * 3);

  return g_file_set_contents (path, file->str, (gssize) file->len, error);
}

static GstFlowReturn
on_prediction (GstAppSink *sink, gpointer data)
{
  App *app = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  g_autoptr (GError) error = NULL;
  GstBuffer *buffer;
  GstVideoFrame frame;
  GstVideoInfo info;
  gboolean written;

  if (sample == NULL)
    return GST_FLOW_EOS;
  buffer = gst_sample_get_buffer (sample);
  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return GST_FLOW_NOT_NEGOTIATED;
  written = write_ppm (opt_output, &frame, &error);
  gst_video_frame_unmap (&frame);
  if (!written) {
    /* an error of our own goes the way of all others: to on_message () */
    GST_ELEMENT_ERROR (app->pipeline, RESOURCE, WRITE,
        ("The prediction cannot be written."), ("%s", error->message));
    return GST_FLOW_ERROR;
  }
  /* its time is that of what it shows: after the last frame it was made from */
  g_print ("prediction of frame %u: %s\n",
      (guint) (GST_BUFFER_PTS (buffer) / FRAME_DURATION + 1), opt_output);

  return GST_FLOW_OK;
}

/* --- what the pipeline says, in the main thread --- */

static void
print_problem (const gchar *kind, GstMessage *message, const GError *error,
    const gchar *debug)
{
  /* the first text is for the user, the second one has the detail */
  g_printerr ("%s of %s: %s\n  %s\n", kind, GST_OBJECT_NAME (message->src),
      error->message, debug ? debug : "");
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      print_problem ("error", message, error, debug);
      app->status = 1;
      g_main_loop_quit (app->loop);
      break;
    case GST_MESSAGE_WARNING:
      /* frames of an odd size, a clip that is too short: it goes on */
      gst_message_parse_warning (message, &error, &debug);
      print_problem ("warning", message, error, debug);
      break;
    case GST_MESSAGE_LATENCY:
      /* computing takes longer than an element said before; without this,
       * sinks of a live pipeline would throw its frames away as too late */
      gst_bin_recalculate_latency (GST_BIN (app->pipeline));
      break;
    case GST_MESSAGE_ELEMENT: {
      const GstStructure *said = gst_message_get_structure (message);
      guint done, total;

      if (gst_structure_has_name (said, "nf-predict-progress")
          && gst_structure_get (said, "done", G_TYPE_UINT, &done, "total",
              G_TYPE_UINT, &total, NULL))
        g_print ("predicting: step %u of %u\n", done, total);
      break;
    }
    case GST_MESSAGE_EOS:
      g_main_loop_quit (app->loop);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

/* --- the pipeline --- */

static void
set_checkpoint (App *app, const gchar *name, const gchar *path)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (app->pipeline), name);

  if (path)
    g_object_set (element, "checkpoint", path, NULL);
}

static void
connect_sink (App *app, const gchar *name,
    GstFlowReturn (*new_sample) (GstAppSink *, gpointer))
{
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (app->pipeline), name);
  GstAppSinkCallbacks callbacks = { .new_sample = new_sample };

  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, app, NULL);
}

static gboolean
make_pipeline (App *app, GError **error)
{
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("video/x-raw", "format",
      G_TYPE_STRING, "RGB", "width", G_TYPE_INT, WIDTH, "height", G_TYPE_INT,
      HEIGHT, "framerate", GST_TYPE_FRACTION, 25, 1, NULL);

  /* nothing is shown at its time, so no sink waits for the clock (sync) */
  app->pipeline = gst_parse_launch (
      "appsrc name=frames format=time block=true max-buffers=4 ! tee name=t "
      "t. ! queue ! nfsegment name=segment ! appsink name=masks sync=false "
      "t. ! queue ! nfpredict name=predict ! "
      "videoconvert ! video/x-raw,format=RGB ! "
      "appsink name=predictions sync=false",
      error);
  if (app->pipeline == NULL)
    return FALSE; /* an element is not there: GST_PLUGIN_PATH */
  source = gst_bin_get_by_name (GST_BIN (app->pipeline), "frames");
  gst_app_src_set_caps (GST_APP_SRC (source), caps);
  set_checkpoint (app, "segment", opt_segmenter);
  set_checkpoint (app, "predict", opt_predictor);
  connect_sink (app, "masks", on_mask);
  connect_sink (app, "predictions", on_prediction);

  return TRUE;
}

static void
run (App *app)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (app->pipeline);
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (app->pipeline), "frames");
  GThread *pusher = NULL;

  gst_bus_add_watch (bus, on_message, app);
  /* where it fails to start, the message that says why is on the bus; an appsrc
   * that was not started would let the thread wait for ever */
  if (gst_element_set_state (app->pipeline, GST_STATE_PLAYING)
      != GST_STATE_CHANGE_FAILURE)
    pusher = g_thread_new ("frames", push_frames, source);
  g_main_loop_run (app->loop);
  /* ends a prediction within a step, and wakes the thread that gives frames */
  gst_element_set_state (app->pipeline, GST_STATE_NULL);
  if (pusher)
    g_thread_join (pusher);
  gst_bus_remove_watch (bus);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  App app = { NULL };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  g_option_context_set_summary (
      context, "Gives frames to a pipeline, gets masks and predictions.");
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (opt_output == NULL)
    opt_output = g_strdup ("predicted.ppm");
  if (!make_pipeline (&app, &error)) {
    g_printerr ("The pipeline cannot be made: %s\n", error->message);
    return 1;
  }
  app.loop = g_main_loop_new (NULL, FALSE);
  run (&app);
  gst_object_unref (app.pipeline);
  g_main_loop_unref (app.loop);
  g_free (opt_segmenter);
  g_free (opt_predictor);
  g_free (opt_output);

  return app.status;
}
