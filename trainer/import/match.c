/* SPDX-License-Identifier: MIT
 *
 * match — gives a network the tensors of its parameters' names */
#include "import/match.h"

#include <math.h>
#include <string.h>

#define COUNTER ".num_batches_tracked"

/* The tensor of a parameter, whose name has @prefix in front. */
static const NfWeight *
find (const NfWeights *weights, const NfParam *param, const gchar *prefix)
{
  return g_str_has_prefix (param->name, prefix)
      ? nf_weights_find (weights, "%s", param->name + strlen (prefix))
      : NULL;
}

static gboolean
is_float (NfSafetensorsDType dtype)
{
  return dtype <= NF_SAFETENSORS_BF16;
}

static gboolean
is_counter (const NfParam *param)
{
  return g_str_has_suffix (param->name, COUNTER);
}

static gboolean
same (const NfWeight *weight, const NfParam *param)
{
  gboolean same = weight->rank == param->rank
      && is_float (weight->dtype) == (param->value->dtype != NF_I64);

  for (guint i = 0; same && i < param->rank; i++)
    same = weight->shape[i] == param->dims[i];
  return same;
}

static void
note (NfMatch *match, const gchar *kind, const gchar *name, const gchar *what)
{
  g_autofree gchar *shown = g_strescape (name, NULL);

  g_string_append_printf (match->report, "  %-10s %s %s\n", kind, shown, what);
}

/* Buffers that follow from the configuration. */
static gboolean
is_buffer (const gchar *name)
{
  static const gchar *const names[] = { "betas", "alphas", "alphas_prev",
    "unet.sigmas", "k", "k_cum", "theta_t", "mean", "std", NULL };

  return g_strv_contains (names, name);
}

static void
match_param (NfMatch *match, const NfParam *param, const NfWeight *weight)
{
  g_autofree gchar *expected =
      nf_safetensors_shape_string (param->dims, param->rank);

  if (weight && (same (weight, param) || is_counter (param))) {
    match->matched++;
  } else if (weight) {
    g_autofree gchar *got =
        nf_safetensors_shape_string (weight->shape, weight->rank);
    g_autofree gchar *what = g_strdup_printf ("%s %s, expected %s %s",
        nf_safetensors_dtype_name (weight->dtype), got,
        param->value->dtype == NF_I64 ? "whole numbers" : "numbers", expected);

    match->wrong++;
    note (match, "shape", param->name, what);
  } else if (!is_counter (param)) {
    match->missing++;
    note (match, "missing", param->name, expected);
  }
}

void
nf_match_names (NfMatch *match, NfParams *params, const NfWeights *weights,
    const gchar *prefix)
{
  *match = (NfMatch){ .report = g_string_new (NULL) };
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);

    match_param (match, param, find (weights, param, prefix));
  }
  for (guint i = 0; i < nf_weights_count (weights); i++) {
    const NfWeight *weight = nf_weights_index (weights, i);
    g_autofree gchar *name = g_strconcat (prefix, weight->name, NULL);
    g_autofree gchar *shape = NULL;

    if (nf_params_lookup (params, name) || is_buffer (weight->name))
      continue;
    shape = nf_safetensors_shape_string (weight->shape, weight->rank);
    match->unexpected++;
    note (match, "unexpected", weight->name, shape);
  }
}

void
nf_match_clear (NfMatch *match)
{
  if (match->report)
    g_string_free (match->report, TRUE);
  match->report = NULL;
}

static gboolean
check_numbers (
    const NfParam *param, const gfloat *numbers, gsize n, GError **error)
{
  const gboolean variance = g_str_has_suffix (param->name, ".running_var");

  for (gsize i = 0; i < n; i++)
    if (!isfinite (numbers[i]) || (variance && numbers[i] < 0)) {
      g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
          "tensor %s holds %s; the training diverged or the file is damaged",
          param->name,
          isfinite (numbers[i]) ? "a negative variance"
                                : "NaN or infinite numbers");
      return FALSE;
    }
  return TRUE;
}

static gboolean
fill (NfParam *param, const NfSafetensorsEntry *entry, GError **error)
{
  g_autofree gpointer numbers =
      g_try_malloc_n (MAX (entry->elements, 1), sizeof (gint64));

  if (!numbers) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY, "no memory for tensor %s",
        param->name);
    return FALSE;
  }
  if (param->value->dtype == NF_I64)
    return nf_safetensors_read_i64 (entry, numbers, error)
        && nf_tensor_set_nchw (param->value, numbers, error);
  return nf_safetensors_read_f32 (entry, numbers, error)
      && check_numbers (param, numbers, entry->elements, error)
      && nf_tensor_set_nchw (param->value, numbers, error);
}

gboolean
nf_match_fill (
    NfParams *params, NfWeights *weights, const gchar *prefix, GError **error)
{
  for (guint i = 0; i < nf_params_count (params); i++) {
    NfParam *param = nf_params_index (params, i);
    const NfWeight *weight = find (weights, param, prefix);
    g_autoptr (GBytes) bytes = NULL;
    NfSafetensorsEntry entry;

    /* counters, which nothing reads, may be missing and of any kind */
    if (!weight || (is_counter (param) && !same (weight, param)))
      continue;
    bytes = nf_weights_read (weights, weight, &entry, error);
    if (!bytes || !fill (param, &entry, error))
      return FALSE;
  }
  return TRUE;
}
