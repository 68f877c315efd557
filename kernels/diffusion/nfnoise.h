/* SPDX-License-Identifier: MIT
 *
 * nfnoise — the noise that frames are mixed with
 *
 * Numbers of mean 0 and variance 1: normal ones, or those of a gamma
 * distribution that is shifted and scaled (Nachmani, San-Roman and Wolf,
 * "Denoising diffusion gamma models", 2021), in the form that MCVD's option
 * `gamma` has. There the noise of label l is the sum of what was added up to it,
 * whose shape is k[l] = (1 - alpha[l]) / (alpha[l] theta^2) with theta = 0.001:
 * its skewness is 2 / sqrt (k[l]), largest at the cleanest labels.
 * See: nfschedule.h; tests/reference/nextframe_torch.py */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfops.h>
#include <nextframe/diffusion/nfschedule.h>

G_BEGIN_DECLS

/**
 * nf_noise_shape:
 * @schedule: a schedule
 * @label: below its number of labels
 *
 * Returns: the shape of the gamma distribution of the noise at that label, at
 *   least 1; infinite where the noise is normal
 */
NF_API gdouble nf_noise_shape (const NfSchedule *schedule, guint label);

/**
 * nf_noise_gamma:
 * @key: which random numbers
 * @shape: of the distribution, at least 1
 * @n: how many
 * @out: (out caller-allocates) (array length=n): numbers of that gamma
 *   distribution, less its mean and divided by its standard deviation
 */
NF_API void nf_noise_gamma (
    const NfRngKey *key, gdouble shape, gsize n, gfloat *out);

/**
 * nf_noise_draw:
 * @schedule: of the network that the noise is for
 * @device: where it is to lie
 * @params: its shape, and the key of the first sample; the streams of the others
 *   follow
 * @labels: (array): the noise label of each sample
 * @error: return location: %NF_ERROR_NO_MEMORY, or as the device has it
 *
 * Returns: (transfer full) (nullable): noise of mean 0 and variance 1, f32
 */
NF_API NfTensor *nf_noise_draw (const NfSchedule *schedule, NfDevice *device,
    const NfRandnParams *params, const gfloat *labels, GError **error);

G_END_DECLS
