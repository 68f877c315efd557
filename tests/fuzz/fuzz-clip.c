/* SPDX-License-Identifier: MIT
 *
 * fuzz-clip — the folder of a clip: pictures (PNG) and their masks (mask.npy)
 *
 * The input is the number of the picture's bytes (two, little-endian), the
 * picture, and the mask. The clip has that picture twice.
 * See: kernels/io/nfclip.h, kernels/io/nfpng.h */
#include "fuzz.h"

#include "io/nfclip.h"

static void
read_clip (const gchar *folder, gboolean masks)
{
  g_autoptr (NfClipInfo) info = nf_clip_info_new (folder, "clip", masks, NULL);
  g_autoptr (NfClip) clip = NULL;

  if (info != NULL)
    clip = nf_clip_load (info, masks, 49, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t picture;

  if (size < 2)
    return 0;
  picture = MIN ((size_t) (data[0] | data[1] << 8), size - 2);
  data += 2;
  size -= 2;
  nf_fuzz_file ("image_0.png", data, picture);
  nf_fuzz_file ("image_1.png", data, picture);
  nf_fuzz_file ("mask.npy", data + picture, size - picture);
  read_clip (nf_fuzz_folder (), TRUE);
  read_clip (nf_fuzz_folder (), FALSE);

  return 0;
}
