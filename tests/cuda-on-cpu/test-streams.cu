/* SPDX-License-Identifier: MIT
 *
 * test-streams — streams, events, and what the lazy mode shows
 *
 * Registered eager and lazy. What is right must be so in each; what lacks an
 * order between streams is right when eager, by luck, and wrong when lazy. */
#include "runnertest.h"

static const int N = 1000;

static __global__ void
fill_kernel (int *out, int value)
{
  out[threadIdx.x + blockIdx.x * blockDim.x] = value;
}

static __global__ void
add_kernel (int *out, const int *in, int value)
{
  const int i = threadIdx.x + blockIdx.x * blockDim.x;

  out[i] = in[i] + value;
}

static void
fill (cudaStream_t stream, const OnDevice<int> &out, int value)
{
  nf_launch (fill_kernel, N / 100, 100, 0, stream, out.data (), value);
}

static void
add (cudaStream_t stream, const OnDevice<int> &out, const OnDevice<int> &in,
    int value)
{
  nf_launch (
      add_kernel, N / 100, 100, 0, stream, out.data (), in.data (), value);
}

static int
seed ()
{
  const gchar *text = g_getenv ("NF_CUDA_LAZY");

  return text != NULL ? atoi (text) : 0;
}

static bool
all_are (const std::vector<int> &values, int expected)
{
  for (int value : values)
    if (value != expected)
      return false;
  return true;
}

class Event {
public:
  Event ()
  {
    assert_cuda (cudaEventCreate (&event_));
  }

  ~Event ()
  {
    assert_cuda (cudaEventDestroy (event_));
  }

  Event (const Event &) = delete;
  Event &operator= (const Event &) = delete;

  operator cudaEvent_t () const
  {
    return event_;
  }

private:
  cudaEvent_t event_;
};

/* one stream writes, another reads; whether the sum is right */
static bool
written_before_read (bool with_event)
{
  OnDevice<int> in (N), out (N);
  Stream writer, reader;
  Event written;

  fill (writer, in, 7);
  assert_cuda (cudaEventRecord (written, writer));
  if (with_event)
    assert_cuda (cudaStreamWaitEvent (reader, written, 0));
  add (reader, out, in, 1);
  reader.finish ();
  const bool right = all_are (out.values (), 8);

  writer.finish ();
  return right;
}

static void
test_event_orders_streams ()
{
  for (int i = 0; i < 10; i++)
    g_assert_true (written_before_read (true));
}

static void
test_missing_event_shows ()
{
  int wrong = 0;

  for (int i = 0; i < 20; i++)
    wrong += !written_before_read (false);
  g_assert_true (seed () == 0 ? wrong == 0 : wrong > 0);
  g_assert_true (seed () != 1 || wrong == 20);
}

/* one stream reads what another overwrites; only random orders show it */
static void
test_missing_event_before_write_shows ()
{
  int wrong = 0;

  for (int i = 0; i < 40; i++) {
    OnDevice<int> in (std::vector<int> (N, 7)), out (N);
    Stream reader, writer;

    add (reader, out, in, 1);
    fill (writer, in, 100);
    reader.finish ();
    wrong += !all_are (out.values (), 8);
    writer.finish ();
  }
  g_assert_true (seed () > 1 ? wrong > 0 : wrong == 0);
}

/* whether a buffer may be used again right after the copy is queued */
static bool
copied_at_call (int *host)
{
  OnDevice<int> out (N);
  Stream stream;

  std::fill_n (host, N, 7);
  assert_cuda (cudaMemcpyAsync (
      out.data (), host, N * sizeof (int), cudaMemcpyHostToDevice, stream));
  std::fill_n (host, N, 8);
  stream.finish ();
  return all_are (out.values (), 7);
}

static void
test_pinned_memory_reused_shows ()
{
  std::vector<int> pageable (N);
  int *pinned;

  assert_cuda (cudaMallocHost (&pinned, N * sizeof (int)));
  g_assert_true (copied_at_call (pageable.data ()));
  g_assert_true (copied_at_call (pinned) == (seed () == 0));
  assert_cuda (cudaFreeHost (pinned));
}

/* pinned memory is there when the stream is waited for, pageable at once */
static void
test_download ()
{
  OnDevice<int> in (N);
  std::vector<int> pageable (N, 0);
  int *pinned;
  Stream stream;

  assert_cuda (cudaMallocHost (&pinned, N * sizeof (int)));
  pinned[0] = 0;
  fill (stream, in, 7);
  assert_cuda (cudaMemcpyAsync (
      pinned, in.data (), N * sizeof (int), cudaMemcpyDeviceToHost, stream));
  g_assert_cmpint (pinned[0], ==, seed () == 0 ? 7 : 0);
  stream.finish ();
  g_assert_cmpint (pinned[0], ==, 7);
  fill (stream, in, 9);
  assert_cuda (cudaMemcpyAsync (pageable.data (), in.data (), N * sizeof (int),
      cudaMemcpyDeviceToHost, stream));
  g_assert_true (all_are (pageable, 9));
  assert_cuda (cudaFreeHost (pinned));
}

