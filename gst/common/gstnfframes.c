/* SPDX-License-Identifier: MIT
 *
 * gstnfframes — frames in buffers <-> tensors of packed pixels on a device
 *
 * Frames in the device's memory are converted and scaled there, by ops, as
 * GstVideoConverter does it in the host's memory. Conversions without an op
 * (those of gray networks) are done on the host, where GstCudaMemory can be
 * mapped, too.
 * See: gstnfvideo.c (formats and sizes), gstnfcuda.c, gstnfcolor.c */
#include "common/gstnfframes.h"

#include "common/gstnfcolor.h"
#include "common/gstnfcuda.h"
#include "video/gstnfvideo.h"

#include <nextframe/core/nferror.h>

struct _GstNfFrames
{
  NfDevice *device;
  GstVideoInfo info, packed; /* of buffers, of tensors */
  gboolean stays; /* on the device, from end to end */
  NfToRgbParams to_rgb; /* of a reader that stays there */
  GstNfVideo *video; /* NULL where frames stay there */
  guint8 *pixels; /* a frame in the host's memory; NULL where tensors are */
};

static GstNfFrames *
frames_new (NfDevice *device, const GstCaps *caps, const GstVideoInfo *packed,
    GError **error)
{
  g_autoptr (GstNfFrames) self = g_new0 (GstNfFrames, 1);

  self->device = nf_device_ref (device);
  self->packed = *packed;
  if (gst_video_info_from_caps (&self->info, caps))
    return g_steal_pointer (&self);
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "video: caps that describe no frames");

  return NULL;
}

/* (transfer full) (nullable): @self, for frames that go through the host */
static GstNfFrames *
through_host (GstNfFrames *self, const GstVideoInfo *from,
    const GstVideoInfo *to, GError **error)
{
  const gboolean on_host = self->device->backend->on_host;
  g_autoptr (GstNfFrames) owned = self;

  self->video = gst_nf_video_new (from, to, error);
  if (self->video == NULL)
    return NULL;
  if (!on_host)
    self->pixels = g_try_malloc (self->packed.size);
  if (on_host || self->pixels != NULL)
    return g_steal_pointer (&owned);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "video: no memory for a frame of %dx%d", self->packed.width,
      self->packed.height);

  return NULL;
}

/**
 * gst_nf_frames_new_reader:
 * @device: where tensors lie
 * @in: of buffers
 * @packed: what tensors hold
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): for gst_nf_frames_read(), by one thread
 *   at a time
 */
GstNfFrames *
gst_nf_frames_new_reader (NfDevice *device, const GstCaps *in,
    const GstVideoInfo *packed, GError **error)
{
  GstNfFrames *self = frames_new (device, in, packed, error);

  if (self == NULL)
    return NULL;
  self->stays = gst_nf_cuda_is_memory (in)
      && GST_VIDEO_INFO_N_COMPONENTS (packed) == 3
      && gst_nf_color_to_rgb (&self->info, &self->to_rgb);

  return self->stays ? self : through_host (self, &self->info, packed, error);
}

/**
 * gst_nf_frames_new_writer:
 * @device: where tensors lie
 * @packed: what tensors hold
 * @out: of buffers
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): for gst_nf_frames_write(), by one thread
 *   at a time
 */
GstNfFrames *
gst_nf_frames_new_writer (NfDevice *device, const GstVideoInfo *packed,
    const GstCaps *out, GError **error)
{
  GstNfFrames *self = frames_new (device, out, packed, error);

  if (self == NULL)
    return NULL;
  self->stays = gst_nf_cuda_is_memory (out)
      && GST_VIDEO_INFO_N_COMPONENTS (packed) == 3
      && GST_VIDEO_INFO_FORMAT (&self->info) == GST_VIDEO_FORMAT_RGB;

  return self->stays ? self : through_host (self, packed, &self->info, error);
}

/**
 * gst_nf_frames_free:
 * @self: (transfer full): a reader or writer
 */
void
gst_nf_frames_free (GstNfFrames *self)
{
  g_clear_pointer (&self->video, gst_nf_video_free);
  g_free (self->pixels);
  nf_device_unref (self->device);
  g_free (self);
}

/* (transfer full) (nullable): @frame, or what it is at another size */
static NfTensor *
at_size (NfTensor *frame, const GstVideoInfo *info, GError **error)
{
  if (frame->h == info->height && frame->w == info->width)
    return nf_tensor_ref (frame);

  return nf_op_resize (frame, info->height, info->width, error);
}

static NfTensor *
read_there (GstNfFrames *self, GstBuffer *buffer, GError **error)
{
  NfTensor *planes[GST_VIDEO_MAX_PLANES] = { NULL };
  const guint n =
      gst_nf_cuda_read (buffer, &self->info, self->device, planes, error);
  g_autoptr (NfTensor) rgb = NULL;

  if (n == 0)
    return NULL;
  rgb = GST_VIDEO_INFO_FORMAT (&self->info) == GST_VIDEO_FORMAT_RGB
      ? nf_tensor_ref (planes[0])
      : nf_op_to_rgb (planes, n, &self->to_rgb, error);
  for (guint i = 0; i < n; i++)
    nf_tensor_clear (&planes[i]);

  return rgb != NULL ? at_size (rgb, &self->packed, error) : NULL;
}

/**
 * gst_nf_frames_read:
 * @self: a reader
 * @buffer: a frame
 * @error: return location: %NF_ERROR_IO, %NF_ERROR_INVALID (memory of another
 *   device), %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: (transfer full) (nullable): its pixels on the device
 */
NfTensor *
gst_nf_frames_read (GstNfFrames *self, GstBuffer *buffer, GError **error)
{
  const GstVideoInfo *info = &self->packed;
  g_autoptr (NfTensor) frame = NULL;
  guint8 *pixels;

  if (self->stays)
    return read_there (self, buffer, error);
  frame = nf_tensor_new (self->device, NF_U8, 1,
      GST_VIDEO_INFO_N_COMPONENTS (info), info->height, info->width, error);
  if (frame == NULL)
    return NULL;
  pixels = self->pixels != NULL ? self->pixels : frame->data;
  if (!gst_nf_video_to_pixels (self->video, buffer, pixels, error)
      || (self->pixels != NULL && !nf_tensor_set_nhwc (frame, pixels, error)))
    return NULL;

  return g_steal_pointer (&frame);
}

/**
 * gst_nf_frames_write:
 * @self: a writer
 * @frame: pixels on the device
 * @buffer: a writable frame
 * @error: return location: as gst_nf_frames_read()
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_frames_write (
    GstNfFrames *self, NfTensor *frame, GstBuffer *buffer, GError **error)
{
  const guint8 *pixels = self->pixels != NULL ? self->pixels : frame->data;

  if (self->stays) {
    g_autoptr (NfTensor) sized = at_size (frame, &self->info, error);

    return sized != NULL
        && gst_nf_cuda_write (sized, buffer, &self->info, error);
  }

  return (self->pixels == NULL
             || nf_tensor_to_nhwc (frame, self->pixels, error))
      && gst_nf_video_from_pixels (self->video, pixels, buffer, error);
}
