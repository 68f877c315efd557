/* SPDX-License-Identifier: MIT
 *
 * standin-convolution — operation graphs of cuDNN, run as plain loops
 *
 * Convolution in three directions, sums, ReLU: what kernels/cuda/cudnn/nfcudnngraph.c
 * asks for. Products of a row of pixels are summed in f32, and these sums in
 * double precision, always in the same order. */
#include "gemm.h"
#include "standin-cudnn.h"

#include <cstdio>
#include <cstring>

/* Compiled for several instruction sets, of which the best is chosen at run time;
 * none of them fuses multiplication and addition (-ffp-contract=off), so all give
 * the same bits. A thread sanitizer cannot follow the choice, and clang 14 does not
 * give them the name that other files call. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)            \
    && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__ ((target_clones ("avx2", "default")))
#else
#define CLONES
#endif

namespace runner {

typedef std::vector<float> Values;

/* -------------------------------------------------------------- describing */

static bool
unknown (const char *what)
{
  fprintf (stderr, "cuda-on-cpu: cuDNN: %s is not known here\n", what);
  return false;
}

static bool
read_tensor (const DnnNode &node, DnnTensor &tensor)
{
  const auto dims = node.get<int64_t> (CUDNN_ATTR_TENSOR_DIMENSIONS);
  const auto strides = node.get<int64_t> (CUDNN_ATTR_TENSOR_STRIDES);
  const int type = node.one<int> (CUDNN_ATTR_TENSOR_DATA_TYPE, -1);

  if (dims.size () != 4 || strides.size () != 4)
    return unknown ("a tensor without four dimensions");
  if (type != CUDNN_DATA_FLOAT && type != CUDNN_DATA_BFLOAT16)
    return unknown ("a type but f32 and bf16");
  tensor = { node.one<int64_t> (CUDNN_ATTR_TENSOR_UNIQUE_ID, -1), dims[0],
    dims[1], dims[2], dims[3],
    node.one<int64_t> (CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 1),
    type == CUDNN_DATA_BFLOAT16,
    node.one<bool> (CUDNN_ATTR_TENSOR_IS_VIRTUAL, false) };
  if (strides
      != std::vector<int64_t>{
          tensor.h * tensor.w * tensor.c, 1, tensor.w * tensor.c, tensor.c })
    return unknown ("a layout but channels-last");
  return true;
}

/* a convolution's geometry: stride and padding alike in all directions */
struct Geometry
{
  int64_t stride, pad;
};

