/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyreader — a stream of bytes taken apart into headers and frames
 *
 * See: gstnfnpydec.c */
#include "npy/gstnfnpyreader.h"

#include "common/gstnferror.h"

/* what says how long a header is */
#define HEADER_START (NF_NPY_MAGIC_BYTES + 2)

/**
 * gst_nf_npy_reader_init:
 * @reader: (out): without bytes
 * @element: posts the errors; not referenced
 */
void
gst_nf_npy_reader_init (GstNfNpyReader *reader, GstElement *element)
{
  *reader = (GstNfNpyReader){ .adapter = gst_adapter_new (),
    .element = element,
    .header_wanted = HEADER_START };
}

/**
 * gst_nf_npy_reader_clear:
 * @reader: to be freed
 */
void
gst_nf_npy_reader_clear (GstNfNpyReader *reader)
{
  g_clear_object (&reader->adapter);
}

/**
 * gst_nf_npy_reader_begin:
 * @reader: a reader
 *
 * A stream begins: the next bytes must be a header.
 */
void
gst_nf_npy_reader_begin (GstNfNpyReader *reader)
{
  gst_nf_npy_reader_flush (reader);
  reader->arrays = 0;
}

/**
 * gst_nf_npy_reader_flush:
 * @reader: a reader
 *
 * Bytes that were not read are lost.
 */
void
gst_nf_npy_reader_flush (GstNfNpyReader *reader)
{
  gst_adapter_clear (reader->adapter);
  reader->header_wanted = HEADER_START;
}

/**
 * gst_nf_npy_reader_has_begun:
 * @reader: a reader
 *
 * Returns: whether any bytes of this stream came
 */
gboolean
gst_nf_npy_reader_has_begun (const GstNfNpyReader *reader)
{
  return reader->arrays > 0 || gst_adapter_available (reader->adapter) > 0;
}

/**
 * gst_nf_npy_reader_has_enough:
 * @reader: a reader
 * @in_array: whether a frame comes next, else a header
 *
 * Returns: whether it may be read
 */
gboolean
gst_nf_npy_reader_has_enough (const GstNfNpyReader *reader, gboolean in_array)
{
  return gst_adapter_available (reader->adapter)
      >= (in_array ? reader->frame_bytes : reader->header_wanted);
}

/**
 * gst_nf_npy_reader_parse_header:
 * @reader: with enough for a header
 * @header: (out): what it says
 * @error: return location: what is wrong with it
 *
 * Returns: FALSE where the header goes on, or with @error set
 */
gboolean
gst_nf_npy_reader_parse_header (
    GstNfNpyReader *reader, NfNpyHeader *header, GError **error)
{
  gsize size = reader->header_wanted;
  NfNpyStatus status =
      nf_npy_parse_header (gst_adapter_map (reader->adapter, size), size,
          header, &reader->header_wanted, error);

  gst_adapter_unmap (reader->adapter);
  if (status != NF_NPY_PARSED)
    return FALSE;
  gst_adapter_flush (reader->adapter, header->header_bytes);

  return TRUE;
}

/**
 * gst_nf_npy_reader_begin_array:
 * @reader: behind a header
 * @stream: with the array that begins
 */
void
gst_nf_npy_reader_begin_array (
    GstNfNpyReader *reader, const GstNfNpyStream *stream)
{
  reader->frame_bytes =
      gst_nf_npy_video_frame_bytes (&stream->header, &stream->info);
  reader->header_wanted = HEADER_START;
  reader->arrays++;
}

/**
 * gst_nf_npy_reader_read_frame:
 * @reader: with enough for a frame
 * @stream: with the array
 * @buffer: a writable frame, which gets the pixels
 *
 * Returns: FALSE, and an error message, when it cannot be read
 */
gboolean
gst_nf_npy_reader_read_frame (
    GstNfNpyReader *reader, const GstNfNpyStream *stream, GstBuffer *buffer)
{
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, &stream->info, buffer, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (reader->element, RESOURCE, WRITE,
        ("Cannot write to the memory that the next element provides."), (NULL));
    return FALSE;
  }
  gst_nf_npy_video_read (&stream->header,
      gst_adapter_map (reader->adapter, reader->frame_bytes), &frame, &error);
  gst_adapter_unmap (reader->adapter);
  gst_video_frame_unmap (&frame);
  if (error != NULL) {
    g_prefix_error (
        &error, "frame %" G_GUINT64_FORMAT ", ", stream->next_frame);
    gst_nf_element_error (reader->element, error);
    return FALSE;
  }
  gst_adapter_flush (reader->adapter, reader->frame_bytes);

  return TRUE;
}

/**
 * gst_nf_npy_reader_check_end:
 * @reader: of a stream that ends here
 * @stream: with the latest array
 *
 * Posts an error when it may not end here.
 */
void
gst_nf_npy_reader_check_end (
    GstNfNpyReader *reader, const GstNfNpyStream *stream)
{
  gsize rest = gst_adapter_available (reader->adapter);

  if (gst_nf_npy_stream_in_array (stream)) {
    if (!gst_nf_npy_stream_is_past_stop (stream))
      GST_ELEMENT_ERROR (reader->element, STREAM, DECODE,
          ("The .npy file is truncated: expected %" G_GUINT64_FORMAT
           " frames of %dx%d, found %" G_GUINT64_FORMAT
           ". Copy or make the file again.",
              stream->frames, stream->info.width, stream->info.height,
              stream->next_frame),
          ("of the next frame %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT
           " bytes were there",
              rest, reader->frame_bytes));
  } else if (reader->arrays == 0 || rest > 0) {
    GST_ELEMENT_ERROR (reader->element, STREAM, DECODE,
        ("The .npy file is truncated: it ends within its header. Copy or make "
         "the file again."),
        ("expected at least %" G_GSIZE_FORMAT " bytes of header %u, found "
         "%" G_GSIZE_FORMAT,
            reader->header_wanted, reader->arrays + 1, rest));
  }
}
