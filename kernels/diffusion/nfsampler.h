/* SPDX-License-Identifier: MIT
 *
 * nfsampler — from noise to frames in a number of denoising steps
 *
 * A sampler sees a function that predicts noise, a schedule and, where it is
 * ancestral, a source of noise. Methods: ddim (Song et al., 2020), ddpm (Ho et
 * al., 2020), f-pndm (Liu et al., "Pseudo numerical methods for diffusion
 * models on manifolds", 2022), dpm-solver++ (Lu et al., 2022, of which 2M). One
 * file a method. */
#pragma once

#include "diffusion/nfschedule.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * NfSamplerMethod:
 * @NF_SAMPLER_DDIM: deterministic, first order
 * @NF_SAMPLER_DDPM: ancestral: fresh noise after every step but the last
 * @NF_SAMPLER_FPNDM: deterministic, four past predictions; its first three
 *   steps cost four evaluations each
 * @NF_SAMPLER_DPM_SOLVER: deterministic, second order, one evaluation a step, at
 *   labels of its own: the one for few steps
 */
typedef enum
{
  NF_SAMPLER_DDIM,
  NF_SAMPLER_DDPM,
  NF_SAMPLER_FPNDM,
  NF_SAMPLER_DPM_SOLVER,
  NF_N_SAMPLERS
} NfSamplerMethod;

/**
 * NfPredictNoise:
 * @x: noisy frames
 * @label: their noise label; between labels where a method asks for it
 *
 * Returns: (transfer full) (nullable): the noise in @x
 */
typedef NfTensor *(*NfPredictNoise) (
    gpointer data, NfTensor *x, gfloat label, GError **error);
typedef NfTensor *(*NfDrawNoise) (gpointer data, guint step, GError **error);

/**
 * NfSampler:
 * @method: how to walk
 * @steps: denoising steps wanted, 1 to the number of labels
 * @clip: keep the estimate of the clean frames in [-1, 1]
 * @denoise: remove the rest of the noise once more at the end, at the last
 *   step's label
 * @schedule: noise levels
 * @predict: predicts noise
 * @draw: (nullable): noise of the shape of x after step number; ddpm needs it
 * @data: handed to both
 * @cancellable: (nullable): looked at before every evaluation
 */
typedef struct
{
  NfSamplerMethod method;
  guint steps;
  gboolean clip, denoise;
  const NfSchedule *schedule;
  NfPredictNoise predict;
  NfDrawNoise draw;
  gpointer data;
  GCancellable *cancellable;
} NfSampler;

guint *nf_sampler_labels (
    NfSamplerMethod method, const NfSchedule *schedule, guint steps, guint *n);
const gchar *nf_sampler_method_name (NfSamplerMethod method);
gboolean nf_sampler_method_from_name (
    const gchar *name, NfSamplerMethod *method, GError **error);
NfTensor *nf_sampler_run (
    const NfSampler *sampler, NfTensor *x, GError **error);

/* for the methods' files */

/* one walk over @n labels; returns the frames, x stays the caller's */
typedef NfTensor *(*NfSamplerWalk) (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);

NfTensor *nf_sampler_walk_ddim (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);
NfTensor *nf_sampler_walk_ddpm (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);
NfTensor *nf_sampler_walk_fpndm (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);
NfTensor *nf_sampler_walk_dpm_solver (const NfSampler *sampler, NfTensor *x,
    const guint *labels, guint n, GError **error);

NfTensor *nf_sampler_predict (
    const NfSampler *sampler, NfTensor *x, gfloat label, GError **error);
NfTensor *nf_sampler_clean (const NfSampler *sampler, NfTensor *x, NfTensor *e,
    gdouble alpha, GError **error);
NfTensor *nf_sampler_transfer (const NfSampler *sampler, NfTensor *x,
    NfTensor *e, gdouble alpha, gdouble next, GError **error);
gdouble nf_sampler_next_alpha (
    const NfSampler *sampler, const guint *labels, guint n, guint step);
NfTensor *nf_sampler_mix (
    NfTensor *a, gdouble alpha, NfTensor *b, gdouble beta, GError **error);

G_END_DECLS
