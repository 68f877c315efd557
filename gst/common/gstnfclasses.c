/* SPDX-License-Identifier: MIT
 *
 * gstnfclasses — which classes may be in a frame, as a meta of its buffer */
#include "common/gstnfclasses.h"

#include "common/gstnfmeta.h"

#define CLASSES "classes"
#define OF "of"

static void
register_meta (void)
{
  static const gchar *tags[] = { NULL };

  gst_nf_meta_register (GST_NF_CLASSES_META, tags);
}

/**
 * gst_nf_classes_attach:
 * @buffer: writable
 * @classes: a bit for each class that may be in it, class 1 being bit 1; 0:
 *   nothing is known, and nothing is attached
 * @of: how many classes there are, the ground included
 */
void
gst_nf_classes_attach (GstBuffer *buffer, guint64 classes, guint of)
{
  GstCustomMeta *meta;

  if (classes == 0)
    return;
  register_meta ();
  meta = gst_buffer_add_custom_meta (buffer, GST_NF_CLASSES_META);
  gst_structure_set (gst_custom_meta_get_structure (meta), CLASSES,
      G_TYPE_UINT64, classes, OF, G_TYPE_UINT, of, NULL);
}

/**
 * gst_nf_classes_of:
 * @buffer: any buffer
 * @of: how many classes the caller has, the ground included
 *
 * Returns: a bit for each class that may be in it; 0: nothing is known, or only
 *   of so many classes that they are not the caller's
 */
guint64
gst_nf_classes_of (GstBuffer *buffer, guint of)
{
  GstStructure *fields;
  guint64 classes = 0;
  guint theirs = 0;

  register_meta ();
  fields = gst_nf_meta_fields (buffer, GST_NF_CLASSES_META);
  if (fields == NULL || !gst_structure_get_uint (fields, OF, &theirs)
      || theirs != of || !gst_structure_get_uint64 (fields, CLASSES, &classes))
    return 0;

  return classes;
}
