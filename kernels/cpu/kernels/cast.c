/* SPDX-License-Identifier: MIT
 *
 * cast — f32 to bf16 and back, forward and backward (CPU)
 *
 * The gradient is cast the other way. */
#include "cpu/bf16.h"

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
