/* SPDX-License-Identifier: MIT
 *
 * canvas — what cairo has drawn, as a file that is whole or not there */
#include "watch/canvas.h"
#include "io/nffile.h"
#include "io/nfpng.h"

#ifdef CAIRO_HAS_SVG_SURFACE
#include <cairo-svg.h>

static cairo_status_t
append (void *closure, const unsigned char *data, unsigned int length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}
#endif

static gboolean
is_svg (const gchar *path)
{
  return g_str_has_suffix (path, ".svg");
}

static cairo_surface_t *
new_surface (const gchar *path, gint width, gint height, GByteArray *svg)
{
#ifdef CAIRO_HAS_SVG_SURFACE
  if (is_svg (path))
    return cairo_svg_surface_create_for_stream (append, svg, width, height);
#endif
  return cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
}

/* Whether files of this kind can be written. */
static gboolean
check_kind (const gchar *path, GError **error)
{
#ifdef CAIRO_HAS_SVG_SURFACE
  const gboolean known = is_svg (path);
#else
  const gboolean known = FALSE;
#endif

  if (known || g_str_has_suffix (path, ".png"))
    return TRUE;
  g_set_error (
      error, NF_ERROR, NF_ERROR_INVALID, "%s: %s; end its name in .png%s", path,
      is_svg (path) ? "this build's cairo writes no SVG"
                    : "is a picture of an unknown kind",
#ifdef CAIRO_HAS_SVG_SURFACE
      " or .svg"
#else
      ""
#endif
  );
  return FALSE;
}

/**
 * nf_canvas_new:
 * @path: where the picture is to go; its name ends in .png or .svg
 * @width: columns, pixels
 * @height: rows, pixels
 * @svg: an empty array, which holds an SVG while it is drawn; it outlives the
 *   surface
 * @error: return location: %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a surface to draw on
 */
cairo_surface_t *
nf_canvas_new (
    const gchar *path, gint width, gint height, GByteArray *svg, GError **error)
{
  cairo_surface_t *surface;

  if (!check_kind (path, error))
    return NULL;
  surface = new_surface (path, width, height, svg);
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    return surface;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
      "a picture of %dx%d pixels cannot be made: %s", width, height,
      cairo_status_to_string (cairo_surface_status (surface)));
  cairo_surface_destroy (surface);
  return NULL;
}

static gboolean
write_png (cairo_surface_t *surface, const gchar *path, GError **error)
{
  const gint width = cairo_image_surface_get_width (surface);
  const gint height = cairo_image_surface_get_height (surface);
  const gint stride = cairo_image_surface_get_stride (surface);
  const guint8 *data = cairo_image_surface_get_data (surface);
  g_autofree guint8 *rgb = g_malloc ((gsize) 3 * width * height);
  guint8 *dst = rgb;

  for (gint y = 0; y < height; y++) {
    const guint32 *src = (const guint32 *) (data + (gsize) stride * y);

    for (gint x = 0; x < width; x++, dst += 3) {
      dst[0] = src[x] >> 16;
      dst[1] = src[x] >> 8;
      dst[2] = src[x];
    }
  }
  return nf_png_write_rgb (path, rgb, width, height, error);
}

/* Whether all was drawn: after an error cairo draws nothing more, and says so
 * here alone. */
static gboolean
check_drawn (cairo_status_t status, const gchar *path, GError **error)
{
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, NF_ERROR,
      status == CAIRO_STATUS_NO_MEMORY ? NF_ERROR_NO_MEMORY : NF_ERROR_FAILED,
      "%s: the picture cannot be drawn: %s", path,
      cairo_status_to_string (status));
  return FALSE;
}

/**
 * nf_canvas_write:
 * @cairo: what has drawn on a surface from nf_canvas_new(); nothing more can be
 *   drawn on it
 * @path: as of nf_canvas_new()
 * @svg: as of nf_canvas_new()
 * @error: return location: %NF_ERROR_FAILED, %NF_ERROR_NO_MEMORY where not all
 *   could be drawn; %NF_ERROR_IO
 *
 * Writes the picture.
 */
gboolean
nf_canvas_write (
    cairo_t *cairo, const gchar *path, GByteArray *svg, GError **error)
{
  cairo_surface_t *surface = cairo_get_target (cairo);
  g_autoptr (GBytes) content = NULL;

  if (!check_drawn (cairo_status (cairo), path, error))
    return FALSE;
  cairo_surface_flush (surface);
  if (!check_drawn (cairo_surface_status (surface), path, error))
    return FALSE;
  if (!is_svg (path))
    return write_png (surface, path, error);
  cairo_surface_finish (surface);
  if (!check_drawn (cairo_surface_status (surface), path, error))
    return FALSE;
  content = g_bytes_new (svg->data, svg->len);
  return nf_file_replace (path, content, error);
}
