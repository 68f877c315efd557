/* SPDX-License-Identifier: MIT
 *
 * collectives — what processes of one job do together, whoever carries the
 * messages
 *
 * Every process of the job calls the same functions in the same order. A
 * process that dies ends the whole job, so none of them can fail.
 * Siblings: mpi.c, which implements it; parallel.h, which the trainer calls */
#pragma once

#include <nextframe/core/nferror.h>

G_BEGIN_DECLS

/**
 * NfCollectives:
 * @name: for people
 * @join: joins the job that the program was started in
 * @leave: leaves it; waits for the others
 * @sum_f32: sums of the numbers at each place over all processes, the same bits
 *   in each of them
 * @sum_f64: likewise
 * @share: gives all processes the bytes of process @root
 * @warn: lets the others know that something failed here, without waiting for
 *   them
 * @warned: whether another process did so since this was last TRUE; the only
 *   function beside warn() that need not be called by all
 */
typedef struct
{
  const gchar *name;
  gboolean (*join) (
      guint *rank, guint *n_ranks, guint *local_rank, GError **error);
  void (*leave) (void);
  void (*sum_f32) (gfloat *values, gsize n);
  void (*sum_f64) (gdouble *values, gsize n);
  void (*share) (gpointer bytes, gsize n, guint root);
  void (*warn) (void);
  gboolean (*warned) (void);
} NfCollectives;

extern const NfCollectives nf_collectives_mpi;

G_END_DECLS
