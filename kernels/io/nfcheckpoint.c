/* SPDX-License-Identifier: MIT
 *
 * nfcheckpoint — a network's weights and configuration in one file
 *
 * Loading is strict: every parameter of the network must be in the file, in
 * its shape, and nothing else, except buffers that follow from the
 * configuration. All of it is checked before the first parameter changes.
 * Siblings: nfsafetensors.c, nfjson.c */
#include <nextframe/io/nfcheckpoint.h>

#include <math.h>
#include <string.h>

#include "core/tensor/nfhostroom.h"
#include "io/nfjson.h"
#include "io/nfweightsource.h"

#define PREFIX "nextframe."
/* names of each kind that an error message lists */
#define MAX_LISTED 5
/* rows or columns of a frame */
#define MAX_SIDE 32767
/* elements that are checked at once */
#define CHUNK 16384

struct _NfCheckpoint
{
  gatomicrefcount refs;
  NfSafetensors *file;
  const gchar *arch; /* in @file */
  JsonObject *config;
};

static const gchar *
require_metadata (const NfSafetensors *file, const gchar *key, GError **error)
{
  const gchar *value = nf_safetensors_metadata (file, key);

  if (value == NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: no '%s' in its metadata, though '" PREFIX "version' is there; "
        "the file is damaged, copy it again or build one with nextframe-train",
        nf_safetensors_label (file), key);
  return value;
}

/* what is said of a file of tensors that is no checkpoint */
static void
refuse_other_tensors (const NfSafetensors *file, GError **error)
{
  const gchar *label = nf_safetensors_label (file);

  if (nf_safetensors_metadata (file, PREFIX "state") != NULL)
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: is the state of a training, not a checkpoint; give one of the "
        "checkpoints that the training wrote beside it, such as "
        "final.safetensors",
        label);
  else
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: a safetensors file of %u tensors, but no '" PREFIX
        "version' in its metadata, so nothing says which network they are of; "
        "build a checkpoint with nextframe-train, or add the metadata that "
        "kernels/io/nfcheckpoint.h describes",
        label, nf_safetensors_count (file));
}

static gboolean
check_version (const NfSafetensors *file, GError **error)
{
  const gchar *text = nf_safetensors_metadata (file, PREFIX "version");
  guint64 version;

  if (text == NULL) {
    refuse_other_tensors (file, error);
    return FALSE;
  }
  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT64, &version, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: " PREFIX "version is '%s', expected a number from 1",
        nf_safetensors_label (file), text);
    return FALSE;
  }
  if (version > NF_CHECKPOINT_VERSION) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: checkpoint format %" G_GUINT64_FORMAT
        " is newer than this program, which reads up to %d; update "
        "gst-nextframe",
        nf_safetensors_label (file), version, NF_CHECKPOINT_VERSION);
    return FALSE;
  }
  return TRUE;
}

