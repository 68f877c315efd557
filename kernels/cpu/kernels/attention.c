/* SPDX-License-Identifier: MIT
 *
 * attention — softmax (q k^T) v, forward and backward (CPU)
 *
 * Per head with d = C / heads: P = softmax (q k^T / sqrt (d)), y = P v (Vaswani
 * et al., 2017). Forward goes over tiles of queries, whose scores stay in the
 * cache; only when recorded are all of P kept. Backward:
 * dv = P^T dy, dS = P (dP - sum (dP P)) / sqrt (d) with dP = dy v^T,
 * dq = dS k, dk = dS^T q. In bf16 none of P is kept: attentionback.c. See
 * docs/ops.md. Sibling: matmul.c */
#include "core/ops/nfinputs.h"
#include "cpu/dnnl/nfdnnl.h"
#include "cpu/kernels/attentionback.h"
#include "cpu/nfvec.h"

#include <math.h>
#include <omp.h>

#define TILE 128 /* queries */
#define LANES 32 /* partial results of a row; the same for all processors */

typedef struct
{
  const NfOpCall *call;
  NfAttentionParts parts;
  gint64 pixels, c, d, heads; /* c: of the result */
  gfloat scale;
} Problem;

static Problem
problem_of (const NfOpCall *call)
{
  const NfAttentionParams *p = call->params;
  const NfTensor *y = call->out;
  gint64 d = y->c / p->heads;

  return (Problem){ call, nf_attention_parts (call), y->h * y->w, y->c, d,
    p->heads, 1.0f / sqrtf ((gfloat) d) };
}

/* of a head's first element, where a row is @step values on */
static gint64
head_at (const Problem *p, gint64 head, gint64 step)
{
  return head / p->heads * p->pixels * step + head % p->heads * p->d;
}

static inline __attribute__ ((always_inline)) gfloat
largest (const gfloat *x, gint64 n)
{
  gfloat lane[LANES], top;
  gint64 i = 0;

  for (gint l = 0; l < LANES; l++)
    lane[l] = x[0];
  for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 1
    for (gint l = 0; l < LANES; l++)
      lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
  top = x[0];
  for (gint l = 0; l < LANES; l++)
    top = MAX (top, lane[l]);
  for (; i < n; i++)
    top = MAX (top, x[i]);
  return top;
}

/* x becomes exp (scale (x - top)), or @half (nullable) does; returns the sum */
static inline __attribute__ ((always_inline)) gfloat
exponentiate (gfloat *restrict x, gint64 n, gfloat scale, gfloat top,
    guint16 *restrict half)
{
  gfloat lane[LANES] = { 0.0f }, sum = 0.0f;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 1
    for (gint l = 0; l < LANES; l++) {
      gfloat z = scale * (x[i + l] - top);
      gfloat e = half != NULL ? nf_vec_exp_bf16 (z) : nf_vec_exp (z);

      lane[l] += e;
      if (half != NULL)
        half[i + l] = nf_vec_narrow (e);
      else
        x[i + l] = e;
    }
  for (; i < n; i++) {
    gfloat e = nf_vec_exp (scale * (x[i] - top));

    sum += e;
    if (half != NULL)
      half[i] = nf_vec_narrow (e);
    else
      x[i] = e;
  }
  for (gint l = 0; l < LANES; l++)
    sum += lane[l];
  return sum;
}

/* softmax of scale x but for the division by @sums (out), one a row; @half
 * (nullable) gets the result, else x */
NF_KERNEL (static, void, softmax_rows,
    (gfloat * x, gint64 rows, gint64 n, gfloat scale, guint16 *half,
        gfloat *sums),
    (x, rows, n, scale, half, sums))
{
  for (gint64 r = 0; r < rows; r++) {
    gfloat *row = x + r * n;
    gfloat top = largest (row, n);

    if (half != NULL)
      sums[r] = exponentiate (row, n, scale, top, half + r * n);
    else
      sums[r] = exponentiate (row, n, scale, top, NULL);
  }
}

/* rows of n values, @from and @to those of a row and the next one's, divided by
 * the row's sum; to bf16 where @half is set */
NF_KERNEL (static, void, divide_rows,
    (const gfloat *x, gint64 from, gint64 rows, gint64 n, const gfloat *sums,
        gpointer y, gint64 to, gboolean half),
    (x, from, rows, n, sums, y, to, half))
{
  for (gint64 r = 0; r < rows; r++) {
    gfloat over = 1.0f / sums[r];

    if (half)
      for (gint64 i = 0; i < n; i++)
        ((guint16 *) y)[r * to + i] = nf_vec_narrow (x[r * from + i] * over);
    else
      for (gint64 i = 0; i < n; i++)
        ((gfloat *) y)[r * to + i] = x[r * from + i] * over;
  }
}

