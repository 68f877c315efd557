/* SPDX-License-Identifier: MIT
 *
 * bench — the subcommand that measures speed and memory */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

gboolean nf_bench_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
