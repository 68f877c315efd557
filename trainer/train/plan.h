/* SPDX-License-Identifier: MIT
 *
 * plan — what a run would take: `nextframe-train segment|diffusion --plan` */
#pragma once

#include "train/task.h"

G_BEGIN_DECLS

gchar *nf_plan_describe (NfTask *task, const NfTrainConfig *config,
    NfDevice *device, GError **error);

G_END_DECLS
