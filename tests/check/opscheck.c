/* SPDX-License-Identifier: MIT
 *
 * opscheck — runs one row of the op test's table on one device
 *
 * Forward is compared with the naive reference: the result, and every input,
 * which must have changed as the naive one's did or not at all. The gradient
 * of L = sum (result * fixed weights) is compared with central differences of
 * the naive reference in double precision: single elements, and derivatives
 * along random directions, in which every element takes part. */
#include "opscheck.h"

#include <nextframe/core/ops/nfbackward.h>
#include "naivecheck.h"

#include <math.h>
#include <string.h>

#define STEP 1e-5 /* of the differences */
#define DIFFERENCE_ERROR 1e-15 /* nmse of the differences themselves */
#define MARGIN 1e-3 /* from kinks, ties and roundings, at least */
#define MAX_TRIES 1000
#define MAX_ELEMENTS 32
#define DIRECTIONS 2

typedef struct
{
  const OpRow *row;
  NfDevice *device;
  gboolean odd; /* tensors do not begin at aligned addresses */
  guint n_in;
  Naive *in[NF_OP_MAX_INPUTS];
  NfTensor *tensor[NF_OP_MAX_INPUTS];
  Naive *weights; /* of the result's elements in the loss */
} Case;

static void
fill (Naive *a, const OpRow *row, guint input, guint try)
{
  const NfRngKey key = { nf_hash_string (row->name), input + 16 * try,
    NF_RNG_TEST };
  const guint32 classes = (guint32) row->in[0].c;

  for (gsize i = 0; i < naive_elements (a); i++) {
    gfloat normal;

    switch (row->in[input].kind) {
      case OP_INPUT_POSITIVE:
        a->v[i] = 0.5f + nf_rng_uniform (&key, i);
        break;
      case OP_INPUT_BYTES:
        a->v[i] = nf_rng_below (&key, i, 256);
        break;
      case OP_INPUT_LABELS8:
      case OP_INPUT_LABELS64:
        a->v[i] = nf_rng_below (&key, i, classes);
        break;
      case OP_INPUT_BF16:
      case OP_INPUT_BF16_CONST:
        nf_rng_normal (&key, i, 1, &normal);
        a->v[i] = (gdouble) nf_bf16_to_f32 (nf_bf16_from_f32 (normal));
        break;
      default:
        nf_rng_normal (&key, i, 1, &normal);
        a->v[i] = row->in[input].kind == OP_INPUT_WIDE ? 30 * normal : normal;
        break;
    }
  }
}

/* the naive result for copies of the case's inputs, which come back in @in */
static Naive *
naive_run (const Case *self, Naive **in)
{
  for (guint i = 0; i < self->n_in; i++)
    in[i] = self->in[i] != NULL ? naive_copy (self->in[i]) : NULL;
  return naive_ops[self->row->op](in, self->n_in, self->row->params);
}

static void
free_inputs (Naive **in, guint n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&in[i], naive_free);
}

/* distance from kinks: far beyond the errors that the row allows */
static gdouble
margin_of (const OpRow *row)
{
  return MAX (MARGIN, 10 * sqrt (row->tolerance));
}

/* inputs that keep away from kinks */
static void
make_inputs (Case *self)
{
  for (guint try = 0; try < MAX_TRIES; try++) {
    Naive *copies[NF_OP_MAX_INPUTS] = { NULL };
    g_autoptr (Naive) out = NULL;

    free_inputs (self->in, self->n_in);
    for (guint i = 0; i < self->n_in; i++) {
      const OpInput *input = &self->row->in[i];

      if (input->kind == OP_INPUT_MISSING)
        continue;
      self->in[i] = naive_new (input->n, input->c, input->h, input->w);
      fill (self->in[i], self->row, i, try);
    }
    naive_margin = G_MAXDOUBLE;
    out = naive_run (self, copies);
    free_inputs (copies, self->n_in);
    if (naive_margin > margin_of (self->row))
      return;
  }
  g_error ("%s %s: no inputs away from kinks", nf_op_name (self->row->op),
      self->row->name);
}

static gboolean
has_gradient (const OpInput *input)
{
  return input->kind == OP_INPUT_GRAD || input->kind == OP_INPUT_WIDE
      || input->kind == OP_INPUT_BF16;
}

