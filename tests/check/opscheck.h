/* SPDX-License-Identifier: MIT
 *
 * opscheck — runs one row of the op test's table on one device */
#pragma once

#include "opsrows.h"

G_BEGIN_DECLS

gchar *op_row_check (NfDevice *device, const OpRow *row);
GBytes *op_row_outcome (NfDevice *device, const OpRow *row);
gboolean op_row_has_gradient (const OpRow *row);

G_END_DECLS
