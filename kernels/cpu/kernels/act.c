/* SPDX-License-Identifier: MIT
 *
 * act — elementwise ops, forward and backward (CPU)
 *
 * Activations, sums, clamping, dropout, pixels to numbers and back, noise.
 * SiLU: y = x s, dy/dx = s (1 + x (1 - s)) with s = 1 / (1 + exp (-x))
 * (Elfwing et al., 2018). See docs/ops.md. */
#include "core/random/nfphilox.h"
#include "cpu/bf16.h"
#include "cpu/nfvec.h"

#include <math.h>
#include <string.h>

#define CHUNK 2048 /* elements that a thread takes at once */

NF_KERNEL (static, void, act_forward,
    (NfAct act, const gfloat *x, gsize n, gfloat *y), (act, x, n, y))
{
  if (act == NF_ACT_SILU)
    for (gsize i = 0; i < n; i++)
      y[i] = x[i] * nf_vec_sigmoid (x[i]);
  else if (act == NF_ACT_RELU)
    for (gsize i = 0; i < n; i++)
      y[i] = x[i] < 0.0f ? 0.0f : x[i];
  else
    memcpy (y, x, n * sizeof *y);
}

gboolean
nf_cpu_activation_forward (NfOpCall *call, GError **error)
{
  const NfActivationParams *p = call->params;
  gsize n = nf_tensor_elements (call->out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize at = 0; at < n; at += CHUNK) {
    gsize count = MIN (CHUNK, n - at);
    gfloat room[2][CHUNK];
    const gfloat *x =
        nf_cpu_load (call->in[NF_ACTIVATION_X], at, count, room[0]);
    gfloat *y = nf_cpu_place (call->out, at, room[1]);

    act_forward (p->act, x, count, y);
    nf_cpu_store (call->out, at, count, y);
  }
  return TRUE;
}

NF_KERNEL (static, void, act_backward,
    (NfAct act, const gfloat *x, const gfloat *dy, gsize n, gfloat *dx),
    (act, x, dy, n, dx))
{
  if (act == NF_ACT_SILU)
    for (gsize i = 0; i < n; i++) {
      gfloat s = nf_vec_sigmoid (x[i]);

      dx[i] = dy[i] * s * (1.0f + x[i] * (1.0f - s));
    }
  else if (act == NF_ACT_RELU)
    for (gsize i = 0; i < n; i++)
      dx[i] = !(x[i] > 0.0f) ? 0.0f : dy[i];
  else
    memcpy (dx, dy, n * sizeof *dx);
}

gboolean
nf_cpu_activation_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfActivationParams *p = call->params;
  gsize n = nf_tensor_elements (grad_out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize at = 0; at < n; at += CHUNK) {
    gsize count = MIN (CHUNK, n - at);
    gfloat room[3][CHUNK];
    const gfloat *x =
        nf_cpu_load (call->in[NF_ACTIVATION_X], at, count, room[0]);
    const gfloat *dy = nf_cpu_load (grad_out, at, count, room[1]);
    gfloat *dx = nf_cpu_place (grad_in[NF_ACTIVATION_X], at, room[2]);

    act_backward (p->act, x, dy, count, dx);
    nf_cpu_store (grad_in[NF_ACTIVATION_X], at, count, dx);
  }
  return TRUE;
}

static inline __attribute__ ((always_inline)) void
axpby_body (const NfAxpbyParams *p, const gfloat *a, const gfloat *b, gsize n,
    gboolean relu, gfloat *y)
{
  for (gsize i = 0; i < n; i++) {
    gfloat v = p->alpha * a[i] + (b != NULL ? p->beta * b[i] : 0.0f);

    y[i] = relu && v < 0.0f ? 0.0f : v;
  }
}

/* b may be NULL */
NF_KERNEL (static, void, axpby_forward,
    (const NfAxpbyParams *p, const gfloat *a, const gfloat *b, gsize n,
        gfloat *y),
    (p, a, b, n, y))
{
  gboolean relu = p->act == NF_ACT_RELU;

  if (b == NULL)
    axpby_body (p, a, NULL, n, relu, y);
  else if (relu)
    axpby_body (p, a, b, n, TRUE, y);
  else
    axpby_body (p, a, b, n, FALSE, y);
}

