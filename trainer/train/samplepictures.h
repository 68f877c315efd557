/* SPDX-License-Identifier: MIT
 *
 * samplepictures — what the network makes of a few clips, as a picture
 *
 * A row a clip: what the network sees, what it makes of that, and the truth.
 * The clips are the first of those that validate a run, or where there are none
 * of those that it is trained on, without those that training leaves out.
 * Drawing changes nothing of the training: it has a second network, and random
 * numbers of its own. Sibling: validate.c */
#pragma once

#include "train/report.h"
#include "train/task.h"

G_BEGIN_DECLS

typedef struct _NfSamplePictures NfSamplePictures;

NfSamplePictures *nf_sample_pictures_new (
    NfTask *task, const NfTrainConfig *config, GError **error);
void nf_sample_pictures_free (NfSamplePictures *pictures);
gboolean nf_sample_pictures_due (
    const NfSamplePictures *pictures, guint64 step);
gboolean nf_sample_pictures_draw (NfSamplePictures *pictures, const gchar *run,
    guint64 step, NfEventFile *events, NfProgress *progress, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSamplePictures, nf_sample_pictures_free)

G_END_DECLS
