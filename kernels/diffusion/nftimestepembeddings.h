/* SPDX-License-Identifier: MIT
 *
 * nftimestepembeddings — what a network makes of noise labels, some steps ahead
 *
 * Private to the library. */
#pragma once

#include <nextframe/diffusion/nfsampler.h>
#include <nextframe/nets/nfunet.h>

G_BEGIN_DECLS

typedef struct _NfTimestepEmbeddings NfTimestepEmbeddings;

NfTimestepEmbeddings *nf_timestep_embeddings_new (NfUnet *net,
    const NfSchedule *schedule, NfSamplerMethod method, guint start,
    guint steps);
void nf_timestep_embeddings_free (NfTimestepEmbeddings *times);
NfTensor *nf_timestep_embeddings_get (
    NfTimestepEmbeddings *times, gfloat label, GError **error);

G_END_DECLS
