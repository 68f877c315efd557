/* SPDX-License-Identifier: MIT
 *
 * failingops — ops whose memory runs out, forward and backward
 *
 * What an op needs beside its tensors, sums and rows, is sized by their shapes.
 * The rows are so wide that each of these is at least %FAILING_MEMORY_LEAST bytes:
 * each allocation fails once, which is an error that speaks of memory.
 * Sibling: failingmemory.c, networks from their file to the first frame */
#include <nextframe/core/ops/nfbackward.h>

#include "failingmemory.h"

#include <omp.h>
#include <string.h>

#define MANY 528 /* channels: doubles for each are more than 4096 bytes */
#define PIECES (520 * 16384) /* elements: a double for each piece, likewise */

/* inputs: with a gradient, without one, bytes, labels */
#define X(...)                                                                 \
  {                                                                            \
    { __VA_ARGS__ }, NF_F32, TRUE                                              \
  }
#define C(...)                                                                 \
  {                                                                            \
    { __VA_ARGS__ }, NF_F32, FALSE                                             \
  }
#define U8(...)                                                                \
  {                                                                            \
    { __VA_ARGS__ }, NF_U8, FALSE                                              \
  }
#define L64(...)                                                               \
  {                                                                            \
    { __VA_ARGS__ }, NF_I64, FALSE                                             \
  }
#define P(TYPE, ...)                                                           \
  &(const Nf##TYPE##Params)                                                    \
  {                                                                            \
    __VA_ARGS__                                                                \
  }

typedef struct
{
  gint64 shape[4]; /* n, c, h, w; all 0: not given */
  NfDType dtype;
  gboolean grad;
} Input;

typedef struct
{
  NfOp op;
  const gchar *name;
  gconstpointer params;
  guint n_in;
  Input in[NF_OP_MAX_INPUTS];
} Row;

/* clang-format off */
static const Row rows[] = {
  { NF_OP_CONV2D, "bias", P (Conv2d, .stride = 1, .pad = 1), 3,
    { C (1, 8, 4, 4), C (MANY, 8, 3, 3), X (1, MANY, 1, 1) } },
  { NF_OP_CONV2D, "tiles", P (Conv2d, .stride = 1, .pad = 1), 3,
    { X (1, 32, 16, 16), X (MANY, 32, 3, 3), X (1, MANY, 1, 1) } },
  { NF_OP_CONV2D_CAT, "up", P (Conv2dCat, .up = TRUE, .bias = TRUE), 3,
    { X (MANY, 8, 3, 3), X (1, 8, 3, 3), X (1, MANY, 1, 1) } },
  { NF_OP_LINEAR, "bias", P (Linear, .transposed = FALSE), 3,
    { X (1, 8, 3, 3), X (MANY, 8, 1, 1), X (1, MANY, 1, 1) } },
  { NF_OP_ATTENTION, "heads", P (Attention, .heads = 2), 3,
    { X (1, 32, 8, 8), X (1, 32, 8, 8), X (1, 32, 8, 8) } },
  { NF_OP_GROUP_NORM, "all", P (GroupNorm, .groups = 16, .eps = 1e-5f, .act = NF_ACT_SILU), 7,
    { X (2, MANY, 3, 3), X (1, 2 * MANY, 1, 1), X (1, 2 * MANY, 1, 1), X (2, 2 * MANY, 3, 3),
      X (2, 2 * MANY, 3, 3), X (2, 4 * MANY, 1, 1), X (2, MANY, 3, 3) } },
  { NF_OP_BATCH_NORM, "training", P (BatchNorm, .training = TRUE, .momentum = 0.1f, .eps = 1e-5f), 6,
    { X (2, MANY, 3, 3), X (1, MANY, 1, 1), X (1, MANY, 1, 1), C (1, MANY, 1, 1), C (1, MANY, 1, 1),
      X (2, MANY, 3, 3) } },
  { NF_OP_MODULATE, "vectors", P (No, 0), 3,
    { X (2, MANY, 3, 3), X (2, MANY, 1, 1), X (2, MANY, 1, 1) } },
  { NF_OP_NORMALIZE, "bytes", P (Normalize, .period = 1, .scale = { 2 }), 1, { U8 (1, 3, 32, 32) } },
  { NF_OP_FIR, "up", P (Fir, .up = TRUE), 1, { X (1, 16, 8, 64) } },
  { NF_OP_FIR, "down", P (Fir, .up = FALSE), 1, { X (1, 16, 8, 64) } },
  { NF_OP_RESIZE, "smaller", P (Resize, .h = 7, .w = 133), 1, { U8 (1, 3, 20, 400) } },
  { NF_OP_CROSS_ENTROPY, "weights", P (CrossEntropy, .ignores = FALSE), 3,
    { X (1, 2 * MANY, 5, 5), L64 (1, 1, 5, 5), C (1, 2 * MANY, 1, 1) } },
  { NF_OP_DICE_LOSS, "images", P (DiceLoss, .smooth = 1), 2,
    { X (2, 2 * MANY, 5, 5), L64 (2, 1, 5, 5) } },
  { NF_OP_NOISE_LOSS, "pieces", P (NoiseLoss, .absolute = FALSE), 2,
    { X (1, 1, 1, PIECES), C (1, 1, 1, PIECES) } },
  { NF_OP_SUM_SQUARES, "pieces", P (No, 0), 1, { C (1, 1, 1, PIECES) } },
};
/* clang-format on */

/* ones; labels are 0 */
static NfTensor *
new_input (NfDevice *device, const Input *input, GError **error)
{
  const gint64 *s = input->shape;
  NfTensor *t =
      nf_tensor_new (device, input->dtype, s[0], s[1], s[2], s[3], error);

  if (t == NULL)
    return NULL;
  memset (t->data, 0, t->bytes);
  for (gsize i = 0; input->dtype == NF_F32 && i < nf_tensor_elements (t); i++)
    ((gfloat *) t->data)[i] = 1;
  t->requires_grad = input->grad;
  return t;
}

static gboolean
run_with (const Row *row, NfTensor *const *in, GError **error)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (NfTensor) grad_out = NULL;
  gboolean has_gradient = FALSE;

  nf_tape_begin (tape);
  out = nf_op_run (row->op, in, row->n_in, row->params, error);
  nf_tape_end (tape);
  for (guint i = 0; i < row->n_in; i++)
    has_gradient |= row->in[i].grad;
  if (out == NULL || !has_gradient)
    return out != NULL;
  grad_out = new_input (out->device,
      &(const Input){ { out->n, out->c, out->h, out->w }, out->dtype, FALSE },
      error);
  return grad_out != NULL && nf_tape_backward_from (tape, out, grad_out, error);
}

