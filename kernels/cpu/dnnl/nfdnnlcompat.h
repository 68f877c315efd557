/* SPDX-License-Identifier: MIT
 *
 * nfdnnlcompat — oneDNN 2.6 and 3.x behind one set of calls
 *
 * Version 3 made memory descriptors opaque and dropped operation descriptors.
 * Everything that differs between the two is here, and nowhere else. */
#pragma once

#include <glib.h>
#include <string.h>
#include <oneapi/dnnl/dnnl.h>

/* whether @part occurs in the name of its implementation, such as "1x1" in that
 * of one for 1x1 kernels */
static inline gboolean
nf_pd_is_named (const_dnnl_primitive_desc_t pd, const gchar *part)
{
  const char *name = NULL;

  return dnnl_primitive_desc_query (pd, dnnl_query_impl_info_str, 0, &name)
      == dnnl_success
      && name != NULL && strstr (name, part) != NULL;
}

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t NfMd;
typedef const_dnnl_memory_desc_t NfConstMd;

static inline NfMd
nf_md_new (gint n, const dnnl_dims_t dims, dnnl_data_type_t dtype,
    dnnl_format_tag_t tag)
{
  NfMd md = NULL;

  if (dnnl_memory_desc_create_with_tag (&md, n, dims, dtype, tag)
      != dnnl_success)
    return NULL;
  return md;
}

static inline void
nf_md_free (NfMd md)
{
  if (md != NULL)
    dnnl_memory_desc_destroy (md);
}

static inline NfMd
nf_md_copy (NfConstMd md)
{
  NfMd copy = NULL;

  dnnl_memory_desc_clone (&copy, md);
  return copy;
}

/* takes the next implementation where one for 1x1 kernels is not wanted */
static inline dnnl_status_t
nf_pd_pass_over_1x1 (
    dnnl_primitive_desc_t *pd, dnnl_status_t status, gboolean no_1x1)
{
  while (status == dnnl_success && no_1x1 && nf_pd_is_named (*pd, "1x1"))
    status = dnnl_primitive_desc_next_impl (*pd);
  if (status != dnnl_success && *pd != NULL) {
    dnnl_primitive_desc_destroy (*pd);
    *pd = NULL;
  }
  return status;
}

static inline dnnl_status_t
nf_pd_conv_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd src,
    NfMd weight, NfMd bias, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_status_t status = dnnl_convolution_forward_primitive_desc_create (pd,
      engine, dnnl_forward_training, dnnl_convolution_direct, src, weight, bias,
      dst, stride, NULL, pad, pad, attr);

  return nf_pd_pass_over_1x1 (pd, status, no_1x1);
}

static inline dnnl_status_t
nf_pd_conv_backward_data (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd weight, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_status_t status = dnnl_convolution_backward_data_primitive_desc_create (
      pd, engine, dnnl_convolution_direct, src, weight, dst, stride, NULL, pad,
      pad, hint, attr);

  return nf_pd_pass_over_1x1 (pd, status, no_1x1);
}

static inline dnnl_status_t
nf_pd_conv_backward_weights (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd weight, NfMd bias, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_status_t status =
      dnnl_convolution_backward_weights_primitive_desc_create (pd, engine,
          dnnl_convolution_direct, src, weight, bias, dst, stride, NULL, pad,
          pad, hint, attr);

  return nf_pd_pass_over_1x1 (pd, status, no_1x1);
}

static inline dnnl_status_t
nf_pd_max_pool_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd dst, const dnnl_dims_t stride, const dnnl_dims_t kernel,
    const dnnl_dims_t pad, dnnl_primitive_attr_t attr)
{
  static const dnnl_dims_t none = { 0 };

  return dnnl_pooling_forward_primitive_desc_create (pd, engine,
      dnnl_forward_training, dnnl_pooling_max, src, dst, stride, kernel, none,
      pad, pad, attr);
}

static inline dnnl_status_t
nf_pd_max_pool_backward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd dst, const dnnl_dims_t stride, const dnnl_dims_t kernel,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr)
{
  static const dnnl_dims_t none = { 0 };

  return dnnl_pooling_backward_primitive_desc_create (pd, engine,
      dnnl_pooling_max, src, dst, stride, kernel, none, pad, pad, hint, attr);
}

static inline dnnl_status_t
nf_pd_softmax_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd md,
    gint axis, dnnl_primitive_attr_t attr)
{
  return dnnl_softmax_forward_primitive_desc_create (pd, engine,
      dnnl_forward_training, dnnl_softmax_accurate, md, md, axis, attr);
}

