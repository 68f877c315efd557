/* SPDX-License-Identifier: MIT
 *
 * test-graphs — capture and replay, and what a capture forbids */
#include "runnertest.h"

static __global__ void
add_kernel (int *out, const int *in, int value)
{
  out[threadIdx.x] = in[threadIdx.x] + value;
}

static void
add (cudaStream_t stream, const OnDevice<int> &out, const OnDevice<int> &in,
    int value)
{
  nf_launch (add_kernel, 1, 8, 0, stream, out.data (), in.data (), value);
}

/**
 * Rig: what the tests capture with
 */
struct Rig
{
  OnDevice<int> a{ std::vector<int> (8, 1) }, b{ 8 }, c{ 8 };
  Stream stream, side;
  cudaEvent_t fork, join, outer;

  Rig ()
  {
    assert_cuda (cudaEventCreate (&fork));
    assert_cuda (cudaEventCreate (&join));
    assert_cuda (cudaEventCreate (&outer));
    assert_cuda (cudaEventRecord (outer, side));
  }

  ~Rig ()
  {
    cudaEventDestroy (fork);
    cudaEventDestroy (join);
    cudaEventDestroy (outer);
  }

  void
  begin (cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal) const
  {
    assert_cuda (cudaStreamBeginCapture (stream, mode));
  }

  cudaGraphExec_t
  end () const
  {
    cudaGraph_t graph;
    cudaGraphExec_t exec;

    assert_cuda (cudaStreamEndCapture (stream, &graph));
    assert_cuda (cudaGraphInstantiate (&exec, graph, 0));
    assert_cuda (cudaGraphDestroy (graph));
    return exec;
  }

  void
  launch (cudaGraphExec_t exec) const
  {
    assert_cuda (cudaGraphLaunch (exec, stream));
    assert_cuda (cudaStreamSynchronize (stream));
  }

  /* b = a + 1 beside c = a + 2, then b += c */
  void
  capture_fork (bool with_join) const
  {
    begin ();
    assert_cuda (cudaEventRecord (fork, stream));
    assert_cuda (cudaStreamWaitEvent (side, fork, 0));
    add (side, c, a, 2);
    assert_cuda (cudaEventRecord (join, side));
    add (stream, b, a, 1);
    if (with_join)
      assert_cuda (cudaStreamWaitEvent (stream, join, 0));
  }
};

/* nothing is done while it is captured; arguments are kept */
static void
test_replay ()
{
  Rig rig;
  int value = 5;

  rig.begin ();
  add (rig.stream, rig.b, rig.a, value);
  assert_cuda (cudaMemsetAsync (rig.c.data (), 0, 32, rig.stream));
  assert_cuda (cudaMemcpyAsync (
      rig.a.data (), rig.b.data (), 16, cudaMemcpyDeviceToDevice, rig.stream));
  value = 100;
  cudaGraphExec_t exec = rig.end ();
  g_assert_cmpint (rig.b.values ()[0], ==, -1);
  for (int i = 1; i < 4; i++) {
    rig.launch (exec);
    g_assert_cmpint (rig.b.values ()[0], ==, 1 + 5 * i);
    g_assert_cmpint (rig.b.values ()[7], ==, 6);
    g_assert_cmpint (rig.c.values ()[0], ==, 0);
  }
  assert_cuda (cudaGraphExecDestroy (exec));
}

static void
test_fork_and_join ()
{
  Rig rig;

  rig.capture_fork (true);
  add (rig.stream, rig.b, rig.c, 10);
  cudaGraphExec_t exec = rig.end ();
  cudaStreamCaptureStatus status;

  assert_cuda (cudaStreamIsCapturing (rig.side, &status));
  g_assert_cmpint (status, ==, cudaStreamCaptureStatusNone);
  for (int i = 0; i < 10; i++) {
    rig.launch (exec);
    g_assert_cmpint (rig.b.values ()[0], ==, 13);
  }
  assert_cuda (cudaGraphExecDestroy (exec));
}

/* two branches that write the same: random orders show it */
static void
test_missing_edge_shows ()
{
  const gchar *seed = g_getenv ("NF_CUDA_LAZY");
  const bool random = seed != NULL && atoi (seed) > 1;
  int first = 0;
  Rig rig;

  rig.capture_fork (false);
  add (rig.stream, rig.c, rig.a, 3);
  assert_cuda (cudaStreamWaitEvent (rig.stream, rig.join, 0));
  cudaGraphExec_t exec = rig.end ();

  for (int i = 0; i < 40; i++) {
    rig.launch (exec);
    first += rig.c.values ()[0] == 3;
  }
  g_assert_true (random ? first > 0 : first == 0);
  assert_cuda (cudaGraphExecDestroy (exec));
}

