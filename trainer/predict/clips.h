/* SPDX-License-Identifier: MIT
 *
 * clips — the clips whose masks are predicted, in the order of their numbers,
 * and what is wrong with those that cannot be predicted */
#pragma once

#include "clips/nfclipsource.h"
#include "predict/options.h"

G_BEGIN_DECLS

/**
 * NfPredictClip:
 * @number: N of video_N, or the number of the scene
 * @name: for people
 * @index: of the clip in the source, where nothing is wrong with it
 * @width: columns of its frames; 0 where it is not there
 * @height: rows
 * @wrong: (nullable): why it cannot be predicted
 */
typedef struct
{
  guint64 number;
  gchar *name;
  guint64 index;
  gint width, height; /* pixels */
  gchar *wrong;
} NfPredictClip;

/**
 * NfPredictClips:
 * @source: where they come from
 * @clips: (element-type NfPredictClip): in the order of their numbers, with
 *   those that should be there and are not
 * @width: columns of the frames, and of the masks: the size that most clips
 *   have that can be predicted, of several such sizes the one that comes first
 * @height: rows
 */
typedef struct
{
  NfClipSource *source;
  GPtrArray *clips;
  gint width, height; /* pixels */
} NfPredictClips;

NfPredictClips *nf_predict_clips_open (
    const NfPredictOptions *options, GError **error);
void nf_predict_clips_free (NfPredictClips *clips);
guint nf_predict_clips_n_wrong (const NfPredictClips *clips);
gboolean nf_predict_clips_check (const NfPredictClips *clips, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictClips, nf_predict_clips_free)

G_END_DECLS
