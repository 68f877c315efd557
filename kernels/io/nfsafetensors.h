/* SPDX-License-Identifier: MIT
 *
 * nfsafetensors — safetensors files: reading by mapping, writing atomically
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

#include "io/nfsafetensorsvalues.h"

G_BEGIN_DECLS

typedef struct _NfSafetensors NfSafetensors;
typedef struct _NfSafetensorsWriter NfSafetensorsWriter;

NfSafetensors *nf_safetensors_open (const gchar *path, GError **error);
NfSafetensors *nf_safetensors_open_bytes (
    GBytes *bytes, const gchar *label, GError **error);
NfSafetensors *nf_safetensors_ref (NfSafetensors *file);
void nf_safetensors_unref (NfSafetensors *file);
const gchar *nf_safetensors_label (const NfSafetensors *file);

guint nf_safetensors_count (const NfSafetensors *file);
const NfSafetensorsEntry *nf_safetensors_index (
    const NfSafetensors *file, guint index);
const NfSafetensorsEntry *nf_safetensors_lookup (
    const NfSafetensors *file, const gchar *name);
guint nf_safetensors_metadata_count (const NfSafetensors *file);
const gchar *nf_safetensors_metadata_key (
    const NfSafetensors *file, guint index);
const gchar *nf_safetensors_metadata (
    const NfSafetensors *file, const gchar *key);

void nf_safetensors_forget (
    const NfSafetensors *file, const NfSafetensorsEntry *entry);

NfSafetensorsWriter *nf_safetensors_writer_new (void);
void nf_safetensors_writer_free (NfSafetensorsWriter *writer);
gboolean nf_safetensors_writer_add_metadata (NfSafetensorsWriter *writer,
    const gchar *key, const gchar *value, GError **error);
gboolean nf_safetensors_writer_add (NfSafetensorsWriter *writer,
    const gchar *name, NfSafetensorsDType dtype, guint rank,
    const gint64 *shape, GBytes *data, GError **error);
gboolean nf_safetensors_writer_save (
    NfSafetensorsWriter *writer, const gchar *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensors, nf_safetensors_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfSafetensorsWriter, nf_safetensors_writer_free)

G_END_DECLS
