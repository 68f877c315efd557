/* SPDX-License-Identifier: MIT
 *
 * nftimes — what a network makes of noise labels, some steps ahead
 *
 * Private to the library. */
#pragma once

#include "diffusion/nfsampler.h"
#include "nets/nfunet.h"

G_BEGIN_DECLS

typedef struct _NfTimes NfTimes;

NfTimes *nf_times_new (NfUnet *net, const NfSchedule *schedule,
    NfSamplerMethod method, guint start, guint steps);
void nf_times_free (NfTimes *times);
NfTensor *nf_times_get (NfTimes *times, gfloat label, GError **error);

G_END_DECLS
