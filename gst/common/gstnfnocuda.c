/* SPDX-License-Identifier: MIT
 *
 * gstnfnocuda — where gstreamer-cuda-1.0 was not there at build time
 *
 * All video is in the host's memory. The functions are described in
 * gstnfcuda.c. */
#include "common/gstnfcuda.h"

void
gst_nf_cuda_init (GstNfCuda *cuda, GstElement *element)
{
  *cuda = (GstNfCuda){ element, -1, FALSE, NULL };
}

void
gst_nf_cuda_start (GstNfCuda *cuda, const NfDevice *device)
{
}

void
gst_nf_cuda_stop (GstNfCuda *cuda)
{
}

gboolean
gst_nf_cuda_set_context (GstNfCuda *cuda, GstContext *context)
{
  return FALSE;
}

gboolean
gst_nf_cuda_answer_context (GstNfCuda *cuda, GstQuery *query)
{
  return FALSE;
}

GstPadTemplate *
gst_nf_cuda_pad_template (const gchar *name, GstPadDirection direction,
    const gchar *raw, const gchar *cuda)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (raw);

  return gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps);
}

gboolean
gst_nf_cuda_is_memory (const GstCaps *caps)
{
  return FALSE;
}

gboolean
gst_nf_cuda_is_asked (GstQuery *query)
{
  return FALSE;
}

GstCaps *
gst_nf_cuda_any_memory (GstNfCuda *cuda, GstCaps *caps)
{
  return caps;
}

gboolean
gst_nf_cuda_propose (GstNfCuda *cuda, GstQuery *query)
{
  return FALSE;
}

gboolean
gst_nf_cuda_decide (GstNfCuda *cuda, GstQuery *query)
{
  return FALSE;
}

guint
gst_nf_cuda_read (GstBuffer *buffer, const GstVideoInfo *info, NfDevice *device,
    NfTensor **planes, GError **error)
{
  g_return_val_if_reached (0);
}

gboolean
gst_nf_cuda_write (const NfTensor *pixels, GstBuffer *buffer,
    const GstVideoInfo *info, GError **error)
{
  g_return_val_if_reached (FALSE);
}
