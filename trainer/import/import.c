/* SPDX-License-Identifier: MIT
 *
 * import — the subcommand that makes a checkpoint of a PyTorch file
 *
 * weights.c finds the tensors, netconfig.c the network's configuration,
 * noiselevels.c holds its noise schedule against theirs, match.c puts the two
 * together. */
#include "import/import.h"
#include "import/match.h"
#include "import/netconfig.h"
#include "import/noiselevels.h"
#include "import/settings.h"
#include <nextframe/nets/nfnet.h>
#include <nextframe/nets/nfresnet.h>
#include <nextframe/nets/nfunetpp.h>

#include <string.h>

typedef struct
{
  gchar *arch, *config, *weights, *output;
  gchar **set, **files;
  gboolean ignore_unexpected, bf16;
} Options;

static gboolean G_GNUC_PRINTF (2, 3)
    invalid (GError **error, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_INVALID, text);
  return FALSE;
}

static void
options_clear (Options *o)
{
  g_free (o->arch);
  g_free (o->config);
  g_free (o->weights);
  g_free (o->output);
  g_strfreev (o->set);
  g_strfreev (o->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
is_encoder (const gchar *arch)
{
  return g_str_has_prefix (arch, "resnet");
}

static gboolean
check (const Options *o, GError **error)
{
  if (!o->files || !o->files[0] || o->files[1])
    return invalid (error,
        "which file? Give one FILE of PyTorch (.pt, .pth) or "
        "safetensors");
  if (!o->arch || (!is_encoder (o->arch) && !nf_net_class_find (o->arch)))
    return invalid (error,
        "--arch is %s; expected unetpp, spade_unet, "
        "concat_unet, resnet18, resnet34 or resnet50",
        o->arch ? o->arch : "missing");
  if (!o->output)
    return invalid (error, "where to? Give --output FILE.safetensors");
  if (g_file_test (o->output, G_FILE_TEST_EXISTS))
    return invalid (error,
        "%s exists; choose another name for --output, or remove it first",
        o->output);
  return TRUE;
}

static gboolean
parse (Options *o, gint argc, gchar **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "arch", 'a', 0, G_OPTION_ARG_STRING, &o->arch,
        "unetpp, spade_unet, concat_unet; resnet18, resnet34, resnet50: an "
        "encoder for a training's --init",
        "NAME" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
        "the training's configuration: MCVD's .yml, or an .ini", "FILE" },
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &o->set,
        "a key of the configuration, before what --config says", "KEY=VALUE" },
    { "weights", 'w', 0, G_OPTION_ARG_STRING, &o->weights,
        "which of the file's weights: ema or model of MCVD's list, or a key",
        "NAME" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output,
        "the checkpoint to make", "FILE" },
    { "bf16", 0, 0, G_OPTION_ARG_NONE, &o->bf16,
        "store matrices and convolutions as bf16: half the size", NULL },
    { "ignore-unexpected", 0, 0, G_OPTION_ARG_NONE, &o->ignore_unexpected,
        "leave out tensors that the network has no place for", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL,
        NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE");
  g_autoptr (GError) cause = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context,
      "Makes a checkpoint of weights that PyTorch saved. Nothing in the file "
      "is "
      "executed.");
  if (!g_option_context_parse (context, &argc, &argv, &cause))
    return invalid (error, "%s", cause->message);
  return check (o, error);
}

/* What --set and --config say, --set first. */
static JsonObject *
read_settings (const Options *o, GError **error)
{
  g_autoptr (JsonObject) settings = json_object_new ();

  if (o->config && !nf_settings_read (settings, o->config, error))
    return NULL;
  for (guint i = 0; o->set && o->set[i]; i++)
    if (!nf_settings_set (settings, o->set[i], error))
      return NULL;
  return g_steal_pointer (&settings);
}

/* A network, or an encoder alone, to be filled. */
typedef struct
{
  NfNet *net; /* NULL: an encoder */
  NfParams *params;
  JsonObject *config;
  const gchar *prefix; /* what the file's names lack */
} Target;

