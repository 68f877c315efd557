/* SPDX-License-Identifier: MIT
 *
 * nftape — reverse-mode gradients
 *
 * A record holds references to the inputs, the result and what forward saved,
 * and the versions of the inputs: backward refuses data that changed since.
 * Where backward reads the shape alone, the reference is an idle one: the data
 * goes as soon as nobody else holds the tensor. */
#include "core/ops/nftape.h"

#include "core/ops/nfobserve.h"
#include "core/tensor/nfsource.h"

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

/* a reference of the tape's; idle: not to the data */
static void
hold (NfTensor *tensor, gboolean idle)
{
  nf_tensor_ref (tensor);
  if (idle)
    g_atomic_int_inc (&tensor->idle);
}

static void
let_go (NfTensor **tensor, gboolean idle)
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
    let_go (&record->call.in[i], record->idle[i]);
  for (guint i = 0; i < NF_OP_MAX_SAVED; i++)
    nf_tensor_clear (&record->call.saved[i]);
  let_go (&record->call.out, record->idle[NF_OP_MAX_INPUTS]);
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

/**
 * nf_tape_free:
 *
 * Frees the tape and what it holds; it must not be recording.
 */
void
nf_tape_free (NfTape *tape)
{
  g_return_if_fail (current != tape);
  g_ptr_array_unref (tape->records);
  g_free (tape);
}

/**
 * nf_tape_begin:
 *
 * Records the calling thread's ops from now on; tapes do not nest.
 */
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

/**
 * nf_tape_current:
 *
 * Returns: (transfer none) (nullable): the tape that records this thread
 */
NfTape *
nf_tape_current (void)
{
  return current;
}

/**
 * nf_tape_record:
 * @call: an op that ran forward; its saved tensors move to the tape
 *
 * Called by nf_op_run().
 *
 * Returns: FALSE with %NF_ERROR_UNSUPPORTED where the op has no gradient
 */
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

static gboolean
inputs_unchanged (const NfRecord *record, GError **error)
{
  /* what changes in the op itself is not read again */
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

/* adds to what is there; in place, where nobody else holds that */
static gboolean
accumulate (NfTensor *tensor, NfTensor *grad, GError **error)
{
  static const NfAxpbyParams sum = { 1.0f, 1.0f, NF_ACT_NONE };
  NfTensor *total;

  if (tensor->grad == NULL) {
    tensor->grad = nf_tensor_ref (grad);
    return TRUE;
  }
  if (g_atomic_ref_count_compare (&tensor->grad->refs, 1))
    return nf_op_add_to (tensor->grad, grad, error);
  total = nf_op_axpby (tensor->grad, grad, &sum, error);
  if (total == NULL)
    return FALSE;
  nf_tensor_unref (tensor->grad);
  tensor->grad = total;
  return TRUE;
}

static gboolean
record_backward (NfRecord *record, GError **error)
{
  NfOpCall *call = &record->call;
  NfOpBackward backward = call->device->backend->ops[call->op].backward;
  NfTensor *grad_in[NF_OP_MAX_INPUTS] = { NULL };
  gboolean ok = inputs_unchanged (record, error);
  NfWatch watch;

  for (guint i = 0; ok && i < call->n_in; i++) {
    if (call->in[i] == NULL || !call->in[i]->requires_grad)
      continue;
    grad_in[i] = nf_tensor_new_like (call->in[i], error);
    ok = grad_in[i] != NULL;
  }
  if (call->device->backend->before_op != NULL)
    call->device->backend->before_op (call->device);
  nf_watch_start (&watch, call);
  ok = ok && backward (call, call->out->grad, grad_in, error);
  nf_watch_stop (&watch, call, TRUE);
  nf_tensor_clear (&call->out->grad);
  for (guint i = 0; i < call->n_in; i++) {
    if (ok && grad_in[i] != NULL)
      ok = accumulate (call->in[i], grad_in[i], error);
    nf_tensor_clear (&grad_in[i]);
  }
  return ok;
}

/**
 * nf_tape_backward_from:
 * @tape: not recording
 * @output: a tensor that was recorded
 * @grad_out: its gradient, same shape and type
 * @error: return location
 *
 * Adds the gradients of all marked tensors into their grad and empties the
 * tape, also when it fails.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tape_backward_from (
    NfTape *tape, NfTensor *output, NfTensor *grad_out, GError **error)
{
  gboolean ok = TRUE;

  g_return_val_if_fail (current == NULL, FALSE);
  if (!output->requires_grad || !nf_tensor_same_shape (output, grad_out)
      || output->dtype != grad_out->dtype) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "backward: the output depends on no parameter, or its gradient has "
        "another shape or type");
    ok = FALSE;
  } else {
    ok = accumulate (output, grad_out, error);
  }
  for (guint i = tape->records->len; i > 0; i--) {
    NfRecord *record = g_ptr_array_index (tape->records, i - 1);

    if (ok && record->call.out->grad != NULL)
      ok = record_backward (record, error);
    else
      nf_tensor_clear (&record->call.out->grad);
    g_ptr_array_set_size (tape->records, (gint) i - 1);
  }
  return ok;
}

/**
 * nf_tape_backward:
 * @loss: a recorded scalar
 *
 * nf_tape_backward_from() with a gradient of one.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_tape_backward (NfTape *tape, NfTensor *loss, GError **error)
{
  /* by ops alone, so that a graph can have it */
  g_autoptr (NfTensor) zero =
      nf_tensor_new_zeros (loss->device, NF_F32, 1, 1, 1, 1, error);
  g_autoptr (NfTensor) one =
      zero != NULL ? nf_op_clamp (zero, 1.0f, 1.0f, error) : NULL;

  return one != NULL && nf_tape_backward_from (tape, loss, one, error);
}
