/* SPDX-License-Identifier: MIT
 *
 * inspect — the subcommand that prints what is in a checkpoint
 *
 * Any safetensors file will do; one of ours has an architecture, a
 * configuration and facts. Sibling: kernels/io/nfsafetensors.c */
#include "inspect.h"
#include <nextframe/io/nfsafetensors.h>

#include <json-glib/json-glib.h>
#include <string.h>

#define PREFIX "nextframe."

/* Text of a file, safe on a terminal: control characters become '?'. */
static gchar *
printable (const gchar *text)
{
  gchar *copy = g_utf8_make_valid (text, -1);

  for (gchar *c = copy; *c; c++)
    if (g_ascii_iscntrl (*c))
      *c = '?';
  return copy;
}

/* JSON objects, a member a line; other text as it is. */
static void
append_value (GString *out, const gchar *text)
{
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (GList) names = NULL;
  JsonObject *object;

  if (!node || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_autofree gchar *line = printable (text);

    g_string_append_printf (out, " %s\n", line);
    return;
  }
  g_string_append_c (out, '\n');
  object = json_node_get_object (node);
  names = json_object_get_members (object);
  for (GList *l = names; l; l = l->next) {
    g_autofree gchar *value =
        json_to_string (json_object_get_member (object, l->data), FALSE);
    g_autofree gchar *name = printable (l->data);
    g_autofree gchar *line = printable (value);

    g_string_append_printf (out, "  %-18s %s\n", name, line);
  }
}

static void
append_metadata (GString *out, const NfSafetensors *file)
{
  for (guint i = 0; i < nf_safetensors_metadata_count (file); i++) {
    const gchar *key = nf_safetensors_metadata_key (file, i);
    g_autofree gchar *name = printable (
        g_str_has_prefix (key, PREFIX) ? key + strlen (PREFIX) : key);

    g_string_append_printf (out, "%s:", name);
    append_value (out, nf_safetensors_metadata (file, key));
  }
}

static void
append_tensors (GString *out, const NfSafetensors *file)
{
  gsize elements = 0, bytes = 0;
  gint width = 0;

  for (guint i = 0; i < nf_safetensors_count (file); i++) {
    const NfSafetensorsEntry *entry = nf_safetensors_index (file, i);

    elements += entry->elements;
    bytes += entry->bytes;
    width = MAX (width, (gint) strlen (entry->name));
  }
  g_string_append_printf (out,
      "tensors: %u, %" G_GSIZE_FORMAT " elements, %.1f MiB\n",
      nf_safetensors_count (file), elements, bytes / 1048576.0);
  for (guint i = 0; i < nf_safetensors_count (file); i++) {
    const NfSafetensorsEntry *entry = nf_safetensors_index (file, i);
    g_autofree gchar *shape =
        nf_safetensors_shape_string (entry->shape, entry->rank);
    g_autofree gchar *name = printable (entry->name);

    g_string_append_printf (out, "  %-*s %-5s %s\n", width, name,
        nf_safetensors_dtype_name (entry->dtype), shape);
  }
}

/**
 * nf_inspect_file:
 * @path: a safetensors file
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a description of its content, in lines
 */
gchar *
nf_inspect_file (const gchar *path, GError **error)
{
  g_autoptr (NfSafetensors) file = nf_safetensors_open (path, error);
  GString *out;

  if (!file)
    return NULL;
  out = g_string_new (NULL);
  append_metadata (out, file);
  append_tensors (out, file);
  return g_string_free (out, FALSE);
}

/**
 * nf_inspect_main:
 * @argc: words in @argv
 * @argv: the command line from the subcommand's name on
 * @error: return location
 *
 * Prints what is in each file named.
 */
gboolean
nf_inspect_main (gint argc, gchar **argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE...");
  g_autoptr (GError) cause = NULL;

  g_option_context_set_summary (context,
      "Prints a checkpoint's network, configuration, facts and tensors.");
  if (!g_option_context_parse (context, &argc, &argv, &cause)) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, cause->message);
    return FALSE;
  }
  if (argc < 2) {
    g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID,
        "which checkpoint? Give one or more FILEs");
    return FALSE;
  }
  for (gint i = 1; i < argc; i++) {
    g_autofree gchar *text = nf_inspect_file (argv[i], error);

    if (!text)
      return FALSE;
    g_print ("%s%s\n%s", i > 1 ? "\n" : "", argv[i], text);
  }
  return TRUE;
}
