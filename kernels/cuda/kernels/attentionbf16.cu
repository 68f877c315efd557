/* SPDX-License-Identifier: MIT
 *
 * attentionbf16 — attention in bf16 on tensor cores (CUDA)
 *
 * The results of attention.cu by the same sums, see there, for heads of up to
 * 128 channels and GPUs of compute capability 8.0 or later. All products are of
 * matrices of 16 x 16 in bf16 with sums in f32 (nftensorcores.h), so weights are
 * rounded to bf16 before they are multiplied, as on the CPU.
 *
 * A block does 64 rows of a result, a warp 16 of them, and all go over the
 * other side in tiles of 32 pixels in shared memory; the next tile is on its
 * way while one is worked on. Scores stay in registers: a lane has a part of two
 * rows of them, 8 rows apart, of which three neighbours have the rest, and the
 * weights that it makes of them are what it has to have of the left matrix of
 * the next product. */
#include "cuda/kernels/nfattention.h"
#include "cuda/kernels/nftensorcores.h"

#define WARPS 4
#define THREADS (32 * WARPS)
#define SIDE NF_MATRIX
#define ROWS (SIDE * WARPS) /* of the result, a block */
#define TILE 32 /* pixels of the other side at once */
#define TILES (TILE / SIDE) /* matrices side by side in a warp's scores */
#define LEAST_PTX 80 /* code for older GPUs has no matrices of bf16 */

/* N x 16 channels of a pixel, and a gap so that rows begin in other banks */
template <int N> constexpr int LINE = N *SIDE + 8;

/**
 * Tile:
 * @first: what the columns of the first scores are made of
 * @second: those of the second; or what the weights are multiplied with
 * @lines: L and D of the pixels, where these are q's
 */
template <int N> struct Tile
{
  alignas (16) NfBf16 first[TILE * LINE<N>];
  alignas (16) NfBf16 second[TILE * LINE<N>];
  float lines[2][TILE];
};

/**
 * Room:
 * @rows: of the first scores, then those of the second
 * @tiles: the one that is worked on and the next one, by turns
 *
 * Shared memory of a block.
 */
template <int N, bool SECOND> struct Room
{
  alignas (16) NfBf16 rows[SECOND ? 2 : 1][ROWS * LINE<N>];
  Tile<N> tiles[2];
};

/* what a lane knows of one of its rows while tiles go by, as in attention.cu */
struct Row
{
  float top, sum, log_sum, dot;
};

/* the calling lane's part of 16 rows of M x 16 columns, see nftensorcores.h */
template <int M> struct Sums
{
  float v[M][8];
};

/* also for the compiler's pass over the host's code */
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 10 * LEAST_PTX

/* first row of a warp's that the calling lane has a part of; the other is 8
 * rows down */
static __device__ __forceinline__ int
lane_row (void)
{
  return threadIdx.x % 32 / 4;
}

/* column of element @i of a matrix */
static __device__ __forceinline__ int
lane_column (int i)
{
  return threadIdx.x % 4 * 2 + i % 2 + i / 4 * 8;
}

/* which of the lane's rows element @i is of */
static __device__ __forceinline__ constexpr int
half_of (int i)
{
  return i / 2 % 2;
}

/* @count pixels from @first on of the head, zeros where there is nothing;
 * @packed: 8 channels may be moved at once, which then goes on beside other work
 * until nf_copies_end() */
template <int N>
static __device__ __forceinline__ void
read_pixels (const NfAttention &p, const NfAttentionRows &rows,
    const NfAttentionHead &head, int first, int count, bool packed, NfBf16 *to)
{
  const NfBf16 *from = static_cast<const NfBf16 *> (rows.data)
      + nf_attention_at (head, 0, rows.step);

  if (packed) {
#pragma unroll 4
    for (int i = threadIdx.x; i < count * N * 2; i += THREADS) {
      const int pixel = i / (N * 2), c = i % (N * 2) * 8;
      const bool there = first + pixel < p.pixels && c < p.d;

      nf_copy_begin (to + pixel * LINE<N> + c,
          there ? from + (gsize) (first + pixel) * rows.step + c : from, there);
    }
    return;
  }
  for (int i = threadIdx.x; i < count * N * SIDE; i += THREADS) {
    const int pixel = i / (N * SIDE), c = i % (N * SIDE);

    to[pixel * LINE<N> + c] = first + pixel < p.pixels && c < p.d
        ? from[(gsize) (first + pixel) * rows.step + c]
        : NfBf16 (0.0f);
  }
}