static inline dnnl_status_t
nf_pd_softmax_backward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd md, gint axis, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
  return dnnl_softmax_backward_primitive_desc_create (
      pd, engine, dnnl_softmax_accurate, md, md, md, axis, hint, attr);
}

static inline dnnl_status_t
nf_post_op_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, gfloat alpha)
{
  return dnnl_post_ops_append_eltwise (ops, kind, alpha, 0.0f);
}

static inline dnnl_status_t
nf_post_op_sum (dnnl_post_ops_t ops)
{
  return dnnl_post_ops_append_sum (ops, 1.0f, 0, dnnl_data_type_undef);
}

static inline NfMd
nf_md_new_strided (gint n, const dnnl_dims_t dims, dnnl_data_type_t dtype,
    const dnnl_dims_t strides)
{
  NfMd md = NULL;

  if (dnnl_memory_desc_create_with_strides (&md, n, dims, dtype, strides)
      != dnnl_success)
    return NULL;
  return md;
}

/* whether it is one row or one column of values that lie apart */
static inline gboolean
nf_md_is_sparse_line (NfConstMd md)
{
  const dnnl_dims_t *dims, *strides;

  return dnnl_memory_desc_query (md, dnnl_query_dims, &dims) == dnnl_success
      && dnnl_memory_desc_query (md, dnnl_query_strides, &strides)
      == dnnl_success
      && (((*dims)[0] == 1 && (*strides)[1] != 1)
          || ((*dims)[1] == 1 && (*strides)[0] != 1));
}

/* oneDNN 3.7's "brg" kernels for AVX-512 treat the values of such a line in A
 * and in C as neighbours, which is wrong; the next ones in its list do not */
static inline dnnl_status_t
nf_pd_matmul (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd a, NfMd b,
    NfMd c, dnnl_primitive_attr_t attr)
{
  gboolean sparse = nf_md_is_sparse_line (a) || nf_md_is_sparse_line (c);
  dnnl_status_t status =
      dnnl_matmul_primitive_desc_create (pd, engine, a, b, NULL, c, attr);
  const gchar *name;

  while (sparse && status == dnnl_success
      && dnnl_primitive_desc_query (*pd, dnnl_query_impl_info_str, 0, &name)
          == dnnl_success
      && g_str_has_prefix (name, "brg"))
    status = dnnl_primitive_desc_next_impl (*pd);
  return status;
}

#else /* oneDNN 2: descriptors are structs; ours are on the heap */

typedef dnnl_memory_desc_t *NfMd;
typedef const dnnl_memory_desc_t *NfConstMd;

static inline NfMd
nf_md_new (gint n, const dnnl_dims_t dims, dnnl_data_type_t dtype,
    dnnl_format_tag_t tag)
{
  NfMd md = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_tag (md, n, dims, dtype, tag) != dnnl_success)
    g_clear_pointer (&md, g_free);
  return md;
}

static inline void
nf_md_free (NfMd md)
{
  g_free (md);
}

static inline NfMd
nf_md_copy (NfConstMd md)
{
  return g_memdup2 (md, sizeof *md);
}

/* the first of the library's implementations that is none for 1x1 kernels, where
 * they are not wanted */
static inline dnnl_status_t
nf_pd_create (dnnl_primitive_desc_t *pd, const dnnl_convolution_desc_t *desc,
    dnnl_primitive_attr_t attr, dnnl_engine_t engine,
    dnnl_primitive_desc_t hint, gboolean no_1x1)
{
  dnnl_primitive_desc_iterator_t iterator = NULL;
  dnnl_status_t status = dnnl_primitive_desc_iterator_create (
      &iterator, (const_dnnl_op_desc_t) desc, attr, engine, hint);

  while (status == dnnl_success) {
    *pd = dnnl_primitive_desc_iterator_fetch (iterator);
    if (!no_1x1 || !nf_pd_is_named (*pd, "1x1"))
      break;
    dnnl_primitive_desc_destroy (*pd);
    *pd = NULL;
    status = dnnl_primitive_desc_iterator_next (iterator);
  }
  if (iterator != NULL)
    dnnl_primitive_desc_iterator_destroy (iterator);
  return status;
}

