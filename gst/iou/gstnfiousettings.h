/* SPDX-License-Identifier: MIT
 *
 * gstnfiousettings — the properties that nfiou works by
 *
 * See: gstnfiou.c */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfIouSettings:
 * @classes: the property `classes`
 * @report: (nullable): the property `report`
 * @strict: the property `strict`
 *
 * Guarded by the element's object lock.
 */
typedef struct
{
  guint classes;
  gchar *report;
  gboolean strict;
} GstNfIouSettings;

/** GST_NF_IOU_N_SETTINGS: how many properties they are */
#define GST_NF_IOU_N_SETTINGS 3

void gst_nf_iou_settings_init (GstNfIouSettings *settings);
void gst_nf_iou_settings_clear (GstNfIouSettings *settings);
void gst_nf_iou_settings_install (GObjectClass *klass, guint first);
gboolean gst_nf_iou_settings_set (GstNfIouSettings *settings,
    GstElement *element, guint index, const GValue *value);
gboolean gst_nf_iou_settings_get (const GstNfIouSettings *settings,
    GstElement *element, guint index, GValue *value);

G_END_DECLS
