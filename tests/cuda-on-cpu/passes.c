/* SPDX-License-Identifier: MIT
 *
 * passes — what the CUDA backend reads and writes for an op, pass by pass */
#include "passes.h"

#include <nextframe/core/ops/nfops.h>
#include <nextframe/core/tensor/nftensor.h>

const gchar *const pass_names[N_PASSES] = {
  [PASS_CONVOLUTION] = "convolutions",
  [PASS_PRODUCT] = "products",
  [PASS_ATTENTION] = "attention",
  [PASS_NORM] = "normalisation and modulation",
  [PASS_OTHER] = "resizing, sums, casts, loss",
  [PASS_CONVOLUTION_BACK] = "gradients of convolutions",
  [PASS_PRODUCT_BACK] = "of products",
  [PASS_ATTENTION_BACK] = "of attention",
  [PASS_NORM_BACK] = "of normalisation and modulation",
  [PASS_BIAS] = "of biases, with those through gains",
  [PASS_CONVERSION] = "gradients of weights from bf16 to f32",
  [PASS_SUM] = "sums of gradients",
  [PASS_OTHER_BACK] = "of resizing, sums, casts, loss",
};

static gdouble
bytes_of (const NfTensor *t)
{
  return t != NULL ? (gdouble) t->bytes : 0.0;
}

static gboolean
is_bf16 (const NfOpCall *call)
{
  return call->out->dtype == NF_BF16;
}

/* of a parameter, in the type that it is multiplied in */
static gdouble
parameter_bytes (const NfOpCall *call, guint i)
{
  return bytes_of (call->in[i]) / (is_bf16 (call) ? 2 : 1);
}

static gboolean
wants (const NfOpCall *call, guint i)
{
  return call->in[i] != NULL && call->in[i]->requires_grad;
}

/* an input that is wanted: what it takes beside itself, and writes */
static gdouble
gradient (const NfOpCall *call, guint i, gdouble reads, gdouble writes)
{
  return wants (call, i) ? reads + writes : 0.0;
}

/* dW, which cuDNN gives in the type of its factors, and the pass that widens it */
static void
add_weight (Passes *p, const NfOpCall *call, guint weight, gdouble reads)
{
  const gdouble dw = bytes_of (call->in[weight]);

  p->bytes[PASS_CONVOLUTION_BACK] +=
      gradient (call, weight, reads, parameter_bytes (call, weight));
  if (is_bf16 (call))
    p->bytes[PASS_CONVERSION] += gradient (call, weight, dw / 2, dw);
}

/* @own: kernels of ours; one finishes what cuDNN does not */
static void
conv (Passes *p, const NfOpCall *call, guint own)
{
  const gdouble y = bytes_of (call->out),
                past = bytes_of (call->in[NF_CONV2D_RESIDUAL]);

  p->bytes[PASS_CONVOLUTION] += bytes_of (call->in[NF_CONV2D_X])
      + parameter_bytes (call, NF_CONV2D_WEIGHT) + past + y
      + (own > 0 ? 2 * y : 0.0);
}

static void
conv_back (Passes *p, const NfOpCall *call)
{
  const NfConv2dParams *params = call->params;
  const gdouble dy = bytes_of (call->out), x = bytes_of (call->in[NF_CONV2D_X]);
  const gboolean relu = params->act == NF_ACT_RELU;

  if (relu || params->gain != 0.0f || wants (call, NF_CONV2D_RESIDUAL))
    p->bytes[PASS_BIAS] += 2 * dy + (relu ? dy : 0.0);
  else
    p->bytes[PASS_BIAS] += gradient (call, NF_CONV2D_BIAS, dy, 0.0);
  p->bytes[PASS_CONVOLUTION_BACK] += gradient (
      call, NF_CONV2D_X, dy + parameter_bytes (call, NF_CONV2D_WEIGHT), x);
  add_weight (p, call, NF_CONV2D_WEIGHT, x + dy);
}

/* a second input is a product of its own, which adds to the first one's */
static void
linear (Passes *p, const NfOpCall *call)
{
  const gdouble skip = bytes_of (call->in[NF_LINEAR_SKIP]),
                y = bytes_of (call->out);

  p->bytes[PASS_PRODUCT] += bytes_of (call->in[NF_LINEAR_X]) + skip
      + parameter_bytes (call, NF_LINEAR_WEIGHT) + y + (skip > 0 ? 2 * y : 0.0);
}

