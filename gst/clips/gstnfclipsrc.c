/* SPDX-License-Identifier: MIT
 *
 * gstnfclipsrc — nfclipsrc: the clips of a data set with their masks
 *
 * The folders are looked through at the start; a clip is read as a whole when
 * its turn comes.
 * Base class: gstnfclips.c. See: kernels/clips/nfclipsource.h, which reads
 * them. Sibling: gstnfscenesrc.c, which renders in any size that downstream
 * wants, straight into its buffers */

/**
 * SECTION:element-nfclipsrc
 * @title: nfclipsrc
 * @short_description: The clips of a data set, with their masks
 * @see_also: nfscenesrc, nfpredict, nfsegment, nfiou, nfnpydec
 *
 * Plays the clips of a data set one after the other, so that one pipeline, with
 * networks that are loaded once, goes through thousands of them. A data set is
 * a folder with some of the splits `train`, `val`, `unlabeled` and `hidden`, a
 * split a folder of clips `video_N`, a clip a folder of `image_0.png`,
 * `image_1.png`, ... and, where it is labelled, `mask.npy`.
 *
 * The pad `video` has the pictures (RGB), the pad `mask` the class of every
 * pixel (GRAY8). A clip without mask.npy has gap events in the place of masks.
 * Either pad may be left unlinked. Clips may differ in length and in size;
 * where the size changes, new caps are sent.
 *
 * Clips come in the order of the splits asked for, and of their numbers N. The
 * first buffer of each is marked DISCONT on both pads, the timestamps go on, so
 * that elements which work clip by clip (nfpredict, nfiou) see where one
 * begins. Before it comes a tag event with the clip's title, such as
 * "val/video_0". Both buffers of a frame have the same timestamp, duration and
 * offset, the number of the frame.
 *
 * Seeks are done in time, in frames (%GST_FORMAT_DEFAULT) and in clips (the
 * format with the nick `clip`), forwards at any rate. A seek with the flag
 * KEY_UNIT goes to the beginning of a clip.
 *
 * A frame that is missing, a clip that cannot be read, or a mask that does not
 * fit the frames ends the stream with an error that names the file, or with
 * #GstNfClipSrc:on-error set to skip leaves the clip out with a warning.
 *
 * One thread feeds both pads. Behind each pad there must be a queue when both
 * branches end in one element, or in sinks that wait for each other. nfpredict
 * keeps its prediction back until it has seen its context, so the queue of the
 * masks has to hold as many of them: best without a limit.
 *
 * ## Example
 * |[
 * mkdir -p data/val/video_0
 * gst-launch-1.0 nfscenesrc name=s clips=1 s.video ! queue ! pngenc ! multifilesink location=data/val/video_0/image_%d.png s.mask ! queue ! nfnpyenc ! filesink location=data/val/video_0/mask.npy
 * gst-launch-1.0 nfclipsrc location=data split=val ! videoconvert ! fakesink
 * gst-launch-1.0 -m nfclipsrc location=data split=val name=c c.video ! nfpredict checkpoint=next-frame.safetensors steps=2 ! nfsegment checkpoint=unetpp.safetensors ! score.prediction c.mask ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! score.truth nfiou name=score report=score.json ! fakesink
 * ]| The first two lines write a data set of one clip, the third one plays it.
 * The last one predicts frame 22 of every clip, and scores the masks of all of
 * them together.
 *
 * Since: 0.1
 */
#include "clips/gstnfclipsrc.h"

#include "common/gstnfproperties.h"
#include "gstnfelements.h"

#include "clips/nfclipsource.h"
#include <nextframe/metrics/nfclasses.h>

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_clip_src_debug);
#define GST_CAT_DEFAULT gst_nf_clip_src_debug

#define DEFAULT_SPLIT "train,val,unlabeled,hidden"
#define MAX_CLASSES 256

typedef enum
{
  ON_ERROR_STOP,
  ON_ERROR_SKIP,
} OnError;

typedef struct
{
  gchar *location;
  gchar *split;
  guint classes;
  OnError on_error;
} Settings;

struct _GstNfClipSrc
{
  GstNfClips parent;

  Settings settings; /* object lock */

  /* streaming thread, except while starting and stopping */
  NfClipSource *source;
  NfClipReader *reader;
  guint64 first; /* clip of the source */
  gchar *title; /* of the clip that is read */
  gboolean skips; /* clips that cannot be read */
};

