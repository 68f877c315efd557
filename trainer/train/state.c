/* SPDX-License-Identifier: MIT
 *
 * state — what a training run needs beside the weights to go on */
#include "train/state.h"
#include <nextframe/io/nfsafetensors.h>

#include <math.h>
#include <string.h>

#define VERSION_KEY "nextframe.state"
#define VERSION "1"
#define STEP_KEY "nextframe.step"
#define DATA_KEY "nextframe.data"
/* of runs that were validated */
#define VALIDATED_KEY "nextframe.validated"
#define BEST_STEP_KEY "nextframe.best-step"
#define BEST_KEY "nextframe.best"

static void
clear_moment (gpointer tensor)
{
  if (tensor)
    nf_tensor_unref (tensor);
}

/* Adds a tensor of zeros like a parameter, or NULL where none is wanted. */
static gboolean
add_zero (
    GPtrArray *tensors, const NfParam *param, gboolean wanted, GError **error)
{
  NfTensor *zero = wanted ? nf_tensor_new_like (param->value, error) : NULL;

  g_ptr_array_add (tensors, zero);
  return !wanted || (zero && nf_tensor_zero (zero, error));
}

/**
 * nf_train_state_new:
 * @params: a network's parameters
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the state before the first step: moments
 *   of zero
 */
NfTrainState *
nf_train_state_new (NfParams *params, GError **error)
{
  g_autoptr (NfTrainState) state = g_new0 (NfTrainState, 1);

  state->params = nf_params_ref (params);
  state->m = g_ptr_array_new_with_free_func (clear_moment);
  state->v = g_ptr_array_new_with_free_func (clear_moment);
  state->held = g_ptr_array_new_with_free_func (clear_moment);
  state->sound = TRUE;
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);

    if (!add_zero (state->m, param, param->trainable, error)
        || !add_zero (state->v, param, param->trainable, error)
        || !add_zero (state->held, param, !param->trainable, error))
      return NULL;
  }
  return g_steal_pointer (&state);
}

/**
 * nf_train_state_free:
 * @state: (transfer full) (nullable): a state
 */
void
nf_train_state_free (NfTrainState *state)
{
  if (!state)
    return;
  g_clear_pointer (&state->m, g_ptr_array_unref);
  g_clear_pointer (&state->v, g_ptr_array_unref);
  g_clear_pointer (&state->held, g_ptr_array_unref);
  g_free (state->data);
  nf_params_unref (state->params);
  g_free (state);
}

/**
 * nf_train_state_hold:
 * @state: a state
 * @error: return location
 *
 * Keeps what the forward passes of a step change, such as running statistics.
 */
gboolean
nf_train_state_hold (NfTrainState *state, GError **error)
{
  for (guint i = 0; i < state->held->len; i++) {
    NfTensor *held = state->held->pdata[i];

    if (held
        && !nf_tensor_copy (
            held, nf_params_index (state->params, i)->value, error))
      return FALSE;
  }
  return TRUE;
}

/**
 * nf_train_state_go_back:
 * @state: a state whose step failed before it moved a weight
 * @error: return location
 *
 * Makes the parameters what they were at nf_train_state_hold().
 */
gboolean
nf_train_state_go_back (NfTrainState *state, GError **error)
{
  for (guint i = 0; i < state->held->len; i++) {
    NfTensor *held = state->held->pdata[i];

    if (held
        && !nf_tensor_copy (
            nf_params_index (state->params, i)->value, held, error))
      return FALSE;
  }
  return TRUE;
}

/* All tensors that make a run what it is. */
static GPtrArray *
list_tensors (const NfTrainState *state)
{
  GPtrArray *tensors = g_ptr_array_new ();

  for (guint i = 0; i < nf_params_count (state->params); i++) {
    const NfParam *param = nf_params_index (state->params, i);
    NfTensor *all[] = { param->value, param->ema, state->m->pdata[i],
      state->v->pdata[i] };

    for (guint k = 0; k < G_N_ELEMENTS (all); k++)
      if (all[k])
        g_ptr_array_add (tensors, all[k]);
  }
  return tensors;
}

