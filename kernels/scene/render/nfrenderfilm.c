/* SPDX-License-Identifier: MIT
 *
 * nfrenderfilm — from light to the bytes of a picture
 *
 * Linear light becomes screen values (sRGB), then the softness and the grain
 * of the real frames are added, which went through a video codec. */
#include "scene/render/nfrenderfilm.h"

#include <math.h>
#include <string.h>

#define SOFT 0.15f /* share of each neighbour, across and down */
#define PIECE 62 /* columns at once */
#define GRAIN 0.65f /* standard deviation, bytes */

void
nf_film_init (NfFilm *film, gint width, gint height)
{
  film->width = width;
  film->height = height;
  film->row = width + NF_PACKET;
  for (guint k = 0; k < 3; k++)
    film->planes[k] = g_try_new0 (gfloat, (gsize) film->row * height);
}

void
nf_film_clear (NfFilm *film)
{
  for (guint k = 0; k < 3; k++)
    g_clear_pointer (&film->planes[k], g_free);
}

/* sRGB's curve, within 0.0007 above 0.002: square roots are quick in vectors */
static void
encode_lanes (NfLanes v)
{
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat x = v[i] < 0.0f ? 0.0f : v[i];
    gfloat a, b, c;

    x = x > 1.0f ? 1.0f : x;
    a = sqrtf (x);
    b = sqrtf (a);
    c = sqrtf (b);
    v[i] = 0.662002687f * a + 0.684122060f * b - 0.323583601f * c
        - 0.0225411470f * x;
    v[i] = v[i] < 0.0f ? 0.0f : v[i];
  }
}

void
nf_film_encode (NfPacket *color)
{
  encode_lanes (color->x);
  encode_lanes (color->y);
  encode_lanes (color->z);
}

void
nf_film_set_pixels (NfFilm *film, gint x, gint y, const NfPacket *color)
{
  gsize at = (gsize) y * film->row + x;

  for (guint i = 0; i < NF_PACKET; i++) {
    film->planes[0][at + i] = color->x[i];
    film->planes[1][at + i] = color->y[i];
    film->planes[2][at + i] = color->z[i];
  }
}

/* the pixels that nf_film_set_pixels() sets, as on another film */
void
nf_film_copy (NfFilm *film, const NfFilm *from, gint x, gint y)
{
  gsize at = (gsize) y * film->row + x;

  for (guint k = 0; k < 3; k++)
    memcpy (film->planes[k] + at, from->planes[k] + at, sizeof (NfLanes));
}

/* leaves only a share of what is there */
void
nf_film_keep (NfFilm *film, gint x, gint y, gfloat share)
{
  for (guint k = 0; k < 3; k++)
    film->planes[k][(gsize) y * film->row + x] *= share;
}

/* adds a share of a lane's color */
void
nf_film_cover (NfFilm *film, gint x, gint y, const NfPacket *color, guint lane,
    gfloat share)
{
  gsize at = (gsize) y * film->row + x;

  film->planes[0][at] += share * color->x[lane];
  film->planes[1][at] += share * color->y[lane];
  film->planes[2][at] += share * color->z[lane];
}

/* a fixed number of standard deviation 1 a pixel: four bytes' sum */
static gfloat
grain (guint32 x, guint32 y)
{
  guint32 h = x * 0x9e3779b1u ^ y * 0x85ebca77u;

  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  h ^= h >> 15;
  return ((gfloat) ((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24))
             - 510.0f)
      / 147.8f;
}

/* columns @x - 1 to @x + @n of a row, softened down the columns */
static void
soften_down (const NfFilm *film, const gfloat *plane, gint x, gint y, gint n,
    gfloat *soft)
{
  const gfloat *here = plane + (gsize) y * film->row;
  const gfloat *over = y > 0 ? here - film->row : here;
  const gfloat *under = y + 1 < film->height ? here + film->row : here;

  for (gint i = 0; i < n; i++)
    soft[i + 1] = (1.0f - 2.0f * SOFT) * here[x + i]
        + SOFT * (over[x + i] + under[x + i]);
  soft[0] = x == 0 ? soft[1]
                   : (1.0f - 2.0f * SOFT) * here[x - 1]
          + SOFT * (over[x - 1] + under[x - 1]);
  soft[n + 1] = x + n == film->width ? soft[n]
                                     : (1.0f - 2.0f * SOFT) * here[x + n]
          + SOFT * (over[x + n] + under[x + n]);
}

/**
 * nf_film_develop:
 * @y: a row
 * @rgb: (out): its bytes
 */
void
nf_film_develop (const NfFilm *film, gint y, guint8 *rgb)
{
  for (gint x = 0; x < film->width; x += PIECE) {
    gint n = MIN (PIECE, film->width - x);
    gfloat soft[PIECE + 2], noise[PIECE];

    for (gint i = 0; i < n; i++)
      noise[i] = GRAIN * grain ((guint32) (x + i), (guint32) y) + 0.5f;
    for (guint k = 0; k < 3; k++) {
      soften_down (film, film->planes[k], x, y, n, soft);
      for (gint i = 0; i < n; i++) {
        gfloat v =
            (1.0f - 2.0f * SOFT) * soft[i + 1] + SOFT * (soft[i] + soft[i + 2]);

        v = 255.0f * v + noise[i];
        rgb[3 * (x + i) + k] = (guint8) CLAMP (v, 0.0f, 255.0f);
      }
    }
  }
}
