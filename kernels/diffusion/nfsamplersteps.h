/* SPDX-License-Identifier: MIT
 *
 * nfsamplersteps — what a sampler needs, and the steps that methods share
 *
 * A sampler needs a function that predicts the target (noise, clean frames or
 * v) from noisy frames, a noise schedule and, where the method is ancestral, a
 * source of noise. nfsamplersteps.c converts every target to noise and clean
 * frames for all methods.
 * See: nfsampler.h, which runs a method */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/diffusion/nfschedule.h>

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * NfSamplerMethod:
 *
 * One value a row of nfsamplers.def.h, which says what each is:
 * %NF_SAMPLER_DDIM, %NF_SAMPLER_DDPM, ...
 */
typedef enum
{
#define NF_SAMPLER(NAME, function, name, pick, flags, description)             \
  NF_SAMPLER_##NAME,
#include <nextframe/diffusion/nfsamplers.def.h>
#undef NF_SAMPLER
  NF_N_SAMPLERS
} NfSamplerMethod;

/**
 * NfSamplerFlags:
 * @NF_SAMPLER_ANCESTRAL: the method needs fresh noise in every step
 */
typedef enum
{
  NF_SAMPLER_ANCESTRAL = 1 << 0
} NfSamplerFlags;

/**
 * NfClamp:
 * @NF_CLAMP_NONE: the estimate of the clean frames stays as it is
 * @NF_CLAMP_CLEAN: it is brought into [-1, 1], and the noise stays as
 *   predicted, as published; every step pulls towards that range
 * @NF_CLAMP_CONSISTENT: it is brought into [-1, 1], and the noise is the rest
 *   of x: (x - sqrt (a) x0) / sqrt (1 - a)
 *
 * What happens to estimates outside the range of pixels.
 */
typedef enum
{
  NF_CLAMP_NONE,
  NF_CLAMP_CLEAN,
  NF_CLAMP_CONSISTENT,
} NfClamp;

/**
 * NfDenoise:
 * @NF_DENOISE_NONE: the last step ends at its own estimate of the clean frames
 * @NF_DENOISE_AGAIN: the noise that the network finds in that estimate, at the
 *   last step's label, is removed as well: as published, although the estimate
 *   has less noise than that label
 * @NF_DENOISE_CLEANEST: the last step ends at the cleanest label, and the clean
 *   frames that the network predicts there are the result; where the steps
 *   visit that label anyway it costs no evaluation more than @NF_DENOISE_NONE
 *
 * How sampling ends.
 */
typedef enum
{
  NF_DENOISE_NONE,
  NF_DENOISE_AGAIN,
  NF_DENOISE_CLEANEST,
} NfDenoise;

/**
 * NfPredict:
 * @x: noisy frames
 * @label: their noise label; between labels where a method asks for it
 *
 * Returns: (transfer full) (nullable): the sampler's target, of @x
 */
typedef NfTensor *(*NfPredict) (
    gpointer data, NfTensor *x, gfloat label, GError **error);

/**
 * NfDrawNoise:
 * @step: from 0 on
 * @label: the noise label that the step begins with
 *
 * Returns: (transfer full) (nullable): noise of the shape of x
 */
typedef NfTensor *(*NfDrawNoise) (
    gpointer data, guint step, guint label, GError **error);

/**
 * NfSampler:
 * @method: of sampling
 * @steps: denoising steps, 1 to the number of labels
 * @clip: what happens to estimates of clean frames outside [-1, 1]
 * @denoise: how sampling ends
 * @target: what @predict gives
 * @start: the first label: 0, or a less noisy one where sampling starts from
 *   frames with the noise of that label
 * @schedule: the noise schedule
 * @predict: predicts the target
 * @draw: (nullable): draws noise of the shape of x for a step; ancestral
 *   methods need it
 * @data: given to both functions
 * @cancellable: (nullable): looked at before every evaluation
 */
typedef struct
{
  NfSamplerMethod method;
  guint steps;
  NfClamp clip;
  NfDenoise denoise;
  NfTarget target;
  guint start;
  const NfSchedule *schedule;
  NfPredict predict;
  NfDrawNoise draw;
  gpointer data;
  GCancellable *cancellable;
} NfSampler;

/* samples over @n labels, from x to the result; x stays the caller's */
typedef NfTensor *(*NfSamplerWalk) (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);

