/* SPDX-License-Identifier: MIT
 *
 * gstnfnpyreader — a stream of bytes taken apart into headers and frames
 *
 * See: gstnfnpydec.c, kernels/io/nfnpy.h */
#pragma once

#include "npy/gstnfnpystream.h"

#include <gst/base/gstadapter.h>

G_BEGIN_DECLS

/**
 * GstNfNpyReader:
 * @adapter: bytes that came and were not read
 * @arrays: headers that were read in this stream
 *
 * Belongs to the streaming thread.
 */
typedef struct
{
  GstAdapter *adapter;
  guint arrays;

  /*< private >*/
  GstElement *element; /* whose errors are posted */
  gsize header_wanted; /* bytes that the next try to read a header needs */
  gsize frame_bytes; /* in the current array */
} GstNfNpyReader;

void gst_nf_npy_reader_init (GstNfNpyReader *reader, GstElement *element);
void gst_nf_npy_reader_clear (GstNfNpyReader *reader);

void gst_nf_npy_reader_begin (GstNfNpyReader *reader);
void gst_nf_npy_reader_flush (GstNfNpyReader *reader);
gboolean gst_nf_npy_reader_has_begun (const GstNfNpyReader *reader);
gboolean gst_nf_npy_reader_has_enough (
    const GstNfNpyReader *reader, gboolean in_array);

gboolean gst_nf_npy_reader_parse_header (
    GstNfNpyReader *reader, NfNpyHeader *header, GError **error);
void gst_nf_npy_reader_begin_array (
    GstNfNpyReader *reader, const GstNfNpyStream *stream);
gboolean gst_nf_npy_reader_read_frame (
    GstNfNpyReader *reader, const GstNfNpyStream *stream, GstBuffer *buffer);
void gst_nf_npy_reader_check_end (
    GstNfNpyReader *reader, const GstNfNpyStream *stream);

G_END_DECLS
