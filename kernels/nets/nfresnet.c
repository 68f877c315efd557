/* SPDX-License-Identifier: MIT
 *
 * nfresnet — ResNet as an encoder: features at five sizes
 *
 * A stem with stride 2, a pool with another, and four stages of blocks, of
 * which all but the first begin with stride 2. A block adds what its two or
 * three convolutions make to its input; where sizes differ the input goes
 * through a 1x1 convolution. */
#include <nextframe/nets/nfresnet.h>

#include "nets/nfconvnorm.h"

#define STAGES 4

typedef struct
{
  NfConvNorm layers[3];
  NfConvNorm down;
  gint n_layers; /* 2: basic block, 3: bottleneck */
  gint stride;
} Block;

struct _NfResnet
{
  gint64 width; /* channels of the stem, and inside the first stage's blocks */
  gint expansion; /* channels of a block's result, by those inside */
  NfConvNorm stem;
  Block *stages[STAGES];
  gint blocks[STAGES]; /* in each stage */
};

static gboolean
block_init (Block *b, NfParams *params, const gchar *path, gint64 in,
    gint64 width, gint stride, gint expansion, GError **error)
{
  g_autofree gchar *down = g_strconcat (path, ".downsample.0", NULL);
  g_autofree gchar *down_bn = g_strconcat (path, ".downsample.1", NULL);
  gint64 out = width * expansion, c = in;

  b->stride = stride;
  b->n_layers = expansion == 1 ? 2 : 3;
  for (gint i = 0; i < b->n_layers; i++) {
    g_autofree gchar *conv = g_strdup_printf ("%s.conv%d", path, i + 1);
    g_autofree gchar *bn = g_strdup_printf ("%s.bn%d", path, i + 1);
    gint64 to = i == 2 ? out : width;
    gint kernel = expansion > 1 && i != 1 ? 1 : 3;

    if (!nf_conv_norm_init (
            &b->layers[i], params, conv, bn, c, to, kernel, error))
      return FALSE;
    c = to;
  }
  return (stride == 1 && in == out)
      || nf_conv_norm_init (&b->down, params, down, down_bn, in, out, 1, error);
}

static gboolean
stages_init (
    NfResnet *net, NfParams *params, const gint blocks[STAGES], GError **error)
{
  gint64 c = net->width;

  for (gint s = 0; s < STAGES; s++) {
    gint64 width = net->width << s;

    net->stages[s] = g_new0 (Block, blocks[s]);
    net->blocks[s] = blocks[s];
    for (gint i = 0; i < blocks[s]; i++) {
      g_autofree gchar *path = g_strdup_printf ("encoder.layer%d.%d", s + 1, i);

      if (!block_init (&net->stages[s][i], params, path, c, width,
              s > 0 && i == 0 ? 2 : 1, net->expansion, error))
        return FALSE;
      c = width * net->expansion;
    }
  }
  return TRUE;
}

NfResnet *
nf_resnet_new (NfParams *params, gint layers, gint64 channels, gint64 width,
    GError **error)
{
  static const gint shallow[] = { 2, 2, 2, 2 }, deep[] = { 3, 4, 6, 3 };
  g_autoptr (NfResnet) net = g_new0 (NfResnet, 1);

  net->width = width;
  net->expansion = layers == 50 ? 4 : 1;
  if (!nf_conv_norm_init (&net->stem, params, "encoder.conv1", "encoder.bn1",
          channels, width, 7, error)
      || !stages_init (net, params, layers == 18 ? shallow : deep, error))
    return NULL;
  return g_steal_pointer (&net);
}

static void
block_clear (Block *b)
{
  for (gint i = 0; i < b->n_layers; i++)
    nf_conv_norm_clear (&b->layers[i]);
  nf_conv_norm_clear (&b->down);
}

void
nf_resnet_free (NfResnet *net)
{
  nf_conv_norm_clear (&net->stem);
  for (gint s = 0; s < STAGES; s++) {
    for (gint i = 0; i < net->blocks[s]; i++)
      block_clear (&net->stages[s][i]);
    g_free (net->stages[s]);
  }
  g_free (net);
}

void
nf_resnet_channels (const NfResnet *net, gint64 channels[NF_RESNET_LEVELS])
{
  for (gint s = 0; s < STAGES; s++)
    channels[STAGES - 1 - s] = net->expansion * net->width << s;
  channels[STAGES] = net->width;
}

static NfTensor *
block_run (Block *b, NfTensor *x, const NfForward *forward, GError **error)
{
  gint strided = b->n_layers == 3 ? 1 : 0; /* which layer has the stride */
  g_autoptr (NfTensor) h = nf_tensor_ref (x);
  g_autoptr (NfTensor) shortcut = b->down.conv.weight == NULL
      ? nf_tensor_ref (x)
      : nf_conv_norm_run (
          &b->down, x, b->stride, NULL, NF_ACT_NONE, forward, error);

  if (shortcut == NULL)
    return NULL;
  for (gint i = 0; i < b->n_layers; i++) {
    gboolean last = i + 1 == b->n_layers;
    NfTensor *next =
        nf_conv_norm_run (&b->layers[i], h, i == strided ? b->stride : 1,
            last ? shortcut : NULL, NF_ACT_RELU, forward, error);

    nf_tensor_clear (&h);
    h = next;
  }
  return g_steal_pointer (&h);
}

gboolean
nf_resnet_run (NfResnet *net, NfTensor *x, const NfForward *forward,
    NfTensor *features[NF_RESNET_LEVELS], GError **error)
{
  static const NfMaxPoolParams pool = { .kernel = 3, .stride = 2, .pad = 1 };
  NfTensor *h;

  for (gint i = 0; i < NF_RESNET_LEVELS; i++)
    features[i] = NULL;
  features[STAGES] =
      nf_conv_norm_run (&net->stem, x, 2, NULL, NF_ACT_RELU, forward, error);
  h = nf_op_max_pool (features[STAGES], &pool, error);
  for (gint s = 0; h != NULL && s < STAGES; s++) {
    for (gint i = 0; h != NULL && i < net->blocks[s]; i++) {
      NfTensor *next = block_run (&net->stages[s][i], h, forward, error);

      nf_tensor_unref (h);
      h = next;
    }
    if (h != NULL)
      features[STAGES - 1 - s] = nf_tensor_ref (h);
  }
  if (h != NULL) {
    nf_tensor_unref (h);
    return TRUE;
  }
  for (gint i = 0; i < NF_RESNET_LEVELS; i++)
    nf_tensor_clear (&features[i]);
  return FALSE;
}