NfCheckpoint *
nf_checkpoint_open (const gchar *path, GError **error)
{
  g_autoptr (NfCheckpoint) self = NULL;
  g_autofree gchar *what = NULL;
  const gchar *config;
  NfSafetensors *file;

  g_return_val_if_fail (path != NULL, NULL);

  file = nf_safetensors_open (path, error);
  if (file == NULL)
    return NULL;
  self = g_new0 (NfCheckpoint, 1);
  g_atomic_ref_count_init (&self->refs);
  self->file = file;
  if (!check_version (file, error))
    return NULL;
  self->arch = require_metadata (file, PREFIX "arch", error);
  if (self->arch == NULL)
    return NULL;
  config = require_metadata (file, PREFIX "config", error);
  if (config == NULL)
    return NULL;
  what = g_strconcat (path, ": " PREFIX "config", NULL);
  self->config = nf_json_parse_object (config, what, error);
  if (self->config == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

NfCheckpoint *
nf_checkpoint_ref (NfCheckpoint *checkpoint)
{
  g_return_val_if_fail (checkpoint != NULL, NULL);
  g_atomic_ref_count_inc (&checkpoint->refs);
  return checkpoint;
}

void
nf_checkpoint_unref (NfCheckpoint *checkpoint)
{
  g_return_if_fail (checkpoint != NULL);
  if (!g_atomic_ref_count_dec (&checkpoint->refs))
    return;
  g_clear_pointer (&checkpoint->config, json_object_unref);
  nf_safetensors_unref (checkpoint->file);
  g_free (checkpoint);
}

const gchar *
nf_checkpoint_label (const NfCheckpoint *checkpoint)
{
  return nf_safetensors_label (checkpoint->file);
}

const gchar *
nf_checkpoint_arch (const NfCheckpoint *checkpoint)
{
  return checkpoint->arch;
}

JsonObject *
nf_checkpoint_config (const NfCheckpoint *checkpoint)
{
  return checkpoint->config;
}

const gchar *
nf_checkpoint_fact (const NfCheckpoint *checkpoint, const gchar *name)
{
  g_autofree gchar *key = g_strconcat (PREFIX, name, NULL);

  return nf_safetensors_metadata (checkpoint->file, key);
}

/* a side of frames; 0 where there is none */
static gboolean
read_side (const NfCheckpoint *checkpoint, const gchar *name, guint *side,
    GError **error)
{
  const gchar *text = nf_checkpoint_fact (checkpoint, name);
  guint64 value = 0;

  if (text != NULL
      && !g_ascii_string_to_unsigned (text, 10, 1, MAX_SIDE, &value, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: " PREFIX "%s is '%s', expected a number from 1 to %d",
        nf_safetensors_label (checkpoint->file), name, text, MAX_SIDE);
    return FALSE;
  }
  *side = (guint) value;

  return TRUE;
}

gboolean
nf_checkpoint_trained_size (
    const NfCheckpoint *checkpoint, guint *height, guint *width, GError **error)
{
  guint rows, columns;

  if (!read_side (checkpoint, NF_CHECKPOINT_HEIGHT, &rows, error)
      || !read_side (checkpoint, NF_CHECKPOINT_WIDTH, &columns, error))
    return FALSE;
  *height = columns > 0 ? rows : 0;
  *width = rows > 0 ? columns : 0;

  return TRUE;
}

/* Buffers that PyTorch diffusion checkpoints carry beside the parameters; the
 * configuration gives their values */
static gboolean
is_buffer (const gchar *name)
{
  static const gchar *const names[] = { "betas", "alphas", "alphas_prev",
    "unet.sigmas", NULL };

  return g_strv_contains (names, name);
}

/* What does not fit: lists of (owned) texts for the error message */
typedef struct
{
  GPtrArray *missing;
  GPtrArray *unexpected;
  GPtrArray *wrong;
} Misfits;

static void
append_list (GString *text, const gchar *title, const GPtrArray *list)
{
  if (list->len == 0)
    return;
  g_string_append_printf (text, "; %u %s: ", list->len, title);
  for (guint i = 0; i < MIN (list->len, MAX_LISTED); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "",
        (const gchar *) g_ptr_array_index (list, i));
  if (list->len > MAX_LISTED)
    g_string_append (text, ", ...");
}

/* Types that nf_safetensors_read_f32() reads. */
static gboolean
is_float (NfSafetensorsDType dtype)
{
  return dtype <= NF_SAFETENSORS_BF16;
}

/* How many batches a norm has seen, which nothing here reads: a file may leave
 * it out, and have it as any kind of number. */
static gboolean
is_counter (const NfParam *param)
{
  return param->value->dtype == NF_I64 && param->value->bytes == sizeof (gint64)
      && g_str_has_suffix (param->name, ".num_batches_tracked");
}

/* NULL if @entry has the shape and kind of number of @param */
static gchar *
describe_mismatch (const NfSafetensorsEntry *entry, const NfParam *param)
{
  gboolean integer = param->value->dtype == NF_I64;
  gboolean same =
      entry->rank == param->rank && is_float (entry->dtype) == !integer;
  g_autofree gchar *file = NULL;
  g_autofree gchar *network = NULL;

  for (guint i = 0; same && i < param->rank; i++)
    same = entry->shape[i] == param->dims[i];
  if (same || (is_counter (param) && entry->elements == 1))
    return NULL;
  file = nf_safetensors_shape_string (entry->shape, entry->rank);
  network = nf_safetensors_shape_string (param->dims, param->rank);
  return g_strdup_printf ("%s (file %s %s, network %s %s)", param->name,
      nf_safetensors_dtype_name (entry->dtype), file,
      integer ? "I64" : "floating point", network);
}

/* Finds each parameter's tensor: @found maps NfParam to NfSafetensorsEntry */
static void
match_entries (const NfSafetensors *file, NfParams *params, GHashTable *found,
    Misfits *misfits)
{
  const NfSafetensorsEntry *entry;
  NfParam *param;
  const gchar *name;
  gchar *mismatch;
  guint i;

  for (i = 0; i < nf_safetensors_count (file); i++) {
    entry = nf_safetensors_index (file, i);
    name = entry->name;
    if (g_str_has_prefix (name, "module."))
      name += strlen ("module.");
    param = nf_params_lookup (params, name);
    if (param == NULL && is_buffer (name))
      continue;
    if (param == NULL || g_hash_table_contains (found, param)) {
      g_ptr_array_add (misfits->unexpected, g_strdup (entry->name));
      continue;
    }
    g_hash_table_insert (found, param, (gpointer) entry);
    mismatch = describe_mismatch (entry, param);
    if (mismatch != NULL)
      g_ptr_array_add (misfits->wrong, mismatch);
  }
  for (i = 0; i < nf_params_count (params); i++) {
    param = nf_params_index (params, i);
    if (!g_hash_table_contains (found, param) && !is_counter (param))
      g_ptr_array_add (misfits->missing, g_strdup (param->name));
  }
}

static GHashTable *
find_entries (const NfSafetensors *file, NfParams *params, GError **error)
{
  g_autoptr (GHashTable) found = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) unexpected = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) wrong = g_ptr_array_new_with_free_func (g_free);
  Misfits misfits = {
    .missing = missing, .unexpected = unexpected, .wrong = wrong
  };
  g_autoptr (GString) text = NULL;

  match_entries (file, params, found, &misfits);
  if (missing->len + unexpected->len + wrong->len == 0)
    return g_steal_pointer (&found);
  text = g_string_new (nf_safetensors_label (file));
  g_string_append (text,
      ": the weights are of another network than the "
      "configuration says");
  append_list (text, "missing", missing);
  append_list (text, "unexpected", unexpected);
  append_list (text, "of wrong shape", wrong);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_FORMAT, text->str);
  return NULL;
}

