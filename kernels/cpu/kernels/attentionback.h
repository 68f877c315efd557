/* SPDX-License-Identifier: MIT
 *
 * attentionback — gradients of attention in bf16 (CPU)
 *
 * Private to attention.c. */
#pragma once

#include "cpu/nfcpu.h"

G_BEGIN_DECLS

gboolean nf_cpu_attention_backward_bf16 (const NfOpCall *call,
    const NfTensor *grad_out, NfTensor **grad_in, GError **error);

G_END_DECLS
