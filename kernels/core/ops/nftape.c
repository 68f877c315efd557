/* SPDX-License-Identifier: MIT
 *
 * nftape — recording ops for their gradients
 *
 * A record holds references to the inputs, to the result and to what forward
 * saved. It also holds the versions of the inputs, so that backward can refuse
 * data that has changed since. Where backward reads only the shape of a tensor,
 * the reference is idle: the data is freed as soon as there is no other
 * reference. nfbackward.c reads the records. */
#include <nextframe/core/ops/nftape.h>

#include <nextframe/core/tensor/nftensor.h>

typedef struct
{
  NfOpCall call; /* owns its tensors and params */
  guint version[NF_OP_MAX_INPUTS];
  gboolean idle[NF_OP_MAX_INPUTS + 1]; /* no data is read; the result last */
} NfRecord;

struct _NfTape
{
  GPtrArray *records;
};

static _Thread_local NfTape *current;

/* a reference that the tape holds; an idle one does not keep the data */
static void
hold (NfTensor *tensor, gboolean idle)
{
  nf_tensor_ref (tensor);
  if (idle)
    g_atomic_int_inc (&tensor->idle);
}

static void
release (NfTensor **tensor, gboolean idle)
{
  if (*tensor != NULL && idle)
    g_atomic_int_add (&(*tensor)->idle, -1);
  nf_tensor_clear (tensor);
}

static void
record_free (gpointer data)
{
  NfRecord *record = data;

  for (guint i = 0; i < record->call.n_in; i++)
    release (&record->call.in[i], record->idle[i]);
  for (guint i = 0; i < NF_OP_MAX_SAVED; i++)
    nf_tensor_clear (&record->call.saved[i]);
  release (&record->call.out, record->idle[NF_OP_MAX_INPUTS]);
  g_free ((gpointer) record->call.params);
  g_free (record);
}

NfTape *
nf_tape_new (void)
{
  NfTape *tape = g_new0 (NfTape, 1);

  tape->records = g_ptr_array_new_with_free_func (record_free);
  return tape;
}

void
nf_tape_free (NfTape *tape)
{
  g_return_if_fail (current != tape);
  g_ptr_array_unref (tape->records);
  g_free (tape);
}

void
nf_tape_begin (NfTape *tape)
{
  g_return_if_fail (current == NULL);
  current = tape;
}

void
nf_tape_end (NfTape *tape)
{
  g_return_if_fail (current == tape);
  current = NULL;
}

NfTape *
nf_tape_current (void)
{
  return current;
}

gboolean
nf_tape_record (NfTape *tape, const NfOpCall *call, GError **error)
{
  NfRecord *record;
  gboolean lean;

  if (call->device->backend->ops[call->op].backward == NULL) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "%s: has no gradient on device %s, but an input asks for one",
        nf_op_name (call->op), call->device->name);
    return FALSE;
  }
  record = g_new0 (NfRecord, 1);
  record->call = *call;
  record->call.params =
      g_memdup2 (call->params, nf_op_info (call->op)->params_size);
  lean = call->device->backend->lean_backward;
  for (guint i = 0; i < call->n_in; i++) {
    if (call->in[i] == NULL)
      continue;
    record->idle[i] = lean && !(nf_op_input_facts (call->op, i) & NF_IN_READ);
    hold (call->in[i], record->idle[i]);
    record->version[i] = call->in[i]->version;
  }
  for (guint i = 0; i < NF_OP_MAX_SAVED; i++)
    if (call->saved[i] != NULL)
      nf_tensor_ref (call->saved[i]);
  record->idle[NF_OP_MAX_INPUTS] = lean && !nf_op_reads_result (call);
  hold (call->out, record->idle[NF_OP_MAX_INPUTS]);
  call->out->requires_grad = TRUE;
  g_ptr_array_add (tape->records, record);
  return TRUE;
}

NfOpCall *
nf_tape_last (NfTape *tape)
{
  NfRecord *record;

  if (tape->records->len == 0)
    return NULL;
  record = g_ptr_array_index (tape->records, tape->records->len - 1);
  return &record->call;
}

void
nf_tape_drop_last (NfTape *tape)
{
  g_ptr_array_set_size (tape->records, (gint) tape->records->len - 1);
}

gboolean
nf_tape_last_unchanged (const NfTape *tape, GError **error)
{
  const NfRecord *record =
      g_ptr_array_index (tape->records, tape->records->len - 1);
  /* inputs that the op itself changes are not read again */
  const guint changes = nf_op_changes (&record->call);

  for (guint i = 0; i < record->call.n_in; i++) {
    const NfTensor *t = record->call.in[i];

    if (t == NULL || t->version == record->version[i] || (changes & 1u << i))
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "backward of %s: input %u was changed after it was recorded",
        nf_op_name (record->call.op), i);
    return FALSE;
  }
  return TRUE;
}
