/* SPDX-License-Identifier: MIT
 *
 * nfbackward — gradients, from a tape's records in reverse */
#include <nextframe/core/ops/nfbackward.h>

#include <nextframe/core/ops/nfobserve.h>

/* adds to a gradient; in place where this is the only reference to it */
static gboolean
accumulate (NfTensor *tensor, NfTensor *grad, GError **error)
{
  static const NfAxpbyParams sum = {
    .alpha = 1.0f, .beta = 1.0f, .act = NF_ACT_NONE
  };
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

/* of what was recorded last */
static gboolean
last_backward (NfTape *tape, GError **error)
{
  NfOpCall *call = nf_tape_last (tape);
  NfOpBackward backward = call->device->backend->ops[call->op].backward;
  NfTensor *grad_in[NF_OP_MAX_INPUTS] = { NULL };
  gboolean ok = nf_tape_last_unchanged (tape, error);
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

gboolean
nf_tape_backward_from (
    NfTape *tape, NfTensor *output, NfTensor *grad_out, GError **error)
{
  gboolean ok = TRUE;
  NfOpCall *call;

  g_return_val_if_fail (nf_tape_current () == NULL, FALSE);
  if (!output->requires_grad || !nf_tensor_same_shape (output, grad_out)
      || output->dtype != grad_out->dtype) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "backward: the output depends on no parameter, or its gradient has "
        "another shape or type");
    ok = FALSE;
  } else {
    ok = accumulate (output, grad_out, error);
  }
  while ((call = nf_tape_last (tape)) != NULL) {
    if (ok && call->out->grad != NULL)
      ok = last_backward (tape, error);
    else
      nf_tensor_clear (&call->out->grad);
    nf_tape_drop_last (tape);
  }
  return ok;
}

gboolean
nf_tape_backward (NfTape *tape, NfTensor *loss, GError **error)
{
  /* by ops alone, so that a graph can capture it */
  g_autoptr (NfTensor) zero =
      nf_tensor_new_zeros (loss->device, NF_F32, 1, 1, 1, 1, error);
  g_autoptr (NfTensor) one = nf_op_clamp (zero, 1.0f, 1.0f, error);

  return one != NULL && nf_tape_backward_from (tape, loss, one, error);
}
