/* SPDX-License-Identifier: MIT
 *
 * gstnfclasses — which classes may be in a frame, as a meta of its buffer
 *
 * nfpredict knows which objects its guide shows, and nfsegment behind it takes
 * them for these. The meta is a custom one of GStreamer's, which stays with a
 * frame through converters. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_CLASSES_META: name of the meta; its structure has the field `classes`,
 * a uint64 with a bit for each class */
#define GST_NF_CLASSES_META "NfClassesMeta"

void gst_nf_classes_attach (GstBuffer *buffer, guint64 classes);
guint64 gst_nf_classes_of (GstBuffer *buffer);

G_END_DECLS
