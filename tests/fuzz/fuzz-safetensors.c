/* SPDX-License-Identifier: MIT
 *
 * fuzz-safetensors — an entry point for fuzzing the safetensors reader
 *
 * LLVMFuzzerTestOneInput() reads a file from memory, all of its tensors and
 * metadata included. Built with -Dc_args=-DNF_FUZZ_ENGINE (and clang's
 * -fsanitize=fuzzer) an engine drives it; built as it is, it runs over the
 * files named on its command line. Refused files are no failure: only a crash
 * or a sanitizer's report is.
 * See: kernels/io/nfsafetensors.h */
#include <stdint.h>

#include "io/nfjson.h"
#include <nextframe/io/nfsafetensors.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

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

#ifndef NF_FUZZ_ENGINE
int
main (int argc, char **argv)
{
  for (gint i = 1; i < argc; i++) {
    g_autofree gchar *data = NULL;
    g_autoptr (GError) error = NULL;
    gsize size;

    if (!g_file_get_contents (argv[i], &data, &size, &error)) {
      g_printerr ("fuzz-safetensors: %s\n", error->message);
      return 1;
    }
    LLVMFuzzerTestOneInput ((const uint8_t *) data, size);
  }
  return 0;
}
#endif
