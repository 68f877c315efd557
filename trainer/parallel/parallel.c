/* SPDX-License-Identifier: MIT
 *
 * parallel — several processes that do one job, on one machine or many */
#include "parallel/parallel.h"
#include "config.h"
#include "parallel/collectives.h"
#include "parallel/devicegroup.h"

#include <string.h>

#define PROCESS "process "
#define MOST_TEXT 4096 /* bytes of an error message that other ranks see */

struct _NfParallel
{
  const NfCollectives *collectives;
  guint rank, n_ranks;
  guint local_rank; /* of the processes of this machine */
  guint8 *buffer; /* on its way to others and back */
  gsize buffer_bytes;
  gboolean asked; /* whether the devices can add up */
  NfDeviceGroup *group; /* NULL: they cannot */
  FILE *nowhere; /* NULL: nobody asked for it */
};

/* Whether a launcher started this process as one of several. */
static gboolean
is_launched (void)
{
  static const gchar *const sizes[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
    "SLURM_NTASKS" };
  /* what says that the processes can find each other */
  const gboolean launched = g_getenv ("OMPI_COMM_WORLD_SIZE")
      || g_getenv ("PMI_RANK") || g_getenv ("PMIX_RANK");

  for (guint i = 0; launched && i < G_N_ELEMENTS (sizes); i++) {
    const gchar *size = g_getenv (sizes[i]);

    if (size && g_ascii_strtoull (size, NULL, 10) > 1)
      return TRUE;
  }
  return FALSE;
}

static const NfCollectives *
find_collectives (GError **error)
{
#ifdef NF_HAVE_MPI
  return &nf_collectives_mpi;
#else
  g_set_error (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "started as one of several processes, but this build knows no MPI; "
      "install it (libopenmpi-dev) and build with -Dmpi=enabled, or start one "
      "process");
  return NULL;
#endif
}

/**
 * nf_parallel_join:
 * @parallel: (out) (transfer full) (nullable): the job that the program was
 *   started in by mpirun or srun; NULL where it is alone
 * @error: return location: %NF_ERROR_UNSUPPORTED
 *
 * To be called once, before files are written.
 */
gboolean
nf_parallel_join (NfParallel **parallel, GError **error)
{
  NfParallel *self;
  const NfCollectives *collectives;

  *parallel = NULL;
  if (!is_launched ())
    return TRUE;
  collectives = find_collectives (error);
  if (!collectives)
    return FALSE;
  self = g_new0 (NfParallel, 1);
  self->collectives = collectives;
  if (collectives->join (
          &self->rank, &self->n_ranks, &self->local_rank, error)) {
    *parallel = self;
    return TRUE;
  }
  g_free (self);
  return FALSE;
}

/**
 * nf_parallel_leave:
 * @parallel: (transfer full) (nullable): a job; all leave it together
 */
void
nf_parallel_leave (NfParallel *parallel)
{
  if (!parallel)
    return;
  nf_device_group_free (parallel->group);
  parallel->collectives->leave ();
  if (parallel->nowhere)
    fclose (parallel->nowhere);
  g_free (parallel->buffer);
  g_free (parallel);
}

/**
 * nf_parallel_ranks:
 * @parallel: (nullable): a job
 *
 * Returns: its processes
 */
guint
nf_parallel_ranks (const NfParallel *parallel)
{
  return parallel ? parallel->n_ranks : 1;
}

/**
 * nf_parallel_is_first:
 * @parallel: (nullable): a job
 *
 * Returns: whether this is rank 0, which writes files and talks to people
 */
gboolean
nf_parallel_is_first (const NfParallel *parallel)
{
  return !parallel || parallel->rank == 0;
}

/**
 * nf_parallel_share:
 * @parallel: (nullable): a job
 *
 * Returns: the part of everything that this process does
 */
NfShare
nf_parallel_share (const NfParallel *parallel)
{
  return parallel ? (NfShare){ parallel->rank, parallel->n_ranks }
                  : (NfShare){ 0, 1 };
}

/**
 * nf_parallel_device:
 * @parallel: (nullable): a job
 * @name: as nf_device_open() takes it
 *
 * Where there are several processes, "cuda" is a GPU of this process alone: the
 * one of its number among the processes of the machine, or the only one that it
 * can see; and so is "auto", where there are GPUs at all.
 *
 * Returns: (transfer full): where this process computes
 */
