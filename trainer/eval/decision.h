/* SPDX-License-Identifier: MIT
 *
 * decision — masks of frames from a segmenter, decided as nfsegment decides */
#pragma once

#include "eval/options.h"
#include "nets/nfsegmenter.h"

G_BEGIN_DECLS

/**
 * NfEvalNaming: how a segmenter's masks are made, as nfsegment's properties say
 * @segmenter: the network
 * @device: where it runs
 * @dtype: what it computes in
 * @tta: average with the mirrored frame
 * @decision: who decides on a class
 * @unique: whether a class is one object at most
 */
typedef struct
{
  NfSegmenter *segmenter;
  NfDevice *device;
  NfDType dtype;
  gboolean tta;
  NfEvalDecision decision;
  gboolean unique;
} NfEvalNaming;

gboolean nf_eval_decide (const NfEvalNaming *naming, const guint8 *frames,
    guint n, gint width, gint height, guint8 *masks, GError **error);

G_END_DECLS
