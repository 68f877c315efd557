/* SPDX-License-Identifier: MIT
 *
 * gstnfclasses — which classes may be in a frame, as a meta of its buffer */
#include "common/gstnfclasses.h"

#define FIELD "classes"

static void
register_meta (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (!g_once_init_enter (&registered))
    return;
  if (gst_meta_get_info (GST_NF_CLASSES_META) == NULL)
    gst_meta_register_custom (GST_NF_CLASSES_META, tags, NULL, NULL, NULL);
  g_once_init_leave (&registered, 1);
}

/**
 * gst_nf_classes_attach:
 * @buffer: writable
 * @classes: a bit for each class that may be in it, class 1 being bit 1; 0:
 *   nothing is known, and nothing is attached
 */
void
gst_nf_classes_attach (GstBuffer *buffer, guint64 classes)
{
  GstCustomMeta *meta;

  if (classes == 0)
    return;
  register_meta ();
  meta = gst_buffer_add_custom_meta (buffer, GST_NF_CLASSES_META);
  gst_structure_set (gst_custom_meta_get_structure (meta), FIELD, G_TYPE_UINT64,
      classes, NULL);
}

/**
 * gst_nf_classes_of:
 * @buffer: any buffer
 *
 * Returns: a bit for each class that may be in it; 0: nothing is known
 */
guint64
gst_nf_classes_of (GstBuffer *buffer)
{
  GstCustomMeta *meta;
  guint64 classes = 0;

  register_meta ();
  meta = gst_buffer_get_custom_meta (buffer, GST_NF_CLASSES_META);
  if (meta != NULL)
    gst_structure_get_uint64 (
        gst_custom_meta_get_structure (meta), FIELD, &classes);

  return classes;
}
