/* SPDX-License-Identifier: MIT
 *
 * noiselevels — whether weights were trained at the configured levels of noise */
#include "import/noiselevels.h"

#include <nextframe/diffusion/nfschedule.h>

#include <math.h>

/* shares of signal lie between 0 and 1; weights may have been kept as halves */
#define TOLERANCE 0.01

static gboolean
compare (const NfSchedule *schedule, const gfloat *shares, GError **error)
{
  for (guint i = 0; i < schedule->n; i++)
    if (!(fabsf (shares[i] - schedule->alpha[i]) <= (gfloat) TOLERANCE)) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "the weights were trained with another noise schedule than "
          "sigma_dist, sigma_begin and sigma_end of the configuration say: the "
          "share of signal at label %u is %g in the file and %g in the "
          "schedule. Use the configuration of this training",
          i, (gdouble) shares[i], (gdouble) schedule->alpha[i]);
      return FALSE;
    }
  return TRUE;
}

gboolean
nf_import_check_levels (NfWeights *weights, JsonObject *config, GError **error)
{
  const NfWeight *kept = nf_weights_find (weights, "alphas");
  g_autoptr (NfSchedule) schedule = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree gfloat *shares = NULL;
  NfSafetensorsEntry entry;
  NfUnetConfig unet;

  if (!kept)
    return TRUE;
  if (!nf_unet_config_from_json (&unet, config, error))
    return FALSE;
  schedule = nf_schedule_new (&unet);
  if (kept->rank != 1 || kept->shape[0] != schedule->n
      || kept->dtype > NF_SAFETENSORS_BF16) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "the tensor alphas does not hold %u numbers, one for each of the "
        "num_classes labels of the noise schedule",
        schedule->n);
    return FALSE;
  }
  bytes = nf_weights_read (weights, kept, &entry, error);
  if (!bytes)
    return FALSE;
  shares = g_new (gfloat, schedule->n);
  return nf_safetensors_read_f32 (&entry, shares, error)
      && compare (schedule, shares, error);
}
