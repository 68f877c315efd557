/* SPDX-License-Identifier: MIT
 *
 * nfunetpp — UNet++ on a ResNet encoder
 *
 * The encoder (nfresnet.c) makes features f0..f4 at strides 32 (deepest) to 2.
 * Node x_d_s of the nested grid takes the node x_d_(s-1), upsampled, the nodes
 * x_k_s below it (d < k <= s) and feature f_(s+1); x_0_4 takes x_0_3 alone. */
#include <nextframe/nets/nfunetpp.h>

#include <nextframe/metrics/nfclasses.h>
#include "nets/nfconvnorm.h"
#include "nets/nfnetconfig.h"

typedef struct
{
  NfConvNorm layers[2];
} DecoderBlock;

struct _NfUnetpp
{
  NfNet base;
  NfUnetppConfig config;
  NfResnet *encoder;
  DecoderBlock blocks[4][4]; /* [depth][layer], depth <= layer */
  DecoderBlock last; /* x_0_4 */
  NfConv head;
  NfTensor
      *expand; /* (classes, attributes, 1, 1), or NULL: one filter a class */
};

void
nf_unetpp_config_init (NfUnetppConfig *config)
{
  static const NfUnetppConfig defaults = {
    .encoder = 34,
    .encoder_width = 64,
    .channels = 3,
    .classes = 49,
    .widths = { 256, 128, 64, 32, 16 },
    .mean = { 0.485, 0.456, 0.406 },
    .std = { 0.229, 0.224, 0.225 },
  };

  *config = defaults;
}

static JsonArray *
three_numbers (const gdouble *values)
{
  JsonArray *array = json_array_sized_new (3);

  for (guint i = 0; i < 3; i++)
    json_array_add_double_element (array, values[i]);
  return array;
}

gboolean
nf_unetpp_config_from_json (
    NfUnetppConfig *config, JsonObject *json, GError **error)
{
  NfNetConfig reader;
  const gchar *encoder, *head;
  guint n = NF_UNETPP_LEVELS;

  nf_unetpp_config_init (config);
  nf_net_config_start (&reader, json, NF_UNETPP_ARCH);
  encoder = nf_net_config_text (&reader, "encoder", "resnet34");
  if (g_str_has_prefix (encoder, "resnet"))
    config->encoder = (gint) g_ascii_strtoll (encoder + 6, NULL, 10);
  else
    nf_net_config_problem (&reader, "encoder %s is not known", encoder);
  nf_net_config_int (&reader, "encoder_width", 1, 1024, &config->encoder_width);
  nf_net_config_int (&reader, "channels", 1, 3, &config->channels);
  nf_net_config_int (&reader, "classes", 1, 256, &config->classes);
  nf_net_config_ints (
      &reader, "widths", 1, 4096, NF_UNETPP_LEVELS, config->widths, &n);
  if (n != NF_UNETPP_LEVELS)
    nf_net_config_problem (&reader, "widths must be five numbers");
  head = nf_net_config_text (&reader, "head", "classes");
  config->attributes = g_str_equal (head, "attributes");
  if (!config->attributes && !g_str_equal (head, "classes"))
    nf_net_config_problem (&reader, "head %s is not known", head);
  nf_net_config_doubles (&reader, "mean", 3, config->mean);
  nf_net_config_doubles (&reader, "std", 3, config->std);
  return nf_net_config_finish (&reader, error);
}

JsonObject *
nf_unetpp_config_to_json (const NfUnetppConfig *config)
{
  g_autofree gchar *encoder = g_strdup_printf ("resnet%d", config->encoder);
  JsonObject *json = json_object_new ();

  json_object_set_string_member (json, "encoder", encoder);
  json_object_set_int_member (json, "encoder_width", config->encoder_width);
  json_object_set_int_member (json, "channels", config->channels);
  json_object_set_int_member (json, "classes", config->classes);
  json_object_set_array_member (json, "widths",
      nf_net_config_int_array (config->widths, NF_UNETPP_LEVELS));
  if (config->attributes)
    json_object_set_string_member (json, "head", "attributes");
  json_object_set_array_member (json, "mean", three_numbers (config->mean));
  json_object_set_array_member (json, "std", three_numbers (config->std));
  return json;
}

