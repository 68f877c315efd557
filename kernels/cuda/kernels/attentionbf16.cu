/* SPDX-License-Identifier: MIT
 *
 * attentionbf16 — attention in bf16 on tensor cores (CUDA)
 *
 * The results of attention.cu by the same sums, see there, for heads of up to
 * 128 channels and GPUs of compute capability 8.0 or later. All products are of
 * matrices of 16 x 16 in bf16 with sums in f32 (nvcuda::wmma), so weights are
 * rounded to bf16 before they are multiplied, as on the CPU.
 *
 * A block does 64 rows of a result, a warp 16 of them, and all go over the
 * other side in tiles of 32 pixels in shared memory. Which lane holds which
 * element of a matrix is not told, so a warp's scores go through shared memory,
 * where two lanes share a row: each makes weights of half of its scores. What
 * forward rescales is multiplied by a matrix of equal rows' factors, element by
 * element, which lie alike in matrices of one kind. */
#include "cuda/kernels/nfattention.h"

#include <mma.h>

#define WARPS 4
#define THREADS (32 * WARPS)
#define SIDE 16 /* of the matrices that are multiplied */
#define ROWS (SIDE * WARPS) /* of the result, a block */
#define TILE 32 /* pixels of the other side at once */
#define HALF (TILE / 2) /* of a row of scores: a lane's */
#define SCORES (TILE + 4) /* floats from row to row, in other banks */
#define WEIGHTS (TILE + 8) /* likewise */
#define LEAST_PTX 80 /* code for older GPUs has no matrices of bf16 */

/* N x 16 channels of a pixel, and a gap so that rows begin in other banks */
template <int N> constexpr int LINE = N *SIDE + 8;

/* a warp's scores, one after the other, and the weights made of them */
struct Desk
{
  alignas (32) float scores[SIDE * SCORES];
  alignas (32) NfBf16 weights[SIDE * WEIGHTS];
};

/**
 * Room:
 * @rows: of the first scores, then those of the second
 * @columns: the tile of the first scores; of the second, or what the weights
 *   are multiplied with
 * @lines: L and D of the tile's pixels, where these are q's
 *
 * Shared memory of a block.
 */
template <int N, bool SECOND> struct Room
{
  alignas (32) NfBf16 rows[SECOND ? 2 : 1][ROWS * LINE<N>];
  alignas (32) NfBf16 columns[2][TILE * LINE<N>];
  Desk desks[WARPS];
  float lines[2][TILE];
};

/* what a lane knows of its row while tiles go by, as in attention.cu */
struct Row
{
  float top, sum, log_sum, dot;
};

/* also for the compiler's pass over the host's code */
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 10 * LEAST_PTX

namespace wmma = nvcuda::wmma;

typedef wmma::fragment<wmma::matrix_a, SIDE, SIDE, SIDE, NfBf16,
    wmma::row_major>
    Left;
typedef wmma::fragment<wmma::matrix_b, SIDE, SIDE, SIDE, NfBf16,
    wmma::row_major>
    Right;
typedef wmma::fragment<wmma::matrix_b, SIDE, SIDE, SIDE, NfBf16,
    wmma::col_major>
    RightTurned;
typedef wmma::fragment<wmma::accumulator, SIDE, SIDE, SIDE, float> Sums;

/* @count pixels from @first on of the head that begins at @head, zeros where
 * there is nothing; @packed: 8 channels may be read at once */
template <int N>
static __device__ __forceinline__ void
read_pixels (const NfAttention &p, const NfAttentionRows &rows, gsize head,
    int first, int count, bool packed, NfBf16 *to)
{
  const NfBf16 *from = static_cast<const NfBf16 *> (rows.data) + head;

  if (packed) {
#pragma unroll 4
    for (int i = threadIdx.x; i < count * N * 2; i += THREADS) {
      const int pixel = i / (N * 2), c = i % (N * 2) * 8;
      NfPack<NfBf16, 8> pack = {};

      if (first + pixel < p.pixels && c < p.d)
        pack = *reinterpret_cast<const NfPack<NfBf16, 8> *> (
            from + (gsize) (first + pixel) * p.c + c);
      *reinterpret_cast<NfPack<NfBf16, 8> *> (to + pixel * LINE<N> + c) = pack;
    }
    return;
  }
  for (int i = threadIdx.x; i < count * N * SIDE; i += THREADS) {
    const int pixel = i / (N * SIDE), c = i % (N * SIDE);

    to[pixel * LINE<N> + c] = first + pixel < p.pixels && c < p.d
        ? from[(gsize) (first + pixel) * p.c + c]
        : NfBf16 (0.0f);
  }
}

