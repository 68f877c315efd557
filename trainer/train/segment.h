/* SPDX-License-Identifier: MIT
 *
 * segment — the task of `nextframe-train segment`: UNet++ on frames and masks */
#pragma once

#include <nextframe/nets/nfsegmentnet.h>
#include "train/task.h"

G_BEGIN_DECLS

NfTask *nf_segment_task_new (
    NfDevice *device, NfTrainConfig *config, GError **error);
NfTensor *nf_segment_loss (NfTensor *logits, NfTensor *masks, NfTensor *weights,
    const NfConfigTrain *train, GError **error);

G_END_DECLS
