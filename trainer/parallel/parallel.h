/* SPDX-License-Identifier: MIT
 *
 * parallel — several processes that do one job, on one machine or many
 *
 * mpirun or srun starts the same program several times; each has a rank. All of
 * them do the same steps in the same order, each on its share of the data.
 * Where one fails, all of them fail together (nf_parallel_settle()), so that
 * none waits for what will not come; a process that dies is the job's end.
 * NULL in place of a job stands for a program that is alone.
 * Siblings: share.h (which part a rank does), collectives.h */
#pragma once

#include "parallel/share.h"
#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

#include <stdio.h>

G_BEGIN_DECLS

typedef struct _NfParallel NfParallel;

/**
 * NfParallelPart:
 * @data: the caller's
 * @error: return location
 *
 * Does the part of a job that nf_parallel_do_parts() asks for.
 *
 * Returns: FALSE with @error set
 */
typedef gboolean (*NfParallelPart) (gpointer data, GError **error);

gboolean nf_parallel_join (NfParallel **parallel, GError **error);
void nf_parallel_leave (NfParallel *parallel);

guint nf_parallel_ranks (const NfParallel *parallel);
gboolean nf_parallel_is_first (const NfParallel *parallel);
NfShare nf_parallel_share (const NfParallel *parallel);
gchar *nf_parallel_device (const NfParallel *parallel, const gchar *name);
FILE *nf_parallel_log (NfParallel *parallel);

gboolean nf_parallel_settle (NfParallel *parallel, gboolean ok, GError **error);
gboolean nf_parallel_end (NfParallel *parallel, gboolean ok, GError **error);
gboolean nf_parallel_any (NfParallel *parallel, gboolean mine);
gboolean nf_parallel_do_parts (NfParallel *parallel, NfShare *share,
    NfParallelPart part, gpointer data, gboolean (*stopped) (void),
    GError **error);
void nf_parallel_sum (NfParallel *parallel, gdouble *values, gsize n);
gboolean nf_parallel_connect (
    NfParallel *parallel, NfDevice *device, GError **error);
gboolean nf_parallel_sum_tensors (
    NfParallel *parallel, const GPtrArray *tensors, GError **error);
void nf_parallel_broadcast (NfParallel *parallel, gpointer bytes, gsize n);
gboolean nf_parallel_broadcast_tensors (
    NfParallel *parallel, const GPtrArray *tensors, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfParallel, nf_parallel_leave)

G_END_DECLS