/* ------------------------------------------------------------ construction */

static gboolean
decoder_block_init (DecoderBlock *b, NfParams *params, const gchar *node,
    gint64 in, gint64 out, GError **error)
{
  for (gint i = 0; i < 2; i++) {
    g_autofree gchar *conv =
        g_strdup_printf ("decoder.blocks.%s.conv%d.0", node, i + 1);
    g_autofree gchar *bn =
        g_strdup_printf ("decoder.blocks.%s.conv%d.1", node, i + 1);

    if (!nf_conv_norm_init (
            &b->layers[i], params, conv, bn, i == 0 ? in : out, out, 3, error))
      return FALSE;
  }
  return TRUE;
}

/* the constant matrix that makes classes of attributes: 1 where a class has
 * one */
static gboolean
expand_init (NfUnetpp *net, GError **error)
{
  gfloat has[NF_N_CLASSES * NF_N_ATTRIBUTES] = { 0 };

  for (guint id = 0; id < NF_N_CLASSES; id++) {
    guint attributes[4], n = nf_class_attributes (id, attributes);

    for (guint i = 0; i < n; i++)
      has[id * NF_N_ATTRIBUTES + attributes[i]] = 1;
  }
  net->expand = nf_tensor_new (net->base.params->device, NF_F32, NF_N_CLASSES,
      NF_N_ATTRIBUTES, 1, 1, error);
  return net->expand && nf_tensor_set_nchw (net->expand, has, error);
}

static gboolean
head_init (NfUnetpp *net, GError **error)
{
  const NfUnetppConfig *c = &net->config;

  return nf_conv_init (&net->head, net->base.params, "segmentation_head.0",
             c->widths[4], c->attributes ? NF_N_ATTRIBUTES : c->classes, 3,
             TRUE, NF_WEIGHT_XAVIER, error)
      && (!c->attributes || expand_init (net, error));
}

static gboolean
decoder_init (NfUnetpp *net, GError **error)
{
  const gint *widths = net->config.widths;
  gint64 enc[NF_UNETPP_LEVELS];

  nf_resnet_channels (net->encoder, enc);
  for (gint layer = 0; layer < 4; layer++) {
    gint64 skip = enc[layer + 1];

    for (gint depth = 0; depth <= layer; depth++) {
      g_autofree gchar *node = g_strdup_printf ("x_%d_%d", depth, layer);
      gint64 up = depth > 0 ? enc[layer]
          : layer == 0      ? enc[0]
                            : widths[layer - 1];

      if (!decoder_block_init (&net->blocks[depth][layer], net->base.params,
              node, up + skip * (layer + 1 - depth),
              depth == 0 ? widths[layer] : skip, error))
        return FALSE;
    }
  }
  return decoder_block_init (
             &net->last, net->base.params, "x_0_4", widths[3], widths[4], error)
      && head_init (net, error);
}

static gboolean
config_check (const NfUnetppConfig *c, GError **error)
{
  gboolean ok = (c->encoder == 18 || c->encoder == 34 || c->encoder == 50)
      && c->encoder_width >= 1 && c->channels >= 1 && c->classes >= 1
      && c->classes <= 256 && (!c->attributes || c->classes == NF_N_CLASSES);

  for (gint i = 0; i < NF_UNETPP_LEVELS; i++)
    ok = ok && c->widths[i] >= 1 && c->widths[i] <= 4096;
  for (gint i = 0; i < 3; i++)
    ok = ok && c->std[i] > 0.0;
  if (!ok)
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "unetpp: encoder must be resnet18, 34 or 50 (got %d), classes 1 to "
        "256 (got %d; with a head of attributes %d), five widths of 1 to 4096, "
        "std above 0",
        c->encoder, c->classes, NF_N_CLASSES);
  return ok;
}

