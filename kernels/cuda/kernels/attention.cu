/* SPDX-License-Identifier: MIT
 *
 * attention — softmax (q k^T) v, forward and backward (CUDA)
 *
 * Per head with d = C / heads and s = 1 / sqrt (d), over all pixels:
 *   P = softmax (s q k^T), y = P v                      (Vaswani et al., 2017)
 *   dv = P^T dy, dS = P (dP - D), dP = dy v^T, D = sum dy y = sum dP P,
 *   dq = s dS k, dk = s dS^T q
 * The pixels x pixels matrices are never stored: a block does some rows of a
 * result and goes over the other side in tiles, whose scores stay in shared
 * memory. Forward rescales its sums when a larger score comes (Milakov and
 * Gimelshein, "Online normalizer calculation for softmax", 2018; Dao et al.,
 * "FlashAttention", 2022) and keeps L = log (sum (exp (s q k^T))) per row, from
 * which backward computes P again: once for dq by rows of q, and for dk and dv
 * by rows of k, so that no sum needs another block's. Sums are f32.
 *
 * All four are one kernel: weights from one or two tiles of scores, times rows
 * of a third matrix.
 *            rows  columns  weights                       times
 *   y        q     k        exp (s q k - max)             v
 *   dq       q, dy k, v     s exp (s q k - L) (dy v - D)  k
 *   dk       k, v  q, dy    the same, L and D by columns  q
 *   dv       k     q        exp (s q k - L)               dy
 * In bf16 tensor cores do it where they can: attentionbf16.cu.
 * Sibling: kernels/cpu/kernels/attention.c. See docs/ops.md. */
#include "cuda/kernels/nfattention.h"

#include "core/ops/nfinputs.h"

#define SIDE 16 /* threads along the rows and along the columns of a tile */
#define TILE 64 /* columns of a tile of scores: 4 a thread */
#define STEP 32 /* channels that are read at once for scores */
#define PAD 4 /* rows begin in other banks, and 16-byte aligned */
#define VALUES 4096 /* of the third matrix that are read at once */

static __device__ __forceinline__ float
fetch (const NfAttentionRows &rows, gsize at)
{
  return rows.bf16 ? nf_load (static_cast<const NfBf16 *> (rows.data) + at)
                   : nf_load (static_cast<const float *> (rows.data) + at);
}

/* @count pixels from @first on, channels from @channel on of the head:
 * to[channel][pixel], zeros where there is nothing. 8 channels of 4 pixels at a
 * time lie in different banks */
template <int COUNT>
static __device__ __forceinline__ void
read_turned (const NfAttention &p, const NfAttentionRows &rows,
    const NfAttentionHead &head, int first, int channel, float *to)
{
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;

#pragma unroll 2
  for (int i = warp; i < STEP / 8 * (COUNT / 4); i += NF_CUDA_BLOCK / 32) {
    const int c = i % (STEP / 8) * 8 + lane % 8;
    const int pixel = i / (STEP / 8) * 4 + lane / 8;
    const bool there = first + pixel < p.pixels && channel + c < p.d;

    to[c * (COUNT + PAD) + pixel] = there
        ? fetch (rows,
            nf_attention_at (head, first + pixel, rows.step) + channel + c)
        : 0.0f;
  }
}

/* scores[R][4] of R neighbouring rows and 4 columns: a b^T of two heads' pixels;
 * @room: STEP x (ROWS + PAD + TILE + PAD) */
