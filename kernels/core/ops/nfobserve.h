/* SPDX-License-Identifier: MIT
 *
 * nfobserve — watching ops as they run: their time and their arithmetic
 *
 * For measuring. Where a thread has no observer, which is the rule, this costs
 * an op one look at a thread-local pointer. */
#pragma once

#include <nextframe/core/nfapi.h>
#include <nextframe/core/ops/nfoplist.h>

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
 * @data: as given to nf_observe_begin()
 */
typedef void (*NfOpObserver) (const NfOpCall *call, gboolean backward,
    const NfOpTime *time, gpointer data);

/**
 * nf_observe_begin:
 * @observer: called after every op of this thread from now on
 * @data: given to @observer
 *
 * The device finishes all its work before and after each op, so that the times
 * are the op's own. A thread has one observer at a time.
 */
NF_API void nf_observe_begin (NfOpObserver observer, gpointer data);

/**
 * nf_observe_end:
 * Ends what nf_observe_begin() began in this thread.
 */
NF_API void nf_observe_end (void);

/**
 * nf_observe_now:
 * Returns: the clocks, in nanoseconds; only differences of two results mean
 *   anything
 */
NF_API NfOpTime nf_observe_now (void);

/**
 * nf_op_flops:
 * @call: an op that ran
 * @backward: whether its gradient is meant
 *
 * Counts the floating-point operations of convolutions, matrix products and
 * attention from their shapes; a multiply-add is two. All other ops are limited
 * by memory and count as 0. A gradient counts one pass for the data and one for
 * the weights where they are wanted (attention: two). What a kernel computes
 * twice, or saves by a better algorithm, does not change the count.
 *
 * Returns: the number of operations
 */
NF_API gdouble nf_op_flops (const NfOpCall *call, gboolean backward);

/**
 * NfWatch: the time between the two calls below, which only nfops.c and
 * nfbackward.c make
 */
typedef struct
{
  NfOpTime start, inner;
} NfWatch;

/**
 * nf_watch_start:
 * @watch: (out): begins now
 * @call: the op that is about to run
 *
 * Does nothing where the thread has no observer.
 */
NF_API void nf_watch_start (NfWatch *watch, const NfOpCall *call);

/**
 * nf_watch_stop:
 * @watch: what nf_watch_start() filled
 * @call: the op that has run
 * @backward: whether its gradient ran, not the op itself
 *
 * Reports the op to the thread's observer, if there is one.
 */
NF_API void nf_watch_stop (
    const NfWatch *watch, const NfOpCall *call, gboolean backward);

G_END_DECLS
