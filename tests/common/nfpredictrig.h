/* SPDX-License-Identifier: MIT
 *
 * nfpredictrig — what the tests of nfpredict share: networks, a harness */
#pragma once

#include "nfvideotest.h"

G_BEGIN_DECLS

#define NF_PREDICT_CAPS                                                        \
  "video/x-raw,format=RGB,width=24,height=16,framerate=25/1"
#define NF_PREDICT_FRAME (40 * GST_MSECOND)
#define NF_PREDICT_CONTEXT 3 /* frames that the networks need */

void nf_predict_make_models (void);
void nf_predict_remove_models (void);
gchar *nf_predict_path (const gchar *name);
const gchar *nf_predict_checkpoint (void);
const gchar *nf_predict_direct_checkpoint (void);

GstHarness *nf_predict_harness_new (const gchar *settings, GstBus **bus);
void nf_predict_expect_frames (GstHarness *h, const guint *numbers, guint n);
GstBuffer *nf_predict_one (const gchar *settings, guint skip);

G_END_DECLS
