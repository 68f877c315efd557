/* SPDX-License-Identifier: MIT
 *
 * guidesample — guides of training samples, made of scenes
 *
 * What a network will see: frames predicted from masks that are as wrong as a
 * segmenter's, now and then the true future, a little displaced, and now and
 * then none. Siblings: diffusion.c; kernels/scene/guide */
#pragma once

#include "clips/nfclipsource.h"
#include "config/runconfig.h"
#include <nextframe/scene/guide/nfguide.h>

G_BEGIN_DECLS

typedef struct _NfGuideSamples NfGuideSamples;

NfGuideSamples *nf_guide_samples_new (const NfTrainConfig *config);
void nf_guide_samples_free (NfGuideSamples *self);
gboolean nf_guide_samples_check (const NfTrainConfig *config, GError **error);
gboolean nf_guide_samples_write (NfGuideSamples *self, NfClipReader *reader,
    guint start, guint64 seed, guint64 sample, const guint8 *newest,
    guint8 *dst, gsize stride, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfGuideSamples, nf_guide_samples_free)

G_END_DECLS
