/* SPDX-License-Identifier: MIT
 *
 * plot — the subcommand that draws the curves of runs */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

gboolean nf_plot_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
