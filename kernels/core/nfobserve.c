/* SPDX-License-Identifier: MIT
 *
 * nfobserve — watching ops as they run: their time and their arithmetic */
#include "core/nfobserve.h"

#include <time.h>

typedef struct
{
  NfOpObserver observer;
  gpointer data;
  gint64 inner; /* time of the ops within the one that runs */
} Observing;

static _Thread_local Observing observing;

/**
 * nf_observe_begin:
 * @observer: called after every op of this thread from now on
 * @data: handed to it
 *
 * The device finishes all work before and after each op, so that times are the
 * op's own.
 */
void
nf_observe_begin (NfOpObserver observer, gpointer data)
{
  g_return_if_fail (observing.observer == NULL);
  observing = (Observing){ observer, data, 0 };
}

void
nf_observe_end (void)
{
  observing.observer = NULL;
}

static gint64
now (const NfOpCall *call)
{
  struct timespec t;

  call->device->backend->synchronize (call->device, NULL);
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

void
nf_watch_start (NfWatch *watch, const NfOpCall *call)
{
  if (G_LIKELY (observing.observer == NULL))
    return;
  watch->inner = observing.inner;
  observing.inner = 0;
  watch->start = now (call);
}

void
nf_watch_stop (const NfWatch *watch, const NfOpCall *call, gboolean backward)
{
  gint64 all, own;

  if (G_LIKELY (observing.observer == NULL))
    return;
  all = now (call) - watch->start;
  own = all - observing.inner;
  observing.inner = watch->inner + all;
  observing.observer (call, backward, own, observing.data);
}

/* multiplications of one pass, and additions: twice as many operations */
static gdouble
products (const NfOpCall *call)
{
  const NfTensor *x = call->in[0], *weight = call->in[1];
  gdouble pixels;

  switch (call->op) {
    case NF_OP_CONV2D:
      /* weight (O, I, kh, kw), a dot product of I kh kw for each result */
      return (gdouble) nf_tensor_elements (call->out)
          * (gdouble) nf_tensor_elements (weight) / (gdouble) weight->n;
    case NF_OP_LINEAR:
      return (gdouble) nf_tensor_elements (call->out) * (gdouble) x->c;
    case NF_OP_ATTENTION:
      /* q k^T and its product with v */
      pixels = (gdouble) x->h * (gdouble) x->w;
      return 2.0 * (gdouble) nf_tensor_elements (x) * pixels;
    default:
      return 0;
  }
}

/**
 * nf_op_flops:
 * @call: an op that ran
 * @backward: whether its gradient is meant
 *
 * Floating-point operations of convolutions, matrix products and attention, by
 * their shapes, a multiply-add being two. All other ops are limited by memory
 * and count nothing. A gradient costs one pass for each input that wants one
 * (attention: two passes in all); what it computes again counts nothing.
 *
 * Returns: the number
 */
gdouble
nf_op_flops (const NfOpCall *call, gboolean backward)
{
  gdouble work = 2.0 * products (call);

  if (!backward || work == 0)
    return work;
  if (call->op == NF_OP_ATTENTION)
    return 2 * work;
  return work * (call->in[0]->requires_grad + call->in[1]->requires_grad);
}
