/* SPDX-License-Identifier: MIT
 *
 * claim — what a folder was made for, so that nothing else goes into it */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define NF_EVAL_SETTINGS "settings.json"

gboolean nf_eval_claim (const gchar *folder, const gchar *program,
    JsonObject *settings, const gchar *of_parts, GError **error);

G_END_DECLS
