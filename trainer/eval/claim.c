/* SPDX-License-Identifier: MIT
 *
 * claim — what a folder was made for, so that nothing else goes into it */
#include "eval/claim.h"
#include "io/nffile.h"
#include "io/nfjson.h"
#include "parallel/share.h"

#include <string.h>

static gchar *
value_text (JsonObject *json, const gchar *name)
{
  JsonNode *node = json_object_get_member (json, name);

  return node ? json_to_string (node, FALSE) : g_strdup ("not given");
}

/* Adds what differs of the members of @names. */
static void
compare_members (
    GString *differs, const GList *names, JsonObject *then, JsonObject *now)
{
  for (const GList *l = names; l; l = l->next) {
    g_autofree gchar *a = value_text (then, l->data);
    g_autofree gchar *b = value_text (now, l->data);
    g_autofree gchar *text = g_strdup_printf (
        "%s was %s and is %s now", (const gchar *) l->data, a, b);

    if (!g_str_equal (a, b) && !strstr (differs->str, text))
      g_string_append_printf (differs, "%s%s", differs->len ? ", " : "", text);
  }
}

/* Whether the folder is of the same job. */
static gboolean
check_settings (const gchar *path, JsonObject *settings, GError **error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (JsonObject) then = NULL;
  g_autoptr (GError) cause = NULL;
  g_autoptr (GList) old_names = NULL;
  g_autoptr (GList) new_names = NULL;
  g_autoptr (GString) differs = g_string_new (NULL);

  if (g_file_get_contents (path, &text, NULL, &cause))
    then = nf_json_parse_object (text, NF_EVAL_SETTINGS, &cause);
  if (!then) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: not readable as what was made there: %s; choose another --out",
        path, cause->message);
    return FALSE;
  }
  old_names = json_object_get_members (then);
  new_names = json_object_get_members (settings);
  compare_members (differs, new_names, then, settings);
  compare_members (differs, old_names, then, settings);
  if (differs->len == 0)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "%s: something else was made there: %s; give the same options to go "
      "on, or another --out",
      path, differs->str);
  return FALSE;
}

/* Whether nothing but hidden files, parts of the same job and what these made is
 * in the folder. */
static gboolean
check_empty (const gchar *folder, const gchar *program, const gchar *of_parts,
    GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autofree gchar *foreign = NULL;
  gboolean has_parts = FALSE, has_theirs = FALSE;
  const gchar *name;

  if (!dir)
    return FALSE;
  while (!foreign && (name = g_dir_read_name (dir))) {
    if (g_str_has_prefix (name, NF_SHARE_PREFIX))
      has_parts = TRUE;
    else if (g_strcmp0 (name, of_parts) == 0)
      has_theirs = TRUE;
    else if (name[0] != '.')
      foreign = g_strdup (name);
  }
  if (!foreign && has_theirs && !has_parts)
    foreign = g_strdup (of_parts);
  if (!foreign)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_IO,
      "%s: holds %s, but no " NF_EVAL_SETTINGS " that says it is of %s; "
      "choose a new or empty folder for --out",
      folder, foreign, program);
  return FALSE;
}

/**
 * nf_eval_claim:
 * @folder: a folder that the caller has locked
 * @program: what messages call programs that write there
 * @settings: all that decides what is made there
 * @of_parts: (nullable): what parts of the job write there beside their folders
 * @error: return location; says what differs or is in the way
 *
 * Whether the folder is of the job of these settings, or is empty and of that
 * job from now on.
 */
gboolean
nf_eval_claim (const gchar *folder, const gchar *program, JsonObject *settings,
    const gchar *of_parts, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, NF_EVAL_SETTINGS, NULL);
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GBytes) content = NULL;
  gchar *text;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return check_settings (path, settings, error);
  if (!check_empty (folder, program, of_parts, error))
    return FALSE;
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, settings);
  text = json_to_string (node, TRUE);
  content = g_bytes_new_take (text, strlen (text));
  return nf_file_replace (path, content, error);
}
