/* SPDX-License-Identifier: MIT
 *
 * gstnfframes — frames in buffers <-> tensors of packed pixels on a device
 *
 * See: gstnfvideo.c (formats and sizes) */
#include "gstnfframes.h"

#include "gstnfvideo.h"

#include "core/nferror.h"

struct _GstNfFrames
{
  NfDevice *device;
  GstVideoInfo packed;
  GstNfVideo *video;
  guint8 *pixels; /* a frame in the host's memory; NULL where tensors are */
};

static GstNfFrames *
frames_new (NfDevice *device, const GstVideoInfo *packed,
    const GstVideoInfo *from, const GstVideoInfo *to, GError **error)
{
  g_autoptr (GstNfFrames) self = g_new0 (GstNfFrames, 1);

  self->device = nf_device_ref (device);
  self->packed = *packed;
  self->video = gst_nf_video_new (from, to, error);
  if (self->video == NULL)
    return NULL;
  if (device->backend != nf_cpu_backend ())
    self->pixels = g_try_malloc (packed->size);
  if (device->backend == nf_cpu_backend () || self->pixels != NULL)
    return g_steal_pointer (&self);
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "video: no memory for a frame of %dx%d", packed->width, packed->height);

  return NULL;
}

/**
 * gst_nf_frames_new_reader:
 * @device: where tensors lie
 * @in: what buffers hold
 * @packed: what tensors hold
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): for gst_nf_frames_read(), by one thread
 *   at a time
 */
GstNfFrames *
gst_nf_frames_new_reader (NfDevice *device, const GstVideoInfo *in,
    const GstVideoInfo *packed, GError **error)
{
  return frames_new (device, packed, in, packed, error);
}

/**
 * gst_nf_frames_new_writer:
 * @device: where tensors lie
 * @packed: what tensors hold
 * @out: what buffers hold
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): for gst_nf_frames_write(), by one thread
 *   at a time
 */
GstNfFrames *
gst_nf_frames_new_writer (NfDevice *device, const GstVideoInfo *packed,
    const GstVideoInfo *out, GError **error)
{
  return frames_new (device, packed, packed, out, error);
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

/**
 * gst_nf_frames_read:
 * @self: a reader
 * @buffer: a frame
 * @error: return location: %NF_ERROR_IO, %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: (transfer full) (nullable): its pixels on the device
 */
NfTensor *
gst_nf_frames_read (GstNfFrames *self, GstBuffer *buffer, GError **error)
{
  const GstVideoInfo *info = &self->packed;
  g_autoptr (NfTensor) frame = nf_tensor_new (self->device, NF_U8, 1,
      GST_VIDEO_INFO_N_COMPONENTS (info), info->height, info->width, error);
  guint8 *pixels;

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
 * @error: return location: %NF_ERROR_IO, ...
 *
 * Returns: FALSE with @error set
 */
gboolean
gst_nf_frames_write (
    GstNfFrames *self, NfTensor *frame, GstBuffer *buffer, GError **error)
{
  const guint8 *pixels = self->pixels != NULL ? self->pixels : frame->data;

  return (self->pixels == NULL
             || nf_tensor_to_nhwc (frame, self->pixels, error))
      && gst_nf_video_from_pixels (self->video, pixels, buffer, error);
}
