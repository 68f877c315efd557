/* SPDX-License-Identifier: MIT
 *
 * nfsignals — no signal is handled by threads that multiply matrices in oneDNN
 *
 * Private to the CPU backend. Products in f32 with sums of more than 84 terms point
 * the stack pointer into oneDNN's workspace on the heap while they work (the
 * AVX-512 kernel that it calls jit_avx512_common_gemm_f32; seen in 2.6). The kernel
 * of the system writes the frame of a signal to the stack, so one that came then
 * went over whatever lay below that workspace.
 *
 * glibc's own signals cannot wait: setuid() and pthread_cancel() while a product
 * is made still write there. */
#pragma once

#include <glib.h>
#include <signal.h>

G_BEGIN_DECLS

void nf_signals_hold (sigset_t *before);
void nf_signals_release (const sigset_t *before);

G_END_DECLS
