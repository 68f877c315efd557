/* SPDX-License-Identifier: MIT
 *
 * testclips — small folders of clips, made by the tests that read them
 *
 * A bright square crosses a dark ground, two pixels a frame. */
#pragma once

#include "testfolder.h"

G_BEGIN_DECLS

guint8 nf_test_clip_pixel (guint t, gint x, gint y, guint colour);
guint8 nf_test_clip_class (guint t, gint x, gint y);

void nf_test_write_frame (
    const gchar *folder, guint t, gint width, gint height);
void nf_test_write_mask (
    const gchar *folder, guint n, gint height, gint width, gsize missing);
gchar *nf_test_write_clip (const gchar *root, const gchar *name, guint n,
    gint width, gint height, gboolean mask);

G_END_DECLS
