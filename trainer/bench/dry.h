/* SPDX-License-Identifier: MIT
 *
 * bench/dry — a device that computes nothing and has all the memory one asks for
 *
 * What a network would do on it can be counted in seconds, however large it is. */
#pragma once

#include <nextframe/core/tensor/nfdevice.h>
#include <nextframe/core/tensor/nftensor.h>

G_BEGIN_DECLS

NfDevice *nf_bench_dry_device (void);
gsize nf_bench_dry_peak (gboolean restart);

G_END_DECLS
