/* SPDX-License-Identifier: MIT
 *
 * fuzz-npy — an array: its header as it arrives, and the whole file
 *
 * See: kernels/io/nfnpy.h */
#include "fuzz.h"

#include <nextframe/io/nfnpy.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gchar *path = nf_fuzz_file ("array.npy", data, size);
  g_autoptr (GBytes) elements = NULL;
  NfNpyHeader header;
  gsize wanted = 0;

  for (size_t some = 0; some < size; some += 1 + some / 2)
    nf_npy_parse_header (data, some, &header, &wanted, NULL);
  nf_npy_parse_header (data, size, &header, &wanted, NULL);
  nf_npy_check (path, &header, NULL);
  elements = nf_npy_load (path, &header, NULL);
  if (elements != NULL) {
    gsize bytes;
    const guint8 *from = g_bytes_get_data (elements, &bytes);
    gsize n = bytes / nf_npy_type_size (header.type);
    g_autofree guint8 *small = g_malloc (MAX (n, 1));
    g_autofree gchar *shape = nf_npy_shape_string (&header);

    nf_npy_to_u8 (&header, from, small, n, NULL);
  }

  return 0;
}
