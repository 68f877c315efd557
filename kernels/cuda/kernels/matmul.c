/* SPDX-License-Identifier: MIT
 *
 * matmul — linear layers, forward and backward (CUDA, cuBLASLt)
 *
 * Pixels are rows, y = x W^T + b, or x W where W is stored [in, out]; two
 * inputs side by side are two products that add up. Values are f32, or bf16
 * with copies of weight and bias in bf16; f32 may be multiplied as TF32 where
 * the call says so; sums are f32. cuBLASLt sees each matrix transposed, since
 * its columns are our rows. Which algorithm is best for a shape is asked once
 * per device; where there is none, matmulplain.cu does it. Sibling:
 * kernels/cpu/kernels/matmul.c. */
#include "cuda/kernels/nfmatmul.h"

#include "cuda/runtime/nfcudamemory.h"
#include "cuda/runtime/nfcudastream.h"
#include "core/ops/nfinputs.h"

#define WORKSPACE_MOST (32 << 20) /* bytes that an algorithm may work in */

typedef struct
{
  gboolean plain; /* cuBLASLt has no algorithm: matmulplain.cu */
  cublasLtMatmulAlgo_t algorithm;
  gsize workspace;
} Plan;

/* a product in cuBLASLt's words */
typedef struct
{
  cublasLtMatmulDesc_t desc;
  cublasLtMatrixLayout_t a, b, c;
} Job;

static void
job_clear (Job *job)
{
  if (job->c != NULL)
    cublasLtMatrixLayoutDestroy (job->c);
  if (job->b != NULL)
    cublasLtMatrixLayoutDestroy (job->b);
  if (job->a != NULL)
    cublasLtMatrixLayoutDestroy (job->a);
  if (job->desc != NULL)
    cublasLtMatmulDescDestroy (job->desc);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Job, job_clear)

static gboolean
cublas_ok (const NfCudaStream *stream, cublasStatus_t status, GError **error)
{
  if (G_LIKELY (status == CUBLAS_STATUS_SUCCESS))
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_NO_DEVICE,
      "device cuda:%d: linear: cuBLAS: %s", stream->cuda->index,
      cublasLtGetStatusString (status));
  return FALSE;
}

static cudaDataType
type_of (gboolean bf16)
{
  return bf16 ? CUDA_R_16BF : CUDA_R_32F;
}

/* rows x cols as stored, which cuBLASLt takes for cols x rows */
static gboolean
layout_init (const NfCudaStream *stream, cublasLtMatrixLayout_t *layout,
    gboolean bf16, gint64 rows, gint64 cols, gint64 step, GError **error)
{
  return cublas_ok (stream,
      cublasLtMatrixLayoutCreate (
          layout, type_of (bf16), (guint64) cols, (guint64) rows, step),
      error);
}

static gboolean
set (const NfCudaStream *stream, Job *job,
    cublasLtMatmulDescAttributes_t attribute, gconstpointer value, gsize bytes,
    GError **error)
{
  return cublas_ok (stream,
      cublasLtMatmulDescSetAttribute (job->desc, attribute, value, bytes),
      error);
}

static gboolean
job_init (
    const NfCudaStream *stream, Job *job, const NfMatmul *p, GError **error)
{
  const NfMatmulShape *s = &p->shape;
  const gint32 first = s->b_turned ? CUBLAS_OP_T : CUBLAS_OP_N;
  const gint32 second = s->a_turned ? CUBLAS_OP_T : CUBLAS_OP_N;
  const guint32 epilogue = CUBLASLT_EPILOGUE_BIAS;
  const cublasComputeType_t compute =
      s->tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;

  return cublas_ok (stream,
             cublasLtMatmulDescCreate (&job->desc, compute, CUDA_R_32F), error)
      && set (
          stream, job, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first, error)
      && set (stream, job, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second,
          error)
      && (!s->bias
          || (set (stream, job, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue,
                  sizeof epilogue, error)
              && set (stream, job, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &p->bias,
                  sizeof p->bias, error)))
      && layout_init (stream, &job->a, s->bf16,
          s->a_turned ? s->inner : s->rows, s->a_turned ? s->rows : s->inner,
          s->a_step, error)
      && layout_init (stream, &job->b, s->bf16,
          s->b_turned ? s->cols : s->inner, s->b_turned ? s->inner : s->cols,
          s->b_step, error)
      && layout_init (
          stream, &job->c, s->to_bf16, s->rows, s->cols, s->c_step, error);
}

