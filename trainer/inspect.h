/* SPDX-License-Identifier: MIT
 *
 * inspect — the subcommand that prints what is in a checkpoint */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

gchar *nf_inspect_file (const gchar *path, GError **error);
gboolean nf_inspect_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
