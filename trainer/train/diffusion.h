/* SPDX-License-Identifier: MIT
 *
 * diffusion — the task of `nextframe-train diffusion`: the noise predictor */
#pragma once

#include "train/diffusionloss.h"
#include "train/task.h"

G_BEGIN_DECLS

NfTask *nf_diffusion_task_new (
    NfDevice *device, NfTrainConfig *config, GError **error);

G_END_DECLS