static gboolean
all_finite (const gfloat *data, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (data[i]))
      return FALSE;
  return TRUE;
}

static gboolean
none_negative (const gfloat *data, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!(data[i] >= 0))
      return FALSE;
  return TRUE;
}

/* FALSE with @error set where an element of @entry is not finite, or a variance
 * is negative */
static gboolean
check_values (
    const NfSafetensors *file, const NfSafetensorsEntry *entry, GError **error)
{
  const gboolean variance = g_str_has_suffix (entry->name, ".running_var");
  gfloat numbers[CHUNK];
  gboolean finite = TRUE, good = TRUE;

  if (!is_float (entry->dtype))
    return TRUE;
  for (gsize i = 0; finite && good && i < entry->elements; i += CHUNK) {
    NfSafetensorsEntry part =
        nf_safetensors_part (entry, i, MIN (CHUNK, entry->elements - i));

    if (!nf_safetensors_read_f32 (&part, numbers, error))
      return FALSE;
    finite = all_finite (numbers, part.elements);
    good = !variance || none_negative (numbers, part.elements);
  }
  if (finite && good)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: tensor '%s' holds %s; the training diverged or the file is damaged, "
      "use an earlier checkpoint",
      nf_safetensors_label (file), entry->name,
      finite ? "a negative variance" : "NaN or infinite numbers");
  return FALSE;
}

/* Any kind of number as a counter; what is no whole number that fits is 0. */
static gboolean
load_counter (
    const NfSafetensorsEntry *entry, const NfParam *param, GError **error)
{
  gint64 count = 0;
  gfloat number;

  if (!is_float (entry->dtype)) {
    if (!nf_safetensors_read_i64 (entry, &count, NULL))
      count = 0;
  } else {
    if (!nf_safetensors_read_f32 (entry, &number, error))
      return FALSE;
    count = number >= 0 && number < 9e18f ? (gint64) number : 0;
  }
  return nf_tensor_set_nchw (param->value, &count, error);
}

/* Vectors and counters are copied; for the rest, the file stays open. */
static gboolean
load_entry (NfSafetensors *file, const NfSafetensorsEntry *entry,
    const NfParam *param, GError **error)
{
  g_autofree gint64 *scratch = NULL;

  if (param->rank >= 2) {
    nf_tensor_set_source (
        param->value, nf_weight_source_new (file, entry, param->value));
    return TRUE;
  }
  if (is_counter (param))
    return load_counter (entry, param, error);
  scratch = g_try_new (gint64, MAX (entry->elements, 1));
  if (scratch == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for tensor '%s' of %" G_GSIZE_FORMAT " numbers",
        nf_safetensors_label (file), entry->name, entry->elements);
    return FALSE;
  }
  return (is_float (entry->dtype)
                 ? nf_safetensors_read_f32 (entry, (gfloat *) scratch, error)
                 : nf_safetensors_read_i64 (entry, scratch, error))
      && nf_tensor_set_nchw (param->value, scratch, error);
}