static NfDType
dtype_of (OpInputKind kind)
{
  if (kind == OP_INPUT_BYTES || kind == OP_INPUT_LABELS8)
    return NF_U8;
  if (kind == OP_INPUT_BF16 || kind == OP_INPUT_BF16_CONST)
    return NF_BF16;
  return kind == OP_INPUT_LABELS64 ? NF_I64 : NF_F32;
}

/* a tensor of the test; where addresses are to be odd, it begins one element
 * behind an aligned one */
static NfTensor *
new_tensor (const Case *self, const Naive *values, NfDType dtype)
{
  NfTensor *x = naive_to_tensor (self->device, values, dtype), *view;
  const gint64 n = (gint64) nf_tensor_elements (x);
  g_autoptr (NfTensor) room = NULL;
  g_autoptr (NfTensor) part = NULL;

  if (!self->odd)
    return x;
  room = nf_tensor_new (self->device, dtype, n + 1, 1, 1, 1, NULL);
  part = nf_tensor_batch_slice (room, 1, n, NULL);
  view = nf_tensor_reshape (part, x->n, x->c, x->h, x->w, NULL);
  g_assert_true (nf_tensor_copy (view, x, NULL));
  nf_tensor_unref (x);
  return view;
}

static void
make_tensors (Case *self)
{
  for (guint i = 0; i < self->n_in; i++) {
    const OpInputKind kind = self->row->in[i].kind;

    nf_tensor_clear (&self->tensor[i]);
    if (kind == OP_INPUT_MISSING)
      continue;
    self->tensor[i] = new_tensor (self, self->in[i], dtype_of (kind));
    self->tensor[i]->requires_grad = has_gradient (&self->row->in[i]);
  }
}

static void
case_init (Case *self, NfDevice *device, const OpRow *row, gboolean odd)
{
  *self = (Case){ row, device, odd };
  while (self->n_in < NF_OP_MAX_INPUTS
      && row->in[self->n_in].kind != OP_INPUT_NONE)
    self->n_in++;
  make_inputs (self);
  make_tensors (self);
}

static void
case_clear (Case *self)
{
  free_inputs (self->in, self->n_in);
  for (guint i = 0; i < self->n_in; i++)
    nf_tensor_clear (&self->tensor[i]);
  g_clear_pointer (&self->weights, naive_free);
}

/* through the public functions where these do more than run the kernel */
static gboolean
device_run (const Case *self, NfTensor **out, GError **error)
{
  NfTensor *const *in = self->tensor;
  gconstpointer params = self->row->params;

  *out = NULL;
  switch (self->row->op) {
    case NF_OP_CONV2D:
      *out = nf_op_conv2d_add (in[0], in[1], in[2], in[3], params, error);
      break;
    case NF_OP_RANDN:
      *out = nf_op_randn (self->device, params, error);
      break;
    case NF_OP_ADAM:
      return nf_op_adam (in[0], in[1], in[2], in[3], params, error);
    case NF_OP_EMA:
      return nf_op_ema (
          in[0], in[1], ((const NfEmaParams *) params)->rate, error);
    default:
      *out = nf_op_run (self->row->op, in, self->n_in, params, error);
      break;
  }
  return *out != NULL;
}

/* the result and what became of the inputs */
static gchar *
compare_forward (const Case *self, const gchar *what, const NfTensor *out)
{
  const gdouble tolerance = self->row->tolerance;
  Naive *in[NF_OP_MAX_INPUTS] = { NULL };
  g_autoptr (Naive) want = naive_run (self, in);
  gchar *miss = NULL;

  if (want != NULL)
    miss = naive_miss_tensor (what, out, want, tolerance);
  for (guint i = 0; i < self->n_in && miss == NULL; i++) {
    g_autofree gchar *name = g_strdup_printf ("%s, input %u after", what, i);

    if (in[i] == NULL)
      continue;
    miss = naive_miss_tensor (name, self->tensor[i], in[i], tolerance);
  }
  free_inputs (in, self->n_in);
  return miss;
}

static gchar *
check_forward (const Case *self)
{
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (GError) error = NULL;

  if (!device_run (self, &out, &error))
    return g_strdup_printf ("forward: %s", error->message);
  return compare_forward (self, "forward", out);
}

