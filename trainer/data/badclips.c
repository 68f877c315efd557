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

void
nf_bad_clips_add (NfBadClips *self, const gchar *message)
{
  g_mutex_lock (&self->lock);
  if (g_hash_table_add (self->seen, g_strdup (message)))
    g_queue_push_tail (&self->untold, g_strdup (message));
  g_mutex_unlock (&self->lock);
}

GPtrArray *
nf_bad_clips_take (NfBadClips *self)
{
  GPtrArray *messages = g_ptr_array_new_with_free_func (g_free);
  gchar *message;

  g_mutex_lock (&self->lock);
  while ((message = g_queue_pop_head (&self->untold)))
    g_ptr_array_add (messages, message);
  g_mutex_unlock (&self->lock);
  return messages;
}

/* (transfer full) (nullable): the list so far */
static gchar *
read_list (const gchar *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gchar *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &cause))
    return text;
  if (g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return g_strdup ("");
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "%s", cause->message);
  return NULL;
}

gboolean
nf_bad_clips_record (
    const gchar *folder, const GPtrArray *messages, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, NF_BAD_CLIPS_FILE, NULL);
  g_autofree gchar *old = NULL;
  g_autoptr (GBytes) content = NULL;
  g_auto (GStrv) lines = NULL;
  GString *text;

  if (messages->len == 0)
    return TRUE;
  old = read_list (path, error);
  if (!old)
    return FALSE;
  lines = g_strsplit (old, "\n", -1);
  text = g_string_new (old);
  for (guint i = 0; i < messages->len; i++)
    if (!g_strv_contains ((const gchar *const *) lines, messages->pdata[i]))
      g_string_append_printf (text, "%s\n", (const gchar *) messages->pdata[i]);
  content = g_string_free_to_bytes (text);
  return g_bytes_get_size (content) == strlen (old)
      || nf_file_replace (path, content, error);
}
