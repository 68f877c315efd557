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
#include "cpu/attentionback.h"
#include "cpu/nfdnnl.h"
#include "cpu/nfvec.h"

#include <math.h>
#include <omp.h>

#define TILE 128 /* queries */
#define LANES 16 /* partial results of a row; the same for all processors */

typedef struct
{
  const NfOpCall *call;
  gint64 pixels, c, d, heads;
  gfloat scale;
} Problem;

static Problem
problem_of (const NfOpCall *call)
{
  const NfAttentionParams *p = call->params;
  const NfTensor *q = call->in[0];
  gint64 d = q->c / p->heads;

  return (Problem){ call, q->h * q->w, q->c, d, p->heads,
    1.0f / sqrtf ((gfloat) d) };
}

/* of a head's first element; a row is @c values on */
static gint64
head_at (const Problem *p, gint64 head)
{
  return head / p->heads * p->pixels * p->c + head % p->heads * p->d;
}

static gfloat
largest (const gfloat *x, gint64 n)
{
  gfloat lane[LANES], top;
  gint64 i = 0;

  for (gint l = 0; l < LANES; l++)
    lane[l] = x[0];
  for (; i + LANES <= n; i += LANES)
    for (gint l = 0; l < LANES; l++)
      lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
  top = x[0];
  for (gint l = 0; l < LANES; l++)
    top = MAX (top, lane[l]);
  for (; i < n; i++)
    top = MAX (top, x[i]);
  return top;
}

/* x becomes exp (scale (x - top)); returns the sum */
static inline __attribute__ ((always_inline)) gfloat
exponentiate (gfloat *x, gint64 n, gfloat scale, gfloat top)
{
  gfloat lane[LANES] = { 0.0f }, sum = 0.0f;
  gint64 i = 0;

  for (; i + LANES <= n; i += LANES)
    for (gint l = 0; l < LANES; l++) {
      x[i + l] = nf_vec_exp (scale * (x[i + l] - top));
      lane[l] += x[i + l];
    }
  for (; i < n; i++) {
    x[i] = nf_vec_exp (scale * (x[i] - top));
    sum += x[i];
  }
  for (gint l = 0; l < LANES; l++)
    sum += lane[l];
  return sum;
}

/* of scale x; @half (nullable) gets the result, else x */
NF_CPU_CLONES static void
softmax_rows (gfloat *x, gint64 rows, gint64 n, gfloat scale, guint16 *half)
{
  for (gint64 r = 0; r < rows; r++) {
    gfloat *row = x + r * n;
    gfloat over = 1.0f / exponentiate (row, n, scale, largest (row, n));

    if (half != NULL)
      for (gint64 i = 0; i < n; i++)
        half[r * n + i] = nf_vec_narrow (row[i] * over);
    else
      for (gint64 i = 0; i < n; i++)
        row[i] *= over;
  }
}

/* one tile of one head's queries; @s has room for its scores, and behind them
 * for the same in bf16 */
static gboolean
tile_forward (
    const Problem *p, gint64 head, gint64 first, gfloat *s, GError **error)
{
  const NfOpCall *call = p->call;
  gboolean bf16 = nf_cpu_is_bf16 (call);
  gsize size = nf_dtype_size (call->out->dtype);
  gint64 at = head_at (p, head), rows = MIN (TILE, p->pixels - first);
  gsize from = (gsize) (at + first * p->c) * size, all = (gsize) at * size;
  NfDnnlMatmul scores = { rows, p->pixels, p->d, p->c, p->c, p->pixels, TRUE,
    bf16, FALSE };
  NfDnnlMatmul values = { rows, p->d, p->pixels, p->pixels, p->c, p->c, FALSE,
    bf16, bf16 };
  gpointer probs = bf16 ? (gpointer) (s + TILE * p->pixels) : s;

  if (!nf_dnnl_matmul (call->device, &scores,
          (const guint8 *) call->in[0]->data + from,
          (const guint8 *) call->in[1]->data + all, s, error))
    return FALSE;
  softmax_rows (s, rows, p->pixels, p->scale, bf16 ? probs : NULL);
  return nf_dnnl_matmul (call->device, &values, probs,
      (const guint8 *) call->in[2]->data + all,
      (guint8 *) call->out->data + from, error);
}

