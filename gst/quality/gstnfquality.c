/* SPDX-License-Identifier: MIT
 *
 * gstnfquality — nfquality: how near predicted pictures are to the true ones
 *
 * Siblings: compare/gstnfcompare.c (which frames are pairs, what goes on),
 * gst/iou (the same for masks) */

/**
 * SECTION:element-nfquality
 * @title: nfquality
 * @short_description: Scores predicted frames against true ones: PSNR and SSIM
 * @see_also: nfpredict, nfiou
 *
 * Compares video that comes to the pads `prediction` and `truth`, frame by frame,
 * and hands the predictions on unchanged. The two may be of different formats, but
 * are of one size; both are made 8-bit RGB as nfpredict does it. PSNR is that of
 * the RGB values, SSIM (Wang et al. 2004, windows of 11x11 pixels) that of luma.
 * Which frames are pairs, what a clip is, what a flush does: as with nfiou.
 *
 * So a prediction is scored by the frame that comes later, in one pipeline: behind
 * a tee nfpredict pushes frame 22 once it has seen frame 11, and here it waits for
 * the true one. A queue before each pad must hold as many frames as the prediction
 * lies ahead.
 *
 * ## Messages
 *
 * With #GstNfQuality:post-messages element messages named `nf-quality` are posted;
 * scores are doubles: decibels, which are infinite where pictures are equal, and
 * SSIM, at most 1; NaN where there was nothing to score. Times are guint64
 * nanoseconds.
 *
 * * `scope` (string): `frame` after each pair, or less often
 *   (#GstNfQuality:interval), `clip` when a clip has ended, `total` at EOS
 * * `psnr`, `mean-psnr`, `ssim` (double): of that frame, that clip or everything:
 *   the PSNR of the mean squared error, the mean of the frames' PSNR, the mean of
 *   their SSIM
 * * `clip`, `name`, `running-time`, `stream-time`, `timestamp`, `duration`,
 *   `stream-id`, `start-time`, `end-time`: as nfiou has them
 * * `frames` (guint64): pairs scored; scopes `clip` and `total`
 * * `clips` (uint), `unmatched-prediction`, `unmatched-truth` (guint64): scope
 *   `total`, as nfiou has them; these are in #GstNfQuality:stats as well
 * * `horizon-psnr`, `horizon-mean-psnr`, `horizon-ssim` (GValueArray of double):
 *   scope `total`: of the first pairs of all clips, of their second pairs, and so
 *   on, as far as #GstNfQuality:horizon says
 *
 * ## Example
 * |[
 * gst-launch-1.0 -m nfscenesrc clips=1 name=s s.video ! tee name=t t. ! queue ! videoconvert ! video/x-raw,format=I420 ! q.prediction t. ! queue ! q.truth nfquality name=q ! fakesink
 * ]| Tells what going through I420, with a quarter of the colours, takes from
 * pictures.
 *
 * Since: 0.1
 */
#include "quality/gstnfquality.h"

#include "common/gstnferror.h"
#include "compare/gstnfcomparemessage.h"
#include "gstnfelements.h"
#include "video/gstnfvideo.h"

#include <nextframe/metrics/nfqualityboard.h>

#include <math.h>

GST_DEBUG_CATEGORY_STATIC (gst_nf_quality_debug);
#define GST_CAT_DEFAULT gst_nf_quality_debug

/* of a pair */
enum
{
  PREDICTION,
  TRUTH,
  N_INPUTS
};

typedef struct
{
  GstNfCompareSettings compare;
  guint horizon;
} Settings;

/* how frames of one pad become packed RGB */
typedef struct
{
  GstVideoInfo info; /* that @video is for */
  GstNfVideo *video;
  guint8 *pixels;
} Converter;

struct _GstNfQuality
{
  GstNfCompare parent;

  /* object lock */
  Settings settings;
  NfQuality total;
  guint clips;
  guint64 unmatched_prediction, unmatched_truth;

