/* SPDX-License-Identifier: MIT
 *
 * nextframe-live — now, predicted, how sure that is, and what came, side by side
 *
 *   nextframe-live                                synthetic scenes, as a camera
 *   nextframe-live --source=camera                a camera
 *   nextframe-live --source=clip.mp4 --offline    a video, however long it takes
 *   nextframe-live --ensemble=5 --offline         five futures of each moment
 *
 * Four pictures of one moment: the frame that was newest when the prediction was
 * made, the prediction, how sure nfsegment is of each of its pixels (white: sure;
 * with an ensemble where its futures agree), and the frame that came. Below is the
 * Jaccard index of their masks, of the newest prediction and of all so far. Scenes
 * come with true masks; of other sources nfsegment's masks of the frames that came
 * stand for the truth. Behind the camera nothing waits: what comes while a
 * prediction is made is left out. */
#include "pictures.h"

#include <gst/gst.h>
#include <string.h>

/* frames from the newest that is known to the predicted one, and of a scene */
#define HORIZON 11
#define SCENE_FRAMES 44
#define FRAME_DURATION (GST_SECOND / 25)

static gchar *opt_source;
static gchar *opt_screenshot;
static gint opt_frames = -1;
static gint opt_seed;
static gint opt_stride = 1;
static gint opt_steps;
static gint opt_ensemble = 1;
static gboolean opt_headless;
static gboolean opt_offline;

static const GOptionEntry entries[] = {
  { "source", 's', 0, G_OPTION_ARG_STRING, &opt_source,
      "scenes (the default), camera, or a video file", "SOURCE" },
  { "frames", 'n', 0, G_OPTION_ARG_INT, &opt_frames,
      "Frames of scenes or camera until it ends (default: no end)", "N" },
  { "seed", 0, 0, G_OPTION_ARG_INT, &opt_seed, "Which scenes (default: 0)",
      "S" },
  { "stride", 0, 0, G_OPTION_ARG_INT, &opt_stride,
      "Frames from one prediction to the next (default: 1)", "N" },
  { "steps", 0, 0, G_OPTION_ARG_INT, &opt_steps,
      "Denoising steps of a prediction (default: as the checkpoint says)",
      "N" },
  { "ensemble", 0, 0, G_OPTION_ARG_INT, &opt_ensemble,
      "Predictions of each moment (default: 1)", "N" },
  { "offline", 0, 0, G_OPTION_ARG_NONE, &opt_offline,
      "Wait for every prediction instead of keeping up with the source", NULL },
  { "headless", 0, 0, G_OPTION_ARG_NONE, &opt_headless,
      "Open no window, print the scores", NULL },
  { "screenshot", 0, 0, G_OPTION_ARG_FILENAME, &opt_screenshot,
      "Write the last picture that has all four pictures as PNG", "FILE" },
  { NULL },
};

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  NfPictures *pictures;
  guint scores;
  int status; /* of the program */
} App;

static gboolean
is_scenes (void)
{
  return g_str_equal (opt_source, "scenes");
}

/* --- the pipeline --- */

/* the source, up to the tees `frames` and, of scenes, to `score.truth` */
static gchar *
describe_source (void)
{
  const gchar *live = opt_offline ? "false" : "true";
  const gchar *fit = "videoconvert ! videoscale ! videorate ! "
                     "video/x-raw,width=240,height=160,framerate=25/1";
  g_autofree gchar *file = NULL;

  if (is_scenes ())
    return g_strdup_printf (
        "nfscenesrc name=s seed=%d frames=%d num-buffers=%d is-live=%s "
        "s.mask ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! "
        "score.truth s.video ! video/x-raw,framerate=25/1 ! tee name=frames",
        opt_seed, SCENE_FRAMES, opt_frames, live);
  if (g_str_equal (opt_source, "camera"))
    return g_strdup_printf (
        "v4l2src num-buffers=%d ! %s ! tee name=frames", opt_frames, fit);
  file = g_strescape (opt_source, NULL);
  return g_strdup_printf (
      "filesrc location=\"%s\" ! decodebin ! %s%s ! tee name=frames", file, fit,
      opt_offline ? "" : " ! identity sync=true");
}

