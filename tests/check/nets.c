/* SPDX-License-Identifier: MIT
 *
 * nets — the table of architectures: names, presets, and networks of
 * checkpoints */
#include "io/nfjson.h"
#include <nextframe/nets/nfnet.h>
#include "nftestmodels.h"

#include <string.h>

static const NfNetClass *const classes[] = {
#define NF_ARCHITECTURE(name) &nf_net_##name,
#include <nextframe/nets/nfnets.def.h>
#undef NF_ARCHITECTURE
};

static void
test_table (void)
{
  g_autofree gchar *predict = nf_net_names (NF_NET_PREDICT);
  g_autofree gchar *segment = nf_net_names (NF_NET_SEGMENT);
  g_autofree gchar *presets = nf_net_preset_names ();
  g_auto (GStrv) names = g_strsplit (presets, ", ", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpstr (predict, ==, "spade_unet or concat_unet");
  g_assert_cmpstr (segment, ==, "unetpp");
  g_assert_null (nf_net_class_find ("magic"));
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    g_assert_true (nf_net_class_find (classes[i]->name) == classes[i]);
    g_assert_nonnull (classes[i]->title);
    g_assert_cmpint (
        classes[i]->segment != NULL, ==, classes[i]->task == NF_NET_SEGMENT);
    g_assert_cmpint (
        classes[i]->predict != NULL, ==, classes[i]->task == NF_NET_PREDICT);
  }
  for (guint i = 0; names[i] != NULL; i++) {
    const NfNetClass *klass = NULL;

    g_assert_true (g_hash_table_add (seen, names[i]));
    g_assert_nonnull (nf_net_preset_find (names[i], &klass));
    g_assert_nonnull (klass);
  }
  g_assert_true (g_hash_table_contains (seen, "mid"));
  g_assert_true (g_hash_table_contains (seen, "unetpp-resnet34"));
}

/* A configuration alone says which network it is for. */
static void
test_of_config (void)
{
  static const gchar *const cases[][2] = {
    { "{\"encoder\": \"resnet18\"}", "unetpp" },
    { "{\"ngf\": 8}", "spade_unet" },
    { "{}", "spade_unet" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (JsonObject) json =
        nf_json_parse_object (cases[i][0], "case", NULL);

    g_assert_cmpstr (nf_net_class_of_config (json)->name, ==, cases[i][1]);
  }
}

/* A checkpoint of each architecture, made in @path. */
static void
save (const gchar *path, const gchar *arch)
{
  NfUnetppConfig unetpp;
  NfUnetConfig unet;

  if (g_str_equal (arch, NF_UNETPP_ARCH)) {
    nf_test_unetpp_config (&unetpp);
    nf_test_save_unetpp (path, &unetpp, 1);
    return;
  }
  nf_test_unet_config (&unet);
  unet.spade = g_str_equal (arch, NF_UNET_ARCH_SPADE);
  nf_test_save_unet (path, &unet, 1);
}

static void
load (const gchar *path, const NfNetClass *klass)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, &error);
  NfNetTask other =
      klass->task == NF_NET_SEGMENT ? NF_NET_PREDICT : NF_NET_SEGMENT;
  g_autofree gchar *wanted = nf_net_names (other);
  g_autoptr (NfNet) net = NULL;
  g_autoptr (JsonObject) config = NULL;
  g_autofree gchar *saved = NULL, *loaded = NULL;

  g_assert_no_error (error);
  net = nf_net_load (checkpoint, klass->task, device, &error);
  g_assert_no_error (error);
  g_assert_true (net->klass == klass);
  g_assert_cmpuint (nf_params_count (net->params), >, 0);
  config = nf_net_config (net);
  saved = nf_json_object_to_string (nf_checkpoint_config (checkpoint));
  loaded = nf_json_object_to_string (config);
  g_assert_cmpstr (loaded, ==, saved);
  g_assert_null (nf_net_load (checkpoint, other, device, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, klass->name));
  g_assert_nonnull (strstr (error->message,
      klass->task == NF_NET_SEGMENT ? "which finds masks, expected"
                                    : "which predicts frames, expected"));
  g_assert_nonnull (strstr (error->message, wanted));
}

static void
test_load (void)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++) {
    save (path, classes[i]->name);
    load (path, classes[i]);
  }
  nf_test_folder_remove (folder);
}

/* A residual need not be whole: what is saved is what is loaded. */
static void
test_residuals (void)
{
  static const gfloat residuals[] = { 2.5f, 0.25f, 4 };
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (residuals); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NfCheckpoint) checkpoint = NULL;
    NfUnetConfig config;

    nf_test_unet_config (&config);
    config.guide = TRUE;
    config.target = NF_TARGET_X0;
    config.residual = residuals[i];
    nf_test_save_unet (path, &config, 1);
    checkpoint = nf_checkpoint_open (path, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (json_object_get_double_member (
                           nf_checkpoint_config (checkpoint), "residual"),
        ==, residuals[i]);
    load (path,
        nf_net_class_find (
            config.spade ? NF_UNET_ARCH_SPADE : NF_UNET_ARCH_CONCAT));
  }
  nf_test_folder_remove (folder);
}

/* What is wrong with a configuration is said of its file. */
static void
test_bad_config_fails (void)
{
  g_autofree gchar *folder = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (folder, "net.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfParams) params = nf_params_new (device);
  g_autoptr (JsonObject) config = json_object_new ();
  g_autoptr (NfCheckpoint) checkpoint = NULL;

  json_object_set_int_member (config, "magic", 1);
  nf_checkpoint_save (path, NF_UNETPP_ARCH, config, NULL, params,
      NF_SAFETENSORS_F32, FALSE, &error);
  g_assert_no_error (error);
  checkpoint = nf_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_null (nf_net_load (checkpoint, NF_NET_SEGMENT, device, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_nonnull (strstr (error->message, "magic"));
  nf_test_folder_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nets/table", test_table);
  g_test_add_func ("/nets/of-config", test_of_config);
  g_test_add_func ("/nets/load", test_load);
  g_test_add_func ("/nets/residuals", test_residuals);
  g_test_add_func ("/nets/bad-config", test_bad_config_fails);
  return g_test_run ();
}
