/* SPDX-License-Identifier: MIT
 *
 * warmstart — a training that begins with the weights of another network */
#include "train/warmstart.h"
#include <nextframe/io/nfsafetensors.h>

#include <string.h>

#define ENCODER "encoder."
#define MOST_NAMED 8 /* of each kind in the report */

/* Names for the report, the first few of them. */
typedef struct
{
  GString *text;
  guint n;
} Names;

static void
add_name (Names *names, const gchar *name, const gchar *note)
{
  if (names->n++ < MOST_NAMED)
    g_string_append_printf (names->text, "  %s%s\n", name, note);
}

static void
end_names (Names *names, const gchar *title, GString *report)
{
  if (names->n > 0)
    g_string_append_printf (
        report, "%u %s:\n%s", names->n, title, names->text->str);
  if (names->n > MOST_NAMED)
    g_string_append_printf (report, "  and %u more\n", names->n - MOST_NAMED);
  g_string_free (names->text, TRUE);
}

static gboolean
same_shape (const NfSafetensorsEntry *entry, const NfParam *param)
{
  gboolean same = entry->rank == param->rank;

  for (guint i = 0; same && i < param->rank; i++)
    same = entry->shape[i] == param->dims[i];
  return same;
}

static gboolean
fill (const NfSafetensorsEntry *entry, NfParam *param, GError **error)
{
  g_autofree gpointer data = NULL;

  if (param->value->dtype != NF_F32) {
    gint64 *counts = data = g_new (gint64, entry->elements);

    return nf_safetensors_read_i64 (entry, counts, error)
        && nf_tensor_set_nchw (param->value, counts, error);
  }
  data = g_new (gfloat, entry->elements);
  return nf_safetensors_read_f32 (entry, data, error)
      && nf_tensor_set_nchw (param->value, data, error);
}

/* Whether a name takes part. */
static gboolean
wanted (const gchar *name, gboolean encoder_only)
{
  return !encoder_only || g_str_has_prefix (name, ENCODER);
}

/* Splits FILE:PART; a file whose own name ends so needs `:all` behind it. */
static gchar *
split_part (const gchar *what, gboolean *encoder_only)
{
  *encoder_only = g_str_has_suffix (what, ":encoder");
  if (*encoder_only)
    return g_strndup (what, strlen (what) - strlen (":encoder"));
  if (g_str_has_suffix (what, ":all"))
    return g_strndup (what, strlen (what) - strlen (":all"));
  return g_strdup (what);
}

static gboolean
fill_all (NfParams *params, NfSafetensors *file, gboolean encoder_only,
    NfWarmStart *start, GString *report, GError **error)
{
  Names other = { g_string_new (NULL), 0 },
        missing = { g_string_new (NULL), 0 };
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < nf_params_count (params); i++) {
    NfParam *param = nf_params_index (params, i);
    const NfSafetensorsEntry *entry = nf_safetensors_lookup (file, param->name);

    if (!wanted (param->name, encoder_only))
      continue;
    if (entry && same_shape (entry, param)) {
      ok = fill (entry, param, error);
      start->matched++;
      continue;
    }
    start->kept++;
    if (entry) {
      g_autofree gchar *want =
          nf_safetensors_shape_string (param->dims, param->rank);
      g_autofree gchar *got =
          nf_safetensors_shape_string (entry->shape, entry->rank);
      g_autofree gchar *note =
          g_strdup_printf (": expected %s, the file has %s", want, got);

      add_name (&other, param->name, note);
    } else {
      add_name (&missing, param->name, "");
    }
  }
  end_names (&other, "of another shape keep their random start", report);
  end_names (&missing, "that the file lacks keep their random start", report);
  return ok;
}

static void
report_left_over (NfParams *params, NfSafetensors *file, gboolean encoder_only,
    GString *report)
{
  Names names = { g_string_new (NULL), 0 };

  for (guint i = 0; i < nf_safetensors_count (file); i++) {
    const gchar *name = nf_safetensors_index (file, i)->name;

    if (wanted (name, encoder_only) && !nf_params_lookup (params, name))
      add_name (&names, name, "");
  }
  end_names (&names, "of the file have no place in this network", report);
}

gboolean
nf_warm_start (
    NfParams *params, const gchar *what, NfWarmStart *start, GError **error)
{
  gboolean encoder_only;
  g_autofree gchar *path = split_part (what, &encoder_only);
  g_autoptr (NfSafetensors) file = nf_safetensors_open (path, error);
  g_autoptr (GString) report = g_string_new (NULL);

  *start = (NfWarmStart){ 0 };
  if (!file || !fill_all (params, file, encoder_only, start, report, error))
    return FALSE;
  report_left_over (params, file, encoder_only, report);
  if (start->matched == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: no tensor has the name and shape of one of this network's%s; "
        "nextframe-train inspect shows what is in the file",
        path, encoder_only ? " encoder" : "");
    return FALSE;
  }
  g_string_prepend (report, "\n");
  g_string_prepend (report, path);
  start->report =
      g_strdup_printf ("%u tensors from %s", start->matched, report->str);
  return TRUE;
}

void
nf_warm_start_clear (NfWarmStart *start)
{
  g_clear_pointer (&start->report, g_free);
}
