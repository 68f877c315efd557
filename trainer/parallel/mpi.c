/* SPDX-License-Identifier: MIT
 *
 * mpi — collectives by MPI (https://www.mpi-forum.org/docs/, version 3.1)
 *
 * MPI's own handler of errors is kept: it says what is wrong, and ends all
 * processes of the job. */
#include "parallel/collectives.h"

#include <mpi.h>

#define MOST (1 << 26) /* elements of one call, whose counts are ints */
#define WARNING 1 /* tag of empty messages: something failed */

static gboolean
mpi_join (guint *rank, guint *n_ranks, guint *local_rank, GError **error)
{
  int given, number, size, local;
  MPI_Comm machine;

  if (MPI_Init_thread (NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS
      || given < MPI_THREAD_FUNNELED) {
    g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
        "MPI cannot be called by a program with threads (it offers level %d, "
        "MPI_THREAD_FUNNELED is needed); choose another MPI",
        given);
    return FALSE;
  }
  MPI_Comm_rank (MPI_COMM_WORLD, &number);
  MPI_Comm_size (MPI_COMM_WORLD, &size);
  MPI_Comm_split_type (
      MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, number, MPI_INFO_NULL, &machine);
  MPI_Comm_rank (machine, &local);
  MPI_Comm_free (&machine);
  *rank = (guint) number;
  *n_ranks = (guint) size;
  *local_rank = (guint) local;
  return TRUE;
}

static void
mpi_leave (void)
{
  MPI_Finalize ();
}

static void
mpi_sum_f32 (gfloat *values, gsize n)
{
  for (gsize i = 0; i < n; i += MOST)
    MPI_Allreduce (MPI_IN_PLACE, values + i, (int) MIN (n - i, MOST), MPI_FLOAT,
        MPI_SUM, MPI_COMM_WORLD);
}

static void
mpi_sum_f64 (gdouble *values, gsize n)
{
  for (gsize i = 0; i < n; i += MOST)
    MPI_Allreduce (MPI_IN_PLACE, values + i, (int) MIN (n - i, MOST),
        MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static void
mpi_share (gpointer bytes, gsize n, guint root)
{
  for (gsize i = 0; i < n; i += MOST)
    MPI_Bcast ((guint8 *) bytes + i, (int) MIN (n - i, MOST), MPI_BYTE,
        (int) root, MPI_COMM_WORLD);
}

static void
mpi_warn (void)
{
  int rank, n_ranks;

  MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  MPI_Comm_size (MPI_COMM_WORLD, &n_ranks);
  for (int other = 0; other < n_ranks; other++)
    if (other != rank) {
      MPI_Request request;

      MPI_Isend (NULL, 0, MPI_BYTE, other, WARNING, MPI_COMM_WORLD, &request);
      MPI_Request_free (&request);
    }
}

static gboolean
mpi_warned (void)
{
  int there;

  MPI_Iprobe (
      MPI_ANY_SOURCE, WARNING, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
  if (there)
    MPI_Recv (NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, WARNING, MPI_COMM_WORLD,
        MPI_STATUS_IGNORE);
  return there != 0;
}

const NfCollectives nf_collectives_mpi = {
  .name = "MPI",
  .join = mpi_join,
  .leave = mpi_leave,
  .sum_f32 = mpi_sum_f32,
  .sum_f64 = mpi_sum_f64,
  .share = mpi_share,
  .warn = mpi_warn,
  .warned = mpi_warned,
};