/* what all tiles of a call have in common */
typedef struct
{
  Problem problem;
  gint64 tiles; /* of a head */
  NfTensor *probs; /* room */
  gint64 rows; /* of the room, for one thread; 0: all of P is kept */
  GError *error; /* of the first tile that failed */
} Forward;

static void
forward_tile (Forward *f, gint64 i)
{
  const Problem *p = &f->problem;
  gint64 head = i / f->tiles, first = i % f->tiles * TILE;
  gint64 row =
      f->rows > 0 ? omp_get_thread_num () * f->rows : head * p->pixels + first;
  g_autoptr (GError) failed = NULL;

  if (tile_forward (
          p, head, first, nf_cpu_f32 (f->probs) + row * p->pixels, &failed))
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
  gint64 heads = call->in[0]->n * p.heads;
  Forward f = { p, (p.pixels + TILE - 1) / TILE };
  gint64 n = heads * f.tiles;

  if (nf_dnnl_lacks_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_attention_forward, error);
  if (nf_cpu_is_bf16 (call) && call->record) {
    NfOpCall plain = *call;

    plain.record = FALSE; /* backward makes P again */
    return nf_cpu_attention_forward (&plain, error);
  }
  if (!call->record)
    f.rows = TILE * (nf_cpu_is_bf16 (call) ? 2 : 1);
  f.probs = call->record
      ? nf_tensor_new (
          call->device, NF_F32, heads, p.pixels, p.pixels, 1, error)
      : nf_tensor_new (call->device, NF_F32, omp_get_max_threads (), f.rows,
          p.pixels, 1, error);
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
NF_CPU_CLONES static void
softmax_back_row (const gfloat *probs, gint64 n, gfloat *dp)
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
  NfTensor *const *in = p->call->in;
  gint64 n = p->pixels, at = head_at (p, head);
  const gfloat *probs = nf_cpu_f32 (p->call->saved[0]) + head * n * n;
  const gfloat *dy = nf_cpu_f32 (grad_out) + at;

  if (grad_in[2] != NULL
      && !nf_dnnl_gemm (TRUE, FALSE, n, p->d, n, 1.0f, probs, n, dy, p->c, 0.0f,
          nf_cpu_f32 (grad_in[2]) + at, p->c, error))
    return FALSE;
  if (!nf_dnnl_gemm (FALSE, TRUE, n, n, p->d, 1.0f, dy, p->c,
          nf_cpu_f32 (in[2]) + at, p->c, 0.0f, ds, n, error))
    return FALSE;
#pragma omp parallel for if (n * n > NF_CPU_GRAIN)
  for (gint64 r = 0; r < n; r++)
    softmax_back_row (probs + r * n, n, ds + r * n);
  if (grad_in[0] != NULL
      && !nf_dnnl_gemm (FALSE, FALSE, n, p->d, n, p->scale, ds, n,
          nf_cpu_f32 (in[1]) + at, p->c, 0.0f, nf_cpu_f32 (grad_in[0]) + at,
          p->c, error))
    return FALSE;
  return grad_in[1] == NULL
      || nf_dnnl_gemm (TRUE, FALSE, n, p->d, n, p->scale, ds, n,
          nf_cpu_f32 (in[0]) + at, p->c, 0.0f, nf_cpu_f32 (grad_in[1]) + at,
          p->c, error);
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
  for (gint64 head = 0; ok && head < call->in[0]->n * p.heads; head++)
    ok = head_backward (&p, head, grad_out, grad_in, nf_cpu_f32 (room), error);
  return ok;
}
