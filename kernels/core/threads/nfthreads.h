/* SPDX-License-Identifier: MIT
 *
 * nfthreads — how many CPU threads ops use */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint nf_threads_physical_cores (void);
guint nf_threads_quota (const gchar *root);
guint nf_threads_default (void);
void nf_threads_set (guint threads);
guint nf_threads_get (void);
void nf_threads_wait_asleep (void);

G_END_DECLS
