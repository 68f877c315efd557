/* SPDX-License-Identifier: MIT
 *
 * evalhtml — the page that an evaluation writes: all it shows is within it */
#include "evalplace.h"

#include "io/nfpng.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>

static guint
count (const gchar *text, const gchar *what)
{
  guint n = 0;

  for (const gchar *at = text; (at = strstr (at, what)); at++)
    n++;
  return n;
}

/* Every picture is a PNG of the clips' size. */
static void
assert_pictures (const NfEvalPlace *place, const gchar *page)
{
  static const gchar prefix[] = "src=\"data:image/png;base64,";
  g_autofree gchar *path = nf_test_eval_path (place, "", "picture.png");

  for (const gchar *at = page; (at = strstr (at, "src=\""));) {
    g_autofree gchar *text = NULL;
    g_autofree guchar *png = NULL;
    const gchar *end;
    gsize size;
    gint width, height;

    g_assert_true (g_str_has_prefix (at, prefix));
    at += strlen (prefix);
    end = strchr (at, '"');
    text = g_strndup (at, end - at);
    png = g_base64_decode (text, &size);
    g_assert_true (g_file_set_contents (path, (gchar *) png, size, NULL));
    g_assert_true (nf_png_size (path, &width, &height, NULL));
    g_assert_cmpint (width, ==, NF_EVAL_PLACE_WIDTH);
    g_assert_cmpint (height, ==, NF_EVAL_PLACE_HEIGHT);
    at = end;
  }
}

/* The score of the clip that the page shows as this one. */
static gdouble
shown_jaccard (const gchar *page, const gchar *rank)
{
  static const gchar score[] = ", Jaccard ";
  g_autofree gchar *heading = g_strdup_printf ("<h3>The %s: ", rank);
  const gchar *at = strstr (page, heading);

  g_assert_nonnull (at);
  at = strstr (at, score);
  g_assert_nonnull (at);
  return g_ascii_strtod (at + strlen (score), NULL);
}

/* The page has all it shows within itself; names are text there. */
static void
test_page (NfEvalPlace *place, gconstpointer unused)
{
  g_autofree gchar *odd = g_build_filename (place->root, "a<b>&c", NULL);
  g_autofree gchar *options = g_strdup_printf ("--out %s/run", place->root);
  g_autofree gchar *page = NULL;

  g_assert_cmpint (g_rename (place->data, odd), ==, 0);
  g_free (place->data);
  place->data = g_steal_pointer (&odd);
  nf_test_eval_well (place, options);
  page = nf_test_eval_text (place, "run", "report.html");
  g_assert_true (g_utf8_validate (page, -1, NULL));
  g_assert_nonnull (strstr (page, "a&lt;b&gt;&amp;c"));
  g_assert_null (strstr (page, "a<b>"));
  g_assert_null (strstr (page, "http:"));
  g_assert_null (strstr (page, "https:"));
  g_assert_null (strstr (page, "url("));
  g_assert_null (strstr (page, "<script"));
  /* three clips: three of the context, frame 22 true and predicted, two masks
   * and what is wrong, and a mask of each other row */
  g_assert_cmpuint (count (page, "<img "), ==, 3 * (8 + 12));
  g_assert_cmpuint (count (page, "<svg viewBox=\"0 0 640"), ==, 2);
  assert_pictures (place, page);
  g_assert_cmpfloat (
      shown_jaccard (page, "best"), >=, shown_jaccard (page, "median"));
  g_assert_cmpfloat (
      shown_jaccard (page, "median"), >=, shown_jaccard (page, "worst"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  NF_TEST_EVAL_ADD ("page", test_page);
  return g_test_run ();
}
