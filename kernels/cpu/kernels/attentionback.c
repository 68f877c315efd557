/* SPDX-License-Identifier: MIT
 *
 * attentionback — gradients of attention in bf16 (CPU, oneDNN)
 *
 * P is not kept from the forward pass but made again, tile by tile of queries,
 * with the scores S = q k^T and dP = dy v^T of a tile in the cache:
 *   P = softmax (S / sqrt (d)),  dS = P (dP - sum (dP P)) / sqrt (d),
 *   dq = dS k,  and with P and dS of a whole head  dk = dS^T q, dv = P^T dy.
 * P and dS are bf16 in the products, all sums f32. Sibling: attention.c */
#include "cpu/kernels/attentionback.h"

#include "core/ops/nfinputs.h"
#include "cpu/dnnl/nfdnnl.h"
#include "cpu/nfvec.h"

#include <math.h>

#define TILE 128 /* queries */
#define LANES 32 /* partial results of a row; the same for all processors */

typedef struct
{
  const NfOpCall *call;
  const NfTensor *dy;
  NfTensor **grad_in;
  NfAttentionParts parts;
  gint64 pixels, c, d, heads; /* c: of the result */
  gfloat scale;
  gfloat *s, *dp; /* (TILE, pixels): of one tile */
  guint16 *probs, *ds; /* (pixels, pixels): of one head */
} Problem;

/* ----------------------------------------------------------------- softmax */

static inline __attribute__ ((always_inline)) gfloat
largest (const gfloat *x, gint64 n)
{
  gfloat lane[LANES], top = x[0];
  gint64 i = 0;

  for (gint l = 0; l < LANES; l++)
    lane[l] = x[0];
  for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 1
    for (gint l = 0; l < LANES; l++)
      lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
  for (gint l = 0; l < LANES; l++)
    top = MAX (top, lane[l]);
  for (; i < n; i++)
    top = MAX (top, x[i]);
  return top;
}

/* x becomes exp (scale (x - top)), and @sum and @dot the sums of that and of its
 * products with @dp */
static inline __attribute__ ((always_inline)) void
exponentiate (gfloat *restrict x, const gfloat *restrict dp, gint64 n,
    gfloat scale, gfloat *sum, gfloat *dot)
{
  const gfloat top = largest (x, n);
  gfloat lane[LANES] = { 0.0f }, dots[LANES] = { 0.0f };
  gint64 i = 0;

  *sum = *dot = 0.0f;
  for (; i + LANES <= n; i += LANES)
#pragma GCC unroll 1
    for (gint l = 0; l < LANES; l++) {
      gfloat e = nf_vec_exp (scale * (x[i + l] - top));

      x[i + l] = e;
      lane[l] += e;
      dots[l] += e * dp[i + l];
    }
  for (; i < n; i++) {
    x[i] = nf_vec_exp (scale * (x[i] - top));
    *sum += x[i];
    *dot += x[i] * dp[i];
  }
  for (gint l = 0; l < LANES; l++) {
    *sum += lane[l];
    *dot += dots[l];
  }
}

/* P and dS of a row of scores; the scores are lost */
NF_KERNEL (static, void, softmax_row,
    (gfloat *restrict s, const gfloat *restrict dp, gint64 n, gfloat scale,
        guint16 *restrict probs, guint16 *restrict ds),
    (s, dp, n, scale, probs, ds))
{
  gfloat sum, dot, over;

  exponentiate (s, dp, n, scale, &sum, &dot);
  over = 1.0f / sum;
  dot *= over;
  for (gint64 i = 0; i < n; i++) {
    gfloat p = s[i] * over;

    probs[i] = nf_vec_narrow (p);
    ds[i] = nf_vec_narrow (scale * p * (dp[i] - dot));
  }
}

/* ---------------------------------------------------------------- products */

/* of a head's first element, where a row is @step values on */
static gint64
head_at (const Problem *p, gint64 head, gint64 step)
{
  return head / p->heads * p->pixels * step + head % p->heads * p->d;
}

/* element @at of q, k or v, or of their gradients; NULL where there is none */
static guint16 *
half_at (const Problem *p, guint part, NfTensor *const *tensors, gint64 at)
{
  guint16 *first = nf_attention_part (&p->parts, part, tensors);

  return first != NULL ? first + at : NULL;
}

