/* SPDX-License-Identifier: MIT
 *
 * standin-cublaslt — cuBLASLt: products of f32 and bf16 matrices
 *
 * Of what the manual describes, this has: real matrices in column or row order
 * with strides between the matrices of a batch, either operand transposed,
 * sums in f32 with or without TF32, and the epilogues bias and ReLU. Anything
 * else is CUBLAS_STATUS_NOT_SUPPORTED. An algorithm remembers the alignment
 * that it was asked for, 256 bytes by default, and the workspace; both are
 * checked when it runs. Where sums of parts may be added up in the type of the
 * result, they are. How much workspace it wants, and whether there is one at
 * all, differs from shape to shape (answers.h). With NF_CUDA_NO_MATMUL=1 there
 * is none for any product. */
#include "answers.h"
#include "gemm.h"
#include "standin.h"

#include <cublasLt.h>

#include <cstdlib>
#include <cstring>

using namespace runner;

/* NVIDIA leaves open what cublasLtHandle_t points to. */
struct cublasLtContext
{
  int device;
};

namespace {

constexpr size_t WORKSPACE_BYTES = 1024; /* with NF_CUDA_ANSWERS=plain */
constexpr uint64_t ALGO_MAGIC = 0x6e66616c676f3031;

/* what a cublasLtMatmulDesc_t holds */
struct Operation
{
  int32_t compute, scale, pointer_mode, transpose_a, transpose_b;
  uint32_t epilogue;
  const void *bias;
  int64_t bias_batch_stride;
  int32_t bias_type; /* -1: that of d */
};

/* what a cublasLtMatrixLayout_t holds */
struct Layout
{
  uint32_t type;
  int32_t order;
  uint64_t rows, cols;
  int64_t ld;
  int32_t batch;
  int64_t batch_stride;
};

/* what a cublasLtMatmulPreference_t holds; alignment of a, b, c, d */
struct Preference
{
  uint64_t workspace;
  uint32_t alignment[4];
  uint32_t search_mode, reduction_mask;
};

/* what a cublasLtMatmulAlgo_t holds */
struct Algorithm
{
  uint64_t magic, workspace;
  uint32_t alignment[4];
  uint32_t in_parts; /* sums of two halves, each in the type of d */
};

/* NVIDIA's opaque types, seen as ours */
template <class Ours, class Theirs>
Ours *
inside (Theirs *opaque)
{
  static_assert (sizeof (Ours) <= sizeof (Theirs), "no room");
  return reinterpret_cast<Ours *> (opaque->data);
}

template <class Ours, class Theirs>
const Ours *
inside (const Theirs *opaque)
{
  static_assert (sizeof (Ours) <= sizeof (Theirs), "no room");
  return reinterpret_cast<const Ours *> (opaque->data);
}

/* an attribute is set only by a value of its size */
template <class T>
cublasStatus_t
take (T *attribute, const void *value, size_t bytes)
{
  if (value == nullptr || bytes != sizeof (T))
    return CUBLAS_STATUS_INVALID_VALUE;
  memcpy (attribute, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

bool
is_float_type (uint32_t type)
{
  return type == CUDA_R_32F || type == CUDA_R_16BF;
}

Matrix
matrix_of (const Layout &layout)
{
  return { static_cast<cudaDataType> (layout.type), layout.rows, layout.cols,
    layout.ld, layout.order == CUBLASLT_ORDER_ROW, layout.batch,
    layout.batch_stride };
}

bool
is_valid (const Layout &l)
{
  const uint64_t least = l.order == CUBLASLT_ORDER_ROW ? l.cols : l.rows;

  return l.rows > 0 && l.cols > 0 && l.batch > 0
      && l.ld >= static_cast<int64_t> (least)
      && (l.order == CUBLASLT_ORDER_COL || l.order == CUBLASLT_ORDER_ROW);
}

bool
same_layout (const Layout &a, const Layout &b)
{
  return a.type == b.type && a.order == b.order && a.rows == b.rows
      && a.cols == b.cols && a.ld == b.ld && a.batch == b.batch
      && a.batch_stride == b.batch_stride;
}

/* types that the manual's table has for sums in f32 */
bool
types_supported (const Operation &op, const Layout &a, const Layout &b,
    const Layout &c, const Layout &d)
{
  const bool sums_f32 = op.compute == CUBLAS_COMPUTE_32F
      || op.compute == CUBLAS_COMPUTE_32F_PEDANTIC
      || op.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  const bool tf32 = op.compute == CUBLAS_COMPUTE_32F_FAST_TF32;

  if (!sums_f32 || op.scale != CUDA_R_32F || !is_float_type (a.type)
      || a.type != b.type || c.type != d.type || !is_float_type (d.type))
    return false;
  if (a.type == CUDA_R_32F && d.type != CUDA_R_32F)
    return false;
  return !tf32 || a.type == CUDA_R_32F;
}

bool
epilogue_supported (const Operation &op, const Layout &d)
{
  const bool bias = (op.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
  const uint32_t known = CUBLASLT_EPILOGUE_BIAS | CUBLASLT_EPILOGUE_RELU
      | CUBLASLT_EPILOGUE_DEFAULT;

  if ((op.epilogue & ~known) != 0)
    return false;
  return !bias || op.bias_type == -1
      || op.bias_type == static_cast<int32_t> (d.type);
}

cublasStatus_t
check (const Operation &op, const Layout &a, const Layout &b, const Layout &c,
    const Layout &d)
{
  const bool ta = op.transpose_a != CUBLAS_OP_N;
  const bool tb = op.transpose_b != CUBLAS_OP_N;

  if (!is_valid (a) || !is_valid (b) || !is_valid (c) || !is_valid (d))
    return CUBLAS_STATUS_INVALID_VALUE;
  if ((ta ? a.cols : a.rows) != d.rows || (tb ? b.rows : b.cols) != d.cols
      || (ta ? a.rows : a.cols) != (tb ? b.cols : b.rows) || c.rows != d.rows
      || c.cols != d.cols)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (a.batch != d.batch || b.batch != d.batch || c.batch != d.batch
      || c.order != d.order)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!types_supported (op, a, b, c, d) || !epilogue_supported (op, d)
      || op.pointer_mode != CUBLASLT_POINTER_MODE_HOST)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
refuse (const char *why)
{
  fail_because (cudaErrorInvalidValue, "cublasLtMatmul: %s", why);
  return CUBLAS_STATUS_INVALID_VALUE;
}

bool
is_aligned (const void *address, size_t bytes)
{
  return reinterpret_cast<uintptr_t> (address) % bytes == 0;
}

/* addresses, alignment and workspace of a call */
cublasStatus_t
check_memory (const Gemm &g, const Algorithm *algo, const void *workspace,
    size_t workspace_bytes, int device)
{
  const struct
  {
    const char *name;
    const void *data;
    Matrix matrix;
  } operands[4] = { { "cublasLtMatmul's a", g.a_data, g.a },
    { "cublasLtMatmul's b", g.b_data, g.b },
    { "cublasLtMatmul's c", g.beta != 0.0f ? g.c_data : g.d_data, g.c },
    { "cublasLtMatmul's d", g.d_data, g.d } };

  for (int i = 0; i < 4; i++) {
    const size_t alignment = algo != nullptr
        ? algo->alignment[i]
        : element_bytes (operands[i].matrix.type);

    if (!on_device (operands[i].data, matrix_bytes (operands[i].matrix), device,
            operands[i].name))
      return CUBLAS_STATUS_INVALID_VALUE;
    if (!is_aligned (operands[i].data, alignment))
      return refuse ("an operand is aligned less than its algorithm wants");
  }
  if (g.bias != nullptr
      && !on_device (g.bias, g.d.rows * element_bytes (g.d.type), device,
          "cublasLtMatmul's bias"))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (algo == nullptr || algo->workspace == 0)
    return CUBLAS_STATUS_SUCCESS;
  if (workspace_bytes < algo->workspace)
    return refuse ("the workspace is smaller than its algorithm wants");
  return on_device (
             workspace, workspace_bytes, device, "cublasLtMatmul's workspace")
      ? CUBLAS_STATUS_SUCCESS
      : CUBLAS_STATUS_INVALID_VALUE;
}

} // namespace

cublasStatus_t
cublasLtCreate (cublasLtHandle_t *handle)
{
  *handle = new cublasLtContext{ current_device () };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtDestroy (cublasLtHandle_t handle)
{
  if (handle == nullptr)
    return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

const char *
cublasLtGetStatusString (cublasStatus_t status)
{
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "success";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "the library was not initialized";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "an unsupported value or parameter was passed";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "the functionality requested is not supported";
    default:
      return "failure";
  }
}

cublasStatus_t
cublasLtMatmulDescCreate (cublasLtMatmulDesc_t *desc,
    cublasComputeType_t compute, cudaDataType_t scale)
{
  *desc = new cublasLtMatmulDescOpaque_t ();
  *inside<Operation> (*desc) = { compute, scale, CUBLASLT_POINTER_MODE_HOST,
    CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_EPILOGUE_DEFAULT, nullptr, 0, -1 };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulDescDestroy (cublasLtMatmulDesc_t desc)
{
  delete desc;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulDescSetAttribute (cublasLtMatmulDesc_t desc,
    cublasLtMatmulDescAttributes_t attribute, const void *value, size_t bytes)
{
  Operation *op = inside<Operation> (desc);

  switch (attribute) {
    case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
      return take (&op->compute, value, bytes);
    case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
      return take (&op->scale, value, bytes);
    case CUBLASLT_MATMUL_DESC_POINTER_MODE:
      return take (&op->pointer_mode, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSA:
      return take (&op->transpose_a, value, bytes);
    case CUBLASLT_MATMUL_DESC_TRANSB:
      return take (&op->transpose_b, value, bytes);
    case CUBLASLT_MATMUL_DESC_EPILOGUE:
      return take (&op->epilogue, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
      return take (&op->bias, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
      return take (&op->bias_batch_stride, value, bytes);
    case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
      return take (&op->bias_type, value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

cublasStatus_t
cublasLtMatrixLayoutCreate (cublasLtMatrixLayout_t *layout, cudaDataType type,
    uint64_t rows, uint64_t cols, int64_t ld)
{
  *layout = new cublasLtMatrixLayoutOpaque_t ();
  *inside<Layout> (*layout) = { static_cast<uint32_t> (type),
    CUBLASLT_ORDER_COL, rows, cols, ld, 1, 0 };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatrixLayoutDestroy (cublasLtMatrixLayout_t layout)
{
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatrixLayoutSetAttribute (cublasLtMatrixLayout_t layout,
    cublasLtMatrixLayoutAttribute_t attribute, const void *value, size_t bytes)
{
  Layout *l = inside<Layout> (layout);

  switch (attribute) {
    case CUBLASLT_MATRIX_LAYOUT_TYPE:
      return take (&l->type, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_ORDER:
      return take (&l->order, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_ROWS:
      return take (&l->rows, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_COLS:
      return take (&l->cols, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_LD:
      return take (&l->ld, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
      return take (&l->batch, value, bytes);
    case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
      return take (&l->batch_stride, value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

cublasStatus_t
cublasLtMatmulPreferenceCreate (cublasLtMatmulPreference_t *preference)
{
  *preference = new cublasLtMatmulPreferenceOpaque_t ();
  *inside<Preference> (*preference) = { 0, { 256, 256, 256, 256 },
    CUBLASLT_SEARCH_BEST_FIT, CUBLASLT_REDUCTION_SCHEME_MASK };
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulPreferenceDestroy (cublasLtMatmulPreference_t preference)
{
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmulPreferenceSetAttribute (cublasLtMatmulPreference_t preference,
    cublasLtMatmulPreferenceAttributes_t attribute, const void *value,
    size_t bytes)
{
  Preference *p = inside<Preference> (preference);

  switch (attribute) {
    case CUBLASLT_MATMUL_PREF_SEARCH_MODE:
      return take (&p->search_mode, value, bytes);
    case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
      return take (&p->workspace, value, bytes);
    case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
      return take (&p->reduction_mask, value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
      return take (&p->alignment[0], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
      return take (&p->alignment[1], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
      return take (&p->alignment[2], value, bytes);
    case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
      return take (&p->alignment[3], value, bytes);
    default:
      return CUBLAS_STATUS_NOT_SUPPORTED;
  }
}

/* what is answered about a product is drawn from this */
static uint32_t
answer_about (
    const Operation &op, const Layout &a, const Layout &b, const Layout &d)
{
  const int64_t shape[] = { op.compute, op.transpose_a, op.transpose_b,
    static_cast<int64_t> (op.epilogue), a.type, a.ld, b.ld, d.type,
    static_cast<int64_t> (d.rows), static_cast<int64_t> (d.cols), d.ld,
    static_cast<int64_t> (op.transpose_a != CUBLAS_OP_N ? a.rows : a.cols) };

  return answer_of (shape, sizeof shape);
}

/* the three ways in which NVIDIA's says that it has no algorithm */
static bool
has_none (uint32_t answer, cublasLtMatmulHeuristicResult_t *result,
    int *returned, cublasStatus_t *status)
{
  *status = CUBLAS_STATUS_SUCCESS;
  switch (answer_pick (answer, 1, 12)) {
    case 0:
      return true;
    case 1:
      *status = CUBLAS_STATUS_NOT_SUPPORTED;
      return true;
    case 2:
      memset (result, 0xff, sizeof *result);
      result->state = CUBLAS_STATUS_NOT_SUPPORTED;
      *returned = 1;
      return true;
    default:
      return false;
  }
}

/* There is one algorithm, or none. */
cublasStatus_t
cublasLtMatmulAlgoGetHeuristic (cublasLtHandle_t handle,
    cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
    cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
    cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference,
    int requested, cublasLtMatmulHeuristicResult_t results[], int *returned)
{
  const Preference *wish = inside<Preference> (preference);
  cublasStatus_t status;

  *returned = 0;
  if (handle == nullptr)
    return CUBLAS_STATUS_NOT_INITIALIZED;
  if (requested <= 0)
    return CUBLAS_STATUS_INVALID_VALUE;
  status = check (*inside<Operation> (desc), *inside<Layout> (a),
      *inside<Layout> (b), *inside<Layout> (c), *inside<Layout> (d));
  if (status != CUBLAS_STATUS_SUCCESS)
    return status;
  if (getenv ("NF_CUDA_NO_MATMUL") != nullptr)
    return CUBLAS_STATUS_NOT_SUPPORTED;
  const uint32_t answer = answer_about (*inside<Operation> (desc),
      *inside<Layout> (a), *inside<Layout> (b), *inside<Layout> (d));

  if (answers_vary () && has_none (answer, &results[0], returned, &status))
    return status;
  memset (&results[0], 0, sizeof results[0]);
  Algorithm *algo = inside<Algorithm> (&results[0].algo);

  algo->magic = ALGO_MAGIC;
  algo->workspace = wish->workspace >= WORKSPACE_BYTES ? WORKSPACE_BYTES : 0;
  if (answers_vary ())
    algo->workspace = answer_workspace (answer, wish->workspace);
  memcpy (algo->alignment, wish->alignment, sizeof algo->alignment);
  algo->in_parts = (wish->reduction_mask
                       & (CUBLASLT_REDUCTION_SCHEME_INPLACE
                           | CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE))
      != 0;
  results[0].workspaceSize = algo->workspace;
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = 1.0f;
  *returned = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasLtMatmul (cublasLtHandle_t handle, cublasLtMatmulDesc_t desc,
    const void *alpha, const void *a, cublasLtMatrixLayout_t a_layout,
    const void *b, cublasLtMatrixLayout_t b_layout, const void *beta,
    const void *c, cublasLtMatrixLayout_t c_layout, void *d,
    cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t *algorithm,
    void *workspace, size_t workspace_bytes, cudaStream_t stream)
{
  const Operation &op = *inside<Operation> (desc);
  const Layout &lc = *inside<Layout> (c_layout);
  const Layout &ld = *inside<Layout> (d_layout);
  const Algorithm *algo = nullptr;
  cublasStatus_t status;
  Gemm g;

  if (handle == nullptr)
    return CUBLAS_STATUS_NOT_INITIALIZED;
  status = check (
      op, *inside<Layout> (a_layout), *inside<Layout> (b_layout), lc, ld);
  if (status != CUBLAS_STATUS_SUCCESS)
    return status;
  if (algorithm != nullptr)
    algo = inside<Algorithm> (algorithm);
  if (algo != nullptr && algo->magic != ALGO_MAGIC)
    return refuse ("its algorithm does not come from the heuristic");
  if (c == d && !same_layout (lc, ld))
    return refuse ("c is d, but has another layout");
  if (handle->device != device_of (stream))
    return refuse ("the stream is of another device than the handle");
  g = { matrix_of (*inside<Layout> (a_layout)),
    matrix_of (*inside<Layout> (b_layout)), matrix_of (lc), matrix_of (ld), a,
    b, c, d, op.transpose_a != CUBLAS_OP_N, op.transpose_b != CUBLAS_OP_N,
    op.compute == CUBLAS_COMPUTE_32F_FAST_TF32,
    (op.epilogue & CUBLASLT_EPILOGUE_RELU) != 0,
    *static_cast<const float *> (alpha), *static_cast<const float *> (beta),
    (op.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0 ? op.bias : nullptr,
    op.bias_batch_stride, algo != nullptr && algo->in_parts };
  if ((op.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0 && op.bias == nullptr)
    return refuse ("no bias");
  status = check_memory (g, algo, workspace, workspace_bytes, handle->device);
  if (status != CUBLAS_STATUS_SUCCESS)
    return status;
  const size_t used = algo != nullptr ? algo->workspace : 0;

  return submit_library (stream, WorkKind::product,
             reinterpret_cast<const void *> (&cublasLtMatmul),
             [g, workspace, used] {
               if (used > 0)
                 memset (workspace, 0xff, used);
               gemm_run (g);
             })
          == cudaSuccess
      ? CUBLAS_STATUS_SUCCESS
      : CUBLAS_STATUS_EXECUTION_FAILED;
}
