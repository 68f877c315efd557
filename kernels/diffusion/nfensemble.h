/* SPDX-License-Identifier: MIT
 *
 * nfensemble — several predictions of a frame become one
 *
 * Private to the library. */
#pragma once

#include "diffusion/nfpredictor.h"

G_BEGIN_DECLS

void nf_ensemble_combine (NfEnsembleMode mode, const guint8 *const *predictions,
    guint n, gsize bytes, guint8 *out);

G_END_DECLS
