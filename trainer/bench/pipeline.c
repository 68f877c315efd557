/* SPDX-License-Identifier: MIT
 *
 * bench/pipeline — what an element costs beside its network
 *
 * Frames are pushed through nfsegment or nfpredict, which are created by name
 * as in any application, and the ops that run meanwhile are observed. The
 * network's time is that from its first op to its last one, including the time
 * between ops and between evaluations. The rest of a frame's time is the
 * element's: mapping, converting and resizing frames, and the ops between
 * frames and tensors. nfpredict runs with a sliding window, so that each frame
 * has a prediction of one block. */
#include "bench/pipeline.h"
#include "bench/network.h"

#include <glib/gstdio.h>
#include <gst/video/video.h>

#define WARM_UP 2 /* frames with a result, not timed */
#define RATE 25

/* of one frame, then of all of them */
typedef struct
{
  NfOpTime all, ops, network;
} Times;

typedef struct
{
  gboolean begun; /* the network's first op was there */
  NfOpTime from; /* when it began */
  NfOpTime ops, network;
} Watch;

typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstPad *src, *sink; /* ours, at either end of the element */
  guint outputs;
  GstVideoInfo info;
} Rig;

static NfOpTime
difference (NfOpTime a, NfOpTime b)
{
  return (NfOpTime){ a.clock - b.clock, a.processors - b.processors };
}

static void
add (NfOpTime *sum, NfOpTime t)
{
  sum->clock += t.clock;
  sum->processors += t.processors;
}

/* whether an op belongs to the element, which runs it with any network */
static gboolean
is_of_frames (NfOp op)
{
  switch (op) {
    case NF_OP_NORMALIZE:
    case NF_OP_QUANTIZE:
    case NF_OP_ARGMAX:
    case NF_OP_PAD:
    case NF_OP_TO_RGB:
    case NF_OP_RESIZE:
    case NF_OP_PAINT:
      return TRUE;
    default:
      return FALSE;
  }
}

static void
op_ran (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer data)
{
  Watch *watch = data;
  NfOpTime now;

  add (&watch->ops, *time);
  if (is_of_frames (call->op))
    return;
  now = nf_observe_now ();
  if (!watch->begun)
    watch->from = difference (now, *time);
  watch->begun = TRUE;
  watch->network = difference (now, watch->from);
}

/* ------------------------------------------------------------------ frames */

/* RGB bands that move with the frame's number */
static GstBuffer *
frame_new (const GstVideoInfo *info, gint number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE))
    return buffer;
  for (gint y = 0; y < info->height; y++) {
    guint8 *row = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0)
        + y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    for (gint x = 0; x < 3 * info->width; x++)
      row[x] = (guint8) (x + 3 * y + 8 * number);
  }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / RATE;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / RATE;
  return buffer;
}

static GstFlowReturn
take (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Rig *rig = gst_pad_get_element_private (pad);

  rig->outputs++;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
swallow (GstPad *pad, GstObject *parent, GstEvent *event)
{
  gst_event_unref (event);
  return TRUE;
}

/* the error that the element has reported, else @text */
static gboolean
failed (Rig *rig, const gchar *text, GError **error)
{
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) cause = NULL;

  if (message)
    gst_message_parse_error (message, &cause, NULL);
  g_set_error (error, NF_ERROR, NF_ERROR_FAILED, "bench pipeline: %s",
      cause ? cause->message : text);
  return FALSE;
}

static gboolean
push (Rig *rig, gint number, Times *times, GError **error)
{
  Watch watch = { FALSE };
  GstBuffer *frame = frame_new (&rig->info, number);
  NfOpTime start;
  GstFlowReturn flow;

  nf_observe_begin (op_ran, &watch);
  start = nf_observe_now ();
  flow = gst_pad_push (rig->src, frame);
  times->all = difference (nf_observe_now (), start);
  nf_observe_end ();
  times->ops = watch.ops;
  times->network = watch.network;
  return flow == GST_FLOW_OK || failed (rig, gst_flow_get_name (flow), error);
}

/* ----------------------------------------------------------------- element */

static void
rig_clear (Rig *rig)
{
  if (rig->element) {
    gst_element_set_state (rig->element, GST_STATE_NULL);
    gst_element_set_bus (rig->element, NULL);
  }
  gst_clear_object (&rig->src);
  gst_clear_object (&rig->sink);
  gst_clear_object (&rig->bus);
  gst_clear_object (&rig->element);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, rig_clear)

