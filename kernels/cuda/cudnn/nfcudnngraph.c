/* SPDX-License-Identifier: MIT
 *
 * nfcudnngraph — convolutions as operation graphs of cuDNN
 *
 * Tensors are channels-last: a weight (O, C, kh, kw) lies in memory as
 * O, kh, kw, C. A forward graph is
 *   y = relu (gain (x * weight) + gain residual + bias)
 * with sums in f32, the form for which cuDNN has engines that do it in one
 * pass; they want the bias in the type of the rest. */
#include "cuda/cudnn/nfcudnngraph.h"

#include <stdbool.h>

/* how plan and data know each tensor */
enum
{
  ID_X = 1,
  ID_WEIGHT,
  ID_Y,
  ID_BIAS,
  ID_RESIDUAL,
  ID_VIRTUAL /* and more */
};

/**
 * nf_cudnn_ok:
 * @status: what a call of cuDNN returned
 * @what: what was tried, for the message
 * @error: return location: %NF_ERROR_NO_MEMORY, %NF_ERROR_UNSUPPORTED or
 *   %NF_ERROR_NO_DEVICE
 *
 * Returns: TRUE if @status is success
 */
gboolean
nf_cudnn_ok (cudnnStatus_t status, const gchar *what, GError **error)
{
  gchar why[512] = "";
  NfError code = NF_ERROR_NO_DEVICE;

  if (G_LIKELY (status == CUDNN_STATUS_SUCCESS))
    return TRUE;
  if (status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED
      || status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
    code = NF_ERROR_NO_MEMORY;
  else if (CUDNN_STATUS_CATEGORY (status) == CUDNN_STATUS_NOT_SUPPORTED)
    code = NF_ERROR_UNSUPPORTED;
  cudnnGetLastErrorString (why, sizeof why);
  g_set_error (error, NF_ERROR, code, "cuDNN: %s: %s%s%s", what,
      cudnnGetErrorString (status), why[0] != '\0' ? ": " : "", why);
  return FALSE;
}

/**
 * nf_cudnn_descriptor:
 * @type: what is described
 * @attributes: ended by one without data
 * @error: return location
 *
 * Returns: (transfer full) (nullable): a finalised descriptor
 */
cudnnBackendDescriptor_t
nf_cudnn_descriptor (cudnnBackendDescriptorType_t type,
    const NfCudnnAttribute *attributes, GError **error)
{
  g_auto (NfCudnnDescriptor) descriptor = NULL;

  if (!nf_cudnn_ok (cudnnBackendCreateDescriptor (type, &descriptor),
          "cannot describe a convolution", error))
    return NULL;
  for (; attributes->data != NULL; attributes++)
    if (!nf_cudnn_ok (
            cudnnBackendSetAttribute (descriptor, attributes->name,
                attributes->type, attributes->count, attributes->data),
            "a convolution's attribute is refused", error))
      return NULL;
  if (!nf_cudnn_ok (cudnnBackendFinalize (descriptor),
          "a convolution's description is refused", error))
    return NULL;
  return g_steal_pointer (&descriptor);
}

/* a channels-last tensor (n, c, h, w) */
static cudnnBackendDescriptor_t
tensor_new (
    const NfCudnnConv *conv, gint64 id, const gint64 shape[4], GError **error)
{
  const bool virtual = id >= ID_VIRTUAL;
  const cudnnDataType_t type = conv->bf16 && !virtual ? CUDNN_DATA_BFLOAT16
                                                      : CUDNN_DATA_FLOAT;
  const gint64 c = shape[1], w = shape[3], align = conv->align;
  const gint64 strides[] = { shape[2] * w * c, 1, w * c, c };

  return nf_cudnn_descriptor (CUDNN_BACKEND_TENSOR_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type },
          { CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, shape },
          { CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, strides },
          { CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &id },
          { CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &align },
          { CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &virtual },
          { 0 },
      },
      error);
}

static cudnnBackendDescriptor_t
y_tensor (const NfCudnnConv *conv, gint64 id, GError **error)
{
  return tensor_new (
      conv, id, (gint64[]){ conv->n, conv->o, conv->oh, conv->ow }, error);
}

