/* SPDX-License-Identifier: MIT
 *
 * winograd — 3x3 convolution in f32 with a quarter of the products (CPU)
 *
 * Private to the library. The weights grow fourfold while they are used. */
#pragma once

#include "cpu/dnnl/nfdnnlproblem.h"
#include "cpu/nfcpu.h"

G_BEGIN_DECLS

gboolean nf_winograd_fits (const NfDnnlConv *conv);
gboolean nf_winograd_fits_backward (const NfDnnlConv *conv);
gboolean nf_winograd_forward (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, NfTensor *weight, gint64 from, const gfloat *bias,
    const gfloat *residual, gfloat *y, GError **error);
gboolean nf_winograd_backward_data (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *dy, NfTensor *weight, gint64 from, gfloat *dx,
    GError **error);
gboolean nf_winograd_fits_weights (const NfDnnlConv *conv);
gboolean nf_winograd_backward_weights (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, const gfloat *dy, gfloat *dweight, gint64 ld,
    GError **error);

G_END_DECLS
