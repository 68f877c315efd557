/* SPDX-License-Identifier: MIT
 *
 * nfcudarig — elements in a harness, with frames in a GPU's memory
 *
 * On a GPU, or on the stand-ins of tests/cuda-on-cpu. */
#pragma once

#include "nfvideotest.h"

#include "cuda-on-cpu/standin-driver.h"

#include <gst/cuda/gstcudabufferpool.h>
#include <gst/cuda/gstcudautils.h>

G_BEGIN_DECLS

#define NF_CUDA_FRAMES 5 /* that are made, or pushed, at a time */

void nf_cuda_make_models (void);
NfStandinDriverCounts nf_cuda_count_copies (void);
GstCudaContext *nf_cuda_primary_context (void);

GstBufferPool *nf_cuda_pool_new (GstCudaContext *context, GstCaps *caps);
GstBuffer *nf_cuda_upload (
    GstBufferPool *pool, const GstVideoInfo *info, GstBuffer *raw);

GstHarness *nf_cuda_harness_new (
    const gchar *launch, GstCudaContext *context, GstBus **bus);
GPtrArray *nf_cuda_frames (GstCaps *caps, GstCudaContext *context, guint from);
void nf_cuda_push_all (GstHarness *h, GPtrArray *frames);
void nf_cuda_push_frames (
    GstHarness *h, GstCaps *caps, GstCudaContext *context, guint from);

G_END_DECLS
