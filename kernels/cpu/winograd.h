/* SPDX-License-Identifier: MIT
 *
 * winograd — 3x3 convolution in f32 with a quarter of the products (CPU)
 *
 * Private to the library; for inference: the weights grow fourfold. */
#pragma once

#include "cpu/nfdnnl.h"

G_BEGIN_DECLS

gboolean nf_winograd_fits (const NfDnnlConv *conv);
gboolean nf_winograd_forward (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, NfTensor *weight, gint64 from, const gfloat *bias,
    const gfloat *residual, gfloat *y, GError **error);

G_END_DECLS