/**
 * nf_train_state_tell:
 * @state: becomes that of the first process, but for what it knows of the data
 * @parallel: (nullable): a job
 * @error: return location
 */
gboolean
nf_train_state_tell (NfTrainState *state, NfParallel *parallel, GError **error)
{
  struct
  {
    guint64 step, validated, best_step;
    gdouble loss, best;
  } facts = { state->step, state->validated, state->best_step, state->loss,
    state->best };
  g_autoptr (GPtrArray) tensors = list_tensors (state);

  nf_parallel_broadcast (parallel, &facts, sizeof facts);
  state->step = facts.step;
  state->validated = facts.validated;
  state->best_step = facts.best_step;
  state->loss = facts.loss;
  state->best = facts.best;
  return nf_parallel_broadcast_tensors (parallel, tensors, error);
}

/* What is done with each tensor of the file: written, or read. */
typedef gboolean (*TensorFunc) (gpointer file, const gchar *name,
    const NfParam *param, NfTensor *tensor, GError **error);

static gboolean
for_each_tensor (
    const NfTrainState *state, TensorFunc func, gpointer file, GError **error)
{
  for (guint i = 0; i < nf_params_count (state->params); i++) {
    const NfParam *param = nf_params_index (state->params, i);
    g_autofree gchar *m = g_strconcat ("m.", param->name, NULL);
    g_autofree gchar *v = g_strconcat ("v.", param->name, NULL);
    g_autofree gchar *weight = g_strconcat ("weight.", param->name, NULL);

    if (param->trainable
        && (!func (file, m, param, state->m->pdata[i], error)
            || !func (file, v, param, state->v->pdata[i], error)))
      return FALSE;
    if (param->ema && !func (file, weight, param, param->value, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
write_tensor (gpointer file, const gchar *name, const NfParam *param,
    NfTensor *tensor, GError **error)
{
  gsize n = nf_tensor_elements (tensor);
  g_autofree gfloat *data = g_new (gfloat, n);
  g_autofree guint32 *packed = g_new (guint32, n);
  g_autoptr (GBytes) bytes = NULL;

  if (!nf_tensor_to_nchw (tensor, data, error))
    return FALSE;
  memcpy (packed, data, n * sizeof *packed);
  for (gsize i = 0; i < n; i++)
    packed[i] = GUINT32_TO_LE (packed[i]);
  bytes = g_bytes_new_take (g_steal_pointer (&packed), n * sizeof *packed);
  return nf_safetensors_writer_add (
      file, name, NF_SAFETENSORS_F32, param->rank, param->dims, bytes, error);
}

static gboolean
add_number (NfSafetensorsWriter *writer, const gchar *key, guint64 value,
    GError **error)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  return nf_safetensors_writer_add_metadata (writer, key, text, error);
}

static gboolean
add_validation (
    const NfTrainState *state, NfSafetensorsWriter *writer, GError **error)
{
  gchar best[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_dtostr (best, sizeof best, state->best);
  if (state->validated > 0
      && !add_number (writer, VALIDATED_KEY, state->validated, error))
    return FALSE;
  return state->best_step == 0
      || (add_number (writer, BEST_STEP_KEY, state->best_step, error)
          && nf_safetensors_writer_add_metadata (
              writer, BEST_KEY, best, error));
}

/**
 * nf_train_state_save:
 * @state: a state
 * @path: file to write, whole or not at all
 * @error: return location
 */
gboolean
nf_train_state_save (
    const NfTrainState *state, const gchar *path, GError **error)
{
  g_autoptr (NfSafetensorsWriter) writer = nf_safetensors_writer_new ();

  return nf_safetensors_writer_add_metadata (
             writer, VERSION_KEY, VERSION, error)
      && add_number (writer, STEP_KEY, state->step, error)
      && (!state->data
          || nf_safetensors_writer_add_metadata (
              writer, DATA_KEY, state->data, error))
      && add_validation (state, writer, error)
      && for_each_tensor (state, write_tensor, writer, error)
      && nf_safetensors_writer_save (writer, path, error);
}

static gboolean
read_tensor (gpointer file, const gchar *name, const NfParam *param,
    NfTensor *tensor, GError **error)
{
  const NfSafetensorsEntry *entry = nf_safetensors_lookup (file, name);
  g_autofree gfloat *data = NULL;
  gboolean fits = entry && entry->rank == param->rank;

  for (guint i = 0; fits && i < param->rank; i++)
    fits = entry->shape[i] == param->dims[i];
  if (!fits) {
    g_autofree gchar *want =
        nf_safetensors_shape_string (param->dims, param->rank);
    g_autofree gchar *got = entry
        ? nf_safetensors_shape_string (entry->shape, entry->rank)
        : g_strdup ("nothing");

    g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
        "%s: expected %s of shape %s, found %s; the state is of another run",
        nf_safetensors_label (file), name, want, got);
    return FALSE;
  }
  data = g_new (gfloat, entry->elements);
  return nf_safetensors_read_f32 (entry, data, error)
      && nf_tensor_set_nchw (tensor, data, error);
}

static gboolean
read_step (const NfSafetensors *file, guint64 *step, GError **error)
{
  const gchar *version = nf_safetensors_metadata (file, VERSION_KEY);
  const gchar *text = nf_safetensors_metadata (file, STEP_KEY);

  if (version && text && g_str_equal (version, VERSION)
      && g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, step, NULL))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected the state of a training run (%s %s), found %s %s",
      nf_safetensors_label (file), VERSION_KEY, VERSION,
      version ? version : "none of that", text ? text : "");
  return FALSE;
}

/* What identifies the clips, where the file says it. */
static void
read_data (NfTrainState *state, const NfSafetensors *file)
{
  g_free (state->data);
  state->data = g_strdup (nf_safetensors_metadata (file, DATA_KEY));
}

/* A step that a file may lack, which is 0 then. */
static gboolean
read_validated (const NfSafetensors *file, const gchar *key, guint64 *step)
{
  const gchar *text = nf_safetensors_metadata (file, key);

  *step = 0;
  return !text
      || g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT64, step, NULL);
}

