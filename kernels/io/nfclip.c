/* SPDX-License-Identifier: MIT
 *
 * nfclip — the frames and masks of one clip, read from its folder */
#include "io/nfclip.h"
#include <nextframe/io/nfnpy.h>
#include "io/nfpng.h"

#include <string.h>

/**
 * nf_clip_name_number:
 * @name: of a file or folder
 * @prefix: what stands before the number
 * @suffix: what stands after it
 *
 * Returns: the number, written without needless zeros; -1 for other names
 */
gint64
nf_clip_name_number (
    const gchar *name, const gchar *prefix, const gchar *suffix)
{
  g_autofree gchar *again = NULL;
  gint64 number;

  if (!g_str_has_prefix (name, prefix))
    return -1;
  number = g_ascii_strtoll (name + strlen (prefix), NULL, 10);
  again = g_strdup_printf ("%s%" G_GINT64_FORMAT "%s", prefix, number, suffix);
  return g_str_equal (again, name) ? number : -1;
}

static gchar *
frame_path (const NfClipInfo *info, guint index)
{
  return g_strdup_printf ("%s/image_%u.png", info->folder, index);
}

/* Says which frame is the first that is not there; @other: (nullable): the name
 * of a picture that is there, and not a frame. */
static gboolean
fail_missing (
    const NfClipInfo *info, gint64 last, const gchar *other, GError **error)
{
  for (guint i = 0; i < last; i++) {
    g_autofree gchar *path = frame_path (info, i);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: missing, though the clip goes on to image_%" G_GINT64_FORMAT
        ".png; restore the frame, or remove the clip's folder",
        path, last);
    return FALSE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
      "%s: expected frames image_0.png, image_1.png, ..., found %s; %s",
      info->folder, other != NULL ? other : "none",
      other != NULL ? "rename the frames: their numbers begin at 0 and have no "
                      "zeros in front"
                    : "restore them, or remove the clip's folder");
  return FALSE;
}

static gboolean
count_frames (NfClipInfo *info, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (info->folder, 0, error);
  g_autofree gchar *other = NULL;
  const gchar *name;
  gint64 last = -1;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir))) {
    gint64 number = nf_clip_name_number (name, "image_", ".png");

    last = MAX (last, number);
    info->n_frames += number >= 0;
    if (number < 0 && other == NULL && g_str_has_suffix (name, ".png"))
      other = g_strdup (name);
    info->has_mask |= g_str_equal (name, "mask.npy");
  }
  if (info->n_frames == 0 || info->n_frames != last + 1)
    return fail_missing (info, last, other, error);
  return TRUE;
}

static gboolean
check_mask_shape (const NfClipInfo *info, const gchar *path,
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

/* mask.npy as @classes (nullable), (frames, rows, columns): any array of whole
 * numbers that fit a byte, with a class for every pixel of every frame. Without
 * @classes its head and length alone are looked at. */
static gboolean
read_mask (const NfClipInfo *info, guint8 *classes, GError **error)
{
  g_autofree gchar *path = g_build_filename (info->folder, "mask.npy", NULL);
  gsize n = (gsize) info->n_frames * info->width * info->height;
  g_autoptr (GBytes) data = NULL;
  NfNpyHeader header;

  if (!classes)
    return nf_npy_check (path, &header, error)
        && check_mask_shape (info, path, &header, error);
  data = nf_npy_load (path, &header, error);
  if (!data || !check_mask_shape (info, path, &header, error))
    return FALSE;
  if (nf_npy_to_u8 (&header, g_bytes_get_data (data, NULL), classes, n, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/**
 * nf_clip_is_bad:
 * @error: why a clip could not be read
 *
 * Returns: whether it is the clip's fault: its files are missing, damaged, or of
 *   another kind than is read. Where reading itself failed, or there was no
 *   memory or no free file, the same may happen to every clip, and another time
 *   this one may be readable.
 */
gboolean
nf_clip_is_bad (const GError *error)
{
  static const NfError codes[] = { NF_ERROR_FORMAT, NF_ERROR_NOT_FOUND,
    NF_ERROR_SHAPE, NF_ERROR_UNSUPPORTED };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, NF_ERROR, (gint) codes[i]))
      return TRUE;
  return g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
      || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR);
}

/**
 * nf_clip_info_new:
 * @folder: the clip's folder
 * @name: what messages call it
 * @masks: whether its mask is wanted: it must then be there and fit the frames
 * @error: return location
 *
 * Looks at the names in the folder, the size of the first frame and the head of
 * the mask.
 *
 * Returns: (transfer full) (nullable): what is known of the clip
 */
NfClipInfo *
nf_clip_info_new (
    const gchar *folder, const gchar *name, gboolean masks, GError **error)
{
  g_autoptr (NfClipInfo) info = g_new0 (NfClipInfo, 1);
  g_autofree gchar *first = NULL;

  info->folder = g_strdup (folder);
  info->name = g_strdup (name);
  if (!count_frames (info, error))
    return NULL;
  first = frame_path (info, 0);
  if (!nf_png_size (first, &info->width, &info->height, error))
    return NULL;
  if (masks && !info->has_mask) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s/mask.npy: missing, and clips with masks are needed: restore it, "
        "remove the clip's folder, or leave its split out (data.splits of a "
        "training, --splits of eval)",
        folder);
    return NULL;
  }
  if (masks && !read_mask (info, NULL, error))
    return NULL;
  return g_steal_pointer (&info);
}

