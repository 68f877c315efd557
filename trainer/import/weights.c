/* SPDX-License-Identifier: MIT
 *
 * weights — the named tensors of a PyTorch or safetensors file */
#include "import/weights.h"
#include "import/torchfile.h"

#include <string.h>

/* Places in the list that MCVD saves. */
#define MODEL_ITEM 0
#define EMA_ITEM 4

struct _NfWeights
{
  gchar *path, *about;
  NfTorchFile *torch; /* one of the two */
  NfSafetensors *safetensors;
  GPtrArray *list; /* NfWeight */
  GHashTable *by_name;
};

static void
weight_free (gpointer data)
{
  NfWeight *weight = data;

  g_free (weight->name);
  g_free (weight);
}

void
nf_weights_free (NfWeights *weights)
{
  if (!weights)
    return;
  g_clear_pointer (&weights->torch, nf_torch_file_free);
  g_clear_pointer (&weights->safetensors, nf_safetensors_unref);
  g_hash_table_unref (weights->by_name);
  g_ptr_array_unref (weights->list);
  g_free (weights->path);
  g_free (weights->about);
  g_free (weights);
}

const gchar *
nf_weights_about (const NfWeights *weights)
{
  return weights->about;
}

guint
nf_weights_count (const NfWeights *weights)
{
  return weights->list->len;
}

const NfWeight *
nf_weights_index (const NfWeights *weights, guint index)
{
  return weights->list->pdata[index];
}

const NfWeight *
nf_weights_find (const NfWeights *weights, const gchar *format, ...)
{
  g_autofree gchar *name = NULL;
  va_list args;

  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  return g_hash_table_lookup (weights->by_name, name);
}

static gboolean G_GNUC_PRINTF (3, 4)
    invalid (const NfWeights *self, GError **error, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID, "%s: %s", self->path, text);
  return FALSE;
}

/* ------------------------------------------------------------------- names */

/* A name without what wrappers put in front, as often as they did. */
static const gchar *
strip (const gchar *name)
{
  static const gchar *const prefixes[] = { "module.", "model.", "_orig_mod." };
  gboolean found = TRUE;

  while (found) {
    found = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
      if (g_str_has_prefix (name, prefixes[i])) {
        name += strlen (prefixes[i]);
        found = TRUE;
      }
  }
  return name;
}

/* Adds a tensor; where @replace is set it takes the place of the one of its name. */
static gboolean
add (NfWeights *self, const gchar *name, const NfWeight *what, gboolean replace,
    GError **error)
{
  const gchar *stripped = strip (name);
  NfWeight *weight = g_hash_table_lookup (self->by_name, stripped);

  if (weight && !replace)
    return invalid (self, error,
        "two tensors are named %s once module., model. and _orig_mod. are "
        "taken "
        "away, the second is %s",
        stripped, name);
  if (!weight) {
    weight = g_new0 (NfWeight, 1);
    weight->name = g_strdup (stripped);
    g_ptr_array_add (self->list, weight);
    g_hash_table_insert (self->by_name, weight->name, weight);
  }
  weight->dtype = what->dtype;
  weight->rank = what->rank;
  weight->shape = what->shape;
  weight->source = what->source;
  return TRUE;
}

/* ---------------------------------------------------------- PyTorch's files */

static gboolean
has_tensors (const NfPickleValue *value)
{
  if (value->kind != NF_PICKLE_DICT)
    return FALSE;
  for (guint i = 0; i + 1 < value->items->len; i += 2) {
    const NfPickleValue *key = value->items->pdata[i];
    const NfPickleValue *item = value->items->pdata[i + 1];

    if (key->kind == NF_PICKLE_TEXT && item->kind == NF_PICKLE_TENSOR)
      return TRUE;
  }
  return FALSE;
}

/* Adds the tensors of a dictionary, and nothing else that is in it. */
static gboolean
add_dict (NfWeights *self, const NfPickleValue *dict, gboolean replace,
    GError **error)
{
  for (guint i = 0; i + 1 < dict->items->len; i += 2) {
    const NfPickleValue *key = dict->items->pdata[i];
    const NfPickleValue *tensor = dict->items->pdata[i + 1];
    NfWeight what = { 0 };

    if (key->kind != NF_PICKLE_TEXT || tensor->kind != NF_PICKLE_TENSOR)
      continue;
    what.dtype = tensor->storage->dtype;
    what.rank = tensor->rank;
    what.shape = tensor->shape;
    what.source = tensor;
    if (!add (self, key->text, &what, replace, error))
      return FALSE;
  }
  return TRUE;
}

/* Says which weights they are; takes the text over. */
static gboolean
set_about (NfWeights *self, gchar *about)
{
  g_free (self->about);
  self->about = about;
  return TRUE;
}

/* [model, optimiser, epoch, step, running mean]. The running mean has what is
 * trained; running statistics and other buffers are the model's. */
