/* SPDX-License-Identifier: MIT
 *
 * savepoint — checkpoints of a run, each with the state to go on from it */
#include "train/savepoint.h"
#include "io/nfcheckpoint.h"

#include <glib/gstdio.h>

#define SUFFIX ".safetensors"
#define FINAL "final" SUFFIX
#define BEST "best" SUFFIX

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

/* The steps that have a state and a checkpoint, newest first. */
static GArray *
list_steps (const NfSavepoints *points, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (points->run, 0, error);
  const gchar *name;
  GArray *steps;

  if (!dir)
    return NULL;
  steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  while ((name = g_dir_read_name (dir))) {
    guint64 step = state_step (points, name);
    g_autofree gchar *checkpoint = file_path (points, "checkpoint", step);

    if (step != G_MAXUINT64 && g_file_test (checkpoint, G_FILE_TEST_EXISTS))
      g_array_append_val (steps, step);
  }
  g_array_sort (steps, newest_first);
  return steps;
}

static gboolean
prune (const NfSavepoints *points, GError **error)
{
  g_autoptr (GArray) steps = list_steps (points, error);

  if (!steps)
    return FALSE;
  for (guint i = points->keep; i < steps->len; i++) {
    guint64 step = g_array_index (steps, guint64, i);
    g_autofree gchar *state = file_path (points, "state", step);
    g_autofree gchar *checkpoint = file_path (points, "checkpoint", step);

    g_unlink (state);
    g_unlink (checkpoint);
  }
  return TRUE;
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
 * nf_savepoint_write:
 * @points: where and what
 * @state: the run as it stands
 * @error: return location
 *
 * Writes the savepoint of the state's step and removes those that are too many.
 */
gboolean
nf_savepoint_write (
    const NfSavepoints *points, const NfTrainState *state, GError **error)
{
  g_autofree gchar *checkpoint = file_path (points, "checkpoint", state->step);
  g_autofree gchar *path = file_path (points, "state", state->step);

  return write_checkpoint (points, state, checkpoint, NF_SAFETENSORS_F32, error)
      && nf_train_state_save (state, path, error) && prune (points, error);
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

/**
 * nf_savepoint_read_newest:
 * @points: where and what
 * @state: of a new run; filled, and its parameters with it
 * @error: return location
 */
gboolean
nf_savepoint_read_newest (
    const NfSavepoints *points, NfTrainState *state, GError **error)
{
  g_autoptr (GArray) steps = list_steps (points, error);

  if (!steps)
    return FALSE;
  if (steps->len > 0)
    return read_savepoint (
        points, g_array_index (steps, guint64, 0), state, error);
  g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
      "%s: expected checkpoint-STEP" SUFFIX " with state-STEP" SUFFIX
      " to resume from, found none; begin a new run",
      points->run);
  return FALSE;
}