#define NF_SAMPLER(NAME, function, name, pick, flags, description)             \
  NfTensor *nf_sampler_walk_##function (const NfSampler *sampler, NfTensor *x, \
      const guint *labels, guint n, GError **error);
#include <nextframe/diffusion/nfsamplers.def.h>
#undef NF_SAMPLER

/* the two parts of noisy frames, both (transfer full) */
typedef struct
{
  NfTensor *clean, *noise;
} NfEstimate;

/**
 * nf_estimate_clear:
 * @estimate: drops both tensors, where they are
 */
NF_API void nf_estimate_clear (NfEstimate *estimate);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NfEstimate, nf_estimate_clear)

/**
 * nf_sampler_ends_at_cleanest:
 * @sampler: how to sample
 * @last: label of the last step
 *
 * Returns: whether the last step ends at the cleanest label, where the network
 *   is then evaluated once more (%NF_DENOISE_CLEANEST)
 */
NF_API gboolean nf_sampler_ends_at_cleanest (
    const NfSampler *sampler, guint last);

/**
 * nf_sampler_noise:
 * @sampler: how to sample
 * @x: (nullable): noisy frames; NULL where the function that makes them has
 *   failed
 * @label: their noise label
 * @alpha: share of signal power at that label
 * @error: return location: as nf_sampler_run()
 *
 * Returns: (transfer full) (nullable): the noise that the network finds in @x,
 *   not clipped
 */
NF_API NfTensor *nf_sampler_noise (const NfSampler *sampler, NfTensor *x,
    gfloat label, gdouble alpha, GError **error);

/**
 * nf_sampler_estimate:
 * @sampler: how to sample
 * @x: (nullable): noisy frames; NULL where the function that makes them has
 *   failed
 * @label: their noise label
 * @alpha: share of signal power at that label
 * @estimate: (out caller-allocates): the noise and the clean frames of @x,
 *   clipped as the sampler has it; has to be cleared also when this fails
 * @error: return location: as nf_sampler_run()
 *
 * Returns: FALSE with @error set
 */
NF_API gboolean nf_sampler_estimate (const NfSampler *sampler, NfTensor *x,
    gfloat label, gdouble alpha, NfEstimate *estimate, GError **error);

/**
 * nf_sampler_go:
 * @estimate: noise and clean frames
 * @next: share of signal power that is wanted
 * @error: return location: as the ops have it
 *
 * A step of DDIM: mixes the clean frames and the noise to another noise level.
 *
 * Returns: (transfer full) (nullable): the noisy frames
 */
NF_API NfTensor *nf_sampler_go (
    const NfEstimate *estimate, gdouble next, GError **error);

/**
 * nf_sampler_transfer:
 * @sampler: how to sample
 * @x: (nullable): noisy frames; NULL where the function that makes them has
 *   failed
 * @e: (nullable): their noise; likewise
 * @alpha: their share of signal power
 * @next: share of signal power that is wanted
 * @error: return location: as the ops have it
 *
 * A step of DDIM from noise that is known already; the clean frames are clipped
 * as the sampler has it.
 *
 * Returns: (transfer full) (nullable): the noisy frames
 */
NF_API NfTensor *nf_sampler_transfer (const NfSampler *sampler, NfTensor *x,
    NfTensor *e, gdouble alpha, gdouble next, GError **error);

/**
 * nf_sampler_next_alpha:
 * @sampler: how to sample
 * @labels: (array length=n): the labels that the run visits
 * @n: how many
 * @step: number of the step, below @n
 *
 * Returns: the share of signal power after that step; the last step ends at
 *   clean frames (1), or at the cleanest label
 */
NF_API gdouble nf_sampler_next_alpha (
    const NfSampler *sampler, const guint *labels, guint n, guint step);

/**
 * nf_sampler_scale:
 * @a: (nullable): a tensor; NULL where the function that makes it has failed
 * @alpha: a factor
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): alpha a
 */
NF_API NfTensor *nf_sampler_scale (NfTensor *a, gdouble alpha, GError **error);

/**
 * nf_sampler_mix:
 * @a: (nullable): a tensor; NULL where the function that makes it has failed
 * @alpha: its factor
 * @b: (nullable): another one; likewise
 * @beta: its factor
 * @error: return location: as the ops have it
 *
 * Returns: (transfer full) (nullable): alpha a + beta b
 */
NF_API NfTensor *nf_sampler_mix (
    NfTensor *a, gdouble alpha, NfTensor *b, gdouble beta, GError **error);

G_END_DECLS
