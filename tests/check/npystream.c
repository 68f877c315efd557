/* SPDX-License-Identifier: MIT
 *
 * npystream — the timeline of an array: where seeks go, also those that come before
 * an earlier one has been answered
 *
 * Siblings: nfnpydecplay.c, seekstorm.c (the same in pipelines) */
#include "npy/gstnfnpystream.h"
#include "nfelementtest.h"

#define FRAME (40 * GST_MSECOND)
#define BYTES 12 /* of a frame of 4x3 */
#define FRAMES 50
#define STAYS (-1) /* an end that a seek keeps */

static void
begin (GstNfNpyStream *stream, NfNpyHeader *header)
{
  const guint64 shape[] = { FRAMES, 3, 4 };

  fail_unless (nf_npy_header_init (header, NF_NPY_U8, FALSE, shape, 3, NULL));
  header->header_bytes = 128;
  gst_nf_npy_stream_init (stream);
  fail_unless (
      gst_nf_npy_stream_begin_array (stream, header, FALSE, 25, 1, NULL));
}

/* begins a seek; returns its number */
static guint64
seek (GstNfNpyStream *stream, gint from, gint to, guint32 *seqnum, gint *begins,
    gint *ends)
{
  GstEvent *event = gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      from == STAYS ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
      (gint64) from * (gint64) FRAME,
      to == STAYS ? GST_SEEK_TYPE_NONE : GST_SEEK_TYPE_SET,
      (gint64) to * (gint64) FRAME);
  guint64 number = 0;
  gint64 start, stop;
  GstEvent *bytes;

  *seqnum = gst_event_get_seqnum (event);
  bytes = gst_nf_npy_stream_begin_seek (stream, event, &number);
  fail_unless (bytes != NULL);
  gst_event_parse_seek (bytes, NULL, NULL, NULL, NULL, &start, NULL, &stop);
  fail_unless_equals_int ((gint) gst_event_get_seqnum (bytes), (gint) *seqnum);
  *begins = (gint) ((start - 128) / BYTES);
  *ends = (gint) ((stop - 128) / BYTES);
  gst_event_unref (bytes);
  gst_event_unref (event);

  return number;
}

/* what seeks keep is where the one before goes, whether it was answered or not */
GST_START_TEST (test_kept_ends)
{
  const gboolean answered = __i__ % 2 != 0;
  const gboolean keeps_start = __i__ / 2 != 0;
  GstNfNpyStream stream;
  NfNpyHeader header;
  guint32 seqnum, later;
  guint64 number;
  gint begins, ends;

  begin (&stream, &header);
  number = seek (&stream, 20, 30, &seqnum, &begins, &ends);
  fail_unless_equals_int (begins, 20);
  fail_unless_equals_int (ends, 30);
  if (answered) {
    gst_nf_npy_stream_end_seek (&stream, number, TRUE);
    fail_unless (gst_nf_npy_stream_take_seek (&stream, seqnum));
  }
  number = keeps_start ? seek (&stream, STAYS, 40, &later, &begins, &ends)
                       : seek (&stream, 10, STAYS, &later, &begins, &ends);
  fail_unless_equals_int (begins, keeps_start ? 20 : 10);
  fail_unless_equals_int (ends, keeps_start ? 40 : 30);
  gst_nf_npy_stream_end_seek (&stream, number, TRUE);
  fail_unless (gst_nf_npy_stream_take_seek (&stream, later));
  fail_unless_equals_clocktime (stream.segment.start, (guint) begins * FRAME);
  fail_unless_equals_clocktime (stream.segment.stop, (guint) ends * FRAME);
  gst_nf_npy_stream_reset (&stream);
}
GST_END_TEST

/* what upstream did not take is kept by none */
GST_START_TEST (test_refused_is_forgotten)
{
  GstNfNpyStream stream;
  NfNpyHeader header;
  guint32 seqnum;
  guint64 number;
  gint begins, ends;

  begin (&stream, &header);
  number = seek (&stream, 20, 30, &seqnum, &begins, &ends);
  gst_nf_npy_stream_end_seek (&stream, number, FALSE);
  fail_if (gst_nf_npy_stream_take_seek (&stream, seqnum));
  seek (&stream, 10, STAYS, &seqnum, &begins, &ends);
  fail_unless_equals_int (begins, 10);
  fail_unless_equals_int (ends, FRAMES);
  gst_nf_npy_stream_reset (&stream);
}
GST_END_TEST

static Suite *
npystream_suite (void)
{
  Suite *suite = suite_create ("npystream");
  TCase *tcase = tcase_create ("seeks");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_kept_ends, 0, 4);
  tcase_add_test (tcase, test_refused_is_forgotten);

  return suite;
}

GST_CHECK_MAIN (npystream);