static void
target_clear (Target *target)
{
  g_clear_pointer (&target->net, nf_net_free);
  g_clear_pointer (&target->params, nf_params_unref);
  g_clear_pointer (&target->config, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

static gboolean
make_encoder (Target *target, const Options *o, NfWeights *weights,
    JsonObject *settings, NfDevice *device, GError **error)
{
  g_autoptr (NfResnet) encoder = NULL;
  g_autofree gchar *found = NULL;
  gint64 width, channels;
  gint layers = nf_import_encoder_config (
      weights, &target->prefix, &width, &channels, error);

  if (layers == 0)
    return FALSE;
  found = g_strdup_printf ("resnet%d", layers);
  if (!g_str_equal (found, o->arch))
    return invalid (
        error, "the weights are of a %s; use --arch=%s", found, found);
  target->params = nf_params_new (device);
  encoder = nf_resnet_new (target->params, layers, channels, width, error);
  if (!encoder)
    return FALSE;
  target->config = json_object_new ();
  json_object_set_int_member (target->config, "encoder_width", width);
  json_object_set_int_member (target->config, "channels", channels);
  return TRUE;
}

static gboolean
make_net (Target *target, const Options *o, NfWeights *weights,
    JsonObject *settings, NfDevice *device, GError **error)
{
  const NfNetClass *klass = nf_net_class_find (o->arch);
  g_autoptr (JsonObject) config = NULL;

  config = klass->task == NF_NET_SEGMENT
      ? nf_import_unetpp_config (weights, settings, error)
      : nf_import_unet_config (
          weights, klass == &nf_net_spade_unet, settings, error);
  target->net = config ? nf_net_new (klass, device, config, error) : NULL;
  if (!target->net)
    return FALSE;
  target->prefix = "";
  target->params = nf_params_ref (target->net->params);
  target->config = nf_net_config (target->net);
  return klass->task == NF_NET_SEGMENT
      || nf_import_check_levels (weights, target->config, error);
}

/* Tensors without a place may be left out: a ResNet's classifier, the decoder of
 * a network whose encoder is taken, and any where the user says so. */
static gboolean
check_match (const Options *o, const NfMatch *match, GError **error)
{
  if (match->missing + match->wrong > 0)
    return invalid (error,
        "%u parameters are missing and %u have another shape, as listed; "
        "nothing "
        "is written. Is --arch right, and the configuration that of this "
        "training?",
        match->missing, match->wrong);
  if (match->unexpected > 0 && !o->ignore_unexpected && !is_encoder (o->arch))
    return invalid (error,
        "%u tensors have no place in the network, as listed; nothing is "
        "written. --ignore-unexpected leaves them out",
        match->unexpected);
  return TRUE;
}

static void
print_report (const Options *o, const NfWeights *weights, const Target *target,
    const NfMatch *match)
{
  g_autoptr (JsonNode) node =
      json_node_init_object (json_node_alloc (), target->config);
  g_autofree gchar *config = json_to_string (node, FALSE);

  g_print ("%s: %s\n%s %s\n", o->files[0], nf_weights_about (weights), o->arch,
      config);
  g_print ("%u matched, %u missing, %u of another shape, %u unexpected\n%s",
      match->matched, match->missing, match->wrong, match->unexpected,
      match->report->str);
}

static gboolean
save (const Options *o, const NfWeights *weights, const Target *target,
    GError **error)
{
  g_autoptr (GHashTable) facts =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (
      facts, (gpointer) "imported-from", g_path_get_basename (o->files[0]));
  g_hash_table_insert (facts, (gpointer) "imported-weights",
      g_strdup (nf_weights_about (weights)));
  return nf_checkpoint_save (o->output, o->arch, target->config, facts,
      target->params, o->bf16 ? NF_SAFETENSORS_BF16 : NF_SAFETENSORS_F32, FALSE,
      error);
}

gboolean
nf_import_main (gint argc, gchar **argv, GError **error)
{
  g_auto (Options) o = { 0 };
  g_auto (Target) target = { 0 };
  g_auto (NfMatch) match = { 0 };
  g_autoptr (JsonObject) settings = NULL;
  g_autoptr (NfWeights) weights = NULL;
  g_autoptr (NfDevice) device = NULL;

  if (!parse (&o, argc, argv, error))
    return FALSE;
  settings = read_settings (&o, error);
  weights = settings ? nf_weights_open (o.files[0], o.weights, error) : NULL;
  device = weights ? nf_device_open ("cpu", error) : NULL;
  if (!device)
    return FALSE;
  if (!(is_encoder (o.arch) ? make_encoder : make_net) (
          &target, &o, weights, settings, device, error)) {
    g_prefix_error (error, "%s: ", o.files[0]);
    return FALSE;
  }
  nf_match_names (&match, target.params, weights, target.prefix);
  print_report (&o, weights, &target, &match);
  if (!check_match (&o, &match, error)
      || !nf_match_fill (target.params, weights, target.prefix, error)
      || !save (&o, weights, &target, error))
    return FALSE;
  g_print ("wrote %s\n", o.output);
  return TRUE;
}
