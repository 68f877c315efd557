/* SPDX-License-Identifier: MIT
 *
 * table — the figures of an evaluation as text, and the table's columns */
#pragma once

#include "eval/figures.h"

G_BEGIN_DECLS

/**
 * NfEvalColumn:
 * @member: of a row of the figures
 * @heads: two lines above the figures
 * @width: characters
 * @digits: after the point
 * @scale: what a figure is multiplied with
 * @help: a sentence about it
 */
typedef struct
{
  const gchar *member;
  const gchar *heads[2];
  gint width, digits;
  gdouble scale;
  const gchar *help;
} NfEvalColumn;

const NfEvalColumn *nf_eval_columns (guint *n);
gchar *nf_eval_table (JsonObject *figures);

G_END_DECLS
