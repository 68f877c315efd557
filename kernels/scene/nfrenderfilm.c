/* SPDX-License-Identifier: MIT
 *
 * nfrenderfilm — from light to the bytes of a picture
 *
 * Linear light becomes screen values (sRGB), then the softness and the grain
 * of the real frames are added, which went through a video codec. */
#include "scene/nfrenderfilm.h"

#include <math.h>

#define SOFT 0.06f /* share of each neighbour beside and above a pixel */
#define GRAIN 0.65f /* standard deviation, bytes */

void
nf_film_init (NfFilm *film, gint width, gint height)
{
  film->width = width;
  film->height = height;
  film->row = width + NF_PACKET;
  for (guint k = 0; k < 3; k++)
    film->planes[k] = g_new0 (gfloat, (gsize) film->row * height);
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
nf_film_put (NfFilm *film, gint x, gint y, const NfPacket *color)
{
  gsize at = (gsize) y * film->row + x;

  for (guint i = 0; i < NF_PACKET; i++) {
    film->planes[0][at + i] = color->x[i];
    film->planes[1][at + i] = color->y[i];
    film->planes[2][at + i] = color->z[i];
  }
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

/**
 * nf_film_develop:
 * @y: a row
 * @rgb: (out): its bytes
 */
void
nf_film_develop (const NfFilm *film, gint y, guint8 *rgb)
{
  gint above = MAX (y - 1, 0), below = MIN (y + 1, film->height - 1);

  for (guint k = 0; k < 3; k++) {
    const gfloat *here = film->planes[k] + (gsize) y * film->row;
    const gfloat *over = film->planes[k] + (gsize) above * film->row;
    const gfloat *under = film->planes[k] + (gsize) below * film->row;

    for (gint x = 0; x < film->width; x++) {
      gint left = MAX (x - 1, 0), right = MIN (x + 1, film->width - 1);
      gfloat side = here[left] + here[right] + over[x] + under[x];
      gfloat v = (1.0f - 4.0f * SOFT) * here[x] + SOFT * side;

      v = 255.0f * v + GRAIN * grain ((guint32) x, (guint32) y) + 0.5f;
      rgb[3 * x + k] = (guint8) CLAMP (v, 0.0f, 255.0f);
    }
  }
}