/* q, k or v, from some byte on */
static gconstpointer
part_of (const Problem *p, guint part, gsize at)
{
  return (const guint8 *) nf_attention_part (&p->parts, part, p->call->in) + at;
}

/* one tile of one head's queries; @s has room for tile_room() values, its
 * scores first */
static gboolean
tile_forward (
    const Problem *p, gint64 head, gint64 first, gfloat *s, GError **error)
{
  const NfOpCall *call = p->call;
  gboolean bf16 = nf_cpu_is_bf16 (call);
  gsize size = nf_dtype_size (call->out->dtype);
  gint64 step = p->parts.step, rows = MIN (TILE, p->pixels - first);
  gint64 at = head_at (p, head, step);
  gsize all = (gsize) at * size, from = (gsize) (at + first * step) * size;
  gsize to = (gsize) (head_at (p, head, p->c) + first * p->c) * size;
  gfloat *y = bf16 ? s + TILE * p->pixels
                   : (gfloat *) ((guint8 *) call->out->data + to);
  guint16 *probs = bf16 ? (guint16 *) (y + TILE * p->d) : NULL;
  NfDnnlMatmul scores = { rows, p->pixels, p->d, step, step, p->pixels, TRUE,
    bf16, FALSE };
  NfDnnlMatmul values = { rows, p->d, p->pixels, p->pixels, step,
    bf16 ? p->d : p->c, FALSE, bf16, FALSE };
  gfloat sums[TILE];

  if (!nf_dnnl_matmul (call->device, &scores, part_of (p, NF_ATTENTION_Q, from),
          part_of (p, NF_ATTENTION_K, all), s, error))
    return FALSE;
  softmax_rows (s, rows, p->pixels, p->scale, probs, sums);
  if (call->record)
    divide_rows (s, p->pixels, rows, p->pixels, sums, s, p->pixels, FALSE);
  if (!nf_dnnl_matmul (call->device, &values, bf16 ? (gpointer) probs : s,
          part_of (p, NF_ATTENTION_V, all), y, error))
    return FALSE;
  /* d values of a row are fewer than its pixels */
  if (!call->record)
    divide_rows (y, values.ldc, rows, p->d, sums,
        (guint8 *) call->out->data + to, p->c, bf16);
  return TRUE;
}

/* values that a tile needs: scores, and in bf16 the result in f32 and the
 * scores' exponentials in bf16 */
static gint64
tile_room (const Problem *p, gboolean bf16)
{
  return TILE * (bf16 ? p->pixels + p->d + (p->pixels + 1) / 2 : p->pixels);
}

/* what all tiles of a call have in common */
typedef struct
{
  Problem problem;
  gint64 tiles; /* of a head */
  NfTensor *probs; /* room */
  gint64 room; /* of one thread, in values; 0: all of P is kept */
  GError *error; /* of the first tile that failed */
} Forward;

static void
forward_tile (Forward *f, gint64 i)
{
  const Problem *p = &f->problem;
  gint64 head = i / f->tiles, first = i % f->tiles * TILE;
  gint64 at = f->room > 0 ? omp_get_thread_num () * f->room
                          : (head * p->pixels + first) * p->pixels;
  g_autoptr (GError) failed = NULL;

  if (tile_forward (p, head, first, nf_cpu_f32 (f->probs) + at, &failed))
    return;
#pragma omp critical
  if (f->error == NULL)
    f->error = g_steal_pointer (&failed);
}

