/* SPDX-License-Identifier: MIT
 *
 * nfdnnl — oneDNN for the CPU backend: convolution, pooling, softmax, matmul
 *
 * A plan is a primitive with the layouts it wants. Plans are found by their
 * problem in a table that only grows; scratch memory comes from the device's
 * pool on each run, so one plan may run in several threads at once. */
#include "cpu/nfdnnl.h"

#include "cpu/nfdnnlcompat.h"

#include <string.h>

typedef enum
{
  PLAN_CONV_FORWARD = 1,
  PLAN_CONV_BACKWARD_DATA,
  PLAN_CONV_BACKWARD_WEIGHTS,
  PLAN_POOL_FORWARD,
  PLAN_POOL_BACKWARD,
  PLAN_SOFTMAX_FORWARD,
  PLAN_SOFTMAX_BACKWARD,
} PlanKind;

typedef struct
{
  gint64 kind;
  union
  {
    NfDnnlConv conv;
    NfDnnlPool pool;
    gint64 rows_cols[2];
  };
} PlanKey;

typedef struct
{
  PlanKey key;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
  NfMd weight; /* our layout of the weight, or NULL */
  dnnl_primitive_t reorder; /* to or from the layout wanted; NULL: as it is */
} Plan;

struct _NfDnnl
{
  dnnl_engine_t engine;
  dnnl_primitive_attr_t plain; /* scratch memory from us */
  GMutex lock;
  GHashTable *plans;
};

/* a weight in a layout that a plan wants */
typedef struct
{
  NfMd md;
  guint version;
  NfTensor *data;
} Packed;

typedef struct
{
  gint arg;
  NfConstMd md;
  gconstpointer data;
} Arg;

static guint
key_hash (gconstpointer data)
{
  const guint8 *p = data;
  guint h = 2166136261u;

  for (gsize i = 0; i < sizeof (PlanKey); i++)
    h = (h ^ p[i]) * 16777619u;
  return h;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (PlanKey)) == 0;
}

