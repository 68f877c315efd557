/* SPDX-License-Identifier: MIT
 *
 * nfspin — how the threads of ops wait for work: spinning, or asleep
 *
 * Private to the library. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean nf_spin_should_sleep (gboolean asleep, gdouble waited);
void nf_spin_set_asleep (gboolean asleep);
gboolean nf_spin_is_asleep (void);
void nf_spin_look (void);

G_END_DECLS
