/* SPDX-License-Identifier: MIT
 *
 * threads — how many CPU threads the ops use */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint nf_threads_physical_cores (void);
void nf_threads_set (guint threads);
guint nf_threads_get (void);

G_END_DECLS
