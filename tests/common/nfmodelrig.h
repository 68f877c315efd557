/* SPDX-License-Identifier: MIT
 *
 * nfmodelrig — what tests of elements with networks share: the networks in a
 * folder, harnesses, what the elements must give */
#pragma once

#include "nfvideotest.h"

#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

/* of the frames that the networks take; the masks of some have objects */
#define NF_MODELS_CAPS                                                         \
  "video/x-raw,format=RGB,width=24,height=16,framerate=25/1"
#define NF_MODELS_FRAME (40 * GST_MSECOND)
#define NF_MODELS_CONTEXT 3 /* frames that the predictors need */

void nf_models_make (void);
void nf_models_remove (void);
gchar *nf_models_path (const gchar *name);
const gchar *nf_models_predictor (void);
const gchar *nf_models_direct_predictor (void);
const gchar *nf_models_segmenter (void);

void nf_models_restart (GstHarness *h);
void nf_models_begin_stream (GstHarness *h);
GstEvent *nf_models_new_gap (void);
GstEvent *nf_models_new_segment (void);
GstEvent *nf_models_new_tag (void);
void nf_models_watch_order (GstHarness *h, GString *order);

GstHarness *nf_predict_harness_new (const gchar *settings, GstBus **bus);
void nf_predict_expect_frames (GstHarness *h, const guint *numbers, guint n);
GstBuffer *nf_predict_one (const gchar *settings, guint skip);

GstHarness *nf_segment_harness_new (const gchar *settings, GstBus **bus);
GBytes *nf_segment_expected (
    GstBuffer *frame, const GstVideoInfo *info, NfDType dtype, gboolean tta);
void nf_segment_add_probabilities (guint number, gfloat *sum);
void nf_segment_overlay (
    const guint8 *mask, const guint8 *frame, gsize pixels, guint8 *rgb);
void nf_segment_expect (GstHarness *h, GBytes *expected);

G_END_DECLS