/* the tile that begins at a pixel */
template <NfAttentionResult RESULT, int N, bool SECOND>
static __device__ __forceinline__ void
read_tile (const NfAttention &p, const NfAttentionHead &head, gsize lines,
    int column, bool packed, Tile<N> *tile)
{
  const int at = column + threadIdx.x;

  read_pixels<N> (p, p.column, head, column, TILE, packed, tile->first);
  read_pixels<N> (p, SECOND ? p.column2 : p.times, head, column, TILE, packed,
      tile->second);
  if ((RESULT == NF_ATTENTION_DK || RESULT == NF_ATTENTION_DV)
      && threadIdx.x < TILE) {
    tile->lines[0][threadIdx.x] = at < p.pixels ? p.log_sums[lines + at] : 0.0f;
    tile->lines[1][threadIdx.x] =
        SECOND && at < p.pixels ? p.dots[lines + at] : 0.0f;
  }
}

/* a b^T of the warp's 16 rows and M x 16 columns, in the order of channels */
template <int N, int M>
static __device__ __forceinline__ void
multiply_turned (const NfAttention &p, const NfBf16 *rows,
    const NfBf16 *columns, Sums<M> &scores)
{
  const int lane = threadIdx.x % 32;
  const NfBf16 *row = rows + lane % 16 * LINE<N> + lane / 16 * 8;
  const NfBf16 *column =
      columns + (lane % 8 + lane / 16 * 8) * LINE<N> + lane / 8 % 2 * 8;

#pragma unroll
  for (int m = 0; m < M; m++)
#pragma unroll
    for (int i = 0; i < 8; i++)
      scores.v[m][i] = 0.0f;
#pragma unroll
  for (int k = 0; k < N; k++) {
    unsigned int left[4], right[4];

    if (k * SIDE >= p.d)
      continue;
    nf_load_matrices (left, row + k * SIDE);
#pragma unroll
    for (int m = 0; m < M; m++) {
      nf_load_matrices (right, column + m * SIDE * LINE<N> + k * SIDE);
      nf_multiply_matrices (scores.v[m], left, right);
    }
  }
}

/* of the four lanes that share rows */
static __device__ __forceinline__ float
row_sum (float value)
{
  value += __shfl_xor_sync (0xffffffffu, value, 1);
  return value + __shfl_xor_sync (0xffffffffu, value, 2);
}

static __device__ __forceinline__ float
row_top (float value)
{
  value = fmaxf (value, __shfl_xor_sync (0xffffffffu, value, 1));
  return fmaxf (value, __shfl_xor_sync (0xffffffffu, value, 2));
}

/* weights in the place of the scores of tile @column, after their share in the
 * rows' tops and sums; what was summed before is rescaled */
template <int N>
static __device__ __forceinline__ void
forward_weights (const NfAttention &p, int column, Row (&rows)[2],
    Sums<TILES> &scores, Sums<N> &sums)
{
  float top[2], sum[2] = { 0.0f, 0.0f }, keep[2];

#pragma unroll
  for (int half = 0; half < 2; half++)
    top[half] = rows[half].top;
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 8; i++) {
      float *v = &scores.v[m][i];

      *v = column + m * SIDE + lane_column (i) < p.pixels ? *v * p.scale
                                                          : -INFINITY;
      top[half_of (i)] = fmaxf (top[half_of (i)], *v);
    }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    top[half] = row_top (top[half]);
    keep[half] = expf (rows[half].top - top[half]);
  }
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 8; i++) {
      scores.v[m][i] = expf (scores.v[m][i] - top[half_of (i)]);
      sum[half_of (i)] += scores.v[m][i];
    }
