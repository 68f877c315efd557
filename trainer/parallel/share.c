/* SPDX-License-Identifier: MIT
 *
 * share — the part of a job that one of several programs does */
#include "parallel/share.h"

/**
 * nf_share_parse:
 * @text: "I/N": part I of N, the first one is 1
 * @share: (out): that part
 * @error: return location: %NF_ERROR_INVALID
 */
gboolean
nf_share_parse (const gchar *text, NfShare *share, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);
  guint64 index, count;

  if (g_strv_length (parts) == 2
      && g_ascii_string_to_unsigned (
          parts[1], 10, 1, NF_SHARE_MOST, &count, NULL)
      && g_ascii_string_to_unsigned (parts[0], 10, 1, count, &index, NULL)) {
    *share = (NfShare){ .index = (guint) index - 1, .count = (guint) count };
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--shard: expected I/N, part I of N with I from 1 to N, such as 1/4, got "
      "\"%s\"",
      text);
  return FALSE;
}

/**
 * nf_share_is_part:
 * @share: a part
 *
 * Returns: whether there are others
 */
gboolean
nf_share_is_part (const NfShare *share)
{
  return share->count > 1;
}

/**
 * nf_share_range:
 * @share: a part
 * @n: items of the whole job
 * @first: (out): the first item of the part
 * @end: (out): the one after its last item
 *
 * Parts follow one another, and differ by one item at most.
 */
void
nf_share_range (const NfShare *share, guint64 n, guint64 *first, guint64 *end)
{
  const guint64 count = MAX (share->count, 1);

  *first = n / count * share->index + MIN (n % count, share->index);
  *end = *first + n / count + (share->index < n % count);
}

/**
 * nf_share_folder:
 * @share: a part
 * @folder: of the whole job
 *
 * Returns: (transfer full): the folder that the part writes to
 */
gchar *
nf_share_folder (const NfShare *share, const gchar *folder)
{
  g_autofree gchar *name = g_strdup_printf (
      NF_SHARE_PREFIX "%u-of-%u", share->index + 1, share->count);

  return nf_share_is_part (share) ? g_build_filename (folder, name, NULL)
                                  : g_strdup (folder);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *) a, *(const gchar *const *) b);
}

/**
 * nf_share_folders:
 * @folder: of the whole job
 * @error: return location
 *
 * Returns: (transfer full) (nullable) (element-type filename): the folders of
 *   parts that are there, sorted by name; none where @folder is not there
 */
GPtrArray *
nf_share_folders (const gchar *folder, GError **error)
{
  const gboolean there = g_file_test (folder, G_FILE_TEST_EXISTS);
  g_autoptr (GDir) dir = there ? g_dir_open (folder, 0, error) : NULL;
  GPtrArray *folders;
  const gchar *name;

  if (there && !dir)
    return NULL;
  folders = g_ptr_array_new_with_free_func (g_free);
  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, NF_SHARE_PREFIX))
      g_ptr_array_add (folders, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (folders, compare_names);
  return folders;
}