NfUnetpp *
nf_unetpp_new (NfDevice *device, const NfUnetppConfig *config, GError **error)
{
  g_autoptr (NfUnetpp) net = NULL;

  if (!config_check (config, error))
    return NULL;
  net = g_new0 (NfUnetpp, 1);
  net->base.klass = &nf_net_unetpp;
  net->config = *config;
  net->base.params = nf_params_new (device);
  net->encoder = nf_resnet_new (net->base.params, config->encoder,
      config->channels, config->encoder_width, error);
  if (net->encoder == NULL || !decoder_init (net, error))
    return NULL;
  return g_steal_pointer (&net);
}

static void
decoder_block_clear (DecoderBlock *b)
{
  for (gint i = 0; i < 2; i++)
    nf_conv_norm_clear (&b->layers[i]);
}

void
nf_unetpp_free (NfUnetpp *net)
{
  g_clear_pointer (&net->encoder, nf_resnet_free);
  for (gint i = 0; i < 16; i++)
    decoder_block_clear (&net->blocks[i / 4][i % 4]);
  decoder_block_clear (&net->last);
  nf_tensor_clear (&net->expand);
  nf_params_unref (net->base.params);
  g_free (net);
}

NfParams *
nf_unetpp_params (NfUnetpp *net)
{
  return net->base.params;
}

NfResnet *
nf_unetpp_encoder (NfUnetpp *net)
{
  return net->encoder;
}

const NfUnetppConfig *
nf_unetpp_config (NfUnetpp *net)
{
  return &net->config;
}

/* ----------------------------------------------------------------- forward */

NfTensor *
nf_unetpp_node (NfUnetpp *net, guint depth, guint layer,
    NfTensor *const *inputs, guint n, const NfForward *forward, GError **error)
{
  DecoderBlock *b = layer == 4 ? &net->last : &net->blocks[depth][layer];
  g_autoptr (NfTensor) h = NULL;

  h = nf_conv_norm_run_up (&b->layers[0], inputs, n, forward, error);
  if (h == NULL)
    return NULL;
  return nf_conv_norm_run (
      &b->layers[1], h, 1, NULL, NF_ACT_RELU, forward, error);
}

/* what no node of a later diagonal reads: node x_d_s reads x_d_(s-1), what
 * stands below it in its column, and feature s + 1 */
static void
drop_read (NfTensor **f, NfTensor *nodes[4][4], guint step)
{
  nf_tensor_clear (&f[0]);
  nf_tensor_clear (&f[step + 1]);
  if (step > 0)
    nf_tensor_clear (&nodes[0][step - 1]);
  for (guint d = 1; d <= step; d++)
    nf_tensor_clear (&nodes[d][step]);
}

/* all nodes x_d_s, s <= 3, of which x_0_3 is left, and no feature; what there is
 * belongs to the caller, also on failure */
static gboolean
grid_run (NfUnetpp *net, NfTensor **f, NfTensor *nodes[4][4],
    const NfForward *forward, GError **error)
{
  for (guint step = 0; step < 4; step++) {
    for (guint d = 0; d + step < 4; d++) {
      guint s = d + step, n = 0;
      NfTensor *in[NF_OP_MAX_INPUTS];

      in[n++] = step == 0 ? f[d] : nodes[d][s - 1];
      for (guint k = d + 1; k <= s; k++)
        in[n++] = nodes[k][s];
      in[n++] = f[s + 1];
      nodes[d][s] = nf_unetpp_node (net, d, s, in, n, forward, error);
      if (nodes[d][s] == NULL)
        return FALSE;
    }
    drop_read (f, nodes, step);
  }
  return TRUE;
}

/* The logits, in f32 whatever the network computes in: bf16 has steps of 0.06
 * at 8 to 16, and equal logits would go to the lowest class. */
