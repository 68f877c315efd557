/* SPDX-License-Identifier: MIT
 *
 * gstnfvideo — raw video in any format and size <-> packed pixels of a network
 *
 * GstVideoConverter handles strides, planes, chroma, ranges and matrices.
 * Frames are scaled only as packed RGB, like the frames that networks are
 * trained on, and are converted before or after that. Scaling other formats has
 * faults in GStreamer 1.22 to 1.26: where rows get longer the corners of both
 * pictures are aligned, so that everything else moves by up to half a pixel;
 * the planes of I420 are scaled separately; and the last columns of 16-bit
 * values stay undefined. Interlaced frames are handled as whole frames, except
 * for the chroma of their fields. */
#include "video/gstnfvideo.h"

#include <nextframe/core/nferror.h>

#include <string.h>

#define MAX_STEPS 3

typedef struct
{
  GstVideoConverter *converter;
  GstVideoInfo info; /* of what it makes */
  guint8 *pixels; /* room for that; NULL in the last step */
} Step;

struct _GstNfVideo
{
  GstVideoInfo in_info, out_info; /* of the buffers and pixels */
  Step steps[MAX_STEPS];
  guint n_steps;
};

/**
 * gst_nf_video_options:
 *
 * Linear resampling, with the filter widened where a frame shrinks; everything
 * else as GstVideoConverter has it. Whoever scales frames for a network uses
 * these, so that a network is trained on the pixels that it is given later.
 *
 * Returns: (transfer full): options for gst_video_converter_new()
 */
GstStructure *
gst_nf_video_options (void)
{
  return gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_LINEAR, NULL);
}

/**
 * gst_nf_video_packed_info:
 * @info: (out): description of packed pixels
 * @width: columns, at least 1
 * @height: rows, at least 1
 * @channels: 3: RGB; 1: gray
 * @error: return location: %NF_ERROR_UNSUPPORTED for another number of
 *   channels, %NF_ERROR_INVALID for a size that is out of range
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_video_packed_info (GstVideoInfo *info, guint width, guint height,
    guint channels, GError **error)
{
  GstVideoFormat format =
      channels == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_RGB;

  if (channels != 1 && channels != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "video: this network's frames have %u channels, expected 3 (RGB) or 1 "
        "(gray)",
        channels);
    return FALSE;
  }
  if (!gst_video_info_set_format (info, format, width, height)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "video: frames of %ux%u are too large", width, height);
    return FALSE;
  }
  info->stride[0] = channels * width;
  info->size = (gsize) info->stride[0] * height;

  return TRUE;
}

/* Rows of chroma that belong to fields are the only ones that need the
 * interlaced mode. Where fields have no whole number of such rows, GStreamer
 * 1.22 writes beyond the frame, so these frames are handled as progressive
 * ones. */
static GstVideoInterlaceMode
interlace_mode (const GstVideoInfo *info)
{
  const guint rows = 2u << GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1);

  return GST_VIDEO_INFO_IS_INTERLACED (info) && rows > 2
          && (guint) info->height % rows == 0
      ? info->interlace_mode
      : GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
}

/* The converter wants all of a step to be interlaced, or nothing. Times do not
 * matter here. */
static GstVideoInfo
for_converter (const GstVideoInfo *info, GstVideoInterlaceMode mode)
{
  GstVideoInfo copy = *info;

  copy.interlace_mode = mode;
  copy.fps_n = 0;
  copy.fps_d = 1;

  return copy;
}

static gboolean
is_rgb (const GstVideoInfo *info)
{
  return GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB
      && info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255
      && info->colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_RGB;
}

static gboolean
refuse (const GstNfVideo *self, GError **error)
{
  const GstVideoInfo *in = &self->in_info, *out = &self->out_info;

  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "video: GStreamer cannot convert %dx%d %s to %dx%d %s; put a "
      "videoconvert before this element",
      in->width, in->height,
      gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (in)), out->width,
      out->height, gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (out)));

  return FALSE;
}

