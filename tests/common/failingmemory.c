/* SPDX-License-Identifier: MIT
 *
 * failingmemory — allocations of this process that fail when a test wants it
 *
 * The functions here come before glibc's of the same names, for the libraries
 * too; glibc's are called by their other names. */
#include "failingmemory.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *block, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);
extern void __libc_free (void *block);

/* all atomic */
static gboolean counts;
static guint n_counted, n_fails;
static gssize used;

static gboolean
fails (size_t size)
{
  if (size < FAILING_MEMORY_LEAST || !g_atomic_int_get (&counts)
      || g_atomic_int_add (&n_counted, 1) + 1 != g_atomic_int_get (&n_fails))
    return FALSE;
  errno = ENOMEM;

  return TRUE;
}

/* a block that there is from now on, or where @sign is -1, no longer */
static void *
account (void *block, gssize sign)
{
  if (block != NULL)
    g_atomic_pointer_add (&used, sign * (gssize) malloc_usable_size (block));

  return block;
}

void *
malloc (size_t size)
{
  return fails (size) ? NULL : account (__libc_malloc (size), 1);
}

void *
calloc (size_t n, size_t size)
{
  return fails (n * size) ? NULL : account (__libc_calloc (n, size), 1);
}

/* GLib's containers grow by it, nothing else */
void *
realloc (void *block, size_t size)
{
  void *grown;

  account (block, -1);
  grown = __libc_realloc (block, size);
  /* where it fails the block is still there */
  account (grown == NULL && size > 0 ? block : grown, 1);

  return grown;
}

void
free (void *block)
{
  __libc_free (account (block, -1));
}

void *
memalign (size_t alignment, size_t size)
{
  return fails (size) ? NULL : account (__libc_memalign (alignment, size), 1);
}

void *
aligned_alloc (size_t alignment, size_t size)
{
  return memalign (alignment, size);
}

int
posix_memalign (void **block, size_t alignment, size_t size)
{
  void *memory = aligned_alloc (alignment, size);

  if (memory == NULL)
    return ENOMEM;
  *block = memory;

  return 0;
}

void *
mmap (void *at, size_t size, int protection, int flags, int file, off_t offset)
{
  return fails (size)
      ? MAP_FAILED
      : (void *) syscall (SYS_mmap, at, size, protection, flags, file, offset);
}

void
failing_memory_plant (guint which)
{
  g_atomic_int_set (&n_counted, 0);
  g_atomic_int_set (&n_fails, which);
  g_atomic_int_set (&counts, TRUE);
}

guint
failing_memory_end (void)
{
  g_atomic_int_set (&counts, FALSE);

  return (guint) g_atomic_int_get (&n_counted);
}

gssize
failing_memory_used (void)
{
  return (gssize) g_atomic_pointer_get (&used);
}
