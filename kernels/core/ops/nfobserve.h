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

void nf_observe_begin (NfOpObserver observer, gpointer data);
void nf_observe_end (void);
NfOpTime nf_observe_now (void);
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
