/* SPDX-License-Identifier: MIT
 *
 * csv — fields of tables as RFC 4180 has them */
#include "io/nfcsv.h"

static const struct
{
  const gchar *field, *written;
} rows[] = {
  { "", "" },
  { "train/video_0", "train/video_0" },
  { " a; b\t'c' ", " a; b\t'c' " },
  { "a, b", "\"a, b\"" },
  { "\"", "\"\"\"\"" },
  { "the \"red\" one", "\"the \"\"red\"\" one\"" },
  { "two\nlines", "\"two\nlines\"" },
  { "two\rlines", "\"two\rlines\"" },
  { "\303\244\303\266", "\303\244\303\266" },
};

/* each of them alone, and behind another field */
static void
test_fields (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GString) line = g_string_new (NULL);
    g_autofree gchar *two = g_strconcat ("1,", rows[i].written, NULL);

    nf_csv_append (line, rows[i].field);
    g_assert_cmpstr (line->str, ==, rows[i].written);
    g_string_assign (line, "1,");
    nf_csv_append (line, rows[i].field);
    g_assert_cmpstr (line->str, ==, two);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/csv/fields", test_fields);
  return g_test_run ();
}
