/* SPDX-License-Identifier: MIT
 *
 * store — the folder of masks that are being predicted, which goes on where it
 * stopped
 *
 *   settings.json   what is predicted; something else is refused there
 *   clips.jsonl     a line for each clip: {"clip": N, "mask": I} where its mask
 *                   is number I of masks.u8, {"clip": N, "wrong": "why"} where
 *                   there is none; the last line of a clip counts
 *   masks.u8        the masks, in the order in which they were made
 *   shard-I-of-N    the same of a part of the clips, from --shard
 *   png             pictures, of all parts together */
#pragma once

#include "parallel/share.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define NF_PREDICT_PICTURES "png"

typedef struct _NfPredictStore NfPredictStore;

NfPredictStore *nf_predict_store_open (const gchar *folder,
    JsonObject *settings, gsize mask_bytes, GError **error);
void nf_predict_store_free (NfPredictStore *store);
gboolean nf_predict_store_has (const NfPredictStore *store, guint64 clip);
const gchar *nf_predict_store_wrong (const NfPredictStore *store, guint64 clip);
gboolean nf_predict_store_add (
    NfPredictStore *store, guint64 clip, const guint8 *mask, GError **error);
gboolean nf_predict_store_add_wrong (
    NfPredictStore *store, guint64 clip, const gchar *why, GError **error);
gboolean nf_predict_store_sync (NfPredictStore *store, GError **error);
gboolean nf_predict_store_get (
    const NfPredictStore *store, guint64 clip, guint8 *mask, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfPredictStore, nf_predict_store_free)

G_END_DECLS
