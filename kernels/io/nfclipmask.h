/* SPDX-License-Identifier: MIT
 *
 * nfclipmask — the mask.npy of a clip */
#pragma once

#include "io/nfclip.h"

G_BEGIN_DECLS

gboolean nf_mask_read (const NfClipInfo *info, guint8 *classes, GError **error);

G_END_DECLS
