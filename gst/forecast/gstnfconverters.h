/* SPDX-License-Identifier: MIT
 *
 * gstnfconverters — the ways of frames through an element with a network
 *
 * In to the network, from the network out, and in to out for frames that pass
 * by. New caps make all of them anew.
 * See: gstnfframes.h, gstnfvideo.h, gstnfpredict.c */
#pragma once

#include "common/gstnfframes.h"
#include "common/gstnfvideo.h"

G_BEGIN_DECLS

/**
 * GstNfConverters:
 * @in: to the network's packed pixels on its device
 * @out: from them to what downstream wants
 * @past: (nullable): from what comes in to what downstream wants; NULL where
 *   that is the same
 *
 * Belongs to the streaming thread. All are NULL before the first caps.
 */
typedef struct
{
  GstNfFrames *in, *out;
  GstNfVideo *past;
} GstNfConverters;

gboolean gst_nf_converters_set (GstNfConverters *converters, NfDevice *device,
    const GstCaps *in, const GstVideoInfo *packed, const GstCaps *out,
    GError **error);
void gst_nf_converters_clear (GstNfConverters *converters);

G_END_DECLS
