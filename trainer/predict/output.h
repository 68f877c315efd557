/* SPDX-License-Identifier: MIT
 *
 * output — what a prediction of a whole split leaves behind
 *
 *   masks.npy   (rows, height, width) of unsigned bytes: a class a pixel
 *   index.csv   a line for each clip: row (none where the clip was left out),
 *               clip, time of frame 22 in seconds, what was missing */
#pragma once

#include "predict/clips.h"

G_BEGIN_DECLS

#define NF_PREDICT_PICTURE_MASK "mask"
#define NF_PREDICT_PICTURE_FRAME "frame"

/**
 * NfPredictMask:
 * @data: the caller's
 * @clip: number of a clip
 * @mask: (out caller-allocates): its mask
 * @wrong: (out) (transfer none) (nullable): why it has none
 * @error: return location
 *
 * Tells what there is of a clip.
 *
 * Returns: FALSE with @error set where a mask cannot be read
 */
typedef gboolean (*NfPredictMask) (gpointer data, const NfPredictClip *clip,
    guint8 *mask, const gchar **wrong, GError **error);

gboolean nf_predict_output_write (const NfPredictOptions *options,
    const NfPredictClips *clips, NfPredictMask get, gpointer data,
    guint64 *rows, GError **error);
gboolean nf_predict_output_has_picture (const NfPredictOptions *options,
    const NfPredictClip *clip, const gchar *what);
gboolean nf_predict_output_pictures (const NfPredictOptions *options,
    const NfPredictClips *clips, const NfPredictClip *clip, const guint8 *mask,
    const guint8 *frame, GError **error);

G_END_DECLS
