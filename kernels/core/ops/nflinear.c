/* SPDX-License-Identifier: MIT
 *
 * nflinear — the inputs of a linear layer, and where their weights lie */
#include "core/ops/nflinear.h"

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

  sources[0] = (NfLinearSource){ NF_LINEAR_X, x, rows, out, 0, w->c };
  sources[1] = (NfLinearSource){ NF_LINEAR_SKIP, skip, rows, out, from, w->c };
  return skip != NULL ? 2 : 1;
}
