/* SPDX-License-Identifier: MIT
 *
 * gstnfextrapolate — nfextrapolate: future masks without a network
 *
 * Siblings: gstnfpredictbase.c (the base class: when to predict, and what to
 * push), kernels/scene/track/nfextrapolate.c (the methods), gstnfpredict.c */

/**
 * SECTION:element-nfextrapolate
 * @title: nfextrapolate
 * @short_description: Extrapolates the masks of a video without a network
 * @see_also: nfpredict, nfsegment, nfiou
 *
 * Collects masks of class ids (as nfsegment, nfnpydec, nfclipsrc and nfscenesrc
 * give them) and predicts those that follow, by one of three methods:
 *
 * * hold: the newest mask again. What every predictor has to beat.
 * * linear: each object's motion in the image over its last two masks goes on
 *   and slows down by 15 % a frame; its size changes on likewise; near objects
 *   hide far ones.
 * * dynamics: each object's track is lifted to the ground plane, by a camera
 *   that is estimated from the masks themselves, and goes on with friction and
 *   collisions; whole shapes are carried on from where they were last seen
 *   unobstructed. Not one future is simulated but many, from states that the
 *   masks allow, and the mask is the one that is best for all of them.
 *
 * The method `hold` takes masks of anything; the others take a class for an
 * object's identity through time, and `dynamics` takes the 48 classes of cubes,
 * spheres and cylinders on a level ground.
 *
 * The properties window, stride, emit and horizon, and the timestamps of what
 * goes out, are those of nfpredict. All is computed on the CPU, in less than a
 * frame's time.
 *
 * ## Example
 * |[
 * gst-launch-1.0 nfscenesrc clips=20 name=s s.mask ! tee name=t t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! nfextrapolate method=dynamics ! i.prediction t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! i.truth nfiou name=i report=report.json ! fakesink
 * gst-launch-1.0 nfscenesrc clips=2 name=s s.mask ! nfextrapolate method=linear emit=all ! nfnpyenc ! filesink location=future.npy
 * ]| The first line scores 20 clips, which takes a few seconds; the second one
 * writes what it predicts as NumPy arrays.
 *
 * Since: 0.1
 */
#include "predict/gstnfextrapolate.h"

#include "gstnfelements.h"
#include "video/gstnfvideo.h"

#include <nextframe/scene/track/nfextrapolate.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_extrapolate_debug);
#define GST_CAT_DEFAULT gst_nf_extrapolate_debug

#define MAX_CONTEXT 1000

#define MASK_CAPS GST_VIDEO_CAPS_MAKE ("GRAY8")

typedef struct
{
  NfExtrapolateMethod method;
  guint context;
  NfFuturesParams futures;
} Settings;

struct _GstNfExtrapolate
{
  GstNfPredictBase parent;

  Settings settings; /* object lock */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (MASK_CAPS));

static GType
gst_nf_extrapolate_method_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { NF_EXTRAPOLATE_HOLD, "The newest mask again", "hold" },
    { NF_EXTRAPOLATE_LINEAR, "Motion in the image goes on and slows down",
        "linear" },
    { NF_EXTRAPOLATE_DYNAMICS,
        "Tracks on the ground plane, with friction and collisions",
        "dynamics" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfExtrapolateMethod", values));

  return type;
}

static GType
gst_nf_extrapolate_decide_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    { NF_DECIDE_LIKELIEST, "The mask of the likeliest future", "likeliest" },
    { NF_DECIDE_JACCARD,
        "Object by object the largest Jaccard index on average", "jaccard" },
    { NF_DECIDE_POOLED,
        "Pixel by pixel the largest Jaccard index of many clips together",
        "pooled" },
    { NF_DECIDE_PICTURE,
        "Each object where one of the futures has it, or left out, as pooled "
        "would have it",
        "picture" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (
        &type, g_enum_register_static ("GstNfExtrapolateDecide", values));

  return type;
}

G_DEFINE_TYPE (GstNfExtrapolate, gst_nf_extrapolate, GST_TYPE_NF_PREDICT_BASE)

static gboolean gst_nf_extrapolate_open (GstVideoFilter *filter,
    const GstNfWindowSettings *settings, GstNfPredictShape *shape,
    NfDevice **device, GError **error);
static gboolean gst_nf_extrapolate_describe (GstVideoFilter *filter,
    const GstVideoInfo *in, GstVideoInfo *packed, GError **error);
static gboolean gst_nf_extrapolate_predict (GstVideoFilter *filter,
    const GstNfPredictJob *job, guint n, GError **error);

