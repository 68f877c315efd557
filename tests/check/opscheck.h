/* SPDX-License-Identifier: MIT
 *
 * opscheck — runs one row of the op test's table on one device */
#pragma once

#include "opsrows.h"

G_BEGIN_DECLS

/**
 * OpErrors:
 * @dtype: what flows through the op
 * @forward: relative error (root of nmse) of the result, at most
 * @backward: the same of the gradients
 */
typedef struct
{
  NfDType dtype;
  gdouble forward, backward;
} OpErrors;

gchar *op_row_check (NfDevice *device, const OpRow *row, OpErrors *errors);
gchar *op_row_check_odd (NfDevice *device, const OpRow *row);
GBytes *op_row_outcome (NfDevice *device, const OpRow *row);
gboolean op_row_has_gradient (const OpRow *row);

G_END_DECLS
