/* SPDX-License-Identifier: MIT
 *
 * nfnetconfig — reading a network's configuration from JSON, strictly */
#include "nets/nfnetconfig.h"

/**
 * nf_net_config_start:
 * @reader: (out): to be ended by nf_net_config_finish()
 * @json: the configuration; stays the caller's
 * @what: the network's name, for messages
 */
void
nf_net_config_start (NfNetConfig *reader, JsonObject *json, const gchar *what)
{
  reader->json = json;
  reader->what = what;
  reader->read = g_hash_table_new (g_str_hash, g_str_equal);
  reader->problem = NULL;
}

/**
 * nf_net_config_problem:
 *
 * Keeps this message, unless an earlier one is kept.
 */
void
nf_net_config_problem (NfNetConfig *reader, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (reader->problem != NULL)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (&reader->problem, NF_ERROR, NF_ERROR_INVALID,
      "configuration of %s: %s", reader->what, text);
}

/**
 * nf_net_config_finish:
 *
 * Returns: FALSE with @error set to the first problem, or to the first key
 *   that was never asked for
 */
gboolean
nf_net_config_finish (NfNetConfig *reader, GError **error)
{
  g_autoptr (GList) keys = json_object_get_members (reader->json);

  for (GList *l = keys; l != NULL; l = l->next)
    if (!g_hash_table_contains (reader->read, l->data))
      nf_net_config_problem (reader,
          "unknown key %s; this version does not "
          "know what it means",
          (const gchar *) l->data);
  g_hash_table_unref (reader->read);
  if (reader->problem == NULL)
    return TRUE;
  g_propagate_error (error, reader->problem);
  return FALSE;
}

/* the value of a key, marked as read; NULL where absent */
static JsonNode *
lookup (NfNetConfig *reader, const gchar *key)
{
  g_hash_table_add (reader->read, (gpointer) key);
  return json_object_get_member (reader->json, key);
}

static gboolean
is_number (JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  return JSON_NODE_HOLDS_VALUE (node)
      && (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE);
}

static gboolean
is_integer (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_INT64;
}

void
nf_net_config_int (
    NfNetConfig *reader, const gchar *key, gint lo, gint hi, gint *value)
{
  JsonNode *node = lookup (reader, key);

  if (node == NULL)
    return;
  if (is_integer (node) && json_node_get_int (node) >= lo
      && json_node_get_int (node) <= hi)
    *value = (gint) json_node_get_int (node);
  else
    nf_net_config_problem (
        reader, "%s must be an integer from %d to %d", key, lo, hi);
}

void
nf_net_config_double (NfNetConfig *reader, const gchar *key, gdouble lo,
    gdouble hi, gdouble *value)
{
  JsonNode *node = lookup (reader, key);

  if (node == NULL)
    return;
  if (is_number (node) && json_node_get_double (node) >= lo
      && json_node_get_double (node) <= hi)
    *value = json_node_get_double (node);
  else
    nf_net_config_problem (
        reader, "%s must be a number from %g to %g", key, lo, hi);
}

void
nf_net_config_bool (NfNetConfig *reader, const gchar *key, gboolean *value)
{
  JsonNode *node = lookup (reader, key);

  if (node == NULL)
    return;
  if (JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    *value = json_node_get_boolean (node);
  else
    nf_net_config_problem (reader, "%s must be true or false", key);
}

/**
 * nf_net_config_text:
 *
 * Returns: (transfer none): the text of @key, or @fallback
 */
const gchar *
nf_net_config_text (
    NfNetConfig *reader, const gchar *key, const gchar *fallback)
{
  JsonNode *node = lookup (reader, key);

  if (node == NULL)
    return fallback;
  if (JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  nf_net_config_problem (reader, "%s must be a text", key);
  return fallback;
}

/**
 * nf_net_config_ints:
 * @most: room in @values
 * @values: (inout): at most @most integers from @lo to @hi
 * @n: (inout): how many
 *
 * A single integer counts as a list of one.
 */
void
nf_net_config_ints (NfNetConfig *reader, const gchar *key, gint lo, gint hi,
    guint most, gint *values, guint *n)
{
  JsonNode *node = lookup (reader, key);
  JsonArray *array;

  if (node == NULL)
    return;
  if (is_integer (node)) {
    nf_net_config_int (reader, key, lo, hi, values);
    *n = 1;
    return;
  }
  array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  if (array == NULL || json_array_get_length (array) > most) {
    nf_net_config_problem (
        reader, "%s must be a list of at most %u integers", key, most);
    return;
  }
  *n = json_array_get_length (array);
  for (guint i = 0; i < *n; i++) {
    JsonNode *item = json_array_get_element (array, i);

    if (is_integer (item) && json_node_get_int (item) >= lo
        && json_node_get_int (item) <= hi)
      values[i] = (gint) json_node_get_int (item);
    else
      nf_net_config_problem (
          reader, "%s must hold integers from %d to %d", key, lo, hi);
  }
}

void
nf_net_config_doubles (
    NfNetConfig *reader, const gchar *key, guint n, gdouble *values)
{
  JsonNode *node = lookup (reader, key);
  JsonArray *array;
  gboolean ok;

  if (node == NULL)
    return;
  array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  ok = array != NULL && json_array_get_length (array) == n;
  for (guint i = 0; ok && i < n; i++) {
    ok = is_number (json_array_get_element (array, i));
    if (ok)
      values[i] = json_array_get_double_element (array, i);
  }
  if (!ok)
    nf_net_config_problem (reader, "%s must be a list of %u numbers", key, n);
}

/**
 * nf_net_config_int_array:
 *
 * Returns: (transfer full): the values as a JSON array
 */
JsonArray *
nf_net_config_int_array (const gint *values, guint n)
{
  JsonArray *array = json_array_sized_new (n);

  for (guint i = 0; i < n; i++)
    json_array_add_int_element (array, values[i]);
  return array;
}
