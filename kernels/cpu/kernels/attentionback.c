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
  gint64 pixels, c, d, heads;
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

/* element @at of a bf16 tensor; NULL stays NULL */
static guint16 *
half_at (const NfTensor *t, gint64 at)
{
  return t != NULL ? (guint16 *) t->data + at : NULL;
}

/* P and dS of one tile of a head, and its dq; @at: where the head begins */
static gboolean
tile_backward (const Problem *p, gint64 at, gint64 first, GError **error)
{
  NfTensor *const *in = p->call->in;
  gint64 n = p->pixels, rows = MIN (TILE, n - first), here = at + first * p->c;
  NfDnnlMatmul across = { .m = rows,
    .n = n,
    .k = p->d,
    .lda = p->c,
    .ldb = p->c,
    .ldc = n,
    .trans_b = TRUE,
    .bf16 = TRUE,
    .c_bf16 = FALSE };
  NfDnnlMatmul along = { .m = rows,
    .n = p->d,
    .k = n,
    .lda = n,
    .ldb = p->c,
    .ldc = p->c,
    .trans_b = FALSE,
    .bf16 = TRUE,
    .c_bf16 = TRUE };
  guint16 *ds = p->ds + first * n;

  if (!nf_dnnl_matmul (p->call->device, &across,
          half_at (in[NF_ATTENTION_Q], here), half_at (in[NF_ATTENTION_K], at),
          p->s, error)
      || !nf_dnnl_matmul (p->call->device, &across, half_at (p->dy, here),
          half_at (in[NF_ATTENTION_V], at), p->dp, error))
    return FALSE;
#pragma omp parallel for if (rows * n > NF_CPU_GRAIN)
  for (gint64 r = 0; r < rows; r++)
    softmax_row (p->s + r * n, p->dp + r * n, n, p->scale,
        p->probs + (first + r) * n, ds + r * n);
  return p->grad_in[NF_ATTENTION_Q] == NULL
      || nf_dnnl_matmul (p->call->device, &along, ds,
          half_at (in[NF_ATTENTION_K], at),
          half_at (p->grad_in[NF_ATTENTION_Q], here), error);
}

static gboolean
head_backward (const Problem *p, gint64 head, GError **error)
{
  gint64 n = p->pixels;
  gint64 at = head / p->heads * n * p->c + head % p->heads * p->d;
  NfDnnlMatmul turned = { .m = n,
    .n = p->d,
    .k = n,
    .lda = n,
    .ldb = p->c,
    .ldc = p->c,
    .trans_b = FALSE,
    .bf16 = TRUE,
    .c_bf16 = TRUE,
    .trans_a = TRUE };
  NfDevice *device = p->call->device;

  for (gint64 first = 0; first < n; first += TILE)
    if (!tile_backward (p, at, first, error))
      return FALSE;
  return (p->grad_in[NF_ATTENTION_K] == NULL
             || nf_dnnl_matmul (device, &turned, p->ds,
                 half_at (p->call->in[NF_ATTENTION_Q], at),
                 half_at (p->grad_in[NF_ATTENTION_K], at), error))
      && (p->grad_in[NF_ATTENTION_V] == NULL
          || nf_dnnl_matmul (device, &turned, p->probs, half_at (p->dy, at),
              half_at (p->grad_in[NF_ATTENTION_V], at), error));
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
  const NfTensor *q = call->in[NF_ATTENTION_Q];
  gint64 n = q->h * q->w, d = q->c / params->heads;
  g_autoptr (NfTensor) wide =
      nf_tensor_new (call->device, NF_F32, 2, n, TILE, 1, error);
  g_autoptr (NfTensor) half = wide != NULL
      ? nf_tensor_new (call->device, NF_BF16, 2, n, n, 1, error)
      : NULL;
  Problem p = { .call = call,
    .dy = grad_out,
    .grad_in = grad_in,
    .pixels = n,
    .c = q->c,
    .d = d,
    .heads = params->heads,
    .scale = 1.0f / sqrtf ((gfloat) d) };

  if (half == NULL)
    return FALSE;
  p.s = nf_cpu_f32 (wide);
  p.dp = p.s + TILE * n;
  p.probs = half->data;
  p.ds = p.probs + n * n;
  for (gint64 head = 0; head < q->n * p.heads; head++)
    if (!head_backward (&p, head, error))
      return FALSE;
  return TRUE;
}
