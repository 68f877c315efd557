/* SPDX-License-Identifier: MIT
 *
 * state — the folder of an evaluation, which continues where it stopped */
#include "eval/state.h"
#include "eval/claim.h"
#include "eval/journal.h"
#include "eval/lines.h"
#include "io/nffile.h"

#include <string.h>
#include <unistd.h>

#define JOURNAL "clips.jsonl"
#define PROGRAM "nextframe-train eval"

struct _NfEvalState
{
  gchar *folder;
  int lock; /* of the folder */
  gchar *path; /* of the journal */
  NfEvalLines *journal;
  GHashTable *shared; /* (utf8, utf8): names of clips that parts have, and their
                         lines */
};

/* What lines are read for. */
typedef struct
{
  guint most; /* clips that are wanted */
  const GPtrArray *rows;
  GPtrArray *marks;
  NfEvalReplay replay;
  gpointer data;
  GHashTable *shared;
} Reading;

static gboolean
keep_line (gpointer data, guint number, const gchar *line, GError **error)
{
  Reading *reading = data;
  gchar *name;

  if (!nf_eval_journal_parse (
          line, reading->rows, reading->marks, &name, error))
    return FALSE;
  g_hash_table_replace (reading->shared, name, g_strdup (line));
  return TRUE;
}

/* Reads what a part of the job has done; it is of the same job, and does not go
 * on meanwhile. */
static gboolean
read_share (
    const gchar *folder, JsonObject *settings, Reading *reading, GError **error)
{
  g_autofree gchar *path = g_build_filename (folder, JOURNAL, NULL);
  int lock = nf_file_lock_folder (folder, PROGRAM, error);
  gint64 good;
  gboolean ok = lock >= 0
      && nf_eval_claim (folder, PROGRAM, settings, NULL, error)
      && nf_eval_lines_read (path, keep_line, reading, &good, error);

  if (lock >= 0)
    close (lock);
  return ok;
}

/* Reads what parts of the job have done. */
static gboolean
read_shares (NfEvalState *state, JsonObject *settings, const GPtrArray *rows,
    GPtrArray *marks, GError **error)
{
  g_autoptr (GPtrArray) folders = nf_share_folders (state->folder, error);
  Reading reading = { .rows = rows, .marks = marks, .shared = state->shared };

  for (guint i = 0; folders && i < folders->len; i++)
    if (!read_share (folders->pdata[i], settings, &reading, error))
      return FALSE;
  return folders != NULL;
}

/**
 * nf_eval_state_open:
 * @folder: where the evaluation is kept; made where it is not there
 * @share: the part of it that is done; the folder of the whole takes the clips
 *   that parts have done
 * @settings: all that decides the figures of a clip
 * @rows: (element-type NfEvalRow): rows
 * @marks: (element-type NfEvalMarks): a place for each row's marks
 * @error: return location; says what differs or is in the way
 *
 * Returns: (transfer full) (nullable): the folder, held against other programs
 */
NfEvalState *
nf_eval_state_open (const gchar *folder, const NfShare *share,
    JsonObject *settings, const GPtrArray *rows, GPtrArray *marks,
    GError **error)
{
  g_autoptr (NfEvalState) state = g_new0 (NfEvalState, 1);

  state->folder = nf_share_folder (share, folder);
  state->path = g_build_filename (state->folder, JOURNAL, NULL);
  state->shared =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  state->lock = -1;
  /* what is refused for what parts did leaves no folder of the whole behind */
  if (!nf_share_is_part (share)
      && !read_shares (state, settings, rows, marks, error))
    return NULL;
  state->lock = nf_file_lock_folder (state->folder, PROGRAM, error);
  if (state->lock < 0
      || !nf_eval_claim (state->folder, PROGRAM, settings, NULL, error))
    return NULL;
  nf_file_remove_leftovers (state->folder);
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
  nf_eval_lines_close (state->journal);
  g_hash_table_unref (state->shared);
  if (state->lock >= 0)
    close (state->lock);
  g_free (state->path);
  g_free (state->folder);
  g_free (state);
}

static gboolean
replay_line (gpointer data, guint number, const gchar *line, GError **error)
{
  Reading *reading = data;
  g_autofree gchar *name = NULL;

  if (number >= reading->most)
    return TRUE;
  return nf_eval_journal_parse (
             line, reading->rows, reading->marks, &name, error)
      && reading->replay (reading->data, number, name, reading->marks, error);
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
  Reading reading = {
    .most = most, .rows = rows, .marks = marks, .replay = replay, .data = data
  };
  gint64 good;

  if (!nf_eval_lines_read (state->path, replay_line, &reading, &good, error))
    return FALSE;
  state->journal = nf_eval_lines_append (state->path, good, error);
  return state->journal != NULL;
}

/**
 * nf_eval_state_find:
 * @state: a folder
 * @name: of a clip
 * @rows: (element-type NfEvalRow): rows
 * @marks: (element-type NfEvalMarks): gets what each has
 * @found: (out): whether a part of the job has done that clip
 * @error: return location
 */
gboolean
nf_eval_state_find (NfEvalState *state, const gchar *name,
    const GPtrArray *rows, GPtrArray *marks, gboolean *found, GError **error)
{
  const gchar *line = g_hash_table_lookup (state->shared, name);
  g_autofree gchar *same = NULL;

  *found = line != NULL;
  return !line || nf_eval_journal_parse (line, rows, marks, &same, error);
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
  return nf_eval_lines_sync (state->journal, error);
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

  return nf_eval_lines_add (state->journal, line, error);
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
