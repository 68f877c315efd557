/* SPDX-License-Identifier: MIT
 *
 * settings — what a training's configuration file says of its network */
#include "import/settings.h"
#include "io/nffile.h"

#include <string.h>

/* How Python's YAML marks an object whose members follow. */
#define NAMESPACE "!!python/object:argparse.Namespace"

/* ------------------------------------------------------------------ values */

static JsonNode *
number_node (const gchar *text)
{
  gint64 integer;
  gchar *end;
  gdouble number;

  if (g_ascii_string_to_signed (
          text, 10, G_MININT64, G_MAXINT64, &integer, NULL))
    return json_node_init_int (json_node_alloc (), integer);
  number = g_ascii_strtod (text, &end);
  return *text && !*end ? json_node_init_double (json_node_alloc (), number)
                        : NULL;
}

/* Numbers between commas, spaces or semicolons; NULL where they are none. */
static JsonNode *
list_node (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, ",; ", -1);
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; words[i]; i++) {
    JsonNode *number = *words[i] ? number_node (words[i]) : NULL;

    if (*words[i] && !number)
      return NULL;
    if (number)
      json_array_add_element (array, number);
  }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
value_node (const gchar *text)
{
  const gsize length = strlen (text);
  g_autofree gchar *inner = NULL;
  JsonNode *node = number_node (text);

  if (node)
    return node;
  if (!g_ascii_strcasecmp (text, "true") || !g_ascii_strcasecmp (text, "false"))
    return json_node_init_boolean (
        json_node_alloc (), !g_ascii_strcasecmp (text, "true"));
  if (length >= 2 && strchr ("['\"", text[0])) {
    inner = g_strndup (text + 1, length - 2);
    node = text[0] == '[' ? list_node (inner) : NULL;
  } else {
    node = length > 0 ? list_node (text) : NULL;
  }
  return node
      ? node
      : json_node_init_string (json_node_alloc (), inner ? inner : text);
}

static gchar *
key_name (const gchar *key, gsize length)
{
  gchar *name = g_strstrip (g_strndup (key, length));

  return g_strdelimit (name, "-", '_');
}

static gboolean
is_of_network (const gchar *section)
{
  return !section || !*section || g_str_equal (section, "model")
      || g_str_equal (section, "data");
}

/* Adds a value; two sections may say the same, but nothing else. */
static gboolean
add (JsonObject *settings, const gchar *path, const gchar *key,
    const gchar *text, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  JsonNode *old = json_object_get_member (settings, key);

  if (g_str_equal (text, "null") || g_str_equal (text, "~"))
    return TRUE;
  node = value_node (text);
  if (!old) {
    json_object_set_member (settings, key, g_steal_pointer (&node));
    return TRUE;
  }
  if (json_node_equal (old, node))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: %s has two values, the second is %s", path, key, text);
  return FALSE;
}

/* -------------------------------------------------------------------- YAML */

typedef struct
{
  JsonObject *settings;
  const gchar *path;
  guint line;
  gchar *section; /* the open one */
  gchar *key; /* of the list that may follow */
  GString *list; /* its items so far; NULL: none */
} Yaml;

static gboolean
yaml_fail (const Yaml *self, const gchar *what, GError **error)
{
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: line %u: %s; expected sections with \"key: value\" in them",
      self->path, self->line, what);
  return FALSE;
}

/* Ends the list that lines with "- " made. */
static gboolean
yaml_end_list (Yaml *self, GError **error)
{
  g_autoptr (GString) list = g_steal_pointer (&self->list);
  g_autofree gchar *key = g_steal_pointer (&self->key);

  if (!list || !is_of_network (self->section))
    return TRUE;
  g_string_prepend_c (list, '[');
  g_string_append_c (list, ']');
  return add (self->settings, self->path, key, list->str, error);
}

static gboolean
yaml_item (Yaml *self, const gchar *text, GError **error)
{
  if (!self->key)
    return yaml_fail (self, "a list without a key", error);
  if (!self->list)
    self->list = g_string_new (NULL);
  g_string_append_printf (self->list, "%s ", text);
  return TRUE;
}

static gboolean
yaml_pair (Yaml *self, gchar *text, gboolean inside, GError **error)
{
  gchar *colon = strchr (text, ':');
  g_autofree gchar *key = NULL;
  gchar *value;

  if (!colon || (colon[1] && colon[1] != ' '))
    return yaml_fail (self, "no \"key: value\"", error);
  if (!yaml_end_list (self, error))
    return FALSE;
  key = key_name (text, (gsize) (colon - text));
  value = g_strstrip (colon + 1);
  if (g_str_equal (value, NAMESPACE))
    *value = 0;
  if (!inside)
    g_clear_pointer (&self->section, g_free);
  if (!*value) {
    self->key = g_strdup (key);
    if (!inside)
      self->section = g_steal_pointer (&key);
    return TRUE;
  }
  if (strchr ("&*!|>{%@`", *value))
    return yaml_fail (self, "YAML of this kind is not read", error);
  return !is_of_network (self->section)
      || add (self->settings, self->path, key, value, error);
}

