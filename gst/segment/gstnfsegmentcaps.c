/* SPDX-License-Identifier: MIT
 *
 * gstnfsegmentcaps — which masks go out for which frames
 *
 * A mask has its frame's size and times; its format is the element's choice.
 * See: gstnfsegment.c */
#include "segment/gstnfsegmentcaps.h"

#include "video/gstnfvideo.h"

static void
set_format (GstCaps *caps, const gchar *format)
{
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_caps_get_structure (caps, i);

    gst_structure_remove_fields (
        s, "format", "colorimetry", "chroma-site", NULL);
    if (format != NULL)
      gst_structure_set (s, "format", G_TYPE_STRING, format, NULL);
  }
}

/**
 * gst_nf_segment_caps_transform:
 * @cuda: the element's
 * @direction: of the pad that has @caps
 * @caps: (transfer none): of one pad
 * @filter: (nullable): what is asked for
 * @gray: whether ids or confidences go out, not pictures
 *
 * Returns: (transfer full): what goes with @caps on the other pad
 */
GstCaps *
gst_nf_segment_caps_transform (GstNfCuda *cuda, GstPadDirection direction,
    GstCaps *caps, GstCaps *filter, gboolean gray)
{
  const gchar *format = gray ? "GRAY8" : "RGB";
  GstCaps *other, *both;

  if (direction == GST_PAD_SINK) {
    other = gst_caps_copy (caps);
    set_format (other, format);
  } else {
    GstCaps *made = gst_caps_new_simple (
        "video/x-raw", "format", G_TYPE_STRING, format, NULL);

    gst_caps_set_features_simple (made, gst_caps_features_new_any ());
    other = gst_caps_make_writable (gst_caps_intersect (caps, made));
    gst_caps_unref (made);
    set_format (other, NULL);
  }
  other = gst_nf_cuda_any_memory (cuda, other);
  if (filter == NULL)
    return other;
  both = gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (other);

  return both;
}

/**
 * gst_nf_segment_caps_forget_formats:
 * @trans: the element
 * @query: a CAPS query of its sink pad that the base class answered
 *
 * The base class puts the caps that downstream wants first, which are those of
 * masks: upstream would send gray frames. Any format of 8 bits is as good as
 * another, and better than one whose conversion takes time and loses the rest.
 */
void
gst_nf_segment_caps_forget_formats (GstBaseTransform *trans, GstQuery *query)
{
  GstCaps *filter, *result, *caps, *rest;

  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &result);
  caps = gst_caps_copy (result);
  set_format (caps, NULL);
  rest = gst_pad_get_pad_template_caps (trans->sinkpad);
  result = gst_caps_intersect (caps, rest);
  gst_caps_unref (rest);
  gst_caps_unref (caps);
  if (filter != NULL) {
    caps = gst_caps_intersect_full (filter, result, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (result);
    result = caps;
  }
  result = gst_nf_video_prefer_8_bits (result);
  gst_query_set_caps_result (query, result);
  gst_caps_unref (result);
}
