/* SPDX-License-Identifier: MIT
 *
 * nfthreads — how many CPU threads ops use */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * nf_threads_physical_cores:
 *
 * Returns: cores, not counting their threads, that this process may use: those
 *   of the calling thread's CPUs, and no more than its control groups' quota
 */
guint nf_threads_physical_cores (void);

/**
 * nf_threads_quota:
 * @root: folder in which proc/ and sys/ are: "/"
 *
 * Returns: CPUs whose time this process's control groups allow it, rounded up;
 *   %G_MAXUINT where they set no limit
 */
guint nf_threads_quota (const gchar *root);

/**
 * nf_threads_default:
 *
 * Returns: OMP_NUM_THREADS where it is set, else one a physical core
 */
guint nf_threads_default (void);

/**
 * nf_threads_set:
 * @threads: for this thread's ops; 0: nf_threads_default()
 */
void nf_threads_set (guint threads);

/**
 * nf_threads_get:
 *
 * Returns: how many threads this thread's ops use, at least 1
 */
guint nf_threads_get (void);

/**
 * nf_threads_wait_asleep:
 *
 * Makes the threads of ops sleep while they wait, for a program whose other
 * threads are busy, until these have left them alone for a while; unless
 * OMP_WAIT_POLICY or GOMP_SPINCOUNT say how they are to wait.
 */
void nf_threads_wait_asleep (void);

G_END_DECLS
