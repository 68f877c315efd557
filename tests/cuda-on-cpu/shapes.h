/* SPDX-License-Identifier: MIT
 *
 * shapes — the convolutions of a network, by running it without numbers
 *
 * On a device of this kind tensors have a shape and no data, and an op does
 * nothing but what it is here for: convolutions are noted. */
#pragma once

#include "cuda/nfconv.h"

G_BEGIN_DECLS

NfDevice *shapes_device (void);
GHashTable *shapes_take (void);

G_END_DECLS