template <int R>
static __device__ __forceinline__ void
tile_scores (const NfAttention &p, const NfAttentionRows &a,
    const NfAttentionRows &b, const NfAttentionHead &head, int row, int column,
    float *room, float (&scores)[R][4])
{
  const int across = threadIdx.x % SIDE, down = threadIdx.x / SIDE;
  float *as = room, *bs = room + STEP * (R * SIDE + PAD);

#pragma unroll
  for (int i = 0; i < R; i++)
#pragma unroll
    for (int j = 0; j < 4; j++)
      scores[i][j] = 0.0f;
  for (int channel = 0; channel < p.d; channel += STEP) {
    __syncthreads ();
    read_turned<R * SIDE> (p, a, head, row, channel, as);
    read_turned<TILE> (p, b, head, column, channel, bs);
    __syncthreads ();
#pragma unroll 4
    for (int c = 0; c < STEP; c++) {
      float x[R], y[4];

      nf_load_pack<R> (x, as + c * (R * SIDE + PAD) + down * R);
      nf_load_pack<4> (y, bs + c * (TILE + PAD) + across * 4);
#pragma unroll
      for (int i = 0; i < R; i++)
#pragma unroll
        for (int j = 0; j < 4; j++)
          scores[i][j] += x[i] * y[j];
    }
  }
}

/* sum or largest value over the threads of a row */
static __device__ __forceinline__ float
across_sum (float value)
{
  for (int step = SIDE / 2; step > 0; step /= 2)
    value += __shfl_xor_sync (0xffffffffu, value, step);
  return value;
}

static __device__ __forceinline__ float
across_max (float value)
{
  for (int step = SIDE / 2; step > 0; step /= 2)
    value = fmaxf (value, __shfl_xor_sync (0xffffffffu, value, step));
  return value;
}

/* what a thread knows of its R rows while tiles go by */
template <int R> struct RowState
{
  float top[R], sum[R]; /* forward: the largest score so far, and the sum */
  float log_sum[R], dot[R]; /* of q's rows, where these are the rows */
};

/* weights in the place of scores, after this tile's share in top and sum;
 * rescales what was added up before */
template <int R, int N>
static __device__ __forceinline__ void
forward_weights (const NfAttention &p, int column, RowState<R> &state,
    float (&scores)[R][4], float (&sums)[R][N])
{
#pragma unroll
  for (int i = 0; i < R; i++) {
    float top = state.top[i], sum = 0.0f, keep;

#pragma unroll
    for (int j = 0; j < 4; j++) {
      scores[i][j] = column + j < p.pixels ? scores[i][j] * p.scale : -INFINITY;
      top = fmaxf (top, scores[i][j]);
    }
    top = across_max (top);
    keep = expf (state.top[i] - top);
#pragma unroll
    for (int j = 0; j < 4; j++) {
      scores[i][j] = expf (scores[i][j] - top);
      sum += scores[i][j];
    }
    state.sum[i] = state.sum[i] * keep + across_sum (sum);
    state.top[i] = top;
#pragma unroll
    for (int j = 0; j < N; j++)
      sums[i][j] *= keep;
  }
}

/* weights of a gradient in the place of scores; @second: dy v, if any */
template <NfAttentionResult RESULT, int R>
static __device__ __forceinline__ void
grad_weights (const NfAttention &p, gsize lines, int column,
    const RowState<R> &state, float (&scores)[R][4],
    const float (&second)[R][4])
{
#pragma unroll
  for (int j = 0; j < 4; j++) {
    const bool there = column + j < p.pixels;
    float log_sum = 0.0f, dot = 0.0f;

    if (RESULT != NF_ATTENTION_DQ && there)
      log_sum = p.log_sums[lines + column + j];
    if (RESULT == NF_ATTENTION_DK && there)
      dot = p.dots[lines + column + j];
#pragma unroll
    for (int i = 0; i < R; i++) {
      if (RESULT == NF_ATTENTION_DQ) {
        log_sum = state.log_sum[i];
        dot = state.dot[i];
      }
      scores[i][j] = there ? expf (scores[i][j] * p.scale - log_sum) : 0.0f;
      if (RESULT != NF_ATTENTION_DV)
        scores[i][j] *= (second[i][j] - dot) * p.scale;
    }
  }
}

/* the weights go to shared memory with column 4 across + j at j SIDE + across,
 * so that neighbours write to different banks; so do the rows that they are
 * multiplied with */
