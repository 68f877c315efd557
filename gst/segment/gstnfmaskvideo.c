/* SPDX-License-Identifier: MIT
 *
 * gstnfmaskvideo — masks as video: ids or pictures, and regions of interest
 *
 * See: gstnfsegment.c, kernels/metrics/nfmask.c */
#include "segment/gstnfmaskvideo.h"

#include "common/gstnfcuda.h"
#include "video/gstnfvideo.h"

#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfmask.h>

/* pixels; smaller specks get no region of interest */
#define MIN_OBJECT_AREA 8

/* a picture is downloaded where the host has to write it */
static gboolean
store_picture (const NfTensor *picture, const GstVideoInfo *info,
    GstBuffer *buffer, GError **error)
{
  g_autofree guint8 *pixels = NULL;

  if (picture->device->backend->on_host)
    return gst_nf_video_store (picture->data, info, buffer, error);
  pixels = g_try_malloc (picture->bytes);
  if (pixels == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a picture of %dx%d", info->width, info->height);
    return FALSE;
  }

  return nf_tensor_to_nhwc (picture, pixels, error)
      && gst_nf_video_store (pixels, info, buffer, error);
}

/**
 * gst_nf_mask_video_store:
 * @mask: a mask
 * @info: of @buffer: GRAY8 where the mask has no picture, else RGB, of its size
 * @confidence: whether GRAY8 shows how sure the network is, where the mask has
 *   that, not the ids
 * @in_device_memory: whether @buffer lies in the device's memory
 * @buffer: a writable frame
 * @error: return location: %NF_ERROR_SHAPE, %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_mask_video_store (const GstNfBatchMask *mask, const GstVideoInfo *info,
    gboolean confidence, gboolean in_device_memory, GstBuffer *buffer,
    GError **error)
{
  if (mask->picture == NULL)
    return gst_nf_video_store (
        confidence && mask->confidence != NULL ? mask->confidence : mask->mask,
        info, buffer, error);

  return in_device_memory
      ? gst_nf_cuda_write (mask->picture, buffer, info, error)
      : store_picture (mask->picture, info, buffer, error);
}

/**
 * gst_nf_mask_video_gray:
 * @values: width x height values, row by row
 * @width: columns
 * @height: rows
 *
 * Returns: (transfer full): a copy of them as a GRAY8 picture, with a
 *   #GstVideoMeta
 */
GstBuffer *
gst_nf_mask_video_gray (const guint8 *values, guint width, guint height)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { (gint) width };
  GstBuffer *picture = gst_buffer_new_memdup (values, (gsize) width * height);

  gst_buffer_add_video_meta_full (picture, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_GRAY8, width, height, 1, offset, stride);

  return picture;
}

/**
 * gst_nf_mask_video_class:
 * @id: a class
 * @classes: of the network
 * @names: (nullable) (array length=classes): their names
 *
 * Returns: its name: of @names, or of ours; "class 7" where there are neither
 */
GQuark
gst_nf_mask_video_class (guint id, guint classes, gchar **names)
{
  gchar other[16];

  if (names != NULL)
    return g_quark_from_string (names[id]);
  if (classes == NF_N_CLASSES)
    return g_quark_from_static_string (nf_class_name (id));
  g_snprintf (other, sizeof other, "class %u", id);

  return g_quark_from_string (other);
}

/**
 * gst_nf_mask_video_add_regions:
 * @mask: a mask
 * @classes: of the network, for their names
 * @names: (nullable): as gst_nf_mask_video_class() takes them
 * @buffer: writable; gets a #GstVideoRegionOfInterestMeta for each object
 */
void
gst_nf_mask_video_add_regions (
    const GstNfBatchMask *mask, guint classes, gchar **names, GstBuffer *buffer)
{
  NfMaskObject objects[NF_MASK_MAX_OBJECTS];
  guint n = nf_mask_objects (
      mask->mask, mask->width, mask->height, MIN_OBJECT_AREA, objects);

  for (guint i = 0; i < n; i++) {
    const NfMaskObject *o = &objects[i];
    GstVideoRegionOfInterestMeta *meta =
        gst_buffer_add_video_region_of_interest_meta_id (buffer,
            gst_nf_mask_video_class (o->id, classes, names), o->x, o->y,
            o->width, o->height);

    meta->id = o->id;
    meta->parent_id = -1;
  }
}
