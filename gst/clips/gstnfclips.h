/* SPDX-License-Identifier: MIT
 *
 * gstnfclips — what nfclipsrc and nfscenesrc share: a source of clips
 *
 * Two pads, `video` (RGB) and `mask` (GRAY8, a class id a pixel), fed by one
 * thread, frame by frame. Clips follow each other in time; the first buffer of
 * each is marked DISCONT on both pads.
 * See: gstnfcliptimeline.h (times), gstnfclipstream.h (a pad), gstnfclippacer.h
 * (live sources) */
#pragma once

#include "clips/gstnfcliptimeline.h"

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_TYPE_NF_CLIPS (gst_nf_clips_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstNfClips, gst_nf_clips, GST, NF_CLIPS, GstElement)

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
 * GstNfClipsClass:
 * @any_size: whether frames can be drawn in any size: that of a clip is what is
 *   wanted where downstream leaves the choice, and stays until the next start
 * @open: says which clips there are: numbers @first and on, @n_clips of them at
 *   most (G_MAXUINT64: all), with gst_nf_clip_timeline_set_equal() or
 *   gst_nf_clip_timeline_add()
 * @close: the opposite of @open, also called when that has failed
 * @begin_clip: gets the clip that is drawn next, numbered from 0 = @first, and
 *   says what it is like
 * @draw: draws frame @frame of that clip; (nullable) @video, @mask: those that
 *   somebody sees, of the size of the clip or the one that was chosen
 *
 * @open and @close are called while the state changes, the others by the
 * streaming thread.
 */
struct _GstNfClipsClass
{
  GstElementClass parent_class;

  gboolean any_size;
  gboolean (*open) (GstNfClips *self, guint64 first, guint64 n_clips,
      GstNfClipTimeline *timeline, GError **error);
  void (*close) (GstNfClips *self);
  gboolean (*begin_clip) (
      GstNfClips *self, guint64 clip, GstNfClipFormat *format, GError **error);
  void (*draw) (
      GstNfClips *self, guint frame, GstVideoFrame *video, GstVideoFrame *mask);
};

G_END_DECLS
