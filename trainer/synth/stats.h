/* SPDX-License-Identifier: MIT
 *
 * synth/stats — a table of what is seen in real and in synthetic clips */
#pragma once

#include "synth/options.h"

#include <stdio.h>

G_BEGIN_DECLS

gchar *nf_synth_stats_table (
    const NfSynthOptions *options, FILE *log, GError **error);

G_END_DECLS
