/* SPDX-License-Identifier: MIT
 *
 * standin-nccl — NCCL: communicators that do not block, and ncclAllReduce
 *
 * Each process of a group runs cuda-on-cpu; ncclwire.h carries the numbers. Of
 * what the manual describes, this has sums of f32 by communicators of one GPU a
 * process that are asked for with blocking = 0. Anything else is
 * ncclInvalidArgument. A call is in progress for as many looks as its number
 * says (answers.h), and only then queued on the stream, where it ends when all
 * processes have come to it.
 *
 * NF_NCCL_FAIL=WHAT:RANK[:CALL] lets something go wrong in one process: library
 * (it is not there), id (ncclGetUniqueId), init (at once), late (while it is in
 * progress), call (the CALLth ncclAllReduce is refused), async (it is queued,
 * and fails later), killed (the process is, in that call). NF_NCCL_LOG=FILE gets
 * a line of each communicator: its rank, its calls, and their elements. */
#include "answers.h"
#include "ncclwire.h"
#include "standin.h"

#include "cuda/runtime/nfnccl.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace runner;

/**
 * ncclComm:
 * @calls: of ncclAllReduce so far
 * @elements: of all of them
 * @looks: of ncclCommGetAsyncError () until what is in progress goes on
 * @queue: puts the last call on its stream; empty: that was done
 * @error: ncclSuccess, or what failed for good
 * @last: the last call's, which may still be on a stream
 */
struct ncclComm
{
  int rank, device;
  std::shared_ptr<Wire> wire;
  unsigned calls = 0, looks = 0;
  size_t elements = 0;
  std::function<cudaError_t ()> queue;
  ncclResult_t error = ncclSuccess;
  std::shared_ptr<Exchange> last;
};

