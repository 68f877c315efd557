/* SPDX-License-Identifier: MIT
 *
 * gstnfcomparemessage — fields that the messages of all comparing elements have */
#include "compare/gstnfcomparemessage.h"

void
gst_nf_compare_message_add_frame (GstStructure *structure,
    const GstNfComparePair *pair, guint clip, const gchar *name)
{
  gst_structure_set (structure, "clip", G_TYPE_UINT, clip, "name",
      G_TYPE_STRING, name, "running-time", G_TYPE_UINT64, pair->running_time,
      "stream-time", G_TYPE_UINT64, pair->stream_time, "timestamp",
      G_TYPE_UINT64, GST_BUFFER_PTS (pair->prediction), "duration",
      G_TYPE_UINT64, GST_BUFFER_DURATION (pair->prediction), NULL);
}

void
gst_nf_compare_message_add_clip (GstStructure *structure, guint clip,
    const gchar *name, const gchar *stream_id, guint64 frames, guint64 start,
    guint64 end)
{
  gst_structure_set (structure, "clip", G_TYPE_UINT, clip, "name",
      G_TYPE_STRING, name, "stream-id", G_TYPE_STRING, stream_id, "frames",
      G_TYPE_UINT64, frames, "start-time", G_TYPE_UINT64, start, "end-time",
      G_TYPE_UINT64, end, NULL);
}

void
gst_nf_compare_message_add_doubles (
    GstStructure *structure, const gchar *field, const gdouble *values, guint n)
{
  GValue array = G_VALUE_INIT, value = G_VALUE_INIT;
  GValueArray *list;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  list = g_value_array_new (n);
  g_value_init (&array, g_value_array_get_type ());
  g_value_init (&value, G_TYPE_DOUBLE);
  for (guint i = 0; i < n; i++) {
    g_value_set_double (&value, values[i]);
    g_value_array_append (list, &value);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  g_value_take_boxed (&array, list);
  gst_structure_take_value (structure, field, &array);
}

void
gst_nf_compare_message_post (GstNfCompare *self, GstStructure *structure)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}
