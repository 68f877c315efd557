/* SPDX-License-Identifier: MIT
 *
 * standin-streams — cudart: streams and events, and what capture forbids */
#include "standin.h"

#include <chrono>
#include <set>

/**
 * CUevent_st:
 * @ticket: what it was recorded behind; done from the start
 * @capture: (nullable): where it was recorded, if in a capture
 * @frontier: its nodes that it stands behind
 * @time: when it was reached
 */
struct CUevent_st
{
  int device;
  bool timing;
  bool recorded = false;
  runner::Ticket ticket;
  std::shared_ptr<runner::Capture> capture;
  std::vector<size_t> frontier;
  std::shared_ptr<double> time;
};

namespace runner {

static std::set<cudaStream_t> streams;
static std::set<cudaEvent_t> events;
static thread_local bool in_host_function;

HostFunctionScope::HostFunctionScope ()
{
  in_host_function = true;
}

HostFunctionScope::~HostFunctionScope ()
{
  in_host_function = false;
}

cudaError_t
check_caller ()
{
  if (!in_host_function)
    return cudaSuccess;
  return fail_because (cudaErrorNotPermitted,
      "a function of cudaLaunchHostFunc () calls the runtime");
}

std::shared_ptr<Queue>
queue_of (cudaStream_t stream)
{
  if (stream == nullptr || stream == cudaStreamLegacy)
    return queue_legacy (current_device ());
  return streams.count (stream) > 0 ? stream->queue : nullptr;
}

int
device_of (cudaStream_t stream)
{
  Lock lock = lock_queues ();
  const std::shared_ptr<Queue> queue = queue_of (stream);

  return queue != nullptr ? queue->device : -1;
}

cudaError_t
check_unsafe_call ()
{
  Lock lock = lock_queues ();
  bool forbidden = false;

  for (const std::shared_ptr<Queue> &queue : queues_capturing ()) {
    Capture *capture = queue->capture.get ();

    if (capture->mode == cudaStreamCaptureModeGlobal
        || (capture->mode == cudaStreamCaptureModeThreadLocal
            && capture->thread == std::this_thread::get_id ())) {
      capture->valid = false;
      forbidden = true;
    }
  }
  lock.unlock ();
  return forbidden ? fail_because (cudaErrorStreamCaptureUnsupported,
             "a call that may wait for the device, while a stream is captured")
                   : check_caller ();
}

/* an error where the legacy default stream would wait for a captured one */
static cudaError_t
check_legacy (const std::shared_ptr<Queue> &queue)
{
  if (queue != queue_legacy (queue->device))
    return cudaSuccess;
  for (const std::shared_ptr<Queue> &other : queues_capturing ())
    if (other->device == queue->device && other->with_legacy)
      return capture_spoil (
          other->capture.get (), cudaErrorStreamCaptureImplicit);
  return cudaSuccess;
}

static cudaError_t
find_queue (cudaStream_t stream, std::shared_ptr<Queue> *queue)
{
  *queue = queue_of (stream);
  if (*queue == nullptr)
    return cudaErrorInvalidResourceHandle;
  check_chosen ((*queue)->device);
  return check_legacy (*queue);
}

/* what calls on a stream begin with: takes the lock, finds the queue */
static cudaError_t
begin_call (cudaStream_t stream, Lock *lock, std::shared_ptr<Queue> *queue)
{
  const cudaError_t error = check_caller ();

  if (error != cudaSuccess)
    return error;
  *lock = lock_queues ();
  return find_queue (stream, queue);
}

cudaError_t
submit (cudaStream_t stream, Work work)
{
  std::shared_ptr<Queue> queue;
  Lock lock;
  const cudaError_t error = begin_call (stream, &lock, &queue);

  if (error != cudaSuccess)
    return fail (error);
  work_count (work.kind);
  if (is_dry () && work.run != nullptr && work.kind < WorkKind::host)
    work.run = [] {};
  if (queue->capture != nullptr)
    return fail (work.run != nullptr
            ? capture_add (queue.get (), std::move (work))
            : capture_spoil (
                queue->capture.get (), cudaErrorStreamCaptureUnsupported));
  queue_add (lock, queue, {}, std::move (work.run));
  return cudaSuccess;
}

cudaError_t
submit_external (cudaStream_t stream, std::function<bool ()> ready,
    std::function<void ()> run)
{
  std::shared_ptr<Queue> queue;
  Lock lock;
  const cudaError_t error = begin_call (stream, &lock, &queue);

  if (error != cudaSuccess)
    return fail (error);
  if (queue->capture != nullptr)
    return fail (capture_spoil (
        queue->capture.get (), cudaErrorStreamCaptureUnsupported));
  queue_add (lock, queue, {}, std::move (run), std::move (ready));
  return cudaSuccess;
}

static double
seconds_now ()
{
  return std::chrono::duration<double> (
      std::chrono::steady_clock::now ().time_since_epoch ())
      .count ();
}

/* an error where somebody waits for a stream that is captured */
static cudaError_t
check_wait (const std::shared_ptr<Queue> &queue)
{
  if (queue->capture == nullptr)
    return cudaSuccess;
  return capture_spoil (
      queue->capture.get (), cudaErrorStreamCaptureUnsupported);
}

static cudaError_t
check_event_wait (cudaEvent_t event)
{
  if (events.count (event) == 0)
    return cudaErrorInvalidResourceHandle;
  if (event->capture == nullptr)
    return cudaSuccess;
  return capture_spoil (event->capture.get (), cudaErrorCapturedEvent);
}

} // namespace runner