#pragma unroll
  for (int half = 0; half < 2; half++) {
    rows[half].sum = rows[half].sum * keep[half] + row_sum (sum[half]);
    rows[half].top = top[half];
  }
#pragma unroll
  for (int n = 0; n < N; n++)
#pragma unroll
    for (int i = 0; i < 8; i++)
      sums.v[n][i] *= keep[half_of (i)];
}

/* a gradient's weights in the place of its first scores */
template <NfAttentionResult RESULT, int N>
static __device__ __forceinline__ void
gradient_weights (const NfAttention &p, int column, const Row (&rows)[2],
    const Tile<N> &tile, Sums<TILES> &scores)
{
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const int at = m * SIDE + lane_column (i);
      const float log_sum = RESULT == NF_ATTENTION_DQ
          ? rows[half_of (i)].log_sum
          : tile.lines[0][at];

      scores.v[m][i] = column + at < p.pixels
          ? expf (scores.v[m][i] * p.scale - log_sum)
          : 0.0f;
    }
}

/* times what the second scores differ from D by */
template <NfAttentionResult RESULT, int N>
static __device__ __forceinline__ void
second_weights (const NfAttention &p, const NfBf16 *mine, const Row (&rows)[2],
    const Tile<N> &tile, Sums<TILES> &weights)
{
  Sums<TILES> second;

  multiply_turned<N, TILES> (p, mine, tile.second, second);
#pragma unroll
  for (int m = 0; m < TILES; m++)
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const float dot = RESULT == NF_ATTENTION_DQ
          ? rows[half_of (i)].dot
          : tile.lines[1][m * SIDE + lane_column (i)];

      weights.v[m][i] *= (second.v[m][i] - dot) * p.scale;
    }
}

/* adds the warp's weights times the tile's pixels */
template <int N>
static __device__ __forceinline__ void
add_products (const NfAttention &p, const Sums<TILES> &weights,
    const NfBf16 *pixels, Sums<N> &sums)
{
  const int lane = threadIdx.x % 32;
  const NfBf16 *row = pixels + lane % 16 * LINE<N> + lane / 16 * 8;

#pragma unroll
  for (int m = 0; m < TILES; m++) {
    unsigned int left[4], right[4];

#pragma unroll
    for (int i = 0; i < 4; i++)
      left[i] = nf_pack_bf16 (weights.v[m][2 * i], weights.v[m][2 * i + 1]);
#pragma unroll
    for (int n = 0; n < N; n++) {
      if (n * SIDE >= p.d)
        continue;
      nf_load_matrices_turned (right, row + m * SIDE * LINE<N> + n * SIDE);
      nf_multiply_matrices (sums.v[n], left, right);
    }
  }
}

/* the warp's rows of the result, of which the first is @pixel */
template <NfAttentionResult RESULT, int N>
static __device__ __forceinline__ void
write_rows (const NfAttention &p, const NfAttentionHead &head, int pixel,
    bool packed, const Row (&rows)[2], const Sums<N> &sums)
{
  NfBf16 *out =
      static_cast<NfBf16 *> (p.out) + nf_attention_at (head, 0, p.out_step);

#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int at = pixel + half * 8;
    const float over = RESULT == NF_ATTENTION_Y ? 1.0f / rows[half].sum : 1.0f;
    NfBf16 *to = out + (gsize) at * p.out_step;

    if (at >= p.pixels)
      continue;
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
      for (int i = 2 * half; i < 8; i += 4) {
        const int channel = n * SIDE + lane_column (i);
        const float pair[2] = { sums.v[n][i] * over, sums.v[n][i + 1] * over };

        if (packed && channel < p.d)
          nf_store_pack<2> (to + channel, pair);
        if (!packed && channel < p.d)
          nf_store (to + channel, pair[0]);
        if (!packed && channel + 1 < p.d)
          nf_store (to + channel + 1, pair[1]);
      }
  }
}

