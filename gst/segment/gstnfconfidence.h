/* SPDX-License-Identifier: MIT
 *
 * gstnfconfidence — how sure a network is of each pixel, as a meta of a buffer
 *
 * The meta is a custom one of GStreamer's, so that applications in any language
 * read it without a header of ours:
 *
 *   meta = gst_buffer_get_custom_meta (buffer, "NfConfidenceMeta");
 *   gst_structure_get (gst_custom_meta_get_structure (meta), "picture",
 *       GST_TYPE_BUFFER, &picture, NULL);
 *
 * It is dropped where a frame is scaled, cropped or turned, for it would no longer
 * lie over it. See: gstnfsegment.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_CONFIDENCE_META: name of the meta; its structure has the field
 * `picture`, a #GstBuffer with a #GstVideoMeta: GRAY8, of the frame's size, the
 * probability of each pixel's most likely class, 255 being 1 */
#define GST_NF_CONFIDENCE_META "NfConfidenceMeta"

/**
 * gst_nf_confidence_attach:
 * @buffer: writable
 * @confidence: width x height values, row by row
 * @width: columns
 * @height: rows
 */
void gst_nf_confidence_attach (
    GstBuffer *buffer, const guint8 *confidence, guint width, guint height);

G_END_DECLS
