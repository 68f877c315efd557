/* SPDX-License-Identifier: MIT
 *
 * gstnfclipsettings — the properties that all sources of clips have
 *
 * See: gstnfclips.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfClipSettings:
 * @first: the property `first`
 * @clips: the property `clips`; -1: all
 * @fps_n: of the property `framerate`
 * @fps_d: of the property `framerate`
 * @is_live: the property `is-live`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  guint64 first;
  gint64 clips;
  gint fps_n, fps_d;
  gboolean is_live;
} GstNfClipSettings;

void gst_nf_clip_settings_init (GstNfClipSettings *settings);
void gst_nf_clip_settings_install (GObjectClass *klass, guint first);
gboolean gst_nf_clip_settings_set (GstNfClipSettings *settings,
    GstElement *element, guint index, const GValue *value);
gboolean gst_nf_clip_settings_get (const GstNfClipSettings *settings,
    GstElement *element, guint index, GValue *value);

G_END_DECLS
