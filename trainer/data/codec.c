/* SPDX-License-Identifier: MIT
 *
 * codec — what compressing a video does to a frame, by libjpeg */
#include "data/codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

/* libjpeg's way out of an error. */
typedef struct
{
  struct jpeg_error_mgr base;
  jmp_buf out;
  gchar message[JMSG_LENGTH_MAX];
} Trouble;

static void
leave (j_common_ptr info)
{
  Trouble *trouble = (Trouble *) info->err;

  trouble->base.format_message (info, trouble->message);
  longjmp (trouble->out, 1);
}

static void
compress (struct jpeg_compress_struct *jpeg, const guint8 *rgb, gint width,
    gint height, gint quality, guchar **bytes, gulong *size)
{
  jpeg_create_compress (jpeg);
  jpeg_mem_dest (jpeg, bytes, size);
  jpeg->image_width = width;
  jpeg->image_height = height;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults (jpeg);
  jpeg_set_quality (jpeg, quality, TRUE);
  jpeg_start_compress (jpeg, TRUE);
  while (jpeg->next_scanline < jpeg->image_height) {
    JSAMPROW row = (JSAMPROW) rgb + (gsize) jpeg->next_scanline * width * 3;

    jpeg_write_scanlines (jpeg, &row, 1);
  }
  jpeg_finish_compress (jpeg);
}

static void
decompress (struct jpeg_decompress_struct *jpeg, guint8 *rgb, gint width,
    const guchar *bytes, gulong size)
{
  jpeg_create_decompress (jpeg);
  jpeg_mem_src (jpeg, bytes, size);
  jpeg_read_header (jpeg, TRUE);
  jpeg->out_color_space = JCS_RGB;
  jpeg_start_decompress (jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW row = rgb + (gsize) jpeg->output_scanline * width * 3;

    jpeg_read_scanlines (jpeg, &row, 1);
  }
  jpeg_finish_decompress (jpeg);
}

gboolean
nf_codec_distort (
    guint8 *rgb, gint width, gint height, gint quality, GError **error)
{
  struct jpeg_compress_struct writer = { 0 };
  struct jpeg_decompress_struct reader = { 0 };
  guchar *volatile bytes = NULL;
  volatile gboolean ok = FALSE;
  gulong size = 0;
  Trouble trouble;

  writer.err = jpeg_std_error (&trouble.base);
  reader.err = writer.err;
  trouble.base.error_exit = leave;
  if (setjmp (trouble.out) == 0) {
    compress (&writer, rgb, width, height, quality, (guchar **) &bytes, &size);
    decompress (&reader, rgb, width, bytes, size);
    ok = TRUE;
  } else {
    g_set_error (error, NF_ERROR, NF_ERROR_FAILED,
        "augment.codec: %s (libjpeg)", trouble.message);
  }
  jpeg_destroy_compress (&writer);
  jpeg_destroy_decompress (&reader);
  free (bytes);
  return ok;
}
