/* SPDX-License-Identifier: MIT
 *
 * nfcudnngraph — a convolution as one of cuDNN's operation graphs
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

typedef enum
{
  NF_CUDNN_FORWARD, /* y from x and weight */
  NF_CUDNN_BACKWARD_DATA, /* x from y and weight */
  NF_CUDNN_BACKWARD_WEIGHT, /* weight from x and y */
} NfCudnnPass;

/**
 * NfCudnnConv:
 * @pass: what is computed
 * @n: and so on: x (n, c, h, w), weight (o, c, kh, kw), y (n, o, oh, ow)
 * @align: every address is a multiple of so many bytes
 * @bf16: all three, the bias and the residual are bf16; else f32
 * @tf32: products of f32 may be rounded to TF32
 * @gain: forward with @bias: of the sums and the residual; else 1
 * @bias: forward: a vector of o is added, after the gain
 * @residual: forward with @bias: so is something of y's shape
 * @relu: forward with @bias: followed by ReLU
 *
 * A convolution's shape: the key of its plan, compared byte by byte.
 */
typedef struct
{
  gint pass;
  gint n, c, h, w, o, kh, kw, oh, ow, stride, pad;
  gint align;
  gfloat gain;
  gboolean bf16, tf32, bias, residual, relu;
} NfCudnnConv;

/**
 * NfCudnnData:
 *
 * Addresses on the device; what the plan does not use is ignored.
 */
typedef struct
{
  gpointer x, weight, y, bias, residual;
} NfCudnnData;

/**
 * NfCudnnTarget:
 * @handle: (nullable): of the GPU that plans are made for
 * @properties: (nullable): finalised description of a GPU, instead of @handle
 * @workspace: bytes that a plan may work in
 */
typedef struct
{
  cudnnHandle_t handle;
  cudnnBackendDescriptor_t properties;
  gsize workspace;
} NfCudnnTarget;

/**
 * NfCudnnAttribute: what a descriptor is made with; @data NULL ends a list
 */
typedef struct
{
  cudnnBackendAttributeName_t name;
  cudnnBackendAttributeType_t type;
  gint64 count;
  gconstpointer data;
} NfCudnnAttribute;

typedef cudnnBackendDescriptor_t NfCudnnDescriptor;

static inline void
nf_cudnn_destroy (gpointer descriptor)
{
  if (descriptor != NULL)
    cudnnBackendDestroyDescriptor (descriptor);
}

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (NfCudnnDescriptor, nf_cudnn_destroy, NULL)

gboolean nf_cudnn_ok (cudnnStatus_t status, const gchar *what, GError **error);
cudnnBackendDescriptor_t nf_cudnn_descriptor (cudnnBackendDescriptorType_t type,
    const NfCudnnAttribute *attributes, GError **error);
cudnnBackendDescriptor_t nf_cudnn_graph_new (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error);
cudnnBackendDescriptor_t nf_cudnn_pack_new (const NfCudnnConv *conv,
    const NfCudnnData *data, gpointer workspace, GError **error);
gchar *nf_cudnn_conv_name (const NfCudnnConv *conv);

G_END_DECLS
