/* SPDX-License-Identifier: MIT
 *
 * nftestmodels — small networks for the tests of elements */
#include "nftestmodels.h"

#include <nextframe/io/nfcheckpoint.h>

static void
must (gboolean ok, const GError *error)
{
  if (!ok)
    g_error ("test model: %s", error->message);
}

static void
save (const gchar *path, const gchar *arch, JsonObject *config,
    GHashTable *facts, NfParams *params, guint64 seed)
{
  g_autoptr (GError) error = NULL;

  /* layers that training begins with zeros would hide all before them */
  for (guint i = 0; i < nf_params_count (params); i++) {
    NfParam *param = nf_params_index (params, i);

    if (param->init == NF_INIT_ZERO && param->rank > 1) {
      param->init = NF_INIT_NORMAL;
      param->scale = 0.1f;
    }
  }
  must (nf_params_reset (params, seed, &error), error);
  must (nf_checkpoint_save (path, arch, config, facts, params,
            NF_SAFETENSORS_F32, FALSE, &error),
      error);
}

/**
 * nf_test_unet_config:
 * @config: (out): frames of 24x16, three of context, two drawn at once, twenty
 *   noise levels, eight channels
 */
void
nf_test_unet_config (NfUnetConfig *config)
{
  nf_unet_config_init (config);
  config->height = 16;
  config->width = 24;
  config->num_frames_cond = 3;
  config->ngf = 8;
  config->n_levels = 2;
  config->ch_mult[0] = 1;
  config->ch_mult[1] = 2;
  config->num_res_blocks = 1;
  config->n_attn = 1;
  config->attn_resolutions[0] = 8;
  config->n_head_channels = 8;
  config->spade_dim = 8;
  config->num_classes = 20;
}

/**
 * nf_test_save_unet_with:
 * @path: of a new checkpoint
 * @config: of its network
 * @facts: (nullable) (element-type utf8 utf8): what is noted beside the weights
 * @seed: of its weights
 */
void
nf_test_save_unet_with (const gchar *path, const NfUnetConfig *config,
    GHashTable *facts, guint64 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfUnet) net = NULL;
  g_autoptr (JsonObject) json = nf_unet_config_to_json (config);

  must (device != NULL, error);
  net = nf_unet_new (device, config, &error);
  must (net != NULL, error);
  save (path, nf_unet_arch (net), json, facts, nf_unet_params (net), seed);
}

/**
 * nf_test_save_unet:
 * @path: of a new checkpoint
 * @config: of its network
 * @seed: of its weights
 */
void
nf_test_save_unet (const gchar *path, const NfUnetConfig *config, guint64 seed)
{
  nf_test_save_unet_with (path, config, NULL, seed);
}

/**
 * nf_test_unetpp_config:
 * @config: (out): a narrow resnet18, 49 classes
 */
void
nf_test_unetpp_config (NfUnetppConfig *config)
{
  nf_unetpp_config_init (config);
  config->encoder = 18;
  config->encoder_width = 4;
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++)
    config->widths[i] = 8;
}

static void
save_unetpp (const gchar *path, const NfUnetppConfig *config, GHashTable *facts,
    guint64 seed)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", &error);
  g_autoptr (NfUnetpp) net = NULL;
  g_autoptr (JsonObject) json = nf_unetpp_config_to_json (config);

  must (device != NULL, error);
  net = nf_unetpp_new (device, config, &error);
  must (net != NULL, error);
  save (path, NF_UNETPP_ARCH, json, facts, nf_unetpp_params (net), seed);
}

/**
 * nf_test_save_unetpp:
 * @path: of a new checkpoint
 * @config: of its network
 * @seed: of its weights
 */
void
nf_test_save_unetpp (
    const gchar *path, const NfUnetppConfig *config, guint64 seed)
{
  save_unetpp (path, config, NULL, seed);
}

/**
 * nf_test_save_unetpp_of_size:
 * @path: of a new checkpoint
 * @config: of its network
 * @seed: of its weights
 * @height: rows of the frames that it claims to have been trained on
 * @width: their columns
 */
void
nf_test_save_unetpp_of_size (const gchar *path, const NfUnetppConfig *config,
    guint64 seed, guint height, guint width)
{
  g_autoptr (GHashTable) facts =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (
      facts, (gpointer) NF_CHECKPOINT_HEIGHT, g_strdup_printf ("%u", height));
  g_hash_table_insert (
      facts, (gpointer) NF_CHECKPOINT_WIDTH, g_strdup_printf ("%u", width));
  save_unetpp (path, config, facts, seed);
}

/**
 * nf_test_models_new:
 *
 * Returns: (transfer full): a new folder with the networks that elements load
 *   by default, next-frame.safetensors (eleven frames of context) and
 *   unetpp.safetensors: a folder for NEXTFRAME_PATH
 */
gchar *
nf_test_models_new (void)
{
  gchar *folder = nf_test_folder_new ();
  g_autofree gchar *unet =
      g_build_filename (folder, "next-frame.safetensors", NULL);
  g_autofree gchar *unetpp =
      g_build_filename (folder, "unetpp.safetensors", NULL);
  NfUnetppConfig unetpp_config;
  NfUnetConfig unet_config;

  nf_test_unet_config (&unet_config);
  unet_config.num_frames_cond = 11;
  nf_test_save_unet (unet, &unet_config, 1);
  nf_test_unetpp_config (&unetpp_config);
  nf_test_save_unetpp (unetpp, &unetpp_config, 1);

  return folder;
}