/* P and dS of one tile of a head, and its dq */
static gboolean
tile_backward (const Problem *p, gint64 head, gint64 first, GError **error)
{
  NfTensor *const *in = p->call->in;
  gint64 n = p->pixels, rows = MIN (TILE, n - first), step = p->parts.step;
  gint64 at = head_at (p, head, step), here = at + first * step;
  const guint16 *dy =
      (const guint16 *) p->dy->data + head_at (p, head, p->c) + first * p->c;
  NfDnnlMatmul across = { .m = rows,
    .n = n,
    .k = p->d,
    .lda = step,
    .ldb = step,
    .ldc = n,
    .trans_b = TRUE,
    .bf16 = TRUE,
    .c_bf16 = FALSE };
  NfDnnlMatmul back = across; /* dy v^T */
  NfDnnlMatmul along = { .m = rows,
    .n = p->d,
    .k = n,
    .lda = n,
    .ldb = step,
    .ldc = step,
    .trans_b = FALSE,
    .bf16 = TRUE,
    .c_bf16 = TRUE };
  guint16 *ds = p->ds + first * n;

  back.lda = p->c;
  if (!nf_dnnl_matmul (p->call->device, &across,
          half_at (p, NF_ATTENTION_Q, in, here),
          half_at (p, NF_ATTENTION_K, in, at), p->s, error)
      || !nf_dnnl_matmul (p->call->device, &back, dy,
          half_at (p, NF_ATTENTION_V, in, at), p->dp, error))
    return FALSE;
#pragma omp parallel for if (rows * n > NF_CPU_GRAIN)
  for (gint64 r = 0; r < rows; r++)
    softmax_row (p->s + r * n, p->dp + r * n, n, p->scale,
        p->probs + (first + r) * n, ds + r * n);
  return half_at (p, NF_ATTENTION_Q, p->grad_in, here) == NULL
      || nf_dnnl_matmul (p->call->device, &along, ds,
          half_at (p, NF_ATTENTION_K, in, at),
          half_at (p, NF_ATTENTION_Q, p->grad_in, here), error);
}

static gboolean
head_backward (const Problem *p, gint64 head, GError **error)
{
  gint64 n = p->pixels, step = p->parts.step, at = head_at (p, head, step);
  guint16 *dk = half_at (p, NF_ATTENTION_K, p->grad_in, at);
  guint16 *dv = half_at (p, NF_ATTENTION_V, p->grad_in, at);
  NfDnnlMatmul turned = { .m = n,
    .n = p->d,
    .k = n,
    .lda = n,
    .ldb = step,
    .ldc = step,
    .trans_b = FALSE,
    .bf16 = TRUE,
    .c_bf16 = TRUE,
    .trans_a = TRUE };
  NfDnnlMatmul values = turned; /* P^T dy */
  NfDevice *device = p->call->device;

  values.ldb = p->c;
  for (gint64 first = 0; first < n; first += TILE)
    if (!tile_backward (p, head, first, error))
      return FALSE;
  return (dk == NULL
             || nf_dnnl_matmul (device, &turned, p->ds,
                 half_at (p, NF_ATTENTION_Q, p->call->in, at), dk, error))
      && (dv == NULL
          || nf_dnnl_matmul (device, &values, p->probs,
              (const guint16 *) p->dy->data + head_at (p, head, p->c), dv,
              error));
}

/**
 * nf_cpu_attention_backward_bf16:
 * @call: attention in bf16
 * @grad_out: gradient of its result
 * @grad_in: those of q, k and v, each where wanted
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cpu_attention_backward_bf16 (const NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfAttentionParams *params = call->params;
  const NfTensor *y = call->out;
  gint64 n = y->h * y->w, d = y->c / params->heads;
  g_autoptr (NfTensor) wide =
      nf_tensor_new (call->device, NF_F32, 2, n, TILE, 1, error);
  g_autoptr (NfTensor) half = wide != NULL
      ? nf_tensor_new (call->device, NF_BF16, 2, n, n, 1, error)
      : NULL;
  Problem p = { .call = call,
    .dy = grad_out,
    .grad_in = grad_in,
    .parts = nf_attention_parts (call),
    .pixels = n,
    .c = y->c,
    .d = d,
    .heads = params->heads,
    .scale = 1.0f / sqrtf ((gfloat) d) };

  if (half == NULL)
    return FALSE;
  p.s = nf_cpu_f32 (wide);
  p.dp = p.s + TILE * n;
  p.probs = half->data;
  p.ds = p.probs + n * n;
  for (gint64 head = 0; head < y->n * p.heads; head++)
    if (!head_backward (&p, head, error))
      return FALSE;
  return TRUE;
}
