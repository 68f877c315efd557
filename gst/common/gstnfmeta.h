/* SPDX-License-Identifier: MIT
 *
 * gstnfmeta — custom metas of buffers
 *
 * Applications in any language read them by gst_buffer_get_custom_meta(),
 * without a header of ours. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * gst_nf_meta_register:
 * @name: of a custom meta
 * @tags: (array zero-terminated=1): what it depends on, as
 *   gst_meta_register_custom() takes them: filters that change that drop it
 *
 * Makes it known to GStreamer, once.
 */
void gst_nf_meta_register (const gchar *name, const gchar **tags);

/**
 * gst_nf_meta_fields:
 * @buffer: any buffer
 * @name: of a custom meta that is registered
 *
 * Returns: (transfer none) (nullable): the fields of the meta of @buffer
 */
GstStructure *gst_nf_meta_fields (GstBuffer *buffer, const gchar *name);

G_END_DECLS
