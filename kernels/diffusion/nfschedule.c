/* SPDX-License-Identifier: MIT
 *
 * nfschedule — the noise levels of a diffusion model
 *
 * linear: beta from sigma_begin to sigma_end over the labels, alpha the product
 * of 1 - beta from the clean end on (Ho et al., 2020). cosine: Nichol and
 * Dhariwal, 2021, operation by operation in single precision as PyTorch
 * evaluates it: near the noisy end the cosine is so small that another rounding
 * of its argument changes alpha by 1e-4. */
#include <nextframe/diffusion/nfschedule.h>

#include <math.h>

/* of amplitudes; noisier labels than this say next to nothing of the frames */
#define LEAST_LOG_SNR -5.1

/* the cosine schedule's share of signal, not yet divided by its value at 0 */
static gfloat
cosine_power (gfloat t)
{
  gfloat root = cosf ((t + 0.008f) / 1.008f * (gfloat) G_PI / 2.0f);

  return root * root;
}

NfSchedule *
nf_schedule_new (const NfUnetConfig *config)
{
  NfSchedule *s = g_new (NfSchedule, 1);
  guint n = (guint) config->num_classes;
  gdouble product = 1.0, last = n - 1;

  s->n = n;
  s->gamma = config->gamma;
  s->alpha = g_new (gfloat, n);
  for (guint i = n; i-- > 0;) {
    if (config->sigma_dist == NF_SIGMA_LINEAR) {
      gdouble beta = config->sigma_begin
          + (config->sigma_end - config->sigma_begin) * i / last;

      product *= (gdouble) (1.0f - (gfloat) beta);
      s->alpha[i] = (gfloat) product;
    } else {
      gfloat t = (gfloat) (n - i) / (gfloat) n;

      s->alpha[i] = cosine_power (t) / cosine_power (0.0f);
    }
  }
  return s;
}

void
nf_schedule_free (NfSchedule *schedule)
{
  g_free (schedule->alpha);
  g_free (schedule);
}

guint *
nf_schedule_steps (const NfSchedule *schedule, guint steps, guint *n)
{
  guint skip = steps < schedule->n ? schedule->n / MAX (steps, 1) : 1;
  guint *labels;

  *n = (schedule->n + skip - 1) / skip;
  labels = g_new (guint, *n);
  for (guint i = 0; i < *n; i++)
    labels[i] = i * skip;
  return labels;
}

guint
nf_schedule_label (const NfSchedule *schedule, gdouble part)
{
  return MIN ((guint) (CLAMP (part, 0.0, 1.0) * schedule->n), schedule->n - 1);
}

gdouble
nf_log_snr (gdouble alpha)
{
  return 0.5 * log (MAX (alpha, 1e-30) / MAX (1.0 - alpha, 1e-8));
}

guint *
nf_schedule_even_steps (const NfSchedule *schedule, guint steps, guint *n)
{
  const gfloat *alpha = schedule->alpha;
  gdouble from = MAX (nf_log_snr ((gdouble) alpha[0]), LEAST_LOG_SNR);
  gdouble to = nf_log_snr ((gdouble) alpha[schedule->n - 1]);
  guint *labels;

  *n = MIN (steps, schedule->n);
  labels = g_new0 (guint, *n);
  for (guint i = 1; i < *n; i++) {
    gdouble wanted = from + (to - from) * i / (*n - 1);
    guint label = labels[i - 1] + 1, last = schedule->n - (*n - i);

    while (label < last
        && fabs (nf_log_snr ((gdouble) alpha[label + 1]) - wanted)
            < fabs (nf_log_snr ((gdouble) alpha[label]) - wanted))
      label++;
    labels[i] = label;
  }
  return labels;
}
