/* SPDX-License-Identifier: MIT
 *
 * decision — masks of frames from a segmenter, decided as nfsegment decides */
#pragma once

#include "eval/networkoptions.h"
#include <nextframe/nets/nfsegmenter.h>

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

/**
 * NfEvalSight:
 *
 * What a segmenter sees in the frames of a clip: each is looked at once, however
 * often and in whatever company masks are decided from it.
 */
typedef struct _NfEvalSight NfEvalSight;

NfEvalSight *nf_eval_sight_new (const NfEvalNaming *naming, guint64 expected);
void nf_eval_sight_free (NfEvalSight *sight);
void nf_eval_sight_forget (NfEvalSight *sight);
gboolean nf_eval_sight_masks (NfEvalSight *sight, NfEvalDecision decision,
    gboolean unique, const guint8 *frames, guint n, gint width, gint height,
    guint8 *masks, gdouble *saved, GError **error);
gboolean nf_eval_decide_together (const NfEvalNaming *naming, guint64 expected,
    const guint8 *const *frames, guint n, gint width, gint height, guint8 *mask,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfEvalSight, nf_eval_sight_free)

G_END_DECLS
