/* SPDX-License-Identifier: MIT
 *
 * sheet — real and synthetic clips side by side in one picture */
#include "synth/sheet.h"
#include "clips/nfscenes.h"
#include <nextframe/core/random/nfrng.h>
#include <nextframe/metrics/nfclasses.h>
#include "watch/canvas.h"

#define CAPTION 16 /* rows of a caption, pixels */
#define GAP 4 /* between pictures */
#define MARGIN 12 /* between the two clips of a row */
#define FONT_SIZE 11.0
#define MAX_SIDE 16384 /* pixels */

/* A picture of clips that grows from above. */
typedef struct
{
  const NfSynthOptions *options;
  NfClipSource *sources[2]; /* real (NULL: none), synthetic */
  NfClipReader *readers[2];
  guint n_rows;
  gint tile_width, tile_height; /* of a frame, pixels */
  gint block_width; /* of a clip */
  gint width, height;
  cairo_surface_t *surface;
  cairo_t *cairo;
  GByteArray *svg; /* what the surface is written to, where it is an SVG */
} Sheet;

static void
sheet_clear (Sheet *sheet)
{
  for (guint i = 0; i < 2; i++) {
    nf_clip_reader_free (sheet->readers[i]);
    nf_clip_source_free (sheet->sources[i]);
  }
  g_clear_pointer (&sheet->cairo, cairo_destroy);
  g_clear_pointer (&sheet->surface, cairo_surface_destroy);
  g_clear_pointer (&sheet->svg, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sheet, sheet_clear)

static gboolean
open_sources (Sheet *sheet, GError **error)
{
  const NfSynthOptions *options = sheet->options;
  const NfDatasetOptions real = { .splits = "train val unlabeled hidden",
    .masks = NF_MASKS_NONE,
    .classes = NF_N_CLASSES,
    .max_clips = options->scenes.n_clips,
    .cache_bytes = 0 };

  if (options->real) {
    sheet->sources[0] = nf_clip_source_open (options->real, &real, error);
    if (!sheet->sources[0])
      return FALSE;
  }
  sheet->sources[1] = nf_clip_source_new_scenes (&options->scenes);
  for (guint i = 0; i < 2; i++)
    if (sheet->sources[i])
      sheet->readers[i] = nf_clip_reader_new (sheet->sources[i]);
  return TRUE;
}

static gboolean
make_surface (Sheet *sheet, GError **error)
{
  const NfSynthOptions *options = sheet->options;
  const NfScenes *scenes = &options->scenes;

  sheet->n_rows = scenes->n_clips;
  sheet->tile_width = options->tile ? options->tile : scenes->width;
  sheet->tile_height =
      MAX (1, sheet->tile_width * scenes->height / scenes->width);
  sheet->block_width = options->columns * (sheet->tile_width + GAP) - GAP;
  sheet->width = sheet->block_width + 2 * GAP;
  if (sheet->sources[0])
    sheet->width += sheet->block_width + MARGIN;
  sheet->height = sheet->n_rows * (CAPTION + sheet->tile_height + GAP) + GAP;
  if (sheet->width > MAX_SIDE || sheet->height > MAX_SIDE) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "a sheet of %dx%d pixels is too large; lower --clips, --columns or "
        "--tile",
        sheet->width, sheet->height);
    return FALSE;
  }
  sheet->svg = g_byte_array_new ();
  sheet->surface = nf_canvas_new (
      options->sheet, sheet->width, sheet->height, sheet->svg, error);
  if (!sheet->surface)
    return FALSE;
  sheet->cairo = cairo_create (sheet->surface);
  if (cairo_status (sheet->cairo) != CAIRO_STATUS_SUCCESS) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "a sheet of %dx%d pixels cannot be made: %s", sheet->width,
        sheet->height, cairo_status_to_string (cairo_status (sheet->cairo)));
    return FALSE;
  }
  cairo_set_source_rgb (sheet->cairo, 1, 1, 1);
  cairo_paint (sheet->cairo);
  cairo_set_font_size (sheet->cairo, FONT_SIZE);
  return TRUE;
}

/* A frame as cairo has pictures: (height, width), 0x00RRGGBB. */
static cairo_surface_t *
frame_surface (const NfFrame *frame)
{
  cairo_surface_t *surface = cairo_image_surface_create (
      CAIRO_FORMAT_RGB24, frame->width, frame->height);
  guint8 *data = cairo_image_surface_get_data (surface);
  gint stride = cairo_image_surface_get_stride (surface);

  for (gint y = 0; data && y < frame->height; y++) {
    const guint8 *src = frame->rgb + (gsize) 3 * frame->width * y;
    guint32 *dst = (guint32 *) (data + (gsize) stride * y);

    for (gint x = 0; x < frame->width; x++, src += 3)
      dst[x] = src[0] << 16 | src[1] << 8 | src[2];
  }
  cairo_surface_mark_dirty (surface);
  return surface;
}

