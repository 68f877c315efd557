/* SPDX-License-Identifier: MIT
 *
 * nextframe-shared — one network in two pipelines, changed while they play
 *
 * Two pipelines of one process use the same checkpoint, so it lies in memory
 * once, and their elements take turns at the cores. After some frames the
 * application asks the first one for more exact masks (`tta`), which a playing
 * element may be set; in the end it prints what both did.
 *
 *   cc shared.c $(pkg-config --cflags --libs gstreamer-1.0) */
#include <gst/gst.h>

#define PIPELINES 2

static gint opt_frames = 12;
static gint opt_change_after = 6;

static const GOptionEntry entries[] = {
  { "frames", 'n', 0, G_OPTION_ARG_INT, &opt_frames,
      "Frames of each pipeline (default: 12)", "N" },
  { "change-after", 'c', 0, G_OPTION_ARG_INT, &opt_change_after,
      "Frames of the first one until tta is set (default: 6)", "N" },
  { NULL },
};

typedef struct
{
  GMainLoop *loop;
  GstElement *pipelines[PIPELINES];
  guint running;
  gint frames; /* of the first pipeline, counted by its streaming thread */
  int status;
} App;

static GstElement *
segmenter_of (GstElement *pipeline)
{
  return gst_bin_get_by_name (GST_BIN (pipeline), "segment");
}

/* a streaming thread: a mask of the first pipeline is done */
static GstPadProbeReturn
on_mask (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  App *app = data;

  if (++app->frames == opt_change_after) {
    g_autoptr (GstElement) segment = gst_pad_get_parent_element (pad);

    /* any thread may set it; it holds from the next frame on */
    g_object_set (segment, "tta", TRUE, NULL);
    g_print ("after %d frames: tta=true\n", app->frames);
  }

  return GST_PAD_PROBE_OK;
}

static void
print_stats (App *app)
{
  for (guint i = 0; i < PIPELINES; i++) {
    g_autoptr (GstElement) segment = segmenter_of (app->pipelines[i]);
    g_autoptr (GstStructure) stats = NULL;
    guint64 frames;
    gdouble seconds;

    g_object_get (segment, "stats", &stats, NULL);
    if (gst_structure_get (stats, "frames-out", G_TYPE_UINT64, &frames,
            "seconds-per-frame", G_TYPE_DOUBLE, &seconds, NULL))
      g_print ("pipeline %u: %" G_GUINT64_FORMAT " masks, %.3f s each\n", i,
          frames, seconds);
  }
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, NULL);
      g_printerr ("%s: %s\n", GST_OBJECT_NAME (message->src), error->message);
      app->status = 1;
      g_main_loop_quit (app->loop);
      break;
    case GST_MESSAGE_EOS:
      if (--app->running == 0)
        g_main_loop_quit (app->loop);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

static gboolean
make_pipeline (App *app, guint index, GError **error)
{
  g_autofree gchar *description = g_strdup_printf (
      "nfscenesrc seed=%u num-buffers=%d ! nfsegment name=segment ! "
      "fakesink sync=false",
      index, opt_frames);
  g_autoptr (GstBus) bus = NULL;

  app->pipelines[index] = gst_parse_launch (description, error);
  if (app->pipelines[index] == NULL)
    return FALSE;
  bus = gst_element_get_bus (app->pipelines[index]);
  gst_bus_add_watch (bus, on_message, app);
  if (index == 0) {
    g_autoptr (GstElement) segment = segmenter_of (app->pipelines[index]);
    g_autoptr (GstPad) pad = gst_element_get_static_pad (segment, "src");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_mask, app, NULL);
  }

  return TRUE;
}

static void
free_pipelines (App *app)
{
  for (guint i = 0; i < PIPELINES && app->pipelines[i]; i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (app->pipelines[i]);

    gst_element_set_state (app->pipelines[i], GST_STATE_NULL);
    gst_bus_remove_watch (bus);
    gst_object_unref (app->pipelines[i]);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  App app = { .running = PIPELINES };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  app.loop = g_main_loop_new (NULL, FALSE);
  for (guint i = 0; i < PIPELINES && app.status == 0; i++)
    if (!make_pipeline (&app, i, &error)) {
      g_printerr ("The pipeline cannot be made: %s\n", error->message);
      app.status = 1;
    }
  if (app.status == 0) {
    for (guint i = 0; i < PIPELINES; i++)
      gst_element_set_state (app.pipelines[i], GST_STATE_PLAYING);
    g_main_loop_run (app.loop);
    print_stats (&app);
  }
  free_pipelines (&app);
  g_main_loop_unref (app.loop);

  return app.status;
}
