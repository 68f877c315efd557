/* SPDX-License-Identifier: MIT
 *
 * pipeline-bench — what nfsegment and nfpredict cost beside their networks
 *
 * Frames are pushed through each element within this program, and the ops that
 * run meanwhile are watched. What a frame takes beyond its ops is the cost of
 * the element: mapping, converting and copying frames, and what the network
 * does between its ops. nfpredict slides, so that each frame has a prediction
 * of one block. Networks have random weights, or are those of checkpoints. */
#include "core/nfobserve.h"
#include "nftestmodels.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <stdio.h>

static gint opt_frames = 20, opt_steps = 50, opt_threads;
static gint opt_width = 240, opt_height = 160;
static gchar *opt_precision, *opt_unetpp, *opt_predictor, *opt_json;

static const GOptionEntry entries[] = {
  { "frames", 'n', 0, G_OPTION_ARG_INT, &opt_frames, "Timed frames", "N" },
  { "steps", 's', 0, G_OPTION_ARG_INT, &opt_steps,
      "Denoising steps of nfpredict", "N" },
  { "threads", 't', 0, G_OPTION_ARG_INT, &opt_threads,
      "CPU threads; 0: one a physical core", "N" },
  { "precision", 'p', 0, G_OPTION_ARG_STRING, &opt_precision,
      "Arithmetic: f32, bf16 (f32)", "NAME" },
  { "width", 0, 0, G_OPTION_ARG_INT, &opt_width, "Of frames, pixels", "N" },
  { "height", 0, 0, G_OPTION_ARG_INT, &opt_height, "Of frames, pixels", "N" },
  { "unetpp", 0, 0, G_OPTION_ARG_FILENAME, &opt_unetpp,
      "Checkpoint of nfsegment (a resnet34)", "FILE" },
  { "predictor", 0, 0, G_OPTION_ARG_FILENAME, &opt_predictor,
      "Checkpoint of nfpredict (the mid network)", "FILE" },
  { "json", 'j', 0, G_OPTION_ARG_FILENAME, &opt_json,
      "Write the figures there, too", "FILE" },
  { NULL },
};

/* one element's sums over the timed frames */
typedef struct
{
  const gchar *name;
  gchar *launch;
  gint first; /* frames before its first output */
  NfOpTime all, ops;
  guint outputs;
} Row;

static void
add_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  NfOpTime *sum = data;

  sum->clock += time->clock;
  sum->processors += time->processors;
}

/* RGB bands that move with the frame's number */
static GstBuffer *
frame_new (const GstVideoInfo *info, gint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE))
    g_error ("a frame cannot be mapped");
  for (gint y = 0; y < info->height; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0)
        + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (gint x = 0; x < 3 * info->width; x++)
      row[x] = (guint8) (x + 3 * y + 8 * number);
  }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = number * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

/* FALSE where the element gave an error, which is printed */
static gboolean
no_error (GstBus *bus)
{
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return TRUE;
  gst_message_parse_error (message, &error, NULL);
  fprintf (stderr, "pipeline-bench: %s\n", error->message);
  return FALSE;
}

/* pushes a frame and takes what comes of it; adds its time where it counts */
static gboolean
push (GstHarness *h, Row *row, GstBuffer *frame, gboolean counts)
{
  NfOpTime ops = { 0, 0 }, start, end;
  GstFlowReturn flow;
  GstBuffer *out;

  nf_observe_begin (add_op, &ops);
  start = nf_observe_now ();
  flow = gst_harness_push (h, frame);
  end = nf_observe_now ();
  nf_observe_end ();
  while ((out = gst_harness_try_pull (h)) != NULL) {
    row->outputs += counts;
    gst_buffer_unref (out);
  }
  if (counts) {
    row->all.clock += end.clock - start.clock;
    row->all.processors += end.processors - start.processors;
    row->ops.clock += ops.clock;
    row->ops.processors += ops.processors;
  }
  return flow == GST_FLOW_OK;
}

static gboolean
measure (Row *row, GError **error)
{
  g_autoptr (GstElement) element = gst_parse_launch (row->launch, error);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo info;
  GstHarness *h;
  gboolean ok = TRUE;

  if (element == NULL)
    return FALSE;
  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_video_info_set_format (
      &info, GST_VIDEO_FORMAT_RGB, opt_width, opt_height);
  info.fps_n = 25;
  caps = gst_video_info_to_caps (&info);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  gst_harness_play (h);
  for (gint i = 0; ok && i < row->first + opt_frames; i++)
    ok = push (h, row, frame_new (&info, i), i >= row->first);
  ok = no_error (bus) && ok;
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  if (!ok || row->outputs == 0)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED,
        "%s: no frames came", row->launch);
  return ok && row->outputs > 0;
}

