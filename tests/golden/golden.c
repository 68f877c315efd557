/* SPDX-License-Identifier: MIT
 *
 * golden — the books of golden-check: files, items, verdicts
 *
 * An item passes if error <= limit, so NaN fails. What no check used or
 * compared is listed at the end as not checked. */
#include "golden.h"

#include <math.h>
#include <string.h>

#include "io/nfjson.h"

/* Opens the files that @text names, if they are there */
static void
open_others (Golden *golden, const gchar *text)
{
  g_autofree gchar *folder = g_path_get_dirname (golden->path);
  g_auto (GStrv) words = NULL;

  if (text == NULL)
    return;
  words = g_strsplit_set (text, " ,;:()'\"", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    const gboolean dot = g_str_has_suffix (words[i], ".");
    g_autofree gchar *file = g_strndup (words[i], strlen (words[i]) - dot);
    g_autofree gchar *name = g_path_get_basename (file);
    g_autofree gchar *path = g_build_filename (folder, name, NULL);
    NfSafetensors *other;

    if (!g_str_has_suffix (name, ".safetensors"))
      continue;
    other = nf_safetensors_open (path, NULL);
    if (other != NULL)
      g_ptr_array_add (golden->others, other);
  }
}

/**
 * golden_open:
 *
 * Opens a golden file, and those beside it whose inputs it shares.
 *
 * Returns: (transfer full) (nullable): the file, or %NULL with @error set
 */
Golden *
golden_open (const gchar *path, NfDevice *device, GError **error)
{
  g_autoptr (Golden) golden = g_new0 (Golden, 1);
  const gchar *config;

  golden->path = g_strdup (path);
  golden->device = nf_device_ref (device);
  golden->others =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_safetensors_unref);
  golden->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  golden->reasons =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  golden->file = nf_safetensors_open (path, error);
  if (golden->file == NULL)
    return NULL;
  config = golden_metadata (golden, "config");
  if (config != NULL) {
    golden->config = nf_json_parse_object (config, path, error);
    if (golden->config == NULL)
      return NULL;
  }
  open_others (golden, golden_metadata (golden, "inputs"));
  open_others (golden, golden_metadata (golden, "weights"));
  return g_steal_pointer (&golden);
}

void
golden_free (Golden *golden)
{
  g_clear_pointer (&golden->file, nf_safetensors_unref);
  g_clear_pointer (&golden->config, json_object_unref);
  g_ptr_array_unref (golden->others);
  g_hash_table_unref (golden->used);
  g_hash_table_unref (golden->reasons);
  nf_device_unref (golden->device);
  g_free (golden->path);
  g_free (golden);
}

/**
 * golden_finish:
 *
 * Lists what was not checked, and prints the summary.
 *
 * Returns: how many items failed
 */
guint
golden_finish (Golden *golden)
{
  const gchar *name, *reason;
  guint skipped = 0;

  for (guint i = 0; i < nf_safetensors_count (golden->file); i++) {
    name = nf_safetensors_index (golden->file, i)->name;
    if (g_hash_table_contains (golden->used, name))
      continue;
    reason = g_hash_table_lookup (golden->reasons, name);
    g_print ("  %-58s not checked%s%s%s\n", name, reason != NULL ? " (" : "",
        reason != NULL ? reason : "", reason != NULL ? ")" : "");
    skipped++;
  }
  g_print ("%s: %u ok, %u failed, %u not checked\n", golden->path,
      golden->passed, golden->failed, skipped);
  return golden->failed;
}

const gchar *
golden_metadata (const Golden *golden, const gchar *key)
{
  return nf_safetensors_metadata (golden->file, key);
}

/**
 * golden_number:
 *
 * Returns: a number of the configuration, or @fallback
 */
gdouble
golden_number (const Golden *golden, const gchar *key, gdouble fallback)
{
  if (golden->config == NULL || !json_object_has_member (golden->config, key))
    return fallback;
  return json_object_get_double_member (golden->config, key);
}

/**
 * golden_has:
 *
 * Returns: whether the file itself has a tensor of this name
 */
gboolean
golden_has (const Golden *golden, const gchar *name)
{
  return nf_safetensors_lookup (golden->file, name) != NULL;
}

/**
 * golden_lookup:
 *
 * Finds a tensor in the file, or else in those it shares inputs with, and
 * marks it as used.
 *
 * Returns: (transfer none) (nullable): the tensor
 */
