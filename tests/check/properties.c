/* SPDX-License-Identifier: MIT
 *
 * properties — of all elements: their values, and their documentation
 *
 * docs/elements.md has a table of the properties of each element, between two
 * comments. The test compares them with what the plugin says; with --write this
 * program writes them anew (meson compile -C build docs-properties). */
#include "common/gstnfproperties.h"

#include <gst/gst.h>
#include <string.h>

#define BEGIN "<!-- properties of %s (written by `docs-properties`) -->\n"
#define END "<!-- end -->\n"

/* (transfer full): the elements' names */
static GPtrArray *
element_names (void)
{
  GList *features = gst_registry_get_feature_list_by_plugin (
      gst_registry_get (), "nextframe");
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (GList *i = features; i != NULL; i = i->next)
    if (GST_IS_ELEMENT_FACTORY (i->data))
      g_ptr_array_add (names, g_strdup (GST_OBJECT_NAME (i->data)));
  gst_plugin_feature_list_free (features);

  return names;
}

/* (transfer container): the element's own properties, then those of our base
 * class; each in the order of its table */
static GPtrArray *
own_properties (GstElement *element)
{
  GPtrArray *own = g_ptr_array_new ();
  guint n;
  g_autofree GParamSpec **all =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

  for (GType type = G_OBJECT_TYPE (element);
       g_str_has_prefix (g_type_name (type), "GstNf");
       type = g_type_parent (type))
    for (guint i = 0; i < n; i++)
      if (all[i]->owner_type == type)
        g_ptr_array_add (own, all[i]);

  return own;
}

/* --------------------------------------------------------------------- values */

