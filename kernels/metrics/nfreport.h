/* SPDX-License-Identifier: MIT
 *
 * nfreport — what the JSON reports of scores have in common
 *
 * A score that does not exist, or is not finite, is null. */
#pragma once

#include <nextframe/core/nferror.h>

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * nf_report_add_score:
 * @json: within an object
 * @name: of the member
 * @score: its value; null where it is NaN or infinite
 */
void nf_report_add_score (JsonBuilder *json, const gchar *name, gdouble score);

/**
 * nf_report_add_count:
 * @json: within an object
 * @name: of the member
 * @count: its value
 */
void nf_report_add_count (JsonBuilder *json, const gchar *name, guint64 count);

/**
 * nf_report_add_text:
 * @json: within an object
 * @name: of the member
 * @text: (nullable): its value
 */
void nf_report_add_text (
    JsonBuilder *json, const gchar *name, const gchar *text);

/**
 * nf_report_begin_array:
 * @json: within an object
 * @name: of the member, which is an array that begins
 */
void nf_report_begin_array (JsonBuilder *json, const gchar *name);

/**
 * nf_report_to_text:
 * @json: with a whole object
 *
 * Returns: (transfer full): it as text for people
 */
gchar *nf_report_to_text (JsonBuilder *json);

/**
 * nf_report_write:
 * @text: a report
 * @path: the file
 * @error: return location: %NF_ERROR_IO
 *
 * Writes the report to a temporary file and renames it, so that @path always
 * holds a whole report or what it held before.
 *
 * Returns: FALSE with @error set
 */
gboolean nf_report_write (const gchar *text, const gchar *path, GError **error);

G_END_DECLS
