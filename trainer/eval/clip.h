/* SPDX-License-Identifier: MIT
 *
 * clip — a clip that is judged, and what several rows of the table ask of it
 *
 * Frames are numbered from 0 here, and from 1 where people read it. Masks of
 * the given frames and predictions of the predictor are made when they are first
 * asked for, and kept until the next clip. What that took is charged to every
 * row that asks, as if it were alone. */
#pragma once

#include "clips/nfclipsource.h"
#include "eval/models.h"

G_BEGIN_DECLS

/**
 * NfEvalClip:
 * @models: networks
 * @number: of the clip: the stream of its noise
 * @name: what people call it
 * @width: columns of a frame
 * @height: rows
 * @frames: (NF_EVAL_FRAMES, height, width, 3), red, green, blue; those after
 *   the context are undefined in a clip that is open for its context alone
 * @truth: (NF_EVAL_FRAMES, height, width), classes; likewise all of them
 * @charge: seconds that earlier rows spent on what was asked for since it was
 *   set to 0
 * @expected: a bit for each class that may be in what was predicted last, 0
 *   where nothing is known
 */
typedef struct
{
  NfEvalModels *models;
  guint64 number;
  gchar *name;
  gint width, height; /* pixels */
  guint8 *frames;
  guint8 *truth;
  gdouble charge;
  guint64 expected;

  /*< private >*/
  NfClipSource *source;
  NfClipReader *reader;
  NfEvalSight *sight; /* what the segmenter sees in the given frames */
  guint8 *named; /* (NF_EVAL_FRAMES, height, width) */
  guint8 *guide_masks; /* what guides go by; NULL: nobody asked yet */
  gdouble guide_masks_seconds; /* what they took */
  guint8 *predictions; /* (predictions, NF_EVAL_HORIZON, H, W, 3) */
  guint n_predictions;
  guint64 predictions_expected; /* likewise */
  gdouble predictions_seconds;
} NfEvalClip;

NfEvalClip *nf_eval_clip_new (NfClipSource *source, NfEvalModels *models);
void nf_eval_clip_free (NfEvalClip *clip);
gboolean nf_eval_clip_open (NfEvalClip *clip, guint64 number, GError **error);
gboolean nf_eval_clip_open_context (
    NfEvalClip *clip, guint64 number, guint64 stream, GError **error);
gsize nf_eval_clip_pixels (const NfEvalClip *clip);
const guint8 *nf_eval_clip_named (NfEvalClip *clip, guint n, GError **error);
gboolean nf_eval_clip_predict (
    NfEvalClip *clip, NfEvalGuide guide, guint8 *predicted, GError **error);
const guint8 *nf_eval_clip_predictions (NfEvalClip *clip, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalClip, nf_eval_clip_free)

G_END_DECLS
