/* SPDX-License-Identifier: MIT
 *
 * gstnfregionsenc — nfregionsenc: regions of interest as lines of JSON
 *
 * Siblings: gstnfmaskvideo.c, which attaches them */

/**
 * SECTION:element-nfregionsenc
 * @title: nfregionsenc
 * @short_description: Writes the regions of interest of video as lines of JSON
 * @see_also: nfsegment, nfnpyenc
 *
 * Makes a line of text of each frame: a JSON object with the regions of interest
 * that the frame carries, those of nfsegment or of any other element. A frame
 * without regions has a line, too. The pixels are not looked at.
 *
 * * `frame`: number of the frame, from 0 since the start of the stream
 * * `timestamp`, `duration`: nanoseconds, or null
 * * `regions`: array of objects: `id`, `name`, `x`, `y`, `width`, `height`, in
 *   pixels; of nfsegment `id` is the class and `name` its name
 *
 * ## Example
 * |[
 * gst-launch-1.0 nfscenesrc clips=1 ! nfsegment ! nfregionsenc ! filesink location=regions.jsonl
 * ]| Writes what nfsegment sees in each frame of a synthetic clip.
 *
 * Since: 0.1
 */
#include "segment/gstnfregionsenc.h"

#include "gstnfelements.h"

#include <gst/video/video.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define LINES_CAPS "application/x-ndjson"

struct _GstNfRegionsEnc
{
  GstBaseTransform parent;

  /* streaming thread */
  guint64 frame; /* number of the next one */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("video/x-raw(ANY)"));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (LINES_CAPS));

G_DEFINE_TYPE (GstNfRegionsEnc, gst_nf_regions_enc, GST_TYPE_BASE_TRANSFORM)

static GstCaps *gst_nf_regions_enc_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter);
static gboolean gst_nf_regions_enc_sink_event (
    GstBaseTransform *trans, GstEvent *event);
static gboolean gst_nf_regions_enc_propose_allocation (
    GstBaseTransform *trans, GstQuery *decided, GstQuery *query);
static GstFlowReturn gst_nf_regions_enc_prepare_output_buffer (
    GstBaseTransform *trans, GstBuffer *input, GstBuffer **output);
static GstFlowReturn gst_nf_regions_enc_transform (
    GstBaseTransform *trans, GstBuffer *input, GstBuffer *output);

static void
gst_nf_regions_enc_class_init (GstNfRegionsEncClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *trans_class = GST_BASE_TRANSFORM_CLASS (klass);

  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR (gst_nf_regions_enc_transform_caps);
  trans_class->sink_event = GST_DEBUG_FUNCPTR (gst_nf_regions_enc_sink_event);
  trans_class->propose_allocation =
      GST_DEBUG_FUNCPTR (gst_nf_regions_enc_propose_allocation);
  trans_class->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (gst_nf_regions_enc_prepare_output_buffer);
  trans_class->transform = GST_DEBUG_FUNCPTR (gst_nf_regions_enc_transform);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class,
      "Regions of interest encoder", "Codec/Encoder/Metadata",
      "Writes the regions of interest of video as lines of JSON",
      GST_NF_AUTHOR);
}

static void
gst_nf_regions_enc_init (GstNfRegionsEnc *self)
{
}

static GstCaps *
gst_nf_regions_enc_transform_caps (GstBaseTransform *trans,
    GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstCaps *other = gst_static_pad_template_get_caps (
      direction == GST_PAD_SINK ? &src_template : &sink_template);
  GstCaps *both;

  if (filter == NULL)
    return other;
  both = gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (other);

  return both;
}

static gboolean
gst_nf_regions_enc_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START)
    GST_NF_REGIONS_ENC (trans)->frame = 0;

  return GST_BASE_TRANSFORM_CLASS (gst_nf_regions_enc_parent_class)
      ->sink_event (trans, event);
}

/* regions come with frames of any layout */
static gboolean
gst_nf_regions_enc_propose_allocation (
    GstBaseTransform *trans, GstQuery *decided, GstQuery *query)
{
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_query_add_allocation_meta (
      query, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL);

  return TRUE;
}

static void
add_number (JsonBuilder *json, const gchar *name, gint64 number)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, number);
}

static void
add_time (JsonBuilder *json, const gchar *name, GstClockTime time)
{
  json_builder_set_member_name (json, name);
  if (GST_CLOCK_TIME_IS_VALID (time))
    json_builder_add_int_value (json, (gint64) time);
  else
    json_builder_add_null_value (json);
}

static void
add_region (JsonBuilder *json, const GstVideoRegionOfInterestMeta *region)
{
  const gchar *name = g_quark_to_string (region->roi_type);

  json_builder_begin_object (json);
  add_number (json, "id", region->id);
  json_builder_set_member_name (json, "name");
  if (name != NULL && g_utf8_validate (name, -1, NULL))
    json_builder_add_string_value (json, name);
  else
    json_builder_add_null_value (json);
  add_number (json, "x", region->x);
  add_number (json, "y", region->y);
  add_number (json, "width", region->w);
  add_number (json, "height", region->h);
  json_builder_end_object (json);
}

/* (transfer full): the line of a frame, with its end */
static gchar *
make_line (GstBuffer *frame, guint64 number)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;
  gpointer state = NULL;
  GstMeta *meta;

  json_builder_begin_object (json);
  add_number (json, "frame", (gint64) number);
  add_time (json, "timestamp", GST_BUFFER_PTS (frame));
  add_time (json, "duration", GST_BUFFER_DURATION (frame));
  json_builder_set_member_name (json, "regions");
  json_builder_begin_array (json);
  while ((meta = gst_buffer_iterate_meta_filtered (
              frame, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))
      != NULL)
    add_region (json, (const GstVideoRegionOfInterestMeta *) meta);
  json_builder_end_array (json);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);

  return g_strconcat (text, "\n", NULL);
}

static GstFlowReturn
gst_nf_regions_enc_prepare_output_buffer (
    GstBaseTransform *trans, GstBuffer *input, GstBuffer **output)
{
  GstNfRegionsEnc *self = GST_NF_REGIONS_ENC (trans);
  gchar *line = make_line (input, self->frame++);

  *output = gst_buffer_new_wrapped (line, strlen (line));
  gst_buffer_copy_into (*output, input,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);

  return GST_FLOW_OK;
}

/* the line was made with its buffer, whose size it decides */
static GstFlowReturn
gst_nf_regions_enc_transform (
    GstBaseTransform *trans, GstBuffer *input, GstBuffer *output)
{
  return GST_FLOW_OK;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfregionsenc, "nfregionsenc", GST_RANK_NONE, GST_TYPE_NF_REGIONS_ENC)
