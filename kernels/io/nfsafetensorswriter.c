/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorswriter — writing safetensors files atomically
 *
 * Data is laid out by element size, largest first, behind a header padded with
 * spaces to a multiple of 8: every tensor is naturally aligned and none needs
 * filling. The file is written under a temporary name in the same folder,
 * fsynced and renamed, and the folder is fsynced: at any time the path holds
 * the whole old file or the whole new one.
 * Siblings: nfsafetensors.c */
#include <nextframe/io/nfsafetensors.h>

#include <string.h>

#include "io/nffile.h"
#include "io/nfjson.h"

#define ALIGNMENT 8

typedef struct
{
  gchar *name;
  NfSafetensorsDType dtype;
  guint rank;
  gint64 *shape;
  GBytes *data;
} Tensor;

typedef struct
{
  gchar *key;
  gchar *value;
} Fact;

struct _NfSafetensorsWriter
{
  GPtrArray *tensors;
  GHashTable *names; /* of tensors and of facts: both must be unique */
  GPtrArray *facts;
  GHashTable *keys;
};

static void
tensor_free (gpointer data)
{
  Tensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->shape);
  g_bytes_unref (tensor->data);
  g_free (tensor);
}

static void
fact_free (gpointer data)
{
  Fact *fact = data;

  g_free (fact->key);
  g_free (fact->value);
  g_free (fact);
}

NfSafetensorsWriter *
nf_safetensors_writer_new (void)
{
  NfSafetensorsWriter *writer = g_new0 (NfSafetensorsWriter, 1);

  writer->tensors = g_ptr_array_new_with_free_func (tensor_free);
  writer->names = g_hash_table_new (g_str_hash, g_str_equal);
  writer->facts = g_ptr_array_new_with_free_func (fact_free);
  writer->keys = g_hash_table_new (g_str_hash, g_str_equal);
  return writer;
}

void
nf_safetensors_writer_free (NfSafetensorsWriter *writer)
{
  g_return_if_fail (writer != NULL);
  g_hash_table_unref (writer->names);
  g_ptr_array_unref (writer->tensors);
  g_hash_table_unref (writer->keys);
  g_ptr_array_unref (writer->facts);
  g_free (writer);
}

/* @what is "tensor" or "metadata key", @taken the names that are in use */
static gboolean
check_name (
    const gchar *what, const gchar *name, GHashTable *taken, GError **error)
{
  if (!g_utf8_validate (name, -1, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: a name of %" G_GSIZE_FORMAT " bytes is not valid UTF-8", what,
        strlen (name));
    return FALSE;
  }
  if (g_hash_table_contains (taken, name)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s '%s' is added twice",
        what, name);
    return FALSE;
  }
  return TRUE;
}

gboolean
nf_safetensors_writer_add_metadata (NfSafetensorsWriter *writer,
    const gchar *key, const gchar *value, GError **error)
{
  Fact *fact;

  g_return_val_if_fail (writer != NULL && key != NULL && value != NULL, FALSE);

  if (!check_name ("metadata key", key, writer->keys, error))
    return FALSE;
  if (!g_utf8_validate (value, -1, NULL)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "metadata key '%s': its value is not valid UTF-8", key);
    return FALSE;
  }
  fact = g_new0 (Fact, 1);
  fact->key = g_strdup (key);
  fact->value = g_strdup (value);
  g_ptr_array_add (writer->facts, fact);
  g_hash_table_add (writer->keys, fact->key);
  return TRUE;
}

static gboolean
check_size (const gchar *name, NfSafetensorsDType dtype, guint rank,
    const gint64 *shape, gsize bytes, GError **error)
{
  g_autofree gchar *text = nf_safetensors_shape_string (shape, rank);
  gsize elements, expected;

  if (!nf_safetensors_measure (dtype, shape, rank, &elements, &expected)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "tensor '%s': %s of shape %s is too large, or its last byte is not "
        "whole",
        name, nf_safetensors_dtype_name (dtype), text);
    return FALSE;
  }
  if (bytes == expected)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "tensor '%s': %s of shape %s takes %" G_GSIZE_FORMAT
      " bytes, got %" G_GSIZE_FORMAT,
      name, nf_safetensors_dtype_name (dtype), text, expected, bytes);
  return FALSE;
}

gboolean
nf_safetensors_writer_add (NfSafetensorsWriter *writer, const gchar *name,
    NfSafetensorsDType dtype, guint rank, const gint64 *shape, GBytes *data,
    GError **error)
{
  Tensor *tensor;

  g_return_val_if_fail (writer != NULL && name != NULL && data != NULL, FALSE);
  g_return_val_if_fail (dtype < NF_SAFETENSORS_N_DTYPES, FALSE);

  if (g_str_equal (name, NF_SAFETENSORS_METADATA)) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "a tensor cannot have the name '%s'", name);
    return FALSE;
  }
  if (!check_name ("tensor", name, writer->names, error)
      || !check_size (name, dtype, rank, shape, g_bytes_get_size (data), error))
    return FALSE;
  tensor = g_new0 (Tensor, 1);
  tensor->name = g_strdup (name);
  tensor->dtype = dtype;
  tensor->rank = rank;
  tensor->shape = g_memdup2 (shape, rank * sizeof *shape);
  tensor->data = g_bytes_ref (data);
  g_ptr_array_add (writer->tensors, tensor);
  g_hash_table_add (writer->names, tensor->name);
  return TRUE;
}