static GType
gst_nf_clip_src_on_error_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { ON_ERROR_STOP, "The stream ends with an error", "stop" },
    { ON_ERROR_SKIP, "The clip is left out with a warning", "skip" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfClipSrcOnError", values));

  return type;
}

G_DEFINE_TYPE (GstNfClipSrc, gst_nf_clip_src, GST_TYPE_NF_CLIPS)

static void gst_nf_clip_src_finalize (GObject *object);
static gboolean gst_nf_clip_src_open (GstNfClips *clips, guint64 first,
    guint64 n_clips, GstNfClipTimeline *timeline, GError **error);
static void gst_nf_clip_src_close (GstNfClips *clips);
static gboolean gst_nf_clip_src_begin_clip (
    GstElement *element, guint64 clip, GstNfClipFormat *format, GError **error);
static gboolean gst_nf_clip_src_skips_bad_clips (GstElement *element);
static gboolean gst_nf_clip_src_draw (GstElement *element, guint frame,
    GstVideoFrame *video, GstVideoFrame *mask, GError **error);

static const GstNfProperty properties[] = {
  {
      .name = "location",
      .nick = "Location",
      .blurb = "Folder of the data set: the one that holds train, val, ...",
      .details = "A clip is a folder in one of them: "
                 "`train/video_N/image_M.png`. What else `nextframe-train "
                 "--data` takes is played as well, such as `scenes:1:20`. NULL "
                 "is an error at the start.",
      GST_NF_STRING (NULL),
      GST_NF_FIELD (Settings, location),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "split",
      .nick = "Split",
      .blurb = "Folders of the data set to play, with commas between",
      .details = "They are played in this order; what does not exist is passed "
                 "over.",
      GST_NF_STRING (DEFAULT_SPLIT),
      GST_NF_FIELD (Settings, split),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "classes",
      .nick = "Classes",
      .blurb =
          "Number of classes, background included; larger ids are background",
      .details = "With 256 all stay as they are.",
      GST_NF_UINT (1, MAX_CLASSES, NF_N_CLASSES),
      GST_NF_FIELD (Settings, classes),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "on-error",
      .nick = "On error",
      .blurb = "What becomes of the stream when a clip cannot be read",
      .details = "With `skip` a warning message names the file. A clip that is "
                 "found bad at the start, because files are missing, is as if "
                 "it were not there, also for `first` and `clips`; one that is "
                 "found bad when its turn comes leaves a gap as long as it is. "
                 "Without any good clip the start fails in either case.",
      GST_NF_ENUM (gst_nf_clip_src_on_error_get_type, ON_ERROR_STOP),
      GST_NF_FIELD (Settings, on_error),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_clip_src_class_init (GstNfClipSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstNfClipsClass *clips_class = GST_NF_CLIPS_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_clip_src_debug, "nfclipsrc", 0, "clips of a data set");

  object_class->finalize = gst_nf_clip_src_finalize;
  clips_class->open = gst_nf_clip_src_open;
  clips_class->close = gst_nf_clip_src_close;
  clips_class->hooks.begin_clip = gst_nf_clip_src_begin_clip;
  clips_class->hooks.skips_bad_clips = gst_nf_clip_src_skips_bad_clips;
  clips_class->hooks.draw = gst_nf_clip_src_draw;

  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfClipSrc, settings));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Clip source", "Source/File/Video",
      "Plays the clips of a data set one after the other, with their masks",
      GST_NF_AUTHOR);
}

static void
gst_nf_clip_src_init (GstNfClipSrc *self)
{
  gst_nf_properties_init (properties, &self->settings);
}

static void
gst_nf_clip_src_finalize (GObject *object)
{
  GstNfClipSrc *self = GST_NF_CLIP_SRC (object);

  gst_nf_properties_clear (properties, &self->settings);

  G_OBJECT_CLASS (gst_nf_clip_src_parent_class)->finalize (object);
}

/* (transfer full) the names with one space between */
static gchar *
split_names (const gchar *split)
{
  g_auto (GStrv) parts = g_strsplit_set (split, ", ", -1);
  GString *names = g_string_new (NULL);

  for (guint i = 0; parts[i] != NULL; i++) {
    if (*parts[i] == '\0')
      continue;
    if (names->len > 0)
      g_string_append_c (names, ' ');
    g_string_append (names, parts[i]);
  }

  return g_string_free (names, FALSE);
}

