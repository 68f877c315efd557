/* SPDX-License-Identifier: MIT
 *
 * eval — the subcommand that judges networks on clips with masks */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean nf_eval_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
