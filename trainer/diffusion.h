/* SPDX-License-Identifier: MIT
 *
 * diffusion — the task of `nextframe-train diffusion`: the noise predictor */
#pragma once

#include "diffusion/nfschedule.h"
#include "task.h"

G_BEGIN_DECLS

NfTask *nf_diffusion_task_new (
    NfDevice *device, NfTrainConfig *config, GError **error);
NfTensor *nf_diffusion_loss (NfUnet *net, const NfSchedule *schedule,
    NfTensor *context, NfTensor *future, NfTensor *z, const gfloat *labels,
    const NfForward *forward, GError **error);

G_END_DECLS
