/* SPDX-License-Identifier: MIT
 *
 * gstnfscenesrc — nfscenesrc: synthetic clips with their masks
 *
 * The scene of a clip is simulated as a whole when the clip begins, its frames
 * are rendered one by one, straight into the buffers.
 * Base class: gstnfclips.c. Siblings: kernels/scene, gstnfclipsrc.c */

/**
 * SECTION:element-nfscenesrc
 * @title: nfscenesrc
 * @short_description: Synthetic clips of moving objects, with exact masks
 * @see_also: nfclipsrc, nfpredict, nfsegment, nfiou
 *
 * Cubes, spheres and cylinders slide, roll and collide on a gray ground, at the
 * pace and with the looks of the clips that the networks are trained on. The
 * pad `video` has the pictures (RGB), the pad `mask` the class of every pixel
 * (GRAY8, 0 is the ground, 1 to 48 are the kinds of objects). Either pad may be
 * left unlinked.
 *
 * Clips follow each other without end, or #GstNfClips:clips of them. The first
 * buffer of each is marked DISCONT on both pads, the timestamps go on, so that
 * elements which work clip by clip (nfpredict, nfiou) see where one begins.
 * Both buffers of a frame have the same timestamp, duration and offset, the
 * number of the frame. The same seed and number of the clip make the same
 * bytes, whatever was played before and with any number of threads.
 *
 * Where downstream asks for a certain size or framerate, it gets that, from the
 * start on; the properties are for what it leaves open.
 *
 * Seeks are done in time, in frames (%GST_FORMAT_DEFAULT) and in clips (the
 * format with the nick `clip`), forwards at any rate. A seek with the flag
 * KEY_UNIT goes to the beginning of a clip.
 *
 * One thread feeds both pads. Behind each pad there must be a queue when both
 * branches end in one element, or in sinks that wait for each other.
 *
 * ## Example
 * |[
 * gst-launch-1.0 nfscenesrc clips=2 ! videoconvert ! fakesink
 * gst-launch-1.0 -m nfscenesrc name=s clips=2 s.video ! queue ! nfsegment checkpoint=unetpp.safetensors ! score.prediction s.mask ! queue ! score.truth nfiou name=score ! fakesink
 * gst-launch-1.0 nfscenesrc name=s clips=1 seed=7 s.video ! queue ! pngenc ! multifilesink location=image_%d.png s.mask ! queue ! nfnpyenc ! filesink location=mask.npy
 * ]| The first line plays two clips; put autovideosink in the place of fakesink
 * to see them, and leave `clips` away to see more. The second one scores a
 * network on them. The third one writes a clip as the data set has it.
 *
 * Since: 0.1
 */
#include "clips/gstnfscenesrc.h"

#include "common/gstnfproperties.h"
#include "gstnfelements.h"

#include <nextframe/core/nferror.h>
#include <nextframe/scene/render/nfrender.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_scene_src_debug);
#define GST_CAT_DEFAULT gst_nf_scene_src_debug

#define MAX_FRAMES 1000
#define MAX_OBJECTS 48
#define MAX_SIDE 8192
#define MAX_THREADS 256

typedef struct
{
  NfSceneParams params; /* @clip is that of the first one */
  guint width, height;
  guint threads;
} Settings;

struct _GstNfSceneSrc
{
  GstNfClips parent;

  Settings settings; /* object lock */

  /* streaming thread, except while starting and stopping */
  Settings current;
  NfScene *scene;
  gchar *title; /* of its clip */
  NfRenderer *renderer;
  gint width, height; /* of @renderer */
};

G_DEFINE_TYPE (GstNfSceneSrc, gst_nf_scene_src, GST_TYPE_NF_CLIPS)

static gboolean gst_nf_scene_src_open (GstNfClips *clips, guint64 first,
    guint64 n_clips, GstNfClipTimeline *timeline, GError **error);
static void gst_nf_scene_src_close (GstNfClips *clips);
static gboolean gst_nf_scene_src_begin_clip (
    GstElement *element, guint64 clip, GstNfClipFormat *format, GError **error);
static gboolean gst_nf_scene_src_draw (GstElement *element, guint frame,
    GstVideoFrame *video, GstVideoFrame *mask, GError **error);

