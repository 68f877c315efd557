/* SPDX-License-Identifier: MIT
 *
 * state — the folder of an evaluation, which continues where it stopped */
#define _GNU_SOURCE /* getline() */
#include "eval/state.h"
#include "eval/journal.h"
#include "io/nffile.h"
#include "io/nfjson.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTINGS "settings.json"
#define JOURNAL "clips.jsonl"
#define PROGRAM "nextframe-train eval"
#define SYNC_INTERVAL (5 * G_USEC_PER_SEC)

struct _NfEvalState
{
  gchar *folder;
  int lock; /* of the folder */
  gchar *path; /* of the journal */
  FILE *journal;
  gint64 synced; /* when, microseconds */
};

/* ------------------------------------------------------------------ settings */

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

/* Whether the folder is of the same evaluation. */
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
    then = nf_json_parse_object (text, SETTINGS, &cause);
  if (!then) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: not readable as what was evaluated: %s; choose another --out",
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
      "%s: something else was evaluated there: %s; give the same options to go "
      "on, or another --out",
      path, differs->str);
  return FALSE;
}

/* Whether nothing but hidden files is in the folder. */
static gboolean
check_empty (const gchar *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  const gchar *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir))) {
    if (name[0] == '.')
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_IO,
        "%s: holds %s, but no " SETTINGS " that says it is of " PROGRAM
        "; choose a new or empty folder for --out",
        folder, name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
claim (NfEvalState *state, JsonObject *settings, GError **error)
{
  g_autofree gchar *path = g_build_filename (state->folder, SETTINGS, NULL);
  g_autoptr (JsonNode) node = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return check_settings (path, settings, error);
  if (!check_empty (state->folder, error))
    return FALSE;
  node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, settings);
  return nf_eval_state_write (
      state, SETTINGS, json_to_string (node, TRUE), error);
}

/**
 * nf_eval_state_open:
 * @folder: where the evaluation is kept; made where it is not there
 * @settings: all that decides the figures of a clip
 * @error: return location; says what differs or is in the way
 *
 * Returns: (transfer full) (nullable): the folder, held against other programs
 */
NfEvalState *
nf_eval_state_open (const gchar *folder, JsonObject *settings, GError **error)
{
  g_autoptr (NfEvalState) state = g_new0 (NfEvalState, 1);

  state->folder = g_strdup (folder);
  state->path = g_build_filename (folder, JOURNAL, NULL);
  state->lock = nf_file_lock_folder (folder, PROGRAM, error);
  if (state->lock < 0 || !claim (state, settings, error))
    return NULL;
  nf_file_remove_leftovers (folder);
  return g_steal_pointer (&state);
}

/**
 * nf_eval_state_free:
 * @state: (transfer full) (nullable): a folder that others may now write to
 */
void
nf_eval_state_free (NfEvalState *state)
{
  if (!state)
    return;
  if (state->journal)
    fclose (state->journal);
  if (state->lock >= 0)
    close (state->lock);
  g_free (state->path);
  g_free (state->folder);
  g_free (state);
}

/* ------------------------------------------------------------------- journal */

/* Takes the clips that are in the journal, up to @most; @good is where the last
 * whole line ends. A line that a killed program did not finish has no end. */
static gboolean
replay_lines (FILE *file, const gchar *path, guint most, const GPtrArray *rows,
    GPtrArray *marks, NfEvalReplay replay, gpointer data, gint64 *good,
    GError **error)
{
  gchar *line = NULL;
  gsize room = 0;
  gssize length;
  guint number = 0;
  gboolean ok = TRUE;

  *good = 0;
  while (ok && (length = getline (&line, &room, file)) > 0
      && line[length - 1] == '\n') {
    g_autofree gchar *name = NULL;

    *good += length;
    if (number >= most)
      continue;
    ok = nf_eval_journal_parse (line, rows, marks, &name, error)
        && replay (data, number, name, marks, error);
    number++;
  }
  free (line);
  if (!ok)
    g_prefix_error (error,
        "%s, line %u: not a clip of this evaluation (delete the file to begin "
        "anew): ",
        path, number);
  return ok;
}

/**
 * nf_eval_state_replay:
 * @state: a folder, before clips are added
 * @most: clips that are wanted; more than that stay where they are
 * @rows: (element-type NfEvalRow): rows
 * @marks: (element-type NfEvalMarks): a place for each row's marks
 * @replay: called for every clip that is done
 * @data: given to it
 * @error: return location
 */
gboolean
nf_eval_state_replay (NfEvalState *state, guint most, const GPtrArray *rows,
    GPtrArray *marks, NfEvalReplay replay, gpointer data, GError **error)
{
  gint64 good = 0;
  FILE *file = g_fopen (state->path, "re");
  gboolean ok = TRUE;

  if (file) {
    ok = replay_lines (
        file, state->path, most, rows, marks, replay, data, &good, error);
    if (ferror (file) && ok)
      ok = nf_file_fail (state->path, "read", error);
    fclose (file);
  } else if (errno != ENOENT)
    ok = nf_file_fail (state->path, "read", error);
  if (!ok)
    return FALSE;
  state->journal = g_fopen (state->path, "ae");
  if (!state->journal || ftruncate (fileno (state->journal), good) != 0)
    return nf_file_fail (state->path, "write", error);
  return TRUE;
}

/**
 * nf_eval_state_sync:
 * @state: a folder, after nf_eval_state_replay()
 * @error: return location
 *
 * Sees to it that all clips are on the disk.
 */
gboolean
nf_eval_state_sync (NfEvalState *state, GError **error)
{
  if (fflush (state->journal) != 0 || fsync (fileno (state->journal)) != 0)
    return nf_file_fail (state->path, "write", error);
  state->synced = g_get_monotonic_time ();
  return TRUE;
}

/**
 * nf_eval_state_add:
 * @state: a folder, after nf_eval_state_replay()
 * @name: of the clip that was done
 * @rows: (element-type NfEvalRow): rows
 * @marks: (element-type NfEvalMarks): what each has
 * @error: return location
 *
 * The clip is with the system at once, and on the disk within seconds.
 */
gboolean
nf_eval_state_add (NfEvalState *state, const gchar *name, const GPtrArray *rows,
    const GPtrArray *marks, GError **error)
{
  g_autofree gchar *line = nf_eval_journal_line (name, rows, marks);

  if (fputs (line, state->journal) < 0 || fflush (state->journal) != 0)
    return nf_file_fail (state->path, "write", error);
  return g_get_monotonic_time () - state->synced < SYNC_INTERVAL
      || nf_eval_state_sync (state, error);
}

/**
 * nf_eval_state_write:
 * @state: a folder
 * @name: of a file in it
 * @text: (transfer full): what it is to hold
 * @error: return location
 *
 * Writes a file, which is whole or as it was before.
 */
gboolean
nf_eval_state_write (
    NfEvalState *state, const gchar *name, gchar *text, GError **error)
{
  g_autofree gchar *path = g_build_filename (state->folder, name, NULL);
  g_autoptr (GBytes) content = g_bytes_new_take (text, strlen (text));

  return nf_file_replace (path, content, error);
}
