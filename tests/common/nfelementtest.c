/* SPDX-License-Identifier: MIT
 *
 * nfelementtest — what the tests of elements share */
#include "nfelementtest.h"

#include <string.h>

/**
 * nf_test_npy:
 * @type: element type
 * @big_endian: byte order
 * @shape: (array length=n_dims): lengths of the axes
 * @n_dims: how many
 * @data: the elements
 *
 * Returns: (transfer full): a .npy file
 */
GBytes *
nf_test_npy (NfNpyType type, gboolean big_endian, const guint64 *shape,
    guint n_dims, gconstpointer data)
{
  GByteArray *file = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  NfNpyHeader header;

  fail_unless (
      nf_npy_header_init (&header, type, big_endian, shape, n_dims, NULL));
  bytes = nf_npy_format_header (&header);
  g_byte_array_append (
      file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_byte_array_append (file, data, header.data_bytes);

  return g_byte_array_free_to_bytes (file);
}

/**
 * nf_test_npy_counting:
 * @shape: (array length=n_dims): lengths of the axes
 * @n_dims: how many
 *
 * Returns: (transfer full): a .npy file of bytes 0, 1, 2, ... 250, 0, 1, ...
 */
GBytes *
nf_test_npy_counting (const guint64 *shape, guint n_dims)
{
  gsize size = 1;
  g_autofree guint8 *data = NULL;

  for (guint i = 0; i < n_dims; i++)
    size *= shape[i];
  data = g_malloc (size + 1);
  for (gsize i = 0; i < size; i++)
    data[i] = i % 251;

  return nf_test_npy (NF_NPY_U8, FALSE, shape, n_dims, data);
}

/**
 * nf_test_slice:
 * @bytes: bytes
 * @offset: where the slice begins
 * @size: how many there are at most
 *
 * Returns: (transfer full): a buffer of a part of @bytes
 */
GstBuffer *
nf_test_slice (GBytes *bytes, gsize offset, gsize size)
{
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (
      bytes, offset, MIN (size, g_bytes_get_size (bytes) - offset));

  return gst_buffer_new_wrapped_bytes (part);
}

/**
 * nf_test_gray_frame:
 * @width: columns
 * @height: rows
 * @stride: bytes from row to row; what lies between the rows is 255
 * @value: of all pixels
 *
 * Returns: (transfer full): a GRAY8 frame with a GstVideoMeta
 */
GstBuffer *
nf_test_gray_frame (guint width, guint height, guint stride, guint8 value)
{
  gsize size = (gsize) stride * height;
  guint8 *data = g_malloc (size);
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 };
  gint strides[GST_VIDEO_MAX_PLANES] = { stride };
  GstBuffer *buffer;

  memset (data, 255, size);
  for (guint y = 0; y < height; y++)
    memset (data + (gsize) y * stride, value, width);
  buffer = gst_buffer_new_wrapped (data, size);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_FORMAT_GRAY8, width, height, 1, offsets, strides);

  return buffer;
}

/**
 * nf_test_pixel:
 * @buffer: a frame
 * @caps: of one plane
 * @x: byte of the row
 * @y: row
 *
 * Returns: that byte of the frame
 */
guint8
nf_test_pixel (GstBuffer *buffer, GstCaps *caps, guint x, guint y)
{
  GstVideoInfo info;
  GstVideoFrame frame;
  guint8 value;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  value = ((const guint8 *) GST_VIDEO_FRAME_PLANE_DATA (
      &frame, 0))[y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + x];
  gst_video_frame_unmap (&frame);

  return value;
}

/**
 * nf_test_attach_bus:
 * @element: an element that is in no pipeline
 *
 * Returns: (transfer full): the bus that its messages go to; set the element's
 *   bus to NULL and unref this one in the end
 */
GstBus *
nf_test_attach_bus (GstElement *element)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (element, bus);

  return bus;
}

/**
 * nf_test_expect_error:
 * @bus: a bus
 * @domain: of the error
 * @code: of the error
 * @says: what its text must contain
 *
 * Fails unless exactly this error was posted, once.
 */
void
nf_test_expect_error (GstBus *bus, GQuark domain, gint code, const gchar *says)
{
  GstMessage *message =
      gst_bus_timed_pop_filtered (bus, 5 * GST_SECOND, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  fail_unless (message != NULL, "no error was posted, expected '%s'", says);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, domain, code), "%s %d: %s",
      g_quark_to_string (error->domain), error->code, error->message);
  fail_unless (strstr (error->message, says) != NULL,
      "'%s' does not contain '%s'", error->message, says);
  gst_message_unref (message);
  nf_test_expect_no_error (bus);
}

/**
 * nf_test_expect_no_error:
 * @bus: a bus
 *
 * Fails if an error waits on the bus.
 */
void
nf_test_expect_no_error (GstBus *bus)
{
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return;
  gst_message_parse_error (message, &error, NULL);
  gst_message_unref (message);
  fail ("unexpected error: %s", error->message);
}

/**
 * nf_test_harness_new:
 * @launch: an element and its properties
 * @bus: (out) (transfer full): where its messages go
 *
 * Returns: (transfer full): a harness of it
 */
GstHarness *
nf_test_harness_new (const gchar *launch, GstBus **bus)
{
  GstElement *element = gst_parse_launch (launch, NULL);
  GstHarness *h;

  fail_unless (element != NULL, "no such element: %s", launch);
  gst_object_ref_sink (element);
  *bus = nf_test_attach_bus (element);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);

  return h;
}

/**
 * nf_test_harness_free:
 * @h: (transfer full): a harness
 * @bus: (transfer full): its bus, without errors
 */
void
nf_test_harness_free (GstHarness *h, GstBus *bus)
{
  nf_test_expect_no_error (bus);
  nf_test_harness_drop (h, bus);
}

/**
 * nf_test_harness_drop:
 * @h: (transfer full): a harness
 * @bus: (transfer full): its bus, whatever is on it
 */
void
nf_test_harness_drop (GstHarness *h, GstBus *bus)
{
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
}

/**
 * nf_test_new_segment:
 * @rate: how fast it is played; 1 as it was taken
 *
 * Returns: (transfer full): the event of a segment in time, from 0 on
 */
GstEvent *
nf_test_new_segment (gdouble rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;

  return gst_event_new_segment (&segment);
}

/**
 * nf_test_run:
 * @description: a pipeline, as gst-launch-1.0 takes it
 *
 * Runs a pipeline to its end.
 *
 * Returns: (transfer full) (nullable): the first error, or NULL after EOS
 */
gchar *
nf_test_run (const gchar *description)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);
  GstBus *bus;
  GstMessage *message;
  gchar *text = NULL;

  fail_unless (error == NULL, "%s: %s", description,
      error != NULL ? error->message : "");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message != NULL, "neither end nor error: %s", description);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    text = g_strdup (error->message);
  }
  gst_message_unref (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);

  return text;
}

/**
 * nf_test_shared_path:
 * @path: of a file with real data, from the shared folder on
 *
 * Returns: (transfer full) (nullable): where it is, or NULL where it is not;
 *   says so then, for the test is to be skipped
 */
gchar *
nf_test_shared_path (const gchar *path)
{
  const gchar *shared = g_getenv ("NF_SHARED");
  gchar *full = g_build_filename (shared != NULL ? shared : ".", path, NULL);

  if (g_file_test (full, G_FILE_TEST_EXISTS))
    return full;
  g_printerr ("skipped: '%s' is not in the folder NF_SHARED\n", path);
  g_free (full);

  return NULL;
}
