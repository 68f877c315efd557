/* SPDX-License-Identifier: MIT
 *
 * nfobserve — watching ops as they run: their time and their arithmetic
 *
 * For measuring. Where a thread has no observer, which is the rule, an op pays
 * for one look at a thread-local pointer. */
#pragma once

#include "core/ops/nfoplist.h"

G_BEGIN_DECLS

/**
 * NfOpTime:
 * @clock: nanoseconds on the clock
 * @processors: nanoseconds that all CPUs together spent on this process
 */
typedef struct
{
  gint64 clock, processors;
} NfOpTime;

/**
 * NfOpObserver:
 * @call: an op that has just run
 * @backward: whether its gradient ran, not itself
 * @time: what it took, without ops that it ran in turn
 * @data: handed to nf_observe_begin()
 */
typedef void (*NfOpObserver) (const NfOpCall *call, gboolean backward,
    const NfOpTime *time, gpointer data);

/**
 * nf_observe_begin:
 * @observer: called after every op of this thread from now on
 * @data: handed to it
 *
 * The device finishes all work before and after each op, so that times are the
 * op's own.
 */
void nf_observe_begin (NfOpObserver observer, gpointer data);

void nf_observe_end (void);

/**
 * nf_observe_now:
 *
 * Returns: clocks that only differences are taken of
 */
NfOpTime nf_observe_now (void);

/**
 * nf_op_flops:
 * @call: an op that ran
 * @backward: whether its gradient is meant
 *
 * Floating-point operations of convolutions, matrix products and attention, by
 * their shapes, a multiply-add being two. All other ops are limited by memory
 * and count nothing. A gradient costs a pass for the data and one for the
 * weights, where wanted (attention: two); what is computed again, or saved by
 * a cleverer way, does not change the count.
 *
 * Returns: the number
 */
gdouble nf_op_flops (const NfOpCall *call, gboolean backward);

/**
 * NfWatch: a stretch of time between the two calls below; for nfops.c and
 * nfbackward.c
 */
typedef struct
{
  NfOpTime start, inner;
} NfWatch;

void nf_watch_start (NfWatch *watch, const NfOpCall *call);
void nf_watch_stop (
    const NfWatch *watch, const NfOpCall *call, gboolean backward);

G_END_DECLS
