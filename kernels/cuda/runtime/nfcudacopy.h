/* SPDX-License-Identifier: MIT
 *
 * nfcudacopy — between host and device memory
 *
 * Private to the module. */
#pragma once

#include "cuda/nfcuda.h"

G_BEGIN_DECLS

gboolean nf_cuda_upload (NfCudaStream *stream, gpointer dst, gconstpointer src,
    gsize bytes, GError **error);
gboolean nf_cuda_download (NfCudaStream *stream, gpointer dst,
    gconstpointer src, gsize bytes, GError **error);

G_END_DECLS