using namespace runner;

cudaError_t
cudaStreamCreateWithFlags (cudaStream_t *stream, unsigned int flags)
{
  const cudaError_t error = check_caller ();

  if (error != cudaSuccess)
    return error;
  Lock lock = lock_queues ();

  *stream = new CUstream_st{ queue_new (
      current_device (), (flags & cudaStreamNonBlocking) == 0) };
  streams.insert (*stream);
  return cudaSuccess;
}

cudaError_t
cudaStreamCreate (cudaStream_t *stream)
{
  return cudaStreamCreateWithFlags (stream, cudaStreamDefault);
}

cudaError_t
cudaStreamCreateWithPriority (cudaStream_t *stream, unsigned int flags, int)
{
  return cudaStreamCreateWithFlags (stream, flags);
}

/* What it was asked for is still done. */
cudaError_t
cudaStreamDestroy (cudaStream_t stream)
{
  Lock lock = lock_queues ();

  if (streams.erase (stream) == 0)
    return fail (cudaErrorInvalidResourceHandle);
  if (stream->queue->capture != nullptr)
    stream->queue->capture->valid = false;
  queue_close (lock, stream->queue);
  delete stream;
  return cudaSuccess;
}

cudaError_t
cudaStreamSynchronize (cudaStream_t stream)
{
  std::shared_ptr<Queue> queue;
  Lock lock;
  cudaError_t error = begin_call (stream, &lock, &queue);

  if (error == cudaSuccess)
    error = check_wait (queue);
  if (error != cudaSuccess)
    return fail (error);
  /* an item that waits for what the legacy default stream waits for */
  if (queue == queue_legacy (queue->device))
    queue_add (lock, queue, {}, nullptr);
  ticket_finish (lock, queue_ticket (queue));
  return cudaSuccess;
}

cudaError_t
cudaStreamQuery (cudaStream_t stream)
{
  std::shared_ptr<Queue> queue;
  Lock lock = lock_queues ();
  cudaError_t error = find_queue (stream, &queue);

  if (error == cudaSuccess)
    error = check_wait (queue);
  if (error != cudaSuccess)
    return fail (error);
  return ticket_query (lock, queue_ticket (queue)) ? cudaSuccess
                                                   : cudaErrorNotReady;
}

cudaError_t
cudaDeviceSynchronize ()
{
  cudaError_t error = check_caller ();

  if (error != cudaSuccess)
    return error;
  Lock lock = lock_queues ();

  for (const std::shared_ptr<Queue> &queue : queues_capturing ())
    if (queue->device == current_device ())
      error = check_wait (queue);
  if (error != cudaSuccess)
    return fail (error);
  queues_finish (lock, current_device ());
  return cudaSuccess;
}

