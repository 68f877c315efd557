/* SPDX-License-Identifier: MIT
 *
 * nfcsv — fields of a comma-separated file (RFC 4180) */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

NF_API void nf_csv_append (GString *line, const gchar *field);

G_END_DECLS
