/* SPDX-License-Identifier: MIT
 *
 * nfdnnlplan — oneDNN primitives, made once for each problem and kept, and running
 * them */
#include "cpu/dnnl/nfdnnlplan.h"

#include <omp.h>
#include <string.h>

static guint
key_hash (gconstpointer data)
{
  const guint8 *p = data;
  guint h = 2166136261u;

  for (gsize i = 0; i < sizeof (NfDnnlPlanKey); i++)
    h = (h ^ p[i]) * 16777619u;
  return h;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (NfDnnlPlanKey)) == 0;
}

static void
plan_free (gpointer data)
{
  NfDnnlPlan *plan = data;

  if (plan->reorder != NULL)
    dnnl_primitive_destroy (plan->reorder);
  if (plan->primitive != NULL)
    dnnl_primitive_destroy (plan->primitive);
  if (plan->desc != NULL)
    dnnl_primitive_desc_destroy (plan->desc);
  nf_md_free (plan->weight);
  g_free (plan);
}

NfDnnl *
nf_dnnl_new (GError **error)
{
  NfDnnl *dnnl = g_new0 (NfDnnl, 1);

  g_mutex_init (&dnnl->lock);
  dnnl->plans = g_hash_table_new_full (key_hash, key_equal, NULL, plan_free);
  if (dnnl_engine_create (&dnnl->engine, dnnl_cpu, 0) == dnnl_success
      && dnnl_primitive_attr_create (&dnnl->plain) == dnnl_success
      && dnnl_primitive_attr_set_scratchpad_mode (
             dnnl->plain, dnnl_scratchpad_mode_user)
          == dnnl_success)
    return dnnl;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "device cpu: oneDNN cannot make a CPU engine");
  nf_dnnl_free (dnnl);
  return NULL;
}

void
nf_dnnl_free (NfDnnl *dnnl)
{
  g_hash_table_unref (dnnl->plans);
  if (dnnl->plain != NULL)
    dnnl_primitive_attr_destroy (dnnl->plain);
  if (dnnl->engine != NULL)
    dnnl_engine_destroy (dnnl->engine);
  g_mutex_clear (&dnnl->lock);
  g_free (dnnl);
}

gboolean
nf_dnnl_check (dnnl_status_t status, const gchar *what, GError **error)
{
  if (status == dnnl_success)
    return TRUE;
  if (status == dnnl_out_of_memory)
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%s: no memory for oneDNN: use a smaller batch, frame or network",
        what);
  else
    g_set_error (error, NF_ERROR, NF_ERROR_FAILED, "%s: oneDNN status %d", what,
        (gint) status);
  return FALSE;
}

/* ------------------------------------------------------------ making plans */

static NfMd
activation_md (gint64 n, gint64 c, gint64 h, gint64 w, gboolean bf16)
{
  const dnnl_dims_t dims = { n, c, h, w };

  return nf_md_new (4, dims, bf16 ? dnnl_bf16 : dnnl_f32, dnnl_nhwc);
}

/* act (gain * (y + residual)), y being what the convolution makes. The residual
 * is what lies in the result: oneDNN 2.6 has its fastest kernels for that, but
 * not for one that lies elsewhere */
static void
conv_post_ops (dnnl_post_ops_t ops, const NfDnnlConv *c)
{
  if (c->residual)
    nf_post_op_sum (ops);
  if (c->gain != 1.0)
    nf_post_op_eltwise (ops, dnnl_eltwise_linear, (gfloat) c->gain);
  if (c->act == NF_ACT_RELU)
    nf_post_op_eltwise (ops, dnnl_eltwise_relu, 0.0f);
  else if (c->act == NF_ACT_SILU)
    nf_post_op_eltwise (ops, dnnl_eltwise_swish, 1.0f);
}

