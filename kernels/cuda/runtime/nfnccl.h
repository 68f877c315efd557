/* SPDX-License-Identifier: MIT
 *
 * nfnccl — NCCL's functions, found in its library at run time
 *
 * Private to the module. NCCL is needed by those who train on several GPUs
 * alone, so the module loads without it. */
#pragma once

#include <nextframe/core/nferror.h>

#include <nccl.h>

G_BEGIN_DECLS

/* what is used of https://docs.nvidia.com/deeplearning/nccl/user-guide */
#define NF_NCCL_FUNCTIONS(X)                                                   \
  X (GetUniqueId)                                                              \
  X (CommInitRankConfig)                                                       \
  X (CommGetAsyncError)                                                        \
  X (CommAbort)                                                                \
  X (AllReduce)                                                                \
  X (GetErrorString)                                                           \
  X (GetLastError)

/**
 * NfNccl: each function under its name without "nccl"
 */
typedef struct
{
#define NF_NCCL_MEMBER(name) __typeof__ (&nccl##name) name;
  NF_NCCL_FUNCTIONS (NF_NCCL_MEMBER)
#undef NF_NCCL_MEMBER
} NfNccl;

const NfNccl *nf_nccl_open (GError **error);

G_END_DECLS
