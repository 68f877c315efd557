/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyvideo — which array is which video, and the frames of both
 *
 * The rows of an array follow each other without padding; those of a video
 * frame have a stride. */
#include "npy/gstnfnpyvideo.h"

#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfmask.h>

#include <string.h>

#define MAX_SIDE 32767
#define MAX_FRAME_BYTES (G_GUINT64_CONSTANT (1) << 30) /* in the array */

static gboolean
is_rgb (const NfNpyHeader *header)
{
  return header->n_dims == 4 && header->shape[3] == 3;
}

/**
 * gst_nf_npy_video_from_header:
 * @header: of an array
 * @palette: bytes are class ids, to be seen in the colours of their classes
 * @info: (out): format and size of its frames, no framerate
 * @frames: (out): how many frames it has
 * @error: why it is no video
 *
 * Returns: FALSE when the array is no video
 */
gboolean
gst_nf_npy_video_from_header (const NfNpyHeader *header, gboolean palette,
    GstVideoInfo *info, guint64 *frames, GError **error)
{
  gboolean rgb = is_rgb (header);
  gboolean gray = header->n_dims == 2 || header->n_dims == 3
      || (header->n_dims == 4 && header->shape[3] == 1);
  const guint64 *sides = header->shape + (header->n_dims == 2 ? 0 : 1);
  GstVideoFormat format = GST_VIDEO_FORMAT_GRAY8;
  g_autofree gchar *shape = nf_npy_shape_string (header);

  if (!rgb && !gray) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: the array has shape %s, expected (T, H, W), (T, H, W, 3) or "
        "(H, W); reshape it",
        shape);
    return FALSE;
  }
  if (sides[0] < 1 || sides[0] > MAX_SIDE || sides[1] < 1
      || sides[1] > MAX_SIDE) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: the array has shape %s, expected frames of 1 to %d rows and "
        "columns",
        shape, MAX_SIDE);
    return FALSE;
  }
  if (sides[0] * sides[1] * (rgb ? 3 : 1) * nf_npy_type_size (header->type)
      > MAX_FRAME_BYTES) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: the array has shape %s, expected frames of 1 GiB at most; save a "
        "copy of smaller elements, as with array.astype (numpy.uint8)",
        shape);
    return FALSE;
  }
  if (rgb && header->type != NF_NPY_U8) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "npy: colour frames of shape %s need elements of type '|u1'; save a "
        "copy made with array.astype (numpy.uint8)",
        shape);
    return FALSE;
  }
  if (rgb)
    format = GST_VIDEO_FORMAT_RGB;
  else if (header->type == NF_NPY_U16)
    format = header->big_endian ? GST_VIDEO_FORMAT_GRAY16_BE
                                : GST_VIDEO_FORMAT_GRAY16_LE;
  else if (palette)
    format = GST_VIDEO_FORMAT_RGB;
  gst_video_info_set_format (info, format, sides[1], sides[0]);
  *frames = header->n_dims == 2 ? 1 : header->shape[0];

  return TRUE;
}

/**
 * gst_nf_npy_video_to_header:
 * @info: format and size of frames, one of #GST_NF_NPY_FORMATS
 * @frames: how many frames
 * @header: (out): of the array that holds them
 * @error: why there is none
 *
 * Returns: FALSE when the array would not fit 64 bits
 */
gboolean
gst_nf_npy_video_to_header (const GstVideoInfo *info, guint64 frames,
    NfNpyHeader *header, GError **error)
{
  GstVideoFormat format = GST_VIDEO_INFO_FORMAT (info);
  gboolean rgb = format == GST_VIDEO_FORMAT_RGB;
  gboolean little = format == GST_VIDEO_FORMAT_GRAY16_LE;
  gboolean big = format == GST_VIDEO_FORMAT_GRAY16_BE;
  guint64 shape[] = { frames, GST_VIDEO_INFO_HEIGHT (info),
    GST_VIDEO_INFO_WIDTH (info), 3 };

  return nf_npy_header_init (header, little || big ? NF_NPY_U16 : NF_NPY_U8,
      big, shape, rgb ? 4 : 3, error);
}

/**
 * gst_nf_npy_video_frame_bytes:
 * @header: of an array
 * @info: what gst_nf_npy_video_from_header() made of it
 *
 * Returns: bytes of one frame in the array
 */
gsize
gst_nf_npy_video_frame_bytes (
    const NfNpyHeader *header, const GstVideoInfo *info)
{
  gsize samples = (gsize) GST_VIDEO_INFO_WIDTH (info)
      * GST_VIDEO_INFO_HEIGHT (info) * (is_rgb (header) ? 3 : 1);

  return samples * nf_npy_type_size (header->type);
}

/**
 * gst_nf_npy_video_read:
 * @header: of an array
 * @data: one frame of it
 * @frame: where it goes, mapped for writing, as
 *   gst_nf_npy_video_from_header() says
 * @error: the first element that does not fit
 *
 * Returns: FALSE when an element does not fit the format
 */
gboolean
gst_nf_npy_video_read (const NfNpyHeader *header, const guint8 *data,
    GstVideoFrame *frame, GError **error)
{
  gint height = GST_VIDEO_FRAME_HEIGHT (frame);
  gsize row_bytes =
      gst_nf_npy_video_frame_bytes (header, &frame->info) / (gsize) height;
  gsize items = row_bytes / nf_npy_type_size (header->type);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  guint8 *line = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gboolean paint = GST_VIDEO_FRAME_FORMAT (frame) == GST_VIDEO_FORMAT_RGB
      && !is_rgb (header);
  g_autofree guint8 *ids = paint ? g_try_malloc (items) : NULL;

  if (paint && ids == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a row of %" G_GSIZE_FORMAT " ids", items);
    return FALSE;
  }
  for (gint y = 0; y < height; y++, data += row_bytes, line += stride) {
    if (header->type == NF_NPY_U16) {
      memcpy (line, data, row_bytes);
    } else if (!nf_npy_to_u8 (header, data, paint ? ids : line, items, error)) {
      g_prefix_error (error, "row %d: ", y);
      return FALSE;
    }
    if (paint)
      nf_mask_paint (ids, items, line);
  }

  return TRUE;
}

/**
 * gst_nf_npy_video_write:
 * @frame: mapped for reading, one of #GST_NF_NPY_FORMATS
 * @data: (out): a frame of the array
 *
 * Copies a frame without its padding.
 */
void
gst_nf_npy_video_write (const GstVideoFrame *frame, guint8 *data)
{
  gsize row_bytes = (gsize) GST_VIDEO_FRAME_WIDTH (frame)
      * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  const guint8 *line = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);

  for (gint y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y++) {
    memcpy (data, line, row_bytes);
    data += row_bytes;
    line += stride;
  }
}
