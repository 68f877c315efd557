/* SPDX-License-Identifier: MIT
 *
 * gstnfconverters — frames on their way into a predicting element and out of it
 *
 * See: gstnfpredictstream.c, common/gstnfframes.h */
#pragma once

#include "common/gstnfframes.h"
#include "video/gstnfvideo.h"

G_BEGIN_DECLS

/**
 * GstNfConverters:
 * @in: to the network's packed pixels on its device
 * @out: from them to what downstream wants
 * @past: (nullable): from what comes in to what downstream wants; NULL where
 *   that is the same
 *
 * In to the network, from the network out, and in to out for frames that pass
 * by; new caps make all of them anew. NULL before the first caps.
 */
typedef struct
{
  GstNfFrames *in, *out;
  GstNfVideo *past;
} GstNfConverters;

/**
 * gst_nf_converters_clear:
 * @converters: may be all zeros, and is then
 */
void gst_nf_converters_clear (GstNfConverters *converters);

/**
 * gst_nf_converters_set:
 * @converters: (inout): all zeros, or made before
 * @device: where the network's frames lie
 * @in: caps of frames that come
 * @packed: what the network takes and gives
 * @out: caps of frames that are pushed
 * @error: return location: %NF_ERROR_UNSUPPORTED, %NF_ERROR_NO_MEMORY, ...
 *
 * Returns: FALSE with @error set and @converters as they were
 */
gboolean gst_nf_converters_set (GstNfConverters *converters, NfDevice *device,
    const GstCaps *in, const GstVideoInfo *packed, const GstCaps *out,
    GError **error);

G_END_DECLS
