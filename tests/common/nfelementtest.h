/* SPDX-License-Identifier: MIT
 *
 * nfelementtest — what the tests of elements share
 *
 * Arrays as .npy files in memory, frames with any stride, pipelines that run
 * to their end, and the errors that they post. */
#pragma once

#include <nextframe/io/nfnpy.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

G_BEGIN_DECLS

GBytes *nf_test_npy (NfNpyType type, gboolean big_endian, const guint64 *shape,
    guint n_dims, gconstpointer data);
GBytes *nf_test_npy_counting (const guint64 *shape, guint n_dims);
GstBuffer *nf_test_slice (GBytes *bytes, gsize offset, gsize size);

GstBuffer *nf_test_gray_frame (
    guint width, guint height, guint stride, guint8 value);
guint8 nf_test_pixel (GstBuffer *buffer, GstCaps *caps, guint x, guint y);

GstHarness *nf_test_harness_new (const gchar *launch, GstBus **bus);
void nf_test_harness_free (GstHarness *h, GstBus *bus);
void nf_test_harness_drop (GstHarness *h, GstBus *bus);
GstEvent *nf_test_new_segment (gdouble rate);

GstBus *nf_test_attach_bus (GstElement *element);
void nf_test_expect_error (
    GstBus *bus, GQuark domain, gint code, const gchar *says);
void nf_test_expect_no_error (GstBus *bus);
gchar *nf_test_run (const gchar *description);

gchar *nf_test_shared_path (const gchar *path);

G_END_DECLS