static void
plan_free (gpointer data)
{
  Plan *plan = data;

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

static gboolean
check (dnnl_status_t status, const gchar *what, GError **error)
{
  if (status == dnnl_success)
    return TRUE;
  g_set_error (error, NF_ERROR,
      status == dnnl_out_of_memory ? NF_ERROR_NO_MEMORY : NF_ERROR_FAILED,
      "%s: oneDNN status %d", what, (gint) status);
  return FALSE;
}

/* ------------------------------------------------------------ making plans */

static NfMd
activation_md (gint64 n, gint64 c, gint64 h, gint64 w)
{
  const dnnl_dims_t dims = { n, c, h, w };

  return nf_md_new (4, dims, dnnl_nhwc);
}

static dnnl_primitive_attr_t
conv_attr (const NfDnnl *dnnl, NfAct act)
{
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;

  if (dnnl_primitive_attr_clone (&attr, dnnl->plain) != dnnl_success)
    return NULL;
  if (act == NF_ACT_NONE)
    return attr;
  if (dnnl_post_ops_create (&ops) == dnnl_success) {
    if (act == NF_ACT_RELU)
      nf_post_op_eltwise (ops, dnnl_eltwise_relu, 0.0f);
    else
      nf_post_op_eltwise (ops, dnnl_eltwise_swish, 1.0f);
    dnnl_primitive_attr_set_post_ops (attr, ops);
    dnnl_post_ops_destroy (ops);
  }
  return attr;
}

static dnnl_status_t
conv_desc (const NfDnnl *dnnl, Plan *plan)
{
  const NfDnnlConv *c = &plan->key.conv;
  const dnnl_dims_t wdims = { c->o, c->c, c->kh, c->kw }, bdims = { c->o };
  const dnnl_dims_t stride = { c->stride, c->stride };
  const dnnl_dims_t pad = { c->pad, c->pad };
  NfMd src = activation_md (c->n, c->c, c->h, c->w);
  NfMd dst = activation_md (c->n, c->o, c->oh, c->ow);
  NfMd weight = nf_md_new (4, wdims, dnnl_format_tag_any);
  NfMd bias = c->bias ? nf_md_new (1, bdims, dnnl_a) : NULL;
  dnnl_primitive_attr_t attr = conv_attr (dnnl, (NfAct) c->act);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status;

  plan->weight = nf_md_new (4, wdims, dnnl_acdb);
  status = nf_pd_conv_forward (
      &hint, dnnl->engine, src, weight, bias, dst, stride, pad, attr);
  if (status == dnnl_success && plan->key.kind == PLAN_CONV_FORWARD)
    plan->desc = g_steal_pointer (&hint);
  else if (status == dnnl_success && plan->key.kind == PLAN_CONV_BACKWARD_DATA)
    status = nf_pd_conv_backward_data (&plan->desc, dnnl->engine, src, weight,
        dst, stride, pad, hint, dnnl->plain);
  else if (status == dnnl_success)
    status = nf_pd_conv_backward_weights (&plan->desc, dnnl->engine, src,
        weight, bias, dst, stride, pad, hint, dnnl->plain);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  dnnl_primitive_attr_destroy (attr);
  nf_md_free (src);
  nf_md_free (dst);
  nf_md_free (weight);
  nf_md_free (bias);
  return status;
}

static dnnl_status_t
pool_desc (const NfDnnl *dnnl, Plan *plan)
{
  const NfDnnlPool *p = &plan->key.pool;
  const dnnl_dims_t kernel = { p->kernel, p->kernel };
  const dnnl_dims_t stride = { p->stride, p->stride };
  const dnnl_dims_t pad = { p->pad, p->pad };
  NfMd src = activation_md (p->n, p->c, p->h, p->w);
  NfMd dst = activation_md (p->n, p->c, p->oh, p->ow);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = nf_pd_max_pool_forward (
      &hint, dnnl->engine, src, dst, stride, kernel, pad, dnnl->plain);

  if (status == dnnl_success && plan->key.kind == PLAN_POOL_FORWARD)
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
softmax_desc (const NfDnnl *dnnl, Plan *plan)
{
  const dnnl_dims_t dims = { plan->key.rows_cols[0], plan->key.rows_cols[1] };
  NfMd md = nf_md_new (2, dims, dnnl_ab);
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status =
      nf_pd_softmax_forward (&hint, dnnl->engine, md, 1, dnnl->plain);

  if (status == dnnl_success && plan->key.kind == PLAN_SOFTMAX_FORWARD)
    plan->desc = g_steal_pointer (&hint);
  else if (status == dnnl_success)
    status = nf_pd_softmax_backward (
        &plan->desc, dnnl->engine, md, 1, hint, dnnl->plain);
  if (hint != NULL)
    dnnl_primitive_desc_destroy (hint);
  nf_md_free (md);
  return status;
}

static NfConstMd
plan_md (const Plan *plan, dnnl_query_t what)
{
  return dnnl_primitive_desc_query_md (plan->desc, what, 0);
}

static NfConstMd
wanted_weight (const Plan *plan)
{
  return plan_md (plan,
      plan->key.kind == PLAN_CONV_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md
                                                   : dnnl_query_weights_md);
}

/* a reorder between our layout of the weight and the one wanted, if needed */
static dnnl_status_t
plan_reorder (const NfDnnl *dnnl, Plan *plan)
{
  gboolean out = plan->key.kind == PLAN_CONV_BACKWARD_WEIGHTS;
  NfConstMd want;
  dnnl_primitive_desc_t desc = NULL;
  dnnl_status_t status;

  if (plan->weight == NULL)
    return dnnl_success;
  want = wanted_weight (plan);
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

static Plan *
plan_new (const NfDnnl *dnnl, const PlanKey *key, GError **error)
{
  Plan *plan = g_new0 (Plan, 1);
  dnnl_status_t status;

  plan->key = *key;
  if (key->kind <= PLAN_CONV_BACKWARD_WEIGHTS)
    status = conv_desc (dnnl, plan);
  else if (key->kind <= PLAN_POOL_BACKWARD)
    status = pool_desc (dnnl, plan);
  else
    status = softmax_desc (dnnl, plan);
  if (status == dnnl_success)
    status = dnnl_primitive_create (&plan->primitive, plan->desc);
  if (status == dnnl_success)
    status = plan_reorder (dnnl, plan);
  if (check (status, "making a primitive", error))
    return plan;
  plan_free (plan);
  return NULL;
}

static Plan *
plan_get (NfDnnl *dnnl, const PlanKey *key, GError **error)
{
  Plan *plan;

  g_mutex_lock (&dnnl->lock);
  plan = g_hash_table_lookup (dnnl->plans, key);
  if (plan == NULL) {
    plan = plan_new (dnnl, key, error);
    if (plan != NULL)
      g_hash_table_insert (dnnl->plans, &plan->key, plan);
  }
  g_mutex_unlock (&dnnl->lock);
  return plan;
}

/* ----------------------------------------------------------- running plans */

#define MAX_ARGS 6

static gboolean
execute (const NfDnnl *dnnl, dnnl_primitive_t primitive, const Arg *args,
    guint n, GError **error)
{
  dnnl_exec_arg_t exec[MAX_ARGS];
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
  return check (status, "running a primitive", error);
}

static NfTensor *
bytes_new (NfDevice *device, gsize bytes, GError **error)
{
  return nf_tensor_new (device, NF_U8, 1, 1, 1, (gint64) MAX (bytes, 1), error);
}

/* adds scratch memory to the arguments and runs */
static gboolean
plan_run (NfDevice *device, const Plan *plan, const Arg *args, guint n,
    GError **error)
{
  NfConstMd md = plan_md (plan, dnnl_query_scratchpad_md);
  gsize bytes = md != NULL ? dnnl_memory_desc_get_size (md) : 0;
  g_autoptr (NfTensor) scratch = NULL;
  Arg all[MAX_ARGS];

  memcpy (all, args, n * sizeof *args);
  if (bytes > 0) {
    scratch = bytes_new (device, bytes, error);
    if (scratch == NULL)
      return FALSE;
    all[n++] = (Arg){ DNNL_ARG_SCRATCHPAD, md, scratch->data };
  }
  return execute (nf_cpu_dnnl (device), plan->primitive, all, n, error);
}

static void
packed_list_free (gpointer data)
{
  for (GSList *l = data; l != NULL; l = l->next) {
    Packed *packed = l->data;

    nf_md_free (packed->md);
    nf_tensor_unref (packed->data);
    g_free (packed);
  }
  g_slist_free (data);
}

static Packed *
packed_find (const NfTensor *weight, NfConstMd want)
{
  for (GSList *l = weight->cache; l != NULL; l = l->next) {
    Packed *packed = l->data;

    if (dnnl_memory_desc_equal (packed->md, want))
      return packed;
  }
  return NULL;
}

static gboolean
packed_fill (const NfDnnl *dnnl, const Plan *plan, const NfTensor *weight,
    Packed *packed, GError **error)
{
  const Arg args[] = { { DNNL_ARG_FROM, plan->weight, weight->data },
    { DNNL_ARG_TO, packed->md, packed->data->data } };

  if (!execute (dnnl, plan->reorder, args, 2, error))
    return FALSE;
  packed->version = weight->version;
  return TRUE;
}

/* the weight in the layout that the plan wants; kept with the weight */
static gconstpointer
weight_for (
    NfDevice *device, const Plan *plan, NfTensor *weight, GError **error)
{
  NfDnnl *dnnl = nf_cpu_dnnl (device);
  NfConstMd want = wanted_weight (plan);
  gconstpointer data = NULL;
  Packed *packed;

  if (plan->reorder == NULL)
    return weight->data;
  g_mutex_lock (&dnnl->lock);
  packed = packed_find (weight, want);
  if (packed == NULL) {
    NfTensor *room =
        bytes_new (device, dnnl_memory_desc_get_size (want), error);

    if (room != NULL) {
      packed = g_new0 (Packed, 1);
      packed->md = nf_md_copy (want);
      packed->data = room;
      packed->version = weight->version - 1;
      weight->cache = g_slist_prepend (weight->cache, packed);
      weight->cache_free = packed_list_free;
    }
  }
  if (packed != NULL
      && (packed->version == weight->version
          || packed_fill (dnnl, plan, weight, packed, error)))
    data = packed->data->data;
  g_mutex_unlock (&dnnl->lock);
  return data;
}

/* ------------------------------------------------------------ what is called */

static Plan *
conv_plan (
    NfDevice *device, PlanKind kind, const NfDnnlConv *conv, GError **error)
{
  PlanKey key;

  memset (&key, 0, sizeof key);
  key.kind = kind;
  key.conv = *conv;
  return plan_get (nf_cpu_dnnl (device), &key, error);
}

gboolean
nf_dnnl_conv_forward (NfDevice *device, const NfDnnlConv *conv, const gfloat *x,
    NfTensor *weight, const gfloat *bias, gfloat *y, GError **error)
{
  Plan *plan = conv_plan (device, PLAN_CONV_FORWARD, conv, error);
  gconstpointer w =
      plan != NULL ? weight_for (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_WEIGHTS, wanted_weight (plan), w },
      { DNNL_ARG_DST, plan_md (plan, dnnl_query_dst_md), y },
      { DNNL_ARG_BIAS,
          bias != NULL ? dnnl_primitive_desc_query_md (
              plan->desc, dnnl_query_weights_md, 1)
                       : NULL,
          bias },
    };

    return plan_run (device, plan, args, bias != NULL ? 4 : 3, error);
  }
}

gboolean
nf_dnnl_conv_backward_data (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *dy, NfTensor *weight, gfloat *dx, GError **error)
{
  Plan *plan = conv_plan (device, PLAN_CONV_BACKWARD_DATA, conv, error);
  gconstpointer w =
      plan != NULL ? weight_for (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_DIFF_DST, plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_WEIGHTS, wanted_weight (plan), w },
      { DNNL_ARG_DIFF_SRC, plan_md (plan, dnnl_query_diff_src_md), dx },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

/* dbias may be NULL where conv->bias is not set */
gboolean
nf_dnnl_conv_backward_weights (NfDevice *device, const NfDnnlConv *conv,
    const gfloat *x, const gfloat *dy, gfloat *dweight, gfloat *dbias,
    GError **error)
{
  Plan *plan = conv_plan (device, PLAN_CONV_BACKWARD_WEIGHTS, conv, error);
  g_autoptr (NfTensor) packed = NULL;
  NfConstMd want;

  if (plan == NULL)
    return FALSE;
  want = wanted_weight (plan);
  if (plan->reorder != NULL) {
    packed = bytes_new (device, dnnl_memory_desc_get_size (want), error);
    if (packed == NULL)
      return FALSE;
  }
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_DIFF_DST, plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_DIFF_WEIGHTS, want,
          packed != NULL ? packed->data : (gpointer) dweight },
      { DNNL_ARG_DIFF_BIAS,
          dbias != NULL ? dnnl_primitive_desc_query_md (
              plan->desc, dnnl_query_diff_weights_md, 1)
                        : NULL,
          dbias },
    };
    const Arg unpack[] = {
      { DNNL_ARG_FROM, want, packed != NULL ? packed->data : NULL },
      { DNNL_ARG_TO, plan->weight, dweight },
    };

    return plan_run (device, plan, args, dbias != NULL ? 4 : 3, error)
        && (packed == NULL
            || execute (nf_cpu_dnnl (device), plan->reorder, unpack, 2, error));
  }
}