const NfSafetensorsEntry *
golden_lookup (Golden *golden, const gchar *name)
{
  const NfSafetensorsEntry *entry = nf_safetensors_lookup (golden->file, name);

  if (entry != NULL)
    g_hash_table_add (golden->used, g_strdup (name));
  for (guint i = 0; entry == NULL && i < golden->others->len; i++)
    entry = nf_safetensors_lookup (g_ptr_array_index (golden->others, i), name);
  return entry;
}

/**
 * golden_floats:
 *
 * Returns: (transfer full) (nullable): the numbers of a tensor of any dtype
 */
gfloat *
golden_floats (Golden *golden, const gchar *name, gsize *n)
{
  const NfSafetensorsEntry *entry = golden_lookup (golden, name);
  g_autofree gint64 *integers = NULL;
  gfloat *data;

  if (entry == NULL)
    return NULL;
  *n = entry->elements;
  data = g_new (gfloat, entry->elements);
  if (nf_safetensors_read_f32 (entry, data, NULL))
    return data;
  integers = g_new (gint64, entry->elements);
  if (!nf_safetensors_read_i64 (entry, integers, NULL)) {
    g_free (data);
    return NULL;
  }
  for (gsize i = 0; i < entry->elements; i++)
    data[i] = (gfloat) integers[i];
  return data;
}

static const NfSafetensorsEntry *
require_entry (Golden *golden, const gchar *name, GError **error)
{
  const NfSafetensorsEntry *entry = golden_lookup (golden, name);

  if (entry == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "no tensor '%s' in the file, nor in one beside it that its metadata "
        "names",
        name);
  else if (entry->rank > 4)
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "tensor '%s' has %u dimensions, expected at most 4", name, entry->rank);
  else
    return entry;
  return NULL;
}

/**
 * golden_tensor:
 *
 * Returns: (transfer full) (nullable): a tensor (N, C, H, W) as f32, or %NULL
 *   with @error set
 */
NfTensor *
golden_tensor (Golden *golden, const gchar *name, GError **error)
{
  const NfSafetensorsEntry *entry = require_entry (golden, name, error);
  g_autofree gfloat *data = NULL;
  gint64 s[4] = { 1, 1, 1, 1 };
  gsize n;

  if (entry == NULL)
    return NULL;
  for (guint i = 0; i < entry->rank; i++)
    s[i] = entry->shape[i];
  data = golden_floats (golden, name, &n);
  return nf_tensor_new_from_nchw (
      golden->device, NF_F32, s[0], s[1], s[2], s[3], data, error);
}

/**
 * golden_labels:
 *
 * Returns: (transfer full) (nullable): integers [N] as (N, 1, 1, 1), or
 *   [N, H, W] as (N, 1, H, W), or %NULL with @error set
 */
NfTensor *
golden_labels (Golden *golden, const gchar *name, GError **error)
{
  const NfSafetensorsEntry *entry = require_entry (golden, name, error);
  g_autofree gint64 *data = NULL;

  if (entry == NULL)
    return NULL;
  if (entry->rank != 1 && entry->rank != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
        "tensor '%s' has %u dimensions, expected labels [N] or [N, H, W]", name,
        entry->rank);
    return NULL;
  }
  data = g_new (gint64, entry->elements);
  if (!nf_safetensors_read_i64 (entry, data, error))
    return NULL;
  return nf_tensor_new_from_nchw (golden->device, NF_I64, entry->shape[0], 1,
      entry->rank == 3 ? entry->shape[1] : 1,
      entry->rank == 3 ? entry->shape[2] : 1, data, error);
}

static const gchar *
metric_name (GoldenMetric metric)
{
  switch (metric) {
    case GOLDEN_ABS:
      return "abs";
    case GOLDEN_MAX:
      return "of max";
    case GOLDEN_L2:
      return "L2";
    default:
      return "relative";
  }
}

/* 0 / 0 is no error, anything else / 0 is infinite */
static gdouble
ratio (gdouble a, gdouble b)
{
  return a == 0.0 ? 0.0 : a / b;
}

static gdouble
measure (
    GoldenMetric metric, const gfloat *got, const gfloat *expected, gsize n)
{
  gdouble worst = 0, largest = 0, squares = 0, reference = 0, difference;

  for (gsize i = 0; i < n; i++) {
    difference = fabs ((gdouble) got[i] - (gdouble) expected[i]);
    if (isnan (difference))
      return NAN;
    squares += difference * difference;
    reference += (gdouble) expected[i] * (gdouble) expected[i];
    largest = MAX (largest, fabs ((gdouble) expected[i]));
    if (metric == GOLDEN_EACH)
      difference = ratio (difference, fabs ((gdouble) expected[i]));
    worst = MAX (worst, difference);
  }
  if (metric == GOLDEN_MAX)
    return ratio (worst, largest);
  if (metric == GOLDEN_L2)
    return ratio (sqrt (squares), sqrt (reference));
  return worst;
}

