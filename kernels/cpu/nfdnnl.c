/* SPDX-License-Identifier: MIT
 *
 * nfdnnl — oneDNN for the CPU backend: running plans
 *
 * Scratch memory comes from the device's pool on each run, so one plan may run
 * in several threads at once. */
#include "cpu/nfdnnl.h"

#include "cpu/nfdnnlplan.h"

#include <string.h>

/* a weight in a layout that a plan wants, or a part of it in our own */
typedef struct
{
  NfMd md; /* NULL: a part */
  NfDnnlPart part;
  guint version;
  NfTensor *data;
} Packed;

typedef struct
{
  gint arg;
  NfConstMd md;
  gconstpointer data;
} Arg;

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
  return nf_dnnl_check (status, "running a primitive", error);
}

static NfTensor *
bytes_new (NfDevice *device, gsize bytes, GError **error)
{
  return nf_tensor_new (device, NF_U8, 1, 1, 1, (gint64) MAX (bytes, 1), error);
}

/* oneDNN 2.6's AVX2 kernel for the weight gradient of strided 1x1 convolutions
 * of fewer than 7 channels writes up to 272 bytes past what it asks for */
#define SCRATCH_SLACK 512

/* adds scratch memory to the arguments and runs */
static gboolean
plan_run (NfDevice *device, const NfDnnlPlan *plan, const Arg *args, guint n,
    GError **error)
{
  NfConstMd md = nf_dnnl_plan_md (plan, dnnl_query_scratchpad_md);
  gsize bytes = md != NULL ? dnnl_memory_desc_get_size (md) : 0;
  g_autoptr (NfTensor) scratch = NULL;
  Arg all[MAX_ARGS];

  memcpy (all, args, n * sizeof *args);
  if (bytes > 0) {
    scratch = bytes_new (device, bytes + SCRATCH_SLACK, error);
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

    if (packed->md != NULL && dnnl_memory_desc_equal (packed->md, want))
      return packed;
  }
  return NULL;
}

static Packed *
part_find (const NfTensor *weight, const NfDnnlPart *part)
{
  for (GSList *l = weight->cache; l != NULL; l = l->next) {
    Packed *packed = l->data;

    if (packed->md == NULL && packed->part.from == part->from
        && packed->part.count == part->count
        && packed->part.phases == part->phases
        && packed->part.transposed == part->transposed)
      return packed;
  }
  return NULL;
}

/* keeps data (transfer full), which is still to be filled, with the weight */
static Packed *
packed_add (NfTensor *weight, NfTensor *data)
{
  Packed *packed = g_new0 (Packed, 1);

  packed->data = data;
  packed->version = weight->version - 1;
  weight->cache = g_slist_prepend (weight->cache, packed);
  weight->cache_free = packed_list_free;
  return packed;
}

static gboolean
packed_fill (const NfDnnl *dnnl, const NfDnnlPlan *plan, const NfTensor *weight,
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
    NfDevice *device, const NfDnnlPlan *plan, NfTensor *weight, GError **error)
{
  NfDnnl *dnnl = nf_cpu_dnnl (device);
  NfConstMd want = nf_dnnl_plan_weight (plan);
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
      packed = packed_add (weight, room);
      packed->md = nf_md_copy (want);
    }
  }
  if (packed != NULL
      && (packed->version == weight->version
          || packed_fill (dnnl, plan, weight, packed, error)))
    data = packed->data->data;
  g_mutex_unlock (&dnnl->lock);
  return data;
}

/**
 * nf_dnnl_weight_part:
 * @weight: of a convolution, (O, C, k, k)
 * @part: which of its channels, and how
 * @fill: makes it
 * @error: return location
 *
 * Returns: (transfer none) (nullable): (O, count, k, k) or (4 O, count, 2, 2),
 *   kept with the weight, and made again where that has changed
 */
