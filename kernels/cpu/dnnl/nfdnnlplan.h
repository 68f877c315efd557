/* SPDX-License-Identifier: MIT
 *
 * nfdnnlplan — oneDNN primitives, made once for each problem and kept
 *
 * Private to the CPU backend. A plan is a primitive with the layouts it wants;
 * plans are found by their problem in a table that only grows. */
#pragma once

#include "cpu/dnnl/nfdnnlcompat.h"
#include "cpu/dnnl/nfdnnlproblem.h"
#include "cpu/nfcpu.h"

G_BEGIN_DECLS

typedef enum
{
  NF_DNNL_CONV_FORWARD = 1,
  NF_DNNL_CONV_BACKWARD_DATA,
  NF_DNNL_CONV_BACKWARD_WEIGHTS,
  NF_DNNL_POOL_FORWARD,
  NF_DNNL_POOL_BACKWARD,
  NF_DNNL_SOFTMAX_FORWARD,
  NF_DNNL_SOFTMAX_BACKWARD,
  NF_DNNL_MATMUL,
} NfDnnlPlanKind;

typedef struct
{
  gint64 kind;
  gint64 threads; /* among which a primitive splits its work when it is made */
  union
  {
    NfDnnlConv conv;
    NfDnnlPool pool;
    NfDnnlMatmul matmul;
    gint64 rows_cols[2];
    gint64 problem[sizeof (NfDnnlConv) / sizeof (gint64)];
  };
} NfDnnlPlanKey;

typedef struct _NfDnnlPlan NfDnnlPlan;

struct _NfDnnlPlan
{
  NfDnnlPlanKey key;
  dnnl_primitive_desc_t desc;
  dnnl_primitive_t primitive;
  gboolean is_gemm; /* signals wait meanwhile: nfsignals.h */
  NfMd weight; /* our layout of the weight, or NULL */
  dnnl_primitive_t reorder; /* to or from its layout; NULL: not needed */
};

/* one of the memories that a primitive works on */
typedef struct
{
  gint arg;
  NfConstMd md;
  gconstpointer data;
} NfDnnlArg;

#define NF_DNNL_MAX_ARGS 6

struct _NfDnnl
{
  dnnl_engine_t engine;
  dnnl_primitive_attr_t plain; /* scratch memory from us */
  GMutex lock;
  GHashTable *plans;
};

NfDnnl *nf_dnnl_new (GError **error);
void nf_dnnl_free (NfDnnl *dnnl);
gboolean nf_dnnl_check (
    dnnl_status_t status, const gchar *what, GError **error);
NfDnnlPlan *nf_dnnl_plan_get (NfDnnl *dnnl, NfDnnlPlanKind kind,
    gconstpointer problem, gsize size, GError **error);
NfConstMd nf_dnnl_plan_md (const NfDnnlPlan *plan, dnnl_query_t what);
NfConstMd nf_dnnl_plan_weight (const NfDnnlPlan *plan);
gboolean nf_dnnl_execute (const NfDnnl *dnnl, dnnl_primitive_t primitive,
    const NfDnnlArg *args, guint n, GError **error);
gboolean nf_dnnl_reorder (const NfDnnl *dnnl, const NfDnnlPlan *plan,
    gconstpointer plain, gconstpointer packed, GError **error);

G_END_DECLS
