/* SPDX-License-Identifier: MIT
 *
 * nfscatter — how sure a future is: many that begin a little differently
 *
 * Private to the library. See: nfguide.h, nfbodies.h */
#pragma once

#include <nextframe/scene/track/nffutures.h>

G_BEGIN_DECLS

gboolean nf_scatter_draw (const NfFutures *futures, guint future, guint ahead,
    guint width, guint height, guint8 *object, guint8 *spread, GError **error);

G_END_DECLS
