/* SPDX-License-Identifier: MIT
 *
 * tape — recording, backward, and what it refuses */
#include <nextframe/core/ops/nfbackward.h>
#include "testdevice.h"

#include <string.h>

static NfDevice *device;

static const NfAxpbyParams sum = { 1, 1, NF_ACT_NONE };

static NfTensor *
filled (gfloat value)
{
  return nf_tensor_new_filled (device, 1, 2, 3, 1, value, NULL);
}

static NfTensor *
parameter (gfloat value)
{
  NfTensor *t = filled (value);

  t->requires_grad = TRUE;
  return t;
}

static NfTensor *
scaled (NfTensor *x, gfloat factor)
{
  const NfAxpbyParams params = { factor, 0, NF_ACT_NONE };

  return nf_op_axpby (x, NULL, &params, NULL);
}

static void
assert_filled (const NfTensor *t, gfloat value)
{
  gfloat got[6];

  g_assert_nonnull (t);
  g_assert_cmpuint (t->bytes, ==, sizeof got);
  g_assert_true (nf_tensor_to_nhwc (t, got, NULL));
  for (guint i = 0; i < 6; i++)
    g_assert_cmpfloat (got[i], ==, value);
}

static gboolean
held_once (NfTensor *t)
{
  return g_atomic_ref_count_compare (&t->refs, 1);
}

/* data goes that no gradient reads, and stays where one does or somebody holds
 * the tensor: z = relu (3 (2 x)) and 2 x; a device may also keep it all */
static void
test_unread_data_goes (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) one = filled (1);
  g_autoptr (NfTensor) z = NULL;
  NfTensor *unread, *read, *held;
  gboolean lean = device->backend->lean_backward;

  nf_tape_begin (tape);
  unread = scaled (x, 2);
  read = scaled (unread, 3);
  held = scaled (x, 2);
  z = nf_op_activation (read, NF_ACT_RELU, NULL);
  nf_tape_end (tape);
  nf_tensor_unref (unread); /* the tape has references yet */
  nf_tensor_unref (read);
  g_assert_true ((unread->data == NULL) == lean);
  g_assert_nonnull (read->data);
  assert_filled (held, 2);
  assert_filled (z, 6);
  g_assert_true (nf_tape_backward_from (tape, z, one, NULL));
  assert_filled (x->grad, 6);
  assert_filled (held, 2);
  nf_tensor_unref (held);
}

/* y = 2 x + 3 x, and x again by itself: 6 dy */
static void
test_tensor_used_twice (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) one = filled (1);
  g_autoptr (NfTensor) a = NULL;
  g_autoptr (NfTensor) b = NULL;
  g_autoptr (NfTensor) ab = NULL;
  g_autoptr (NfTensor) y = NULL;

  nf_tape_begin (tape);
  a = scaled (x, 2);
  b = scaled (x, 3);
  ab = nf_op_axpby (a, b, &sum, NULL);
  y = nf_op_axpby (ab, x, &sum, NULL);
  nf_tape_end (tape);
  g_assert_true (nf_tape_backward_from (tape, y, one, NULL));
  assert_filled (y, 6);
  assert_filled (x->grad, 6);
  /* what lies between holds no gradient, and the tape holds nothing */
  g_assert_null (y->grad);
  g_assert_null (a->grad);
  g_assert_true (held_once (a) && held_once (y) && held_once (x->grad));
}

static void
test_same_tensor_as_both_inputs (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) one = filled (1);
  g_autoptr (NfTensor) y = NULL;

  nf_tape_begin (tape);
  y = nf_op_axpby (x, x, &sum, NULL);
  nf_tape_end (tape);
  g_assert_true (nf_tape_backward_from (tape, y, one, NULL));
  assert_filled (x->grad, 2);
}

/* gradients add up over several passes, until they are cleared */
static void
test_passes_add_up (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) one = filled (1);

  for (guint pass = 1; pass <= 3; pass++) {
    g_autoptr (NfTensor) y = NULL;

    nf_tape_begin (tape);
    y = scaled (x, 4);
    nf_tape_end (tape);
    g_assert_true (nf_tape_backward_from (tape, y, one, NULL));
    assert_filled (x->grad, 4 * pass);
    assert_filled (one, 1);
  }
  nf_tensor_clear (&x->grad);
}

static void
test_loss_is_a_scalar_of_one (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (3);
  g_autoptr (NfTensor) z = filled (1);
  g_autoptr (NfTensor) loss = NULL;

  nf_tape_begin (tape);
  loss = nf_op_noise_loss (x, z, NULL, NULL);
  nf_tape_end (tape);
  g_assert_cmpfloat (nf_tensor_scalar (loss, NULL), ==, 12);
  g_assert_true (nf_tape_backward (tape, loss, NULL));
  assert_filled (x->grad, 2);
  g_assert_null (z->grad);
}

/* only what is asked for: the data's gradient is not computed */
static void
test_only_marked_tensors (void)
{
  const NfConv2dParams params = { 1, 0, NF_ACT_NONE };
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = filled (1);
  g_autoptr (NfTensor) weight =
      nf_tensor_new_filled (device, 2, 2, 1, 1, 1, NULL);
  g_autoptr (NfTensor) bias =
      nf_tensor_new_filled (device, 1, 2, 1, 1, 0, NULL);
  g_autoptr (NfTensor) one = filled (1);
  g_autoptr (NfTensor) y = NULL;

  bias->requires_grad = TRUE;
  nf_tape_begin (tape);
  y = nf_op_conv2d (x, weight, bias, &params, NULL);
  nf_tape_end (tape);
  g_assert_true (nf_tape_backward_from (tape, y, one, NULL));
  g_assert_null (x->grad);
  g_assert_null (weight->grad);
  g_assert_cmpfloat (nf_tensor_scalar (bias->grad, NULL), ==, 3);
}

