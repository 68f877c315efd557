/* SPDX-License-Identifier: MIT
 *
 * gstnfconverters — frames on their way into a predicting element and out of it */
#include "predict/gstnfconverters.h"

#include "common/gstnfcuda.h"

#include <nextframe/core/nferror.h>

void
gst_nf_converters_clear (GstNfConverters *converters)
{
  g_clear_pointer (&converters->in, gst_nf_frames_free);
  g_clear_pointer (&converters->out, gst_nf_frames_free);
  g_clear_pointer (&converters->past, gst_nf_video_free);
}

static gboolean
refuse_caps (GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "video: caps that describe no frames");

  return FALSE;
}

gboolean
gst_nf_converters_set (GstNfConverters *converters, NfDevice *device,
    const GstCaps *in, const GstVideoInfo *packed, const GstCaps *out,
    GError **error)
{
  gboolean same = gst_nf_cuda_is_memory (in) == gst_nf_cuda_is_memory (out);
  GstNfConverters made = { .in = NULL, .out = NULL, .past = NULL };
  GstVideoInfo in_info, out_info;

  if (!gst_video_info_from_caps (&in_info, in)
      || !gst_video_info_from_caps (&out_info, out))
    return refuse_caps (error);
  made.in = gst_nf_frames_new_reader (device, in, packed, error);
  if (made.in != NULL)
    made.out = gst_nf_frames_new_writer (device, packed, out, error);
  if (made.out == NULL) {
    gst_nf_converters_clear (&made);
    return FALSE;
  }
  same = same && gst_video_info_is_equal (&in_info, &out_info);
  if (!same)
    made.past = gst_nf_video_new (&in_info, &out_info, error);
  if (!same && made.past == NULL) {
    gst_nf_converters_clear (&made);
    return FALSE;
  }
  gst_nf_converters_clear (converters);
  *converters = made;

  return TRUE;
}
