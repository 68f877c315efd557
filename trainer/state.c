/* SPDX-License-Identifier: MIT
 *
 * state — what a training run needs beside the weights to go on */
#include "state.h"
#include "io/nfsafetensors.h"

#include <string.h>

#define VERSION_KEY "nextframe.state"
#define VERSION "1"
#define STEP_KEY "nextframe.step"

static void
clear_moment (gpointer tensor)
{
  if (tensor)
    nf_tensor_unref (tensor);
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
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfParam *param = nf_params_index (params, i);
    GPtrArray *moments[] = { state->m, state->v };

    for (guint k = 0; k < G_N_ELEMENTS (moments); k++) {
      NfTensor *zero = NULL;

      if (param->trainable) {
        zero = nf_tensor_new_like (param->value, error);
        if (!zero || !nf_tensor_zero (zero, error)) {
          clear_moment (zero);
          return NULL;
        }
      }
      g_ptr_array_add (moments[k], zero);
    }
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
  nf_params_unref (state->params);
  g_free (state);
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
  g_autofree gchar *step = g_strdup_printf ("%" G_GUINT64_FORMAT, state->step);

  return nf_safetensors_writer_add_metadata (
             writer, VERSION_KEY, VERSION, error)
      && nf_safetensors_writer_add_metadata (writer, STEP_KEY, step, error)
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

/**
 * nf_train_state_load:
 * @state: the state of a network whose parameters came from the checkpoint that
 *   belongs to the file
 * @path: what nf_train_state_save() wrote
 * @error: return location
 *
 * Fills the moments and the step, and the weights of parameters that have a
 * running mean.
 */
gboolean
nf_train_state_load (NfTrainState *state, const gchar *path, GError **error)
{
  g_autoptr (NfSafetensors) file = nf_safetensors_open (path, error);

  return file && read_step (file, &state->step, error)
      && for_each_tensor (state, read_tensor, file, error);
}