void
nf_clip_info_free (NfClipInfo *info)
{
  if (!info)
    return;
  g_free (info->folder);
  g_free (info->name);
  g_free (info);
}

static gboolean
fail_memory (const NfClipInfo *info, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "%s: no memory for %u frames of %dx%d pixels; make the clip shorter, or "
      "its frames smaller",
      info->folder, info->n_frames, info->width, info->height);
  return FALSE;
}

/* Reads the mask; classes that there are not are background. */
static gboolean
load_masks (NfClip *clip, const NfClipInfo *info, guint classes, GError **error)
{
  gsize n = (gsize) clip->n_frames * clip->height * clip->width;

  clip->masks = g_try_malloc (n);
  if (!clip->masks)
    return fail_memory (info, error);
  if (!read_mask (info, clip->masks, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (clip->masks[i] >= classes)
      clip->masks[i] = 0;
  return TRUE;
}

/**
 * nf_clip_load:
 * @info: which clip
 * @masks: whether to read its mask, which must be there
 * @classes: mask values of so many and more become 0
 * @error: return location
 *
 * Returns: (transfer full) (nullable): its frames and masks
 */
NfClip *
nf_clip_load (
    const NfClipInfo *info, gboolean masks, guint classes, GError **error)
{
  g_autoptr (NfClip) clip = g_new0 (NfClip, 1);
  gsize bytes = (gsize) 3 * info->width * info->height;

  g_atomic_ref_count_init (&clip->refs);
  clip->n_frames = info->n_frames;
  clip->width = info->width;
  clip->height = info->height;
  clip->frames = g_try_malloc_n (info->n_frames, bytes);
  if (!clip->frames) {
    fail_memory (info, error);
    return NULL;
  }
  for (guint i = 0; i < info->n_frames; i++) {
    g_autofree gchar *path = frame_path (info, i);

    if (!nf_png_read_rgb (
            path, info->width, info->height, clip->frames + i * bytes, error))
      return NULL;
  }
  if (masks && !load_masks (clip, info, classes, error))
    return NULL;
  return g_steal_pointer (&clip);
}

/**
 * nf_clip_ref:
 * @clip: a clip
 *
 * Returns: (transfer full): @clip
 */
NfClip *
nf_clip_ref (NfClip *clip)
{
  g_atomic_ref_count_inc (&clip->refs);
  return clip;
}

/**
 * nf_clip_unref:
 * @clip: (transfer full) (nullable): a clip
 */
void
nf_clip_unref (NfClip *clip)
{
  if (!clip || !g_atomic_ref_count_dec (&clip->refs))
    return;
  g_free (clip->frames);
  g_free (clip->masks);
  g_free (clip);
}

/**
 * nf_clip_frame:
 * @clip: a clip
 * @index: below its number of frames
 *
 * Returns: (transfer none): (height, width, 3), red, green, blue
 */
const guint8 *
nf_clip_frame (const NfClip *clip, guint index)
{
  g_return_val_if_fail (index < clip->n_frames, NULL);
  return clip->frames + (gsize) 3 * clip->width * clip->height * index;
}

/**
 * nf_clip_mask:
 * @clip: a clip
 * @index: below its number of frames
 *
 * Returns: (transfer none) (nullable): (height, width), classes; NULL where
 *   masks were not read
 */
const guint8 *
nf_clip_mask (const NfClip *clip, guint index)
{
  g_return_val_if_fail (index < clip->n_frames, NULL);
  if (!clip->masks)
    return NULL;
  return clip->masks + (gsize) clip->width * clip->height * index;
}

/**
 * nf_clip_bytes:
 * @clip: a clip
 *
 * Returns: the memory of its pixels and masks
 */
gsize
nf_clip_bytes (const NfClip *clip)
{
  gsize pixels = (gsize) clip->n_frames * clip->width * clip->height;

  return pixels * (clip->masks ? 4 : 3);
}
