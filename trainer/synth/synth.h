/* SPDX-License-Identifier: MIT
 *
 * synth — the subcommand that makes synthetic clips */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

gboolean nf_synth_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