static gboolean
read_validation (NfTrainState *state, const NfSafetensors *file, GError **error)
{
  const gchar *text = nf_safetensors_metadata (file, BEST_KEY);
  gchar *end = NULL;
  gboolean ok = read_validated (file, VALIDATED_KEY, &state->validated)
      && read_validated (file, BEST_STEP_KEY, &state->best_step);

  state->best = text ? g_ascii_strtod (text, &end) : 0;
  if (text)
    ok = ok && end != text && !*end && isfinite (state->best);
  if (ok && (text != NULL) == (state->best_step > 0))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: expected steps in " VALIDATED_KEY " and " BEST_STEP_KEY
      ", the latter with a number in " BEST_KEY ", found something else",
      nf_safetensors_label (file));
  return FALSE;
}

/**
 * nf_train_state_load:
 * @state: the state of a network whose parameters came from the checkpoint that
 *   belongs to the file
 * @path: what nf_train_state_save() wrote
 * @error: return location
 *
 * Fills the moments, the step, what is known of the clips and of validations,
 * and the weights of parameters that have a running mean.
 */
gboolean
nf_train_state_load (NfTrainState *state, const gchar *path, GError **error)
{
  g_autoptr (NfSafetensors) file = nf_safetensors_open (path, error);

  if (!file || !read_step (file, &state->step, error)
      || !read_validation (state, file, error)
      || !for_each_tensor (state, read_tensor, file, error))
    return FALSE;
  read_data (state, file);
  return TRUE;
}
