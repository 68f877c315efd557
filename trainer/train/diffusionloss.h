/* SPDX-License-Identifier: MIT
 *
 * diffusionloss — the loss of a noise predictor on a batch of windows */
#pragma once

#include <nextframe/diffusion/nfschedule.h>
#include <nextframe/nets/nfunet.h>

G_BEGIN_DECLS

#define NF_DIFFUSION_INPUTS 6

/**
 * NfDiffusionWeight: of a noise level, as a weight of the clean frames' error
 * @NF_DIFFUSION_WEIGHT_NONE: the target's own
 * @NF_DIFFUSION_WEIGHT_MIN_SNR: min (SNR, 5) (Hang et al., "Efficient diffusion
 *   training via min-SNR weighting strategy", 2023)
 * @NF_DIFFUSION_WEIGHT_MIN_SNR_V: min (1 + SNR, 5)
 */
typedef enum
{
  NF_DIFFUSION_WEIGHT_NONE,
  NF_DIFFUSION_WEIGHT_MIN_SNR,
  NF_DIFFUSION_WEIGHT_MIN_SNR_V,
} NfDiffusionWeight;

/**
 * NfDiffusionHow:
 * @mean: the loss is a mean over values, else their sum
 * @weight: of a noise level
 * @absolute: errors count as they are, else half their squares
 *
 * How the loss is made; all zeros: as published.
 */
typedef struct
{
  gboolean mean;
  NfDiffusionWeight weight;
  gboolean absolute;
} NfDiffusionHow;

gdouble nf_diffusion_weight (
    NfDiffusionWeight weight, NfTarget target, gdouble alpha);
gboolean nf_diffusion_inputs (NfUnet *net, const NfSchedule *schedule,
    const NfDiffusionHow *how, NfTensor *context, NfTensor *future, NfTensor *z,
    const gfloat *labels, guint64 first_sample, NfTensor **in, GError **error);
NfTensor *nf_diffusion_loss (NfUnet *net, NfTensor *const *in,
    const NfDiffusionHow *how, const NfForward *run, GError **error);

G_END_DECLS