static NfTensor *
head_run (NfUnetpp *net, NfTensor *x, GError **error)
{
  static const NfConv2dParams point = { .stride = 1 };
  const gboolean narrow = x != NULL && x->dtype != NF_F32;
  g_autoptr (NfTensor) wide =
      narrow ? nf_op_cast (x, NF_F32, error) : nf_tensor_ref (x);
  g_autoptr (NfTensor) y =
      nf_conv_run (&net->head, wide, 1, NF_ACT_NONE, error);

  return net->expand ? nf_op_conv2d (y, net->expand, NULL, &point, error)
                     : g_steal_pointer (&y);
}

NfTensor *
nf_unetpp_logits (
    NfUnetpp *net, NfTensor *x, const NfForward *forward, GError **error)
{
  gboolean bf16 = forward != NULL && forward->dtype == NF_BF16;
  g_autoptr (NfTensor) flow =
      bf16 ? nf_op_cast (x, NF_BF16, error) : nf_tensor_ref (x);
  NfTensor *f[NF_UNETPP_LEVELS], *nodes[4][4] = { { NULL } };
  NfTensor *result = NULL;

  if (flow == NULL || !nf_resnet_run (net->encoder, flow, forward, f, error))
    return NULL;
  if (grid_run (net, f, nodes, forward, error)) {
    g_autoptr (NfTensor) last =
        nf_unetpp_node (net, 0, 4, &nodes[0][3], 1, forward, error);

    nf_tensor_clear (&nodes[0][3]);
    result = head_run (net, last, error);
  }
  for (guint i = 0; i < 16; i++)
    nf_tensor_clear (&nodes[i / 4][i % 4]);
  for (guint i = 0; i < NF_UNETPP_LEVELS; i++)
    nf_tensor_clear (&f[i]);
  return result;
}

NfTensor *
nf_unetpp_normalize (NfUnetpp *net, NfTensor *pixels, GError **error)
{
  NfNormalizeParams params = { .period = net->config.channels };

  for (gint i = 0; i < net->config.channels; i++) {
    params.scale[i] = (gfloat) (1.0 / (255.0 * net->config.std[i]));
    params.shift[i] = (gfloat) (-net->config.mean[i] / net->config.std[i]);
  }
  return nf_op_normalize (pixels, &params, error);
}

/* ------------------------------------------------------------ architecture */

static NfNet *
make (NfDevice *device, JsonObject *json, GError **error)
{
  NfUnetppConfig config;

  return nf_unetpp_config_from_json (&config, json, error)
      ? (NfNet *) nf_unetpp_new (device, &config, error)
      : NULL;
}

static void
free_net (NfNet *net)
{
  nf_unetpp_free ((NfUnetpp *) net);
}

static JsonObject *
config_of (const NfNet *net)
{
  return nf_unetpp_config_to_json (&((const NfUnetpp *) net)->config);
}

static void
sizes_of (const NfNet *net, NfSegmentSizes *sizes)
{
  const NfUnetppConfig *config = &((const NfUnetpp *) net)->config;

  *sizes = (NfSegmentSizes){ .channels = config->channels,
    .classes = config->classes,
    .stride = NF_UNETPP_STRIDE };
}

static NfTensor *
normalize (NfNet *net, NfTensor *pixels, GError **error)
{
  return nf_unetpp_normalize ((NfUnetpp *) net, pixels, error);
}

static NfTensor *
logits (NfNet *net, NfTensor *x, const NfForward *forward, GError **error)
{
  return nf_unetpp_logits ((NfUnetpp *) net, x, forward, error);
}

static const NfNetPreset presets[] = {
  { "unetpp-resnet18", "{\"encoder\": \"resnet18\"}" },
  { "unetpp-resnet34", "{\"encoder\": \"resnet34\"}" },
  { "unetpp-resnet50", "{\"encoder\": \"resnet50\"}" },
  { NULL, NULL },
};

static const NfSegmentHooks hooks = {
  .sizes = sizes_of, .normalize = normalize, .logits = logits
};

const NfNetClass nf_net_unetpp = {
  .name = NF_UNETPP_ARCH,
  .title = "UNet++",
  .task = NF_NET_SEGMENT,
  .key = "encoder",
  .presets = presets,
  .make = make,
  .free = free_net,
  .config = config_of,
  .segment = &hooks,
};
