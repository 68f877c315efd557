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
 * @data: what stands behind the header
 * @length: bytes of it
 * @entries: the tensors, #NfSafetensorsEntry, in the header's order
 * @by_name: their names and the entries of @entries
 * @metadata_keys: keys of @metadata, in the header's order
 * @metadata: keys and values
 */
typedef struct
{
  gchar *label;
  const guint8 *data;
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
    const guint8 *start, gsize size, GError **error);

G_END_DECLS
