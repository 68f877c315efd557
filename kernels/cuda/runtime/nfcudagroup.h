/* SPDX-License-Identifier: MIT
 *
 * nfcudagroup — GPUs of several processes that add up tensors, by NCCL
 *
 * Private to the module; only where NF_HAVE_NCCL is defined. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

extern const NfBackendGroup nf_cuda_backend_group;

G_END_DECLS
