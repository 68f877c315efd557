/* SPDX-License-Identifier: MIT
 *
 * nfinputs — what ops read whose inputs lie side by side, or apart */
#include "core/ops/nfinputs.h"

/* ----------------------------------------------------------- linear layers */

/**
 * nf_linear_sources:
 * @call: of the op linear
 * @sources: (out): x and, where there is one, skip
 *
 * Returns: how many
 */
guint
nf_linear_sources (const NfOpCall *call, NfLinearSource sources[2])
{
  const NfLinearParams *p = call->params;
  const NfTensor *x = call->in[NF_LINEAR_X], *w = call->in[NF_LINEAR_WEIGHT],
                 *skip = call->in[NF_LINEAR_SKIP];
  gint64 rows = x->n * x->h * x->w, out = call->out->c;
  gsize from = (gsize) (x->c * (p->transposed ? out : 1));

  sources[0] = (NfLinearSource){ .input = NF_LINEAR_X,
    .x = x,
    .rows = rows,
    .out = out,
    .at = 0,
    .step = w->c };
  sources[1] = (NfLinearSource){ .input = NF_LINEAR_SKIP,
    .x = skip,
    .rows = rows,
    .out = out,
    .at = from,
    .step = w->c };
  return skip != NULL ? 2 : 1;
}

/* --------------------------------------------------------------- attention */

/**
 * nf_attention_parts:
 * @call: of the op attention
 *
 * Returns: where q, k and v are
 */
NfAttentionParts
nf_attention_parts (const NfOpCall *call)
{
  const gint64 step = call->in[NF_ATTENTION_Q]->c;
  const gsize c = (gsize) step / 3;

  if (call->in[NF_ATTENTION_K] != NULL)
    return (NfAttentionParts){ .c = step,
      .step = step,
      .input = { NF_ATTENTION_Q, NF_ATTENTION_K, NF_ATTENTION_V },
      .at = { 0 } };
  return (NfAttentionParts){ .c = (gint64) c,
    .step = step,
    .input = { NF_ATTENTION_Q, NF_ATTENTION_Q, NF_ATTENTION_Q },
    .at = { 0, c, 2 * c } };
}

/**
 * nf_attention_part:
 * @parts: from nf_attention_parts()
 * @part: %NF_ATTENTION_Q, %NF_ATTENTION_K or %NF_ATTENTION_V
 * @tensors: the call's inputs, or their gradients
 *
 * Returns: (transfer none) (nullable): the first element of that part; NULL
 *   where there is no such tensor
 */
gpointer
nf_attention_part (
    const NfAttentionParts *parts, guint part, NfTensor *const *tensors)
{
  const NfTensor *t = tensors[parts->input[part]];

  return t != NULL
      ? (guint8 *) t->data + parts->at[part] * nf_dtype_size (t->dtype)
      : NULL;
}
