/* SPDX-License-Identifier: MIT
 *
 * failingmemory — allocations of this process that fail when a test wants it
 *
 * The functions here come before glibc's of the same names, for the libraries
 * too; glibc's are called by their other names. */
#include "failingmemory.h"

#include <nextframe/core/nferror.h>

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
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

gboolean
failing_memory_works (void)
{
  failing_memory_plant (0);
  g_free (g_malloc (FAILING_MEMORY_LEAST));

  return failing_memory_end () > 0;
}

/* bytes that are in use now, more or less than at another time */
static gssize
used_now (void)
{
  return (gssize) g_atomic_pointer_get (&used);
}

static void
use_failing (FailingMemoryUse use, gpointer data, guint which)
{
  GError *error = NULL;
  gboolean ok;

  failing_memory_plant (which);
  ok = use (data, &error);
  failing_memory_end ();
  /* oneDNN does without some */
  g_assert_true (ok == (error == NULL));
  if (ok)
    return;
  g_assert_error (error, NF_ERROR, NF_ERROR_NO_MEMORY);
  if (strstr (error->message, "memory") == NULL)
    g_error ("allocation %u: %s", which, error->message);
  g_error_free (error);
}

void
failing_memory_check (FailingMemoryUse use, gpointer data, guint least)
{
  g_autoptr (GError) error = NULL;
  guint n;

  /* what libraries keep for good they have after this */
  g_assert_true (use (data, &error));
  failing_memory_plant (0);
  g_assert_true (use (data, &error));
  n = failing_memory_end ();
  g_assert_no_error (error);
  g_test_message ("%u allocations", n);
  g_assert_cmpuint (n, >=, least);
  for (guint i = 1; i <= n; i++) {
    gssize before = used_now (), left;

    use_failing (use, data, i);
    if (used_now () == before)
      continue;
    /* what is kept for the next time is kept once */
    before = used_now ();
    use_failing (use, data, i);
    left = used_now () - before;
    if (left != 0)
      g_error ("allocation %u: %" G_GSSIZE_FORMAT " bytes are left", i, left);
  }
}
