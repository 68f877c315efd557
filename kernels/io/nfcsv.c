/* SPDX-License-Identifier: MIT
 *
 * nfcsv — fields of a comma-separated file (RFC 4180) */
#include "io/nfcsv.h"

#include <string.h>

/**
 * nf_csv_append:
 * @line: gets the field
 * @field: any text
 *
 * Adds a field as it is, or in quotation marks where it holds a comma, a
 * quotation mark or the end of a line. Commas between fields are the caller's.
 */
void
nf_csv_append (GString *line, const gchar *field)
{
  if (!strpbrk (field, ",\"\r\n")) {
    g_string_append (line, field);
    return;
  }
  g_string_append_c (line, '"');
  for (; *field; field++) {
    if (*field == '"')
      g_string_append_c (line, '"');
    g_string_append_c (line, *field);
  }
  g_string_append_c (line, '"');
}