static inline dnnl_status_t
nf_pd_conv_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd src,
    NfMd weight, NfMd bias, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_convolution_desc_t desc;
  dnnl_status_t status =
      dnnl_convolution_forward_desc_init (&desc, dnnl_forward_training,
          dnnl_convolution_direct, src, weight, bias, dst, stride, pad, pad);

  return status != dnnl_success
      ? status
      : nf_pd_create (pd, &desc, attr, engine, NULL, no_1x1);
}

static inline dnnl_status_t
nf_pd_conv_backward_data (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd weight, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_convolution_backward_data_desc_init (
      &desc, dnnl_convolution_direct, src, weight, dst, stride, pad, pad);

  return status != dnnl_success
      ? status
      : nf_pd_create (pd, &desc, attr, engine, hint, no_1x1);
}

static inline dnnl_status_t
nf_pd_conv_backward_weights (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd weight, NfMd bias, NfMd dst, const dnnl_dims_t stride,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr, gboolean no_1x1)
{
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_convolution_backward_weights_desc_init (
      &desc, dnnl_convolution_direct, src, weight, bias, dst, stride, pad, pad);

  return status != dnnl_success
      ? status
      : nf_pd_create (pd, &desc, attr, engine, hint, no_1x1);
}

static inline dnnl_status_t
nf_pd_max_pool_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd dst, const dnnl_dims_t stride, const dnnl_dims_t kernel,
    const dnnl_dims_t pad, dnnl_primitive_attr_t attr)
{
  dnnl_pooling_desc_t desc;
  dnnl_status_t status =
      dnnl_pooling_forward_desc_init (&desc, dnnl_forward_training,
          dnnl_pooling_max, src, dst, stride, kernel, pad, pad);

  return status != dnnl_success
      ? status
      : dnnl_primitive_desc_create (pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t
nf_pd_max_pool_backward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd src, NfMd dst, const dnnl_dims_t stride, const dnnl_dims_t kernel,
    const dnnl_dims_t pad, dnnl_primitive_desc_t hint,
    dnnl_primitive_attr_t attr)
{
  dnnl_pooling_desc_t desc;
  dnnl_status_t status = dnnl_pooling_backward_desc_init (
      &desc, dnnl_pooling_max, src, dst, stride, kernel, pad, pad);

  return status != dnnl_success
      ? status
      : dnnl_primitive_desc_create (pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t
nf_pd_softmax_forward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd md,
    gint axis, dnnl_primitive_attr_t attr)
{
  dnnl_softmax_desc_t desc;
  dnnl_status_t status =
      dnnl_softmax_forward_desc_init (&desc, dnnl_forward_training, md, axis);

  return status != dnnl_success
      ? status
      : dnnl_primitive_desc_create (pd, &desc, attr, engine, NULL);
}

static inline dnnl_status_t
nf_pd_softmax_backward (dnnl_primitive_desc_t *pd, dnnl_engine_t engine,
    NfMd md, gint axis, dnnl_primitive_desc_t hint, dnnl_primitive_attr_t attr)
{
  dnnl_softmax_desc_t desc;
  dnnl_status_t status = dnnl_softmax_backward_desc_init (&desc, md, md, axis);

  return status != dnnl_success
      ? status
      : dnnl_primitive_desc_create (pd, &desc, attr, engine, hint);
}

static inline dnnl_status_t
nf_post_op_eltwise (dnnl_post_ops_t ops, dnnl_alg_kind_t kind, gfloat alpha)
{
  return dnnl_post_ops_append_eltwise (ops, 1.0f, kind, alpha, 0.0f);
}

static inline dnnl_status_t
nf_post_op_sum (dnnl_post_ops_t ops)
{
  return dnnl_post_ops_append_sum (ops, 1.0f);
}

static inline NfMd
nf_md_new_strided (gint n, const dnnl_dims_t dims, dnnl_data_type_t dtype,
    const dnnl_dims_t strides)
{
  NfMd md = g_new0 (dnnl_memory_desc_t, 1);

  if (dnnl_memory_desc_init_by_strides (md, n, dims, dtype, strides)
      != dnnl_success)
    g_clear_pointer (&md, g_free);
  return md;
}

static inline dnnl_status_t
nf_pd_matmul (dnnl_primitive_desc_t *pd, dnnl_engine_t engine, NfMd a, NfMd b,
    NfMd c, dnnl_primitive_attr_t attr)
{
  dnnl_matmul_desc_t desc;
  dnnl_status_t status = dnnl_matmul_desc_init (&desc, a, b, NULL, c);

  return status != dnnl_success
      ? status
      : dnnl_primitive_desc_create (pd, &desc, attr, engine, NULL);
}

#endif