gboolean
nf_checkpoint_load_file (NfSafetensors *file, NfParams *params, GError **error)
{
  g_autoptr (GHashTable) found = NULL;
  const NfSafetensorsEntry *entry;
  NfParam *param;
  guint i;

  g_return_val_if_fail (file != NULL && params != NULL, FALSE);

  found = find_entries (file, params, error);
  if (found == NULL)
    return FALSE;
  for (i = 0; i < nf_params_count (params); i++) {
    entry = g_hash_table_lookup (found, nf_params_index (params, i));
    if (entry && !check_values (file, entry, error))
      return FALSE;
  }
  for (i = 0; i < nf_params_count (params); i++) {
    param = nf_params_index (params, i);
    entry = g_hash_table_lookup (found, param);
    if (entry && !load_entry (file, entry, param, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
nf_checkpoint_load_params (
    const NfCheckpoint *checkpoint, NfParams *params, GError **error)
{
  return nf_checkpoint_load_file (checkpoint->file, params, error);
}

static GBytes *
pack_f32 (const gfloat *data, gsize n, GError **error)
{
  guint32 *packed = nf_host_room (n * sizeof *packed, error);

  if (packed == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++) {
    memcpy (&packed[i], &data[i], sizeof (packed[i]));
    packed[i] = GUINT32_TO_LE (packed[i]);
  }
  return g_bytes_new_take (packed, n * sizeof (*packed));
}

static GBytes *
pack_bf16 (const gfloat *data, gsize n, GError **error)
{
  guint16 *packed = nf_host_room (n * sizeof *packed, error);

  if (packed == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++)
    packed[i] = GUINT16_TO_LE (nf_bf16_from_f32 (data[i]));
  return g_bytes_new_take (packed, n * sizeof (*packed));
}

static GBytes *
pack_i64 (const gint64 *data, gsize n, GError **error)
{
  gint64 *packed = nf_host_room (n * sizeof *packed, error);

  if (packed == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++)
    packed[i] = GINT64_TO_LE (data[i]);
  return g_bytes_new_take (packed, n * sizeof (*packed));
}

static gboolean
add_param (NfSafetensorsWriter *writer, const NfParam *param,
    NfSafetensorsDType store, gboolean use_ema, GError **error)
{
  const NfTensor *tensor =
      use_ema && param->ema != NULL ? param->ema : param->value;
  gsize n = nf_tensor_elements (tensor);
  g_autofree gint64 *data = nf_host_room (n * sizeof *data, error);
  g_autoptr (GBytes) packed = NULL;

  if (data == NULL || !nf_tensor_to_nchw (tensor, data, error))
    return FALSE;
  if (tensor->dtype == NF_I64) {
    store = NF_SAFETENSORS_I64;
    packed = pack_i64 (data, n, error);
  } else if (!all_finite ((gfloat *) data, n)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "parameter '%s' holds NaN or infinite numbers, so no checkpoint is "
        "written; the training has diverged, try a lower learning rate",
        param->name);
    return FALSE;
  } else if (store == NF_SAFETENSORS_BF16 && param->rank >= 2) {
    packed = pack_bf16 ((gfloat *) data, n, error);
  } else {
    store = NF_SAFETENSORS_F32;
    packed = pack_f32 ((gfloat *) data, n, error);
  }
  return packed != NULL
      && nf_safetensors_writer_add (
          writer, param->name, store, param->rank, param->dims, packed, error);
}

static gboolean
add_facts (NfSafetensorsWriter *writer, GHashTable *facts, GError **error)
{
  g_autoptr (GList) names =
      g_list_sort (g_hash_table_get_keys (facts), (GCompareFunc) strcmp);
  g_autofree gchar *key = NULL;

  for (GList *l = names; l != NULL; l = l->next) {
    g_clear_pointer (&key, g_free);
    key = g_strconcat (PREFIX, (const gchar *) l->data, NULL);
    if (!nf_safetensors_writer_add_metadata (
            writer, key, g_hash_table_lookup (facts, l->data), error))
      return FALSE;
  }
  return TRUE;
}

gboolean
nf_checkpoint_save (const gchar *path, const gchar *arch, JsonObject *config,
    GHashTable *facts, NfParams *params, NfSafetensorsDType store,
    gboolean use_ema, GError **error)
{
  g_autoptr (NfSafetensorsWriter) writer = NULL;
  g_autofree gchar *version = NULL;
  g_autofree gchar *text = NULL;

  g_return_val_if_fail (path != NULL && arch != NULL, FALSE);
  g_return_val_if_fail (config != NULL && params != NULL, FALSE);
  g_return_val_if_fail (
      store == NF_SAFETENSORS_F32 || store == NF_SAFETENSORS_BF16, FALSE);

  writer = nf_safetensors_writer_new ();
  version = g_strdup_printf ("%d", NF_CHECKPOINT_VERSION);
  text = nf_json_object_to_string (config);
  if (!nf_safetensors_writer_add_metadata (
          writer, PREFIX "version", version, error)
      || !nf_safetensors_writer_add_metadata (
          writer, PREFIX "arch", arch, error)
      || !nf_safetensors_writer_add_metadata (
          writer, PREFIX "config", text, error)
      || (facts != NULL && !add_facts (writer, facts, error)))
    return FALSE;
  for (guint i = 0; i < nf_params_count (params); i++)
    if (!add_param (writer, nf_params_index (params, i), store, use_ema, error))
      return FALSE;
  return nf_safetensors_writer_save (writer, path, error);
}