gchar *
nf_parallel_device (const NfParallel *parallel, const gchar *name)
{
  const gchar *visible = g_getenv ("CUDA_VISIBLE_DEVICES");
  const gboolean given = visible && *visible && !strchr (visible, ',');
  g_autofree gchar *own = NULL;
  g_autoptr (NfDevice) any = NULL;

  if (nf_parallel_ranks (parallel) == 1
      || !(g_str_equal (name, "auto") || g_str_equal (name, "cuda")))
    return g_strdup (name);
  own = g_strdup_printf ("cuda:%u", given ? 0 : parallel->local_rank);
  if (g_str_equal (name, "auto")) {
    /* its own one first: to open another one takes memory there for good */
    any = nf_device_open (own, NULL);
    if (!any)
      any = nf_device_open ("cuda", NULL);
    if (!any)
      return g_strdup ("cpu");
  }
  return g_steal_pointer (&own);
}

/**
 * nf_parallel_log:
 * @parallel: (nullable): a job
 *
 * Returns: (transfer none): where progress goes: only that of the first process
 *   is seen
 */
FILE *
nf_parallel_log (NfParallel *parallel)
{
  if (nf_parallel_is_first (parallel))
    return stderr;
  if (!parallel->nowhere)
    parallel->nowhere = fopen ("/dev/null", "we");
  return parallel->nowhere ? parallel->nowhere : stderr;
}

/* Room for what is on its way. */
static gboolean
need_buffer (NfParallel *self, gsize bytes, GError **error)
{
  if (bytes <= self->buffer_bytes)
    return TRUE;
  g_clear_pointer (&self->buffer, g_free);
  self->buffer_bytes = 0;
  self->buffer = g_try_malloc (bytes);
  if (!self->buffer) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "not enough memory for %" G_GSIZE_FORMAT
        " bytes that are exchanged with other processes",
        bytes);
    return FALSE;
  }
  self->buffer_bytes = bytes;
  return TRUE;
}

/* The first rank that failed; n_ranks where none did. */
static guint
find_failed (NfParallel *self, gboolean ok)
{
  g_autofree gdouble *failed = g_new0 (gdouble, self->n_ranks);
  guint rank = 0;

  failed[self->rank] = !ok;
  self->collectives->sum_f64 (failed, self->n_ranks);
  while (rank < self->n_ranks && failed[rank] == 0)
    rank++;
  return rank;
}

/* Says which process an error is of, unless that was said before. */
static void
name_process (const NfParallel *self, GError **error)
{
  if (error && *error && !g_str_has_prefix ((*error)->message, PROCESS))
    g_prefix_error (error, PROCESS "%u of %u: ", self->rank + 1, self->n_ranks);
}

/**
 * nf_parallel_settle:
 * @parallel: (nullable): a job
 * @ok: whether all is well in this process
 * @error: (inout): where it is not, why; else return location: what happened in
 *   the first process that failed
 *
 * Waits for all processes to come here.
 *
 * Returns: whether all is well in all of them
 */
gboolean
nf_parallel_settle (NfParallel *parallel, gboolean ok, GError **error)
{
  gchar text[MOST_TEXT] = "";
  guint rank;

  if (nf_parallel_ranks (parallel) == 1)
    return ok;
  rank = find_failed (parallel, ok);
  if (rank == parallel->n_ranks)
    return TRUE;
  if (rank == parallel->rank && error && *error)
    g_strlcpy (text, (*error)->message, sizeof text);
  parallel->collectives->share (text, sizeof text, rank);
  if (ok)
    g_set_error (error, NF_ERROR, NF_ERROR_FAILED, PROCESS "%u of %u: %s",
        rank + 1, parallel->n_ranks, text);
  else
    name_process (parallel, error);
  return FALSE;
}

/**
 * nf_parallel_end:
 * @parallel: (nullable): a job
 * @ok: whether all is well in this process, after nf_parallel_settle()
 * @error: (inout): where it is not, why; with several processes the first one
 *   prints the message, and it becomes empty in all
 *
 * The message is out before any process has left the job: mpirun ends the others
 * as soon as one has failed.
 *
 * Returns: @ok
 */