static void
test_queries ()
{
  OnDevice<int> out (N);
  Stream stream;
  Event begin, end;
  float milliseconds = -1;
  int polls = 0;

  assert_cuda (cudaEventQuery (end));
  assert_cuda (cudaEventRecord (begin, stream));
  fill (stream, out, 1);
  fill (stream, out, 2);
  assert_cuda (cudaEventRecord (end, stream));
  while (cudaEventQuery (end) == cudaErrorNotReady)
    polls++;
  g_assert_cmpint (polls, ==, seed () == 1 ? 3 : seed () == 0 ? 0 : polls);
  assert_cuda (cudaStreamQuery (stream));
  assert_cuda (cudaEventElapsedTime (&milliseconds, begin, end));
  g_assert_true (milliseconds >= 0);
  g_assert_true (all_are (out.values (), 2));
}

/* an event stands for its last record, not for what came later */
static void
test_event_synchronize ()
{
  OnDevice<int> first (N), second (N);
  Stream stream;
  Event event;

  fill (stream, first, 1);
  assert_cuda (cudaEventRecord (event, stream));
  fill (stream, second, 2);
  assert_cuda (cudaEventSynchronize (event));
  g_assert_true (
      first.data ()[0] == 1 && (seed () == 0) == (second.data ()[0] == 2));
  stream.finish ();
  g_assert_true (all_are (second.values (), 2));
}

/* the legacy default stream waits for blocking streams, and they for it */
static void
test_legacy_stream ()
{
  OnDevice<int> a (N), b (N);
  cudaStream_t blocking;

  assert_cuda (cudaStreamCreate (&blocking));
  for (int i = 0; i < 10; i++) {
    fill (blocking, a, i);
    add (nullptr, b, a, 1);
    add (blocking, a, b, 1);
    assert_cuda (cudaStreamSynchronize (blocking));
    g_assert_true (all_are (a.values (), i + 2));
  }
  assert_cuda (cudaStreamDestroy (blocking));
}

static void
test_destroyed_stream_finishes ()
{
  OnDevice<int> out (N);

  {
    Stream stream;

    fill (stream, out, 5);
  }
  assert_cuda (cudaDeviceSynchronize ());
  g_assert_true (all_are (out.values (), 5));
}

static void
test_host_function ()
{
  OnDevice<int> out (N);
  Stream stream;
  struct Seen
  {
    int *device, value;
    cudaError_t error;
  } seen = { out.data (), 0, cudaSuccess };
  const cudaHostFn_t look = [] (void *data) {
    Seen *s = static_cast<Seen *> (data);

    s->value = s->device[0];
    s->error = cudaDeviceSynchronize ();
  };

  fill (stream, out, 3);
  assert_cuda (cudaLaunchHostFunc (stream, look, &seen));
  fill (stream, out, 4);
  stream.finish ();
  g_assert_cmpint (seen.value, ==, 3);
  g_assert_cmpint (seen.error, ==, cudaErrorNotPermitted);
}

static void
test_host_threads ()
{
  GThread *threads[3];
  const GThreadFunc work = [] (gpointer) -> gpointer {
    test_event_orders_streams ();
    return NULL;
  };

  for (GThread *&thread : threads)
    thread = g_thread_new ("streams", work, NULL);
  for (GThread *thread : threads)
    g_thread_join (thread);
}

static void
test_handles_fail ()
{
  Stream stream;
  Event event;
  cudaStream_t dead;
  cudaEvent_t gone;

  assert_cuda (cudaStreamCreate (&dead));
  assert_cuda (cudaStreamDestroy (dead));
  assert_cuda (cudaEventCreate (&gone));
  assert_cuda (cudaEventDestroy (gone));
  const cudaError_t errors[] = { cudaStreamSynchronize (dead),
    cudaStreamDestroy (dead), cudaEventRecord (event, dead),
    cudaEventRecord (gone, stream), cudaEventSynchronize (gone),
    cudaStreamWaitEvent (stream, gone, 0), cudaEventDestroy (gone),
    cudaLaunchHostFunc (
        dead, [] (void *) {}, NULL) };

  for (cudaError_t error : errors)
    g_assert_cmpint (error, ==, cudaErrorInvalidResourceHandle);
  g_assert_cmpint (cudaPeekAtLastError (), ==, cudaErrorInvalidResourceHandle);
  g_assert_cmpint (cudaGetLastError (), ==, cudaErrorInvalidResourceHandle);
  assert_cuda (cudaGetLastError ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streams/event", test_event_orders_streams);
  g_test_add_func ("/streams/missing-event", test_missing_event_shows);
  g_test_add_func ("/streams/missing-event-before-write",
      test_missing_event_before_write_shows);
  g_test_add_func ("/streams/pinned-memory", test_pinned_memory_reused_shows);
  g_test_add_func ("/streams/download", test_download);
  g_test_add_func ("/streams/queries", test_queries);
  g_test_add_func ("/streams/event-synchronize", test_event_synchronize);
  g_test_add_func ("/streams/legacy", test_legacy_stream);
  g_test_add_func ("/streams/destroyed", test_destroyed_stream_finishes);
  g_test_add_func ("/streams/host-function", test_host_function);
  g_test_add_func ("/streams/host-threads", test_host_threads);
  g_test_add_func ("/streams/handles-fail", test_handles_fail);
  return g_test_run ();
}
