/* SPDX-License-Identifier: MIT
 *
 * tsanglib — tells ThreadSanitizer how GLib and GStreamer order threads
 *
 * They are not built for it, and GLib's locks are futexes, so it would not see that
 * a lock orders two accesses. The functions here are loaded before theirs of the
 * same names (LD_PRELOAD), call them, and say what they acquire and release: what
 * the calling thread did before a release is before what another thread does after
 * the acquire of the same address. See: tsan.sh. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gst/gst.h>

/* weak: other programs of a test load this library, too */
extern void __tsan_acquire (void *address) __attribute__ ((weak));
extern void __tsan_release (void *address) __attribute__ ((weak));

static void
acquire (gconstpointer address)
{
  if (__tsan_acquire != NULL)
    __tsan_acquire ((void *) address);
}

static void
release (gconstpointer address)
{
  if (__tsan_release != NULL)
    __tsan_release ((void *) address);
}

/* the function of this name that would have been called */
#define NEXT(name)                                                             \
  static typeof (name) *next;                                                  \
  if (next == NULL)                                                            \
  next = (typeof (name) *) dlsym (RTLD_NEXT, #name)

/* takes a lock; may fail; lets it go */
#define TAKES(name, Lock)                                                      \
  void name (Lock *lock)                                                       \
  {                                                                            \
    NEXT (name);                                                               \
    next (lock);                                                               \
    acquire (lock);                                                            \
  }
#define TRIES(name, Lock)                                                      \
  gboolean name (Lock *lock)                                                   \
  {                                                                            \
    NEXT (name);                                                               \
    gboolean taken = next (lock);                                              \
                                                                               \
    if (taken)                                                                 \
      acquire (lock);                                                          \
    return taken;                                                              \
  }
#define LEAVES(name, Lock)                                                     \
  void name (Lock *lock)                                                       \
  {                                                                            \
    NEXT (name);                                                               \
    release (lock);                                                            \
    next (lock);                                                               \
  }

TAKES (g_mutex_lock, GMutex)
TRIES (g_mutex_trylock, GMutex)
LEAVES (g_mutex_unlock, GMutex)
TAKES (g_rec_mutex_lock, GRecMutex)
TRIES (g_rec_mutex_trylock, GRecMutex)
LEAVES (g_rec_mutex_unlock, GRecMutex)
TAKES (g_rw_lock_writer_lock, GRWLock)
TRIES (g_rw_lock_writer_trylock, GRWLock)
LEAVES (g_rw_lock_writer_unlock, GRWLock)
TAKES (g_rw_lock_reader_lock, GRWLock)
TRIES (g_rw_lock_reader_trylock, GRWLock)
LEAVES (g_rw_lock_reader_unlock, GRWLock)

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  NEXT (g_cond_wait);
  release (mutex);
  next (cond, mutex);
  acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end)
{
  NEXT (g_cond_wait_until);
  gboolean signalled;

  release (mutex);
  signalled = next (cond, mutex, end);
  acquire (mutex);
  return signalled;
}

/* who finds the value set by g_once_init_leave() is behind it */
void (g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (g_once_init_leave);
  release ((gconstpointer) location);
  next (location, result);
}

gboolean (g_once_init_enter) (volatile void *location)
{
  NEXT (g_once_init_enter);
  gboolean first = next (location);

  acquire ((gconstpointer) location);
  return first;
}

/* the thread that drops the last reference is behind all that others did */
void
g_object_unref (gpointer object)
{
  NEXT (g_object_unref);
  release (object);
  acquire (object);
  next (object);
}

void
gst_object_unref (gpointer object)
{
  NEXT (gst_object_unref);
  release (object);
  acquire (object);
  next (object);
}

void
gst_mini_object_unref (GstMiniObject *object)
{
  NEXT (gst_mini_object_unref);
  release (object);
  acquire (object);
  next (object);
}

gboolean
gst_mini_object_is_writable (const GstMiniObject *object)
{
  NEXT (gst_mini_object_is_writable);
  gboolean writable = next (object);

  acquire (object);
  return writable;
}

/* from who hands over to who gets it */
void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  NEXT (g_async_queue_push);
  release (queue);
  next (queue, data);
}

gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  NEXT (g_async_queue_pop);
  gpointer data = next (queue);

  acquire (queue);
  return data;
}

gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  NEXT (g_async_queue_try_pop);
  gpointer data = next (queue);

  acquire (queue);
  return data;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout)
{
  NEXT (g_async_queue_timeout_pop);
  gpointer data = next (queue, timeout);

  acquire (queue);
  return data;
}

/* a pool whose function acquires what was pushed; the struct is never freed */
typedef struct
{
  GFunc func;
  gpointer data;
} Pool;

static void
work (gpointer item, gpointer data)
{
  Pool *pool = data;

  acquire (pool);
  pool->func (item, pool->data);
}

GThreadPool *
g_thread_pool_new (
    GFunc func, gpointer data, gint most, gboolean exclusive, GError **error)
{
  NEXT (g_thread_pool_new);
  Pool *pool = g_new (Pool, 1);

  *pool = (Pool){ func, data };
  return next (work, pool, most, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool *pool, gpointer item, GError **error)
{
  NEXT (g_thread_pool_push);

  release (pool->user_data);
  return next (pool, item, error);
}

gboolean
gst_bus_post (GstBus *bus, GstMessage *message)
{
  NEXT (gst_bus_post);
  release (bus);
  return next (bus, message);
}

GstMessage *
gst_bus_timed_pop_filtered (
    GstBus *bus, GstClockTime timeout, GstMessageType types)
{
  NEXT (gst_bus_timed_pop_filtered);
  GstMessage *message = next (bus, timeout, types);

  acquire (bus);
  return message;
}

GstMessage *
gst_bus_pop_filtered (GstBus *bus, GstMessageType types)
{
  return gst_bus_timed_pop_filtered (bus, 0, types);
}

GstMessage *
gst_bus_pop (GstBus *bus)
{
  return gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_ANY);
}
