/* SPDX-License-Identifier: MIT
 *
 * sheet — real and synthetic clips side by side in one picture
 *
 * A row has a clip of each kind, a few of its frames in a row, with a caption
 * above. Shuffled, each row swaps its clips or not, and the captions do not say
 * which is which. */
#pragma once

#include "synth/options.h"

G_BEGIN_DECLS

gboolean nf_sheet_write (const NfSynthOptions *options, GError **error);

G_END_DECLS