NfTensor *
nf_dnnl_weight_part (NfDevice *device, NfTensor *weight, const NfDnnlPart *part,
    NfDnnlPartFill fill, GError **error)
{
  NfDnnl *dnnl = nf_cpu_dnnl (device);
  Packed *packed;

  g_mutex_lock (&dnnl->lock);
  packed = part_find (weight, part);
  if (packed == NULL) {
    gint64 out = part->transposed ? weight->c : weight->n;
    NfTensor *data = nf_tensor_new (device, NF_F32,
        part->phases ? 4 * out : out, part->count, part->phases ? 2 : weight->h,
        part->phases ? 2 : weight->w, error);

    if (data != NULL) {
      packed = packed_add (weight, data);
      packed->part = *part;
    }
  }
  if (packed != NULL && packed->version != weight->version) {
    fill (weight, part, packed->data);
    nf_tensor_changed (packed->data);
    packed->version = weight->version;
  }
  g_mutex_unlock (&dnnl->lock);
  return packed != NULL ? packed->data : NULL;
}

/**
 * nf_dnnl_weight_forget:
 * @weight: of a convolution that no other thread runs now
 *
 * Frees what is kept with the weight: in a training it changes before the next
 * use, and all copies together are several times the network.
 */
void
nf_dnnl_weight_forget (NfTensor *weight)
{
  if (weight->cache != NULL)
    weight->cache_free (weight->cache);
  weight->cache = NULL;
}

/* ------------------------------------------------------------ what is called */

/**
 * nf_dnnl_lacks_bf16:
 * @call: an op of what oneDNN computes
 *
 * oneDNN has bf16 for processors with AVX-512 alone, be it emulated.
 *
 * Returns: whether the call is in bf16, and must be done in f32
 */
gboolean
nf_dnnl_lacks_bf16 (const NfOpCall *call)
{
  return nf_cpu_is_bf16 (call)
      && (dnnl_get_effective_cpu_isa () & dnnl_cpu_isa_avx512_core)
      != dnnl_cpu_isa_avx512_core;
}

/* where conv->residual is set, it lies in y */
gboolean
nf_dnnl_conv_forward (NfDevice *device, const NfDnnlConv *conv, gconstpointer x,
    NfTensor *weight, const gfloat *bias, gpointer y, GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (
      nf_cpu_dnnl (device), NF_DNNL_CONV_FORWARD, conv, sizeof *conv, error);
  gconstpointer w =
      plan != NULL ? weight_for (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_WEIGHTS, nf_dnnl_plan_weight (plan), w },
      { DNNL_ARG_DST, nf_dnnl_plan_md (plan, dnnl_query_dst_md), y },
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
    gconstpointer dy, NfTensor *weight, gpointer dx, GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (nf_cpu_dnnl (device),
      NF_DNNL_CONV_BACKWARD_DATA, conv, sizeof *conv, error);
  gconstpointer w =
      plan != NULL ? weight_for (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_DIFF_DST, nf_dnnl_plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_WEIGHTS, nf_dnnl_plan_weight (plan), w },
      { DNNL_ARG_DIFF_SRC, nf_dnnl_plan_md (plan, dnnl_query_diff_src_md), dx },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

/* dbias may be NULL where conv->bias is not set */
gboolean
nf_dnnl_conv_backward_weights (NfDevice *device, const NfDnnlConv *conv,
    gconstpointer x, gconstpointer dy, gfloat *dweight, gfloat *dbias,
    GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (nf_cpu_dnnl (device),
      NF_DNNL_CONV_BACKWARD_WEIGHTS, conv, sizeof *conv, error);
  g_autoptr (NfTensor) packed = NULL;
  NfConstMd want;

  if (plan == NULL)
    return FALSE;
  want = nf_dnnl_plan_weight (plan);
  if (plan->reorder != NULL) {
    packed = bytes_new (device, dnnl_memory_desc_get_size (want), error);
    if (packed == NULL)
      return FALSE;
  }
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_DIFF_DST, nf_dnnl_plan_md (plan, dnnl_query_diff_dst_md), dy },
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

/* workspace: (out): which pixel won, for the backward pass */
gboolean
nf_dnnl_max_pool_forward (NfDevice *device, const NfDnnlPool *pool,
    gconstpointer x, gpointer y, NfTensor **workspace, GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (
      nf_cpu_dnnl (device), NF_DNNL_POOL_FORWARD, pool, sizeof *pool, error);
  g_autoptr (NfTensor) room = NULL;
  NfConstMd md;

  if (plan == NULL)
    return FALSE;
  md = nf_dnnl_plan_md (plan, dnnl_query_workspace_md);
  room = bytes_new (device, dnnl_memory_desc_get_size (md), error);
  if (room == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_DST, nf_dnnl_plan_md (plan, dnnl_query_dst_md), y },
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
    gconstpointer dy, NfTensor *workspace, gpointer dx, GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (
      nf_cpu_dnnl (device), NF_DNNL_POOL_BACKWARD, pool, sizeof *pool, error);

  if (plan == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_DIFF_DST, nf_dnnl_plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_DIFF_SRC, nf_dnnl_plan_md (plan, dnnl_query_diff_src_md), dx },
      { DNNL_ARG_WORKSPACE, nf_dnnl_plan_md (plan, dnnl_query_workspace_md),
          workspace->data },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

/* over the columns of a row-major matrix; y may be x */
gboolean
nf_dnnl_softmax_forward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *x, gfloat *y, GError **error)
{
  const gint64 shape[2] = { rows, cols };
  NfDnnlPlan *plan = nf_dnnl_plan_get (nf_cpu_dnnl (device),
      NF_DNNL_SOFTMAX_FORWARD, shape, sizeof shape, error);

  if (plan == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_dst_md), x },
      { DNNL_ARG_DST, nf_dnnl_plan_md (plan, dnnl_query_dst_md), y },
    };

    return plan_run (device, plan, args, 2, error);
  }
}