/* a b^T of the warp's 16 rows and M x 16 columns, in the order of channels */
template <int N, int M>
static __device__ __forceinline__ void
multiply_turned (
    const NfAttention &p, const NfBf16 *rows, const NfBf16 *columns, float *to)
{
  Sums sums[M];

#pragma unroll
  for (int i = 0; i < M; i++)
    wmma::fill_fragment (sums[i], 0.0f);
#pragma unroll
  for (int k = 0; k < N; k++) {
    Left left;

    if (k * SIDE >= p.d)
      continue;
    wmma::load_matrix_sync (left, rows + k * SIDE, LINE<N>);
#pragma unroll
    for (int i = 0; i < M; i++) {
      RightTurned right;

      wmma::load_matrix_sync (
          right, columns + i * SIDE * LINE<N> + k * SIDE, LINE<N>);
      wmma::mma_sync (sums[i], left, right, sums[i]);
    }
  }
  __syncwarp ();
#pragma unroll
  for (int i = 0; i < M; i++)
    wmma::store_matrix_sync (
        to + i * SIDE, sums[i], SCORES, wmma::mem_row_major);
  __syncwarp ();
}

/* the calling lane's half of a row of scores */
static __device__ __forceinline__ void
read_scores (const Desk &desk, float (&v)[HALF])
{
  const int lane = threadIdx.x % 32;
  const float *from = desk.scores + lane / 2 * SCORES + lane % 2 * HALF;

#pragma unroll
  for (int i = 0; i < HALF; i += 4) {
    float part[4];

    nf_load_pack<4> (part, from + i);
#pragma unroll
    for (int j = 0; j < 4; j++)
      v[i + j] = part[j];
  }
}

static __device__ __forceinline__ void
store_weights (Desk *desk, const float (&v)[HALF])
{
  const int lane = threadIdx.x % 32;
  NfBf16 *to = desk->weights + lane / 2 * WEIGHTS + lane % 2 * HALF;

#pragma unroll
  for (int i = 0; i < HALF; i += 8) {
    float part[8];

#pragma unroll
    for (int j = 0; j < 8; j++)
      part[j] = v[i + j];
    nf_store_pack<8> (to + i, part);
  }
}

/* multiplies every row of the sums by its lanes' @keep; by way of the scores,
 * which all lanes have read */
template <int N>
static __device__ __forceinline__ void
rescale (Desk *desk, float keep, Sums (&sums)[N])
{
  const int lane = threadIdx.x % 32;
  float *to = desk->scores + lane / 2 * SCORES + lane % 2 * (SIDE / 2);
  Sums factors;

  __syncwarp ();
#pragma unroll
  for (int i = 0; i < SIDE / 2; i++)
    to[i] = keep;
  __syncwarp ();
  wmma::load_matrix_sync (factors, desk->scores, SCORES, wmma::mem_row_major);
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int i = 0; i < Sums::num_elements; i++)
      sums[n].x[i] *= factors.x[i];
}

/* weights in the place of scores, after their share in the row's top and sum;
 * the result is what earlier sums are multiplied by */
static __device__ __forceinline__ float
forward_weights (const NfAttention &p, int column, Row *row, float (&v)[HALF])
{
  float top = row->top, sum = 0.0f, keep;

#pragma unroll
  for (int i = 0; i < HALF; i++) {
    v[i] = column + i < p.pixels ? v[i] * p.scale : -INFINITY;
    top = fmaxf (top, v[i]);
  }
  top = fmaxf (top, __shfl_xor_sync (0xffffffffu, top, 1));
  keep = expf (row->top - top);
#pragma unroll
  for (int i = 0; i < HALF; i++) {
    v[i] = expf (v[i] - top);
    sum += v[i];
  }
  row->sum = row->sum * keep + sum + __shfl_xor_sync (0xffffffffu, sum, 1);
  row->top = top;
  return keep;
}

