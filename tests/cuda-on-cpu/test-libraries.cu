/* SPDX-License-Identifier: MIT
 *
 * test-libraries — the stand-in for cuBLASLt: products, and what it refuses */
#include "runnertest.h"

#include <cublasLt.h>

#include <map>

#define assert_status(call, status) g_assert_cmpint (call, ==, status)
#define assert_blas(call) assert_status (call, CUBLAS_STATUS_SUCCESS)

/**
 * Case: a product to be made
 * @tolerance: allowed difference of an element
 */
struct Case
{
  const char *name;
  bool transpose_a, transpose_b, row_major;
  cudaDataType in, out;
  int batch;
  uint32_t epilogue;
  float alpha, beta;
  cublasComputeType_t compute;
  double tolerance;
};

static const Case cases[] = {
  { "plain", false, false, false, CUDA_R_32F, CUDA_R_32F, 1,
      CUBLASLT_EPILOGUE_DEFAULT, 1, 0, CUBLAS_COMPUTE_32F, 1e-6 },
  { "a-transposed", true, false, false, CUDA_R_32F, CUDA_R_32F, 1,
      CUBLASLT_EPILOGUE_DEFAULT, 2, 0.5, CUBLAS_COMPUTE_32F, 1e-6 },
  { "b-transposed", false, true, false, CUDA_R_32F, CUDA_R_32F, 3,
      CUBLASLT_EPILOGUE_DEFAULT, 1, 1, CUBLAS_COMPUTE_32F, 1e-6 },
  { "rows", true, true, true, CUDA_R_32F, CUDA_R_32F, 2, CUBLASLT_EPILOGUE_BIAS,
      1, 0, CUBLAS_COMPUTE_32F, 1e-6 },
  { "bias-relu", false, false, false, CUDA_R_32F, CUDA_R_32F, 2,
      CUBLASLT_EPILOGUE_RELU_BIAS, 1, 0, CUBLAS_COMPUTE_32F, 1e-6 },
  { "bf16", false, true, false, CUDA_R_16BF, CUDA_R_16BF, 1,
      CUBLASLT_EPILOGUE_RELU, 1, 0, CUBLAS_COMPUTE_32F, 2e-2 },
  { "bf16-to-f32", true, false, false, CUDA_R_16BF, CUDA_R_32F, 1,
      CUBLASLT_EPILOGUE_DEFAULT, 1, 0, CUBLAS_COMPUTE_32F, 1e-6 },
  { "tf32", false, false, false, CUDA_R_32F, CUDA_R_32F, 1,
      CUBLASLT_EPILOGUE_DEFAULT, 1, 0, CUBLAS_COMPUTE_32F_FAST_TF32, 2e-3 },
};

static const int M = 19, N = 7, K = 23;

/* a matrix on the device, and the numbers in it: (batch, row, column) */
class Operand {
public:
  Operand (int rows, int cols, const Case &c, cudaDataType type)
      : rows_ (rows), cols_ (cols), row_major_ (c.row_major), type_ (type),
        ld_ ((c.row_major ? cols : rows) + 3),
        stride_ (static_cast<int64_t> (ld_) * (c.row_major ? rows : cols) + 5),
        data_ (c.batch * stride_ * 4)
  {
    const int32_t order = c.row_major ? CUBLASLT_ORDER_ROW : CUBLASLT_ORDER_COL;

    for (int i = 0; i < c.batch * rows * cols; i++) {
      const float x = g_test_rand_double_range (-1, 1);

      values_.push_back (
          type == CUDA_R_16BF ? __bfloat162float (__float2bfloat16 (x)) : x);
      put (i, values_.back ());
    }
    assert_blas (cublasLtMatrixLayoutCreate (&layout_, type, rows, cols, ld_));
    assert_blas (cublasLtMatrixLayoutSetAttribute (
        layout_, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order));
    assert_blas (cublasLtMatrixLayoutSetAttribute (
        layout_, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &c.batch, 4));
    assert_blas (cublasLtMatrixLayoutSetAttribute (
        layout_, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride_, 8));
  }

