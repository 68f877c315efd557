/* SPDX-License-Identifier: MIT
 *
 * nftensorcores — matrices of bf16 on tensor cores, and copies beside them
 *
 * Instructions of PTX that nvcc has no function for, for GPUs of compute
 * capability 8.0 or later. All 32 lanes of a warp call them together. Which lane
 * holds which element is laid down in NVIDIA's "Parallel Thread Execution ISA",
 * under mma.m16n8k16 and ldmatrix; with g = lane / 4 and t = 2 (lane % 4), a
 * register of two elements, the lower half first, is
 *   a (16 x 16)  (g, t), (g + 8, t), (g, t + 8), (g + 8, t + 8) and the next column
 *   b (16 x 16)  (t, g), (t + 8, g), (t, g + 8), (t + 8, g + 8) and the next row
 * and the eight f32 of a sum are
 *   c (16 x 16)  (g, t), (g, t + 1), (g + 8, t), (g + 8, t + 1), then the same
 *                with 8 columns more.
 * tests/cuda-on-cpu/tensorcores.h has the same for the CPU. */
#pragma once

#include "cuda/kernels/nfeach.h"

#define NF_MATRIX 16 /* rows and columns */

#ifdef __CUDACC__

/**
 * nf_load_matrices:
 * @to: (out): a register for each of four matrices of 8 x 8
 * @row: in shared memory, 16-byte aligned: of lane l row l % 8 of matrix l / 8
 *
 * Lane l gets the elements (l / 4, 2 (l % 4)) and the next column.
 */
static __device__ __forceinline__ void
nf_load_matrices (unsigned int (&to)[4], const NfBf16 *row)
{
  const unsigned int at = (unsigned int) __cvta_generic_to_shared (row);

  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
      : "r"(at)
      : "memory");
}

/* the same of matrices that are turned: (2 (l % 4), l / 4) and the next row */
static __device__ __forceinline__ void
nf_load_matrices_turned (unsigned int (&to)[4], const NfBf16 *row)
{
  const unsigned int at = (unsigned int) __cvta_generic_to_shared (row);

  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
      : "r"(at)
      : "memory");
}

static __device__ __forceinline__ void
nf_multiply_half (
    float *c, const unsigned int (&a)[4], unsigned int b0, unsigned int b1)
{
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/* c = a b + c */
static __device__ __forceinline__ void
nf_multiply_matrices (
    float (&c)[8], const unsigned int (&a)[4], const unsigned int (&b)[4])
{
  nf_multiply_half (c, a, b[0], b[1]);
  nf_multiply_half (c + 4, a, b[2], b[3]);
}

/* begins to copy 16 bytes from global to shared memory, both aligned so, or
 * zeros where there is nothing; @from is not read then */
static __device__ __forceinline__ void
nf_copy_begin (NfBf16 *to, const NfBf16 *from, bool there)
{
  const unsigned int at = (unsigned int) __cvta_generic_to_shared (to);

  asm volatile(
      "cp.async.cg.shared.global [%0], [%1], 16, %2;"
      :
      : "r"(at), "l"(__cvta_generic_to_global (from)), "r"(there ? 16 : 0)
      : "memory");
}

/* all that the calling thread has begun is there, for itself; others see it
 * after a barrier */
static __device__ __forceinline__ void
nf_copies_end (void)
{
  asm volatile("cp.async.wait_all;" : : : "memory");
}

#endif

/* two numbers in a register, rounded */
static __device__ __forceinline__ unsigned int
nf_pack_bf16 (float low, float high)
{
  const __nv_bfloat162 pair = __floats2bfloat162_rn (low, high);
  unsigned int bits;

  memcpy (&bits, &pair, sizeof bits);
  return bits;
}