  /* streaming thread */
  NfQualityBoard *board;
  Converter converters[N_INPUTS];
};

static GParamSpec *stats_property;

G_DEFINE_TYPE (GstNfQuality, gst_nf_quality, GST_TYPE_NF_COMPARE)

static void gst_nf_quality_finalize (GObject *object);
static gboolean gst_nf_quality_begin (GstNfCompare *compare);
static gboolean gst_nf_quality_score (
    GstNfCompare *compare, const GstNfComparePair *pair);
static void gst_nf_quality_post (
    GstNfCompare *compare, const GstNfComparePair *pair);
static void gst_nf_quality_unmatched (GstNfCompare *compare, gboolean is_truth);
static void gst_nf_quality_publish (GstNfCompare *compare);
static void gst_nf_quality_end_clip (
    GstNfCompare *compare, const gchar *stream_id);
static gboolean gst_nf_quality_write_report (GstNfCompare *compare,
    const gchar *path, gboolean complete, GError **error);
static gboolean gst_nf_quality_finish (GstNfCompare *compare);
static void gst_nf_quality_forget (GstNfCompare *compare);

/* (transfer full): with the scores that every scope has */
static GstStructure *
new_structure (const gchar *scope, NfQuality quality)
{
  return gst_structure_new ("nf-quality", "scope", G_TYPE_STRING, scope, "psnr",
      G_TYPE_DOUBLE, quality.psnr, "mean-psnr", G_TYPE_DOUBLE,
      quality.mean_psnr, "ssim", G_TYPE_DOUBLE, quality.ssim, NULL);
}

/* (transfer full): what was published; the caller holds the object lock, or is
 * the streaming thread */
static GstStructure *
gst_nf_quality_total_structure (const GstNfQuality *self)
{
  GstStructure *structure = new_structure ("total", self->total);

  gst_structure_set (structure, "frames", G_TYPE_UINT64, self->total.frames,
      "clips", G_TYPE_UINT, self->clips, "unmatched-prediction", G_TYPE_UINT64,
      self->unmatched_prediction, "unmatched-truth", G_TYPE_UINT64,
      self->unmatched_truth, NULL);

  return structure;
}

static void
gst_nf_quality_get_stats (GObject *object, GValue *value)
{
  g_value_take_boxed (
      value, gst_nf_quality_total_structure (GST_NF_QUALITY (object)));
}

static const GstNfProperty properties[] = {
  {
      .name = "horizon",
      .nick = "Horizon",
      .blurb = "Frames of a clip that the curve has: the scores of each clip's "
               "first pair, second pair, and so on; 0: no curve",
      .details = "Pairs after them count in all other scores.",
      GST_NF_UINT (0, NF_QUALITY_BOARD_MAX_HORIZON, 32),
      GST_NF_FIELD (Settings, horizon),
      .flags = GST_PARAM_MUTABLE_READY,
  },
  GST_NF_GROUP (gst_nf_compare_properties, Settings, compare),
  {
      .name = "stats",
      .nick = "Statistics",
      .blurb = "All scores so far",
      .details = "Its fields are those of the message of scope `total`, "
                 "without the curve. Notified after each pair, from the "
                 "streaming thread.",
      GST_NF_STRUCTURE,
      .get = gst_nf_quality_get_stats,
  },
  GST_NF_PROPERTIES_END,
};