/* The tensors by element size, largest first, else in the order they came */
static GPtrArray *
lay_out (const NfSafetensorsWriter *writer)
{
  static const guint sizes[] = { 64, 32, 16, 8, 6, 4 }; /* bits */
  GPtrArray *order = g_ptr_array_sized_new (writer->tensors->len);
  Tensor *tensor;

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
    for (guint i = 0; i < writer->tensors->len; i++) {
      tensor = g_ptr_array_index (writer->tensors, i);
      if (nf_safetensors_dtype_bits (tensor->dtype) == sizes[k])
        g_ptr_array_add (order, tensor);
    }
  return order;
}

static void
append_quoted (GString *header, const gchar *text)
{
  g_autofree gchar *quoted = nf_json_quote (text);

  g_string_append (header, quoted);
}

static void
append_metadata (GString *header, const GPtrArray *facts)
{
  const Fact *fact;

  append_quoted (header, NF_SAFETENSORS_METADATA);
  g_string_append (header, ":{");
  for (guint i = 0; i < facts->len; i++) {
    fact = g_ptr_array_index (facts, i);
    if (i > 0)
      g_string_append_c (header, ',');
    append_quoted (header, fact->key);
    g_string_append_c (header, ':');
    append_quoted (header, fact->value);
  }
  g_string_append_c (header, '}');
}

/* Appends a tensor whose data starts at @at, and moves @at behind it */
static gboolean
append_tensor (GString *header, const Tensor *tensor, gsize *at, GError **error)
{
  g_autofree gchar *shape =
      nf_safetensors_shape_string (tensor->shape, tensor->rank);
  gsize end;

  if (!g_size_checked_add (&end, *at, g_bytes_get_size (tensor->data))) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "tensor '%s': the file would be too large", tensor->name);
    return FALSE;
  }
  append_quoted (header, tensor->name);
  g_string_append_printf (header,
      ":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%" G_GSIZE_FORMAT
      ",%" G_GSIZE_FORMAT "]}",
      nf_safetensors_dtype_name (tensor->dtype), shape, *at, end);
  *at = end;
  return TRUE;
}

/* The length and the header of a file with the tensors in this @order */
static GBytes *
make_header (
    const NfSafetensorsWriter *writer, const GPtrArray *order, GError **error)
{
  g_autoptr (GString) header = g_string_new (NULL);
  guint64 length = 0;
  gsize at = 0;

  g_string_append_len (header, (const gchar *) &length, sizeof (length));
  g_string_append_c (header, '{');
  if (writer->facts->len > 0)
    append_metadata (header, writer->facts);
  for (guint i = 0; i < order->len; i++) {
    if (i > 0 || writer->facts->len > 0)
      g_string_append_c (header, ',');
    if (!append_tensor (header, g_ptr_array_index (order, i), &at, error))
      return NULL;
  }
  g_string_append_c (header, '}');
  while (header->len % ALIGNMENT != 0)
    g_string_append_c (header, ' ');
  if (header->len - sizeof (length) > NF_SAFETENSORS_MAX_HEADER) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "names and metadata take %" G_GSIZE_FORMAT " bytes, at most %d fit",
        header->len - sizeof (length), NF_SAFETENSORS_MAX_HEADER);
    return NULL;
  }
  length = GUINT64_TO_LE ((guint64) (header->len - sizeof (length)));
  memcpy (header->str, &length, sizeof (length));
  return g_string_free_to_bytes (g_steal_pointer (&header));
}

/* Writes everything there is to write. */
static gboolean
write_file (int fd, GBytes *header, const GPtrArray *order, const gchar *path,
    GError **error)
{
  const Tensor *tensor;
  gsize size;
  gconstpointer data = g_bytes_get_data (header, &size);

  if (!nf_file_write_bytes (fd, data, size, path, error))
    return FALSE;
  for (guint i = 0; i < order->len; i++) {
    tensor = g_ptr_array_index (order, i);
    data = g_bytes_get_data (tensor->data, &size);
    if (!nf_file_write_bytes (fd, data, size, path, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
nf_safetensors_writer_save (
    NfSafetensorsWriter *writer, const gchar *path, GError **error)
{
  g_autoptr (GPtrArray) order = NULL;
  g_autoptr (GBytes) header = NULL;
  g_autofree gchar *temporary = NULL;
  int fd;

  g_return_val_if_fail (writer != NULL && path != NULL, FALSE);

  order = lay_out (writer);
  header = make_header (writer, order, error);
  if (header == NULL)
    return FALSE;
  fd = nf_file_begin (path, &temporary, error);
  if (fd < 0)
    return FALSE;
  return nf_file_end (
      fd, write_file (fd, header, order, path, error), temporary, path, error);
}