/* a tile's weights of a gradient, or of forward, on the warp's desk */
template <NfAttentionResult RESULT, int N, bool SECOND>
static __device__ __forceinline__ void
make_weights (const NfAttention &p, Room<N, SECOND> *room, int column, Row *row,
    Sums (&sums)[N])
{
  const int warp = threadIdx.x / 32, half = threadIdx.x % 2 * HALF;
  const int mine = warp * SIDE * LINE<N>;
  Desk *desk = &room->desks[warp];
  float v[HALF];

  multiply_turned<N, TILE / SIDE> (
      p, room->rows[0] + mine, room->columns[0], desk->scores);
  read_scores (*desk, v);
  if (RESULT == NF_ATTENTION_Y) {
    rescale<N> (desk, forward_weights (p, column + half, row, v), sums);
  } else {
#pragma unroll
    for (int i = 0; i < HALF; i++)
      v[i] = column + half + i < p.pixels ? expf (v[i] * p.scale
                 - (RESULT == NF_ATTENTION_DQ ? row->log_sum
                                              : room->lines[0][half + i]))
                                          : 0.0f;
  }
  if constexpr (SECOND) {
    float second[HALF];

    multiply_turned<N, TILE / SIDE> (
        p, room->rows[1] + mine, room->columns[1], desk->scores);
    read_scores (*desk, second);
#pragma unroll
    for (int i = 0; i < HALF; i++)
      v[i] *= (second[i]
                  - (RESULT == NF_ATTENTION_DQ ? row->dot
                                               : room->lines[1][half + i]))
          * p.scale;
  }
  store_weights (desk, v);
  __syncwarp ();
}

/* adds the warp's weights times the tile's pixels */
template <int N>
static __device__ __forceinline__ void
add_products (
    const NfAttention &p, const Desk &desk, const NfBf16 *tile, Sums (&sums)[N])
{
#pragma unroll
  for (int k = 0; k < TILE / SIDE; k++) {
    Left left;

    wmma::load_matrix_sync (left, desk.weights + k * SIDE, WEIGHTS);
#pragma unroll
    for (int n = 0; n < N; n++) {
      Right right;

      if (n * SIDE >= p.d)
        continue;
      wmma::load_matrix_sync (
          right, tile + k * SIDE * LINE<N> + n * SIDE, LINE<N>);
      wmma::mma_sync (sums[n], left, right, sums[n]);
    }
  }
}

/* the warp's 16 rows of the result, 16 channels at a time: a lane has 8 */
template <NfAttentionResult RESULT, int N>
static __device__ __forceinline__ void
write_rows (const NfAttention &p, gsize head, int pixel, bool packed,
    const Row &row, Desk *desk, Sums (&sums)[N])
{
  const int lane = threadIdx.x % 32, half = lane % 2 * (SIDE / 2);
  const float over = RESULT == NF_ATTENTION_Y ? 1.0f / row.sum : 1.0f;
  NfBf16 *to = static_cast<NfBf16 *> (p.out) + head + (gsize) pixel * p.c;

#pragma unroll
  for (int n = 0; n < N; n++) {
    const int channel = n * SIDE + half;
    float v[SIDE / 2];

    __syncwarp ();
    wmma::store_matrix_sync (
        desk->scores, sums[n], SCORES, wmma::mem_row_major);
    __syncwarp ();
    if (pixel >= p.pixels)
      continue;
#pragma unroll
    for (int i = 0; i < SIDE / 2; i++)
      v[i] = desk->scores[lane / 2 * SCORES + half + i] * over;
    if (packed && channel < p.d)
      nf_store_pack<8> (to + channel, v);
#pragma unroll
    for (int i = 0; i < SIDE / 2; i++)
      if (!packed && channel + i < p.d)
        nf_store (to + channel + i, v[i]);
  }
}