static gboolean
gst_nf_clip_src_open_source (
    GstNfClipSrc *self, const Settings *settings, GError **error)
{
  const gchar *split =
      settings->split != NULL ? settings->split : DEFAULT_SPLIT;
  g_autofree gchar *splits = split_names (split);
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  NfDatasetOptions options = {
    .splits = splits,
    .masks = NF_MASKS_PRESENT,
    .classes = settings->classes,
    .left_out = settings->on_error == ON_ERROR_SKIP ? left_out : NULL,
  };

  if (settings->location == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "No data set was named: set the property location to its folder");
    return FALSE;
  }
  self->skips = settings->on_error == ON_ERROR_SKIP;
  self->source = nf_clip_source_open (settings->location, &options, error);
  for (guint i = 0; self->source != NULL && i < left_out->len; i++)
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("A clip is left out: %s", (gchar *) left_out->pdata[i]),
        ("on-error=stop refuses such a data set"));

  return self->source != NULL;
}

static gboolean
gst_nf_clip_src_open (GstNfClips *clips, guint64 first, guint64 n_clips,
    GstNfClipTimeline *timeline, GError **error)
{
  GstNfClipSrc *self = GST_NF_CLIP_SRC (clips);
  Settings settings;
  guint64 there, end;
  gboolean ok;

  gst_nf_properties_copy (
      properties, self, &self->settings, &settings, sizeof settings);
  ok = gst_nf_clip_src_open_source (self, &settings, error);
  gst_nf_properties_clear (properties, &settings);
  if (!ok)
    return FALSE;
  self->reader = nf_clip_reader_new (self->source);
  self->first = first;
  there = nf_clip_source_n_clips (self->source);
  if (there == 0) { /* no end: all are alike */
    gst_nf_clip_timeline_set_equal (
        timeline, n_clips, nf_clip_source_n_frames (self->source, first));
    return TRUE;
  }
  if (first >= there) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "first is %" G_GUINT64_FORMAT
        ", but the data set has %" G_GUINT64_FORMAT
        " clips: set it to %" G_GUINT64_FORMAT " at most",
        first, there, there - 1);
    return FALSE;
  }
  end = first + MIN (n_clips, there - first);
  for (guint64 i = first; i < end; i++)
    gst_nf_clip_timeline_add (
        timeline, nf_clip_source_n_frames (self->source, i));
  GST_INFO_OBJECT (self, "%" G_GUINT64_FORMAT " clips of %" G_GUINT64_FORMAT,
      end - first, there);

  return TRUE;
}

static void
gst_nf_clip_src_close (GstNfClips *clips)
{
  GstNfClipSrc *self = GST_NF_CLIP_SRC (clips);

  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->reader, nf_clip_reader_free);
  g_clear_pointer (&self->source, nf_clip_source_free);
}

static gboolean
gst_nf_clip_src_begin_clip (
    GstElement *element, guint64 clip, GstNfClipFormat *format, GError **error)
{
  GstNfClipSrc *self = GST_NF_CLIP_SRC (element);
  guint64 number = self->first + clip;
  NfClipShape shape;

  nf_clip_source_shape (self->source, number, &shape);
  g_free (self->title);
  self->title = nf_clip_source_clip_name (self->source, number);
  format->width = shape.width;
  format->height = shape.height;
  format->has_mask = shape.masks;
  format->title = self->title;
  GST_DEBUG_OBJECT (self, "reads %s", self->title);

  return nf_clip_reader_open (self->reader, number, error);
}

static gboolean
gst_nf_clip_src_skips_bad_clips (GstElement *element)
{
  return GST_NF_CLIP_SRC (element)->skips;
}

/* @pixels: without padding between the rows */
static void
copy_rows (GstVideoFrame *frame, const guint8 *pixels)
{
  gsize bytes = (gsize) GST_VIDEO_FRAME_WIDTH (frame)
      * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0);
  guint8 *to = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);

  for (gint y = 0; y < GST_VIDEO_FRAME_HEIGHT (frame); y++)
    memcpy (to + (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
        pixels + y * bytes, bytes);
}

static gboolean
gst_nf_clip_src_draw (GstElement *element, guint frame, GstVideoFrame *video,
    GstVideoFrame *mask, GError **error)
{
  GstNfClipSrc *self = GST_NF_CLIP_SRC (element);
  NfFrame read;

  nf_clip_reader_frame (self->reader, frame, &read);
  if (video != NULL)
    copy_rows (video, read.rgb);
  if (mask != NULL)
    copy_rows (mask, read.mask);

  return TRUE;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfclipsrc, "nfclipsrc", GST_RANK_NONE, GST_TYPE_NF_CLIP_SRC)