static dnnl_primitive_attr_t
conv_attr (const NfDnnl *dnnl, const NfDnnlConv *c)
{
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;

  if (dnnl_primitive_attr_clone (&attr, dnnl->plain) != dnnl_success)
    return NULL;
  if (dnnl_post_ops_create (&ops) == dnnl_success) {
    conv_post_ops (ops, c);
    dnnl_primitive_attr_set_post_ops (attr, ops);
    dnnl_post_ops_destroy (ops);
  }
  return attr;
}

static dnnl_status_t
conv_desc (const NfDnnl *dnnl, NfDnnlPlan *plan)
{
  const NfDnnlConv *c = &plan->key.conv;
  const dnnl_dims_t wdims = { c->o, c->c, c->kh, c->kw }, bdims = { c->o };
  const dnnl_dims_t stride = { c->stride, c->stride };
  const dnnl_dims_t pad = { c->pad, c->pad };
  /* with a stride they write whole vectors of channels behind their scratchpad
   * (oneDNN 2.6, AVX-512) */
  const gboolean no_1x1 = c->stride > 1 && (c->c % 16 != 0 || c->o % 16 != 0);
  NfMd src = activation_md (c->n, c->c, c->h, c->w, c->bf16);
  NfMd dst = activation_md (c->n, c->o, c->oh, c->ow, c->bf16);
  NfMd weight =
      nf_md_new (4, wdims, c->bf16 ? dnnl_bf16 : dnnl_f32, dnnl_format_tag_any);
  NfMd dweight = nf_md_new (4, wdims, dnnl_f32, dnnl_format_tag_any);
  NfMd bias = c->bias ? nf_md_new (1, bdims, dnnl_f32, dnnl_a) : NULL;
  dnnl_primitive_attr_t attr = conv_attr (dnnl, c);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status;

  plan->weight = nf_md_new (4, wdims, dnnl_f32, dnnl_acdb);
  status = nf_pd_conv_forward (
      &hint, dnnl->engine, src, weight, bias, dst, stride, pad, attr, no_1x1);
  if (status == dnnl_success && plan->key.kind == NF_DNNL_CONV_FORWARD)
    plan->desc = g_steal_pointer (&hint);
  else if (status == dnnl_success
      && plan->key.kind == NF_DNNL_CONV_BACKWARD_DATA)
    status = nf_pd_conv_backward_data (&plan->desc, dnnl->engine, src, weight,
        dst, stride, pad, hint, dnnl->plain, no_1x1);
  else if (status == dnnl_success)
    status = nf_pd_conv_backward_weights (&plan->desc, dnnl->engine, src,
        dweight, bias, dst, stride, pad, hint, dnnl->plain, no_1x1);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  dnnl_primitive_attr_destroy (attr);
  nf_md_free (src);
  nf_md_free (dst);
  nf_md_free (weight);
  nf_md_free (dweight);
  nf_md_free (bias);
  return status;
}

static dnnl_status_t
pool_desc (const NfDnnl *dnnl, NfDnnlPlan *plan)
{
  const NfDnnlPool *p = &plan->key.pool;
  const dnnl_dims_t kernel = { p->kernel, p->kernel };
  const dnnl_dims_t stride = { p->stride, p->stride };
  const dnnl_dims_t pad = { p->pad, p->pad };
  NfMd src = activation_md (p->n, p->c, p->h, p->w, p->bf16);
  NfMd dst = activation_md (p->n, p->c, p->oh, p->ow, p->bf16);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = nf_pd_max_pool_forward (
      &hint, dnnl->engine, src, dst, stride, kernel, pad, dnnl->plain);

  if (status == dnnl_success && plan->key.kind == NF_DNNL_POOL_FORWARD)
    plan->desc = g_steal_pointer (&hint);
  else if (status == dnnl_success)
    status = nf_pd_max_pool_backward (&plan->desc, dnnl->engine, src, dst,
        stride, kernel, pad, hint, dnnl->plain);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  nf_md_free (src);
  nf_md_free (dst);
  return status;
}

