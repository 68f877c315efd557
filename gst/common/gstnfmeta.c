/* SPDX-License-Identifier: MIT
 *
 * gstnfmeta — custom metas of buffers */
#include "common/gstnfmeta.h"

void
gst_nf_meta_register (const gchar *name, const gchar **tags)
{
  static GMutex lock;

  g_mutex_lock (&lock);
  if (gst_meta_get_info (name) == NULL)
    gst_meta_register_custom (name, tags, NULL, NULL, NULL);
  g_mutex_unlock (&lock);
}

GstStructure *
gst_nf_meta_fields (GstBuffer *buffer, const gchar *name)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, name);

  return meta != NULL ? gst_custom_meta_get_structure (meta) : NULL;
}
