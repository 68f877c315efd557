/* SPDX-License-Identifier: MIT
 *
 * nfschedule — the noise levels of a diffusion model
 *
 * alpha[l] is the share of signal power at label l: x_l = sqrt (alpha[l]) x_0 +
 * sqrt (1 - alpha[l]) z. Label 0 is the noisiest, the last the cleanest. */
#pragma once

#include "nets/nfunet.h"

G_BEGIN_DECLS

/**
 * NfSchedule:
 * @n: number of labels
 * @alpha: (array length=n): cumulative products, growing
 */
typedef struct
{
  guint n;
  gfloat *alpha;
} NfSchedule;

NfSchedule *nf_schedule_new (const NfUnetConfig *config);
void nf_schedule_free (NfSchedule *schedule);
guint *nf_schedule_steps (const NfSchedule *schedule, guint steps, guint *n);
guint *nf_schedule_even_steps (
    const NfSchedule *schedule, guint steps, guint *n);
guint nf_schedule_label (const NfSchedule *schedule, gdouble part);
gdouble nf_log_snr (gdouble alpha);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSchedule, nf_schedule_free)

G_END_DECLS