static cudnnBackendDescriptor_t
geometry_new (const NfCudnnConv *conv, GError **error)
{
  const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  const gint64 dims = 2, ones[] = { 1, 1 };
  const gint64 strides[] = { conv->stride, conv->stride };
  const gint64 pads[] = { conv->pad, conv->pad };

  return nf_cudnn_descriptor (CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums },
          { CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1,
              &mode },
          { CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &dims },
          { CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, ones },
          { CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2,
              strides },
          { CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, pads },
          { CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, pads },
          { 0 },
      },
      error);
}

/* the same thing in the three passes: type, then names in the order of use */
static const struct
{
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t alpha, beta, geometry, x, weight, y;
} passes[] = {
  [NF_CUDNN_FORWARD] = { CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
      CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y },
  [NF_CUDNN_BACKWARD_DATA] = { CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY },
  [NF_CUDNN_BACKWARD_WEIGHT] = { CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY },
};

static cudnnBackendDescriptor_t
convolution_new (
    const NfCudnnConv *conv, cudnnBackendDescriptor_t y, GError **error)
{
  const gfloat one = 1.0f, zero = 0.0f;
  g_auto (NfCudnnDescriptor) x = tensor_new (
      conv, ID_X, (gint64[]){ conv->n, conv->c, conv->h, conv->w }, error);
  g_auto (NfCudnnDescriptor) weight = x == NULL
      ? NULL
      : tensor_new (conv, ID_WEIGHT,
          (gint64[]){ conv->o, conv->c, conv->kh, conv->kw }, error);
  g_auto (NfCudnnDescriptor) geometry =
      weight == NULL ? NULL : geometry_new (conv, error);

  if (geometry == NULL)
    return NULL;
  return nf_cudnn_descriptor (passes[conv->pass].type,
      (NfCudnnAttribute[]){
          { passes[conv->pass].alpha, CUDNN_TYPE_FLOAT, 1, &one },
          { passes[conv->pass].beta, CUDNN_TYPE_FLOAT, 1, &zero },
          { passes[conv->pass].geometry, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
              &geometry },
          { passes[conv->pass].x, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x },
          { passes[conv->pass].weight, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
              &weight },
          { passes[conv->pass].y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y },
          { 0 },
      },
      error);
}

/* an operation by elements: gain x + other_gain other, or relu (x) where there is
 * no other */
typedef struct
{
  cudnnBackendDescriptor_t other;
  gfloat gain, other_gain;
} Pointwise;

static cudnnBackendDescriptor_t
pointwise_new (cudnnBackendDescriptor_t from, const Pointwise *pointwise,
    cudnnBackendDescriptor_t to, GError **error)
{
  const cudnnBackendDescriptor_t other = pointwise->other;
  const cudnnPointwiseMode_t mode =
      other != NULL ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD;
  const cudnnDataType_t precision = CUDNN_DATA_FLOAT;
  g_auto (NfCudnnDescriptor) what = nf_cudnn_descriptor (
      CUDNN_BACKEND_POINTWISE_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode },
          { CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1,
              &precision },
          { 0 },
      },
      error);

  if (what == NULL)
    return NULL;
  return nf_cudnn_descriptor (CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
              CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &what },
          { CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              1, &from },
          { CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              1, &to },
          { CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, CUDNN_TYPE_FLOAT, 1,
              &pointwise->gain },
          { CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              1, other != NULL ? &other : NULL },
          { CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, CUDNN_TYPE_FLOAT, 1,
              &pointwise->other_gain },
          { 0 },
      },
      error);
}

/* what follows the convolution: an operation from the last tensor to a new one
 * of this id */
static gboolean
append (const NfCudnnConv *conv, gint64 id, Pointwise pointwise,
    GPtrArray *tensors, GPtrArray *operations, GError **error)
{
  cudnnBackendDescriptor_t from = tensors->pdata[tensors->len - 1], operation;
  cudnnBackendDescriptor_t to = y_tensor (conv, id, error);

  if (to == NULL)
    return FALSE;
  g_ptr_array_add (tensors, to);
  operation = pointwise_new (from, &pointwise, to, error);
  if (operation == NULL)
    return FALSE;
  g_ptr_array_add (operations, operation);
  return TRUE;
}