/* how rows lie in a step; what is scaled is taken whole */
static GstVideoInterlaceMode
mode_of (const GstVideoInfo *in, const GstVideoInfo *out)
{
  if (in->width != out->width || in->height != out->height)
    return GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;

  return interlace_mode (in) != GST_VIDEO_INTERLACE_MODE_PROGRESSIVE
      ? interlace_mode (in)
      : interlace_mode (out);
}

/* adds a step from what there is so far */
static gboolean
add_step (GstNfVideo *self, const GstVideoInfo *out, GError **error)
{
  const gboolean last = out == &self->out_info;
  Step *step = &self->steps[self->n_steps];
  const GstVideoInfo *in = self->n_steps > 0 ? &step[-1].info : &self->in_info;
  const GstVideoInterlaceMode mode = mode_of (in, out);
  GstVideoInfo from = for_converter (in, mode);
  GstVideoInfo to = for_converter (out, mode);

  step->converter =
      gst_video_converter_new (&from, &to, gst_nf_video_options ());
  step->info = *out;
  step->pixels = last ? NULL : g_try_malloc (out->size);
  self->n_steps++;
  if (step->converter == NULL)
    return refuse (self, error);
  if (last || step->pixels != NULL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "video: no memory for a frame of %dx%d", out->width, out->height);

  return FALSE;
}

static gboolean
add_steps (GstNfVideo *self, GError **error)
{
  const GstVideoInfo *in = &self->in_info, *out = &self->out_info;
  gboolean scales = in->width != out->width || in->height != out->height;
  GstVideoInfo before, after;

  return gst_nf_video_packed_info (&before, in->width, in->height, 3, error)
      && gst_nf_video_packed_info (&after, out->width, out->height, 3, error)
      && (!scales || is_rgb (in) || add_step (self, &before, error))
      && (!scales || is_rgb (out) || add_step (self, &after, error))
      && add_step (self, out, error);
}

/**
 * gst_nf_video_new:
 * @in: what comes
 * @out: what is wanted
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY,
 *   %NF_ERROR_INVALID for a size that is out of range
 *
 * Returns: (transfer full) (nullable): a converter, for one thread at a time
 */
GstNfVideo *
gst_nf_video_new (
    const GstVideoInfo *in, const GstVideoInfo *out, GError **error)
{
  g_autoptr (GstNfVideo) self = g_new0 (GstNfVideo, 1);

  self->in_info = *in;
  self->out_info = *out;

  return add_steps (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * gst_nf_video_free:
 * @self: (transfer full): a converter
 */
void
gst_nf_video_free (GstNfVideo *self)
{
  for (guint i = 0; i < self->n_steps; i++) {
    g_clear_pointer (&self->steps[i].converter, gst_video_converter_free);
    g_free (self->steps[i].pixels);
  }
  g_free (self);
}

static gboolean
map (GstVideoFrame *frame, const GstVideoInfo *info, GstBuffer *buffer,
    GstMapFlags flags, GError **error)
{
  if (gst_video_frame_map (frame, info, buffer, flags)) {
    if (interlace_mode (info) == GST_VIDEO_INTERLACE_MODE_PROGRESSIVE)
      frame->flags &= ~(guint) GST_VIDEO_FRAME_FLAG_INTERLACED;
    return TRUE;
  }
  if (gst_buffer_get_size (buffer) < info->size)
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "video: a buffer of %" G_GSIZE_FORMAT
        " bytes is too small for a %dx%d %s frame, whose first plane has a "
        "stride of %d bytes: expected %" G_GSIZE_FORMAT
        ". Correct the caps, or say how the planes lie with a GstVideoMeta",
        gst_buffer_get_size (buffer), info->width, info->height,
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)),
        info->stride[0], info->size);
  else
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "video: cannot %s a buffer of %" G_GSIZE_FORMAT
        " bytes as a %dx%d %s frame of %" G_GSIZE_FORMAT,
        flags & GST_MAP_WRITE ? "write" : "read", gst_buffer_get_size (buffer),
        info->width, info->height,
        gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)), info->size);

  return FALSE;
}

