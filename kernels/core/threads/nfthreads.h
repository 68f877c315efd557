/* SPDX-License-Identifier: MIT
 *
 * nfthreads — how many CPU threads ops use */
#pragma once

#include <glib.h>

#include <nextframe/core/nfapi.h>

G_BEGIN_DECLS

/**
 * nf_threads_physical_cores:
 * Returns: how many physical cores this process may use, at least 1: those of
 *   the CPUs that the calling thread may run on, and no more than the quota of
 *   its control groups
 */
NF_API guint nf_threads_physical_cores (void);

/**
 * nf_threads_quota:
 * @root: the folder that holds proc/ and sys/: "/"
 *
 * Returns: how many CPUs' time this process's control groups allow it, rounded
 *   up; %G_MAXUINT where they set no limit
 */
NF_API guint nf_threads_quota (const gchar *root);

/**
 * nf_threads_default:
 * Returns: OMP_NUM_THREADS where it is set, else one thread for each physical
 *   core
 */
NF_API guint nf_threads_default (void);

/**
 * nf_threads_set:
 * @threads: how many threads the calling thread's ops use; 0:
 *   nf_threads_default()
 */
NF_API void nf_threads_set (guint threads);

/**
 * nf_threads_get:
 * Returns: how many threads the calling thread's ops use, at least 1
 */
NF_API guint nf_threads_get (void);

/**
 * nf_threads_wait_asleep:
 * Makes the threads of ops sleep instead of spin while they wait for work: for
 * a program whose other threads are busy. They spin again once no other thread
 * has needed the CPUs for a while. Where OMP_WAIT_POLICY or GOMP_SPINCOUNT is
 * set, it decides, and this changes nothing.
 */
NF_API void nf_threads_wait_asleep (void);

G_END_DECLS
