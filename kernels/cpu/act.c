/* SPDX-License-Identifier: MIT
 *
 * act — elementwise ops, forward and backward (CPU)
 *
 * Activations, sums, clamping, dropout, pixels to numbers and back, noise.
 * SiLU: y = x s, dy/dx = s (1 + x (1 - s)) with s = 1 / (1 + exp (-x))
 * (Elfwing et al., 2018). See docs/ops.md. */
#include "cpu/nfcpu.h"
#include "cpu/nfvec.h"

#include <math.h>
#include <string.h>

/* dy where y > 0, else 0: the gradient through a ReLU, from its result */
NfTensor *
nf_cpu_through_relu (const NfTensor *y, const NfTensor *dy, GError **error)
{
  NfTensor *masked = nf_tensor_new_like (dy, error);
  gsize n = nf_tensor_elements (dy);
  const gfloat *out, *grad;
  gfloat *to;

  if (masked == NULL)
    return NULL;
  out = nf_cpu_f32 (y);
  grad = nf_cpu_f32 (dy);
  to = nf_cpu_f32 (masked);
#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    to[i] = nf_vec_gate (grad[i], out[i]);
  return masked;
}

#define CHUNK 4096 /* elements that a thread takes at once */

NF_CPU_CLONES static void
act_forward (NfAct act, const gfloat *x, gsize n, gfloat *y)
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
  const gfloat *x = nf_cpu_f32 (call->in[0]);
  gfloat *y = nf_cpu_f32 (call->out);
  gsize n = nf_tensor_elements (call->out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i += CHUNK)
    act_forward (p->act, x + i, MIN (CHUNK, n - i), y + i);
  return TRUE;
}

NF_CPU_CLONES static void
act_backward (NfAct act, const gfloat *x, const gfloat *dy, gsize n, gfloat *dx)
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
  const gfloat *x = nf_cpu_f32 (call->in[0]), *dy = nf_cpu_f32 (grad_out);
  gfloat *dx = nf_cpu_f32 (grad_in[0]);
  gsize n = nf_tensor_elements (grad_out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i += CHUNK)
    act_backward (p->act, x + i, dy + i, MIN (CHUNK, n - i), dx + i);
  return TRUE;
}

gboolean
nf_cpu_axpby_forward (NfOpCall *call, GError **error)
{
  const NfAxpbyParams *p = call->params;
  const gfloat *a = nf_cpu_f32 (call->in[0]);
  const gfloat *b = call->in[1] != NULL ? nf_cpu_f32 (call->in[1]) : NULL;
  gfloat *y = nf_cpu_f32 (call->out);
  gsize n = nf_tensor_elements (call->out);

  if (nf_cpu_is_bf16 (call))
    return nf_cpu_through_f32 (call, nf_cpu_axpby_forward, error);
#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++) {
    gfloat v = p->alpha * a[i] + (b != NULL ? p->beta * b[i] : 0.0f);

    y[i] = p->act == NF_ACT_RELU && v < 0.0f ? 0.0f : v;
  }
  return TRUE;
}

gboolean
nf_cpu_axpby_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfAxpbyParams *p = call->params;
  const gfloat *y = nf_cpu_f32 (call->out), *dy = nf_cpu_f32 (grad_out);
  gfloat *da = grad_in[0] != NULL ? nf_cpu_f32 (grad_in[0]) : NULL;
  gfloat *db = grad_in[1] != NULL ? nf_cpu_f32 (grad_in[1]) : NULL;
  gsize n = nf_tensor_elements (grad_out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++) {
    gfloat g = p->act == NF_ACT_RELU && !(y[i] > 0.0f) ? 0.0f : dy[i];

    if (da != NULL)
      da[i] = p->alpha * g;
    if (db != NULL)
      db[i] = p->beta * g;
  }
  return TRUE;
}

/* NaN passes through */
gboolean
nf_cpu_clamp_forward (NfOpCall *call, GError **error)
{
  const NfClampParams *p = call->params;
  const gfloat *x = nf_cpu_f32 (call->in[0]);
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
  const gfloat *x = nf_cpu_f32 (call->in[0]), *dy = nf_cpu_f32 (grad_out);
  gfloat *dx = nf_cpu_f32 (grad_in[0]);
  gsize n = nf_tensor_elements (grad_out);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++)
    dx[i] = x[i] >= p->lo && x[i] <= p->hi ? dy[i] : 0.0f;
  return TRUE;
}

/* y = x * mask / (1 - p); the mask is a function of key, sample and element */
static void
dropout (const NfOpCall *call, const gfloat *x, gfloat *y)
{
  const NfDropoutParams *p = call->params;
  gint64 samples = call->out->n;
  gint64 size = (gint64) nf_tensor_elements (call->out) / samples;
  gint64 blocks = (size + 3) / 4;
  gfloat scale = 1.0f / (1.0f - p->p);
  guint32 limit = (guint32) ((gdouble) p->p * 4294967296.0);

#pragma omp parallel for if (samples * size > NF_CPU_GRAIN)
  for (gint64 b = 0; b < samples * blocks; b++) {
    NfRngKey key = p->key;
    guint32 bits[4];
    gint64 at = b % blocks * 4, base = b / blocks * size + at;

    key.stream += (guint64) (b / blocks);
    nf_rng_block (&key, (guint32) (b % blocks), bits);
    for (gint64 i = 0; i < MIN (4, size - at); i++)
      y[base + i] = bits[i] < limit ? 0.0f : x[base + i] * scale;
  }
}

gboolean
nf_cpu_dropout_forward (NfOpCall *call, GError **error)
{
  dropout (call, nf_cpu_f32 (call->in[0]), nf_cpu_f32 (call->out));
  return TRUE;
}

gboolean
nf_cpu_dropout_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  dropout (call, nf_cpu_f32 (grad_out), nf_cpu_f32 (grad_in[0]));
  return TRUE;
}

gboolean
nf_cpu_normalize_forward (NfOpCall *call, GError **error)
{
  const NfNormalizeParams *p = call->params;
  const NfTensor *x = call->in[0];
  const guint8 *bytes = x->data;
  const gfloat *floats = x->data;
  gfloat *y = nf_cpu_f32 (call->out);
  gsize n = nf_tensor_elements (x), c = (gsize) x->c;

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i++) {
    gsize k = i % c % (gsize) p->period;
    gfloat v = x->dtype == NF_U8 ? (gfloat) bytes[i] : floats[i];

    y[i] = v * p->scale[k] + p->shift[k];
  }
  return TRUE;
}

gboolean
nf_cpu_normalize_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  const NfNormalizeParams *p = call->params;
  const gfloat *dy = nf_cpu_f32 (grad_out);
  gfloat *dx = nf_cpu_f32 (grad_in[0]);
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
  const gfloat *x = nf_cpu_f32 (call->in[0]);
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
