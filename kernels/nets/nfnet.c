/* SPDX-License-Identifier: MIT
 *
 * nfnet — networks by their architecture: names, configurations, checkpoints */
#include <nextframe/nets/nfnet.h>

static const NfNetClass *const classes[] = {
#define NF_ARCHITECTURE(name) &nf_net_##name,
#include <nextframe/nets/nfnets.def.h>
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

const NfNetClass *
nf_net_class_find (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (classes[i]->name, name))
      return classes[i];
  return NULL;
}

const NfNetClass *
nf_net_class_of_config (JsonObject *config)
{
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (classes[i]->key != NULL
        && json_object_has_member (config, classes[i]->key))
      return classes[i];
  return classes[0];
}

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

NfNet *
nf_net_new (const NfNetClass *klass, NfDevice *device, JsonObject *config,
    GError **error)
{
  return klass->make (device, config, error);
}

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

void
nf_net_free (NfNet *net)
{
  if (net != NULL)
    net->klass->free (net);
}

JsonObject *
nf_net_config (const NfNet *net)
{
  return net->klass->config (net);
}
