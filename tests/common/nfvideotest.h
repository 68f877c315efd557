/* SPDX-License-Identifier: MIT
 *
 * nfvideotest — frames for the tests of elements, and what came of them */
#pragma once

#include "nfelementtest.h"

G_BEGIN_DECLS

GstBuffer *nf_test_frame (const GstVideoInfo *info, guint number, guint pad);
void nf_test_set_times (GstBuffer *frame, guint number, GstClockTime duration);
GstBuffer *nf_test_next_frame (GstHarness *h, guint number);
void nf_test_push_frames (GstHarness *h, guint from, guint n);
GThread *nf_test_push_apart (GstHarness *h, GstBuffer *frame);

GBytes *nf_test_pixels (
    GstBuffer *buffer, const GstVideoInfo *info, GstVideoFormat format);
gboolean nf_test_same (GstBuffer *a, GstBuffer *b, const GstVideoInfo *info);
GstVideoInfo nf_test_output_info (GstHarness *h);

guint64 nf_test_stat (GstElement *element, const gchar *name);
void nf_test_expect_start_error (
    GstElement *element, GQuark domain, gint code, const gchar *says);
void nf_test_expect_warning (GstBus *bus, const gchar *says);

G_END_DECLS
