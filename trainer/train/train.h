/* SPDX-License-Identifier: MIT
 *
 * train — the subcommands that train: `segment` and `diffusion` */
#pragma once

#include "config/runconfig.h"

G_BEGIN_DECLS

gboolean nf_train_main (
    NfTrainKind kind, gint argc, gchar **argv, GError **error);

G_END_DECLS