#endif

/* blockIdx.x says which rows, y which head of which sample */
template <NfAttentionResult RESULT, int N, bool SECOND>
static __global__ void
__launch_bounds__ (THREADS, 3)
    attention_bf16_kernel (const NfAttention p, bool packed)
{
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 10 * LEAST_PTX
  typedef Room<N, SECOND> MyRoom;
  NF_DYN_SHARED (MyRoom, room);
  const int warp = threadIdx.x / 32, first = blockIdx.x * ROWS;
  const int pixel = first + warp * SIDE + lane_row ();
  const int mine = warp * SIDE * LINE<N>;
  const gsize lines = (gsize) blockIdx.y * p.pixels;
  const NfAttentionHead head = nf_attention_head (p, blockIdx.y);
  Row rows[2] = { { -INFINITY, 0.0f, 0.0f, 0.0f },
    { -INFINITY, 0.0f, 0.0f, 0.0f } };
  Sums<N> sums = {};

  read_pixels<N> (p, p.row, head, first, ROWS, packed, room->rows[0]);
  if (SECOND)
    read_pixels<N> (
        p, p.row2, head, first, ROWS, packed, room->rows[SECOND ? 1 : 0]);
  read_tile<RESULT, N, SECOND> (p, head, lines, 0, packed, &room->tiles[0]);
  for (int half = 0; half < 2; half++)
    if (RESULT == NF_ATTENTION_DQ && pixel + half * 8 < p.pixels) {
      rows[half].log_sum = p.log_sums[lines + pixel + half * 8];
      rows[half].dot = p.dots[lines + pixel + half * 8];
    }
  for (int column = 0, turn = 0; column < p.pixels; column += TILE, turn ^= 1) {
    const Tile<N> &tile = room->tiles[turn];
    Sums<TILES> weights;

    /* this tile is there, and nobody reads the other one any more */
    nf_copies_end ();
    __syncthreads ();
    if (column + TILE < p.pixels)
      read_tile<RESULT, N, SECOND> (
          p, head, lines, column + TILE, packed, &room->tiles[turn ^ 1]);
    multiply_turned<N, TILES> (p, room->rows[0] + mine, tile.first, weights);
    if (RESULT == NF_ATTENTION_Y)
      forward_weights<N> (p, column, rows, weights, sums);
    else
      gradient_weights<RESULT, N> (p, column, rows, tile, weights);
    if (SECOND)
      second_weights<RESULT, N> (
          p, room->rows[SECOND ? 1 : 0] + mine, rows, tile, weights);
    /* what the second scores are not made of is in the other half */
    add_products<N> (p, weights, SECOND ? tile.first : tile.second, sums);
  }
  write_rows<RESULT, N> (p, head, pixel, packed, rows, sums);
  for (int half = 0; half < 2; half++)
    if (RESULT == NF_ATTENTION_Y && p.log_sums != NULL && threadIdx.x % 4 == 0
        && pixel + half * 8 < p.pixels)
      p.log_sums[lines + pixel + half * 8] =
          rows[half].top + logf (rows[half].sum);
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
  const int warp = threadIdx.x / 32, first = blockIdx.x * ROWS;
  const NfAttentionHead head = nf_attention_head (p, blockIdx.y);
  const int mine = warp * SIDE * LINE<N>;
  Sums<1> product;

  read_pixels<N> (p, p.row, head, first, ROWS, packed, room->rows[0]);
  read_pixels<N> (p, p.column, head, first, ROWS, packed, room->rows[1]);
  nf_copies_end ();
  __syncthreads ();
  multiply_turned<N, 1> (
      p, room->rows[0] + mine, room->rows[1] + mine, product);
#pragma unroll
  for (int i = 0; i < 8; i++) {
    const int row = lane_row () + half_of (i) * 8;
    const int pixel = first + warp * SIDE + row;

    if (lane_column (i) == row && pixel < p.pixels)
      dots[(gsize) blockIdx.y * p.pixels + pixel] = product.v[0][i];
  }
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