template <int R>
static __device__ __forceinline__ void
store_weights (const float (&weights)[R][4], float *to)
{
  const int across = threadIdx.x % SIDE, down = threadIdx.x / SIDE;

#pragma unroll
  for (int j = 0; j < 4; j++) {
    float v[R];

#pragma unroll
    for (int i = 0; i < R; i++)
      v[i] = weights[i][j];
    nf_store_pack<R> (
        to + (j * SIDE + across) * (R * SIDE + PAD) + down * R, v);
  }
}

/* adds weights times rows of the third matrix to sums[R][N]; a thread has the
 * channels 4 across + 64 k of each 4 */
template <int R, int N>
static __device__ __forceinline__ void
add_products (const NfAttention &p, const NfAttentionHead &head, int column,
    int channel, const float *weights, float *room, float (&sums)[R][N])
{
  const int across = threadIdx.x % SIDE, down = threadIdx.x / SIDE;
  const int width = N * SIDE, high = MIN (VALUES / width, TILE);

  for (int first = 0; first < TILE; first += high) {
    __syncthreads ();
#pragma unroll 4
    for (int i = threadIdx.x; i < high * width; i += NF_CUDA_BLOCK) {
      const int place = first + i / width, c = channel + i % width;
      const int pixel = column + place % SIDE * 4 + place / SIDE;

      room[i] = pixel < p.pixels && c < p.d
          ? fetch (p.times, nf_attention_at (head, pixel, p.times.step) + c)
          : 0.0f;
    }
    __syncthreads ();
#pragma unroll 2
    for (int i = 0; i < high; i++) {
      float w[R];

      nf_load_pack<R> (w, weights + (first + i) * (R * SIDE + PAD) + down * R);
#pragma unroll
      for (int k = 0; k < N / 4; k++) {
        float v[4];

        nf_load_pack<4> (v, room + i * width + k * 64 + across * 4);
#pragma unroll
        for (int r = 0; r < R; r++)
#pragma unroll
          for (int j = 0; j < 4; j++)
            sums[r][k * 4 + j] += w[r] * v[j];
      }
    }
  }
}

/* @lines: of the head's first pixel in L and D */
template <NfAttentionResult RESULT, int R, int N>
static __device__ __forceinline__ void
write_rows (const NfAttention &p, const NfAttentionHead &head, gsize lines,
    int row, int channel, const RowState<R> &state, const float (&sums)[R][N])
{
  const int across = threadIdx.x % SIDE, down = threadIdx.x / SIDE;

#pragma unroll
  for (int i = 0; i < R; i++) {
    const int pixel = row + down * R + i;
    const float over = RESULT == NF_ATTENTION_Y ? 1.0f / state.sum[i] : 1.0f;
    const gsize at = nf_attention_at (head, pixel, p.out_step);

    if (pixel >= p.pixels)
      continue;
#pragma unroll
    for (int j = 0; j < N; j++) {
      const int c = channel + j / 4 * 64 + across * 4 + j % 4;

      if (c < p.d && p.row.bf16)
        nf_store (static_cast<NfBf16 *> (p.out) + at + c, sums[i][j] * over);
      else if (c < p.d)
        static_cast<float *> (p.out)[at + c] = sums[i][j] * over;
    }
    if (RESULT == NF_ATTENTION_Y && p.log_sums != NULL && across == 0
        && channel == 0)
      p.log_sums[lines + pixel] = state.top[i] + logf (state.sum[i]);
  }
}

/* R rows a thread, SIDE N channels of the result a block: blockIdx.x says which
 * rows, y which channels, z which head of which sample */