static void
set_int (GstElement *element, const gchar *name, gint value)
{
  g_autofree gchar *text = g_strdup_printf ("%d", value);

  gst_util_set_object_arg (G_OBJECT (element), name, text);
}

static gboolean
is_segmenter (const NfBenchSizes *sizes)
{
  return sizes->klass->task == NF_NET_SEGMENT;
}

static gboolean
make_element (Rig *rig, const NfBenchPipeline *what, const NfBenchSizes *sizes,
    const gchar *checkpoint, GError **error)
{
  const gchar *name = is_segmenter (sizes) ? "nfsegment" : "nfpredict";
  GstElement *element = gst_element_factory_make (name, NULL);

  if (!element) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "bench pipeline: no element %s; install GStreamer's plugin nextframe, "
        "or set GST_PLUGIN_PATH to its folder",
        name);
    return FALSE;
  }
  rig->element = gst_object_ref_sink (element);
  rig->bus = gst_bus_new ();
  gst_element_set_bus (element, rig->bus);
  g_object_set (
      element, "checkpoint", checkpoint, "device", what->device, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "precision", what->precision);
  set_int (element, "threads", what->threads);
  if (is_segmenter (sizes)) {
    /* all on the device: regions are found on the host */
    gst_util_set_object_arg (G_OBJECT (element), "decision", "pixel");
    return TRUE;
  }
  gst_util_set_object_arg (G_OBJECT (element), "window", "sliding");
  set_int (element, "horizon", sizes->unet.future_gap + 1);
  set_int (element, "steps", what->spec->steps);
  gst_util_set_object_arg (G_OBJECT (element), "sampler",
      nf_sampler_method_name (what->spec->sampler));
  return TRUE;
}

static GstPad *
make_pad (Rig *rig, const gchar *name, GstPadDirection direction)
{
  GstPad *pad = gst_object_ref_sink (gst_pad_new (name, direction));

  gst_pad_set_element_private (pad, rig);
  gst_pad_set_event_function (pad, swallow);
  if (direction == GST_PAD_SINK)
    gst_pad_set_chain_function (pad, take);
  gst_pad_set_active (pad, TRUE);
  return pad;
}

/* links our pads and begins a stream of frames */
static gboolean
start (Rig *rig, gint height, gint width, GError **error)
{
  g_autoptr (GstPad) in = gst_element_get_static_pad (rig->element, "sink");
  g_autoptr (GstPad) out = gst_element_get_static_pad (rig->element, "src");
  g_autoptr (GstCaps) caps = NULL;
  GstSegment segment;

  gst_video_info_set_format (
      &rig->info, GST_VIDEO_FORMAT_RGB, (guint) width, (guint) height);
  rig->info.fps_n = RATE;
  rig->info.fps_d = 1;
  caps = gst_video_info_to_caps (&rig->info);
  rig->src = make_pad (rig, "src", GST_PAD_SRC);
  rig->sink = make_pad (rig, "sink", GST_PAD_SINK);
  if (gst_pad_link (rig->src, in) != GST_PAD_LINK_OK
      || gst_pad_link (out, rig->sink) != GST_PAD_LINK_OK
      || gst_element_set_state (rig->element, GST_STATE_PLAYING)
          == GST_STATE_CHANGE_FAILURE)
    return failed (rig, "the element does not start", error);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (rig->src, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (rig->src, gst_event_new_caps (caps));
  gst_pad_push_event (rig->src, gst_event_new_segment (&segment));
  return TRUE;
}

static gboolean
measure (const NfBenchPipeline *what, const NfBenchSizes *sizes,
    const gchar *checkpoint, Times *sum, GError **error)
{
  const NfBenchSpec *spec = what->spec;
  g_auto (Rig) rig = { NULL };
  gint first = is_segmenter (sizes) ? 0 : sizes->unet.num_frames_cond - 1;

  if (!make_element (&rig, what, sizes, checkpoint, error)
      || !start (&rig, spec->height ? spec->height : 160,
          spec->height ? spec->width : 240, error))
    return FALSE;
  first += WARM_UP;
  for (gint i = 0; i < first + what->frames; i++) {
    Times times;

    if (!push (&rig, i, &times, error))
      return FALSE;
    if (i < first)
      continue;
    add (&sum->all, times.all);
    add (&sum->ops, times.ops);
    add (&sum->network, times.network);
  }
  return rig.outputs >= (guint) what->frames
      || failed (&rig, "fewer frames came than went in", error);
}

/* ------------------------------------------------------------------ report */

static gdouble
outside (gint64 all, gint64 part)
{
  return 100.0 * (1.0 - (gdouble) part / (gdouble) MAX (all, 1));
}

static void
print_head (void)
{
  g_print ("%-10s %9s %10s %10s  %s\n%-10s %9s %10s %10s  %18s %18s\n", "", "",
      "ms a", "ms in the", "outside: of the network      of ops", "element",
      "frames/s", "frame", "network", "(processors)", "(processors)");
}

static void
print_row (const gchar *element, const Times *t, gint frames)
{
  gdouble ms = 1e6 * frames;

  g_print ("%-10s %9.2f %10.2f %10.2f  %7.2f %% (%5.2f %%) %7.2f %% (%5.2f "
           "%%)\n",
      element, 1e9 * frames / (gdouble) t->all.clock,
      (gdouble) t->all.clock / ms, (gdouble) t->network.clock / ms,
      outside (t->all.clock, t->network.clock),
      outside (t->all.processors, t->network.processors),
      outside (t->all.clock, t->ops.clock),
      outside (t->all.processors, t->ops.processors));
}

static void
set_time (JsonObject *json, const gchar *name, NfOpTime t)
{
  g_autofree gchar *processors = g_strconcat (name, "-processors", NULL);

  json_object_set_double_member (json, name, 1e-9 * (gdouble) t.clock);
  json_object_set_double_member (
      json, processors, 1e-9 * (gdouble) t.processors);
}

static JsonObject *
row_json (const gchar *element, const Times *t, gint frames)
{
  JsonObject *json = json_object_new ();

  json_object_set_string_member (json, "element", element);
  json_object_set_int_member (json, "frames", frames);
  set_time (json, "seconds", t->all);
  set_time (json, "network", t->network);
  set_time (json, "ops", t->ops);
  return json;
}

/* -------------------------------------------------------------------- runs */

/* the network's checkpoint in @path; random weights where none is named */
static gboolean
save_network (const NfBenchSpec *spec, const gchar *path, GError **error)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", error);
  g_autoptr (NfBenchNet) net =
      device ? nf_bench_net_new (device, spec, error) : NULL;

  return net && nf_bench_net_save_checkpoint (net, path, error);
}

