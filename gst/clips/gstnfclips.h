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

#include "clips/gstnfcliphooks.h"
#include "clips/gstnfcliptimeline.h"

G_BEGIN_DECLS

#define GST_TYPE_NF_CLIPS (gst_nf_clips_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstNfClips, gst_nf_clips, GST, NF_CLIPS, GstElement)

/**
 * GstNfClipsClass:
 * @hooks: what makes the clips
 * @open: says which clips there are: numbers @first and on, @n_clips of them at
 *   most (G_MAXUINT64: all), with gst_nf_clip_timeline_set_equal() or
 *   gst_nf_clip_timeline_add(); for @hooks, 0 is @first
 * @close: the opposite of @open, also called when that has failed
 *
 * @open and @close are called while the state changes.
 */
struct _GstNfClipsClass
{
  GstElementClass parent_class;

  GstNfClipHooks hooks;
  gboolean (*open) (GstNfClips *self, guint64 first, guint64 n_clips,
      GstNfClipTimeline *timeline, GError **error);
  void (*close) (GstNfClips *self);
};

G_END_DECLS
