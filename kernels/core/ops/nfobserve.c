/* SPDX-License-Identifier: MIT
 *
 * nfobserve — watching ops as they run: their time and their arithmetic */
#include <nextframe/core/ops/nfobserve.h>

#include <time.h>

typedef struct
{
  NfOpObserver observer;
  gpointer data;
  NfOpTime inner; /* of the ops within the one that runs */
} Observing;

static _Thread_local Observing observing;

void
nf_observe_begin (NfOpObserver observer, gpointer data)
{
  g_return_if_fail (observing.observer == NULL);
  observing =
      (Observing){ .observer = observer, .data = data, .inner = { 0, 0 } };
}

void
nf_observe_end (void)
{
  observing.observer = NULL;
}

static gint64
nanoseconds (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

NfOpTime
nf_observe_now (void)
{
  NfOpTime now = { nanoseconds (CLOCK_MONOTONIC),
    nanoseconds (CLOCK_PROCESS_CPUTIME_ID) };

  return now;
}

static NfOpTime
time_of (const NfOpCall *call)
{
  call->device->backend->synchronize (call->device, NULL);
  return nf_observe_now ();
}

static NfOpTime
add (NfOpTime a, gint64 sign, NfOpTime b)
{
  a.clock += sign * b.clock;
  a.processors += sign * b.processors;
  return a;
}

void
nf_watch_start (NfWatch *watch, const NfOpCall *call)
{
  if (G_LIKELY (observing.observer == NULL))
    return;
  watch->inner = observing.inner;
  observing.inner = (NfOpTime){ 0, 0 };
  watch->start = time_of (call);
}

void
nf_watch_stop (const NfWatch *watch, const NfOpCall *call, gboolean backward)
{
  NfOpTime all, own;

  if (G_LIKELY (observing.observer == NULL))
    return;
  all = add (time_of (call), -1, watch->start);
  own = add (all, -1, observing.inner);
  observing.inner = add (watch->inner, 1, all);
  observing.observer (call, backward, &own, observing.data);
}

/* (nullable): the input that is the weight */
static const NfTensor *
weight_of (const NfOpCall *call)
{
  for (guint i = 0; i < call->n_in; i++)
    if (nf_op_input_facts (call->op, i) & NF_IN_WEIGHT)
      return call->in[i];
  return NULL;
}

/* multiplications of one pass, by the result and the weights */
static gdouble
products (const NfOpCall *call)
{
  const NfTensor *out = call->out, *weight;

  switch (nf_op_info (call->op)->work) {
    case NF_WORK_WEIGHT:
      weight = weight_of (call);
      return (gdouble) nf_tensor_elements (out)
          * (gdouble) nf_tensor_elements (weight) / (gdouble) out->c;
    case NF_WORK_PAIRS:
      /* q k^T and its product with v */
      return 2.0 * (gdouble) nf_tensor_elements (out)
          * (gdouble) (out->h * out->w);
    default:
      return 0;
  }
}

gdouble
nf_op_flops (const NfOpCall *call, gboolean backward)
{
  gdouble work = 2.0 * products (call);

  if (!backward || work == 0)
    return work;
  if (nf_op_info (call->op)->work == NF_WORK_PAIRS)
    return 2 * work;
  /* the weight, and the first of the inputs that it is multiplied with */
  return work * (call->in[0]->requires_grad + call->in[1]->requires_grad);
}
