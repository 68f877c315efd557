/* SPDX-License-Identifier: MIT
 *
 * opsreport — the op test's report card: largest errors, op by op */
#pragma once

#include "opscheck.h"

G_BEGIN_DECLS

void ops_report_add (const OpRow *row, const NfDevice *device,
    const OpErrors *errors, gboolean passed);
void ops_report_save (const gchar *path, GPtrArray *devices);

G_END_DECLS
