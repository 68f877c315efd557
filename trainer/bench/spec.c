/* SPDX-License-Identifier: MIT
 *
 * bench/spec — what `nextframe-train bench` is to measure, from words to sizes */
#include "bench/spec.h"
#include "config/runconfig.h"
#include <nextframe/io/nfcheckpoint.h>
#include "nets/nfnetconfig.h"

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
preset_json (const gchar *name, const NfNetClass **klass, GError **error)
{
  const NfNetPreset *preset = nf_net_preset_find (name, klass);
  g_autofree gchar *names = NULL;

  if (preset)
    return parse_object (preset->config, error);
  names = nf_net_preset_names ();
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "--network: no preset \"%s\"; there are %s", name, names);
  return NULL;
}

/* A key file of the trainer; the command that has all its keys is its kind. */
static JsonObject *
key_file_json (const gchar *path, gint height, gint width,
    const NfNetClass **klass, GError **error)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);

  if (!nf_train_config_load (config, path, NULL)) {
    nf_train_config_free (config);
    config = nf_train_config_new (NF_TRAIN_DIFFUSION);
    if (!nf_train_config_load (config, path, error))
      return NULL;
  }
  if (!nf_train_config_check (config, error)
      || !nf_train_config_resolve_size (config, height, width, error))
    return NULL;
  *klass = nf_train_config_net (config);
  return nf_train_config_to_json (config);
}

static JsonObject *
config_json (const NfBenchSpec *spec, const NfNetClass **klass, GError **error)
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
        spec->width ? spec->width : 240, klass, error);
  json = parse_object (start, error);
  if (json)
    *klass = nf_net_class_of_config (json);
  return json;
}

static JsonObject *
checkpoint_json (const gchar *path, const NfNetClass **klass, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);

  if (!checkpoint)
    return NULL;
  *klass = nf_net_class_find (nf_checkpoint_arch (checkpoint));
  if (*klass)
    return json_object_ref (nf_checkpoint_config (checkpoint));
  g_set_error (error, NF_ERROR, NF_ERROR_FORMAT,
      "%s: holds a network of kind %s, which this version does not know", path,
      nf_checkpoint_arch (checkpoint));
  return NULL;
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
  g_autoptr (JsonObject) json = NULL;
  const NfNetClass *klass = NULL;

  *sizes = (NfBenchSizes){ NULL };
  json = spec->checkpoint ? checkpoint_json (spec->checkpoint, &klass, error)
      : spec->config      ? config_json (spec, &klass, error)
                          : preset_json (spec->network, &klass, error);
  if (!json)
    return FALSE;
  sizes->height = spec->height ? spec->height : 160;
  sizes->width = spec->height ? spec->width : 240;
  if (klass->task == NF_NET_PREDICT) {
    if (spec->height) {
      const gint size[] = { spec->height, spec->width };

      json_object_set_array_member (
          json, "image_size", nf_net_config_int_array (size, 2));
    }
    if (!klass->predict->read (&sizes->unet, json, error))
      return FALSE;
    sizes->height = sizes->unet.height;
    sizes->width = sizes->unet.width;
  }
  sizes->klass = klass;
  sizes->config = g_steal_pointer (&json);
  return TRUE;
}

/**
 * nf_bench_sizes_clear:
 * @sizes: sizes that were read, or zeros
 */
void
nf_bench_sizes_clear (NfBenchSizes *sizes)
{
  g_clear_pointer (&sizes->config, json_object_unref);
}
