/* SPDX-License-Identifier: MIT
 *
 * nfsegmentrig — what the tests of nfsegment share: a network, expected masks */
#pragma once

#include "nfvideotest.h"

#include "core/tensor/nftensor.h"

G_BEGIN_DECLS

/* of frames whose masks have objects */
#define NF_SEGMENT_CAPS                                                        \
  "video/x-raw,format=RGB,width=24,height=16,framerate=25/1"

void nf_segment_make_models (void);
void nf_segment_remove_models (void);

gchar *nf_segment_path (const gchar *name);
GstHarness *nf_segment_harness_new (const gchar *settings, GstBus **bus);
GBytes *nf_segment_expected (
    GstBuffer *frame, const GstVideoInfo *info, NfDType dtype, gboolean tta);
void nf_segment_expect (GstHarness *h, GBytes *expected);

G_END_DECLS
