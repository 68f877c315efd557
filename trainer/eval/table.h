/* SPDX-License-Identifier: MIT
 *
 * table — the figures of an evaluation as text */
#pragma once

#include "eval/figures.h"

G_BEGIN_DECLS

gchar *nf_eval_table (JsonObject *figures);

G_END_DECLS