/* ------------------------------------------------------------------ report */

static gdouble
share (gint64 all, gint64 ops)
{
  return 1.0 - (gdouble) ops / (gdouble) MAX (all, 1);
}

static void
print_row (const Row *row)
{
  gdouble frames = 1e6 * opt_frames;

  printf ("%-10s %8.2f %12.2f %12.2f %9.2f %% %12.2f %%\n", row->name,
      1e9 * opt_frames / (gdouble) row->all.clock,
      (gdouble) row->all.clock / frames, (gdouble) row->ops.clock / frames,
      100.0 * share (row->all.clock, row->ops.clock),
      100.0 * share (row->all.processors, row->ops.processors));
}

static JsonObject *
row_json (const Row *row)
{
  JsonObject *json = json_object_new ();

  json_object_set_string_member (json, "element", row->name);
  json_object_set_int_member (json, "frames", opt_frames);
  json_object_set_double_member (
      json, "seconds", 1e-9 * (gdouble) row->all.clock);
  json_object_set_double_member (
      json, "processors", 1e-9 * (gdouble) row->all.processors);
  json_object_set_double_member (
      json, "outside", share (row->all.clock, row->ops.clock));
  json_object_set_double_member (json, "outside-by-processors",
      share (row->all.processors, row->ops.processors));
  return json;
}

static gboolean
write_json (const Row *rows, guint n, GError **error)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) array = json_array_new ();
  g_autofree gchar *text = NULL;

  for (guint i = 0; i < n; i++)
    json_array_add_object_element (array, row_json (&rows[i]));
  json_node_set_array (root, array);
  text = json_to_string (root, TRUE);
  return g_file_set_contents (opt_json, text, -1, error);
}

/* ---------------------------------------------------------------- networks */

/* paths of both checkpoints, made in @folder where none is named */
static void
make_networks (const gchar *folder)
{
  if (opt_unetpp == NULL) {
    NfUnetppConfig config;

    nf_unetpp_config_init (&config);
    config.encoder = 34;
    opt_unetpp = g_build_filename (folder, "unetpp.safetensors", NULL);
    nf_test_save_unetpp (opt_unetpp, &config, 1);
  }
  if (opt_predictor == NULL) {
    NfUnetConfig config;

    nf_unet_config_init (&config);
    config.height = config.width = 64;
    config.ngf = 32;
    config.n_levels = 4;
    config.num_res_blocks = 1;
    config.spade_dim = 64;
    opt_predictor = g_build_filename (folder, "mid.safetensors", NULL);
    nf_test_save_unet (opt_predictor, &config, 1);
  }
}

static gboolean
run (const gchar *folder, GError **error)
{
  const gchar *precision = opt_precision != NULL ? opt_precision : "f32";
  Row rows[] = { { "nfsegment", NULL, 2 }, { "nfpredict", NULL, 13 } };
  gboolean ok = TRUE;

  make_networks (folder);
  rows[0].launch = g_strdup_printf (
      "nfsegment device=cpu checkpoint=%s threads=%d precision=%s", opt_unetpp,
      opt_threads, precision);
  rows[1].launch = g_strdup_printf ("nfpredict device=cpu checkpoint=%s "
                                    "threads=%d precision=%s window=sliding "
                                    "horizon=1 steps=%d",
      opt_predictor, opt_threads, precision, opt_steps);
  printf ("%-10s %8s %12s %12s %11s %14s\n", "element", "frames/s",
      "ms a frame", "ms of ops", "outside", "by processors");
  for (guint i = 0; ok && i < G_N_ELEMENTS (rows); i++) {
    ok = measure (&rows[i], error);
    if (ok)
      print_row (&rows[i]);
  }
  if (ok && opt_json != NULL)
    ok = write_json (rows, G_N_ELEMENTS (rows), error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_free (rows[i].launch);
  return ok;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *folder = NULL;
  gboolean ok;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "pipeline-bench: %s\n", error->message);
    return 1;
  }
  if (opt_frames < 1 || opt_steps < 1 || opt_width < 1 || opt_height < 1) {
    fprintf (stderr, "pipeline-bench: wants frames and steps, at least 1\n");
    return 1;
  }
  folder = nf_test_folder_new ();
  ok = run (folder, &error);
  nf_test_folder_remove (folder);
  if (!ok)
    fprintf (stderr, "pipeline-bench: %s\n", error->message);
  return ok ? 0 : 1;
}
