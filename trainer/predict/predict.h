/* SPDX-License-Identifier: MIT
 *
 * predict — the subcommand that predicts masks of frame 22 for a whole split */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean nf_predict_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
