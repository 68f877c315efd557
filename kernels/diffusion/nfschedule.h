/* SPDX-License-Identifier: MIT
 *
 * nfschedule — the noise levels of a diffusion model
 *
 * alpha[l] is the share of signal power at label l: x_l = sqrt (alpha[l]) x_0 +
 * sqrt (1 - alpha[l]) z. Label 0 is the noisiest, the last the cleanest. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/nets/nfunet.h>

G_BEGIN_DECLS

/**
 * NfSchedule:
 * @n: number of labels
 * @alpha: (array length=n): cumulative products, growing
 * @gamma: whether the noise is of a gamma distribution, see nfnoise.h
 */
typedef struct
{
  guint n;
  gfloat *alpha;
  gboolean gamma;
} NfSchedule;

/**
 * nf_schedule_new:
 * @config: of the network
 *
 * Returns: (transfer full): the noise schedule that the network was trained for
 */
NF_API NfSchedule *nf_schedule_new (const NfUnetConfig *config);

/**
 * nf_schedule_free:
 * @schedule: (transfer full): a schedule
 */
NF_API void nf_schedule_free (NfSchedule *schedule);

/**
 * nf_schedule_steps:
 * @schedule: a schedule
 * @steps: how many labels are wanted, at least 1
 * @n: (out): how many there are
 *
 * The labels 0, skip, 2 skip, ... with skip = labels / steps, rounded down; all
 * labels where @steps is not smaller. There can be more than @steps where it
 * does not divide the number of labels.
 *
 * Returns: (transfer full) (array length=n): labels, noisiest first
 */
NF_API guint *nf_schedule_steps (
    const NfSchedule *schedule, guint steps, guint *n);

/**
 * nf_schedule_even_steps:
 * @schedule: a schedule
 * @steps: how many labels are wanted, at least 1
 * @n: (out): how many there are: @steps, or all labels where those are fewer
 *
 * Labels from the noisiest to the cleanest whose log signal-to-noise ratios are
 * spaced as evenly as the labels allow.
 *
 * Returns: (transfer full) (array length=n): labels, noisiest first
 */
NF_API guint *nf_schedule_even_steps (
    const NfSchedule *schedule, guint steps, guint *n);

/**
 * nf_schedule_label:
 * @schedule: a schedule
 * @part: of the schedule, 0 (noisiest) to 1
 *
 * Returns: the label at that part of the schedule
 */
NF_API guint nf_schedule_label (const NfSchedule *schedule, gdouble part);

/**
 * nf_log_snr:
 * @alpha: share of signal power, 0 to 1
 *
 * Returns: the logarithm of the ratio of signal to noise, as amplitudes; finite
 *   at 0 and 1, too
 */
NF_API gdouble nf_log_snr (gdouble alpha);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSchedule, nf_schedule_free)

G_END_DECLS