static dnnl_status_t
softmax_desc (const NfDnnl *dnnl, NfDnnlPlan *plan)
{
  const dnnl_dims_t dims = { plan->key.rows_cols[0], plan->key.rows_cols[1] };
  NfMd md = nf_md_new (2, dims, dnnl_f32, dnnl_ab);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status =
      nf_pd_softmax_forward (&hint, dnnl->engine, md, 1, dnnl->plain);

  if (status == dnnl_success && plan->key.kind == NF_DNNL_SOFTMAX_FORWARD)
    plan->desc = g_steal_pointer (&hint);
  else if (status == dnnl_success)
    status = nf_pd_softmax_backward (
        &plan->desc, dnnl->engine, md, 1, hint, dnnl->plain);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  nf_md_free (md);
  return status;
}

static dnnl_status_t
matmul_desc (const NfDnnl *dnnl, NfDnnlPlan *plan)
{
  const NfDnnlMatmul *p = &plan->key.matmul;
  dnnl_data_type_t in = p->bf16 ? dnnl_bf16 : dnnl_f32;
  const dnnl_dims_t a_dims = { p->m, p->k };
  const dnnl_dims_t a_strides = { p->trans_a ? 1 : p->lda,
    p->trans_a ? p->lda : 1 };
  const dnnl_dims_t b_dims = { p->k, p->n };
  const dnnl_dims_t b_strides = { p->trans_b ? 1 : p->ldb,
    p->trans_b ? p->ldb : 1 };
  const dnnl_dims_t c_dims = { p->m, p->n }, c_strides = { p->ldc, 1 };
  NfMd a = nf_md_new_strided (2, a_dims, in, a_strides);
  NfMd b = nf_md_new_strided (2, b_dims, in, b_strides);
  NfMd c = nf_md_new_strided (
      2, c_dims, p->c_bf16 ? dnnl_bf16 : dnnl_f32, c_strides);
  dnnl_status_t status =
      nf_pd_matmul (&plan->desc, dnnl->engine, a, b, c, dnnl->plain);

  nf_md_free (a);
  nf_md_free (b);
  nf_md_free (c);
  return status;
}

NfConstMd
nf_dnnl_plan_md (const NfDnnlPlan *plan, dnnl_query_t what)
{
  return dnnl_primitive_desc_query_md (plan->desc, what, 0);
}

NfConstMd
nf_dnnl_plan_weight (const NfDnnlPlan *plan)
{
  return nf_dnnl_plan_md (plan,
      plan->key.kind == NF_DNNL_CONV_BACKWARD_WEIGHTS
          ? dnnl_query_diff_weights_md
          : dnnl_query_weights_md);
}

/* a reorder between our layout of the weight and the one wanted, if needed */
static dnnl_status_t
plan_reorder (const NfDnnl *dnnl, NfDnnlPlan *plan)
{
  gboolean out = plan->key.kind == NF_DNNL_CONV_BACKWARD_WEIGHTS;
  NfConstMd want;
  dnnl_primitive_desc_t desc = NULL;
  dnnl_status_t status;

  if (plan->weight == NULL)
    return dnnl_success;
  want = nf_dnnl_plan_weight (plan);
  if (dnnl_memory_desc_equal (want, plan->weight))
    return dnnl_success;
  status = dnnl_reorder_primitive_desc_create (&desc, out ? want : plan->weight,
      dnnl->engine, out ? plan->weight : want, dnnl->engine, NULL);
  if (status != dnnl_success)
    return status;
  status = dnnl_primitive_create (&plan->reorder, desc);
  dnnl_primitive_desc_destroy (desc);
  return status;
}

