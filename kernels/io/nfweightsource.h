/* SPDX-License-Identifier: MIT
 *
 * nfweightsource — a tensor's elements, out of a safetensors file */
#pragma once

#include <nextframe/core/tensor/nftensor.h>
#include <nextframe/io/nfsafetensors.h>

G_BEGIN_DECLS

NfSource *nf_weight_source_new (NfSafetensors *file,
    const NfSafetensorsEntry *entry, const NfTensor *tensor);

G_END_DECLS
