/* SPDX-License-Identifier: MIT
 *
 * nfrenderfilm — from light to the bytes of a picture
 *
 * Private to the renderer. */
#pragma once

#include <nextframe/core/nfapi.h>
#include "scene/render/nfrenderstage.h"

G_BEGIN_DECLS

/**
 * NfFilm:
 * @row: floats from row to row
 * @planes: red, green and blue as a screen shows them, 0 to 1
 */
typedef struct
{
  gint width, height, row;
  gfloat *planes[3];
} NfFilm;

NF_API void nf_film_init (NfFilm *film, gint width, gint height);
NF_API void nf_film_clear (NfFilm *film);

NF_API void nf_film_encode (NfPacket *color);
NF_API void nf_film_set_pixels (
    NfFilm *film, gint x, gint y, const NfPacket *color);
NF_API void nf_film_copy (NfFilm *film, const NfFilm *from, gint x, gint y);
NF_API void nf_film_keep (NfFilm *film, gint x, gint y, gfloat share);
NF_API void nf_film_cover (NfFilm *film, gint x, gint y, const NfPacket *color,
    guint lane, gfloat share);
NF_API void nf_film_develop (const NfFilm *film, gint y, guint8 *rgb);

G_END_DECLS
