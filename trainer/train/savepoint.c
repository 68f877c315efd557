/* SPDX-License-Identifier: MIT
 *
 * savepoint — checkpoints of a run, each with the state to go on from it */
#include "train/savepoint.h"
#include <nextframe/io/nfcheckpoint.h>

#include <glib/gstdio.h>

#define SUFFIX ".safetensors"
#define FINAL "final" SUFFIX
#define BEST "best" SUFFIX
#define DAMAGED ".damaged" /* behind the name of a file that cannot be used */

static gchar *
file_path (const NfSavepoints *points, const gchar *kind, guint64 step)
{
  return g_strdup_printf (
      "%s/%s-%08" G_GUINT64_FORMAT SUFFIX, points->run, kind, step);
}

/* The step in the name of a state; G_MAXUINT64 for other names. */
static guint64
state_step (const NfSavepoints *points, const gchar *name)
{
  g_autofree gchar *path = NULL, *found = NULL;
  guint64 step;

  if (!g_str_has_prefix (name, "state-"))
    return G_MAXUINT64;
  step = g_ascii_strtoull (name + 6, NULL, 10);
  path = file_path (points, "state", step);
  found = g_build_filename (points->run, name, NULL);
  return g_str_equal (path, found) ? step : G_MAXUINT64;
}

static gint
newest_first (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x < y) - (x > y);
}

/* The steps that have a state, newest first. */
static GArray *
list_states (const NfSavepoints *points, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (points->run, 0, error);
  const gchar *name;
  GArray *steps;

  if (!dir)
    return NULL;
  steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  while ((name = g_dir_read_name (dir))) {
    guint64 step = state_step (points, name);

    if (step != G_MAXUINT64)
      g_array_append_val (steps, step);
  }
  g_array_sort (steps, newest_first);
  return steps;
}

static gboolean
has_checkpoint (const NfSavepoints *points, guint64 step)
{
  g_autofree gchar *path = file_path (points, "checkpoint", step);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

/* The steps that have a state and a checkpoint, newest first. */
static GArray *
list_steps (const NfSavepoints *points, GError **error)
{
  GArray *steps = list_states (points, error);

  for (guint i = steps ? steps->len : 0; i-- > 0;)
    if (!has_checkpoint (points, g_array_index (steps, guint64, i)))
      g_array_remove_index (steps, i);
  return steps;
}

static void
remove_file (const NfSavepoints *points, const gchar *kind, guint64 step)
{
  g_autofree gchar *path = file_path (points, kind, step);

  g_unlink (path);
}

/* Removes savepoints until the newest @keep are left. */
static gboolean
prune (const NfSavepoints *points, guint keep, guint *n_removed, GError **error)
{
  g_autoptr (GArray) steps = list_steps (points, error);

  *n_removed = 0;
  if (!steps)
    return FALSE;
  for (guint i = keep; i < steps->len; i++) {
    guint64 step = g_array_index (steps, guint64, i);

    remove_file (points, "checkpoint", step);
    remove_file (points, "state", step);
    ++*n_removed;
  }
  return TRUE;
}

/**
 * nf_savepoint_clean:
 * @points: where; nobody else writes there
 * @error: return location
 *
 * Removes states without a checkpoint, which a run leaves that is killed while
 * it saves.
 */
gboolean
nf_savepoint_clean (const NfSavepoints *points, GError **error)
{
  g_autoptr (GArray) steps = list_states (points, error);

  for (guint i = 0; steps && i < steps->len; i++) {
    guint64 step = g_array_index (steps, guint64, i);

    if (!has_checkpoint (points, step))
      remove_file (points, "state", step);
  }
  return steps != NULL;
}

static gboolean
write_checkpoint (const NfSavepoints *points, const NfTrainState *state,
    const gchar *path, NfSafetensorsDType type, GError **error)
{
  gchar loss[G_ASCII_DTOSTR_BUF_SIZE];

  g_hash_table_insert (points->facts, g_strdup ("step"),
      g_strdup_printf ("%" G_GUINT64_FORMAT, state->step));
  g_hash_table_insert (points->facts, g_strdup ("loss"),
      g_strdup (g_ascii_dtostr (loss, sizeof loss, state->loss)));
  return nf_checkpoint_save (path, points->arch, points->config, points->facts,
      state->params, type, points->ema, error);
}

/**
 * nf_savepoint_write_state:
 * @points: where and what
 * @state: the run as it stands; its savepoint is there
 * @error: return location
 *
 * Writes the state again, with what has been learnt since about the same step.
 */
gboolean
nf_savepoint_write_state (
    const NfSavepoints *points, const NfTrainState *state, GError **error)
{
  g_autofree gchar *path = file_path (points, "state", state->step);

  return nf_train_state_save (state, path, error);
}

/* Writes both files, or none of them. */
static gboolean
write_pair (
    const NfSavepoints *points, const NfTrainState *state, GError **error)
{
  g_autofree gchar *checkpoint = file_path (points, "checkpoint", state->step);
  const gboolean was_there = has_checkpoint (points, state->step);

  if (!nf_savepoint_write_state (points, state, error))
    return FALSE;
  if (write_checkpoint (points, state, checkpoint, NF_SAFETENSORS_F32, error))
    return TRUE;
  if (!was_there)
    remove_file (points, "state", state->step);
  return FALSE;
}

/**
 * nf_savepoint_write:
 * @points: where and what
 * @state: the run as it stands
 * @error: return location
 *
 * Writes the savepoint of the state's step and removes those that are too many.
 * Where there is no room for it, those that would then be too many go first,
 * but never the newest one.
 */
gboolean
nf_savepoint_write (
    const NfSavepoints *points, const NfTrainState *state, GError **error)
{
  g_autoptr (GError) cause = NULL;
  guint n_removed;

  if (write_pair (points, state, &cause))
    return prune (points, points->keep, &n_removed, error);
  if (g_error_matches (cause, NF_ERROR, NF_ERROR_IO)
      && prune (points, MAX (points->keep, 2) - 1, &n_removed, NULL)
      && n_removed > 0)
    return write_pair (points, state, error);
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/**
 * nf_savepoint_write_final:
 * @points: where and what
 * @state: the run at its end
 * @error: return location
 *
 * Writes final.safetensors, the checkpoint that a finished run is for.
 */
gboolean
nf_savepoint_write_final (
    const NfSavepoints *points, const NfTrainState *state, GError **error)
{
  g_autofree gchar *path = g_build_filename (points->run, FINAL, NULL);

  return write_checkpoint (points, state, path, points->final_type, error);
}

/**
 * nf_savepoint_write_best:
 * @points: where and what
 * @state: the run as it stands
 * @name: of the fact that makes it the best
 * @value: of that fact
 * @error: return location
 *
 * Writes best.safetensors, which notes that fact as well.
 */
gboolean
nf_savepoint_write_best (const NfSavepoints *points, const NfTrainState *state,
    const gchar *name, gdouble value, GError **error)
{
  g_autofree gchar *path = g_build_filename (points->run, BEST, NULL);
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean ok;

  g_hash_table_insert (points->facts, g_strdup (name),
      g_strdup (g_ascii_dtostr (text, sizeof text, value)));
  ok = write_checkpoint (points, state, path, points->final_type, error);
  g_hash_table_remove (points->facts, name);
  return ok;
}

static gboolean
read_savepoint (const NfSavepoints *points, guint64 step, NfTrainState *state,
    GError **error)
{
  g_autofree gchar *path = file_path (points, "checkpoint", step);
  g_autofree gchar *rest = file_path (points, "state", step);
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);
  const gchar *loss;

  if (!checkpoint)
    return FALSE;
  if (!g_str_equal (nf_checkpoint_arch (checkpoint), points->arch)) {
    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: expected a checkpoint of %s, found one of %s", path, points->arch,
        nf_checkpoint_arch (checkpoint));
    return FALSE;
  }
  if (!nf_checkpoint_load_params (checkpoint, state->params, error)
      || (points->ema && !nf_params_start_ema (state->params, error))
      || !nf_train_state_load (state, rest, error))
    return FALSE;
  loss = nf_checkpoint_fact (checkpoint, "loss");
  state->loss = loss ? g_ascii_strtod (loss, NULL) : 0;
  if (state->step == step)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected the state of step %" G_GUINT64_FORMAT ", found that of "
      "step %" G_GUINT64_FORMAT,
      rest, step, state->step);
  return FALSE;
}

