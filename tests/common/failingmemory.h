/* SPDX-License-Identifier: MIT
 *
 * failingmemory — allocations of this process that fail when a test wants it
 *
 * A program that has failingmemory.c in it allocates through it, and so do the
 * libraries that it uses. Counted, and made to fail, are allocations of at least
 * %FAILING_MEMORY_LEAST bytes, not what grows by realloc (): GLib's lists and strings
 * are small, or do, and GLib ends the process where it cannot have them. Not for
 * programs with AddressSanitizer or under valgrind, which have allocators of their
 * own. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FAILING_MEMORY_LEAST 4096

/* from now on allocations are counted, and the @fails th one fails, from 1; 0:
 * none */
void failing_memory_plant (guint fails);

/* ends that; allocations that were counted since failing_memory_plant() */
guint failing_memory_end (void);

/* bytes that are in use now, more or less than at another time */
gssize failing_memory_used (void);

G_END_DECLS
