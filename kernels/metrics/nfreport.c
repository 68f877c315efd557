/* SPDX-License-Identifier: MIT
 *
 * nfreport — what the JSON reports of scores have in common */
#include "metrics/nfreport.h"

#include <math.h>

void
nf_report_add_score (JsonBuilder *json, const gchar *name, gdouble score)
{
  json_builder_set_member_name (json, name);
  if (isfinite (score))
    json_builder_add_double_value (json, score);
  else
    json_builder_add_null_value (json);
}

void
nf_report_add_count (JsonBuilder *json, const gchar *name, guint64 count)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, count);
}

void
nf_report_add_text (JsonBuilder *json, const gchar *name, const gchar *text)
{
  json_builder_set_member_name (json, name);
  if (text == NULL)
    json_builder_add_null_value (json);
  else
    json_builder_add_string_value (json, text);
}

void
nf_report_begin_array (JsonBuilder *json, const gchar *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
}

gchar *
nf_report_to_text (JsonBuilder *json)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (json);

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);

  return json_generator_to_data (generator, NULL);
}

gboolean
nf_report_write (const gchar *text, const gchar *path, GError **error)
{
  g_autofree gchar *line = g_strconcat (text, "\n", NULL);
  g_autoptr (GError) cause = NULL;

  if (g_file_set_contents_full (path, line, -1,
          G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
          &cause))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO, "cannot write the report: %s",
      cause->message);

  return FALSE;
}