#endif

/* blockIdx.x says which rows, y which head of which sample */
template <NfAttentionResult RESULT, int N, bool SECOND>
static __global__ void
__launch_bounds__ (THREADS, 2)
    attention_bf16_kernel (const NfAttention p, bool packed)
{
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 10 * LEAST_PTX
  typedef Room<N, SECOND> MyRoom;
  NF_DYN_SHARED (MyRoom, room);
  const int warp = threadIdx.x / 32, first = blockIdx.x * ROWS;
  const int pixel = first + warp * SIDE + threadIdx.x % 32 / 2;
  const gsize lines = (gsize) blockIdx.y * p.pixels;
  const gsize head = (gsize) (blockIdx.y / p.heads) * p.pixels * p.c
      + blockIdx.y % p.heads * p.d;
  Row row = { -INFINITY, 0.0f, 0.0f, 0.0f };
  Sums sums[N];

#pragma unroll
  for (int n = 0; n < N; n++)
    wmma::fill_fragment (sums[n], 0.0f);
  read_pixels<N> (p, p.row, head, first, ROWS, packed, room->rows[0]);
  if (SECOND)
    read_pixels<N> (
        p, p.row2, head, first, ROWS, packed, room->rows[SECOND ? 1 : 0]);
  if (RESULT == NF_ATTENTION_DQ && pixel < p.pixels) {
    row.log_sum = p.log_sums[lines + pixel];
    row.dot = p.dots[lines + pixel];
  }
  for (int column = 0; column < p.pixels; column += TILE) {
    const int at = column + threadIdx.x;

    __syncthreads ();
    read_pixels<N> (p, p.column, head, column, TILE, packed, room->columns[0]);
    read_pixels<N> (p, SECOND ? p.column2 : p.times, head, column, TILE, packed,
        room->columns[1]);
    if ((RESULT == NF_ATTENTION_DK || RESULT == NF_ATTENTION_DV)
        && threadIdx.x < TILE) {
      room->lines[0][threadIdx.x] =
          at < p.pixels ? p.log_sums[lines + at] : 0.0f;
      room->lines[1][threadIdx.x] =
          SECOND && at < p.pixels ? p.dots[lines + at] : 0.0f;
    }
    __syncthreads ();
    make_weights<RESULT, N, SECOND> (p, room, column, &row, sums);
    /* what the second scores are not made of lies in the other tile */
    add_products<N> (p, room->desks[warp], room->columns[SECOND ? 0 : 1], sums);
  }
  write_rows<RESULT, N> (p, head, pixel, packed, row, &room->desks[warp], sums);
  if (RESULT == NF_ATTENTION_Y && p.log_sums != NULL && pixel < p.pixels
      && threadIdx.x % 2 == 0)
    p.log_sums[lines + pixel] = row.top + logf (row.sum);
#endif
}

/* D, as the diagonal of a product of the same order as the second scores, which
 * it is equal to where one weight is 1 and all others are 0; dS is 0 then.
 * @row: dy, @column: y */
template <int N>
static __global__ void
__launch_bounds__ (THREADS, 2)
    attention_dots_bf16_kernel (const NfAttention p, float *dots, bool packed)
{
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 10 * LEAST_PTX
  typedef Room<N, true> MyRoom;
  NF_DYN_SHARED (MyRoom, room);
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int first = blockIdx.x * ROWS, pixel = first + warp * SIDE + lane;
  const gsize head = (gsize) (blockIdx.y / p.heads) * p.pixels * p.c
      + blockIdx.y % p.heads * p.d;
  const int mine = warp * SIDE * LINE<N>;
  Desk *desk = &room->desks[warp];

  read_pixels<N> (p, p.row, head, first, ROWS, packed, room->rows[0]);
  read_pixels<N> (p, p.column, head, first, ROWS, packed, room->rows[1]);
  __syncthreads ();
  multiply_turned<N, 1> (
      p, room->rows[0] + mine, room->rows[1] + mine, desk->scores);
  if (lane < SIDE && pixel < p.pixels)
    dots[(gsize) blockIdx.y * p.pixels + pixel] =
        desk->scores[lane * SCORES + lane];
#endif
}