static NfDnnlPlan *
plan_new (const NfDnnl *dnnl, const NfDnnlPlanKey *key, GError **error)
{
  NfDnnlPlan *plan = g_new0 (NfDnnlPlan, 1);
  dnnl_status_t status;

  plan->key = *key;
  if (key->kind <= NF_DNNL_CONV_BACKWARD_WEIGHTS)
    status = conv_desc (dnnl, plan);
  else if (key->kind <= NF_DNNL_POOL_BACKWARD)
    status = pool_desc (dnnl, plan);
  else if (key->kind <= NF_DNNL_SOFTMAX_BACKWARD)
    status = softmax_desc (dnnl, plan);
  else
    status = matmul_desc (dnnl, plan);
  if (status == dnnl_success)
    status = dnnl_primitive_create (&plan->primitive, plan->desc);
  if (status == dnnl_success)
    status = plan_reorder (dnnl, plan);
  plan->is_gemm = status == dnnl_success && nf_pd_is_named (plan->desc, "gemm");
  if (nf_dnnl_check (status, "making a primitive", error))
    return plan;
  plan_free (plan);
  return NULL;
}

/**
 * nf_dnnl_plan_get:
 * @kind: what is to be done
 * @problem: an NfDnnlConv, an NfDnnlPool, or rows and columns
 * @size: its size
 * @error: return location
 *
 * Returns: (transfer none) (nullable): the plan, made if there was none
 */
NfDnnlPlan *
nf_dnnl_plan_get (NfDnnl *dnnl, NfDnnlPlanKind kind, gconstpointer problem,
    gsize size, GError **error)
{
  NfDnnlPlanKey key;
  NfDnnlPlan *plan;

  memset (&key, 0, sizeof key);
  key.kind = kind;
  key.threads = omp_get_max_threads ();
  memcpy (key.problem, problem, size);
  g_mutex_lock (&dnnl->lock);
  plan = g_hash_table_lookup (dnnl->plans, &key);
  if (plan == NULL) {
    plan = plan_new (dnnl, &key, error);
    if (plan != NULL)
      g_hash_table_insert (dnnl->plans, &plan->key, plan);
  }
  g_mutex_unlock (&dnnl->lock);
  return plan;
}

/* ----------------------------------------------------------- running plans */

/**
 * nf_dnnl_execute:
 * @primitive: of a plan
 * @args: (array length=n): what it works on
 * @n: at most %NF_DNNL_MAX_ARGS
 * @error: return location
 *
 * Runs it, and waits for it.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_dnnl_execute (const NfDnnl *dnnl, dnnl_primitive_t primitive,
    const NfDnnlArg *args, guint n, GError **error)
{
  dnnl_exec_arg_t exec[NF_DNNL_MAX_ARGS];
  dnnl_stream_t stream = NULL;
  dnnl_status_t status;
  guint made = 0;

  status =
      dnnl_stream_create (&stream, dnnl->engine, dnnl_stream_default_flags);
  for (; status == dnnl_success && made < n; made++) {
    exec[made].arg = args[made].arg;
    status = dnnl_memory_create (&exec[made].memory, args[made].md,
        dnnl->engine, (gpointer) args[made].data);
    if (status != dnnl_success)
      break;
  }
  if (status == dnnl_success)
    status = dnnl_primitive_execute (primitive, stream, (gint) n, exec);
  if (status == dnnl_success)
    status = dnnl_stream_wait (stream);
  for (guint i = 0; i < made; i++)
    dnnl_memory_destroy (exec[i].memory);
  if (stream != NULL)
    dnnl_stream_destroy (stream);
  return nf_dnnl_check (status, "running a primitive", error);
}

/**
 * nf_dnnl_reorder:
 * @plan: of a convolution
 * @plain: its weight, or the weight's gradient, in our layout
 * @packed: the same in the plan's layout
 *
 * From @plain to @packed, or for a gradient the other way.
 */
gboolean
nf_dnnl_reorder (const NfDnnl *dnnl, const NfDnnlPlan *plan,
    gconstpointer plain, gconstpointer packed, GError **error)
{
  gboolean back = plan->key.kind == NF_DNNL_CONV_BACKWARD_WEIGHTS;
  const NfDnnlArg args[] = {
    { back ? DNNL_ARG_TO : DNNL_ARG_FROM, plan->weight, plain },
    { back ? DNNL_ARG_FROM : DNNL_ARG_TO, nf_dnnl_plan_weight (plan), packed },
  };

  return nf_dnnl_execute (dnnl, plan->reorder, args, 2, error);
}