/**
 * golden_report:
 * @name: the item
 * @metric: what @error is relative to
 * @error: the largest error
 * @limit: the largest that is tolerated
 * @note: (nullable): more, such as where the error is
 *
 * Prints one line and counts the item.
 */
void
golden_report (Golden *golden, const gchar *name, const gchar *metric,
    gdouble error, gdouble limit, const gchar *note)
{
  gboolean good = error <= limit;

  if (!golden->quiet)
    g_print ("  %-58s %9.3g %-8s <= %-7g %s%s%s\n", name, error, metric, limit,
        good ? "ok" : "FAIL", note != NULL ? "  " : "",
        note != NULL ? note : "");
  if (good)
    golden->passed++;
  else
    golden->failed++;
}

/**
 * golden_compare:
 * @name: a tensor of the file
 * @got: (array length=n): our numbers, row-major
 * @n: how many
 * @tolerances: (array): ends with %GOLDEN_END; each makes an item
 *
 * Compares numbers with a tensor's.
 */
void
golden_compare (Golden *golden, const gchar *name, const gfloat *got, gsize n,
    const GoldenTolerance *tolerances)
{
  gsize expected_n = 0;
  g_autofree gfloat *expected = golden_floats (golden, name, &expected_n);
  g_autoptr (GError) error = NULL;

  if (expected == NULL || n != expected_n) {
    g_set_error (&error, NF_ERROR, NF_ERROR_SHAPE,
        "the file has %" G_GSIZE_FORMAT " numbers, computed %" G_GSIZE_FORMAT,
        expected_n, n);
    golden_fail (golden, name, error);
    return;
  }
  for (; tolerances->metric != GOLDEN_END; tolerances++)
    golden_report (golden, name, metric_name (tolerances->metric),
        measure (tolerances->metric, got, expected, n), tolerances->limit,
        NULL);
}

/**
 * golden_tensor_floats:
 * @tensor: (nullable): f32 or i64
 * @n: (out): its elements
 *
 * Returns: (transfer full) (nullable): its numbers, row-major; %NULL if there
 *   is no tensor, or its device fails
 */
gfloat *
golden_tensor_floats (const NfTensor *tensor, gsize *n)
{
  g_autofree gfloat *data = NULL;
  g_autofree gint64 *integers = NULL;

  *n = tensor != NULL ? nf_tensor_elements (tensor) : 0;
  if (tensor == NULL)
    return NULL;
  data = g_new (gfloat, *n);
  if (tensor->dtype != NF_I64)
    return nf_tensor_to_nchw (tensor, data, NULL) ? g_steal_pointer (&data)
                                                  : NULL;
  integers = g_new (gint64, *n);
  if (!nf_tensor_to_nchw (tensor, integers, NULL))
    return NULL;
  for (gsize i = 0; i < *n; i++)
    data[i] = (gfloat) integers[i];
  return g_steal_pointer (&data);
}

/**
 * golden_compare_tensor:
 *
 * golden_compare() for a tensor of ours.
 */
void
golden_compare_tensor (Golden *golden, const gchar *name, const NfTensor *got,
    const GoldenTolerance *tolerances)
{
  gsize n;
  g_autofree gfloat *data = golden_tensor_floats (got, &n);
  g_autoptr (GError) error = NULL;

  if (data != NULL) {
    golden_compare (golden, name, data, n, tolerances);
    return;
  }
  g_set_error (&error, NF_ERROR, NF_ERROR_FAILED, "nothing was computed");
  golden_fail (golden, name, error);
}

/**
 * golden_fail:
 *
 * Counts an item whose numbers could not be computed.
 */
void
golden_fail (Golden *golden, const gchar *name, const GError *error)
{
  golden_lookup (golden, name);
  if (!golden->quiet)
    g_print ("  %-58s FAIL: %s\n", name, error->message);
  golden->failed++;
}

/**
 * golden_skip:
 *
 * Notes why an item will not be checked.
 */
void
golden_skip (Golden *golden, const gchar *name, const gchar *reason)
{
  g_hash_table_insert (golden->reasons, g_strdup (name), g_strdup (reason));
}