/* cuBLASLt counts on 256 bytes where nothing is said */
static cublasStatus_t
wish_alignment (cublasLtMatmulPreference_t wishes, const NfMatmulShape *s)
{
  const struct
  {
    cublasLtMatmulPreferenceAttributes_t attribute;
    guint32 bytes;
  } each[] = {
    { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, s->b_alignment },
    { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, s->a_alignment },
    { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, s->c_alignment },
    { CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, s->c_alignment },
  };
  cublasStatus_t status = CUBLAS_STATUS_SUCCESS;

  for (guint i = 0; i < G_N_ELEMENTS (each); i++)
    if (status == CUBLAS_STATUS_SUCCESS)
      status = cublasLtMatmulPreferenceSetAttribute (
          wishes, each[i].attribute, &each[i].bytes, sizeof each[i].bytes);
  return status;
}

/* no parts of a sum in bf16: cuBLASLt may cut the inner side in pieces, which it
 * adds up in the result's type or in that of sums */
static cublasStatus_t
wish_sums (cublasLtMatmulPreference_t wishes, const NfMatmulShape *s)
{
  const guint32 schemes = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;

  if (!s->to_bf16)
    return CUBLAS_STATUS_SUCCESS;
  return cublasLtMatmulPreferenceSetAttribute (wishes,
      CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes, sizeof schemes);
}

/* the best algorithm, by cuBLASLt's judgement, if it has any */
static gboolean
choose (const NfCudaStream *stream, cublasLtHandle_t handle, const Job *job,
    const NfMatmulShape *s, Plan *plan, GError **error)
{
  const gsize most = WORKSPACE_MOST;
  cublasLtMatmulPreference_t wishes = NULL;
  cublasLtMatmulHeuristicResult_t result;
  gint found = 0;
  cublasStatus_t status = cublasLtMatmulPreferenceCreate (&wishes);

  if (status == CUBLAS_STATUS_SUCCESS)
    status = cublasLtMatmulPreferenceSetAttribute (
        wishes, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, sizeof most);
  if (status == CUBLAS_STATUS_SUCCESS)
    status = wish_alignment (wishes, s);
  if (status == CUBLAS_STATUS_SUCCESS)
    status = wish_sums (wishes, s);
  if (status == CUBLAS_STATUS_SUCCESS)
    status = cublasLtMatmulAlgoGetHeuristic (handle, job->desc, job->b, job->a,
        job->c, job->c, wishes, 1, &result, &found);
  if (wishes != NULL)
    cublasLtMatmulPreferenceDestroy (wishes);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED
      || (status == CUBLAS_STATUS_SUCCESS
          && (found == 0 || result.state != CUBLAS_STATUS_SUCCESS))) {
    *plan = (Plan){ .plain = TRUE };
    return TRUE;
  }
  if (!cublas_ok (stream, status, error))
    return FALSE;
  *plan = (Plan){ FALSE, result.algo, result.workspaceSize };
  return TRUE;
}

/* what was chosen for the shape before, or is now */
static gboolean
find_plan (const NfCudaStream *stream, cublasLtHandle_t handle, const Job *job,
    const NfMatmulShape *s, Plan *plan, GError **error)
{
  NfCuda *cuda = stream->cuda;
  g_autoptr (GBytes) key = g_bytes_new (s, sizeof *s);
  const Plan *known = NULL;

  g_mutex_lock (&cuda->lock);
  if (cuda->matmuls == NULL)
    cuda->matmuls = g_hash_table_new_full (
        g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, g_free);
  known = g_hash_table_lookup (cuda->matmuls, key);
  if (known != NULL)
    *plan = *known;
  g_mutex_unlock (&cuda->lock);
  if (known != NULL)
    return TRUE;
  if (!choose (stream, handle, job, s, plan, error))
    return FALSE;
  g_mutex_lock (&cuda->lock);
  g_hash_table_replace (
      cuda->matmuls, g_steal_pointer (&key), g_memdup2 (plan, sizeof *plan));
  g_mutex_unlock (&cuda->lock);
  return TRUE;
}

/* the largest power of two up to 256 that divides an address */
static guint32
alignment_of (gconstpointer data)
{
  guintptr bits = GPOINTER_TO_SIZE (data) | 256;

  return (guint32) (bits & (~bits + 1));
}

static gboolean
multiply (NfCudaStream *stream, NfMatmul *p, GError **error)
{
  const gfloat one = 1.0f, beta = p->shape.add ? 1.0f : 0.0f;
  cublasLtHandle_t handle = nf_cuda_cublas (stream, error);
  g_auto (Job) job = { NULL };
  gpointer workspace;
  Plan plan;

  p->shape.bias = p->bias != NULL;
  p->shape.a_alignment = alignment_of (p->a);
  p->shape.b_alignment = alignment_of (p->b);
  p->shape.c_alignment = alignment_of (p->c);
  if (handle == NULL || !job_init (stream, &job, p, error)
      || !find_plan (stream, handle, &job, &p->shape, &plan, error))
    return FALSE;
  if (plan.plain)
    return nf_cuda_matmul_plain (stream, p, error);
  return nf_cuda_workspace (stream, plan.workspace, &workspace, error)
      && cublas_ok (stream,
          cublasLtMatmul (handle, job.desc, &one, p->b, job.b, p->a, job.a,
              &beta, p->c, job.c, p->c, job.c, &plan.algorithm, workspace,
              plan.workspace, stream->handle),
          error);
}

