/* SPDX-License-Identifier: MIT
 *
 * fuzz-config — configurations: a training's key file, an import's key file or
 * YAML, and JSON
 *
 * See: trainer/config/runconfig.h, trainer/import/settings.h,
 * kernels/io/nfjson.h */
#include "fuzz.h"

#include "config/runconfig.h"
#include "import/settings.h"
#include "io/nfjson.h"

static void
load (NfTrainKind kind, const gchar *path)
{
  NfTrainConfig *config = nf_train_config_new (kind);

  if (nf_train_config_load (config, path, NULL)
      && nf_train_config_check (config, NULL))
    g_free (nf_train_config_to_string (config));
  nf_train_config_free (config);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const gchar *const names[] = { "settings.ini", "settings.yml" };
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_autoptr (JsonNode) node = nf_json_parse (text, "input", NULL);

  load (NF_TRAIN_DIFFUSION, nf_fuzz_file ("config.ini", data, size));
  load (NF_TRAIN_SEGMENT, nf_fuzz_file ("config.ini", data, size));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (JsonObject) settings = json_object_new ();

    nf_settings_read (settings, nf_fuzz_file (names[i], data, size), NULL);
    nf_settings_set (settings, text, NULL);
  }

  return 0;
}
