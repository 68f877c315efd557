/* SPDX-License-Identifier: MIT
 *
 * mask — the mask.npy of a clip */
#pragma once

#include "clip.h"

G_BEGIN_DECLS

gboolean nf_mask_read (const NfClipInfo *info, guint8 *classes, GError **error);

G_END_DECLS
