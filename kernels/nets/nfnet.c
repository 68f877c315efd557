/* SPDX-License-Identifier: MIT
 *
 * nfnet — networks by their architecture: names, configurations, checkpoints */
#include "nets/nfnet.h"

static const NfNetClass *const classes[] = {
#define NF_ARCHITECTURE(name) &nf_net_##name,
#include "nets/nfnets.def.h"
#undef NF_ARCHITECTURE
};

/* the command that makes a checkpoint */
static const gchar *const trainers[] = {
  [NF_NET_SEGMENT] = "nextframe-train segment",
  [NF_NET_PREDICT] = "nextframe-train diffusion",
};

static const gchar *const purposes[] = {
  [NF_NET_SEGMENT] = "finds masks",
  [NF_NET_PREDICT] = "predicts frames",
};

/**
 * nf_net_class_find:
 * @name: of an architecture
 *
 * Returns: (transfer none) (nullable): it, or %NULL where there is no such one
 */
const NfNetClass *
nf_net_class_find (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i]->name, name))
      return classes[i];
  return NULL;
}

/**
 * nf_net_class_of_config:
 * @config: a configuration without the architecture's name
 *
 * Returns: (transfer none): the architecture by the keys of @config; the first
 *   of the list where they do not say
 */
const NfNetClass *
nf_net_class_of_config (JsonObject *config)
{
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (classes[i]->key != NULL
        && json_object_has_member (config, classes[i]->key))
      return classes[i];
  return classes[0];
}

/**
 * nf_net_names:
 * @task: what the networks are for
 *
 * Returns: (transfer full): their names, for messages: "a, b or c"
 */
gchar *
nf_net_names (NfNetTask task)
{
  GString *names = g_string_new (NULL);
  guint left = 0;

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    left += classes[i]->task == task;
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    if (classes[i]->task != task)
      continue;
    left--;
    g_string_append_printf (names, "%s%s", classes[i]->name,
        left > 1        ? ", "
            : left == 1 ? " or "
                        : "");
  }
  return g_string_free (names, FALSE);
}

/**
 * nf_net_preset_names:
 *
 * Returns: (transfer full): the names of all presets: "a, b, c"
 */
gchar *
nf_net_preset_names (void)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    for (const NfNetPreset *p = classes[i]->presets; p && p->name; p++)
      g_string_append_printf (
          names, "%s%s", names->len > 0 ? ", " : "", p->name);
  return g_string_free (names, FALSE);
}

/**
 * nf_net_preset_find:
 * @name: of a preset
 * @klass: (out): its architecture
 *
 * Returns: (transfer none) (nullable): it, or %NULL where there is no such one
 */
const NfNetPreset *
nf_net_preset_find (const gchar *name, const NfNetClass **klass)
{
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    for (const NfNetPreset *p = classes[i]->presets; p && p->name; p++)
      if (g_str_equal (p->name, name)) {
        *klass = classes[i];
        return p;
      }
  return NULL;
}

/**
 * nf_net_new:
 * @klass: its architecture
 * @device: where it lies
 * @config: its configuration
 * @error: return location: %NF_ERROR_INVALID, %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network, its parameters zero; load
 *   a checkpoint into them or call nf_params_reset()
 */
NfNet *
nf_net_new (const NfNetClass *klass, NfDevice *device, JsonObject *config,
    GError **error)
{
  return klass->make (device, config, error);
}

/**
 * nf_net_load:
 * @checkpoint: a checkpoint
 * @task: what its network must be for
 * @device: where it runs
 * @error: return location: %NF_ERROR_FORMAT (damage), %NF_ERROR_UNSUPPORTED (a
 *   network that is not known), %NF_ERROR_INVALID (one for another task, or its
 *   configuration), %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): the network, with its weights
 */
NfNet *
nf_net_load (const NfCheckpoint *checkpoint, NfNetTask task, NfDevice *device,
    GError **error)
{
  const gchar *path = nf_checkpoint_label (checkpoint);
  const gchar *arch = nf_checkpoint_arch (checkpoint);
  const NfNetClass *klass = nf_net_class_find (arch);
  g_autofree gchar *names = nf_net_names (task);
  g_autoptr (GError) cause = NULL;
  g_autoptr (NfNet) net = NULL;

  if (klass == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: holds a network of kind %s, which this version does not know, "
        "expected %s; update gst-nextframe, or give a checkpoint of %s",
        path, arch, names, trainers[task]);
    return NULL;
  }
  if (klass->task != task) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s: holds a network of kind %s, which %s, expected %s, which %s; "
        "give a checkpoint of %s",
        path, arch, purposes[klass->task], names, purposes[task],
        trainers[task]);
    return NULL;
  }
  net = nf_net_new (klass, device, nf_checkpoint_config (checkpoint), &cause);
  if (net == NULL) {
    if (g_error_matches (cause, NF_ERROR, NF_ERROR_INVALID))
      g_prefix_error (&cause, "%s: ", path);
    g_propagate_error (error, g_steal_pointer (&cause));
    return NULL;
  }
  if (!nf_checkpoint_load_params (checkpoint, net->params, error))
    return NULL;
  return g_steal_pointer (&net);
}

/**
 * nf_net_free:
 * @net: (transfer full) (nullable): a network
 */
void
nf_net_free (NfNet *net)
{
  if (net != NULL)
    net->klass->free (net);
}

/**
 * nf_net_config:
 * @net: a network
 *
 * Returns: (transfer full): its whole configuration: what checkpoints hold
 */
JsonObject *
nf_net_config (const NfNet *net)
{
  return net->klass->config (net);
}