static gboolean
run (const NfBenchPipeline *what, const gchar *folder, JsonArray *rows,
    GError **error)
{
  NfBenchSpec spec = *what->spec;
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);
  const gchar *element;
  g_auto (NfBenchSizes) sizes = { NULL };
  Times times = { .all = { 0, 0 }, .ops = { 0, 0 }, .network = { 0, 0 } };
  gboolean ok;

  spec.height = spec.width = 0; /* those of frames may be others */
  if (!nf_bench_sizes_read (&sizes, &spec, error)
      || (!spec.checkpoint && !save_network (&spec, path, error)))
    return FALSE;
  element = is_segmenter (&sizes) ? "nfsegment" : "nfpredict";
  ok = measure (
      what, &sizes, spec.checkpoint ? spec.checkpoint : path, &times, error);
  g_unlink (path);
  if (!ok)
    return FALSE;
  print_row (element, &times, what->frames);
  json_array_add_object_element (
      rows, row_json (element, &times, what->frames));
  return TRUE;
}

/**
 * nf_bench_pipeline:
 * @what: what to measure, and how
 * @json: (nullable): a file that gets the figures, too
 * @error: return location
 *
 * Prints what a frame takes in the elements, and which share of it lies outside
 * of their networks and outside of all ops.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_bench_pipeline (
    const NfBenchPipeline *what, const gchar *json, GError **error)
{
  static const gchar *const usual[] = { "unetpp-resnet34", "mid" };
  const NfBenchSpec *spec = what->spec;
  gboolean one = spec->network || spec->config || spec->checkpoint;
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *rows = json_array_new ();
  g_autofree gchar *folder = NULL;
  gboolean ok;

  json_object_set_string_member (object, "precision", what->precision);
  json_object_set_array_member (object, "elements", rows);
  if (!gst_init_check (NULL, NULL, error))
    return FALSE;
  folder = g_dir_make_tmp ("nextframe-XXXXXX", error);
  ok = folder != NULL;
  if (ok)
    print_head ();
  for (guint i = 0; ok && i < (one ? 1 : G_N_ELEMENTS (usual)); i++) {
    NfBenchSpec named = *spec;
    NfBenchPipeline this = *what;

    if (!one)
      named.network = (gchar *) usual[i];
    this.spec = &named;
    ok = run (&this, folder, rows, error);
  }
  if (folder)
    g_rmdir (folder);
  return ok && (!json || nf_bench_save_json (object, json, error));
}
