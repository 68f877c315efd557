/* SPDX-License-Identifier: MIT
 *
 * gstnfcliphooks — what makes the clips of a source
 *
 * See: gstnfclips.h, whose subclasses make them; gstnfclipfeed.h, which asks */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/**
 * GstNfClipFormat:
 * @width: of all its frames, pixels
 * @height: of all its frames, pixels
 * @has_mask: whether it has masks; else there are gaps in their place
 * @title: (nullable): its name; valid until the next clip begins
 *
 * What a clip is like.
 */
typedef struct
{
  gint width, height;
  gboolean has_mask;
  const gchar *title;
} GstNfClipFormat;

/**
 * GstNfClipHooks:
 * @any_size: whether frames can be drawn in any size: that of a clip is what is
 *   wanted where downstream leaves the choice, and stays until the next start
 * @begin_clip: gets the clip that is drawn next, numbered from 0, and says what
 *   it is like
 * @skips_bad_clips: (nullable): whether a clip that cannot be got is passed over
 *   with a warning; where this is %NULL it ends the stream with an error
 * @draw: draws frame @frame of that clip; (nullable) @video, @mask: those that
 *   somebody sees, of the size of the clip or the one that was chosen; returns
 *   FALSE with @error set where it cannot
 *
 * What the streaming thread calls, of one element each time.
 */
typedef struct
{
  gboolean any_size;
  gboolean (*begin_clip) (GstElement *element, guint64 clip,
      GstNfClipFormat *format, GError **error);
  gboolean (*skips_bad_clips) (GstElement *element);
  gboolean (*draw) (GstElement *element, guint frame, GstVideoFrame *video,
      GstVideoFrame *mask, GError **error);
} GstNfClipHooks;

G_END_DECLS