static void
gst_nf_quality_class_init (GstNfQualityClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstNfCompareClass *compare_class = GST_NF_COMPARE_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      gst_nf_quality_debug, "nfquality", 0, "scores of predicted pictures");

  object_class->finalize = gst_nf_quality_finalize;
  gst_nf_properties_install (
      object_class, properties, G_STRUCT_OFFSET (GstNfQuality, settings));
  stats_property = g_object_class_find_property (object_class, "stats");

  compare_class->begin = gst_nf_quality_begin;
  compare_class->score = gst_nf_quality_score;
  compare_class->post = gst_nf_quality_post;
  compare_class->unmatched = gst_nf_quality_unmatched;
  compare_class->publish = gst_nf_quality_publish;
  compare_class->end_clip = gst_nf_quality_end_clip;
  compare_class->write_report = gst_nf_quality_write_report;
  compare_class->finish = gst_nf_quality_finish;
  compare_class->forget = gst_nf_quality_forget;

  gst_nf_compare_class_add_pads (
      compare_class, GST_VIDEO_CAPS_MAKE (GST_VIDEO_FORMATS_ALL));
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Picture evaluator", "Filter/Analyzer/Video",
      "Scores predicted frames against true ones (PSNR, SSIM)", GST_NF_AUTHOR);
}

static void
gst_nf_quality_init (GstNfQuality *self)
{
  gst_nf_properties_init (properties, &self->settings);
  self->total.psnr = self->total.mean_psnr = self->total.ssim = NAN;
}

static void
gst_nf_quality_finalize (GObject *object)
{
  GstNfQuality *self = GST_NF_QUALITY (object);

  gst_nf_quality_forget (GST_NF_COMPARE (self));
  gst_nf_properties_clear (properties, &self->settings);

  G_OBJECT_CLASS (gst_nf_quality_parent_class)->finalize (object);
}

static void
converter_clear (Converter *converter)
{
  g_clear_pointer (&converter->video, gst_nf_video_free);
  g_clear_pointer (&converter->pixels, g_free);
}

static void
gst_nf_quality_forget (GstNfCompare *compare)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);

  g_clear_pointer (&self->board, nf_quality_board_free);
  for (guint i = 0; i < N_INPUTS; i++)
    converter_clear (&self->converters[i]);
}

/* the property shows what was scored until now */
static void
gst_nf_quality_publish (GstNfCompare *compare)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);

  GST_OBJECT_LOCK (self);
  self->total = nf_quality_board_get_total (self->board);
  self->clips = nf_quality_board_get_clips (self->board);
  nf_quality_board_get_unmatched (
      self->board, &self->unmatched_prediction, &self->unmatched_truth);
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), stats_property);
}

static gboolean
gst_nf_quality_begin (GstNfCompare *compare)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);
  Settings settings;
  gboolean ok;

  gst_nf_properties_copy (
      properties, self, &self->settings, &settings, sizeof settings);
  ok = gst_nf_compare_set_up (compare, &settings.compare);
  gst_nf_properties_clear (properties, &settings);
  if (ok)
    self->board = nf_quality_board_new (
        gst_nf_compare_reports (compare), settings.horizon);

  return ok;
}

/* for frames of @info, which are converted as those of a network are */
static gboolean
converter_set_up (
    Converter *converter, const GstVideoInfo *info, GError **error)
{
  GstVideoInfo packed;

  if (converter->video != NULL
      && gst_video_info_is_equal (&converter->info, info))
    return TRUE;
  converter_clear (converter);
  if (!gst_nf_video_packed_info (
          &packed, (guint) info->width, (guint) info->height, 3, error))
    return FALSE;
  converter->video = gst_nf_video_new (info, &packed, error);
  if (converter->video == NULL)
    return FALSE;
  converter->info = *info;
  converter->pixels = g_try_malloc_n ((gsize) 3 * info->width, info->height);
  if (converter->pixels != NULL)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "no memory for a picture of %dx%d", info->width, info->height);
  converter_clear (converter);

  return FALSE;
}

