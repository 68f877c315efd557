/* SPDX-License-Identifier: MIT
 *
 * cast — f32 to bf16 and back, forward and backward (CPU)
 *
 * bf16 is the upper half of an f32; what is cut off is rounded to nearest, ties
 * to even. NaN stays NaN. The gradient is cast the other way. */
#include "cpu/bf16.h"
#include "cpu/nfvec.h"

#include <string.h>

#define CHUNK 8192 /* elements that a thread takes at once */

/* bf16 to f32, by one thread */
NF_CPU_CLONES void
nf_cpu_widen (const guint16 *x, gsize n, gfloat *y)
{
  for (gsize i = 0; i < n; i++)
    y[i] = nf_vec_widen (x[i]);
}

/* f32 to bf16, by one thread */
NF_CPU_CLONES void
nf_cpu_narrow (const gfloat *x, gsize n, guint16 *y)
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

gboolean
nf_cpu_cast_forward (NfOpCall *call, GError **error)
{
  nf_cpu_cast (call->in[NF_CAST_X], call->out);
  return TRUE;
}

gboolean
nf_cpu_cast_backward (NfOpCall *call, const NfTensor *grad_out,
    NfTensor **grad_in, GError **error)
{
  nf_cpu_cast (grad_out, grad_in[NF_CAST_X]);
  return TRUE;
}
