/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — safetensors files: reading in pieces, writing atomically
 *
 * A file is: the header's length (u64, little-endian), a header in JSON, data.
 * The header maps each tensor's name to {"dtype", "shape", "data_offsets"}
 * (first byte, and first byte after it, counted from the header's end) and
 * "__metadata__" to an object of strings. Shapes are in PyTorch's order,
 * elements little-endian and row-major.
 * nfsafetensors.c reads (nfsafetensorsheader.c what a file holds),
 * nfsafetensorswriter.c writes. Siblings: nfsafetensorsvalues.h (the elements),
 * nfcheckpoint.h */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/io/nfsafetensorsvalues.h>

G_BEGIN_DECLS

typedef struct _NfSafetensors NfSafetensors;
typedef struct _NfSafetensorsWriter NfSafetensorsWriter;

/**
 * nf_safetensors_open:
 * @path: a file
 * @error: return location
 *
 * Opens a file and checks everything but the elements, which are read when they
 * are asked for. Until then the file must stay as it is: reading from one that was
 * written into is an error. To replace it by another one of its name is no harm.
 *
 * Returns: (transfer full): the file; %NULL and %NF_ERROR_NOT_FOUND if there
 *   is none, %NF_ERROR_IO if it cannot be read or is being written,
 *   %NF_ERROR_FORMAT if it is not well-formed, %NF_ERROR_NO_MEMORY
 */
NF_API NfSafetensors *nf_safetensors_open (const gchar *path, GError **error);

/**
 * nf_safetensors_open_bytes:
 * @bytes: a whole file; a reference is kept
 * @label: name of the file for error messages
 * @error: return location
 *
 * Checks a file that is already in memory.
 *
 * Returns: (transfer full): the file; %NULL and %NF_ERROR_FORMAT if it is not
 *   well-formed
 */
NF_API NfSafetensors *nf_safetensors_open_bytes (
    GBytes *bytes, const gchar *label, GError **error);

/**
 * nf_safetensors_ref:
 * @file: a file
 *
 * Returns: (transfer full): @file
 */
NF_API NfSafetensors *nf_safetensors_ref (NfSafetensors *file);

/**
 * nf_safetensors_unref:
 * @file: (transfer full): a file
 *
 * Gives a reference back; the last one closes the file.
 */
NF_API void nf_safetensors_unref (NfSafetensors *file);

/**
 * nf_safetensors_label:
 * @file: a file
 *
 * Returns: (transfer none): its path, or the label that
 *   nf_safetensors_open_bytes() got
 */
NF_API const gchar *nf_safetensors_label (const NfSafetensors *file);

/**
 * nf_safetensors_count:
 * @file: a file
 *
 * Returns: how many tensors it has
 */
NF_API guint nf_safetensors_count (const NfSafetensors *file);

/**
 * nf_safetensors_index:
 * @file: a file
 * @index: below nf_safetensors_count()
 *
 * Returns: (transfer none): the tensor at this place of the header
 */
NF_API const NfSafetensorsEntry *nf_safetensors_index (
    const NfSafetensors *file, guint index);

/**
 * nf_safetensors_lookup:
 * @file: a file
 * @name: a tensor's name
 *
 * Returns: (transfer none) (nullable): the tensor, %NULL if there is none
 */
NF_API const NfSafetensorsEntry *nf_safetensors_lookup (
    const NfSafetensors *file, const gchar *name);

/**
 * nf_safetensors_metadata_count:
 * @file: a file
 *
 * Returns: how many strings its metadata has
 */
NF_API guint nf_safetensors_metadata_count (const NfSafetensors *file);

/**
 * nf_safetensors_metadata_key:
 * @file: a file
 * @index: below nf_safetensors_metadata_count()
 *
 * Returns: (transfer none): the key at this place of the metadata
 */
NF_API const gchar *nf_safetensors_metadata_key (
    const NfSafetensors *file, guint index);

/**
 * nf_safetensors_metadata:
 * @file: a file
 * @key: a key of the metadata
 *
 * Returns: (transfer none) (nullable): its value, %NULL if there is none
 */
NF_API const gchar *nf_safetensors_metadata (
    const NfSafetensors *file, const gchar *key);

/**
 * nf_safetensors_writer_new:
 *
 * Returns: (transfer full): a writer with nothing to write yet
 */
NF_API NfSafetensorsWriter *nf_safetensors_writer_new (void);

/**
 * nf_safetensors_writer_free:
 * @writer: (transfer full): a writer
 *
 * Gives back what it holds.
 */
NF_API void nf_safetensors_writer_free (NfSafetensorsWriter *writer);

/**
 * nf_safetensors_writer_add_metadata:
 * @writer: a writer
 * @key: UTF-8
 * @value: UTF-8
 * @error: return location
 *
 * Adds a string to the metadata. Keys are written in the order they came.
 *
 * Returns: %FALSE and %NF_ERROR_INVALID if @key is taken, or either string is
 *   not as above
 */
NF_API gboolean nf_safetensors_writer_add_metadata (NfSafetensorsWriter *writer,
    const gchar *key, const gchar *value, GError **error);

/**
 * nf_safetensors_writer_add:
 * @writer: a writer
 * @name: UTF-8
 * @dtype: element type
 * @rank: dimensions, 0 for a scalar
 * @shape: (array length=rank): sizes in PyTorch's order, each at least 0
 * @data: the elements, row-major and little-endian. A reference is kept until
 *   the writer is freed, so g_bytes_new() copies, g_bytes_new_take() gives,
 *   and g_bytes_new_static() lends memory that outlives the writer
 * @error: return location
 *
 * Adds a tensor.
 *
 * Returns: %FALSE and %NF_ERROR_INVALID if @name is taken, is
 *   %NF_SAFETENSORS_METADATA or not as above, or @data is not as large as
 *   @dtype and @shape say
 */
NF_API gboolean nf_safetensors_writer_add (NfSafetensorsWriter *writer,
    const gchar *name, NfSafetensorsDType dtype, guint rank,
    const gint64 *shape, GBytes *data, GError **error);

/**
 * nf_safetensors_writer_save:
 * @writer: a writer
 * @path: the file to make or replace; its folder must exist
 * @error: return location
 *
 * Writes the file. Until it is complete and on the disk, what was at @path
 * stays there; on an error it stays for good and nothing else is left behind.
 *
 * Returns: %FALSE and %NF_ERROR_IO if it cannot be written, %NF_ERROR_INVALID
 *   if names and metadata exceed %NF_SAFETENSORS_MAX_HEADER
 */
NF_API gboolean nf_safetensors_writer_save (
    NfSafetensorsWriter *writer, const gchar *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensors, nf_safetensors_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensorsWriter, nf_safetensors_writer_free)

G_END_DECLS