static gboolean
choose_of_list (NfWeights *self, const NfPickleValue *list, const gchar *choice,
    GError **error)
{
  const NfPickleValue *model =
      list->items->len > MODEL_ITEM ? list->items->pdata[MODEL_ITEM] : NULL;
  const NfPickleValue *mean =
      list->items->len > EMA_ITEM ? list->items->pdata[EMA_ITEM] : NULL;
  const gboolean wants_mean = !choice || g_str_equal (choice, "ema");

  if (choice && !wants_mean && !g_str_equal (choice, "model"))
    return invalid (self, error,
        "holds a list, of which --weights can be ema or model, not \"%s\"",
        choice);
  if (!model || !has_tensors (model))
    return invalid (self, error,
        "holds a list of %u items; expected [model, optimiser, epoch, step, "
        "running mean], where model is a state_dict",
        list->items->len);
  if (mean && !has_tensors (mean))
    mean = NULL;
  if (choice && wants_mean && !mean)
    return invalid (self, error,
        "has no running mean, which would be item %d of its list; use "
        "--weights=model",
        EMA_ITEM);
  if (!add_dict (self, model, FALSE, error))
    return FALSE;
  if (!mean || !wants_mean)
    return set_about (self, g_strdup ("the model, item 0 of its list"));
  return add_dict (self, mean, TRUE, error)
      && set_about (self,
          g_strdup ("the running mean, item 4 of its list, with the model's "
                    "buffers"));
}

/* The keys of a dictionary, for messages. */
static gchar *
list_keys (const NfPickleValue *dict)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  for (guint i = 0; i + 1 < dict->items->len && keys->len < 10; i += 2) {
    const NfPickleValue *key = dict->items->pdata[i];

    if (key->kind == NF_PICKLE_TEXT)
      g_ptr_array_add (keys, key->text);
  }
  g_ptr_array_add (keys, NULL);
  return g_strjoinv (", ", (gchar **) keys->pdata);
}

static gboolean
choose_of_dict (NfWeights *self, const NfPickleValue *dict, const gchar *choice,
    GError **error)
{
  static const gchar *const known[] = { "model_state_dict", "state_dict" };
  g_autofree gchar *keys = NULL;

  if (!choice && has_tensors (dict))
    return add_dict (self, dict, FALSE, error)
        && set_about (self, g_strdup ("all tensors"));
  for (guint i = 0; i < (choice ? 1 : G_N_ELEMENTS (known)); i++) {
    const gchar *key = choice ? choice : known[i];
    const NfPickleValue *found = nf_pickle_find (dict, key);

    if (found && has_tensors (found))
      return add_dict (self, found, FALSE, error)
          && set_about (self, g_strdup_printf ("what is under %s", key));
  }
  keys = list_keys (dict);
  return invalid (self, error,
      "holds a dictionary without tensors under %s; its keys are: %s. Choose "
      "one "
      "with --weights=KEY",
      choice ? choice : "model_state_dict or state_dict, or by themselves",
      keys);
}

static gboolean
open_torch (NfWeights *self, const gchar *choice, GError **error)
{
  const NfPickleValue *root;

  self->torch = nf_torch_file_open (self->path, error);
  if (!self->torch)
    return FALSE;
  root = nf_torch_file_root (self->torch);
  if (root->kind == NF_PICKLE_LIST || root->kind == NF_PICKLE_TUPLE)
    return choose_of_list (self, root, choice, error);
  if (root->kind == NF_PICKLE_DICT)
    return choose_of_dict (self, root, choice, error);
  return invalid (self, error,
      "holds neither a list nor a dictionary; save the state_dict: torch.save "
      "(model.state_dict (), FILE)");
}

/* ------------------------------------------------------------- safetensors */

static gboolean
open_safetensors (NfWeights *self, const gchar *choice, GError **error)
{
  self->safetensors = nf_safetensors_open (self->path, error);
  if (!self->safetensors)
    return FALSE;
  if (choice)
    return invalid (self, error,
        "is a safetensors file, which has one set of weights; --weights "
        "chooses "
        "among those of a PyTorch file");
  for (guint i = 0; i < nf_safetensors_count (self->safetensors); i++) {
    const NfSafetensorsEntry *entry =
        nf_safetensors_index (self->safetensors, i);
    const NfWeight what = { .dtype = entry->dtype,
      .rank = entry->rank,
      .shape = entry->shape,
      .source = entry };

    if (!add (self, entry->name, &what, FALSE, error))
      return FALSE;
  }
  return set_about (self, g_strdup ("all tensors"));
}

/* -------------------------------------------------------------------- both */

NfWeights *
nf_weights_open (const gchar *path, const gchar *choice, GError **error)
{
  g_autoptr (NfWeights) self = g_new0 (NfWeights, 1);

  self->path = g_strdup (path);
  self->list = g_ptr_array_new_with_free_func (weight_free);
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  return (nf_torch_file_is (path) ? open_torch (self, choice, error)
                                  : open_safetensors (self, choice, error))
      ? g_steal_pointer (&self)
      : NULL;
}

GBytes *
nf_weights_read (NfWeights *weights, const NfWeight *weight,
    NfSafetensorsEntry *entry, GError **error)
{
  GBytes *bytes;

  if (weights->safetensors) {
    *entry = *(const NfSafetensorsEntry *) weight->source;
    bytes = nf_safetensors_read_bytes (weight->source, error);
    if (!bytes)
      return NULL;
    entry->file = NULL;
    entry->data = g_bytes_get_data (bytes, &entry->bytes);
    return bytes;
  }
  bytes = nf_torch_file_elements (weights->torch, weight->source, error);
  if (!bytes)
    return NULL;
  *entry = (NfSafetensorsEntry){ .name = weight->name,
    .dtype = weight->dtype,
    .rank = weight->rank,
    .shape = (gint64 *) weight->shape };
  entry->data = g_bytes_get_data (bytes, &entry->bytes);
  entry->elements =
      entry->bytes / (nf_safetensors_dtype_bits (entry->dtype) / 8);
  return bytes;
}
