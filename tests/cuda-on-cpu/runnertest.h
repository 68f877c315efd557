/* SPDX-License-Identifier: MIT
 *
 * runnertest — what the tests of the runner share: memory on the device */
#pragma once

#include <glib.h>

#include <vector>

#define assert_cuda(call) g_assert_cmpint (call, ==, cudaSuccess)

/* @n values on the device, and their way there and back */
template <class T> class OnDevice {
public:
  explicit OnDevice (size_t n) : n_ (n)
  {
    assert_cuda (cudaMalloc (&data_, n * sizeof (T)));
  }

  explicit OnDevice (const std::vector<T> &values) : OnDevice (values.size ())
  {
    assert_cuda (cudaMemcpy (
        data_, values.data (), n_ * sizeof (T), cudaMemcpyHostToDevice));
  }

  ~OnDevice ()
  {
    assert_cuda (cudaFree (data_));
  }

  OnDevice (const OnDevice &) = delete;
  OnDevice &operator= (const OnDevice &) = delete;

  T *
  data () const
  {
    return data_;
  }

  std::vector<T>
  values () const
  {
    std::vector<T> host (n_);

    assert_cuda (cudaMemcpy (
        host.data (), data_, n_ * sizeof (T), cudaMemcpyDeviceToHost));
    return host;
  }

private:
  size_t n_;
  T *data_ = nullptr;
};

/* a stream that waits for no other */
class Stream {
public:
  Stream ()
  {
    assert_cuda (cudaStreamCreateWithFlags (&stream_, cudaStreamNonBlocking));
  }

  ~Stream ()
  {
    assert_cuda (cudaStreamDestroy (stream_));
  }

  Stream (const Stream &) = delete;
  Stream &operator= (const Stream &) = delete;

  operator cudaStream_t () const
  {
    return stream_;
  }

  void
  finish () const
  {
    assert_cuda (cudaStreamSynchronize (stream_));
  }

private:
  cudaStream_t stream_;
};

/* runs a kernel that writes one T a thread of each block, and gives those */
template <class T, class K>
std::vector<T>
run (K kernel, dim3 grid, dim3 block, size_t shared = 0)
{
  const size_t n = static_cast<size_t> (grid.x) * grid.y * grid.z * block.x
      * block.y * block.z;
  OnDevice<T> out (n);
  Stream stream;

  nf_launch (kernel, grid, block, shared, stream, out.data ());
  stream.finish ();
  return out.values ();
}
