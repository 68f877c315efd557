/* SPDX-License-Identifier: MIT
 *
 * nfcudamemory — device memory, and who uses which piece of it
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

NfCudaPool *nf_cuda_pool_new (NfCuda *cuda, NfCudaStream *stream);
void nf_cuda_pool_free (NfCudaPool *pool);
gpointer nf_cuda_alloc (NfCudaStream *stream, gsize bytes, GError **error);
void nf_cuda_release (NfCuda *cuda, gpointer data);
void nf_cuda_release_late (NfCudaStream *stream);
void nf_cuda_memory (
    NfDevice *device, gboolean restart, NfDeviceMemory *memory);
gboolean nf_cuda_workspace (
    NfCudaStream *stream, gsize bytes, gpointer *workspace, GError **error);
gboolean nf_cuda_reads (
    NfCudaStream *stream, gconstpointer data, GError **error);
gboolean nf_cuda_writes (NfCudaStream *stream, gpointer data, GError **error);

void nf_cuda_pool_move (NfCudaPool *from, NfCudaPool *to, gboolean all);
void nf_cuda_pool_return (NfCudaPool *from, NfCudaPool *to);
gboolean nf_cuda_pool_acquire (
    NfCudaPool *pool, NfCudaStream *stream, GError **error);

G_END_DECLS