/* a frame around packed pixels, which needs no unmapping */
static void
wrap (GstVideoFrame *frame, const GstVideoInfo *info, const guint8 *pixels)
{
  memset (frame, 0, sizeof *frame);
  frame->info = *info;
  frame->data[0] = (gpointer) pixels;
}

static void
run (GstNfVideo *self, const GstVideoFrame *in, GstVideoFrame *out)
{
  GstVideoFrame made[MAX_STEPS];
  const GstVideoFrame *from = in;

  for (guint i = 0; i < self->n_steps; i++) {
    const Step *step = &self->steps[i];
    GstVideoFrame *to = out;

    if (step->pixels != NULL) {
      to = &made[i];
      wrap (to, &step->info, step->pixels);
    }
    gst_video_converter_frame (step->converter, from, to);
    from = to;
  }
}

/**
 * gst_nf_video_to_pixels:
 * @self: a converter to packed pixels
 * @in: a frame
 * @pixels: (out caller-allocates): room for the packed pixels
 * @error: return location: %NF_ERROR_SHAPE (a buffer that is too small),
 *   %NF_ERROR_IO
 *
 * Returns: FALSE with @error set when @in cannot be read
 */
gboolean
gst_nf_video_to_pixels (
    GstNfVideo *self, GstBuffer *in, guint8 *pixels, GError **error)
{
  GstVideoFrame from, to;

  if (!map (&from, &self->in_info, in, GST_MAP_READ, error))
    return FALSE;
  wrap (&to, &self->out_info, pixels);
  run (self, &from, &to);
  gst_video_frame_unmap (&from);

  return TRUE;
}

/**
 * gst_nf_video_from_pixels:
 * @self: a converter from packed pixels
 * @pixels: packed pixels
 * @out: a writable frame
 * @error: return location: %NF_ERROR_SHAPE (a buffer that is too small),
 *   %NF_ERROR_IO
 *
 * Returns: FALSE with @error set when @out cannot be written
 */
gboolean
gst_nf_video_from_pixels (
    GstNfVideo *self, const guint8 *pixels, GstBuffer *out, GError **error)
{
  GstVideoFrame from, to;

  if (!map (&to, &self->out_info, out, GST_MAP_WRITE, error))
    return FALSE;
  wrap (&from, &self->in_info, pixels);
  run (self, &from, &to);
  gst_video_frame_unmap (&to);

  return TRUE;
}

/**
 * gst_nf_video_convert:
 * @self: a converter
 * @in: a frame
 * @out: a writable frame
 * @error: return location: %NF_ERROR_SHAPE (a buffer that is too small),
 *   %NF_ERROR_IO
 *
 * Returns: FALSE with @error set when a frame cannot be read or written
 */
gboolean
gst_nf_video_convert (
    GstNfVideo *self, GstBuffer *in, GstBuffer *out, GError **error)
{
  GstVideoFrame from, to;

  if (!map (&from, &self->in_info, in, GST_MAP_READ, error))
    return FALSE;
  if (!map (&to, &self->out_info, out, GST_MAP_WRITE, error)) {
    gst_video_frame_unmap (&from);
    return FALSE;
  }
  run (self, &from, &to);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);

  return TRUE;
}

/* packed RGB pixels as packed pixels of another size, RGB or gray */
static gboolean
resize (const guint8 *src, gint src_width, gint src_height, guint8 *dst,
    gint dst_width, gint dst_height, guint channels, GError **error)
{
  gsize size = (gsize) channels * dst_width * dst_height;
  g_autoptr (GstNfVideo) converter = NULL;
  g_autoptr (GstBuffer) out = NULL;
  GstVideoInfo from, to;

  if (!gst_nf_video_packed_info (&from, src_width, src_height, 3, error)
      || !gst_nf_video_packed_info (
          &to, dst_width, dst_height, channels, error))
    return FALSE;
  converter = gst_nf_video_new (&from, &to, error);
  if (!converter)
    return FALSE;
  out = gst_buffer_new_wrapped_full (0, dst, size, 0, size, NULL, NULL);
  return gst_nf_video_from_pixels (converter, src, out, error);
}

