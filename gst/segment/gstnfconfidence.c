/* SPDX-License-Identifier: MIT
 *
 * gstnfconfidence — how sure a network is of each pixel, as a meta of a buffer */
#include "segment/gstnfconfidence.h"

#include "segment/gstnfmaskvideo.h"

static void
register_meta (void)
{
  static const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_SIZE_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, NULL };
  static gsize registered = 0;

  if (!g_once_init_enter (&registered))
    return;
  if (gst_meta_get_info (GST_NF_CONFIDENCE_META) == NULL)
    gst_meta_register_custom (GST_NF_CONFIDENCE_META, tags, NULL, NULL, NULL);
  g_once_init_leave (&registered, 1);
}

void
gst_nf_confidence_attach (
    GstBuffer *buffer, const guint8 *confidence, guint width, guint height)
{
  g_autoptr (GstBuffer) picture =
      gst_nf_mask_video_gray (confidence, width, height);
  GstCustomMeta *meta;

  register_meta ();
  meta = gst_buffer_add_custom_meta (buffer, GST_NF_CONFIDENCE_META);
  gst_structure_set (gst_custom_meta_get_structure (meta), "picture",
      GST_TYPE_BUFFER, picture, NULL);
}