static gchar *
describe (void)
{
  const gchar *unlimited =
      "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0";
  g_autofree gchar *source = describe_source ();
  g_autofree gchar *pictures =
      nf_pictures_describe (opt_headless, !opt_offline);
  g_autofree gchar *truth = is_scenes ()
      ? NULL
      : g_strdup_printf ("frames. ! %s ! nfsegment scale=auto ! score.truth",
          opt_offline ? unlimited : "queue leaky=downstream");

  return g_strdup_printf (
      "%s "
      "frames. ! %s ! nfpredict name=predict "
      "window=sliding stride=%d steps=%d ensemble=%d ensemble-mode=each ! "
      "tee name=predicted "
      "frames. ! %s ! pictures.sink_0 "
      "predicted. ! %s ! pictures.sink_1 "
      "frames. ! %s ! pictures.sink_3 "
      "predicted. ! %s ! nfsegment name=names scale=auto confidence=true ! "
      "score.prediction %s "
      "nfiou name=score ! fakesink sync=false %s",
      source,
      opt_offline ? "queue" : "queue leaky=downstream max-size-buffers=11",
      opt_stride, opt_steps, opt_ensemble, unlimited, unlimited, unlimited,
      unlimited, truth ? truth : "", pictures);
}

/* a streaming thread: predictions beyond the end of their scene have no truth,
 * and must not be compared with the next scene */
static GstPadProbeReturn
on_prediction (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const guint64 shown = GST_BUFFER_OFFSET (GST_PAD_PROBE_INFO_BUFFER (info));

  return shown / SCENE_FRAMES == (shown - HORIZON) / SCENE_FRAMES
      ? GST_PAD_PROBE_OK
      : GST_PAD_PROBE_DROP;
}

static gboolean
make_pipeline (App *app, GError **error)
{
  g_autofree gchar *description = describe ();
  g_autoptr (GstElement) predict = NULL;
  g_autoptr (GstElement) frames = NULL;
  g_autoptr (GstElement) names = NULL;
  g_autoptr (GstPad) predicted = NULL;

  app->pipeline = gst_parse_launch (description, error);
  if (app->pipeline == NULL)
    return FALSE;
  gst_object_ref_sink (app->pipeline);
  predict = gst_bin_get_by_name (GST_BIN (app->pipeline), "predict");
  predicted = gst_element_get_static_pad (predict, "src");
  if (is_scenes ())
    gst_pad_add_probe (
        predicted, GST_PAD_PROBE_TYPE_BUFFER, on_prediction, NULL, NULL);
  frames = gst_bin_get_by_name (GST_BIN (app->pipeline), "frames");
  names = gst_bin_get_by_name (GST_BIN (app->pipeline), "names");
  app->pictures = nf_pictures_new (
      GST_BIN (app->pipeline), frames, names, HORIZON * FRAME_DURATION);

  return TRUE;
}

/* --- what it says --- */

static void
on_score (App *app, const GstStructure *score)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (app->pipeline), "score");
  const gchar *scope = gst_structure_get_string (score, "scope");
  gdouble jaccard, pooled;

  if (g_strcmp0 (scope, "frame") != 0
      || !gst_structure_get_double (score, "jaccard", &jaccard))
    return;
  g_object_get (element, "jaccard", &pooled, NULL);
  nf_pictures_set_score (app->pictures, ++app->scores, jaccard, pooled);
  if (opt_headless)
    g_print ("prediction %u: Jaccard %.3f, of all so far %.3f\n", app->scores,
        jaccard, pooled);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  const GstStructure *said;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      g_printerr ("%s: %s\n  %s\n", GST_OBJECT_NAME (message->src),
          error->message, debug ? debug : "");
      app->status = 1;
      g_main_loop_quit (app->loop);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      g_printerr ("%s\n", error->message);
      break;
    case GST_MESSAGE_LATENCY:
      nf_pictures_update_latency (app->pictures);
      gst_bin_recalculate_latency (GST_BIN (app->pipeline));
      break;
    case GST_MESSAGE_ELEMENT:
      said = gst_message_get_structure (message);
      if (gst_structure_has_name (said, "nf-iou"))
        on_score (app, said);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (app->loop);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

static void
play (App *app)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (app->pipeline);
  g_autoptr (GError) error = NULL;

  gst_bus_add_watch (bus, on_message, app);
  gst_element_set_state (app->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (app->loop);
  if (app->status == 0 && opt_screenshot
      && !nf_pictures_save (app->pictures, opt_screenshot, &error)) {
    g_printerr ("%s: %s\n", opt_screenshot, error->message);
    app->status = 1;
  }
  gst_element_set_state (app->pipeline, GST_STATE_NULL);
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
  g_option_context_set_summary (context,
      "Shows now, the predicted frame, how sure that is, and what "
      "came side by side.");
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (opt_source == NULL)
    opt_source = g_strdup ("scenes");
  if (!make_pipeline (&app, &error)) {
    g_printerr ("The pipeline cannot be made: %s\n", error->message);
    app.status = 1;
  } else {
    app.loop = g_main_loop_new (NULL, FALSE);
    play (&app);
    g_main_loop_unref (app.loop);
    nf_pictures_free (app.pictures);
  }
  gst_clear_object (&app.pipeline);
  g_free (opt_source);
  g_free (opt_screenshot);

  return app.status;
}