  ~Operand ()
  {
    cublasLtMatrixLayoutDestroy (layout_);
  }

  double
  value (int batch, int row, int col) const
  {
    return values_[(batch * rows_ + row) * cols_ + col];
  }

  /* what lies on the device */
  float
  now (int batch, int row, int col) const
  {
    const size_t i = index ((batch * rows_ + row) * cols_ + col);

    return type_ == CUDA_R_16BF
        ? __bfloat162float (reinterpret_cast<__nv_bfloat16 *> (data ())[i])
        : reinterpret_cast<float *> (data ())[i];
  }

  void *
  data () const
  {
    return data_.data ();
  }

  cublasLtMatrixLayout_t
  layout () const
  {
    return layout_;
  }

private:
  size_t
  index (int i) const
  {
    const int row = i / cols_ % rows_, col = i % cols_;

    return i / (rows_ * cols_) * stride_
        + (row_major_ ? row * ld_ + col : col * ld_ + row);
  }

  /* device memory is host memory here */
  void
  put (int i, float x)
  {
    if (type_ == CUDA_R_16BF)
      reinterpret_cast<__nv_bfloat16 *> (data ())[index (i)] =
          __float2bfloat16 (x);
    else
      reinterpret_cast<float *> (data ())[index (i)] = x;
  }

  int rows_, cols_;
  bool row_major_;
  cudaDataType type_;
  int64_t ld_, stride_;
  OnDevice<char> data_;
  std::vector<float> values_;
  cublasLtMatrixLayout_t layout_;
};

static std::vector<float>
numbers (int n)
{
  std::vector<float> values;

  while (n-- > 0)
    values.push_back (g_test_rand_double_range (-1, 1));
  return values;
}

/* everything that a product needs; the bias is in f32 */
class Product {
public:
  explicit Product (const Case &c)
      : c_ (c), a_ (c.transpose_a ? K : M, c.transpose_a ? M : K, c, c.in),
        b_ (c.transpose_b ? N : K, c.transpose_b ? K : N, c, c.in),
        d_ (M, N, c, c.out), bias_ (numbers (M)), workspace_ (4096)
  {
    const int32_t ta = c.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
    const int32_t tb = c.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N;
    const void *bias = bias_.data ();

    assert_blas (cublasLtCreate (&handle_));
    assert_blas (cublasLtMatmulDescCreate (&desc_, c.compute, CUDA_R_32F));
    set (CUBLASLT_MATMUL_DESC_TRANSA, &ta, 4);
    set (CUBLASLT_MATMUL_DESC_TRANSB, &tb, 4);
    set (CUBLASLT_MATMUL_DESC_EPILOGUE, &c.epilogue, 4);
    set (CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias);
    assert_blas (cublasLtMatmulPreferenceCreate (&preference_));
  }

  ~Product ()
  {
    cublasLtMatmulPreferenceDestroy (preference_);
    cublasLtMatmulDescDestroy (desc_);
    cublasLtDestroy (handle_);
  }

  void
  set (cublasLtMatmulDescAttributes_t attribute, const void *value, size_t n)
  {
    assert_blas (cublasLtMatmulDescSetAttribute (desc_, attribute, value, n));
  }

  cublasStatus_t
  find (uint64_t workspace, uint32_t alignment)
  {
    int found = 0;

    assert_blas (cublasLtMatmulPreferenceSetAttribute (
        preference_, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, 8));
    assert_blas (cublasLtMatmulPreferenceSetAttribute (preference_,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &alignment, 4));
    return cublasLtMatmulAlgoGetHeuristic (handle_, desc_, a_.layout (),
        b_.layout (), d_.layout (), d_.layout (), preference_, 1, &result_,
        &found);
  }

