/* SPDX-License-Identifier: MIT
 *
 * import — the subcommand that makes a checkpoint of a PyTorch file */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * nf_import_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Writes a checkpoint of the weights that a PyTorch or a bare safetensors file
 * holds, and prints what fitted and what did not. Nothing is written where a
 * parameter is missing or has another shape.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_import_main (gint argc, gchar **argv, GError **error);

G_END_DECLS