static gboolean
gst_nf_quality_compute (
    GstNfQuality *self, const GstNfComparePair *pair, GError **error)
{
  const struct
  {
    const GstVideoInfo *info;
    GstBuffer *buffer;
  } frames[N_INPUTS] = { { pair->prediction_info, pair->prediction },
    { pair->truth_info, pair->truth } };

  for (guint i = 0; i < N_INPUTS; i++)
    if (!converter_set_up (&self->converters[i], frames[i].info, error)
        || !gst_nf_video_to_pixels (self->converters[i].video, frames[i].buffer,
            self->converters[i].pixels, error))
      return FALSE;

  return nf_quality_board_add_frame (self->board,
      self->converters[TRUTH].pixels, self->converters[PREDICTION].pixels,
      (guint) pair->truth_info->width, (guint) pair->truth_info->height,
      pair->running_time, error);
}

static gboolean
gst_nf_quality_score (GstNfCompare *compare, const GstNfComparePair *pair)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);
  g_autoptr (GError) error = NULL;

  if (!gst_nf_quality_compute (self, pair, &error)) {
    gst_nf_element_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (pair->begins_clip && pair->title != NULL)
    nf_quality_board_name_clip (self->board, pair->title);

  return TRUE;
}

static void
gst_nf_quality_post (GstNfCompare *compare, const GstNfComparePair *pair)
{
  const NfQualityBoard *board = GST_NF_QUALITY (compare)->board;
  const NfQualityClip *clip = nf_quality_board_get_clip (board);
  GstStructure *structure =
      new_structure ("frame", nf_quality_board_get_frame (board));

  gst_nf_compare_message_add_frame (structure, pair, clip->index, clip->name);
  gst_nf_compare_message_post (compare, structure);
}

static void
gst_nf_quality_unmatched (GstNfCompare *compare, gboolean is_truth)
{
  nf_quality_board_add_unmatched (
      GST_NF_QUALITY (compare)->board, !is_truth, is_truth);
}

static void
gst_nf_quality_end_clip (GstNfCompare *compare, const gchar *stream_id)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);
  const NfQualityClip *clip =
      nf_quality_board_end_clip (self->board, stream_id);
  GstStructure *structure;

  if (clip == NULL || !gst_nf_compare_posts_messages (compare))
    return;
  structure = new_structure ("clip", clip->quality);
  gst_nf_compare_message_add_clip (structure, clip->index, clip->name,
      clip->stream_id, clip->quality.frames, clip->start, clip->end);
  gst_nf_compare_message_post (compare, structure);
}

static gboolean
gst_nf_quality_write_report (
    GstNfCompare *compare, const gchar *path, gboolean complete, GError **error)
{
  return nf_quality_board_write_report (
      GST_NF_QUALITY (compare)->board, path, complete, error);
}

static gboolean
gst_nf_quality_finish (GstNfCompare *compare)
{
  GstNfQuality *self = GST_NF_QUALITY (compare);
  gdouble psnr[NF_QUALITY_BOARD_MAX_HORIZON];
  gdouble mean_psnr[NF_QUALITY_BOARD_MAX_HORIZON];
  gdouble ssim[NF_QUALITY_BOARD_MAX_HORIZON];
  const guint n = nf_quality_board_get_horizon (self->board);
  GstStructure *structure;

  if (!gst_nf_compare_posts_messages (compare))
    return TRUE;
  for (guint i = 0; i < n; i++) {
    NfQuality step = nf_quality_board_get_step (self->board, i);

    psnr[i] = step.psnr;
    mean_psnr[i] = step.mean_psnr;
    ssim[i] = step.ssim;
  }
  structure = gst_nf_quality_total_structure (self);
  gst_nf_compare_message_add_doubles (structure, "horizon-psnr", psnr, n);
  gst_nf_compare_message_add_doubles (
      structure, "horizon-mean-psnr", mean_psnr, n);
  gst_nf_compare_message_add_doubles (structure, "horizon-ssim", ssim, n);
  gst_nf_compare_message_post (compare, structure);

  return TRUE;
}

GST_ELEMENT_REGISTER_DEFINE (
    nfquality, "nfquality", GST_RANK_NONE, GST_TYPE_NF_QUALITY)