  cublasStatus_t
  run (size_t a_offset, size_t workspace)
  {
    Stream stream;
    const char *a = static_cast<const char *> (a_.data ()) + a_offset;
    const cublasStatus_t status =
        cublasLtMatmul (handle_, desc_, &c_.alpha, a, a_.layout (), b_.data (),
            b_.layout (), &c_.beta, d_.data (), d_.layout (), d_.data (),
            d_.layout (), &result_.algo, workspace_.data (), workspace, stream);

    stream.finish ();
    return status;
  }

  /* the largest difference from a plain product */
  double
  largest_error () const
  {
    double largest = 0;

    for (int batch = 0; batch < c_.batch; batch++)
      for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++) {
          const double error =
              fabs (d_.now (batch, i, j) - expected (batch, i, j));

          largest = error <= largest ? largest : error;
        }
    return largest;
  }

  const Operand &
  a () const
  {
    return a_;
  }

private:
  double
  expected (int batch, int i, int j) const
  {
    double sum = 0;

    for (int l = 0; l < K; l++)
      sum += (c_.transpose_a ? a_.value (batch, l, i) : a_.value (batch, i, l))
          * (c_.transpose_b ? b_.value (batch, j, l) : b_.value (batch, l, j));
    sum = c_.alpha * sum + c_.beta * d_.value (batch, i, j);
    if (c_.epilogue & CUBLASLT_EPILOGUE_BIAS)
      sum += bias_.data ()[i];
    return c_.epilogue & CUBLASLT_EPILOGUE_RELU ? std::max (sum, 0.0) : sum;
  }

  const Case &c_;
  Operand a_, b_, d_;
  OnDevice<float> bias_;
  OnDevice<char> workspace_;
  cublasLtHandle_t handle_;
  cublasLtMatmulDesc_t desc_;
  cublasLtMatmulPreference_t preference_;
  cublasLtMatmulHeuristicResult_t result_;
};

static void
test_matmul_precision (gconstpointer data)
{
  const Case &c = *static_cast<const Case *> (data);
  Product product (c);

  assert_blas (product.find (4096, 16));
  assert_blas (product.run (0, 4096));
  g_assert_true (product.largest_error () <= c.tolerance);
  /* TF32 is not the same as f32 */
  if (c.compute == CUBLAS_COMPUTE_32F_FAST_TF32)
    g_assert_true (product.largest_error () > 1e-5);
}

static void
test_alignment_fails ()
{
  Product product (cases[0]);

  assert_blas (product.find (0, 256));
  assert_status (product.run (4, 0), CUBLAS_STATUS_INVALID_VALUE);
  assert_blas (product.find (0, 4));
  assert_blas (product.run (4, 0));
}

static void
test_workspace_fails ()
{
  Product product (cases[0]);

  assert_blas (product.find (4096, 16));
  assert_status (product.run (0, 0), CUBLAS_STATUS_INVALID_VALUE);
  assert_blas (product.find (0, 16));
  assert_blas (product.run (0, 0));
}

/* what layouts and operations must not be */
static void
test_layout_fails ()
{
  Product product (cases[0]);
  const int64_t short_ld = M - 1;
  const int32_t batch = 2, row = CUBLASLT_ORDER_ROW, transposed = CUBLAS_OP_T;
  const cublasLtMatrixLayout_t a = product.a ().layout ();
  const int64_t ld = M + 3;
  const int32_t one = 1, column = CUBLASLT_ORDER_COL;
  const auto set_a = [&] (cublasLtMatrixLayoutAttribute_t attribute,
                         const void *value, size_t bytes) {
    assert_blas (cublasLtMatrixLayoutSetAttribute (a, attribute, value, bytes));
  };

  assert_status (cublasLtMatrixLayoutSetAttribute (
                     a, CUBLASLT_MATRIX_LAYOUT_LD, &short_ld, 4),
      CUBLAS_STATUS_INVALID_VALUE);
  set_a (CUBLASLT_MATRIX_LAYOUT_LD, &short_ld, 8);
  assert_status (product.find (0, 16), CUBLAS_STATUS_INVALID_VALUE);
  set_a (CUBLASLT_MATRIX_LAYOUT_LD, &ld, 8);
  set_a (CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, 4);
  assert_status (product.find (0, 16), CUBLAS_STATUS_INVALID_VALUE);
  set_a (CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &one, 4);
  set_a (CUBLASLT_MATRIX_LAYOUT_ORDER, &row, 4);
  assert_status (product.find (0, 16), CUBLAS_STATUS_INVALID_VALUE);
  set_a (CUBLASLT_MATRIX_LAYOUT_ORDER, &column, 4);
  assert_blas (product.find (0, 16));
  product.set (CUBLASLT_MATMUL_DESC_TRANSA, &transposed, 4);
  assert_status (product.find (0, 16), CUBLAS_STATUS_INVALID_VALUE);
}

