/* SPDX-License-Identifier: MIT
 *
 * bf16 — bf16 to f32 and back, and ops in bf16 by their kernels for f32
 *
 * bf16 is the upper half of an f32. The half that is cut off is rounded to
 * nearest, ties to even; NaN stays NaN. The kernels for f32 compute ops that
 * take too little of a network's time to be worth a kernel in bf16, and all ops
 * on processors without instructions for bf16. */
#include "cpu/bf16.h"

#include "cpu/nfvec.h"

#include <string.h>

#define CHUNK 8192 /* elements that a thread takes at once */

/* bf16 to f32, by one thread */
NF_KERNEL (extern, void, nf_cpu_widen, (const guint16 *x, gsize n, gfloat *y),
    (x, n, y))
{
  for (gsize i = 0; i < n; i++)
    y[i] = nf_vec_widen (x[i]);
}

/* f32 to bf16, by one thread */
NF_KERNEL (extern, void, nf_cpu_narrow, (const gfloat *x, gsize n, guint16 *y),
    (x, n, y))
{
  for (gsize i = 0; i < n; i++)
    y[i] = nf_vec_narrow (x[i]);
}

/* y has x's shape, and any of the two types */
void
nf_cpu_cast (const NfTensor *x, NfTensor *y)
{
  gsize n = nf_tensor_elements (x);

#pragma omp parallel for if (n > NF_CPU_GRAIN)
  for (gsize i = 0; i < n; i += CHUNK) {
    gsize count = MIN (CHUNK, n - i);

    if (x->dtype == y->dtype)
      memcpy ((guint8 *) y->data + i * nf_dtype_size (x->dtype),
          (const guint8 *) x->data + i * nf_dtype_size (x->dtype),
          count * nf_dtype_size (x->dtype));
    else if (x->dtype == NF_BF16)
      nf_cpu_widen (
          (const guint16 *) x->data + i, count, (gfloat *) y->data + i);
    else
      nf_cpu_narrow (
          (const gfloat *) x->data + i, count, (guint16 *) y->data + i);
  }
}

static NfTensor *
wide_like (const NfTensor *x, GError **error)
{
  return nf_tensor_new (x->device, NF_F32, x->n, x->c, x->h, x->w, error);
}

/* @x (nullable) in f32: itself, or one that is made into @made; FALSE where
 * that fails */
static gboolean
widened (NfTensor *x, NfTensor **made, NfTensor **to, GError **error)
{
  *to = x;
  if (x == NULL || x->dtype != NF_BF16)
    return TRUE;
  *to = *made = wide_like (x, error);
  if (*made != NULL && x->data != NULL) /* else backward does not read it */
    nf_cpu_cast (x, *made);
  return *made != NULL;
}

static void
clear_all (NfTensor **made, guint n)
{
  for (guint i = 0; i < n; i++)
    nf_tensor_clear (&made[i]);
}

/**
 * nf_cpu_through_f32:
 * @call: some of whose inputs, and whose result, are bf16
 * @forward: a kernel that takes f32
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cpu_through_f32 (NfOpCall *call, NfOpForward forward, GError **error)
{
  NfOpCall wide = *call;
  NfTensor *made[NF_OP_MAX_INPUTS] = { NULL };
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < call->n_in; i++)
    ok = widened (call->in[i], &made[i], &wide.in[i], error);
  wide.out = ok ? wide_like (call->out, error) : NULL;
  ok = wide.out != NULL && forward (&wide, error);
  if (ok)
    nf_cpu_cast (wide.out, call->out);
  for (guint i = 0; i < NF_OP_MAX_SAVED; i++)
    call->saved[i] = wide.saved[i];
  clear_all (made, call->n_in);
  nf_tensor_clear (&wide.out);
  return ok;
}

/**
 * nf_cpu_back_through_f32:
 * @call: what nf_cpu_through_f32() ran
 * @grad_out: gradient of its result, bf16
 * @grad_in: gradients of its inputs, each in its input's type
 * @backward: a kernel that takes f32
 * @error: return location
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cpu_back_through_f32 (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, NfOpBackward backward, GError **error)
{
  NfOpCall wide = *call;
  NfTensor *made[NF_OP_MAX_INPUTS + 2] = { NULL };
  NfTensor *made_in[NF_OP_MAX_INPUTS] = { NULL };
  NfTensor *dx[NF_OP_MAX_INPUTS] = { NULL }, *dy = NULL;
  gboolean ok = widened (call->out, &made[call->n_in], &wide.out, error)
      && widened ((NfTensor *) grad_out, &made[call->n_in + 1], &dy, error);

  for (guint i = 0; ok && i < call->n_in; i++) {
    ok = widened (call->in[i], &made[i], &wide.in[i], error);
    dx[i] = grad_in[i];
    if (!ok || grad_in[i] == NULL || grad_in[i]->dtype != NF_BF16)
      continue;
    dx[i] = made_in[i] = wide_like (grad_in[i], error);
    ok = made_in[i] != NULL;
  }
  ok = ok && backward (&wide, dy, dx, error);
  for (guint i = 0; ok && i < call->n_in; i++)
    if (made_in[i] != NULL)
      nf_cpu_cast (made_in[i], grad_in[i]);
  clear_all (made, G_N_ELEMENTS (made));
  clear_all (made_in, G_N_ELEMENTS (made_in));
  return ok;
}