static const GstNfProperty properties[] = {
  {
      .name = "seed",
      .nick = "Seed",
      .blurb = "Seed of the scenes; the same seed makes the same clips",
      .details = "Clip N of a seed is `video_N` of `nextframe-train synth` "
                 "with the same seed.",
      GST_NF_UINT64 (0, G_MAXUINT64, 0),
      GST_NF_FIELD (Settings, params.seed),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "frames",
      .nick = "Frames",
      .blurb = "Frames of each clip",
      GST_NF_UINT (1, MAX_FRAMES, NF_SCENE_FRAMES),
      GST_NF_FIELD (Settings, params.frames),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "width",
      .nick = "Width",
      .blurb = "Columns of the pictures, where downstream leaves the choice",
      GST_NF_UINT (1, MAX_SIDE, 240),
      GST_NF_FIELD (Settings, width),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "height",
      .nick = "Height",
      .blurb = "Rows of the pictures, where downstream leaves the choice",
      GST_NF_UINT (1, MAX_SIDE, 160),
      GST_NF_FIELD (Settings, height),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "min-objects",
      .nick = "Fewest objects",
      .blurb = "Fewest objects of a clip; at most max-objects",
      GST_NF_UINT (1, MAX_OBJECTS, NF_SCENE_MIN_OBJECTS),
      GST_NF_FIELD (Settings, params.min_objects),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "max-objects",
      .nick = "Most objects",
      .blurb = "Most objects of a clip",
      .details = "Some of them may be out of sight.",
      GST_NF_UINT (1, MAX_OBJECTS, NF_SCENE_MAX_OBJECTS),
      GST_NF_FIELD (Settings, params.max_objects),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "threads",
      .nick = "Threads",
      .blurb = "How many threads render (0: one for each core)",
      .details = "The pictures are the same with any number.",
      GST_NF_UINT (0, MAX_THREADS, 0),
      GST_NF_FIELD (Settings, threads),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_scene_src_class_init (GstNfSceneSrcClass *klass)
{
  GstNfClipsClass *clips_class = GST_NF_CLIPS_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_scene_src_debug, "nfscenesrc", 0, "synthetic clips");

  gst_nf_properties_install (G_OBJECT_CLASS (klass), properties,
      G_STRUCT_OFFSET (GstNfSceneSrc, settings));
  clips_class->hooks.any_size = TRUE;
  clips_class->open = gst_nf_scene_src_open;
  clips_class->close = gst_nf_scene_src_close;
  clips_class->hooks.begin_clip = gst_nf_scene_src_begin_clip;
  clips_class->hooks.draw = gst_nf_scene_src_draw;

  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Scene source", "Source/Video",
      "Synthetic clips of sliding, rolling and colliding objects, with masks",
      GST_NF_AUTHOR);
}

static void
gst_nf_scene_src_init (GstNfSceneSrc *self)
{
  nf_scene_params_init (&self->settings.params);
  gst_nf_properties_init (properties, &self->settings);
}

static gboolean
gst_nf_scene_src_open (GstNfClips *clips, guint64 first, guint64 n_clips,
    GstNfClipTimeline *timeline, GError **error)
{
  GstNfSceneSrc *self = GST_NF_SCENE_SRC (clips);
  NfSceneParams *params = &self->current.params;

  GST_OBJECT_LOCK (self);
  self->current = self->settings;
  GST_OBJECT_UNLOCK (self);
  params->clip = first;
  if (params->min_objects > params->max_objects) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "min-objects is %u, more than max-objects, which is %u",
        params->min_objects, params->max_objects);
    return FALSE;
  }
  gst_nf_clip_timeline_set_equal (timeline, n_clips, params->frames);
  GST_INFO_OBJECT (self, "seed %" G_GUINT64_FORMAT ", %u frames a clip",
      params->seed, params->frames);

  return TRUE;
}

static void
gst_nf_scene_src_close (GstNfClips *clips)
{
  GstNfSceneSrc *self = GST_NF_SCENE_SRC (clips);

  g_clear_pointer (&self->scene, nf_scene_free);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->renderer, nf_renderer_free);
}

static gboolean
gst_nf_scene_src_begin_clip (
    GstElement *element, guint64 clip, GstNfClipFormat *format, GError **error)
{
  GstNfSceneSrc *self = GST_NF_SCENE_SRC (element);
  NfSceneParams params = self->current.params;

  params.clip += clip;
  g_clear_pointer (&self->scene, nf_scene_free);
  self->scene = nf_scene_new (&params, error);
  g_free (self->title);
  self->title =
      g_strdup_printf ("scenes:%" G_GUINT64_FORMAT ", clip %" G_GUINT64_FORMAT,
          params.seed, params.clip);
  format->width = self->current.width;
  format->height = self->current.height;
  format->has_mask = TRUE;
  format->title = self->title;

  return self->scene != NULL;
}

static gboolean
gst_nf_scene_src_need_renderer (GstNfSceneSrc *self, gint width, gint height)
{
  if (self->renderer != NULL && self->width == width && self->height == height)
    return TRUE;
  g_clear_pointer (&self->renderer, nf_renderer_free);
  self->renderer = nf_renderer_new (width, height, self->current.threads);
  self->width = width;
  self->height = height;

  return self->renderer != NULL;
}

static gboolean
gst_nf_scene_src_draw (GstElement *element, guint frame, GstVideoFrame *video,
    GstVideoFrame *mask, GError **error)
{
  GstNfSceneSrc *self = GST_NF_SCENE_SRC (element);
  const GstVideoInfo *info = video != NULL ? &video->info : &mask->info;
  guint8 *rgb = NULL, *ids = NULL;
  gsize rgb_stride = 0, ids_stride = 0;
  const NfSceneObject *objects;
  guint n_objects;

  if (!gst_nf_scene_src_need_renderer (self, info->width, info->height)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "scenes: no memory to render frames of %dx%d pixels", info->width,
        info->height);
    return FALSE;
  }
  if (video != NULL) {
    rgb = GST_VIDEO_FRAME_PLANE_DATA (video, 0);
    rgb_stride = GST_VIDEO_FRAME_PLANE_STRIDE (video, 0);
  }
  if (mask != NULL) {
    ids = GST_VIDEO_FRAME_PLANE_DATA (mask, 0);
    ids_stride = GST_VIDEO_FRAME_PLANE_STRIDE (mask, 0);
  }
  objects = nf_scene_objects (self->scene, frame, &n_objects);
  nf_renderer_render (self->renderer, nf_scene_view (self->scene), objects,
      n_objects, rgb, rgb_stride, ids, ids_stride);

  return TRUE;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfscenesrc, "nfscenesrc", GST_RANK_NONE, GST_TYPE_NF_SCENE_SRC)