static gboolean
append_all (const NfCudnnConv *conv, GPtrArray *tensors, GPtrArray *operations,
    GError **error)
{
  g_auto (NfCudnnDescriptor) residual = NULL, bias = NULL;
  gint64 id = ID_VIRTUAL + 1;
  gfloat gain = conv->gain;

  if (!conv->bias)
    return TRUE;
  if (conv->residual) {
    residual = y_tensor (conv, ID_RESIDUAL, error);
    if (residual == NULL
        || !append (conv, id++,
            (Pointwise){ .other = residual, .gain = gain, .other_gain = gain },
            tensors, operations, error))
      return FALSE;
    gain = 1.0f;
  }
  bias = tensor_new (conv, ID_BIAS, (gint64[]){ 1, conv->o, 1, 1 }, error);
  return bias != NULL
      && append (conv, conv->relu ? id : ID_Y,
          (Pointwise){ .other = bias, .gain = gain, .other_gain = 1.0f },
          tensors, operations, error)
      && (!conv->relu
          || append (conv, ID_Y,
              (Pointwise){ .gain = 1.0f, .other_gain = 1.0f }, tensors,
              operations, error));
}

/**
 * nf_cudnn_graph_new:
 * @conv: a convolution
 * @target: only its handle is used
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * Returns: (transfer full) (nullable): its operation graph
 */
cudnnBackendDescriptor_t
nf_cudnn_graph_new (
    const NfCudnnConv *conv, const NfCudnnTarget *target, GError **error)
{
  g_autoptr (GPtrArray) tensors =
      g_ptr_array_new_with_free_func (nf_cudnn_destroy);
  g_autoptr (GPtrArray) operations =
      g_ptr_array_new_with_free_func (nf_cudnn_destroy);
  cudnnBackendDescriptor_t y, operation;

  y = y_tensor (conv, conv->bias ? ID_VIRTUAL : ID_Y, error);
  g_ptr_array_add (tensors, y);
  operation = y != NULL ? convolution_new (conv, y, error) : NULL;
  g_ptr_array_add (operations, operation);
  if (operation == NULL || !append_all (conv, tensors, operations, error))
    return NULL;
  return nf_cudnn_descriptor (CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
              operations->len, operations->pdata },
          { CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1,
              target->handle != NULL ? &target->handle : NULL },
          { 0 },
      },
      error);
}

/**
 * nf_cudnn_pack_new:
 * @conv: a convolution
 * @data: its tensors on the device
 * @workspace: (nullable): as large as its plan asks for
 * @error: return location
 *
 * Returns: (transfer full) (nullable): both, as a plan wants them
 */
cudnnBackendDescriptor_t
nf_cudnn_pack_new (const NfCudnnConv *conv, const NfCudnnData *data,
    gpointer workspace, GError **error)
{
  gint64 ids[5] = { ID_X, ID_WEIGHT, ID_Y }, n = 3;
  gpointer pointers[5] = { data->x, data->weight, data->y };

  if (conv->bias) {
    ids[n] = ID_BIAS;
    pointers[n++] = data->bias;
  }
  if (conv->bias && conv->residual) {
    ids[n] = ID_RESIDUAL;
    pointers[n++] = data->residual;
  }
  return nf_cudnn_descriptor (CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR,
      (NfCudnnAttribute[]){
          { CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n, ids },
          { CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, n,
              pointers },
          { CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
              &workspace },
          { 0 },
      },
      error);
}

/**
 * nf_cudnn_conv_name:
 *
 * Returns: (transfer full): one word that names the convolution, for messages
 *   and files
 */
gchar *
nf_cudnn_conv_name (const NfCudnnConv *conv)
{
  static const gchar *const names[] = { "forward", "data", "weight" };

  return g_strdup_printf ("%s-%s-%dx%dx%dx%d-%dx%dx%d-s%dp%d-a%d%s%s%s%s",
      names[conv->pass], conv->bf16 ? "bf16" : (conv->tf32 ? "tf32" : "f32"),
      conv->n, conv->c, conv->h, conv->w, conv->o, conv->kh, conv->kw,
      conv->stride, conv->pad, conv->align, conv->gain != 1.0f ? "-gain" : "",
      conv->bias ? "-bias" : "", conv->residual ? "-residual" : "",
      conv->relu ? "-relu" : "");
}
