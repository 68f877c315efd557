/* SPDX-License-Identifier: MIT
 *
 * diffusion — the task of `nextframe-train diffusion`: the noise predictor */
#pragma once

#include "diffusion/nfschedule.h"
#include "train/task.h"

G_BEGIN_DECLS

#define NF_DIFFUSION_INPUTS 5

NfTask *nf_diffusion_task_new (
    NfDevice *device, NfTrainConfig *config, GError **error);
gboolean nf_diffusion_inputs (NfUnet *net, const NfSchedule *schedule,
    NfTensor *context, NfTensor *future, NfTensor *z, const gfloat *labels,
    guint64 first_sample, NfTensor **in, GError **error);
NfTensor *nf_diffusion_loss (
    NfUnet *net, NfTensor *const *in, const NfForward *how, GError **error);

G_END_DECLS