/* ------------------------------------------------------------------- linear */

/* (nullable): a parameter's data in the type that products take */
static gboolean
parameter (NfCudaStream *stream, gboolean bf16, NfTensor *t,
    gconstpointer *data, GError **error)
{
  const NfTensor *copy = t != NULL
      ? nf_cuda_weight_copy (stream, t, bf16 ? NF_BF16 : NF_F32, 1.0f, error)
      : NULL;

  *data = copy != NULL ? copy->data : NULL;
  return t == NULL || copy != NULL;
}

static gboolean
in_tf32 (const NfOpCall *call)
{
  return call->tf32 && !nf_cuda_is_bf16 (call);
}

static gconstpointer
part_of (gconstpointer weight, gboolean bf16, gsize at)
{
  return (const guint8 *) weight + at * (bf16 ? 2 : 4);
}

gboolean
nf_cuda_linear_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfLinearParams *params = call->params;
  const gboolean bf16 = nf_cuda_is_bf16 (call);
  gconstpointer weight, bias;
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  if (!parameter (stream, bf16, call->in[NF_LINEAR_WEIGHT], &weight, error)
      || !parameter (stream, bf16, call->in[NF_LINEAR_BIAS], &bias, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    const NfLinearSource *s = &sources[i];
    NfMatmul p = { { .rows = s->rows,
                       .cols = s->out,
                       .inner = s->x->c,
                       .a_step = s->x->c,
                       .b_step = s->step,
                       .c_step = s->out,
                       .b_turned = !params->transposed,
                       .bf16 = bf16,
                       .to_bf16 = bf16,
                       .tf32 = in_tf32 (call),
                       .add = i > 0 },
      s->x->data, part_of (weight, bf16, s->at), i == 0 ? bias : NULL,
      call->out->data };

    if (!multiply (stream, &p, error))
      return FALSE;
  }
  return TRUE;
}

/* dx = dy W */
static gboolean
linear_dx (NfCudaStream *stream, const NfOpCall *call, const NfLinearSource *s,
    const NfTensor *dy, NfTensor *dx, GError **error)
{
  const NfLinearParams *params = call->params;
  const gboolean bf16 = nf_cuda_is_bf16 (call);
  gconstpointer weight;
  NfMatmul p = { { .rows = s->rows,
                     .cols = s->x->c,
                     .inner = s->out,
                     .a_step = s->out,
                     .b_step = s->step,
                     .c_step = s->x->c,
                     .b_turned = params->transposed,
                     .bf16 = bf16,
                     .to_bf16 = bf16,
                     .tf32 = in_tf32 (call) },
    dy->data, NULL, NULL, dx->data };

  if (!parameter (stream, bf16, call->in[NF_LINEAR_WEIGHT], &weight, error))
    return FALSE;
  p.b = part_of (weight, bf16, s->at);
  return multiply (stream, &p, error);
}

/* its part of dW = dy^T x, or x^T dy where W is stored [in, out] */
static gboolean
linear_dw (NfCudaStream *stream, const NfOpCall *call, const NfLinearSource *s,
    const NfTensor *dy, NfTensor *dw, GError **error)
{
  const NfLinearParams *params = call->params;
  const NfTensor *a = params->transposed ? s->x : dy;
  const NfTensor *b = params->transposed ? dy : s->x;
  NfMatmul p = { { .rows = a->c,
                     .cols = b->c,
                     .inner = s->rows,
                     .a_step = a->c,
                     .b_step = b->c,
                     .c_step = s->step,
                     .a_turned = TRUE,
                     .bf16 = nf_cuda_is_bf16 (call),
                     .tf32 = in_tf32 (call) },
    a->data, b->data, NULL, (gfloat *) dw->data + s->at };

  return multiply (stream, &p, error);
}

gboolean
nf_cuda_linear_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NfLinearSource sources[2];
  guint n = nf_linear_sources (call, sources);

  for (guint i = 0; i < n; i++) {
    if (grad_in[sources[i].input] != NULL
        && !linear_dx (stream, call, &sources[i], grad_out,
            grad_in[sources[i].input], error))
      return FALSE;
    if (grad_in[NF_LINEAR_WEIGHT] != NULL
        && !linear_dw (stream, call, &sources[i], grad_out,
            grad_in[NF_LINEAR_WEIGHT], error))
      return FALSE;
  }
  return grad_in[NF_LINEAR_BIAS] == NULL
      || nf_cuda_column_sums (stream, grad_out->data, nf_cuda_is_bf16 (call),
          sources[0].rows, sources[0].out, grad_in[NF_LINEAR_BIAS]->data,
          error);
}