static gdouble
naive_loss (const Case *self)
{
  Naive *in[NF_OP_MAX_INPUTS] = { NULL };
  g_autoptr (Naive) out = naive_run (self, in);
  gdouble sum = 0;

  for (gsize i = 0; i < naive_elements (out); i++)
    sum += out->v[i] * self->weights->v[i];
  free_inputs (in, self->n_in);
  return sum;
}

/* adds step * direction (NULL: one element alone) to the input */
static void
move (Naive *a, const gdouble *direction, gsize element, gdouble step)
{
  if (direction == NULL) {
    a->v[element] += step;
    return;
  }
  for (gsize i = 0; i < naive_elements (a); i++)
    a->v[i] += step * direction[i];
}

/* dL along a direction or one element of an input */
static gdouble
slope (const Case *self, guint input, const gdouble *direction, gsize element)
{
  Naive *kept = self->in[input];
  Case moved = *self;
  gdouble loss[2];

  for (guint side = 0; side < 2; side++) {
    moved.in[input] = naive_copy (kept);
    move (moved.in[input], direction, element, side == 0 ? STEP : -STEP);
    loss[side] = naive_loss (&moved);
    naive_free (moved.in[input]);
  }
  return (loss[0] - loss[1]) / (2 * STEP);
}

static gdouble
gradient_tolerance (const OpRow *row)
{
  return MAX (10 * row->tolerance, DIFFERENCE_ERROR);
}

static gchar *
compare_elements (const Case *self, guint input, const Naive *grad)
{
  const gsize n = naive_elements (grad), count = MIN (n, MAX_ELEMENTS);
  const NfRngKey key = { n, input, NF_RNG_TEST + 1 };
  g_autofree gchar *what = g_strdup_printf ("gradient of input %u", input);
  gdouble got[MAX_ELEMENTS], want[MAX_ELEMENTS];

  for (gsize i = 0; i < count; i++) {
    gsize at = n <= MAX_ELEMENTS ? i : nf_rng_below (&key, i, (guint32) n);

    got[i] = grad->v[at];
    want[i] = slope (self, input, NULL, at);
  }
  return naive_miss (what, got, want, count, gradient_tolerance (self->row));
}

/* beside the norm, against which a slope near zero is small */
static gchar *
compare_directions (const Case *self, guint input, const Naive *grad)
{
  const gsize n = naive_elements (grad);
  g_autofree gdouble *direction = g_new (gdouble, n);
  g_autofree gchar *what =
      g_strdup_printf ("gradient of input %u along random directions", input);
  gdouble got[DIRECTIONS + 1] = { 0 }, want[DIRECTIONS + 1] = { 0 };

  for (guint k = 0; k < DIRECTIONS; k++) {
    const NfRngKey key = { n, 16 * k + input, NF_RNG_TEST + 2 };

    for (gsize i = 0; i < n; i++) {
      direction[i] = nf_rng_below (&key, i, 2) == 0 ? -1 : 1;
      got[k] += grad->v[i] * direction[i];
    }
    want[k] = slope (self, input, direction, 0);
  }
  for (gsize i = 0; i < n; i++)
    want[DIRECTIONS] += grad->v[i] * grad->v[i];
  got[DIRECTIONS] = want[DIRECTIONS] = sqrt (want[DIRECTIONS]);
  return naive_miss (
      what, got, want, DIRECTIONS + 1, gradient_tolerance (self->row));
}

static gchar *
compare_gradients (const Case *self)
{
  gchar *miss = NULL;

  for (guint i = 0; i < self->n_in && miss == NULL; i++) {
    g_autoptr (Naive) grad = NULL;

    if (!has_gradient (&self->row->in[i]))
      continue;
    if (self->tensor[i]->grad == NULL)
      return g_strdup_printf ("input %u has no gradient", i);
    if (self->tensor[i]->grad->dtype != self->tensor[i]->dtype)
      return g_strdup_printf ("gradient of input %u: wrong type", i);
    grad = naive_from_tensor (self->tensor[i]->grad);
    if (naive_elements (grad) != naive_elements (self->in[i]))
      return g_strdup_printf ("gradient of input %u: wrong shape", i);
    miss = compare_elements (self, i, grad);
    if (miss == NULL)
      miss = compare_directions (self, i, grad);
  }
  return miss;
}

