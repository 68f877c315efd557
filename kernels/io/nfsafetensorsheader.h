/* SPDX-License-Identifier: MIT
 *
 * nfsafetensorsheader — what the header of a safetensors file says
 *
 * Private to nfsafetensors.c. The format: nfsafetensors.h */
#pragma once

#include <nextframe/io/nfsafetensorsvalues.h>

G_BEGIN_DECLS

/**
 * NfSafetensorsHeader:
 * @label: name of the file, for messages
 * @start: where in the file the tensors' data begins
 * @length: bytes of that data
 * @entries: the tensors, #NfSafetensorsEntry, in the header's order
 * @by_name: their names and the entries of @entries
 * @metadata_keys: keys of @metadata, in the header's order
 * @metadata: keys and values
 */
typedef struct
{
  gchar *label;
  gsize start;
  gsize length;
  GPtrArray *entries;
  GHashTable *by_name;
  GPtrArray *metadata_keys;
  GHashTable *metadata;
} NfSafetensorsHeader;

void nf_safetensors_header_init (
    NfSafetensorsHeader *header, const gchar *label);
void nf_safetensors_header_clear (NfSafetensorsHeader *header);
gboolean nf_safetensors_header_read (NfSafetensorsHeader *header,
    const guint8 *head, gsize head_size, gsize size, GError **error);
gsize nf_safetensors_header_size (
    const guint8 *head, gsize head_size, gsize size);

G_END_DECLS
