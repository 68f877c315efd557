/* SPDX-License-Identifier: MIT
 *
 * nfextrapolate — future masks from past masks, without a network */
#include "scene/nfextrapolate.h"

#include <string.h>

/**
 * nf_extrapolate:
 * @masks: (array length=n_masks): the past, oldest first, each @width x @height
 * @n_masks: how many, at least 1
 * @horizon: how many frames to foretell, at least 1
 * @future: (out caller-allocates): @horizon masks, one after the other
 * @error: (out) (optional): not enough memory
 *
 * Returns: TRUE, or FALSE with @error set
 */
gboolean
nf_extrapolate (NfExtrapolateMethod method, const guint8 *const *masks,
    guint n_masks, guint width, guint height, guint horizon, guint8 *future,
    GError **error)
{
  gsize size = (gsize) width * height;

  for (guint i = 0; i < horizon; i++)
    memcpy (future + i * size, masks[n_masks - 1], size);

  return TRUE;
}