/* whether the code that was loaded for the kernel is what it says, and not
 * empty; it may then use so much shared memory */
template <class K>
static bool
prepare (K *kernel, gsize shared)
{
  cudaFuncAttributes attributes;

  return nf_cuda_ok (cudaFuncGetAttributes (&attributes, kernel),
             "cannot ask about a kernel", NULL)
      && attributes.ptxVersion >= LEAST_PTX
      && nf_cuda_ok (
          cudaFuncSetAttribute (kernel,
              cudaFuncAttributeMaxDynamicSharedMemorySize, (int) shared),
          "cannot set a kernel's shared memory", NULL);
}

static dim3
grid_of (const NfAttention &p, gsize heads)
{
  return dim3 ((p.pixels + ROWS - 1) / ROWS, (unsigned int) heads);
}

/* TRUE where rows begin so that 8 channels can be moved at once */
template <class... P>
static bool
is_packed (const NfAttention &p, P... pointers)
{
  return p.d % 8 == 0 && p.c % 8 == 0 && nf_aligned (pointers...);
}

template <NfAttentionResult RESULT, int N>
static bool
attend (NfCudaStream *stream, const NfAttention &p, gsize heads)
{
  constexpr bool SECOND =
      RESULT == NF_ATTENTION_DQ || RESULT == NF_ATTENTION_DK;
  const gsize shared = sizeof (Room<N, SECOND>);

  if (!prepare (attention_bf16_kernel<RESULT, N, SECOND>, shared))
    return false;
  nf_launch (attention_bf16_kernel<RESULT, N, SECOND>, grid_of (p, heads),
      THREADS, shared, stream->handle, p,
      is_packed (p, p.row.data, p.column.data, p.row2.data, p.column2.data,
          p.times.data, p.out));
  return true;
}

template <NfAttentionResult RESULT>
static bool
attend_any (NfCudaStream *stream, const NfAttention &p, gsize heads)
{
  return p.d <= 64 ? attend<RESULT, 4> (stream, p, heads)
                   : attend<RESULT, 8> (stream, p, heads);
}

/* FALSE, and nothing is done, where no kernel is for these heads, this type or
 * this GPU */
bool
nf_attention_bf16 (NfCudaStream *stream, NfAttentionResult result,
    const NfAttention &p, gsize heads)
{
  if (!p.row.bf16 || p.d > NF_ATTENTION_BF16_MOST)
    return false;
  switch (result) {
    case NF_ATTENTION_Y:
      return attend_any<NF_ATTENTION_Y> (stream, p, heads);
    case NF_ATTENTION_DQ:
      return attend_any<NF_ATTENTION_DQ> (stream, p, heads);
    case NF_ATTENTION_DK:
      return attend_any<NF_ATTENTION_DK> (stream, p, heads);
    default:
      return attend_any<NF_ATTENTION_DV> (stream, p, heads);
  }
}

template <int N>
static bool
dots_of (NfCudaStream *stream, const NfAttention &p, float *dots, gsize heads)
{
  const gsize shared = sizeof (Room<N, true>);

  if (!prepare (attention_dots_bf16_kernel<N>, shared))
    return false;
  nf_launch (attention_dots_bf16_kernel<N>, grid_of (p, heads), THREADS, shared,
      stream->handle, p, dots, is_packed (p, p.row.data, p.column.data));
  return true;
}

/* D, by the products of these kernels; FALSE as above */
bool
nf_attention_bf16_dots (NfCudaStream *stream, const NfAttention &p,
    const NfAttentionRows &y, const NfAttentionRows &dy, float *dots,
    gsize heads)
{
  NfAttention turned = p;

  turned.row = dy;
  turned.column = y;
  if (!y.bf16 || p.d > NF_ATTENTION_BF16_MOST)
    return false;
  return p.d <= 64 ? dots_of<4> (stream, turned, dots, heads)
                   : dots_of<8> (stream, turned, dots, heads);
}