/* (transfer full): a legal value that is not the default */
static GValue *
other_value (GParamSpec *pspec)
{
  const GValue *initial = g_param_spec_get_default_value (pspec);
  GValue *value = g_new0 (GValue, 1);

  g_value_init (value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, !g_value_get_boolean (initial));
  else if (G_IS_PARAM_SPEC_INT (pspec))
    g_value_set_int (value, G_PARAM_SPEC_INT (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, G_PARAM_SPEC_UINT (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_INT64 (pspec))
    g_value_set_int64 (value, G_PARAM_SPEC_INT64 (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_UINT64 (pspec))
    g_value_set_uint64 (value, G_PARAM_SPEC_UINT64 (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    g_value_set_double (value, G_PARAM_SPEC_DOUBLE (pspec)->maximum);
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (value, pspec->name);
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (value, g_value_get_enum (initial) == 0);
  else if (GST_IS_PARAM_SPEC_FRACTION (pspec))
    gst_value_set_fraction (value, 7, 3);
  else
    g_error ("%s: unknown type", pspec->name);
  g_assert_cmpint (g_param_values_cmp (pspec, value, initial), !=, 0);

  return value;
}

static void
expect_value (GstElement *element, GParamSpec *pspec, const GValue *expected)
{
  GValue value = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (element), pspec->name, &value);
  if (g_param_values_cmp (pspec, &value, expected) != 0)
    g_error ("%s of %s has another value", pspec->name,
        G_OBJECT_TYPE_NAME (element));
  g_value_unset (&value);
}

static void
count (GObject *object, GParamSpec *pspec, guint *n_notified)
{
  ++*n_notified;
}

/* All are set before the first is read, so that no two share a place. */
static void
test_properties_values (gconstpointer name)
{
  GstElement *element =
      gst_object_ref_sink (gst_element_factory_make (name, NULL));
  g_autoptr (GPtrArray) properties = own_properties (element);
  guint n_notified = 0, n_set = 0;

  g_signal_connect (element, "notify", G_CALLBACK (count), &n_notified);
  for (guint i = 0; i < properties->len; i++) {
    GParamSpec *pspec = properties->pdata[i];

    if (pspec->flags & G_PARAM_WRITABLE)
      expect_value (element, pspec, g_param_spec_get_default_value (pspec));
  }
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < properties->len; i++) {
      GParamSpec *pspec = properties->pdata[i];
      GValue *value;

      if (!(pspec->flags & G_PARAM_WRITABLE))
        continue;
      value = other_value (pspec);
      if (pass == 0) {
        g_object_set_property (G_OBJECT (element), pspec->name, value);
        g_assert_cmpuint (n_notified, ==, ++n_set);
      } else {
        expect_value (element, pspec, value);
      }
      g_value_unset (value);
      g_free (value);
    }
  gst_object_unref (element);
}

/* -------------------------------------------------------------- documentation */

/* @open: whether there is no limit above but that of the type */
static void
append_range (GString *text, gboolean open, gboolean from_lowest,
    const gchar *min, const gchar *max)
{
  if (!open)
    g_string_append_printf (text, ", %s to %s", min, max);
  else if (!from_lowest)
    g_string_append_printf (text, ", from %s", min);
}

static void
append_integers (
    GString *text, gint64 lowest, guint64 highest, gint64 min, guint64 max)
{
  g_autofree gchar *from = g_strdup_printf ("%" G_GINT64_FORMAT, min);
  g_autofree gchar *to = g_strdup_printf ("%" G_GUINT64_FORMAT, max);

  append_range (text, max >= highest, min == lowest, from, to);
}

static void
append_enum (GString *text, const GEnumClass *values, const GValue *initial)
{
  const gchar *nick =
      g_enum_get_value ((GEnumClass *) values, g_value_get_enum (initial))
          ->value_nick;

  for (guint i = 0; i < values->n_values; i++)
    g_string_append_printf (
        text, "%s`%s`", i > 0 ? ", " : "", values->values[i].value_nick);
  g_string_append_printf (text, "; default `%s`", nick);
}

/* "uint, 1 to 256, default 49" */
static void
append_values (GString *text, GParamSpec *pspec)
{
  const GValue *initial = g_param_spec_get_default_value (pspec);
  g_autofree gchar *from = NULL, *to = NULL;

  if (G_IS_PARAM_SPEC_ENUM (pspec)) {
    append_enum (text, G_PARAM_SPEC_ENUM (pspec)->enum_class, initial);
    return;
  }
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec)) {
    g_string_append (text, "boolean");
  } else if (G_IS_PARAM_SPEC_INT (pspec)) {
    g_string_append (text, "int");
    append_integers (text, G_MININT, G_MAXINT,
        G_PARAM_SPEC_INT (pspec)->minimum, G_PARAM_SPEC_INT (pspec)->maximum);
  } else if (G_IS_PARAM_SPEC_UINT (pspec)) {
    g_string_append (text, "uint");
    append_integers (text, 0, G_MAXINT, G_PARAM_SPEC_UINT (pspec)->minimum,
        G_PARAM_SPEC_UINT (pspec)->maximum);
  } else if (G_IS_PARAM_SPEC_INT64 (pspec)) {
    g_string_append (text, "int64");
    append_integers (text, G_MININT64, G_MAXINT64,
        G_PARAM_SPEC_INT64 (pspec)->minimum,
        G_PARAM_SPEC_INT64 (pspec)->maximum);
  } else if (G_IS_PARAM_SPEC_UINT64 (pspec)) {
    g_string_append (text, "uint64");
    append_integers (text, 0, G_MAXINT64, G_PARAM_SPEC_UINT64 (pspec)->minimum,
        G_PARAM_SPEC_UINT64 (pspec)->maximum);
  } else if (G_IS_PARAM_SPEC_DOUBLE (pspec)) {
    from = g_strdup_printf ("%g", G_PARAM_SPEC_DOUBLE (pspec)->minimum);
    to = g_strdup_printf ("%g", G_PARAM_SPEC_DOUBLE (pspec)->maximum);
    g_string_append (text, "double");
    append_range (text, G_PARAM_SPEC_DOUBLE (pspec)->maximum == G_MAXDOUBLE,
        G_PARAM_SPEC_DOUBLE (pspec)->minimum == -G_MAXDOUBLE, from, to);
  } else if (G_IS_PARAM_SPEC_STRING (pspec)) {
    g_string_append (text, "string");
  } else if (GST_IS_PARAM_SPEC_FRACTION (pspec)) {
    g_string_append (text, "fraction");
  } else {
    g_string_append (text, g_type_name (G_PARAM_SPEC_VALUE_TYPE (pspec)));
  }
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return;
  if (!G_IS_PARAM_SPEC_STRING (pspec)) {
    g_autofree gchar *value = gst_value_serialize (initial);

    g_string_append_printf (text, ", default %s", value);
  } else if (g_value_get_string (initial) == NULL) {
    g_string_append (text, ", default NULL");
  } else {
    g_string_append_printf (
        text, ", default `%s`", g_value_get_string (initial));
  }
}

static const gchar *
when (GParamSpec *pspec)
{
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return "read-only";

  return pspec->flags & GST_PARAM_MUTABLE_PLAYING ? "any time"
                                                  : "before the start";
}

static void
append_row (GString *text, GParamSpec *pspec)
{
  const gchar *blurb = g_param_spec_get_blurb (pspec);
  const gchar *details = g_param_spec_get_qdata (
      pspec, g_quark_from_static_string (GST_NF_PROPERTY_DETAILS));

  /* would end the cell */
  g_assert_null (strchr (blurb, '|'));
  g_assert_true (details == NULL || strchr (details, '|') == NULL);
  g_string_append_printf (text, "| `%s` | ", pspec->name);
  append_values (text, pspec);
  g_string_append_printf (text, " | %s | %s%s", when (pspec), blurb,
      g_str_has_suffix (blurb, ".") ? "" : ".");
  if (details != NULL)
    g_string_append_printf (text, " %s", details);
  if (G_IS_PARAM_SPEC_ENUM (pspec)) {
    const GEnumClass *values = G_PARAM_SPEC_ENUM (pspec)->enum_class;

    for (guint i = 0; i < values->n_values; i++)
      g_string_append_printf (text, " `%s`: %s.", values->values[i].value_nick,
          values->values[i].value_name);
  }
  g_string_append (text, " |\n");
}

/* (transfer full) (nullable): the table of an element; NULL when it has no
 * properties of its own */
static gchar *
make_table (const gchar *name)
{
  GstElement *element =
      gst_object_ref_sink (gst_element_factory_make (name, NULL));
  g_autoptr (GPtrArray) properties = own_properties (element);
  GString *text = g_string_new ("| property | values | set | |\n"
                                "|---|---|---|---|\n");

  for (guint i = 0; i < properties->len; i++)
    append_row (text, properties->pdata[i]);
  gst_object_unref (element);

  return g_string_free (text, properties->len == 0);
}

static gchar *
docs_path (void)
{
  return g_build_filename (g_getenv ("NF_SOURCE"), "docs", "elements.md", NULL);
}

/* the table of element @name in @text: where it begins and where it ends;
 * FALSE when there is none */
static gboolean
find_table (
    const gchar *text, const gchar *name, const gchar **from, const gchar **to)
{
  g_autofree gchar *begin = g_strdup_printf (BEGIN, name);

  *from = strstr (text, begin);
  if (*from == NULL)
    return FALSE;
  *from += strlen (begin);
  *to = strstr (*from, END);

  return *to != NULL;
}

static void
test_properties_docs (gconstpointer name)
{
  g_autofree gchar *path = docs_path ();
  g_autofree gchar *text = NULL;
  g_autofree gchar *table = make_table (name);
  g_autofree gchar *found = NULL;
  const gchar *from, *to;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  if (!find_table (text, name, &from, &to)) {
    if (table != NULL)
      g_error ("docs/elements.md has no table of %s; add its first and its "
               "last line:\n" BEGIN END,
          (const gchar *) name, (const gchar *) name);
    return;
  }
  found = g_strndup (from, to - from);
  if (g_strcmp0 (found, table) != 0)
    g_error ("docs/elements.md is not what the plugin says of %s; run "
             "'meson compile -C build docs-properties'\n%s",
        (const gchar *) name, table);
}

static int
write_docs (void)
{
  g_autoptr (GPtrArray) names = element_names ();
  g_autofree gchar *path = docs_path ();
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  const gchar *from, *to;

  if (!g_file_get_contents (path, &text, NULL, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  for (guint i = 0; i < names->len; i++) {
    g_autofree gchar *table = make_table (names->pdata[i]);
    g_autofree gchar *before = NULL;
    gchar *whole;

    if (table == NULL || !find_table (text, names->pdata[i], &from, &to))
      continue;
    before = g_strndup (text, from - text);
    whole = g_strconcat (before, table, to, NULL);
    g_free (text);
    text = whole;
  }
  if (!g_file_set_contents (path, text, -1, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }

  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) names = NULL;

  gst_init (NULL, NULL);
  if (argc == 2 && strcmp (argv[1], "--write") == 0)
    return write_docs ();
  g_test_init (&argc, &argv, NULL);
  names = element_names ();
  g_assert_cmpuint (names->len, >, 0);
  for (guint i = 0; i < names->len; i++) {
    const gchar *name = names->pdata[i];
    g_autofree gchar *values = g_strdup_printf ("/properties/%s/values", name);
    g_autofree gchar *docs = g_strdup_printf ("/properties/%s/docs", name);

    g_test_add_data_func (values, name, test_properties_values);
    g_test_add_data_func (docs, name, test_properties_docs);
  }

  return g_test_run ();
}