/* saved[0]: P, (N heads, pixels, pixels), where the call is recorded */
gboolean
nf_cpu_attention_forward (NfOpCall *call, GError **error)
{
  Problem p = problem_of (call);
  gint64 heads = call->in[NF_ATTENTION_Q]->n * p.heads;
  Forward f = { .problem = p, .tiles = (p.pixels + TILE - 1) / TILE };
  gint64 n = heads * f.tiles;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_attention_forward, error);
  if (nf_cpu_is_bf16 (call) && call->record) {
    NfOpCall plain = *call;

    plain.record = FALSE; /* backward makes P again */
    return nf_cpu_attention_forward (&plain, error);
  }
  if (!call->record)
    f.room = tile_room (&p, nf_cpu_is_bf16 (call));
  f.probs = call->record ? nf_tensor_new (
                call->device, NF_F32, heads, p.pixels, p.pixels, 1, error)
                         : nf_tensor_new (call->device, NF_F32,
                             omp_get_max_threads (), f.room, 1, 1, error);
  if (f.probs == NULL)
    return FALSE;
  /* no parallel region of one thread: oneDNN would make a team inside it, anew
   * each time */
  if (heads * p.pixels * p.pixels <= NF_CPU_GRAIN) {
    for (gint64 i = 0; i < n; i++)
      forward_tile (&f, i);
  } else {
#pragma omp parallel for
    for (gint64 i = 0; i < n; i++)
      forward_tile (&f, i);
  }
  if (f.error == NULL && call->record)
    call->saved[0] = g_steal_pointer (&f.probs);
  nf_tensor_clear (&f.probs);
  if (f.error != NULL)
    g_propagate_error (error, f.error);
  return f.error == NULL;
}

/* ds = P (dP - sum (dP P)), in the place of dP */
NF_KERNEL (static, void, softmax_back_row,
    (const gfloat *probs, gint64 n, gfloat *dp), (probs, n, dp))
{
  gfloat lane[LANES] = { 0.0f }, sum = 0.0f;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
    for (gint l = 0; l < LANES; l++)
      lane[l] += probs[i + l] * dp[i + l];
  for (; i < n; i++)
    sum += probs[i] * dp[i];
  for (gint l = 0; l < LANES; l++)
    sum += lane[l];
  for (i = 0; i < n; i++)
    dp[i] = probs[i] * (dp[i] - sum);
}

/* one head; @ds has room for pixels x pixels values */
static gboolean
head_backward (const Problem *p, gint64 head, const NfTensor *grad_out,
    NfTensor **grad_in, gfloat *ds, GError **error)
{
  gint64 n = p->pixels, step = p->parts.step, at = head_at (p, head, step);
  const gfloat *probs = nf_cpu_f32 (p->call->saved[0]) + head * n * n;
  const gfloat *dy = nf_cpu_f32 (grad_out) + head_at (p, head, p->c);
  const gfloat *in[3];
  gfloat *grad[3];

  for (guint i = 0; i < 3; i++) {
    in[i] = nf_attention_part (&p->parts, i, p->call->in);
    in[i] += at;
    grad[i] = nf_attention_part (&p->parts, i, grad_in);
    grad[i] = grad[i] != NULL ? grad[i] + at : NULL;
  }
  if (grad[NF_ATTENTION_V] != NULL
      && !nf_dnnl_gemm (TRUE, FALSE, n, p->d, n, 1.0f, probs, n, dy, p->c, 0.0f,
          grad[NF_ATTENTION_V], step, error))
    return FALSE;
  if (!nf_dnnl_gemm (FALSE, TRUE, n, n, p->d, 1.0f, dy, p->c,
          in[NF_ATTENTION_V], step, 0.0f, ds, n, error))
    return FALSE;
#pragma omp parallel for if (n * n > NF_CPU_GRAIN)
  for (gint64 r = 0; r < n; r++)
    softmax_back_row (probs + r * n, n, ds + r * n);
  if (grad[NF_ATTENTION_Q] != NULL
      && !nf_dnnl_gemm (FALSE, FALSE, n, p->d, n, p->scale, ds, n,
          in[NF_ATTENTION_K], step, 0.0f, grad[NF_ATTENTION_Q], step, error))
    return FALSE;
  return grad[NF_ATTENTION_K] == NULL
      || nf_dnnl_gemm (TRUE, FALSE, n, p->d, n, p->scale, ds, n,
          in[NF_ATTENTION_Q], step, 0.0f, grad[NF_ATTENTION_K], step, error);
}

gboolean
nf_cpu_attention_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  Problem p = problem_of (call);
  g_autoptr (NfTensor) room = NULL;
  gboolean ok;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_back_through_f32 (
        call, grad_out, grad_in, nf_cpu_attention_backward, error);
  if (nf_cpu_is_bf16 (call))
    return nf_cpu_attention_backward_bf16 (call, grad_out, grad_in, error);
  room = nf_tensor_new (call->device, NF_F32, 1, p.pixels, p.pixels, 1, error);
  ok = room != NULL;
  for (gint64 head = 0; ok && head < call->in[NF_ATTENTION_Q]->n * p.heads;
       head++)
    ok = head_backward (&p, head, grad_out, grad_in, nf_cpu_f32 (room), error);
  return ok;
}
