/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyindex — which frame of which clip each row of an array is
 *
 * A comma-separated file of the columns row, clip, time, missing. A row of the
 * array has a line with its number; a clip that came without frames, and a gap
 * in the stream, have lines without one. */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GstNfNpyIndex:
 * @text: (nullable): what is known so far; NULL: nothing is noted
 * @title: (nullable): of the clip, where its stream has one; it stays when the
 *   index begins again, as tags stay on a pad
 * @announced: whether that title came since the index began
 * @clip: number of the clip, where they have none
 * @has_frames: whether the clip had a frame, or a gap
 */
typedef struct
{
  GString *text;
  gchar *title;
  gboolean announced;
  guint64 clip;
  gboolean has_frames;
} GstNfNpyIndex;

void gst_nf_npy_index_begin (GstNfNpyIndex *index);
void gst_nf_npy_index_clear (GstNfNpyIndex *index);
void gst_nf_npy_index_take_event (
    GstNfNpyIndex *index, GstEvent *event, const GstSegment *segment);
void gst_nf_npy_index_add (GstNfNpyIndex *index, guint64 row, GstBuffer *buffer,
    const GstSegment *segment);
gboolean gst_nf_npy_index_check (const gchar *path, GError **error);
gboolean gst_nf_npy_index_write (
    GstNfNpyIndex *index, const gchar *path, GError **error);

G_END_DECLS