static void
test_epilogue_fails ()
{
  Product product (cases[0]);
  const uint32_t gelu = CUBLASLT_EPILOGUE_GELU;

  product.set (CUBLASLT_MATMUL_DESC_EPILOGUE, &gelu, 4);
  assert_status (product.find (0, 16), CUBLAS_STATUS_NOT_SUPPORTED);
}

/* what NVIDIA's answers to some shape, the stand-in answers to some, too */
static void
test_answers_differ ()
{
  const uint64_t most = 32 << 20;
  cublasLtHandle_t handle;
  cublasLtMatmulDesc_t desc;
  cublasLtMatmulPreference_t preference;
  std::map<size_t, int> workspaces;
  int none = 0, refused = 0, unusable = 0;

  g_setenv ("NF_CUDA_ANSWERS", "1", TRUE);
  assert_blas (cublasLtCreate (&handle));
  assert_blas (
      cublasLtMatmulDescCreate (&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  assert_blas (cublasLtMatmulPreferenceCreate (&preference));
  assert_blas (cublasLtMatmulPreferenceSetAttribute (
      preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &most, 8));
  for (int side = 1; side <= 200; side++) {
    cublasLtMatmulHeuristicResult_t result;
    cublasLtMatrixLayout_t square;
    cublasStatus_t status;
    int found;

    assert_blas (
        cublasLtMatrixLayoutCreate (&square, CUDA_R_32F, side, side, side));
    status = cublasLtMatmulAlgoGetHeuristic (handle, desc, square, square,
        square, square, preference, 1, &result, &found);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED)
      refused++;
    else if (found == 0)
      none++;
    else if (result.state != CUBLAS_STATUS_SUCCESS)
      unusable++;
    else
      workspaces[result.workspaceSize]++;
    assert_blas (cublasLtMatrixLayoutDestroy (square));
  }
  assert_blas (cublasLtMatmulPreferenceDestroy (preference));
  assert_blas (cublasLtMatmulDescDestroy (desc));
  assert_blas (cublasLtDestroy (handle));
  g_setenv ("NF_CUDA_ANSWERS", "plain", TRUE);
  g_assert_cmpint (none, >, 0);
  g_assert_cmpint (refused, >, 0);
  g_assert_cmpint (unusable, >, 0);
  for (size_t bytes : { 0, 1, 1024, 4099, 3 << 20 })
    g_assert_cmpint (workspaces[bytes], >, 0);
}

int
main (int argc, char **argv)
{
  g_setenv ("NF_CUDA_ANSWERS", "plain", TRUE);
  g_test_init (&argc, &argv, NULL);
  for (const Case &c : cases) {
    g_autofree gchar *path = g_strconcat ("/cublaslt/", c.name, NULL);

    g_test_add_data_func (path, &c, test_matmul_precision);
  }
  g_test_add_func ("/cublaslt/alignment-fails", test_alignment_fails);
  g_test_add_func ("/cublaslt/workspace-fails", test_workspace_fails);
  g_test_add_func ("/cublaslt/layout-fails", test_layout_fails);
  g_test_add_func ("/cublaslt/epilogue-fails", test_epilogue_fails);
  g_test_add_func ("/cublaslt/answers-differ", test_answers_differ);
  return g_test_run ();
}