gboolean
nf_parallel_end (NfParallel *parallel, gboolean ok, GError **error)
{
  if (ok || nf_parallel_ranks (parallel) == 1)
    return ok;
  if (nf_parallel_is_first (parallel) && error && *error)
    fprintf (stderr, "%s: %s\n", g_get_prgname (), (*error)->message);
  g_clear_error (error);
  g_set_error_literal (error, NF_ERROR, NF_ERROR_FAILED, "");
  return FALSE;
}

/**
 * nf_parallel_do_parts:
 * @parallel: (nullable): a job
 * @share: (inout): what @part looks at; with a single process as it is, else the
 *   part of each process, and after that in the first one the whole
 * @part: does a part of the job and keeps what it made; of the whole it does
 *   what no part has done, and brings all together
 * @data: given to it
 * @stopped: whether people asked this process to end
 * @error: return location
 *
 * Does a job by parts, all at once, and then brings them together, unless people
 * want it to end.
 */
gboolean
nf_parallel_do_parts (NfParallel *parallel, NfShare *share, NfParallelPart part,
    gpointer data, gboolean (*stopped) (void), GError **error)
{
  gboolean ok = TRUE;

  if (nf_parallel_ranks (parallel) == 1)
    return part (data, error);
  *share = nf_parallel_share (parallel);
  if (!nf_parallel_settle (parallel, part (data, error), error))
    return FALSE;
  if (!nf_parallel_any (parallel, stopped ())
      && nf_parallel_is_first (parallel)) {
    *share = (NfShare){ 0, 1 };
    ok = part (data, error);
  }
  return nf_parallel_settle (parallel, ok, error);
}

/**
 * nf_parallel_any:
 * @parallel: (nullable): a job
 * @mine: something that is true or false here
 *
 * Returns: whether it is true in any process
 */
gboolean
nf_parallel_any (NfParallel *parallel, gboolean mine)
{
  gdouble any = mine != FALSE;

  nf_parallel_sum (parallel, &any, 1);
  return any > 0;
}

/**
 * nf_parallel_sum:
 * @parallel: (nullable): a job
 * @values: (inout) (array length=n): become the sums over all processes; sums of
 *   whole numbers up to 2^53 are exact
 * @n: how many
 */
void
nf_parallel_sum (NfParallel *parallel, gdouble *values, gsize n)
{
  if (nf_parallel_ranks (parallel) > 1)
    parallel->collectives->sum_f64 (values, n);
}

/* Tensors to the buffer, one after the other, or back. */
static gboolean
copy_tensors (
    NfParallel *self, const GPtrArray *tensors, gboolean back, GError **error)
{
  guint8 *at = self->buffer;

  for (guint i = 0; i < tensors->len; i++) {
    NfTensor *tensor = tensors->pdata[i];

    if (back ? !nf_tensor_set_nhwc (tensor, at, error)
             : !nf_tensor_to_nhwc (tensor, at, error))
      return FALSE;
    at += nf_tensor_elements (tensor) * nf_dtype_size (tensor->dtype);
  }
  return TRUE;
}

static gsize
count_bytes (const GPtrArray *tensors)
{
  gsize bytes = 0;

  for (guint i = 0; i < tensors->len; i++) {
    const NfTensor *tensor = tensors->pdata[i];

    bytes += nf_tensor_elements (tensor) * nf_dtype_size (tensor->dtype);
  }
  return bytes;
}

/* Brings the tensors together in one buffer, in all processes or in none. */
static gboolean
gather (NfParallel *self, const GPtrArray *tensors, GError **error)
{
  return nf_parallel_settle (self,
      need_buffer (self, count_bytes (tensors), error)
          && copy_tensors (self, tensors, FALSE, error),
      error);
}

/* Brings the devices of all processes together, where all of them can add up;
 * that NCCL is missing in one is reported once, by the first process. */
