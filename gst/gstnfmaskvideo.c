/* SPDX-License-Identifier: MIT
 *
 * gstnfmaskvideo — masks as video: ids or pictures, and regions of interest
 *
 * See: gstnfsegment.c, kernels/metrics/nfmask.c */
#include "gstnfmaskvideo.h"

#include "gstnfvideo.h"

#include "metrics/nfclasses.h"
#include "metrics/nfmask.h"

/* pixels; smaller specks get no region of interest */
#define MIN_OBJECT_AREA 8

/* the picture of a mask, RGB; NULL with the error set */
static guint8 *
paint (const GstNfBatchMask *mask, gboolean overlay, GError **error)
{
  const NfTensor *frame = mask->frame;
  const gsize area = mask->ids->bytes;
  g_autofree guint8 *picture = g_malloc (3 * area);
  g_autofree guint8 *pixels = NULL;

  if (overlay) {
    pixels = g_malloc (frame->bytes);
    if (!nf_tensor_to_nhwc (frame, pixels, error))
      return NULL;
    nf_mask_overlay (mask->mask, area, pixels, (guint) frame->c, picture);
  } else {
    nf_mask_paint (mask->mask, area, picture);
  }

  return g_steal_pointer (&picture);
}

/**
 * gst_nf_mask_video_store:
 * @mask: a mask
 * @output: what is wanted
 * @info: of @buffer: GRAY8 for ids, else RGB, of the mask's size
 * @buffer: a writable frame
 * @error: return location: %NF_ERROR_IO, ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_mask_video_store (const GstNfBatchMask *mask, GstNfSegmentOutput output,
    const GstVideoInfo *info, GstBuffer *buffer, GError **error)
{
  g_autofree guint8 *picture = NULL;

  if (GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_GRAY8)
    return gst_nf_video_store (mask->mask, info, buffer, error);
  picture = paint (mask, output == GST_NF_SEGMENT_OVERLAY, error);

  return picture != NULL && gst_nf_video_store (picture, info, buffer, error);
}

/**
 * gst_nf_mask_video_add_regions:
 * @mask: a mask
 * @classes: of the network, for their names
 * @buffer: writable; gets a #GstVideoRegionOfInterestMeta for each object
 */
void
gst_nf_mask_video_add_regions (
    const GstNfBatchMask *mask, guint classes, GstBuffer *buffer)
{
  NfMaskObject objects[NF_MASK_MAX_OBJECTS];
  guint n = nf_mask_objects (mask->mask, (guint) mask->ids->w,
      (guint) mask->ids->h, MIN_OBJECT_AREA, objects);
  gchar other[16];

  for (guint i = 0; i < n; i++) {
    const NfMaskObject *o = &objects[i];
    GstVideoRegionOfInterestMeta *meta;

    g_snprintf (other, sizeof other, "class %u", o->id);
    meta = gst_buffer_add_video_region_of_interest_meta (buffer,
        classes == NF_N_CLASSES ? nf_class_name (o->id) : other, o->x, o->y,
        o->width, o->height);
    meta->id = o->id;
    meta->parent_id = -1;
  }
}
