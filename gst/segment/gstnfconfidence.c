/* SPDX-License-Identifier: MIT
 *
 * gstnfconfidence — how likely classes are in each pixel, as metas of a buffer */
#include "segment/gstnfconfidence.h"

#include "common/gstnfmeta.h"
#include "segment/gstnfmaskvideo.h"

/* (transfer none): the fields of a new meta */
static GstStructure *
add_meta (GstBuffer *buffer, const gchar *name)
{
  static const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_SIZE_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, NULL };

  gst_nf_meta_register (name, tags);

  return gst_custom_meta_get_structure (
      gst_buffer_add_custom_meta (buffer, name));
}

void
gst_nf_confidence_attach (
    GstBuffer *buffer, const guint8 *confidence, guint width, guint height)
{
  g_autoptr (GstBuffer) picture =
      gst_nf_mask_video_gray (confidence, width, height);

  gst_structure_set (add_meta (buffer, GST_NF_CONFIDENCE_META), "picture",
      GST_TYPE_BUFFER, picture, NULL);
}

void
gst_nf_probabilities_attach (
    GstBuffer *buffer, guint8 *planes, guint classes, guint width, guint height)
{
  g_autoptr (GstBuffer) wrapped =
      gst_buffer_new_wrapped (planes, (gsize) classes * width * height);

  gst_structure_set (add_meta (buffer, GST_NF_PROBABILITIES_META), "planes",
      GST_TYPE_BUFFER, wrapped, "classes", G_TYPE_UINT, classes, "height",
      G_TYPE_UINT, height, "width", G_TYPE_UINT, width, NULL);
}