static gboolean
join_devices (NfParallel *self, NfDevice *device, GError **error)
{
  g_autoptr (NfDeviceGroup) group =
      nf_device_group_new (self->collectives, device);
  g_autoptr (GError) cause = NULL;
  guint8 id[NF_GROUP_ID_BYTES] = { 0 };
  gboolean ready;

  self->asked = TRUE;
  if (nf_parallel_any (self, !group))
    return TRUE;
  ready = nf_device_group_usable (group, &cause)
      && (!nf_parallel_is_first (self)
          || nf_device_group_name (group, id, &cause));
  if (!nf_parallel_settle (self, ready, &cause)) {
    fprintf (nf_parallel_log (self),
        "gradients go through the host's memory, which is slower: %s\n",
        cause->message);
    return TRUE;
  }
  nf_parallel_broadcast (self, id, sizeof id);
  if (!nf_parallel_settle (self,
          nf_device_group_join (group, id, self->rank, self->n_ranks, error),
          error))
    return FALSE;
  self->group = g_steal_pointer (&group);
  return TRUE;
}

/**
 * nf_parallel_sum_tensors:
 * @parallel: (nullable): a job
 * @tensors: (inout) (element-type NfTensor): f32, on the device of this process,
 *   always the same one, and of the same shapes in every process; become the
 *   sums over all processes, with the same bits in each
 * @error: return location
 *
 * All tensors go as one buffer: on the devices where these can add up (by NCCL),
 * else in the host's memory. Where it fails, it fails in all processes.
 */
gboolean
nf_parallel_sum_tensors (
    NfParallel *parallel, const GPtrArray *tensors, GError **error)
{
  if (nf_parallel_ranks (parallel) == 1 || tensors->len == 0)
    return TRUE;
  if (!parallel->asked
      && !join_devices (
          parallel, ((NfTensor *) tensors->pdata[0])->device, error))
    return FALSE;
  if (parallel->group)
    return nf_parallel_settle (
        parallel, nf_device_group_sum (parallel->group, tensors, error), error);
  if (!gather (parallel, tensors, error))
    return FALSE;
  parallel->collectives->sum_f32 (
      (gfloat *) parallel->buffer, count_bytes (tensors) / sizeof (gfloat));
  return nf_parallel_settle (
      parallel, copy_tensors (parallel, tensors, TRUE, error), error);
}

/**
 * nf_parallel_connect:
 * @parallel: (nullable): a job
 * @device: where the tensors of nf_parallel_sum_tensors() will be
 * @error: return location
 *
 * Sums a single number there, so that NCCL, which takes memory past the device's
 * own pool when it begins and at its first sum, has it before that pool takes
 * the rest. Where it fails, it fails in all processes.
 */
gboolean
nf_parallel_connect (NfParallel *parallel, NfDevice *device, GError **error)
{
  g_autoptr (GPtrArray) tensors = NULL;
  NfTensor *one;

  if (nf_parallel_ranks (parallel) == 1)
    return TRUE;
  tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) nf_tensor_unref);
  one = nf_tensor_new_filled (device, 1, 1, 1, 1, 1.0f, error);
  if (one)
    g_ptr_array_add (tensors, one);
  return nf_parallel_settle (parallel, one != NULL, error)
      && nf_parallel_sum_tensors (parallel, tensors, error);
}

/**
 * nf_parallel_broadcast:
 * @parallel: (nullable): a job
 * @bytes: (inout): become those of rank 0
 * @n: how many
 */
void
nf_parallel_broadcast (NfParallel *parallel, gpointer bytes, gsize n)
{
  if (nf_parallel_ranks (parallel) > 1)
    parallel->collectives->share (bytes, n, 0);
}

/**
 * nf_parallel_broadcast_tensors:
 * @parallel: (nullable): a job
 * @tensors: (inout) (element-type NfTensor): of the same types and shapes in
 *   every process; become those of rank 0
 * @error: return location
 *
 * Where it fails, it fails in all processes.
 */
gboolean
nf_parallel_broadcast_tensors (
    NfParallel *parallel, const GPtrArray *tensors, GError **error)
{
  if (nf_parallel_ranks (parallel) == 1)
    return TRUE;
  if (!gather (parallel, tensors, error))
    return FALSE;
  parallel->collectives->share (parallel->buffer, count_bytes (tensors), 0);
  return nf_parallel_settle (
      parallel, copy_tensors (parallel, tensors, TRUE, error), error);
}
