/* SPDX-License-Identifier: MIT
 *
 * gstnfframes — frames in buffers <-> tensors of packed pixels on a device
 *
 * A frame is a tensor u8 (1, channels, rows, columns): packed pixels of a
 * network's size, 3 channels RGB or 1 gray. A buffer holds it in any format and
 * size, in the host's memory or in the device's (memory:CUDAMemory).
 * See: gstnfvideo.h, gstnfcuda.h */
#pragma once

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstNfFrames GstNfFrames;

GstNfFrames *gst_nf_frames_new_reader (NfDevice *device, const GstCaps *in,
    const GstVideoInfo *packed, GError **error);
GstNfFrames *gst_nf_frames_new_writer (NfDevice *device,
    const GstVideoInfo *packed, const GstCaps *out, GError **error);
void gst_nf_frames_free (GstNfFrames *self);

NfTensor *gst_nf_frames_read (
    GstNfFrames *self, GstBuffer *buffer, GError **error);
gboolean gst_nf_frames_write (
    GstNfFrames *self, NfTensor *frame, GstBuffer *buffer, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstNfFrames, gst_nf_frames_free)

G_END_DECLS