/* weights of either sign, none of them small */
static void
make_weights (Case *self, const NfTensor *out)
{
  const NfRngKey key = { nf_hash_string (self->row->name), 99, NF_RNG_TEST };

  self->weights = naive_new (out->n, out->c, out->h, out->w);
  for (gsize i = 0; i < naive_elements (self->weights); i++) {
    gfloat u = nf_rng_uniform (&key, i) * 2 - 1;

    self->weights->v[i] = u < 0 ? u - 0.5f : u + 0.5f;
  }
}

/* data that the op's row says its gradient does not read */
typedef struct
{
  NfTensor *tensor;
  gpointer kept;
} Unread;

/* nf_tensor_set_nhwc() of data that the tape is not to see as changed */
static void
overwrite (NfTensor *tensor, gconstpointer data)
{
  g_assert_true (tensor->device->backend->upload (
      tensor->device, tensor->data, data, tensor->bytes, NULL));
}

static void
spoil (Unread *unread, guint *n, NfTensor *tensor)
{
  g_autofree guint8 *nan = g_malloc (tensor->bytes);

  unread[*n].tensor = tensor;
  unread[*n].kept = g_malloc (tensor->bytes);
  g_assert_true (nf_tensor_to_nhwc (tensor, unread[*n].kept, NULL));
  memset (nan, 0xff, tensor->bytes);
  overwrite (tensor, nan);
  ++*n;
}

/* so that a gradient that reads it after all is wrong; on devices that let such
 * data go */
static guint
spoil_unread (const Case *self, NfTensor *out, Unread *unread)
{
  const NfOp op = self->row->op;
  const NfOpCall call = { .op = op, .params = self->row->params };
  guint n = 0;

  if (!self->device->backend->lean_backward)
    return 0;
  for (guint i = 0; i < self->n_in; i++)
    if (self->tensor[i] != NULL && !(nf_op_input_facts (op, i) & NF_IN_READ))
      spoil (unread, &n, self->tensor[i]);
  if (!nf_op_reads_result (&call))
    spoil (unread, &n, out);
  return n;
}

static void
restore_unread (Unread *unread, guint n)
{
  for (guint i = 0; i < n; i++) {
    overwrite (unread[i].tensor, unread[i].kept);
    g_free (unread[i].kept);
  }
}

/* the result in @out, and where it has one, the gradients of the inputs */
static gboolean
record_and_run (Case *self, NfTensor **out, gchar **miss, GError **error)
{
  g_autoptr (NfTape) tape = nf_tape_new ();
  g_autoptr (NfTensor) weights = NULL;
  Unread unread[NF_OP_MAX_INPUTS + 1];
  gboolean done;
  guint n;

  make_tensors (self);
  nf_tape_begin (tape);
  done = device_run (self, out, error);
  nf_tape_end (tape);
  if (!done || !op_row_has_gradient (self->row))
    return done;
  *miss = compare_forward (self, "recorded forward", *out);
  make_weights (self, *out);
  weights = new_tensor (self, self->weights, (*out)->dtype);
  naive_free (self->weights);
  self->weights = naive_from_tensor (weights); /* as rounded */
  n = spoil_unread (self, *out, unread);
  done = nf_tape_backward_from (tape, *out, weights, error);
  restore_unread (unread, n);
  return done;
}

static gchar *
check_backward (Case *self)
{
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (GError) error = NULL;
  gchar *miss = NULL;

  if (!record_and_run (self, &out, &miss, &error)) {
    g_free (miss);
    return g_strdup_printf ("recorded run: %s", error->message);
  }
  return miss != NULL ? miss : compare_gradients (self);
}

/**
 * op_row_has_gradient:
 * @row: a row of the table
 *
 * Returns: whether the gradient of any input is checked
 */
gboolean
op_row_has_gradient (const OpRow *row)
{
  for (guint i = 0; i < NF_OP_MAX_INPUTS; i++)
    if (has_gradient (&row->in[i]))
      return TRUE;
  return FALSE;
}

