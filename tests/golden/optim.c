/* SPDX-License-Identifier: MIT
 *
 * optim — golden checks of optimiser steps
 *
 * Each scenario starts from init/NAME with fresh moments and an average that
 * starts at the tensor the scenario says, and takes the gradients grad/0, 1,
 * ... in turn. A step: learning rate from the counter, counter + 1, clipping
 * by the global norm, optimiser, average. The names of tensors and the number
 * of steps are those of the file. */
#include "golden.h"

#include <string.h>

#include <nextframe/core/params/nfoptim.h>
#include "io/nfjson.h"

typedef struct
{
  const gchar *name; /* in @Run.names */
  NfTensor *param, *m, *v, *ema, *grad;
} Slot;

typedef struct
{
  Golden *golden;
  const gchar *scenario;
  GPtrArray *slots;
  gboolean decoupled;
  gdouble weight_decay;
  gint64 counter;
  gdouble lr;
  guint step;
} Run;

static const GoldenTolerance tolerance[] = { { GOLDEN_MAX, 1e-6 }, { 0 } };

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  nf_tensor_clear (&slot->param);
  nf_tensor_clear (&slot->m);
  nf_tensor_clear (&slot->v);
  nf_tensor_clear (&slot->ema);
  nf_tensor_clear (&slot->grad);
  g_free (slot);
}

static NfTensor *
load (Golden *golden, const gchar *folder, const gchar *name, GError **error)
{
  g_autofree gchar *path = g_strconcat (folder, "/", name, NULL);

  return golden_tensor (golden, path, error);
}

static gboolean
slot_start (Run *run, const gchar *name, const gchar *ema_from, GError **error)
{
  Slot *slot = g_new0 (Slot, 1);

  g_ptr_array_add (run->slots, slot);
  slot->name = name;
  slot->param = load (run->golden, "init", name, error);
  if (slot->param != NULL)
    slot->ema = load (run->golden, ema_from, name, error);
  if (slot->ema == NULL)
    return FALSE;
  slot->m = nf_tensor_new_like (slot->param, error);
  slot->v = nf_tensor_new_like (slot->param, error);
  return slot->m != NULL && slot->v != NULL && nf_tensor_zero (slot->m, error)
      && nf_tensor_zero (slot->v, error);
}

static gboolean
start (Run *run, JsonObject *facts, GError **error)
{
  const gchar *ema_from = json_object_get_string_member_with_default (
      facts, "ema_starts_from", "init");
  NfSafetensors *file = run->golden->file;

  run->decoupled = g_str_equal (
      json_object_get_string_member_with_default (facts, "optimizer", "AdamW"),
      "AdamW");
  run->weight_decay = json_object_get_double_member_with_default (
      facts, "weight_decay", golden_number (run->golden, "weight_decay", 0.0));
  run->counter =
      json_object_get_int_member_with_default (facts, "first_step_counter", 0);
  run->lr = golden_number (run->golden, "lr", 0.0);
  for (guint i = 0; i < nf_safetensors_count (file); i++) {
    const gchar *name = nf_safetensors_index (file, i)->name;

    if (g_str_has_prefix (name, "init/")
        && !slot_start (run, name + strlen ("init/"), ema_from, error))
      return FALSE;
  }
  return TRUE;
}

/* Loads the step's gradients; @norm is that of all of them together */
static gboolean
load_gradients (Run *run, gdouble *norm, GError **error)
{
  g_autofree gchar *folder = g_strdup_printf ("grad/%u", run->step);
  g_autofree NfTensor **grads = g_new (NfTensor *, run->slots->len);

  for (guint i = 0; i < run->slots->len; i++) {
    Slot *slot = g_ptr_array_index (run->slots, i);

    nf_tensor_clear (&slot->grad);
    grads[i] = slot->grad = load (run->golden, folder, slot->name, error);
    if (slot->grad == NULL)
      return FALSE;
  }
  return nf_optim_norm (grads, run->slots->len, norm, error);
}

static NfAdamParams
adam_params (const Run *run, gdouble norm)
{
  JsonArray *betas = NULL;
  gdouble clip = golden_number (run->golden, "grad_clip", 1.0);
  NfAdamParams params = { .beta1 = 0.9, .beta2 = 0.999 };

  if (json_object_has_member (run->golden->config, "betas"))
    betas = json_object_get_array_member (run->golden->config, "betas");
  if (betas != NULL && json_array_get_length (betas) == 2) {
    params.beta1 = json_array_get_double_element (betas, 0);
    params.beta2 = json_array_get_double_element (betas, 1);
  }
  params.lr = run->lr;
  params.eps = golden_number (run->golden, "eps", 1e-8);
  params.weight_decay = run->weight_decay;
  params.grad_scale = MIN (1.0, clip / (norm + 1e-6));
  params.t = (gint64) run->step + 1;
  params.decoupled = run->decoupled;
  return params;
}

