/* SPDX-License-Identifier: MIT
 *
 * nfproducts — how exactly the calling thread's ops multiply f32 numbers
 *
 * TF32 keeps f32's range and 10 bits behind the point. The tensor cores of
 * GPUs since Ampere multiply it several times as fast as f32; sums stay f32.
 * Everywhere else there is no TF32, and asking for it changes nothing. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * NfProducts:
 * @NF_PRODUCTS_DEFAULT: f32, or TF32 where the variable NEXTFRAME_TF32 was "1"
 *   when it was first looked at
 * @NF_PRODUCTS_F32: as they are
 * @NF_PRODUCTS_TF32: factors may be rounded to TF32 in convolutions and linear
 *   layers
 */
typedef enum
{
  NF_PRODUCTS_DEFAULT,
  NF_PRODUCTS_F32,
  NF_PRODUCTS_TF32,
} NfProducts;

void nf_products_set (NfProducts products);
NfProducts nf_products_get (void);
gboolean nf_products_tf32 (void);

G_END_DECLS