gboolean
nf_dnnl_softmax_backward (NfDevice *device, gint64 rows, gint64 cols,
    const gfloat *y, const gfloat *dy, gfloat *dx, GError **error)
{
  const gint64 shape[2] = { rows, cols };
  NfDnnlPlan *plan = nf_dnnl_plan_get (nf_cpu_dnnl (device),
      NF_DNNL_SOFTMAX_BACKWARD, shape, sizeof shape, error);

  if (plan == NULL)
    return FALSE;
  {
    NfConstMd md = nf_dnnl_plan_md (plan, dnnl_query_diff_src_md);
    const Arg args[] = {
      { DNNL_ARG_DST, md, y },
      { DNNL_ARG_DIFF_DST, md, dy },
      { DNNL_ARG_DIFF_SRC, md, dx },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

gboolean
nf_dnnl_matmul (NfDevice *device, const NfDnnlMatmul *matmul, gconstpointer a,
    gconstpointer b, gpointer c, GError **error)
{
  NfDnnlPlan *plan = nf_dnnl_plan_get (
      nf_cpu_dnnl (device), NF_DNNL_MATMUL, matmul, sizeof *matmul, error);

  if (plan == NULL)
    return FALSE;
  {
    const Arg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_src_md), a },
      { DNNL_ARG_WEIGHTS, nf_dnnl_plan_md (plan, dnnl_query_weights_md), b },
      { DNNL_ARG_DST, nf_dnnl_plan_md (plan, dnnl_query_dst_md), c },
    };

    return plan_run (device, plan, args, 3, error);
  }
}

gboolean
nf_dnnl_gemm (gboolean trans_a, gboolean trans_b, gint64 m, gint64 n, gint64 k,
    gfloat alpha, const gfloat *a, gint64 lda, const gfloat *b, gint64 ldb,
    gfloat beta, gfloat *c, gint64 ldc, GError **error)
{
  return nf_dnnl_check (dnnl_sgemm (trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', m,
                            n, k, alpha, a, lda, b, ldb, beta, c, ldc),
      "matrix product", error);
}
