/* SPDX-License-Identifier: MIT
 *
 * fuzz-safetensors — a safetensors file in memory: its tensors and its metadata
 *
 * See: kernels/io/nfsafetensors.h */
#include "fuzz.h"

#include "io/nfjson.h"
#include <nextframe/io/nfsafetensors.h>

static void
read_entry (const NfSafetensorsEntry *entry)
{
  g_autofree gfloat *f = NULL;
  g_autofree gint64 *n = NULL;

  f = g_new (gfloat, entry->elements);
  n = g_new (gint64, entry->elements);
  nf_safetensors_read_f32 (entry, f, NULL);
  nf_safetensors_read_i64 (entry, n, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (NfSafetensors) file =
      nf_safetensors_open_bytes (bytes, "input", NULL);
  guint i;

  for (i = 0; file != NULL && i < nf_safetensors_count (file); i++)
    read_entry (nf_safetensors_index (file, i));
  for (i = 0; file != NULL && i < nf_safetensors_metadata_count (file); i++) {
    const gchar *key = nf_safetensors_metadata_key (file, i);
    g_autoptr (JsonNode) node =
        nf_json_parse (nf_safetensors_metadata (file, key), key, NULL);
  }
  return 0;
}