/* Puts a savepoint that cannot be used out of the way, and reports it. */
static void
set_aside (const NfSavepoints *points, guint64 step, const gchar *why,
    GString *warnings)
{
  static const gchar *const kinds[] = { "checkpoint", "state" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree gchar *path = file_path (points, kinds[i], step);
    g_autofree gchar *aside = g_strconcat (path, DAMAGED, NULL);

    g_rename (path, aside);
  }
  g_string_append_printf (warnings,
      "%swarning: the savepoint of step %" G_GUINT64_FORMAT
      " cannot be used and is called NAME" DAMAGED " now; the run goes on from "
      "the one before (%s)",
      warnings->len > 0 ? "\n" : "", step, why);
}

/* The place in @steps of the newest savepoint that can be read; steps->len where
 * there is none. Tells why the newest one cannot be read. */
static guint
read_any (const NfSavepoints *points, GArray *steps, NfTrainState *state,
    GPtrArray *reasons, GError **error)
{
  for (guint i = 0; i < steps->len; i++) {
    g_autoptr (GError) cause = NULL;

    if (read_savepoint (
            points, g_array_index (steps, guint64, i), state, &cause))
      return i;
    g_ptr_array_add (reasons, g_strdup (cause->message));
    if (!nf_has_failed (error))
      g_propagate_error (error, g_error_copy (cause));
    if (!g_error_matches (cause, NF_ERROR, NF_ERROR_FORMAT))
      break;
  }
  return steps->len;
}

/**
 * nf_savepoint_read_newest:
 * @points: where and what
 * @state: of a new run; filled, and its parameters with it
 * @warnings: (out) (transfer full) (nullable): lines about savepoints that could
 *   not be used
 * @error: return location
 *
 * Reads the newest savepoint. Where its files are damaged, they are put aside
 * and the one before is read.
 */
gboolean
nf_savepoint_read_newest (const NfSavepoints *points, NfTrainState *state,
    gchar **warnings, GError **error)
{
  g_autoptr (GArray) steps = list_steps (points, error);
  g_autoptr (GPtrArray) reasons = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) cause = NULL;
  guint found;

  *warnings = NULL;
  if (!steps)
    return FALSE;
  if (steps->len == 0) {
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "%s: expected checkpoint-STEP" SUFFIX " with state-STEP" SUFFIX
        " to resume from, found none; begin a new run",
        points->run);
    return FALSE;
  }
  found = read_any (points, steps, state, reasons, &cause);
  if (found == steps->len) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  for (guint i = 0; i < found; i++)
    set_aside (
        points, g_array_index (steps, guint64, i), reasons->pdata[i], text);
  if (text->len > 0)
    *warnings = g_strdup (text->str);
  return TRUE;
}