static void
compare_slot (Run *run, const Slot *slot)
{
  const struct
  {
    const gchar *what;
    const NfTensor *tensor;
  } items[] = { { "param", slot->param }, { "ema", slot->ema },
    { "m", slot->m }, { "v", slot->v } };

  for (guint i = 0; i < G_N_ELEMENTS (items); i++) {
    g_autofree gchar *name = g_strdup_printf (
        "%s/step%u/%s/%s", run->scenario, run->step, items[i].what, slot->name);

    if (golden_has (run->golden, name))
      golden_compare_tensor (run->golden, name, items[i].tensor, tolerance);
  }
}

static gboolean
take_step (Run *run, gfloat *lr, gfloat *norm, GError **error)
{
  gdouble warmup = golden_number (run->golden, "warmup", 0.0);
  gdouble rate = golden_number (run->golden, "ema_rate", 0.9999);
  g_autofree NfOptimItem *items = g_new (NfOptimItem, run->slots->len);
  gdouble total;
  NfAdamParams params;

  if (!load_gradients (run, &total, error))
    return FALSE;
  if ((gdouble) run->counter <= warmup)
    run->lr = golden_number (run->golden, "lr", 0.0)
        * MIN ((gdouble) run->counter / warmup, 1.0);
  run->counter++;
  params = adam_params (run, total);
  for (guint i = 0; i < run->slots->len; i++) {
    Slot *slot = g_ptr_array_index (run->slots, i);

    items[i] =
        (NfOptimItem){ slot->param, slot->grad, slot->m, slot->v, slot->ema };
  }
  if (!nf_optim_step (items, run->slots->len, &params, rate, error))
    return FALSE;
  for (guint i = 0; i < run->slots->len; i++)
    compare_slot (run, g_ptr_array_index (run->slots, i));
  *lr = (gfloat) run->lr;
  *norm = (gfloat) total;
  run->step++;
  return TRUE;
}

static void
compare_series (Run *run, const gchar *what, const GArray *series)
{
  g_autofree gchar *name = g_strconcat (run->scenario, "/", what, NULL);

  if (golden_has (run->golden, name))
    golden_compare (run->golden, name, (const gfloat *) series->data,
        series->len, tolerance);
}

static gboolean
run_scenario (Run *run, JsonObject *facts, GError **error)
{
  g_autoptr (GArray) lr = g_array_new (FALSE, FALSE, sizeof (gfloat));
  g_autoptr (GArray) norm = g_array_new (FALSE, FALSE, sizeof (gfloat));
  gfloat step_lr, step_norm;

  if (!start (run, facts, error))
    return FALSE;
  for (;;) {
    const Slot *first =
        run->slots->len > 0 ? g_ptr_array_index (run->slots, 0) : NULL;
    g_autofree gchar *next = g_strdup_printf (
        "grad/%u/%s", run->step, first != NULL ? first->name : "");

    if (!golden_has (run->golden, next))
      break;
    if (!take_step (run, &step_lr, &step_norm, error))
      return FALSE;
    g_array_append_val (lr, step_lr);
    g_array_append_val (norm, step_norm);
  }
  compare_series (run, "lr", lr);
  compare_series (run, "grad_norm", norm);
  return TRUE;
}

/**
 * golden_check_optim:
 *
 * Checks the optimiser scenarios that a file's metadata lists.
 */
void
golden_check_optim (Golden *golden)
{
  const gchar *text = golden_metadata (golden, "scenarios");
  g_autoptr (JsonObject) scenarios = NULL;
  g_autoptr (GList) names = NULL;

  if (text != NULL && golden->config != NULL)
    scenarios = nf_json_parse_object (text, "scenarios", NULL);
  if (scenarios == NULL)
    return;
  names = json_object_get_members (scenarios);
  for (GList *l = names; l != NULL; l = l->next) {
    g_autoptr (GPtrArray) slots = g_ptr_array_new_with_free_func (slot_free);
    g_autoptr (GError) error = NULL;
    Run run = { .golden = golden, .scenario = l->data, .slots = slots };
    JsonNode *facts = json_object_get_member (scenarios, run.scenario);

    if (JSON_NODE_HOLDS_OBJECT (facts)
        && !run_scenario (&run, json_node_get_object (facts), &error))
      golden_fail (golden, run.scenario, error);
  }
}