static void
test_no_tape_keeps_nothing (void)
{
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) y = scaled (x, 2);

  g_assert_null (nf_tape_current ());
  g_assert_false (y->requires_grad);
  g_assert_true (held_once (x) && held_once (y));
}

/* nothing marked: nothing recorded */
static void
test_unmarked_inputs_keep_nothing (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = filled (1);
  g_autoptr (NfTensor) y = NULL;

  nf_tape_begin (tape);
  g_assert_true (nf_tape_current () == tape);
  y = scaled (x, 2);
  nf_tape_end (tape);
  g_assert_false (y->requires_grad);
  g_assert_true (held_once (x) && held_once (y));
}

/* a tape that is thrown away gives everything back */
static void
test_tape_without_backward (void)
{
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) y = NULL;

  nf_tape_begin (tape);
  y = scaled (x, 2);
  nf_tape_end (tape);
  g_assert_false (held_once (x));
  g_clear_pointer (&tape, nf_tape_free);
  g_assert_true (held_once (x) && held_once (y));
}

static gpointer
run_elsewhere (gpointer data)
{
  g_assert_null (nf_tape_current ());
  return scaled (data, 2);
}

static void
test_other_threads_are_not_recorded (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) y = NULL;

  nf_tape_begin (tape);
  y = g_thread_join (g_thread_new ("elsewhere", run_elsewhere, x));
  nf_tape_end (tape);
  g_assert_false (y->requires_grad);
  g_assert_true (held_once (x));
}

static void
check_change_is_refused (gboolean by_optimiser)
{
  const NfActivationParams silu = { NF_ACT_SILU };
  const NfAdamParams adam = { 0.1, 0.9, 0.999, 1e-8, 0, 1, 1, TRUE };
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) one = filled (1);
  g_autoptr (NfTensor) m = filled (0);
  g_autoptr (NfTensor) v = filled (0);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (GError) error = NULL;

  nf_tape_begin (tape);
  y = nf_op_run (NF_OP_ACTIVATION, &x, 1, &silu, NULL);
  nf_tape_end (tape);
  if (by_optimiser)
    g_assert_true (nf_op_adam (x, one, m, v, &adam, NULL));
  else
    g_assert_true (nf_tensor_zero (x, NULL));
  g_assert_false (nf_tape_backward_from (tape, y, one, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "activation"));
  g_assert_nonnull (strstr (error->message, "changed"));
  g_assert_null (x->grad);
  /* the tape is empty again */
  g_assert_true (held_once (x) && held_once (y) && y->grad == NULL);
}

static void
test_changed_input_fails (void)
{
  check_change_is_refused (FALSE);
  check_change_is_refused (TRUE);
}

static void
test_op_without_gradient_fails (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) plain = filled (1);
  g_autoptr (GError) error = NULL;

  nf_tape_begin (tape);
  g_assert_null (nf_op_argmax (x, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "argmax"));
  g_clear_error (&error);
  g_assert_null (nf_op_sum_squares (x, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED);
  {
    g_autoptr (NfTensor) fine = nf_op_argmax (plain, NULL);

    g_assert_nonnull (fine);
  }
  nf_tape_end (tape);
  g_assert_true (held_once (x));
}

/* a failed op leaves the tape as it was */
static void
test_failed_op_is_not_recorded (void)
{
  const NfConv2dParams params = { 1, 0, NF_ACT_NONE };
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) weight =
      nf_tensor_new_filled (device, 2, 5, 1, 1, 1, NULL);
  g_autoptr (GError) error = NULL;

  nf_tape_begin (tape);
  g_assert_null (nf_op_conv2d (x, weight, NULL, &params, &error));
  nf_tape_end (tape);
  g_assert_error (error, NF_ERROR, NF_ERROR_SHAPE);
  g_assert_true (held_once (x));
}

static void
test_backward_of_another_shape_fails (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = parameter (1);
  g_autoptr (NfTensor) y = NULL;
  g_autoptr (GError) error = NULL;

  nf_tape_begin (tape);
  y = scaled (x, 2);
  nf_tape_end (tape);
  g_assert_false (nf_tape_backward (tape, y, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_true (held_once (x) && x->grad == NULL);
}

static void
test_backward_without_parameters_fails (void)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) x = filled (1);
  g_autoptr (NfTensor) loss = NULL;
  g_autoptr (GError) error = NULL;

  nf_tape_begin (tape);
  loss = nf_op_noise_loss (x, x, NULL, NULL);
  nf_tape_end (tape);
  g_assert_false (nf_tape_backward (tape, loss, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
}

#define ADD(name) g_test_add_func ("/tape/" #name, test_##name)

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = test_device_open ();
  ADD (unread_data_goes);
  ADD (tensor_used_twice);
  ADD (same_tensor_as_both_inputs);
  ADD (passes_add_up);
  ADD (loss_is_a_scalar_of_one);
  ADD (only_marked_tensors);
  ADD (no_tape_keeps_nothing);
  ADD (unmarked_inputs_keep_nothing);
  ADD (tape_without_backward);
  ADD (other_threads_are_not_recorded);
  ADD (changed_input_fails);
  ADD (op_without_gradient_fails);
  ADD (failed_op_is_not_recorded);
  ADD (backward_of_another_shape_fails);
  ADD (backward_without_parameters_fails);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
