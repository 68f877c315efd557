/* SPDX-License-Identifier: MIT
 *
 * bench/spec — what `nextframe-train bench` is to measure, from words to sizes */
#include "bench/spec.h"
#include "config/runconfig.h"
#include "io/nfcheckpoint.h"
#include "nets/nfnetconfig.h"

typedef struct
{
  const gchar *name;
  gboolean unetpp;
  const gchar *json;
} Preset;

static const Preset presets[] = {
  { "tiny", FALSE,
      "{\"image_size\": 16, \"ngf\": 16, \"ch_mult\": [1, 2],"
      " \"num_res_blocks\": 1, \"spade_dim\": 16}" },
  { "mid", FALSE,
      "{\"image_size\": 64, \"ngf\": 32, \"ch_mult\": [1, 2, 3, 4],"
      " \"num_res_blocks\": 1, \"spade_dim\": 64}" },
  { "full", FALSE, "{}" },
  { "unetpp-resnet18", TRUE, "{\"encoder\": \"resnet18\"}" },
  { "unetpp-resnet34", TRUE, "{\"encoder\": \"resnet34\"}" },
  { "unetpp-resnet50", TRUE, "{\"encoder\": \"resnet50\"}" },
};

/**
 * nf_bench_presets:
 *
 * Returns: (transfer full): the names of the presets
 */
gchar *
nf_bench_presets (void)
{
  GString *names = g_string_new (presets[0].name);

  for (guint i = 1; i < G_N_ELEMENTS (presets); i++)
    g_string_append_printf (names, ", %s", presets[i].name);
  return g_string_free (names, FALSE);
}

static JsonObject *
parse_object (const gchar *text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) node = json_from_string (text, &cause);

  if (node && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_dup_object (node);
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "--config: not a JSON object: %s", cause ? cause->message : text);
  return NULL;
}

static JsonObject *
preset_json (const gchar *name, gboolean *unetpp, GError **error)
{
  g_autofree gchar *names = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (presets); i++) {
    if (!g_str_equal (presets[i].name, name))
      continue;
    *unetpp = presets[i].unetpp;
    return parse_object (presets[i].json, error);
  }
  names = nf_bench_presets ();
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--network: no preset \"%s\"; there are %s", name, names);
  return NULL;
}

/* A key file of the trainer; the command that has all its keys is its kind. */
static JsonObject *
key_file_json (const gchar *path, gint height, gint width, gboolean *unetpp,
    GError **error)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);

  *unetpp = nf_train_config_load (config, path, NULL);
  if (!*unetpp) {
    nf_train_config_free (config);
    config = nf_train_config_new (NF_TRAIN_DIFFUSION);
    if (!nf_train_config_load (config, path, error))
      return NULL;
  }
  if (!nf_train_config_resolve_size (config, height, width, error))
    return NULL;
  return nf_train_config_to_json (config);
}

static JsonObject *
config_json (const NfBenchSpec *spec, gboolean *unetpp, GError **error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) cause = NULL;
  const gchar *start = spec->config;
  JsonObject *json;

  if (start[0] != '{') {
    if (!g_file_get_contents (spec->config, &text, NULL, &cause)) {
      g_set_error (
          error, NF_ERROR, NF_ERROR_NOT_FOUND, "--config: %s", cause->message);
      return NULL;
    }
    start = g_strchug (text);
  }
  if (start[0] != '{')
    return key_file_json (spec->config, spec->height ? spec->height : 160,
        spec->width ? spec->width : 240, unetpp, error);
  json = parse_object (start, error);
  *unetpp = json && json_object_has_member (json, "encoder");
  return json;
}

static JsonObject *
checkpoint_json (const gchar *path, gboolean *unetpp, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);

  if (!checkpoint)
    return NULL;
  *unetpp = g_str_equal (nf_checkpoint_arch (checkpoint), NF_UNETPP_ARCH);
  return json_object_ref (nf_checkpoint_config (checkpoint));
}

/**
 * nf_bench_sizes_read:
 * @sizes: (out): of the network that @spec names
 * @spec: what was asked for
 * @error: return location
 */
gboolean
nf_bench_sizes_read (
    NfBenchSizes *sizes, const NfBenchSpec *spec, GError **error)
{
  g_autoptr (JsonObject) json = spec->checkpoint
      ? checkpoint_json (spec->checkpoint, &sizes->is_unetpp, error)
      : spec->config ? config_json (spec, &sizes->is_unetpp, error)
                     : preset_json (spec->network, &sizes->is_unetpp, error);

  if (!json)
    return FALSE;
  if (sizes->is_unetpp) {
    sizes->height = spec->height ? spec->height : 160;
    sizes->width = spec->width ? spec->width : 240;
    return nf_unetpp_config_from_json (&sizes->unetpp, json, error);
  }
  if (spec->height) {
    const gint size[] = { spec->height, spec->width };

    json_object_set_array_member (
        json, "image_size", nf_net_config_int_array (size, 2));
  }
  if (!nf_unet_config_from_json (&sizes->unet, json, error))
    return FALSE;
  sizes->height = sizes->unet.height;
  sizes->width = sizes->unet.width;
  return TRUE;
}