static void
linear_back (Passes *p, const NfOpCall *call)
{
  const gdouble dy = bytes_of (call->out);
  const gdouble inputs = call->in[NF_LINEAR_SKIP] != NULL ? 2 : 1;
  const gdouble x =
      bytes_of (call->in[NF_LINEAR_X]) + bytes_of (call->in[NF_LINEAR_SKIP]);

  p->bytes[PASS_PRODUCT_BACK] +=
      gradient (call, NF_LINEAR_X,
          inputs * dy + parameter_bytes (call, NF_LINEAR_WEIGHT), x)
      + gradient (call, NF_LINEAR_WEIGHT, x + inputs * dy,
          bytes_of (call->in[NF_LINEAR_WEIGHT]));
  p->bytes[PASS_BIAS] += gradient (call, NF_LINEAR_BIAS, dy, 0.0);
}

/* q, k, v and y are of one size: dy y; q k v dy, dq; the same, dk; q k dy, dv */
static void
attention_back (Passes *p, const NfOpCall *call)
{
  p->bytes[PASS_ATTENTION_BACK] += 16 * bytes_of (call->out);
}

/* values that the first pass reads, and those of modulation */
static gdouble
norm_values (const NfOpCall *call)
{
  return bytes_of (call->in[NF_GROUP_NORM_X])
      + bytes_of (call->in[NF_GROUP_NORM_SKIP]);
}

static gdouble
norm_maps (const NfOpCall *call)
{
  return bytes_of (call->in[NF_GROUP_NORM_SCALE])
      + bytes_of (call->in[NF_GROUP_NORM_SHIFT]);
}

/* one kernel where groups are small, else sums, statistics and values */
static void
norm (Passes *p, const NfOpCall *call, guint own)
{
  p->bytes[PASS_NORM] += (own > 1 ? 2 : 1) * norm_values (call)
      + norm_maps (call) + bytes_of (call->out);
}

static void
norm_back (Passes *p, const NfOpCall *call, guint own)
{
  const gdouble first =
      norm_values (call) + norm_maps (call) + bytes_of (call->out);

  p->bytes[PASS_NORM_BACK] += (own > 2 ? 2 : 1) * first + norm_values (call)
      + gradient (call, NF_GROUP_NORM_SCALE, 0.0, norm_maps (call));
}

/* everything that the op reads, and its result or its gradients */
static gdouble
inputs (const NfOpCall *call)
{
  gdouble sum = 0.0;

  for (guint i = 0; i < call->n_in; i++)
    sum += bytes_of (call->in[i]);
  return sum;
}

static gdouble
other_back (const NfOpCall *call)
{
  gdouble sum = bytes_of (call->out);

  if (nf_op_reads_result (call))
    sum += bytes_of (call->out);
  for (guint i = 0; i < call->n_in; i++) {
    if (nf_op_input_facts (call->op, i) & NF_IN_READ)
      sum += bytes_of (call->in[i]);
    sum += gradient (call, i, 0.0, bytes_of (call->in[i]));
  }
  return sum;
}

static PassKind
forward_bytes (Passes *p, const NfOpCall *call, guint own)
{
  switch (call->op) {
    case NF_OP_CONV2D:
      conv (p, call, own);
      return PASS_CONVOLUTION;
    case NF_OP_LINEAR:
      linear (p, call);
      return PASS_PRODUCT;
    case NF_OP_ATTENTION:
      p->bytes[PASS_ATTENTION] += inputs (call) + bytes_of (call->out);
      return PASS_ATTENTION;
    case NF_OP_GROUP_NORM:
      norm (p, call, own);
      return PASS_NORM;
    default:
      p->bytes[PASS_OTHER] += inputs (call) + bytes_of (call->out);
      return PASS_OTHER;
  }
}

static PassKind
backward_bytes (Passes *p, const NfOpCall *call, guint own)
{
  switch (call->op) {
    case NF_OP_CONV2D:
      conv_back (p, call);
      return PASS_CONVOLUTION_BACK;
    case NF_OP_LINEAR:
      linear_back (p, call);
      return PASS_PRODUCT_BACK;
    case NF_OP_ATTENTION:
      attention_back (p, call);
      return PASS_ATTENTION_BACK;
    case NF_OP_GROUP_NORM:
      norm_back (p, call, own);
      return PASS_NORM_BACK;
    default:
      p->bytes[PASS_OTHER_BACK] += other_back (call);
      return PASS_OTHER_BACK;
  }
}

/**
 * passes_add:
 * @passes: changed
 * @call: an op that has run
 * @backward: whether its gradient did
 * @own: kernels of ours that it took
 * @all: those, and calls of libraries
 */
void
passes_add (Passes *passes, const NfOpCall *call, gboolean backward, guint own,
    guint all)
{
  PassKind kind;

  if (backward) {
    kind = backward_bytes (passes, call, own);
  } else if (call->op == NF_OP_AXPBY && !call->record
      && call->out == call->in[NF_AXPBY_A]) {
    kind = PASS_SUM;
    passes->bytes[kind] += inputs (call) + bytes_of (call->out);
  } else {
    kind = forward_bytes (passes, call, own);
  }
  passes->kernels[kind] += all;
}
