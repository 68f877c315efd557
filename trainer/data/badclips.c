/* SPDX-License-Identifier: MIT
 *
 * badclips — clips that cannot be read, and are left out */
#include "data/badclips.h"
#include "io/nffile.h"

#include <string.h>

struct _NfBadClips
{
  GMutex lock;
  GHashTable *seen; /* messages */
  GQueue untold; /* messages, the oldest first */
};

NfBadClips *
nf_bad_clips_new (void)
{
  NfBadClips *self = g_new0 (NfBadClips, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->untold);
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/**
 * nf_bad_clips_free:
 * @self: (transfer full) (nullable): messages
 */
void
nf_bad_clips_free (NfBadClips *self)
{
  if (!self)
    return;
  g_queue_clear_full (&self->untold, g_free);
  g_hash_table_unref (self->seen);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
nf_bad_clips_is (const GError *error)
{
  static const NfError codes[] = { NF_ERROR_FORMAT, NF_ERROR_IO,
    NF_ERROR_NOT_FOUND, NF_ERROR_SHAPE };

  if (error->domain == G_FILE_ERROR)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, NF_ERROR, (gint) codes[i]))
      return TRUE;
  return FALSE;
}

void
nf_bad_clips_add (NfBadClips *self, const gchar *message)
{
  g_mutex_lock (&self->lock);
  if (g_hash_table_add (self->seen, g_strdup (message)))
    g_queue_push_tail (&self->untold, g_strdup (message));
  g_mutex_unlock (&self->lock);
}

gchar *
nf_bad_clips_next (NfBadClips *self)
{
  gchar *message;

  g_mutex_lock (&self->lock);
  message = g_queue_pop_head (&self->untold);
  g_mutex_unlock (&self->lock);
  return message;
}

gboolean
nf_bad_clips_record (const gchar *folder, const gchar *message, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, NF_BAD_CLIPS_FILE, NULL);
  g_autofree gchar *old = NULL;
  g_autoptr (GBytes) content = NULL;
  g_auto (GStrv) lines = NULL;
  gchar *text;

  g_file_get_contents (path, &old, NULL, NULL);
  lines = g_strsplit (old ? old : "", "\n", -1);
  if (g_strv_contains ((const gchar *const *) lines, message))
    return TRUE;
  text = g_strconcat (old ? old : "", message, "\n", NULL);
  content = g_bytes_new_take (text, strlen (text));
  return nf_file_replace (path, content, error);
}