gboolean
nf_cpu_axpby_forward (NfOpCall *call, GError **error)
{
  gsize n = nf_tensor_elements (call->out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize at = 0; at < n; at += CHUNK) {
    gsize count = MIN (CHUNK, n - at);
    gfloat room[3][CHUNK];
    const gfloat *a = nf_cpu_load (call->in[NF_AXPBY_A], at, count, room[0]);
    const gfloat *b = nf_cpu_load (call->in[NF_AXPBY_B], at, count, room[1]);
    gfloat *y = nf_cpu_place (call->out, at, room[2]);

    axpby_forward (call->params, a, b, count, y);
    nf_cpu_store (call->out, at, count, y);
  }
  return TRUE;
}

/* y may be NULL */
NF_KERNEL (static, void, gate,
    (const gfloat *y, const gfloat *dy, gsize n, gfloat gain, gfloat *to),
    (y, dy, n, gain, to))
{
  for (gsize i = 0; i < n; i++)
    to[i] = gain * (y != NULL ? nf_vec_gate (dy[i], y[i]) : dy[i]);
}

/**
 * nf_cpu_gate:
 * @y: (nullable): an op's result, where its activation is a ReLU
 * @dy: gradient of the result
 * @gain: factor of what went into the activation
 * @to: (out): the gradient of that: gain dy where y > 0, all of the same type
 */
void
nf_cpu_gate (const NfTensor *y, const NfTensor *dy, gfloat gain, NfTensor *to)
{
  gsize n = nf_tensor_elements (dy);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize at = 0; at < n; at += CHUNK) {
    gsize count = MIN (CHUNK, n - at);
    gfloat room[3][CHUNK];
    const gfloat *ys = nf_cpu_load (y, at, count, room[0]);
    const gfloat *dys = nf_cpu_load (dy, at, count, room[1]);
    gfloat *tos = nf_cpu_place (to, at, room[2]);

    gate (ys, dys, count, gain, tos);
    nf_cpu_store (to, at, count, tos);
  }
}

gboolean
nf_cpu_axpby_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfAxpbyParams *p = call->params;
  const NfTensor *y = p->act == NF_ACT_RELU ? call->out : NULL;

  if (grad_in[NF_AXPBY_A] != NULL)
    nf_cpu_gate (y, grad_out, p->alpha, grad_in[NF_AXPBY_A]);
  if (grad_in[NF_AXPBY_B] != NULL)
    nf_cpu_gate (y, grad_out, p->beta, grad_in[NF_AXPBY_B]);
  return TRUE;
}

/* NaN passes through */
gboolean
nf_cpu_clamp_forward (NfOpCall *call, GError **error)
{
  const NfClampParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (call->in[NF_CLAMP_X]);
  gfloat *y = nf_cpu_f32 (call->out);
  gsize n = nf_tensor_elements (call->out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    y[i] = x[i] < p->lo ? p->lo : x[i] > p->hi ? p->hi : x[i];
  return TRUE;
}

gboolean
nf_cpu_clamp_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfClampParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (call->in[NF_CLAMP_X]),
               *dy = nf_cpu_f32 (grad_out);
  gfloat *dx = nf_cpu_f32 (grad_in[NF_CLAMP_X]);
  gsize n = nf_tensor_elements (grad_out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    dx[i] = x[i] >= p->lo && x[i] <= p->hi ? dy[i] : 0.0f;
  return TRUE;
}

#define BLOCKS (CHUNK / 4) /* of four random words each */
#define LANES 16 /* blocks at once */

/* y = x * mask / (1 - p); the mask is a function of key, sample and element */
NF_KERNEL (static, void, dropout_piece,
    (const NfDropoutParams *p, const NfRngKey *key, guint32 block,
        const gfloat *x, gsize n, gfloat *y),
    (p, key, block, x, n, y))
{
  gfloat scale = 1.0f / (1.0f - p->p);
  guint32 limit = (guint32) ((gdouble) p->p * 4294967296.0);

  for (gsize at = 0; at < n; at += 4 * LANES, block += LANES) {
    guint32 bits[4 * LANES];

#pragma GCC unroll 1
    for (guint32 l = 0; l < LANES; l++) {
      const NfPhilox c = nf_philox (
          (NfPhilox){ { block + l, key->purpose, (guint32) key->stream,
              (guint32) (key->stream >> 32) } },
          (guint32) key->seed, (guint32) (key->seed >> 32));

      for (gint i = 0; i < 4; i++)
        bits[4 * l + i] = c.v[i];
    }
    for (gsize i = 0; i < MIN (4 * LANES, n - at); i++) {
      NfVecFloat v = { .value = x[at + i] * scale };

      v.bits &= -(guint32) (bits[i] >= limit);
      y[at + i] = v.value;
    }
  }
}

static void
dropout (const NfOpCall *call, const NfTensor *x, NfTensor *y)
{
  const NfDropoutParams *p = call->params;
  const NfTensor *first = call->in[NF_DROPOUT_FIRST];
  guint64 stream =
      p->key.stream + (first != NULL ? *(const guint64 *) first->data : 0);
  gsize samples = (gsize) x->n, size = nf_tensor_elements (x) / samples;
  gsize pieces = (size + CHUNK - 1) / CHUNK;

#pragma omp parallel for if (samples * size > NF_CPU_GRAIN)
  for (gsize i = 0; i < samples * pieces; i++) {
    gsize from = i % pieces * CHUNK, at = i / pieces * size + from;
    gsize count = MIN (CHUNK, size - from);
    gfloat room[2][CHUNK];
    const gfloat *xs = nf_cpu_load (x, at, count, room[0]);
    gfloat *ys = nf_cpu_place (y, at, room[1]);
    NfRngKey key = p->key;

    key.stream = stream + i / pieces;
    dropout_piece (p, &key, (guint32) (i % pieces * BLOCKS), xs, count, ys);
    nf_cpu_store (y, at, count, ys);
  }
}

gboolean
nf_cpu_dropout_forward (NfOpCall *call, GError **error)
{
  dropout (call, call->in[NF_DROPOUT_X], call->out);
  return TRUE;
}

gboolean
nf_cpu_dropout_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  dropout (call, grad_out, grad_in[NF_DROPOUT_X]);
  return TRUE;
}