typedef struct
{
  const Row *row;
  NfDevice *device;
} Case;

/* with inputs of its own: packed copies of weights go with them */
static gboolean
run (gpointer data, GError **error)
{
  const Case *self = data;
  NfTensor *in[NF_OP_MAX_INPUTS] = { NULL };
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < self->row->n_in; i++)
    if (self->row->in[i].shape[0] > 0) {
      in[i] = new_input (self->device, &self->row->in[i], error);
      ok = in[i] != NULL;
    }
  ok = ok && run_with (self->row, in, error);
  for (guint i = 0; i < self->row->n_in; i++)
    nf_tensor_clear (&in[i]);
  return ok;
}

static void
test_row (gconstpointer data)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  Case self = { data, device };

  failing_memory_check (run, &self, 2);
}

int
main (int argc, char **argv)
{
  /* each tensor is an allocation */
  g_setenv ("NEXTFRAME_NO_POOL", "1", TRUE);
  g_test_init (&argc, &argv, NULL);
  if (!failing_memory_works ()) {
    g_print ("allocations cannot be made to fail here\n");
    return 77;
  }
  /* which allocation is which is the same */
  omp_set_num_threads (1);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strdup_printf (
        "/failing-ops/%s/%s", nf_op_name (rows[i].op), rows[i].name);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  return g_test_run ();
}
