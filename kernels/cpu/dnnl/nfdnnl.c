/* SPDX-License-Identifier: MIT
 *
 * nfdnnl — oneDNN for the CPU backend: running plans. Siblings: nfdnnlplan.c,
 * nfdnnlweight.c
 *
 * Scratch memory comes from the device's pool on each run, so one plan may run
 * in several threads at once. */
#include "cpu/dnnl/nfdnnl.h"

#include "cpu/dnnl/nfdnnlplan.h"
#include "cpu/dnnl/nfdnnlweight.h"
#include "cpu/dnnl/nfsignals.h"

#include <string.h>

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
plan_run (NfDevice *device, const NfDnnlPlan *plan, const NfDnnlArg *args,
    guint n, GError **error)
{
  NfConstMd md = nf_dnnl_plan_md (plan, dnnl_query_scratchpad_md);
  gsize bytes = md != NULL ? dnnl_memory_desc_get_size (md) : 0;
  g_autoptr (NfTensor) scratch = NULL;
  NfDnnlArg all[NF_DNNL_MAX_ARGS];
  sigset_t signals;
  gboolean ok;

  memcpy (all, args, n * sizeof *args);
  if (bytes > 0) {
    scratch = bytes_new (device, bytes + SCRATCH_SLACK, error);
    if (scratch == NULL)
      return FALSE;
    all[n++] = (NfDnnlArg){
      .arg = DNNL_ARG_SCRATCHPAD, .md = md, .data = scratch->data
    };
  }
  if (plan->is_gemm)
    nf_signals_hold (&signals);
  ok = nf_dnnl_execute (nf_cpu_dnnl (device), plan->primitive, all, n, error);
  if (plan->is_gemm)
    nf_signals_release (&signals);
  return ok;
}

/* ------------------------------------------------------------ what is called */

/**
 * nf_dnnl_lacks_bf16:
 * @call: an op of what oneDNN computes
 *
 * oneDNN has bf16 only for processors with AVX-512, where it may be emulated.
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
  g_autoptr (NfTensor) w =
      plan != NULL ? nf_dnnl_weight_packed (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const NfDnnlArg args[] = {
      { DNNL_ARG_SRC, nf_dnnl_plan_md (plan, dnnl_query_src_md), x },
      { DNNL_ARG_WEIGHTS, nf_dnnl_plan_weight (plan), w->data },
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
  g_autoptr (NfTensor) w =
      plan != NULL ? nf_dnnl_weight_packed (device, plan, weight, error) : NULL;

  if (w == NULL)
    return FALSE;
  {
    const NfDnnlArg args[] = {
      { DNNL_ARG_DIFF_DST, nf_dnnl_plan_md (plan, dnnl_query_diff_dst_md), dy },
      { DNNL_ARG_WEIGHTS, nf_dnnl_plan_weight (plan), w->data },
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
    const NfDnnlArg args[] = {
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

    return plan_run (device, plan, args, dbias != NULL ? 4 : 3, error)
        && (packed == NULL
            || nf_dnnl_reorder (
                nf_cpu_dnnl (device), plan, dweight, packed->data, error));
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
    const NfDnnlArg args[] = {
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
    const NfDnnlArg args[] = {
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
    const NfDnnlArg args[] = {
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
    const NfDnnlArg args[] = {
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
    const NfDnnlArg args[] = {
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
  dnnl_status_t status;
  sigset_t signals;

  nf_signals_hold (&signals);
  status = dnnl_sgemm (trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', m, n, k, alpha,
      a, lda, b, ldb, beta, c, ldc);
  nf_signals_release (&signals);
  return nf_dnnl_check (status, "matrix product", error);
}
