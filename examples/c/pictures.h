/* SPDX-License-Identifier: MIT
 *
 * pictures — what nextframe-live shows: four pictures of one moment and a score */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _NfPictures NfPictures;

gchar *nf_pictures_describe (gboolean headless, gboolean live);
NfPictures *nf_pictures_new (GstBin *pipeline, GstElement *frames,
    GstElement *names, GstClockTime horizon);
void nf_pictures_free (NfPictures *self);
void nf_pictures_set_score (
    NfPictures *self, guint predictions, gdouble newest, gdouble pooled);
void nf_pictures_update_latency (NfPictures *self);
gboolean nf_pictures_save (NfPictures *self, const gchar *path, GError **error);

G_END_DECLS
