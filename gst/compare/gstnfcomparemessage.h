/* SPDX-License-Identifier: MIT
 *
 * gstnfcomparemessage — fields that the messages of all comparing elements have
 *
 * What they mean stands in docs/elements.md. */
#pragma once

#include "compare/gstnfcompare.h"

G_BEGIN_DECLS

/**
 * gst_nf_compare_message_add_frame:
 * @structure: of a message of scope `frame`
 * @pair: what was scored
 * @clip: number of its clip
 * @name: (nullable): of the clip
 */
void gst_nf_compare_message_add_frame (GstStructure *structure,
    const GstNfComparePair *pair, guint clip, const gchar *name);

/**
 * gst_nf_compare_message_add_clip:
 * @structure: of a message of scope `clip`
 * @clip: its number
 * @name: (nullable): of the clip
 * @stream_id: (nullable): of the prediction
 * @frames: pairs scored
 * @start: running time of the first one, ns
 * @end: of the last one, ns
 */
void gst_nf_compare_message_add_clip (GstStructure *structure, guint clip,
    const gchar *name, const gchar *stream_id, guint64 frames, guint64 start,
    guint64 end);

/**
 * gst_nf_compare_message_add_doubles:
 * @structure: of a message
 * @field: its name
 * @values: (array length=n): what it holds
 * @n: how many
 *
 * Adds them as a GValueArray, which bindings of other languages read without
 * knowing GStreamer.
 */
void gst_nf_compare_message_add_doubles (GstStructure *structure,
    const gchar *field, const gdouble *values, guint n);

/**
 * gst_nf_compare_message_post:
 * @self: whose message it is
 * @structure: (transfer full): what it says
 */
void gst_nf_compare_message_post (GstNfCompare *self, GstStructure *structure);

G_END_DECLS
