/* SPDX-License-Identifier: MIT
 *
 * random — numbers from N(0, 1) (CUDA), the same bits as the CPU's
 *
 * Sibling: nf_cpu_randn_forward() in kernels/cpu/kernels/act.c. See docs/ops.md. */
#include "cuda/kernels/nfeach.h"
#include "cuda/kernels/philox.h"

/* a thread draws the four numbers of a block of words */
template <int V>
static __global__ void
randn_kernel (float *y, gint64 samples, gsize size, NfRngKey key)
{
  for (gint64 n = blockIdx.y; n < samples; n += gridDim.y)
    NF_GRID_LOOP (block, (size + 3) / 4)
    {
      const NfPhilox bits = nf_philox (key, n, (guint32) block);
      float v[4];

      nf_normal_pair (bits.v[0], bits.v[1], v);
      nf_normal_pair (bits.v[2], bits.v[3], v + 2);
      if (V == 4) {
        nf_store_pack (y + n * size + block * 4, v);
      } else {
#pragma unroll
        for (int i = 0; i < 4; i++)
          if (block * 4 + i < size)
            y[n * size + block * 4 + i] = v[i];
      }
    }
}

gboolean
nf_cuda_randn_forward (NfCudaStream *stream, NfOpCall *call, GError **error)
{
  const NfRandnParams *p = (const NfRandnParams *) call->params;
  const gint64 n = call->out->n;
  const gsize size = nf_tensor_elements (call->out) / (gsize) n;
  const dim3 grid (
      nf_grid ((size + 3) / 4), (unsigned int) MIN (n, NF_MOST_BLOCKS));
  float *y = nf_data<float> (call->out);

  if (size % 4 == 0 && nf_aligned (y))
    nf_launch (randn_kernel<4>, grid, NF_CUDA_BLOCK, 0, stream->handle, y, n,
        size, p->key);
  else
    nf_launch (randn_kernel<1>, grid, NF_CUDA_BLOCK, 0, stream->handle, y, n,
        size, p->key);
  return nf_cuda_launched (stream, "randn_forward", error);
}