static void
test_update ()
{
  Rig rig;
  cudaGraph_t graph;
  cudaGraphExecUpdateResultInfo info;

  rig.begin ();
  add (rig.stream, rig.b, rig.a, 1);
  cudaGraphExec_t exec = rig.end ();

  rig.begin ();
  add (rig.stream, rig.b, rig.a, 2);
  assert_cuda (cudaStreamEndCapture (rig.stream, &graph));
  assert_cuda (cudaGraphExecUpdate (exec, graph, &info));
  assert_cuda (cudaGraphDestroy (graph));
  rig.launch (exec);
  g_assert_cmpint (rig.b.values ()[0], ==, 3);
  rig.begin ();
  assert_cuda (cudaMemsetAsync (rig.b.data (), 0, 32, rig.stream));
  assert_cuda (cudaStreamEndCapture (rig.stream, &graph));
  g_assert_cmpint (cudaGraphExecUpdate (exec, graph, &info), ==,
      cudaErrorGraphExecUpdateFailure);
  g_assert_cmpint (info.result, ==, cudaGraphExecUpdateErrorTopologyChanged);
  assert_cuda (cudaGraphDestroy (graph));
  assert_cuda (cudaGraphExecDestroy (exec));
}

/**
 * Forbidden:
 * @act: what a capture must refuse
 * @error: how
 */
struct Forbidden
{
  const char *name;
  cudaError_t (*act) (const Rig &rig);
  cudaError_t error;
};

static const Forbidden forbidden[] = {
  { "synchronize",
      [] (const Rig &rig) { return cudaStreamSynchronize (rig.stream); },
      cudaErrorStreamCaptureUnsupported },
  { "query", [] (const Rig &rig) { return cudaStreamQuery (rig.stream); },
      cudaErrorStreamCaptureUnsupported },
  { "device-synchronize", [] (const Rig &) { return cudaDeviceSynchronize (); },
      cudaErrorStreamCaptureUnsupported },
  { "malloc",
      [] (const Rig &) {
        void *data;

        return cudaMalloc (&data, 16);
      },
      cudaErrorStreamCaptureUnsupported },
  { "memcpy",
      [] (const Rig &rig) {
        int host[8];

        return cudaMemcpy (
            host, rig.a.data (), sizeof host, cudaMemcpyDeviceToHost);
      },
      cudaErrorStreamCaptureUnsupported },
  { "pageable-copy",
      [] (const Rig &rig) {
        int host[8] = {};

        return cudaMemcpyAsync (rig.a.data (), host, sizeof host,
            cudaMemcpyHostToDevice, rig.stream);
      },
      cudaErrorStreamCaptureUnsupported },
  { "outer-event",
      [] (const Rig &rig) {
        return cudaStreamWaitEvent (rig.stream, rig.outer, 0);
      },
      cudaErrorStreamCaptureIsolation },
  { "captured-event",
      [] (const Rig &rig) {
        assert_cuda (cudaEventRecord (rig.fork, rig.stream));
        return cudaEventSynchronize (rig.fork);
      },
      cudaErrorCapturedEvent },
  { "begin-again",
      [] (const Rig &rig) {
        return cudaStreamBeginCapture (rig.stream, cudaStreamCaptureModeGlobal);
      },
      cudaErrorIllegalState },
};

/* it is refused, and the capture is good for nothing afterwards */
static void
test_forbidden (gconstpointer data)
{
  const Forbidden *f = static_cast<const Forbidden *> (data);
  Rig rig;
  cudaGraph_t graph;

  rig.begin ();
  add (rig.stream, rig.b, rig.a, 1);
  g_assert_cmpint (f->act (rig), ==, f->error);
  g_assert_cmpint (cudaMemsetAsync (rig.b.data (), 0, 4, rig.stream), ==,
      cudaErrorStreamCaptureInvalidated);
  g_assert_cmpint (cudaStreamEndCapture (rig.stream, &graph), ==,
      cudaErrorStreamCaptureInvalidated);
  g_assert_null (graph);
  /* the stream is free again */
  add (rig.stream, rig.b, rig.a, 1);
  assert_cuda (cudaStreamSynchronize (rig.stream));
  g_assert_cmpint (rig.b.values ()[0], ==, 2);
}

static void
test_unjoined_fails ()
{
  Rig rig;
  cudaGraph_t graph;

  rig.capture_fork (false);
  g_assert_cmpint (cudaStreamEndCapture (rig.stream, &graph), ==,
      cudaErrorStreamCaptureUnjoined);
}

