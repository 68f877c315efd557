/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames in a number of denoising steps
 *
 * Methods: ddim (Song et al., 2020), ddpm (Ho et al., 2020), f-pndm (Liu et al.,
 * "Pseudo numerical methods for diffusion models on manifolds", 2022),
 * dpm-solver++ (Lu et al., 2022, of which 2M). One file a method, which takes the
 * steps of nfsamplersteps.h, and a row of nfsamplers.def.h. */
#pragma once

#include "diffusion/nfsamplersteps.h"

G_BEGIN_DECLS

guint *nf_sampler_labels (NfSamplerMethod method, const NfSchedule *schedule,
    guint start, guint steps, guint *n);
guint nf_sampler_evaluations (const NfSampler *sampler);
const gchar *nf_sampler_method_name (NfSamplerMethod method);
const gchar *nf_sampler_method_description (NfSamplerMethod method);
gboolean nf_sampler_method_is_ancestral (NfSamplerMethod method);
gchar *nf_sampler_method_names (void);
gboolean nf_sampler_method_from_name (
    const gchar *name, NfSamplerMethod *method, GError **error);
NfTensor *nf_sampler_run (
    const NfSampler *sampler, NfTensor *x, GError **error);

G_END_DECLS