namespace {

const char *last_error = "";

ncclResult_t
refuse (ncclResult_t result, const char *why)
{
  last_error = why;
  return result;
}

/* whether NF_NCCL_FAIL wants this to go wrong here */
bool
fails (const char *what, int rank, unsigned call)
{
  const char *wish = getenv ("NF_NCCL_FAIL");
  char name[16];
  int its_rank = 0;
  unsigned its_call = 0;

  return wish != nullptr
      && sscanf (wish, "%15[a-z]:%d:%u", name, &its_rank, &its_call) >= 1
      && strcmp (name, what) == 0 && its_rank == rank && its_call == call;
}

/* how many looks a call is in progress for */
unsigned
looks_of (unsigned call)
{
  return answers_vary () ? answer_pick (answer_of (&call, sizeof call), 0, 4)
                         : 0;
}

/* the call's work, on its stream */
cudaError_t
submit_sum (const std::shared_ptr<Wire> &wire,
    const std::shared_ptr<Exchange> &exchange, float *receive,
    cudaStream_t stream)
{
  return submit_external (
      stream,
      [wire, exchange] {
        return exchange->abandoned || wire->advance (exchange);
      },
      [exchange, receive] {
        if (exchange->done)
          memcpy (receive, exchange->sums.data (),
              exchange->sums.size () * sizeof (float));
      });
}

ncclResult_t
get_unique_id (ncclUniqueId *id)
{
  if (fails ("id", 0, 0))
    return refuse (ncclSystemError, "no socket interface found");
  memset (id, 0, sizeof *id);
  return wire_address (id->internal, sizeof id->internal)
      ? ncclSuccess
      : refuse (ncclSystemError, "no socket");
}

ncclResult_t
comm_init (ncclComm_t *comm, int n_ranks, ncclUniqueId id, int rank,
    ncclConfig_t *config)
{
  *comm = nullptr;
  if (config == nullptr || config->magic != 0xcafebeef || config->blocking != 0
      || rank < 0 || rank >= n_ranks)
    return refuse (ncclInvalidArgument, "only communicators that do not block");
  if (fails ("init", rank, 0))
    return refuse (ncclSystemError, "no shared memory left");
  *comm = new ncclComm ();
  (*comm)->rank = rank;
  (*comm)->device = current_device ();
  (*comm)->wire =
      std::make_shared<Wire> (id.internal, rank, n_ranks, current_device ());
  if (fails ("late", rank, 0))
    (*comm)->error = refuse (ncclInternalError, "a proxy did not start");
  return ncclInProgress;
}

ncclResult_t
comm_get_async_error (ncclComm_t comm, ncclResult_t *state)
{
  *state = comm->error != ncclSuccess ? comm->error : comm->wire->state ();
  if (*state != ncclSuccess || !comm->queue)
    return ncclSuccess;
  if (comm->looks > 0) {
    comm->looks--;
    *state = ncclInProgress;
    return ncclSuccess;
  }
  if (comm->queue () != cudaSuccess)
    *state = comm->error = ncclUnhandledCudaError;
  comm->queue = nullptr;
  return ncclSuccess;
}

void
write_log (const ncclComm *comm)
{
  const char *path = getenv ("NF_NCCL_LOG");
  const int file =
      path != nullptr ? open (path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;

  if (file < 0)
    return;
  dprintf (file, "rank %d calls %u elements %zu\n", comm->rank, comm->calls,
      comm->elements);
  close (file);
}

/* What is on a stream ends, without a result. */
ncclResult_t
comm_abort (ncclComm_t comm)
{
  write_log (comm);
  if (comm->last != nullptr)
    comm->last->abandoned = true;
  comm->wire->leave ();
  delete comm;
  return ncclSuccess;
}

/* what the manual asks of a call */
ncclResult_t
check_call (const void *send, void *receive, size_t count, ncclDataType_t type,
    ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream)
{
  if (comm->error != ncclSuccess)
    return comm->error;
  if (comm->wire->state () != ncclSuccess || comm->queue)
    return refuse (ncclInvalidUsage, "called while something is in progress");
  if (type != ncclFloat32 || op != ncclSum || count == 0)
    return refuse (ncclInvalidArgument, "only sums of f32");
  if (device_of (stream) != comm->device)
    return refuse (ncclInvalidArgument, "the stream is of another device");
  if (!on_device (send, count * 4, comm->device, "ncclAllReduce's sendbuff")
      || !on_device (
          receive, count * 4, comm->device, "ncclAllReduce's recvbuff"))
    return ncclInvalidArgument;
  return ncclSuccess;
}

ncclResult_t
all_reduce (const void *send, void *receive, size_t count, ncclDataType_t type,
    ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream)
{
  const ncclResult_t wrong =
      check_call (send, receive, count, type, op, comm, stream);
  const unsigned call = ++comm->calls;

  if (wrong != ncclSuccess)
    return wrong;
  if (fails ("killed", comm->rank, call))
    raise (SIGKILL);
  if (fails ("call", comm->rank, call))
    return refuse (ncclInternalError, "the call went wrong");
  comm->elements += count;
  comm->last = std::make_shared<Exchange> ();
  comm->last->send = static_cast<const float *> (send);
  comm->last->sums.resize (count);
  comm->looks = looks_of (call);
  if (fails ("async", comm->rank, call)) {
    comm->error = refuse (ncclSystemError, "a connection was closed");
    return ncclSuccess;
  }
  comm->queue = [wire = comm->wire, exchange = comm->last, receive, stream] {
    return submit_sum (wire, exchange, static_cast<float *> (receive), stream);
  };
  return ncclInProgress;
}

const char *
get_error_string (ncclResult_t result)
{
  switch (result) {
    case ncclSuccess:
      return "no error";
    case ncclUnhandledCudaError:
      return "unhandled cuda error";
    case ncclSystemError:
      return "unhandled system error";
    case ncclInternalError:
      return "internal error";
    case ncclInvalidArgument:
      return "invalid argument";
    case ncclInvalidUsage:
      return "invalid usage";
    case ncclRemoteError:
      return "remote process exited or there was a network error";
    default:
      return "unknown result code";
  }
}

const char *
get_last_error (ncclComm_t)
{
  return last_error;
}

/* which process this is, before a communicator says so */
int
launched_rank ()
{
  for (const char *name : { "OMPI_COMM_WORLD_RANK", "PMI_RANK" })
    if (const char *rank = getenv (name))
      return atoi (rank);
  return 0;
}

} // namespace

/* In the place of nfnccl.c. */
extern "C" const NfNccl *
nf_nccl_open (GError **error)
{
  static const NfNccl nccl = { get_unique_id, comm_init, comm_get_async_error,
    comm_abort, all_reduce, get_error_string, get_last_error };

  if (!fails ("library", launched_rank (), 0))
    return &nccl;
  g_set_error_literal (error, NF_ERROR, NF_ERROR_UNSUPPORTED,
      "NCCL cannot be loaded (NF_NCCL_FAIL)");
  return nullptr;
}
