/* SPDX-License-Identifier: MIT
 *
 * gstnfconverters — the ways of frames through an element with a network
 *
 * See: gstnfframes.c, gstnfvideo.c, gstnfpredict.c */
#include "gstnfconverters.h"

/**
 * gst_nf_converters_set:
 * @converters: (inout): all NULL, or from an earlier call
 * @device: where the network runs
 * @in: what comes
 * @packed: what the network takes and gives
 * @out: what downstream wants
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY
 *
 * Returns: FALSE with @error set and @converters as they were
 */
gboolean
gst_nf_converters_set (GstNfConverters *converters, NfDevice *device,
    const GstVideoInfo *in, const GstVideoInfo *packed, const GstVideoInfo *out,
    GError **error)
{
  gboolean same = gst_video_info_is_equal (in, out);
  GstNfConverters made = { NULL, NULL, NULL };

  made.in = gst_nf_frames_new_reader (device, in, packed, error);
  if (made.in != NULL)
    made.out = gst_nf_frames_new_writer (device, packed, out, error);
  if (made.out != NULL && !same)
    made.past = gst_nf_video_new (in, out, error);
  if (made.out == NULL || (made.past == NULL && !same)) {
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
