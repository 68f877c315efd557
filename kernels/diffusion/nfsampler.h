/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames in a number of denoising steps
 *
 * Methods: ddim (Song et al., 2020), ddpm (Ho et al., 2020), f-pndm (Liu et
 * al., "Pseudo numerical methods for diffusion models on manifolds", 2022),
 * dpm-solver++ (Lu et al., 2022; the variant 2M). Each has a row of
 * nfsamplers.def.h and a file, which uses the steps of nfsamplersteps.h. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/diffusion/nfsamplersteps.h>

G_BEGIN_DECLS

/**
 * nf_sampler_labels:
 * @method: of sampling
 * @schedule: the noise schedule
 * @start: the first label, below the number of labels
 * @steps: at least 1
 * @n: (out): how many labels there are
 *
 * Returns: (transfer full) (array length=n): the labels that a run visits, in
 *   its order; some methods evaluate the network at others in between
 */
NF_API guint *nf_sampler_labels (NfSamplerMethod method,
    const NfSchedule *schedule, guint start, guint steps, guint *n);

/**
 * nf_sampler_evaluations:
 * @sampler: how to sample
 *
 * Returns: how often a run evaluates the network, about: f-pndm needs nine
 *   evaluations more
 */
NF_API guint nf_sampler_evaluations (const NfSampler *sampler);

/**
 * nf_sampler_method_name:
 * @method: of sampling
 *
 * Returns: (transfer none): its name, "ddim"
 */
NF_API const gchar *nf_sampler_method_name (NfSamplerMethod method);

/**
 * nf_sampler_method_description:
 * @method: of sampling
 *
 * Returns: (transfer none): what kind of method it is, for users
 */
NF_API const gchar *nf_sampler_method_description (NfSamplerMethod method);

/**
 * nf_sampler_method_is_ancestral:
 * @method: of sampling
 *
 * Returns: whether it draws fresh noise at every step
 */
NF_API gboolean nf_sampler_method_is_ancestral (NfSamplerMethod method);

/**
 * nf_sampler_method_names:
 * Returns: (transfer full): the names of all methods for users to choose from:
 *   "a, b or c"
 */
NF_API gchar *nf_sampler_method_names (void);

/**
 * nf_sampler_method_from_name:
 * @name: of a method
 * @method: (out): the method
 * @error: return location: %NF_ERROR_INVALID for an unknown name
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_sampler_method_from_name (
    const gchar *name, NfSamplerMethod *method, GError **error);

/**
 * nf_sampler_run:
 * @sampler: how to sample
 * @x: numbers from N(0, 1) of the shape of the frames; or, with a start above
 *   0, frames with the noise of that label
 * @error: return location: %NF_ERROR_CANCELLED, %NF_ERROR_INVALID, or what the
 *   sampler's functions give
 *
 * Returns: (transfer full) (nullable): the frames; they may leave [-1, 1] with
 *   %NF_DENOISE_AGAIN
 */
NF_API NfTensor *nf_sampler_run (
    const NfSampler *sampler, NfTensor *x, GError **error);

G_END_DECLS
