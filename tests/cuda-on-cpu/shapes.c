/* SPDX-License-Identifier: MIT
 *
 * shapes — the convolutions of a network, by running it without numbers */
#include "shapes.h"

#include <string.h>

static guint
shape_hash (gconstpointer key)
{
  const gint *numbers = key;
  guint hash = 0;

  for (gsize i = 0; i < sizeof (NfCudnnConv) / sizeof (gint); i++)
    hash = hash * 31 + (guint) numbers[i];
  return hash;
}

static gboolean
shape_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (NfCudnnConv)) == 0;
}

static GHashTable *
set_new (void)
{
  return g_hash_table_new_full (shape_hash, shape_equal, g_free, NULL);
}

static void
note (const NfOpCall *call, NfCudnnPass pass)
{
  const NfCudaConv conv = nf_cuda_conv_of (call);
  NfCudnnConv shape = nf_cuda_conv_shape (&conv, pass, FALSE);

  shape.align = 16;
  if (pass == NF_CUDNN_FORWARD)
    nf_cuda_conv_fuse (&conv, &shape);
  g_hash_table_add (call->device->priv, g_memdup2 (&shape, sizeof shape));
}

static gboolean
conv_forward (NfOpCall *call, GError **error)
{
  note (call, NF_CUDNN_FORWARD);
  return TRUE;
}

static gboolean
conv_backward (NfOpCall *call, const NfTensor *grad_out, NfTensor **grad_in,
    GError **error)
{
  guint weight = call->op == NF_OP_CONV2D ? 1 : 0;
  guint from = call->op == NF_OP_CONV2D ? 0 : 1;
  guint to = call->op == NF_OP_CONV2D ? 0 : nf_cuda_conv_sources (call);
  gboolean data = FALSE;

  for (guint i = from; i <= to; i++)
    data = data || grad_in[i] != NULL;
  if (data)
    note (call, NF_CUDNN_BACKWARD_DATA);
  if (grad_in[weight] != NULL)
    note (call, NF_CUDNN_BACKWARD_WEIGHT);
  return TRUE;
}

static gboolean
nothing_forward (NfOpCall *call, GError **error)
{
  return TRUE;
}

static gboolean
nothing_backward (NfOpCall *call, const NfTensor *grad_out, NfTensor **grad_in,
    GError **error)
{
  return TRUE;
}

static gpointer
shapes_alloc (NfDevice *device, gsize bytes, GError **error)
{
  return g_malloc (1);
}

static void
shapes_release (NfDevice *device, gpointer data, gsize bytes)
{
  g_free (data);
}

static gboolean
shapes_move (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  return TRUE;
}

static gboolean
shapes_download (NfDevice *device, gpointer dst, gconstpointer src, gsize bytes,
    GError **error)
{
  memset (dst, 0, bytes);
  return TRUE;
}

static gboolean
shapes_zero (NfDevice *device, gpointer dst, gsize bytes, GError **error)
{
  return TRUE;
}

static gboolean
shapes_synchronize (NfDevice *device, GError **error)
{
  return TRUE;
}

static NfOpKernels ops[NF_N_OPS];

static const NfBackend backend = {
  .abi = NF_BACKEND_ABI,
  .name = "shapes",
  .alloc = shapes_alloc,
  .release = shapes_release,
  .upload = shapes_move,
  .download = shapes_download,
  .copy = shapes_move,
  .zero = shapes_zero,
  .synchronize = shapes_synchronize,
  .ops = ops,
  .n_ops = NF_N_OPS,
};

/**
 * shapes_device:
 *
 * Returns: (transfer none): the device without numbers
 */
NfDevice *
shapes_device (void)
{
  static NfDevice device = { .backend = &backend, .name = (gchar *) "shapes" };

  if (device.priv != NULL)
    return &device;
  for (guint op = 0; op < NF_N_OPS; op++)
    ops[op] = (NfOpKernels){ nothing_forward, nothing_backward };
  ops[NF_OP_CONV2D] = ops[NF_OP_CONV2D_CAT] =
      (NfOpKernels){ conv_forward, conv_backward };
  g_atomic_ref_count_init (&device.refs);
  device.priv = set_new ();
  return &device;
}

/**
 * shapes_take:
 *
 * Returns: (transfer full): the set of NfCudnnConv that ran since the last
 *   call, forward ones with all that cuDNN can do in the same pass
 */
GHashTable *
shapes_take (void)
{
  GHashTable *set = shapes_device ()->priv;

  shapes_device ()->priv = set_new ();
  return set;
}