static const GstNfProperty properties[] = {
  {
      .name = "method",
      .nick = "Method",
      .blurb = "How masks are predicted",
      .details = "With `linear` objects slow down by 15 % a frame.",
      GST_NF_ENUM (gst_nf_extrapolate_method_get_type, NF_EXTRAPOLATE_DYNAMICS),
      GST_NF_FIELD (Settings, method),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "context",
      .nick = "Context",
      .blurb = "How many masks are looked at",
      GST_NF_UINT (1, MAX_CONTEXT, 11),
      GST_NF_FIELD (Settings, context),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  {
      .name = "futures",
      .nick = "Futures",
      .blurb = "How many futures dynamics simulates",
      .details =
          "The likeliest one and others from states that the masks "
          "allow as well. Time grows with it, by 0.2 ms each at 240x160.",
      GST_NF_UINT (1, NF_FUTURES_MAX, NF_EXTRAPOLATE_FUTURES),
      GST_NF_FIELD (Settings, futures.futures),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "decide",
      .nick = "Decide",
      .blurb = "How dynamics makes one mask of many futures",
      .details = "With a single future all are its mask.",
      GST_NF_ENUM (gst_nf_extrapolate_decide_get_type, NF_EXTRAPOLATE_DECIDE),
      GST_NF_FIELD (Settings, futures.decide),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  {
      .name = "seed",
      .nick = "Seed",
      .blurb = "Of the futures",
      .details = "The same seed gives the same masks.",
      GST_NF_UINT64 (0, G_MAXUINT64, 0),
      GST_NF_FIELD (Settings, futures.seed),
      .flags = GST_PARAM_MUTABLE_PLAYING,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_extrapolate_class_init (GstNfExtrapolateClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstNfPredictBaseClass *base_class = GST_NF_PREDICT_BASE_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_extrapolate_debug, "nfextrapolate", 0, "future masks");

  gst_nf_properties_install (G_OBJECT_CLASS (klass), properties,
      G_STRUCT_OFFSET (GstNfExtrapolate, settings));
  base_class->stats_name = "nf-extrapolate-stats";
  base_class->hooks.open = gst_nf_extrapolate_open;
  base_class->hooks.describe = gst_nf_extrapolate_describe;
  base_class->hooks.predict = gst_nf_extrapolate_predict;

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Mask extrapolator",
      "Filter/Analyzer/Video",
      "Predicts masks without a network: by holding, by motion in the image, "
      "or by dynamics on the ground plane",
      GST_NF_AUTHOR);
}

static void
gst_nf_extrapolate_init (GstNfExtrapolate *self)
{
  gst_nf_properties_init (properties, &self->settings);
}

static gboolean
gst_nf_extrapolate_open (GstVideoFilter *filter,
    const GstNfWindowSettings *settings, GstNfPredictShape *shape,
    NfDevice **device, GError **error)
{
  GstNfExtrapolate *self = GST_NF_EXTRAPOLATE (filter);

  GST_OBJECT_LOCK (self);
  shape->length = self->settings.context;
  GST_OBJECT_UNLOCK (self);
  *device = nf_device_open ("cpu", error);

  return *device != NULL;
}

/* masks of the same size; their values are classes, not brightness, and with
 * the same colorimetry on both sides nothing scales them */
static gboolean
gst_nf_extrapolate_describe (GstVideoFilter *filter, const GstVideoInfo *in,
    GstVideoInfo *packed, GError **error)
{
  if (!gst_nf_video_packed_info (packed, GST_VIDEO_INFO_WIDTH (in),
          GST_VIDEO_INFO_HEIGHT (in), 1, error))
    return FALSE;
  packed->colorimetry = in->colorimetry;

  return TRUE;
}

/* all frames from @from on, each a view of its mask */
static gboolean
set_predicted (GstNfPredictedFrames *predicted, NfTensor *masks, guint from,
    GError **error)
{
  const guint last = (guint) masks->n;

  gst_nf_predicted_frames_alloc (predicted, from, last, 1);
  for (guint i = from; i <= last; i++) {
    NfTensor *mask = nf_tensor_batch_slice (masks, i - 1, 1, error);

    if (mask == NULL) {
      gst_nf_predicted_frames_clear (predicted);
      return FALSE;
    }
    gst_nf_predicted_frames_set (predicted, i, mask);
  }

  return TRUE;
}

static gboolean
gst_nf_extrapolate_predict (
    GstVideoFilter *filter, const GstNfPredictJob *job, guint n, GError **error)
{
  GstNfExtrapolate *self = GST_NF_EXTRAPOLATE (filter);
  const guint length = job->window->length;
  const gint width = GST_VIDEO_INFO_WIDTH (job->packed);
  const gint height = GST_VIDEO_INFO_HEIGHT (job->packed);
  g_autofree NfTensor **frames = g_new (NfTensor *, length);
  g_autofree const guint8 **masks = g_new (const guint8 *, length);
  g_autoptr (NfTensor) made = NULL;
  const guint from = job->emit == GST_NF_EMIT_TARGET ? job->horizon : 1;
  NfExtrapolateMethod method;
  NfFuturesParams futures;

  GST_OBJECT_LOCK (self);
  method = self->settings.method;
  futures = self->settings.futures;
  GST_OBJECT_UNLOCK (self);
  futures.cancellable = job->cancellable;
  gst_nf_window_frames (job->window, frames);
  for (guint i = 0; i < length; i++)
    masks[i] = frames[i]->data;
  made = nf_tensor_new (
      frames[0]->device, NF_U8, job->horizon, 1, height, width, error);

  if (made == NULL)
    return FALSE;
  if (method == NF_EXTRAPOLATE_DYNAMICS
          ? !nf_extrapolate_futures (&futures, masks, length, width, height,
              from, job->horizon, made->data, error)
          : !nf_extrapolate (method, masks, length, width, height, job->horizon,
              made->data, error))
    return FALSE;

  return set_predicted (job->predicted, made, from, error);
}

GST_ELEMENT_REGISTER_DEFINE (
    nfextrapolate, "nfextrapolate", GST_RANK_NONE, GST_TYPE_NF_EXTRAPOLATE)