template <NfAttentionResult RESULT, int R, int N>
static __global__ void
__launch_bounds__ (NF_CUDA_BLOCK, 2) attention_kernel (const NfAttention p)
{
  constexpr int ROWS = R * SIDE;
  constexpr int READ = STEP * (ROWS + PAD + TILE + PAD);
  __shared__ __align__ (16) float room[READ > VALUES ? READ : VALUES];
  __shared__ __align__ (16) float weights[TILE * (ROWS + PAD)];
  const int row = blockIdx.x * ROWS, channel = blockIdx.y * SIDE * N;
  const gsize lines = (gsize) blockIdx.z * p.pixels;
  const NfAttentionHead head = nf_attention_head (p, blockIdx.z);
  float sums[R][N] = {};
  RowState<R> state;

#pragma unroll
  for (int i = 0; i < R; i++) {
    const int pixel = row + threadIdx.x / SIDE * R + i;

    state.top[i] = -INFINITY;
    state.sum[i] = 0.0f;
    state.log_sum[i] = state.dot[i] = 0.0f;
    if (RESULT == NF_ATTENTION_DQ && pixel < p.pixels) {
      state.log_sum[i] = p.log_sums[lines + pixel];
      state.dot[i] = p.dots[lines + pixel];
    }
  }
  for (int column = 0; column < p.pixels; column += TILE) {
    const int mine = column + threadIdx.x % SIDE * 4;
    float scores[R][4], second[R][4] = {};

    tile_scores<R> (p, p.row, p.column, head, row, column, room, scores);
    if (RESULT == NF_ATTENTION_DQ || RESULT == NF_ATTENTION_DK)
      tile_scores<R> (p, p.row2, p.column2, head, row, column, room, second);
    if (RESULT == NF_ATTENTION_Y)
      forward_weights<R, N> (p, mine, state, scores, sums);
    else
      grad_weights<RESULT, R> (p, lines, mine, state, scores, second);
    store_weights<R> (scores, weights);
    add_products<R, N> (p, head, column, channel, weights, room, sums);
  }
  write_rows<RESULT, R, N> (p, head, lines, row, channel, state, sums);
}

template <NfAttentionResult RESULT, int R, int N>
static void
launch (NfCudaStream *stream, const NfAttention &p, gsize heads)
{
  const unsigned int rows = R * SIDE, channels = SIDE * N;
  const dim3 grid ((p.pixels + rows - 1) / rows,
      (p.d + channels - 1) / channels, (unsigned int) heads);

  nf_launch (attention_kernel<RESULT, R, N>, grid, NF_CUDA_BLOCK, 0,
      stream->handle, p);
}

/* more rows a block where there are enough, more channels where heads are
 * large; above 512 the scores are computed again for the channels behind */
template <NfAttentionResult RESULT>
static void
attend (NfCudaStream *stream, const NfAttention &p, gsize heads)
{
  const bool few = (p.pixels + 63) / 64 * heads < 64;

  if (nf_attention_bf16 (stream, RESULT, p, heads))
    return;
  if (p.d <= 64)
    few ? launch<RESULT, 1, 4> (stream, p, heads)
        : launch<RESULT, 4, 4> (stream, p, heads);
  else if (p.d <= 128)
    few ? launch<RESULT, 1, 8> (stream, p, heads)
        : launch<RESULT, 4, 8> (stream, p, heads);
  else if (p.d <= 256)
    few ? launch<RESULT, 1, 16> (stream, p, heads)
        : launch<RESULT, 2, 16> (stream, p, heads);
  else
    launch<RESULT, 1, 32> (stream, p, heads);
}

static NfAttentionRows
rows_of (const NfOpCall *call, const NfAttentionParts &parts, guint part)
{
  return NfAttentionRows{ nf_attention_part (&parts, part, call->in),
    (int) parts.step, nf_cuda_is_bf16 (call) == TRUE };
}

static NfAttention
problem_of (const NfOpCall *call)
{
  const NfAttentionParams *params = (const NfAttentionParams *) call->params;
  const NfAttentionParts parts = nf_attention_parts (call);
  NfAttention p = {};

  p.row = p.row2 = rows_of (call, parts, NF_ATTENTION_Q);
  p.column = p.column2 = rows_of (call, parts, NF_ATTENTION_K);
  p.times = rows_of (call, parts, NF_ATTENTION_V);
  p.out = call->out->data;
  p.log_sums = nf_data<float> (call->saved[0]);
  p.pixels = (int) (call->out->h * call->out->w);
  p.c = p.out_step = (int) parts.c;
  p.heads = params->heads;
  p.d = p.c / p.heads;
  p.scale = 1.0f / sqrtf ((float) p.d);
  return p;
}