static void
test_end_elsewhere_fails ()
{
  Rig rig;
  cudaGraph_t graph;

  rig.capture_fork (true);
  g_assert_cmpint (cudaStreamEndCapture (rig.side, &graph), ==,
      cudaErrorStreamCaptureUnmatched);
  g_assert_cmpint (cudaStreamEndCapture (rig.stream, &graph), ==,
      cudaErrorStreamCaptureInvalidated);
  g_assert_cmpint (
      cudaStreamEndCapture (rig.stream, &graph), ==, cudaErrorIllegalState);
}

static void
test_end_in_other_thread_fails ()
{
  Rig rig;
  const GThreadFunc end = [] (gpointer data) -> gpointer {
    cudaGraph_t graph;
    const cudaError_t error =
        cudaStreamEndCapture (static_cast<Rig *> (data)->stream, &graph);

    cudaGraphDestroy (graph);
    return GINT_TO_POINTER (error);
  };
  cudaGraph_t graph;

  rig.begin (cudaStreamCaptureModeThreadLocal);
  g_assert_cmpint (
      GPOINTER_TO_INT (g_thread_join (g_thread_new ("end", end, &rig))), ==,
      cudaErrorStreamCaptureWrongThread);
  cudaStreamEndCapture (rig.stream, &graph);
  rig.begin (cudaStreamCaptureModeRelaxed);
  assert_cuda (static_cast<cudaError_t> (
      GPOINTER_TO_INT (g_thread_join (g_thread_new ("end", end, &rig)))));
}

static void
test_merge_fails ()
{
  Rig rig;
  cudaGraph_t graph;

  rig.begin ();
  assert_cuda (cudaStreamBeginCapture (rig.side, cudaStreamCaptureModeGlobal));
  assert_cuda (cudaEventRecord (rig.fork, rig.side));
  g_assert_cmpint (cudaStreamWaitEvent (rig.stream, rig.fork, 0), ==,
      cudaErrorStreamCaptureMerge);
  g_assert_cmpint (cudaStreamEndCapture (rig.stream, &graph), ==,
      cudaErrorStreamCaptureInvalidated);
  g_assert_cmpint (cudaStreamEndCapture (rig.side, &graph), ==,
      cudaErrorStreamCaptureInvalidated);
}

static void
test_legacy_stream_fails ()
{
  Rig rig;
  cudaStream_t blocking;
  cudaGraph_t graph;

  g_assert_cmpint (
      cudaStreamBeginCapture (nullptr, cudaStreamCaptureModeGlobal), ==,
      cudaErrorStreamCaptureUnsupported);
  assert_cuda (cudaStreamCreate (&blocking));
  assert_cuda (cudaStreamBeginCapture (blocking, cudaStreamCaptureModeRelaxed));
  g_assert_cmpint (cudaMemsetAsync (rig.b.data (), 0, 4, nullptr), ==,
      cudaErrorStreamCaptureImplicit);
  g_assert_cmpint (cudaStreamEndCapture (blocking, &graph), ==,
      cudaErrorStreamCaptureInvalidated);
  assert_cuda (cudaStreamDestroy (blocking));
}

/* relaxed captures allow memory to be allocated */
static void
test_relaxed ()
{
  Rig rig;
  void *data;

  rig.begin (cudaStreamCaptureModeRelaxed);
  assert_cuda (cudaMalloc (&data, 64));
  assert_cuda (cudaMemsetAsync (data, 0, 64, rig.stream));
  cudaGraphExec_t exec = rig.end ();

  rig.launch (exec);
  assert_cuda (cudaGraphExecDestroy (exec));
  assert_cuda (cudaFree (data));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graphs/replay", test_replay);
  g_test_add_func ("/graphs/fork-and-join", test_fork_and_join);
  g_test_add_func ("/graphs/missing-edge", test_missing_edge_shows);
  g_test_add_func ("/graphs/update", test_update);
  for (const Forbidden &f : forbidden) {
    g_autofree gchar *path = g_strdup_printf ("/graphs/%s-fails", f.name);

    g_test_add_data_func (path, &f, test_forbidden);
  }
  g_test_add_func ("/graphs/unjoined-fails", test_unjoined_fails);
  g_test_add_func ("/graphs/end-elsewhere-fails", test_end_elsewhere_fails);
  g_test_add_func (
      "/graphs/end-in-other-thread-fails", test_end_in_other_thread_fails);
  g_test_add_func ("/graphs/merge-fails", test_merge_fails);
  g_test_add_func ("/graphs/legacy-stream-fails", test_legacy_stream_fails);
  g_test_add_func ("/graphs/relaxed", test_relaxed);
  return g_test_run ();
}
