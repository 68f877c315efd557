/* SPDX-License-Identifier: MIT
 *
 * nfoplist — the list of ops as a table */
#include <nextframe/core/ops/nfoplist.h>

/* When a fact holds: never, always, or where a field of the parameters is not
 * 0. The last case is written as the field's offset plus two. */
#define NF_NEVER 0
#define NF_ALWAYS 1
#define NF_WHERE(params, field)                                                \
  (2 + (guint) G_STRUCT_OFFSET (params, field)                                 \
      + 0 * sizeof (gchar[sizeof (((params *) 0)->field) == 4 ? 1 : -1]))

static const NfOpInfo op_info[NF_N_OPS] = {
#define NF_IN(input, facts) facts,
#define NF_OP(NAME, name, params, kind, work, result, changes, inputs)         \
  [NF_OP_##NAME] = { #name, sizeof (params), NF_OP_KIND_##kind, work, result,  \
    changes, NF_##NAME##_N_INPUTS, { inputs 0 } },
#include <nextframe/core/ops/nfops.def.h>
#undef NF_OP
#undef NF_IN
};

const NfOpInfo *
nf_op_info (NfOp op)
{
  return &op_info[op];
}

const gchar *
nf_op_name (NfOp op)
{
  return op_info[op].name;
}

guint
nf_op_input_facts (NfOp op, guint index)
{
  const NfOpInfo *info = &op_info[op];

  return info->inputs[MIN (index, info->n_inputs - 1)];
}

guint
nf_op_least_inputs (NfOp op)
{
  const NfOpInfo *info = &op_info[op];
  guint n = 0;

  while (n < info->n_inputs && !(info->inputs[n] & NF_IN_OPTIONAL))
    n++;
  return n;
}

guint
nf_op_most_inputs (NfOp op)
{
  const guint n = op_info[op].n_inputs;

  return n > 0 && (op_info[op].inputs[n - 1] & NF_IN_MORE) ? NF_OP_MAX_INPUTS
                                                           : n;
}

static gboolean
is_so (guint when, gconstpointer params)
{
  if (when == NF_NEVER || when == NF_ALWAYS)
    return when == NF_ALWAYS;
  return *(const gint *) ((const guint8 *) params + when - 2) != 0;
}

guint
nf_op_changes (const NfOpCall *call)
{
  guint changes = 0;

  if (!is_so (op_info[call->op].changes, call->params))
    return 0;
  for (guint i = 0; i < call->n_in; i++)
    if (nf_op_input_facts (call->op, i) & NF_IN_CHANGED)
      changes |= 1u << i;
  return changes;
}

gboolean
nf_op_reads_result (const NfOpCall *call)
{
  return is_so (op_info[call->op].reads_result, call->params);
}