/* @n values of pixels, one after the other; scale and shift of each of them */
NF_KERNEL (static, void, normalize_run,
    (gconstpointer x, gboolean bytes, gsize n, const gfloat *scale,
        const gfloat *shift, gfloat *y),
    (x, bytes, n, scale, shift, y))
{
  if (bytes)
    for (gsize i = 0; i < n; i++)
      y[i] = (gfloat) ((const guint8 *) x)[i] * scale[i] + shift[i];
  else
    for (gsize i = 0; i < n; i++)
      y[i] = ((const gfloat *) x)[i] * scale[i] + shift[i];
}

gboolean
nf_cpu_normalize_forward (NfOpCall *call, GError **error)
{
  const NfNormalizeParams *p = call->params;
  const NfTensor *x = call->in[NF_NORMALIZE_X];
  gsize n = nf_tensor_elements (x), c = (gsize) x->c;
  gsize size = nf_dtype_size (x->dtype), run = MAX (CHUNK / c, 1) * c;
  g_autofree gfloat *terms = g_new (gfloat, 2 * run);

  for (gsize i = 0; i < run; i++) {
    terms[i] = p->scale[i % c % (gsize) p->period];
    terms[run + i] = p->shift[i % c % (gsize) p->period];
  }
#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i += run)
    normalize_run ((const guint8 *) x->data + i * size, x->dtype == NF_U8,
        MIN (run, n - i), terms, terms + run, nf_cpu_f32 (call->out) + i);
  return TRUE;
}

gboolean
nf_cpu_normalize_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfNormalizeParams *p = call->params;
  const gfloat *dy = nf_cpu_f32 (grad_out);
  gfloat *dx = nf_cpu_f32 (grad_in[NF_NORMALIZE_X]);
  gsize n = nf_tensor_elements (grad_out), c = (gsize) grad_out->c;

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    dx[i] = dy[i] * p->scale[i % c % (gsize) p->period];
  return TRUE;
}

gboolean
nf_cpu_quantize_forward (NfOpCall *call, GError **error)
{
  const NfQuantizeParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (call->in[NF_QUANTIZE_X]);
  guint8 *y = call->out->data;
  gsize n = nf_tensor_elements (call->out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++) {
    gfloat v = x[i] * p->scale + p->shift;

    if (!(v > 0.0f))
      y[i] = 0;
    else
      y[i] = v >= 255.0f ? 255 : (guint8) lrintf (v);
  }
  return TRUE;
}

gboolean
nf_cpu_randn_forward (NfOpCall *call, GError **error)
{
  const NfRandnParams *p = call->params;
  gsize size = nf_tensor_elements (call->out) / (gsize) call->out->n;
  gsize parts = (size + NF_CPU_GRAIN - 1) / NF_CPU_GRAIN;

#pragma omp parallel for
  for (gsize i = 0; i < (gsize) call->out->n * parts; i++) {
    gsize n = i / parts, from = i % parts * NF_CPU_GRAIN;
    NfRngKey key = p->key;

    key.stream += n;
    nf_rng_normal (&key, from, MIN (NF_CPU_GRAIN, size - from),
        nf_cpu_f32 (call->out) + n * size + from);
  }
  return TRUE;
}