/* saved[0]: L, (N heads, pixels), where the call is recorded */
gboolean
nf_cuda_attention_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfAttentionParams *params = (const NfAttentionParams *) call->params;
  const NfTensor *q = call->in[NF_ATTENTION_Q];
  const gint64 heads = q->n * params->heads;

  if (heads > 65535) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "attention: device cuda takes up to 65535 heads of all samples, not "
        "%" G_GINT64_FORMAT "; use a smaller batch",
        heads);
    return FALSE;
  }
  if (call->record) {
    call->saved[0] =
        nf_tensor_new (call->device, NF_F32, heads, q->h * q->w, 1, 1, error);
    if (call->saved[0] == NULL)
      return FALSE;
  }
  attend<NF_ATTENTION_Y> (stream, problem_of (call), (gsize) heads);
  return nf_cuda_launched (stream, "attention_forward", error);
}

/* D of a row. It is added up as dP is, so where one weight is 1 and all others
 * are 0 the two are equal to the last bit, and dS is 0 */
template <class T>
static __global__ void
attention_dots_kernel (
    float *dots, const T *y, const T *dy, gsize rows, int pixels, int c, int d)
{
  const int heads = c / d;

  NF_GRID_LOOP (row, rows)
  {
    const gsize at = (row / pixels / heads * pixels + row % pixels) * c
        + row / pixels % heads * d;
    float sum = 0.0f;

    for (int i = 0; i < d; i++)
      sum += nf_load (dy + at + i) * nf_load (y + at + i);
    dots[row] = sum;
  }
}

gboolean
nf_cuda_attention_backward (NfCudaStream *stream, NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error)
{
  NfAttention p = problem_of (call);
  const gsize heads = (gsize) call->in[NF_ATTENTION_Q]->n * p.heads;
  const gsize rows = heads * p.pixels;
  const NfAttentionRows q = p.row, k = p.column, v = p.times;
  const NfAttentionRows y = { call->out->data, p.c, q.bf16 };
  const NfAttentionRows dy = { grad_out->data, p.c, q.bf16 };
  const NfAttentionParts parts = nf_attention_parts (call);
  NfScratch dots (stream, sizeof (float) * rows, error);

  if (dots.get<float> () == NULL)
    return FALSE;
  p.dots = dots.get<float> ();
  if (!nf_attention_bf16_dots (stream, p, y, dy, dots.get<float> (), heads))
    NF_DISPATCH_ACTIVATION (q.bf16,
        nf_launch (attention_dots_kernel<T>, nf_grid (rows), NF_CUDA_BLOCK, 0,
            stream->handle, dots.get<float> (), nf_data<T> (call->out),
            nf_data<T> (grad_out), rows, p.pixels, p.c, p.d));
  p.out_step = q.step;
  p.out = nf_attention_part (&parts, NF_ATTENTION_Q, grad_in);
  if (p.out != NULL) {
    p.row2 = dy;
    p.column2 = v;
    p.times = k;
    attend<NF_ATTENTION_DQ> (stream, p, heads);
  }
  p.row = k;
  p.column = q;
  p.out = nf_attention_part (&parts, NF_ATTENTION_K, grad_in);
  if (p.out != NULL) {
    p.row2 = v;
    p.column2 = dy;
    p.times = q;
    attend<NF_ATTENTION_DK> (stream, p, heads);
  }
  p.out = nf_attention_part (&parts, NF_ATTENTION_V, grad_in);
  if (p.out != NULL) {
    p.times = dy;
    attend<NF_ATTENTION_DV> (stream, p, heads);
  }
  return nf_cuda_launched (stream, "attention_backward", error);
}
