/* SPDX-License-Identifier: MIT
 *
 * scenerecord — what a folder of synthetic clips was made with: scenes.ini
 *
 * A data set takes hours and may be interrupted; the record sees to it that the
 * command that goes on makes the rest of the same data set. */
#pragma once

#include "synth/options.h"

G_BEGIN_DECLS

#define NF_SCENE_RECORD "scenes.ini"

/**
 * NfSceneRecord: a data set's folder, held by this program alone
 */
typedef struct _NfSceneRecord NfSceneRecord;

NfSceneRecord *nf_scene_record_open (
    const NfSynthOptions *options, GError **error);
void nf_scene_record_close (NfSceneRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSceneRecord, nf_scene_record_close)

G_END_DECLS
