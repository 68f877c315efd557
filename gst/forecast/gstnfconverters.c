/* SPDX-License-Identifier: MIT
 *
 * gstnfconverters — the ways of frames through an element with a network
 *
 * See: gstnfframes.c, gstnfvideo.c, gstnfpredict.c */
#include "forecast/gstnfconverters.h"

#include "common/gstnfcuda.h"

/**
 * gst_nf_converters_set:
 * @converters: (inout): all NULL, or from an earlier call
 * @device: where the network runs
 * @in: of what comes
 * @packed: what the network takes and gives
 * @out: of what downstream wants
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set and @converters as they were
 */
gboolean
gst_nf_converters_set (GstNfConverters *converters, NfDevice *device,
    const GstCaps *in, const GstVideoInfo *packed, const GstCaps *out,
    GError **error)
{
  gboolean same = gst_nf_cuda_is_memory (in) == gst_nf_cuda_is_memory (out);
  GstNfConverters made = { NULL, NULL, NULL };
  GstVideoInfo in_info, out_info;

  made.in = gst_nf_frames_new_reader (device, in, packed, error);
  if (made.in != NULL)
    made.out = gst_nf_frames_new_writer (device, packed, out, error);
  if (made.out == NULL) {
    gst_nf_converters_clear (&made);
    return FALSE;
  }
  gst_video_info_from_caps (&in_info, in);
  gst_video_info_from_caps (&out_info, out);
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

/**
 * gst_nf_converters_clear:
 * @converters: (inout): freed, and NULL afterwards
 */
void
gst_nf_converters_clear (GstNfConverters *converters)
{
  g_clear_pointer (&converters->in, gst_nf_frames_free);
  g_clear_pointer (&converters->out, gst_nf_frames_free);
  g_clear_pointer (&converters->past, gst_nf_video_free);
}