static Plan *
pool_plan (
    NfDevice *device, PlanKind kind, const NfDnnlPool *pool, GError **error)
{
  PlanKey key;

  memset (&key, 0, sizeof key);
  key.kind = kind;
  key.pool = *pool;
  return plan_get (nf_cpu_dnnl (device), &key, error);
}

/* workspace: (out): which pixel won, for the backward pass */
gboolean
nf_dnnl_max_pool_forward (NfDevice *device, const NfDnnlPool *pool,
    const gfloat *x, gfloat *y, NfTensor **workspace, GError **error)
{
  Plan *plan = pool_plan (device, PLAN_POOL_FORWARD, pool, error);
  g_autoptr (NfTensor) room = NULL;
  NfConstMd md;

  if (plan == NULL)
    return FALSE;
  md = plan_md (plan, dnnl_query_workspace_md);
  room = bytes_new (device, dnnl_memory_desc_get_size (md), error);
  if (room == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_DST, plan_md (plan, dnnl_query_dst_md), y },
      { DNNL_ARG_WORKSPACE, md, room->data },
    };

    if (!plan_run (device, plan, args, 3, error))
      return FALSE;
  }
  *workspace = g_steal_pointer (&room);
  return TRUE;
}

gboolean
nf_dnnl_max_pool_backward (NfDevice *device, const NfDnnlPool *pool,
    const gfloat *dy, NfTensor *workspace, gfloat *dx, GError **error)
{
  Plan *plan = pool_plan (device, PLAN_POOL_BACKWARD, pool, error);

  if (plan == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_DIFF_DST, plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_DIFF_SRC, plan_md (plan, dnnl_query_diff_src_md), dx },
      { DNNL_ARG_WORKSPACE, plan_md (plan, dnnl_query_workspace_md),
          workspace->data },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

static Plan *
softmax_plan (
    NfDevice *device, PlanKind kind, gint64 rows, gint64 cols, GError **error)
{
  PlanKey key;

  memset (&key, 0, sizeof key);
  key.kind = kind;
  key.rows_cols[0] = rows;
  key.rows_cols[1] = cols;
  return plan_get (nf_cpu_dnnl (device), &key, error);
}

/* over the columns of a row-major matrix; y may be x */
gboolean
nf_dnnl_softmax_forward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *x, gfloat *y, GError **error)
{
  Plan *plan = softmax_plan (device, PLAN_SOFTMAX_FORWARD, rows, cols, error);

  if (plan == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, plan_md (plan, dnnl_query_dst_md), x },
      { DNNL_ARG_DST, plan_md (plan, dnnl_query_dst_md), y },
    };

    return plan_run (device, plan, args, 2, error);
  }
}

gboolean
nf_dnnl_softmax_backward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *y, const gfloat *dy, gfloat *dx, GError **error)
{
  Plan *plan = softmax_plan (device, PLAN_SOFTMAX_BACKWARD, rows, cols, error);

  if (plan == NULL)
    return FALSE;
  {
    NfConstMd md = plan_md (plan, dnnl_query_diff_src_md);
    const Arg args[] = {
      { DNNL_ARG_DST, md, y },
      { DNNL_ARG_DIFF_DST, md, dy },
      { DNNL_ARG_DIFF_SRC, md, dx },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

gboolean
nf_dnnl_gemm (gboolean trans_a, gboolean trans_b, gint64 m, gint64 n, gint64 k,
    gfloat alpha, const gfloat *a, gint64 lda, const gfloat *b, gint64 ldb,
    gfloat beta, gfloat *c, gint64 ldc, GError **error)
{
  return check (dnnl_sgemm (trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', m, n, k,
                    alpha, a, lda, b, ldb, beta, c, ldc),
      "matrix product", error);
}
