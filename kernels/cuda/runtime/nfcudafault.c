/* SPDX-License-Identifier: MIT
 *
 * nfcudafault — what kernels find wrong in the values that they read
 *
 * An op that is queued cannot fail on what it will read. Its kernel notes the
 * fault and makes its result NaN; the error comes when the thread next reads a
 * tensor or waits for the device. */
#include "cuda/runtime/nfcudafault.h"

#include "core/ops/nfshapes.h"

#include <string.h>

/* pinned host memory, and who counts on it: a stream, a graph, and the streams
 * that started the graph */
struct _NfCudaNote
{
  gatomicrefcount refs;
  NfCudaFault *fault;
};

/**
 * nf_cuda_note_unref:
 * @note: (transfer full): a NfCudaNote
 *
 * The calling thread has chosen the device.
 */
void
nf_cuda_note_unref (gpointer note)
{
  NfCudaNote *self = note;

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  cudaFreeHost (self->fault);
  g_free (self);
}

static NfCudaNote *
note_new (GError **error)
{
  NfCudaNote *note;
  gpointer memory = NULL;

  if (!nf_cuda_ok (cudaMallocHost (&memory, sizeof (NfCudaFault)),
          "cannot get pinned host memory", error))
    return NULL;
  memset (memory, 0, sizeof (NfCudaFault));
  note = g_new0 (NfCudaNote, 1);
  g_atomic_ref_count_init (&note->refs);
  note->fault = memory;
  return note;
}

/**
 * nf_cuda_fault:
 * @stream: the calling thread's
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * What is captured has a place of its own: another thread may start the graph.
 *
 * Returns: (transfer none) (nullable): where kernels that are queued on the
 *   stream now note a fault
 */
NfCudaFault *
nf_cuda_fault (NfCudaStream *stream, GError **error)
{
  NfCudaNote **note =
      stream->graph != NULL ? &stream->graph->note : &stream->note;

  if (*note == NULL)
    *note = note_new (error);
  return *note != NULL ? (*note)->fault : NULL;
}

/**
 * nf_cuda_fault_expect:
 * @stream: the calling thread's; a graph was started on it
 * @note: (nullable): the graph's
 *
 * Lets nf_cuda_fault_check() look there, too.
 */
void
nf_cuda_fault_expect (NfCudaStream *stream, NfCudaNote *note)
{
  if (note == NULL || g_ptr_array_find (stream->notes, note, NULL))
    return;
  g_atomic_ref_count_inc (&note->refs);
  g_ptr_array_add (stream->notes, note);
}

/* takes a fault from where it was noted; FALSE: there is none */
static gboolean
take (NfCudaNote *note, NfCudaFault *fault)
{
  if (note == NULL || !note->fault->found)
    return FALSE;
  *fault = *note->fault;
  note->fault->found = FALSE;
  return TRUE;
}

/**
 * nf_cuda_fault_check:
 * @stream: the calling thread's; nothing is queued on it
 * @error: return location: %NF_ERROR_INVALID
 *
 * Returns: FALSE with @error set, once, if a kernel noted a fault
 */
gboolean
nf_cuda_fault_check (NfCudaStream *stream, GError **error)
{
  NfCudaFault fault;
  gboolean found = take (stream->note, &fault);

  for (guint i = 0; i < stream->notes->len; i++)
    found = take (stream->notes->pdata[i], &fault) || found;
  g_ptr_array_set_size (stream->notes, 0);
  return !found
      || nf_shape_refuse_class (fault.op, fault.h, fault.w, fault.classes,
          fault.place, fault.label, error);
}