static bool
read_geometry (const DnnNode &node, Geometry &g)
{
  const auto stride = node.get<int64_t> (CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
  const auto pad = node.get<int64_t> (CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);

  if (stride.size () != 2 || stride[0] != stride[1] || pad.size () != 2
      || pad[0] != pad[1]
      || node.get<int64_t> (CUDNN_ATTR_CONVOLUTION_POST_PADDINGS) != pad
      || node.get<int64_t> (CUDNN_ATTR_CONVOLUTION_DILATIONS)
          != std::vector<int64_t>{ 1, 1 }
      || node.one<int> (CUDNN_ATTR_CONVOLUTION_CONV_MODE, -1)
          != CUDNN_CROSS_CORRELATION
      || node.one<int> (CUDNN_ATTR_CONVOLUTION_COMP_TYPE, -1)
          != CUDNN_DATA_FLOAT)
    return unknown ("such a convolution");
  g = { stride[0], pad[0] };
  return true;
}

/* a convolution's attributes, in the order of its three passes */
struct Names
{
  int alpha, beta, geometry, x, w, y;
};

static const Names *
names_of (const DnnNode &operation)
{
  static const std::map<int, Names> all = {
    { CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
        { CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y } },
    { CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
        { CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY } },
    { CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
        { CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY } },
  };
  const auto found = all.find (operation.type);

  return found == all.end () ? nullptr : &found->second;
}

static bool
is_known (const DnnNode &operation)
{
  const Names *names = names_of (operation);
  const DnnNodePtr pointwise =
      operation.child (CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  const bool pair =
      operation.child (CUDNN_ATTR_OPERATION_POINTWISE_BDESC) != nullptr;
  Geometry g;

  if (names != nullptr)
    return (operation.one<float> (names->alpha, 0.0f) == 1.0f
               && operation.one<float> (names->beta, 1.0f) == 0.0f)
        ? read_geometry (*operation.child (names->geometry), g)
        : unknown ("a convolution with factors");
  return (pointwise != nullptr
             && pointwise->one<int> (CUDNN_ATTR_POINTWISE_MODE, -1)
                 == (pair ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD))
      || unknown ("an operation but convolution, sum and ReLU");
}

/* the tensors of an operation, as they are there */
static std::vector<DnnNodePtr>
tensors_of (const DnnNode &operation)
{
  const Names *names = names_of (operation);

  if (names != nullptr)
    return { operation.child (names->x), operation.child (names->w),
      operation.child (names->y) };
  return { operation.child (CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
    operation.child (CUDNN_ATTR_OPERATION_POINTWISE_BDESC),
    operation.child (CUDNN_ATTR_OPERATION_POINTWISE_YDESC) };
}

bool
dnn_tensors (const DnnNode &graph, std::map<int64_t, DnnTensor> &tensors)
{
  const auto operations = graph.children.find (CUDNN_ATTR_OPERATIONGRAPH_OPS);

  if (operations == graph.children.end ())
    return unknown ("a graph without operations");
  for (const DnnNodePtr &operation : operations->second) {
    if (!is_known (*operation))
      return false;
    for (const DnnNodePtr &node : tensors_of (*operation)) {
      DnnTensor tensor;

      if (node == nullptr)
        continue;
      if (!read_tensor (*node, tensor))
        return false;
      tensors[tensor.id] = tensor;
    }
  }
  return true;
}

/* ---------------------------------------------------------------- numbers */

static void
load (const DnnTensor &tensor, const void *memory, Values &values)
{
  values.resize (tensor.elements ());
  if (!tensor.bf16) {
    memcpy (values.data (), memory, tensor.bytes ());
    return;
  }
  for (size_t i = 0; i < values.size (); i++) {
    const uint32_t bits = (uint32_t) static_cast<const uint16_t *> (memory)[i]
        << 16;

    memcpy (&values[i], &bits, sizeof bits);
  }
}

/* to nearest, ties to even; NaN stays one */
static uint16_t
to_bf16 (float value)
{
  uint32_t bits;

  memcpy (&bits, &value, sizeof bits);
  if (value != value)
    return 0x7fff;
  return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void
store (const DnnTensor &tensor, const Values &values, void *memory)
{
  if (!tensor.bf16) {
    memcpy (memory, values.data (), tensor.bytes ());
    return;
  }
  for (size_t i = 0; i < values.size (); i++)
    static_cast<uint16_t *> (memory)[i] = to_bf16 (values[i]);
}

/* ------------------------------------------------------------ convolution */

/* sums[r][j] = sum over k of a[r][k] b[k][j]: @rows rows, @columns columns */
struct Product
{
  const float *a;
  int64_t a_row, a_k;
  const float *b;
  int64_t b_k;
  int64_t rows, columns, n_k;
};

/* numbers one after the other, wherever they begin */
typedef float Wide __attribute__ ((vector_size (64)));
typedef float Narrow __attribute__ ((vector_size (16)));

/* ROWS rows of sums, of as many columns as V has, stay in registers */
template <int ROWS, class V>
static inline __attribute__ ((always_inline)) void
multiply_tile (const Product &p, int64_t row, int64_t column, float *sums)
{
  const float *a = p.a + row * p.a_row, *b = p.b + column;
  V sum[ROWS] = {}, values;

  for (int64_t k = 0; k < p.n_k; k++, a += p.a_k, b += p.b_k) {
    memcpy (&values, b, sizeof values);
    for (int r = 0; r < ROWS; r++)
      sum[r] += a[r * p.a_row] * values;
  }
  for (int r = 0; r < ROWS; r++)
    memcpy (sums + (row + r) * p.columns + column, &sum[r], sizeof sum[r]);
}

template <int ROWS>
static inline __attribute__ ((always_inline)) void
multiply_rows (const Product &p, int64_t row, float *sums)
{
  constexpr int WIDE = sizeof (Wide) / sizeof (float),
                NARROW = sizeof (Narrow) / sizeof (float);
  int64_t j = 0;

  for (; j + WIDE <= p.columns; j += WIDE)
    multiply_tile<ROWS, Wide> (p, row, j, sums);
  for (; j + NARROW <= p.columns; j += NARROW)
    multiply_tile<ROWS, Narrow> (p, row, j, sums);
  for (; j < p.columns; j++)
    multiply_tile<ROWS, float> (p, row, j, sums);
}

CLONES static void
multiply (const Product &p, float *sums)
{
  constexpr int ROWS = 4;
  int64_t row = 0;

  for (; row + ROWS <= p.rows; row += ROWS)
    multiply_rows<ROWS> (p, row, sums);
  for (; row < p.rows; row++)
    multiply_rows<1> (p, row, sums);
}

/* where row @row of y and tap (i, j) of the weight meet x: columns from @from
 * to @to of y read x's row @x_row from column @x_column on, by steps */
struct Meeting
{
  int64_t x_row, x_column, from, to;
};

static bool
meet (const DnnTensor &x, const DnnTensor &y, const Geometry &g, int64_t row,
    int64_t i, int64_t j, Meeting &m)
{
  m.x_row = row * g.stride + i - g.pad;
  m.from = j >= g.pad ? 0 : (g.pad - j + g.stride - 1) / g.stride;
  m.to = y.w;
  while (m.to > m.from && (m.to - 1) * g.stride + j - g.pad >= x.w)
    m.to--;
  m.x_column = m.from * g.stride + j - g.pad;
  return m.x_row >= 0 && m.x_row < x.h && m.from < m.to;
}

/* f (n, row, tap, meeting) for all of them */
template <class F>
static void
each_meeting (const DnnTensor &x, const DnnTensor &w, const DnnTensor &y,
    const Geometry &g, const F &f)
{
  Meeting m;

  for (int64_t n = 0; n < y.n; n++)
    for (int64_t row = 0; row < y.h; row++)
      for (int64_t tap = 0; tap < w.h * w.w; tap++)
        if (meet (x, y, g, row, tap / w.w, tap % w.w, m))
          f (n, row, tap, m);
}

static void
add (double *to, const float *from, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    to[i] += from[i];
}

/* (O, taps, C) as (taps, C, O) */
static Values
by_output (const DnnTensor &w, const Values &weight)
{
  const int64_t taps = w.h * w.w;
  Values turned (weight.size ());

  for (int64_t o = 0; o < w.n; o++)
    for (int64_t i = 0; i < taps * w.c; i++)
      turned[i * w.n + o] = weight[o * taps * w.c + i];
  return turned;
}

static void
forward (const DnnTensor &x, const DnnTensor &w, const DnnTensor &y,
    const Geometry &g, const Values &xs, const Values &ws,
    std::vector<double> &ys)
{
  const Values turned = by_output (w, ws);
  Values sums (y.w * y.c);

  each_meeting (
      x, w, y, g, [&] (int64_t n, int64_t row, int64_t tap, const Meeting &m) {
        const Product p = { &xs[((n * x.h + m.x_row) * x.w + m.x_column) * x.c],
          g.stride * x.c, 1, &turned[tap * x.c * y.c], y.c, m.to - m.from, y.c,
          x.c };

        multiply (p, sums.data ());
        add (&ys[((n * y.h + row) * y.w + m.from) * y.c], sums.data (),
            p.rows * y.c);
      });
}

static void
backward_data (const DnnTensor &x, const DnnTensor &w, const DnnTensor &y,
    const Geometry &g, std::vector<double> &xs, const Values &ws,
    const Values &ys)
{
  Values sums (y.w * x.c);

  each_meeting (
      x, w, y, g, [&] (int64_t n, int64_t row, int64_t tap, const Meeting &m) {
        const Product p = { &ys[((n * y.h + row) * y.w + m.from) * y.c], y.c, 1,
          &ws[tap * x.c], w.h * w.w * x.c, m.to - m.from, x.c, y.c };
        double *to = &xs[((n * x.h + m.x_row) * x.w + m.x_column) * x.c];

        multiply (p, sums.data ());
        for (int64_t i = 0; i < p.rows; i++)
          add (to + i * g.stride * x.c, &sums[i * x.c], x.c);
      });
}

static void
backward_weight (const DnnTensor &x, const DnnTensor &w, const DnnTensor &y,
    const Geometry &g, const Values &xs, std::vector<double> &ws,
    const Values &ys)
{
  Values sums (y.c * x.c);

  each_meeting (
      x, w, y, g, [&] (int64_t n, int64_t row, int64_t tap, const Meeting &m) {
        const Product p = { &ys[((n * y.h + row) * y.w + m.from) * y.c], 1, y.c,
          &xs[((n * x.h + m.x_row) * x.w + m.x_column) * x.c], g.stride * x.c,
          y.c, x.c, m.to - m.from };

        multiply (p, sums.data ());
        for (int64_t o = 0; o < y.c; o++)
          add (&ws[(o * w.h * w.w + tap) * x.c], &sums[o * x.c], x.c);
      });
}

/* ------------------------------------------------------------------ graphs */

/* the values of a graph's tensors while it runs */
class Run {
public:
  Run (const DnnNode &graph, const std::map<int64_t, void *> &memory)
      : memory_ (memory),
        tensor_cores_ (graph.values.count (DNN_TENSOR_CORES) > 0)
  {
    dnn_tensors (graph, tensors_);
    for (const DnnNodePtr &operation :
        graph.children.at (CUDNN_ATTR_OPERATIONGRAPH_OPS))
      run (*operation);
  }

private:
  const std::map<int64_t, void *> &memory_;
  const bool tensor_cores_;
  std::map<int64_t, DnnTensor> tensors_;
  std::map<int64_t, Values> values_;

  const DnnTensor &
  tensor (const DnnNode &operation, int attribute)
  {
    return tensors_.at (operation.child (attribute)->one<int64_t> (
        CUDNN_ATTR_TENSOR_UNIQUE_ID, -1));
  }

  const Values &
  get (const DnnTensor &tensor)
  {
    if (!tensor.is_virtual)
      load (tensor, memory_.at (tensor.id), values_[tensor.id]);
    return values_.at (tensor.id);
  }

  void
  put (const DnnTensor &tensor, Values values)
  {
    if (!tensor.is_virtual)
      store (tensor, values, memory_.at (tensor.id));
    else
      values_[tensor.id] = std::move (values);
  }

  /* what tensor cores make of a factor; bf16 has no bits that TF32 lacks */
  const Values &
  factor (const DnnTensor &tensor)
  {
    get (tensor);
    Values &values = values_.at (tensor.id);

    if (tensor_cores_)
      for (float &value : values)
        value = round_to_tf32 (value);
    return values;
  }

  void
  convolve (const DnnNode &operation, const Names &names)
  {
    const DnnTensor &x = tensor (operation, names.x),
                    &w = tensor (operation, names.w),
                    &y = tensor (operation, names.y);
    Geometry g;

    read_geometry (*operation.child (names.geometry), g);
    const bool to_x = names.y == CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
               to_w = names.y == CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY;
    const DnnTensor &result = to_x ? x : to_w ? w : y;
    std::vector<double> sums (result.elements ());

    if (to_x)
      backward_data (x, w, y, g, sums, factor (w), factor (y));
    else if (to_w)
      backward_weight (x, w, y, g, factor (x), sums, factor (y));
    else
      forward (x, w, y, g, factor (x), factor (w), sums);
    put (result, Values (sums.begin (), sums.end ()));
  }

  /* a sum with something of the same shape or a vector of channels, or ReLU */
  void
  go_by_elements (const DnnNode &operation)
  {
    const DnnTensor &from =
        tensor (operation, CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
    const DnnNodePtr other =
        operation.child (CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
    Values values = get (from);

    if (other != nullptr) {
      const Values &more =
          get (tensor (operation, CUDNN_ATTR_OPERATION_POINTWISE_BDESC));
      const float gain = operation.one<float> (
                      CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, 1.0f),
                  other_gain = operation.one<float> (
                      CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, 1.0f);

      for (size_t i = 0; i < values.size (); i++)
        values[i] = gain * values[i] + other_gain * more[i % more.size ()];
    } else {
      for (float &value : values)
        value = value < 0.0f ? 0.0f : value;
    }
    put (tensor (operation, CUDNN_ATTR_OPERATION_POINTWISE_YDESC),
        std::move (values));
  }

  void
  run (const DnnNode &operation)
  {
    const Names *names = names_of (operation);

    if (names != nullptr)
      convolve (operation, *names);
    else
      go_by_elements (operation);
  }
};

void
dnn_run (const DnnNode &graph, const std::map<int64_t, void *> &memory)
{
  Run (graph, memory);
}

} // namespace runner