/**
 * gst_nf_video_resize_rgb:
 * @src: interleaved 8-bit RGB pixels, rows without padding
 * @src_width: columns of @src, at least 1
 * @src_height: rows of @src, at least 1
 * @dst: (out caller-allocates): room for @dst_width x @dst_height pixels
 * @dst_width: columns wanted, at least 1
 * @dst_height: rows wanted, at least 1
 * @error: return location
 *
 * Resamples linearly, with the filter widened where the frame shrinks. Equal
 * sizes are copied.
 */
gboolean
gst_nf_video_resize_rgb (const guint8 *src, gint src_width, gint src_height,
    guint8 *dst, gint dst_width, gint dst_height, GError **error)
{
  if (src_width != dst_width || src_height != dst_height)
    return resize (
        src, src_width, src_height, dst, dst_width, dst_height, 3, error);
  memcpy (dst, src, (gsize) 3 * dst_width * dst_height);
  return TRUE;
}

/**
 * gst_nf_video_resize_to_gray:
 * @src: as of gst_nf_video_resize_rgb()
 * @src_width: columns of @src, at least 1
 * @src_height: rows of @src, at least 1
 * @dst: (out caller-allocates): room for @dst_width x @dst_height bytes
 * @dst_width: columns wanted, at least 1
 * @dst_height: rows wanted, at least 1
 * @error: return location
 *
 * The same, and makes the pixels gray, as the elements do for a network whose
 * frames are gray.
 */
gboolean
gst_nf_video_resize_to_gray (const guint8 *src, gint src_width, gint src_height,
    guint8 *dst, gint dst_width, gint dst_height, GError **error)
{
  return resize (
      src, src_width, src_height, dst, dst_width, dst_height, 1, error);
}

/**
 * gst_nf_video_store:
 * @pixels: packed pixels
 * @info: description of @out, whose format is that of @pixels
 * @out: a writable frame
 * @error: return location: %NF_ERROR_SHAPE (a buffer that is too small),
 *   %NF_ERROR_IO
 *
 * Copies values as they are, whatever range or colours @info speaks of: for
 * class ids, which are no brightness.
 *
 * Returns: FALSE with @error set when @out cannot be written
 */
gboolean
gst_nf_video_store (const guint8 *pixels, const GstVideoInfo *info,
    GstBuffer *out, GError **error)
{
  gsize row = (gsize) info->width * GST_VIDEO_INFO_COMP_PSTRIDE (info, 0);
  GstVideoFrame frame;
  guint8 *line;

  if (!map (&frame, info, out, GST_MAP_WRITE, error))
    return FALSE;
  line = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0);
  for (gint y = 0; y < info->height; y++) {
    memcpy (line, pixels, row);
    pixels += row;
    line += GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);
  }
  gst_video_frame_unmap (&frame);

  return TRUE;
}

/**
 * gst_nf_video_any_size:
 * @caps: (transfer none): raw video
 *
 * Returns: (transfer full): @caps, and then @caps with any format and size
 */
GstCaps *
gst_nf_video_any_size (GstCaps *caps)
{
  GstCaps *all = gst_caps_copy (caps);

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_structure_copy (gst_caps_get_structure (caps, i));

    gst_structure_remove_fields (s, "format", "width", "height",
        "pixel-aspect-ratio", "colorimetry", "chroma-site", NULL);
    gst_structure_set (s, "width", GST_TYPE_INT_RANGE, 1, G_MAXINT, "height",
        GST_TYPE_INT_RANGE, 1, G_MAXINT, NULL);
    gst_caps_append_structure_full (
        all, s, gst_caps_features_copy (gst_caps_get_features (caps, i)));
  }

  return all;
}