/* bf16 where any input is, bytes where all are */
static NfDType
type_of (const Case *self)
{
  NfDType type = self->n_in > 0 ? NF_U8 : NF_F32;

  for (guint i = 0; i < self->n_in; i++) {
    const NfTensor *x = self->tensor[i];

    if (x != NULL && x->dtype == NF_BF16)
      return NF_BF16;
    if (x != NULL && x->dtype != NF_U8)
      type = NF_F32;
  }
  return type;
}

/**
 * op_row_check:
 * @device: where the op runs
 * @row: a row of the table
 * @errors: (out) (optional): how much results differ
 *
 * Returns: (transfer full) (nullable): what is wrong, in a sentence
 */
gchar *
op_row_check (NfDevice *device, const OpRow *row, OpErrors *errors)
{
  OpErrors seen = { 0 };
  Case self;
  gchar *miss;

  case_init (&self, device, row, FALSE);
  seen.dtype = type_of (&self);
  naive_error = 0;
  miss = check_forward (&self);
  seen.forward = naive_error;
  naive_error = 0;
  if (miss == NULL && op_row_has_gradient (row))
    miss = check_backward (&self);
  seen.backward = naive_error;
  case_clear (&self);
  if (errors != NULL)
    *errors = seen;
  return miss;
}

/* what both cases came to: the results, the inputs and their gradients */
static gchar *
compare_cases (const Case *self, const NfTensor *out, const Case *other,
    const NfTensor *other_out)
{
  const gdouble tolerance = 10 * self->row->tolerance;
  g_autoptr (Naive) result =
      other_out != NULL ? naive_from_tensor (other_out) : NULL;
  gchar *miss = NULL;

  if (result != NULL)
    miss = naive_miss_tensor ("result", out, result, tolerance);
  for (guint i = 0; i < self->n_in && miss == NULL; i++) {
    const NfTensor *a = self->tensor[i], *b = other->tensor[i];
    g_autoptr (Naive) after = b != NULL ? naive_from_tensor (b) : NULL;
    g_autoptr (Naive) grad = NULL;

    if (b == NULL)
      continue;
    miss = naive_miss_tensor ("input", a, after, tolerance);
    if (b->grad == NULL || miss != NULL)
      continue;
    grad = naive_from_tensor (b->grad);
    miss = naive_miss_tensor ("gradient", a->grad, grad, tolerance);
  }
  return miss;
}

/**
 * op_row_check_odd:
 * @device: where the op runs
 * @row: a row of the table
 *
 * Compares what the op does with tensors at odd addresses and at aligned ones.
 *
 * Returns: (transfer full) (nullable): what differs, in a sentence
 */
gchar *
op_row_check_odd (NfDevice *device, const OpRow *row)
{
  Case cases[2];
  NfTensor *out[2] = { NULL };
  gchar *miss = NULL;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *naive = NULL;

    case_init (&cases[i], device, row, i == 0);
    if (!record_and_run (&cases[i], &out[i], &naive, &error) && miss == NULL)
      miss = g_strdup (error->message);
  }
  if (miss == NULL)
    miss = compare_cases (&cases[0], out[0], &cases[1], out[1]);
  for (guint i = 0; i < 2; i++) {
    nf_tensor_clear (&out[i]);
    case_clear (&cases[i]);
  }
  return miss;
}

static void
append (GByteArray *bytes, const NfTensor *tensor)
{
  const guint at = bytes->len;

  g_byte_array_set_size (bytes, at + (guint) tensor->bytes);
  g_assert_true (nf_tensor_to_nhwc (tensor, bytes->data + at, NULL));
}

/**
 * op_row_outcome:
 * @device: where the op runs
 * @row: a row of the table
 *
 * Returns: (transfer full): the bits of the result, of the inputs afterwards
 *   and of their gradients
 */
GBytes *
op_row_outcome (NfDevice *device, const OpRow *row)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (NfTensor) out = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *miss = NULL;
  Case self;

  case_init (&self, device, row, FALSE);
  record_and_run (&self, &out, &miss, &error);
  g_assert_no_error (error);
  if (out != NULL)
    append (bytes, out);
  for (guint i = 0; i < self.n_in; i++) {
    if (self.tensor[i] == NULL)
      continue;
    append (bytes, self.tensor[i]);
    if (self.tensor[i]->grad != NULL)
      append (bytes, self.tensor[i]->grad);
  }
  case_clear (&self);
  return g_byte_array_free_to_bytes (bytes);
}
