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

/* whether allocations can be made to fail here; valgrind has its own allocator */
gboolean failing_memory_works (void);

/* what is tried: FALSE where it failed, with @error set */
typedef gboolean (*FailingMemoryUse) (gpointer data, GError **error);

/**
 * failing_memory_check:
 * @use: called often, each time with the same allocations
 * @data: for @use
 * @least: how many of them there must be
 *
 * Lets each allocation of @use fail once: it goes well, or the error is
 * %NF_ERROR_NO_MEMORY and speaks of memory, and nothing stays behind.
 */
void failing_memory_check (FailingMemoryUse use, gpointer data, guint least);

G_END_DECLS
