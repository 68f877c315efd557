/* SPDX-License-Identifier: MIT
 *
 * fibers — stacks of their own that one OS thread runs by turns
 *
 * A fiber stays with the OS thread that made it. The sanitizers and valgrind
 * are told of each stack and each switch. */
#pragma once

namespace runner {

struct Fiber;

/* the calling OS thread as a fiber, to switch away from and back to */
Fiber *fiber_of_thread ();

/* one that begins with entry (), which never returns, on a stack of its own;
 * @number staggers stacks, so that they do not share cache lines */
Fiber *fiber_new (void (*entry) (), unsigned number);

/* @fiber is not running */
void fiber_free (Fiber *fiber);

/* goes on in @to, and returns when somebody switches back to @from */
void fiber_switch (Fiber *from, Fiber *to);

/* what entry () calls first */
void fiber_begins ();

} // namespace runner