/* Where a comment begins, or the end. */
static gchar *
comment (gchar *line)
{
  gchar quote = 0;

  for (gchar *c = line; *c; c++) {
    if (quote)
      quote = *c == quote ? 0 : quote;
    else if (*c == '\'' || *c == '"')
      quote = *c;
    else if (*c == '#' && (c == line || g_ascii_isspace (c[-1])))
      return c;
  }
  return line + strlen (line);
}

static gboolean
yaml_line (Yaml *self, gchar *line, GError **error)
{
  gsize indent = strspn (line, " ");
  gchar *text;

  *comment (line) = 0;
  text = g_strchomp (line + indent);
  if (!*text || g_str_equal (text, "---") || g_str_equal (text, NAMESPACE)
      || g_str_equal (text, "--- " NAMESPACE))
    return TRUE;
  if (*text == '\t')
    return yaml_fail (self, "a tab before the text", error);
  if (g_str_has_prefix (text, "- "))
    return yaml_item (self, g_strchug (text + 2), error);
  return yaml_pair (self, text, indent > 0, error);
}

static gboolean
read_yaml (JsonObject *settings, const gchar *path, const gchar *content,
    GError **error)
{
  g_auto (GStrv) lines = g_strsplit (content, "\n", -1);
  Yaml yaml = { .settings = settings, .path = path };
  gboolean ok = TRUE;

  for (guint i = 0; ok && lines[i]; i++) {
    yaml.line = i + 1;
    ok = yaml_line (&yaml, lines[i], error);
  }
  ok = ok && yaml_end_list (&yaml, error);
  g_free (yaml.section);
  g_free (yaml.key);
  if (yaml.list)
    g_string_free (yaml.list, TRUE);
  return ok;
}

/* --------------------------------------------------------------------- ini */

static gboolean
read_ini (JsonObject *settings, const gchar *path, const gchar *content,
    GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv) groups = NULL;

  if (!g_key_file_load_from_data (
          file, content, strlen (content), G_KEY_FILE_NONE, &cause)) {
    g_set_error (
        error, NF_ERROR, NF_ERROR_FORMAT, "%s: %s", path, cause->message);
    return FALSE;
  }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i]; i++) {
    g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

    for (guint k = 0; is_of_network (groups[i]) && keys && keys[k]; k++) {
      g_autofree gchar *text =
          g_key_file_get_value (file, groups[i], keys[k], NULL);
      g_autofree gchar *key = key_name (keys[k], strlen (keys[k]));

      if (!add (settings, path, key, text, error))
        return FALSE;
    }
  }
  return TRUE;
}

/* -------------------------------------------------------------------- both */

gboolean
nf_settings_read (JsonObject *settings, const gchar *path, GError **error)
{
  g_autoptr (GBytes) bytes = nf_file_read (path, G_MAXSIZE, NULL, error);
  g_autofree gchar *content = NULL;
  const gchar *start;
  gsize length;

  if (!bytes)
    return FALSE;
  start = g_bytes_get_data (bytes, &length); /* NULL: an empty file */
  content = g_strndup (start ? start : "", length);
  if (!g_utf8_validate (content, -1, NULL)) {
    g_set_error (
        error, NF_ERROR, NF_ERROR_FORMAT, "%s: is no text in UTF-8", path);
    return FALSE;
  }
  if (g_str_has_suffix (path, ".ini"))
    return read_ini (settings, path, content, error);
  if (g_str_has_suffix (path, ".yml") || g_str_has_suffix (path, ".yaml"))
    return read_yaml (settings, path, content, error);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected a configuration that is named .yml, .yaml or .ini", path);
  return FALSE;
}

gboolean
nf_settings_set (JsonObject *settings, const gchar *assignment, GError **error)
{
  const gchar *equals = strchr (assignment, '=');
  g_autofree gchar *key = NULL;

  if (!equals || equals == assignment) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "--set %s: expected KEY=VALUE", assignment);
    return FALSE;
  }
  key = key_name (assignment, (gsize) (equals - assignment));
  json_object_set_member (settings, key, value_node (equals + 1));
  return TRUE;
}