static gboolean
has_8_bits (const GValue *format)
{
  const GstVideoFormatInfo *info = gst_video_format_get_info (
      gst_video_format_from_string (g_value_get_string (format)));

  for (guint i = 0; i < GST_VIDEO_FORMAT_INFO_N_COMPONENTS (info); i++)
    if (GST_VIDEO_FORMAT_INFO_DEPTH (info, i) > 8)
      return FALSE;

  return TRUE;
}

/**
 * gst_nf_video_prefer_8_bits:
 * @caps: (transfer full): raw video that somebody may choose from
 *
 * Returns: (transfer full): @caps; where a structure leaves the choice of the
 *   format, those of 8 bits come first: frames become 8 bits on their way to a
 *   network, which takes time, and loses what more there was
 */
GstCaps *
gst_nf_video_prefer_8_bits (GstCaps *caps)
{
  GstCaps *sorted = gst_caps_make_writable (caps);

  for (guint i = 0; i < gst_caps_get_size (sorted); i++) {
    GstStructure *s = gst_caps_get_structure (sorted, i);
    const GValue *formats = gst_structure_get_value (s, "format");
    GValue list = G_VALUE_INIT;

    if (formats == NULL || !GST_VALUE_HOLDS_LIST (formats))
      continue;
    gst_value_list_init (&list, gst_value_list_get_size (formats));
    for (guint pass = 0; pass < 2; pass++)
      for (guint k = 0; k < gst_value_list_get_size (formats); k++) {
        const GValue *format = gst_value_list_get_value (formats, k);

        if (has_8_bits (format) == (pass == 0))
          gst_value_list_append_value (&list, format);
      }
    gst_structure_take_value (s, "format", &list);
  }

  return sorted;
}

/* pixels of another shape where the size differs, so that pictures keep theirs
 * */
static void
fixate_aspect (GstStructure *s, const GstStructure *like)
{
  gint n = 1, d = 1, width, height, like_width, like_height;

  gst_structure_get_fraction (like, "pixel-aspect-ratio", &n, &d);
  if (!gst_structure_get_int (s, "width", &width)
      || !gst_structure_get_int (s, "height", &height)
      || !gst_structure_get_int (like, "width", &like_width)
      || !gst_structure_get_int (like, "height", &like_height)
      || !gst_util_fraction_multiply (n, d, like_width, like_height, &n, &d)
      || !gst_util_fraction_multiply (n, d, height, width, &n, &d))
    return;
  if (gst_structure_has_field (s, "pixel-aspect-ratio"))
    gst_structure_fixate_field_nearest_fraction (s, "pixel-aspect-ratio", n, d);
  else
    gst_structure_set (s, "pixel-aspect-ratio", GST_TYPE_FRACTION, n, d, NULL);
}

/**
 * gst_nf_video_fixate_like:
 * @caps: (transfer full): raw video
 * @model: fixed raw video
 *
 * Returns: (transfer full): the fixed caps of @caps that are most like @model:
 *   its format and size where they are allowed, and its display aspect ratio
 */
GstCaps *
gst_nf_video_fixate_like (GstCaps *caps, GstCaps *model)
{
  const GstStructure *like = gst_caps_get_structure (model, 0);
  const gchar *format = gst_structure_get_string (like, "format");
  GstStructure *s;
  gint size;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  s = gst_caps_get_structure (caps, 0);
  if (format != NULL && gst_structure_has_field (s, "format"))
    gst_structure_fixate_field_string (s, "format", format);
  else if (format != NULL)
    gst_structure_set (s, "format", G_TYPE_STRING, format, NULL);
  if (gst_structure_get_int (like, "width", &size))
    gst_structure_fixate_field_nearest_int (s, "width", size);
  if (gst_structure_get_int (like, "height", &size))
    gst_structure_fixate_field_nearest_int (s, "height", size);
  fixate_aspect (s, like);

  return gst_caps_fixate (caps);
}
