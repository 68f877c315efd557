/* SPDX-License-Identifier: MIT
 *
 * nfclipmask — the mask.npy of a clip
 *
 * Any array of whole numbers that fit a byte is taken. Sibling:
 * kernels/io/nfnpy.c, which reads the format. */
#include "io/nfclipmask.h"
#include "io/nfnpy.h"

static gboolean
check_shape (const NfClipInfo *info, const gchar *path,
    const NfNpyHeader *header, GError **error)
{
  g_autofree gchar *found = NULL;

  if (header->n_dims == 3 && header->shape[0] == info->n_frames
      && header->shape[1] == (guint64) info->height
      && header->shape[2] == (guint64) info->width)
    return TRUE;
  found = nf_npy_shape_string (header);
  g_set_error (error, NF_ERROR, NF_ERROR_SHAPE,
      "%s: expected shape (%u, %d, %d), a class for each pixel of the clip's "
      "%u frames, found %s; save the masks of these frames at their size",
      path, info->n_frames, info->height, info->width, info->n_frames, found);
  return FALSE;
}

/**
 * nf_mask_read:
 * @info: a clip with a mask.npy
 * @classes: (out caller-allocates) (nullable): (frames, rows, columns), or NULL
 *   to check the file's head and length alone
 * @error: return location; names the file, what was expected and found
 *
 * The file must hold a class for every pixel of every frame.
 */
gboolean
nf_mask_read (const NfClipInfo *info, guint8 *classes, GError **error)
{
  g_autofree gchar *path = g_build_filename (info->folder, "mask.npy", NULL);
  gsize n = (gsize) info->n_frames * info->width * info->height;
  g_autoptr (GBytes) data = NULL;
  NfNpyHeader header;

  data = nf_npy_load (path, &header, error);
  if (!data || !check_shape (info, path, &header, error))
    return FALSE;
  if (!classes)
    return TRUE;
  if (nf_npy_to_u8 (&header, g_bytes_get_data (data, NULL), classes, n, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}