static void
paint_frame (Sheet *sheet, const NfFrame *frame, gint x, gint y)
{
  cairo_surface_t *surface = frame_surface (frame);

  cairo_save (sheet->cairo);
  cairo_translate (sheet->cairo, x, y);
  cairo_scale (sheet->cairo, (gdouble) sheet->tile_width / frame->width,
      (gdouble) sheet->tile_height / frame->height);
  cairo_set_source_surface (sheet->cairo, surface, 0, 0);
  cairo_pattern_set_extend (cairo_get_source (sheet->cairo), CAIRO_EXTEND_PAD);
  cairo_pattern_set_filter (cairo_get_source (sheet->cairo), CAIRO_FILTER_BEST);
  cairo_rectangle (sheet->cairo, 0, 0, frame->width, frame->height);
  cairo_fill (sheet->cairo);
  cairo_restore (sheet->cairo);
  cairo_surface_destroy (surface);
}

static void
paint_caption (Sheet *sheet, const gchar *text, gint x, gint y)
{
  cairo_set_source_rgb (sheet->cairo, 0.2, 0.2, 0.2);
  cairo_move_to (sheet->cairo, x, y + CAPTION - 4);
  cairo_show_text (sheet->cairo, text);
}

/* Frames of a clip from the first to the last one, below the caption. */
static gboolean
paint_clip (Sheet *sheet, guint kind, guint clip, const gchar *caption, gint x,
    gint y, GError **error)
{
  guint n = nf_clip_source_n_frames (sheet->sources[kind], clip);
  guint columns = sheet->options->columns;

  if (!nf_clip_reader_open (sheet->readers[kind], clip, error))
    return FALSE;
  paint_caption (sheet, caption, x, y);
  for (guint i = 0; i < columns; i++) {
    guint t = columns > 1 ? i * (n - 1) / (columns - 1) : 0;
    NfFrame frame;

    nf_clip_reader_frame (sheet->readers[kind], t, &frame);
    paint_frame (sheet, &frame, x + i * (sheet->tile_width + GAP), y + CAPTION);
  }
  return TRUE;
}

/* Whether a shuffled row has the real clip on the right. */
static gboolean
is_swapped (const Sheet *sheet, guint row)
{
  NfRngKey key = {
    .seed = g_get_real_time (), .stream = row, .purpose = NF_RNG_SHUFFLE
  };

  return sheet->options->shuffle && nf_rng_below (&key, 0, 2);
}

static gboolean
paint_row (Sheet *sheet, guint row, GError **error)
{
  gboolean swapped = is_swapped (sheet, row);
  gint y = GAP + row * (CAPTION + sheet->tile_height + GAP);

  for (guint kind = 0; kind < 2; kind++) {
    gboolean right = sheet->sources[0] && (kind == 1) != swapped;
    g_autofree gchar *name = NULL;
    g_autofree gchar *caption = NULL;

    if (!sheet->sources[kind]
        || (kind == 0 && row >= nf_clip_source_n_clips (sheet->sources[0])))
      continue;
    name = nf_clip_source_clip_name (sheet->sources[kind], row);
    caption = sheet->options->shuffle
        ? g_strdup_printf ("%u %s", row + 1, right ? "right" : "left")
        : g_strconcat (kind == 0 ? "real: " : "synthetic: ", name, NULL);
    if (!paint_clip (sheet, kind, row, caption,
            GAP + (right ? sheet->block_width + MARGIN : 0), y, error))
      return FALSE;
  }
  if (sheet->options->shuffle
      && row < nf_clip_source_n_clips (sheet->sources[0]))
    g_print ("%u: the real clip is on the %s\n", row + 1,
        swapped ? "right" : "left");
  return TRUE;
}

/**
 * nf_sheet_write:
 * @options: what to show, and where to write it
 * @error: return location
 *
 * Writes the picture. Where it is shuffled, prints which clips are real.
 */
gboolean
nf_sheet_write (const NfSynthOptions *options, GError **error)
{
  g_auto (Sheet) sheet = { options };

  if (!open_sources (&sheet, error) || !make_surface (&sheet, error))
    return FALSE;
  for (guint row = 0; row < sheet.n_rows; row++)
    if (!paint_row (&sheet, row, error))
      return FALSE;
  return nf_canvas_write (sheet.cairo, options->sheet, sheet.svg, error);
}