cudaError_t
cudaEventCreateWithFlags (cudaEvent_t *event, unsigned int flags)
{
  Lock lock = lock_queues ();

  *event = new CUevent_st ();
  (*event)->device = current_device ();
  (*event)->timing = (flags & cudaEventDisableTiming) == 0;
  events.insert (*event);
  return cudaSuccess;
}

cudaError_t
cudaEventCreate (cudaEvent_t *event)
{
  return cudaEventCreateWithFlags (event, cudaEventDefault);
}

cudaError_t
cudaEventDestroy (cudaEvent_t event)
{
  Lock lock = lock_queues ();

  if (events.erase (event) == 0)
    return fail (cudaErrorInvalidResourceHandle);
  delete event;
  return cudaSuccess;
}

cudaError_t
cudaEventRecord (cudaEvent_t event, cudaStream_t stream)
{
  std::shared_ptr<Queue> queue;
  Lock lock;
  cudaError_t error = begin_call (stream, &lock, &queue);

  if (error == cudaSuccess
      && (events.count (event) == 0 || event->device != queue->device))
    error = cudaErrorInvalidResourceHandle;
  if (error == cudaSuccess && queue->capture != nullptr
      && !queue->capture->valid)
    error = cudaErrorStreamCaptureInvalidated;
  if (error != cudaSuccess)
    return fail (error);
  event->recorded = true;
  event->capture = queue->capture;
  event->frontier = queue->frontier;
  if (queue->capture != nullptr)
    return cudaSuccess;
  const auto time = std::make_shared<double> (0);

  event->time = time;
  event->ticket = { queue, queue->submitted + 1 };
  queue_add (lock, queue, {}, [time] { *time = seconds_now (); });
  return cudaSuccess;
}

cudaError_t
cudaStreamWaitEvent (cudaStream_t stream, cudaEvent_t event, unsigned int)
{
  std::shared_ptr<Queue> queue;
  Lock lock;
  cudaError_t error = begin_call (stream, &lock, &queue);

  if (error == cudaSuccess && events.count (event) == 0)
    error = cudaErrorInvalidResourceHandle;
  if (error != cudaSuccess)
    return fail (error);
  if (event->capture != nullptr)
    return fail (capture_wait (queue.get (), event->capture, event->frontier));
  if (queue->capture != nullptr && event->recorded)
    return fail (
        capture_spoil (queue->capture.get (), cudaErrorStreamCaptureIsolation));
  if (queue->capture == nullptr)
    queue_add (lock, queue, { event->ticket }, nullptr);
  return cudaSuccess;
}

cudaError_t
cudaEventSynchronize (cudaEvent_t event)
{
  cudaError_t error = check_caller ();

  if (error != cudaSuccess)
    return error;
  Lock lock = lock_queues ();

  error = check_event_wait (event);
  if (error != cudaSuccess)
    return fail (error);
  ticket_finish (lock, Ticket (event->ticket));
  return cudaSuccess;
}

cudaError_t
cudaEventQuery (cudaEvent_t event)
{
  Lock lock = lock_queues ();
  const cudaError_t error = check_event_wait (event);

  if (error != cudaSuccess)
    return fail (error);
  return ticket_query (lock, Ticket (event->ticket)) ? cudaSuccess
                                                     : cudaErrorNotReady;
}

cudaError_t
cudaEventElapsedTime (float *milliseconds, cudaEvent_t begin, cudaEvent_t end)
{
  Lock lock = lock_queues ();
  cudaError_t error = check_event_wait (begin);

  if (error == cudaSuccess)
    error = check_event_wait (end);
  if (error == cudaSuccess
      && (!begin->recorded || !end->recorded || !begin->timing || !end->timing))
    error = cudaErrorInvalidResourceHandle;
  if (error != cudaSuccess)
    return fail (error);
  if (!ticket_done (begin->ticket) || !ticket_done (end->ticket))
    return cudaErrorNotReady;
  *milliseconds = 1000 * (*end->time - *begin->time);
  return cudaSuccess;
}
