/* SPDX-License-Identifier: MIT
 *
 * gstnfcuda — video in a GPU's memory (memory:CUDAMemory), for elements
 *
 * An element whose network runs on a CUDA device has a GstCudaContext of that
 * device, which it shares with its neighbours as GStreamer's own CUDA elements
 * do: theirs, or the device's primary one, in which the kernels run. Frames in
 * the primary context come from and go to GstCudaMemory without the host, copied
 * within the device; what lies in another context is copied by GStreamer, through
 * the host.
 *
 * Without gstreamer-cuda-1.0 at build time (gstnfnocuda.c) all of this exists
 * and offers nothing.
 * See: gstnfframes.c, docs/cuda.md */
#pragma once

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfCuda:
 * @element: whose it is
 * @index: of the CUDA device that it computes on; -1: none, or not known yet
 * @started: whether it is known where it computes
 * @context: (nullable): a GstCudaContext of that device
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  /*< private >*/
  GstElement *element;
  gint index;
  gboolean started;
  gpointer context;
} GstNfCuda;

void gst_nf_cuda_init (GstNfCuda *cuda, GstElement *element);
void gst_nf_cuda_start (GstNfCuda *cuda, const NfDevice *device);
void gst_nf_cuda_stop (GstNfCuda *cuda);
gboolean gst_nf_cuda_set_context (GstNfCuda *cuda, GstContext *context);
gboolean gst_nf_cuda_answer_context (GstNfCuda *cuda, GstQuery *query);

#define GST_NF_CUDA_MEMORY "memory:CUDAMemory"

/**
 * GST_NF_CUDA_READS:
 *
 * Caps of what gst_nf_cuda_read() reads, and ops make RGB of. I420 with an odd
 * number of rows is not among them: in GstCudaMemory its last plane begins in
 * the middle of a row (GStreamer 1.22), where uploads of whole rows do not get.
 */
#define GST_NF_CUDA_READS                                                      \
  GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_NF_CUDA_MEMORY,                       \
      "{ RGB, NV12, BGR, RGBA, BGRA, RGBx, BGRx, ARGB, ABGR }")                \
  "; video/x-raw(" GST_NF_CUDA_MEMORY                                          \
  "), format=(string)I420, width=" GST_VIDEO_SIZE_RANGE                        \
  ", height=(int)[ 2, 2147483646, 2 ], framerate=" GST_VIDEO_FPS_RANGE

/** GST_NF_CUDA_WRITES: caps of what gst_nf_cuda_write() writes */
#define GST_NF_CUDA_WRITES                                                     \
  GST_VIDEO_CAPS_MAKE_WITH_FEATURES (GST_NF_CUDA_MEMORY, "RGB")

GstPadTemplate *gst_nf_cuda_pad_template (const gchar *name,
    GstPadDirection direction, const gchar *raw, const gchar *cuda);
gboolean gst_nf_cuda_is_memory (const GstCaps *caps);
gboolean gst_nf_cuda_is_asked (GstQuery *query);
GstCaps *gst_nf_cuda_any_memory (GstNfCuda *cuda, GstCaps *caps);
gboolean gst_nf_cuda_propose (GstNfCuda *cuda, GstQuery *query);
gboolean gst_nf_cuda_decide (GstNfCuda *cuda, GstQuery *query);

guint gst_nf_cuda_read (GstBuffer *buffer, const GstVideoInfo *info,
    NfDevice *device, NfTensor **planes, GError **error);
gboolean gst_nf_cuda_write (const NfTensor *pixels, GstBuffer *buffer,
    const GstVideoInfo *info, GError **error);

G_END_DECLS
