/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyindex — which frame of which clip each row of an array is */
#include "npy/gstnfnpyindex.h"
#include "io/nfcsv.h"
#include "io/nffile.h"

/**
 * gst_nf_npy_index_begin:
 * @index: forgets all but the title, and notes what comes
 *
 * A flush, and the end of a stream, leave tags on the pad, which do not come
 * again.
 */
void
gst_nf_npy_index_begin (GstNfNpyIndex *index)
{
  gchar *title = g_steal_pointer (&index->title);

  gst_nf_npy_index_clear (index);
  index->text = g_string_new ("row,clip,time,missing\n");
  index->title = title;
}

/**
 * gst_nf_npy_index_clear:
 * @index: forgets all, and notes nothing
 */
void
gst_nf_npy_index_clear (GstNfNpyIndex *index)
{
  if (index->text)
    g_string_free (index->text, TRUE);
  g_free (index->title);
  *index = (GstNfNpyIndex){ NULL };
}

/* The clip and the time of a line, whose row is there already. */
static void
add_line (GstNfNpyIndex *index, GstClockTime time, const gchar *missing)
{
  g_string_append_c (index->text, ',');
  if (index->title)
    nf_csv_append (index->text, index->title);
  else
    g_string_append_printf (index->text, "%" G_GUINT64_FORMAT, index->clip);
  g_string_append_c (index->text, ',');
  if (GST_CLOCK_TIME_IS_VALID (time))
    g_string_append_printf (index->text,
        "%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT, time / GST_SECOND,
        time % GST_SECOND);
  g_string_append_printf (index->text, ",%s\n", missing);
}

/* A clip is over. */
static void
end_clip (GstNfNpyIndex *index)
{
  if (index->announced && !index->has_frames)
    add_line (index, GST_CLOCK_TIME_NONE, "no frame");
  index->clip += index->has_frames;
  index->has_frames = FALSE;
}

static void
take_title (GstNfNpyIndex *index, GstEvent *event)
{
  GstTagList *tags;
  gchar *title;

  gst_event_parse_tag (event, &tags);
  if (!gst_tag_list_get_string (tags, GST_TAG_TITLE, &title))
    return;
  if (g_strcmp0 (title, index->title) != 0)
    end_clip (index);
  g_free (index->title);
  index->title = title;
  index->announced = TRUE;
}

static GstClockTime
stream_time (const GstSegment *segment, GstClockTime time)
{
  return segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID (time)
      ? gst_segment_to_stream_time (segment, GST_FORMAT_TIME, time)
      : time;
}

/**
 * gst_nf_npy_index_take_event:
 * @index: an index
 * @event: (transfer none): a serialized event, in its turn
 * @segment: that is valid then
 *
 * Remembers the title of a clip until the next title or stream; a gap is a line
 * without a row.
 */
void
gst_nf_npy_index_take_event (
    GstNfNpyIndex *index, GstEvent *event, const GstSegment *segment)
{
  GstClockTime time;

  if (!index->text)
    return;
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_TAG:
      take_title (index, event);
      break;
    case GST_EVENT_STREAM_START:
      end_clip (index);
      g_clear_pointer (&index->title, g_free);
      index->announced = FALSE;
      break;
    case GST_EVENT_GAP:
      gst_event_parse_gap (event, &time, NULL);
      add_line (index, stream_time (segment, time), "gap");
      index->has_frames = TRUE;
      break;
    default:
      break;
  }
}

/**
 * gst_nf_npy_index_add:
 * @index: an index
 * @row: of the array, from 0
 * @buffer: (transfer none): the frame that it is
 * @segment: that is valid then
 */
void
gst_nf_npy_index_add (GstNfNpyIndex *index, guint64 row, GstBuffer *buffer,
    const GstSegment *segment)
{
  if (!index->text)
    return;
  /* a title says more than a mark, which queues set as well */
  if (!index->title && GST_BUFFER_IS_DISCONT (buffer))
    end_clip (index);
  index->has_frames = TRUE;
  g_string_append_printf (index->text, "%" G_GUINT64_FORMAT, row);
  add_line (index, stream_time (segment, GST_BUFFER_PTS (buffer)), "");
}

/**
 * gst_nf_npy_index_check:
 * @path: where an index is to go
 * @error: return location: %NF_ERROR_NOT_FOUND, %NF_ERROR_INVALID
 *
 * Whether a file can be there, before hours of work are spent.
 */
gboolean
gst_nf_npy_index_check (const gchar *path, GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);

  if (!g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: the folder of the index %s is not there; make it, or choose "
        "another file",
        folder, path);
    return FALSE;
  }
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: expected the name of a file for the index, found a folder", path);
  return FALSE;
}

/**
 * gst_nf_npy_index_write:
 * @index: an index; its stream is over
 * @path: a file, which is whole or as it was before
 * @error: return location
 */
gboolean
gst_nf_npy_index_write (GstNfNpyIndex *index, const gchar *path, GError **error)
{
  g_autoptr (GBytes) content = NULL;

  end_clip (index);
  content = g_bytes_new (index->text->str, index->text->len);
  return nf_file_replace (path, content, error);
}
