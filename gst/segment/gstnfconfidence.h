/* SPDX-License-Identifier: MIT
 *
 * gstnfconfidence — how likely classes are in each pixel, as metas of a buffer
 *
 * The metas are custom ones of GStreamer's, so that applications in any language
 * read them without a header of ours:
 *
 *   meta = gst_buffer_get_custom_meta (buffer, "NfConfidenceMeta");
 *   gst_structure_get (gst_custom_meta_get_structure (meta), "picture",
 *       GST_TYPE_BUFFER, &picture, NULL);
 *
 * They are dropped where a frame is scaled, cropped or turned, for they would no
 * longer lie over it. See: gstnfsegment.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/** GST_NF_CONFIDENCE_META: name of the meta; its structure has the field
 * `picture`, a #GstBuffer with a #GstVideoMeta: GRAY8, of the frame's size, the
 * probability of each pixel's most likely class, 255 being 1 */
#define GST_NF_CONFIDENCE_META "NfConfidenceMeta"

/** GST_NF_PROBABILITIES_META: name of the meta; its structure has the fields
 * `planes`, a #GstBuffer of (classes, height, width) bytes, the probability of
 * each class, 255 being 1, and the uints `classes`, `height` and `width` */
#define GST_NF_PROBABILITIES_META "NfProbabilitiesMeta"

/**
 * gst_nf_confidence_attach:
 * @buffer: writable
 * @confidence: width x height values, row by row
 * @width: columns
 * @height: rows
 */
void gst_nf_confidence_attach (
    GstBuffer *buffer, const guint8 *confidence, guint width, guint height);

/**
 * gst_nf_probabilities_attach:
 * @buffer: writable
 * @planes: (transfer full): classes x height x width values
 * @classes: how many planes there are
 * @width: columns
 * @height: rows
 */
void gst_nf_probabilities_attach (GstBuffer *buffer, guint8 *planes,
    guint classes, guint width, guint height);

G_END_DECLS
