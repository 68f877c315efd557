/* SPDX-License-Identifier: MIT
 *
 * nfarena — the memory that the CPU backend's tensors lie in
 *
 * Large blocks are cut from regions, where they lie side by side. A block takes
 * the smallest gap that is large enough, and the rest of the gap stays a gap.
 * Where there is no such gap, the used part of a region grows; the end of a
 * region that was never used costs no memory. Neighbouring gaps become one. So
 * the reserved memory stays near the most that is in use at once, and the next
 * run of a network finds its memory reserved already. Regions consist of huge
 * pages where the system has them: looking up the places of thousands of small
 * ones took a tenth of a network's time. Small blocks, and those
 * that live as long as a network, come from malloc (): among the others they
 * would only separate gaps. */
#include "cpu/nfarena.h"

#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT 64
#define SMALL 16384 /* bytes from which a block lies in a region */
#define UNIT 512 /* sizes in a region are multiples of it */
#define HUGE_PAGE ((gsize) 2 << 20)
#define REGION ((gsize) 64 << 20) /* bytes, at least */

typedef struct _Chunk Chunk;

typedef struct
{
  guint8 *memory;
  gsize size;
  gsize used; /* where the part begins that no block ever lay in */
  Chunk *last;
} Region;

/* a block, or a gap */
struct _Chunk
{
  Region *region;
  Chunk *before, *after; /* its neighbours; NULL at the ends */
  gsize at, size; /* bytes; its place in the region */
  gboolean gap;
  guint index; /* of a gap: among all of them */
};

struct _NfArena
{
  gboolean keep;
  GMutex lock;
  GPtrArray *regions;
  GPtrArray *gaps;
  GHashTable *taken; /* address -> Chunk */
  NfDeviceMemory now, most;
};

static void
region_free (gpointer data)
{
  Region *region = data;

  for (Chunk *c = region->last; c != NULL;) {
    Chunk *before = c->before;

    g_free (c);
    c = before;
  }
  free (region->memory);
  g_free (region);
}

/**
 * nf_arena_new:
 * @keep: whether memory is kept for later; FALSE: each block is a malloc () and
 *   a free () of its own, so that memory checkers see its end
 */
NfArena *
nf_arena_new (gboolean keep)
{
  NfArena *arena = g_new0 (NfArena, 1);

  arena->keep = keep;
  g_mutex_init (&arena->lock);
  arena->regions = g_ptr_array_new_with_free_func (region_free);
  arena->gaps = g_ptr_array_new ();
  arena->taken = g_hash_table_new (NULL, NULL);
  return arena;
}

/**
 * nf_arena_free:
 * @arena: (transfer full): none of which is in use
 */
void
nf_arena_free (NfArena *arena)
{
  g_hash_table_unref (arena->taken);
  g_ptr_array_unref (arena->gaps);
  g_ptr_array_unref (arena->regions);
  g_mutex_clear (&arena->lock);
  g_free (arena);
}

static gsize
rounded (gsize bytes, gsize unit)
{
  return (bytes + unit - 1) / unit * unit;
}

/* ------------------------------------------------------------------- gaps */

static void
add_gap (NfArena *arena, Chunk *c)
{
  c->gap = TRUE;
  c->index = arena->gaps->len;
  g_ptr_array_add (arena->gaps, c);
}

static void
remove_gap (NfArena *arena, Chunk *c)
{
  c->gap = FALSE;
  g_ptr_array_remove_index_fast (arena->gaps, c->index);
  if (c->index < arena->gaps->len)
    ((Chunk *) arena->gaps->pdata[c->index])->index = c->index;
}

static Chunk *
chunk_new (Region *region, Chunk *before, Chunk *after, gsize at, gsize size)
{
  Chunk *c = g_new0 (Chunk, 1);

  *c = (Chunk){
    .region = region, .before = before, .after = after, .at = at, .size = size
  };
  if (before != NULL)
    before->after = c;
  if (after != NULL)
    after->before = c;
  else
    region->last = c;
  return c;
}

/* makes one chunk of c and the one behind it */
static void
swallow_next (Chunk *c)
{
  Chunk *next = c->after;

  c->size += next->size;
  c->after = next->after;
  if (c->after != NULL)
    c->after->before = c;
  else
    c->region->last = c;
  g_free (next);
}

/* (nullable): the smallest gap that is large enough, of equal ones the first */
static Chunk *
find_gap (const NfArena *arena, gsize size)
{
  Chunk *best = NULL;

  for (guint i = 0; i < arena->gaps->len; i++) {
    Chunk *c = g_ptr_array_index (arena->gaps, i);

    if (c->size >= size
        && (best == NULL || c->size < best->size
            || (c->size == best->size && c->region == best->region
                && c->at < best->at)))
      best = c;
  }
  return best;
}

static void
take_gap (NfArena *arena, Chunk *c, gsize size)
{
  remove_gap (arena, c);
  if (c->size > size)
    add_gap (arena,
        chunk_new (c->region, c, c->after, c->at + size, c->size - size));
  c->size = size;
}

/* ---------------------------------------------------------------- regions */

/* bytes of the gap at the end of what is used */
static gsize
last_gap (const Region *region)
{
  return region->last != NULL && region->last->gap ? region->last->size : 0;
}

static Region *
region_new (NfArena *arena, gsize size)
{
  gsize all = rounded (MAX (size, REGION), HUGE_PAGE);
  guint8 *memory = aligned_alloc (HUGE_PAGE, all);
  Region *region;

  if (memory == NULL && all > size)
    memory = aligned_alloc (4096, all = rounded (size, 4096));
  if (memory == NULL)
    return NULL;
  madvise (memory, all, MADV_HUGEPAGE); /* only advice: it may fail */
  region = g_new0 (Region, 1);
  region->memory = memory;
  region->size = all;
  g_ptr_array_add (arena->regions, region);
  return region;
}

/* (nullable): the region that grows least by a block of this size */
static Region *
find_region (const NfArena *arena, gsize size)
{
  Region *best = NULL;

  for (guint i = 0; i < arena->regions->len; i++) {
    Region *r = g_ptr_array_index (arena->regions, i);

    if (r->size - r->used + last_gap (r) >= size
        && (best == NULL || last_gap (r) > last_gap (best)))
      best = r;
  }
  return best;
}

/* (nullable): a block at the end of what a region has used */
static Chunk *
grow (NfArena *arena, gsize size)
{
  Region *region = find_region (arena, size);
  Chunk *c;
  gsize gap;

  if (region == NULL)
    region = region_new (arena, size);
  if (region == NULL)
    return NULL;
  gap = last_gap (region);
  if (gap > 0) {
    c = region->last;
    remove_gap (arena, c);
    c->size = size;
  } else {
    c = chunk_new (region, region->last, NULL, region->used, size);
  }
  region->used += size - gap;
  arena->now.reserved += size - gap;
  return c;
}

/* ----------------------------------------------------------------- blocks */

static gpointer
take_chunk (NfArena *arena, gsize bytes)
{
  gsize size = rounded (bytes, UNIT);
  Chunk *c = find_gap (arena, size);
  gpointer data;

  if (c != NULL)
    take_gap (arena, c, size);
  else
    c = grow (arena, size);
  if (c == NULL)
    return NULL;
  data = c->region->memory + c->at;
  g_hash_table_insert (arena->taken, data, c);
  return data;
}

static void
release_chunk (NfArena *arena, Chunk *c)
{
  if (c->after != NULL && c->after->gap) {
    remove_gap (arena, c->after);
    swallow_next (c);
  }
  if (c->before != NULL && c->before->gap) {
    c = c->before;
    swallow_next (c);
    return;
  }
  add_gap (arena, c);
}

static gpointer
take (NfArena *arena, gsize bytes, gboolean alone)
{
  gpointer data;

  g_mutex_lock (&arena->lock);
  if (alone) {
    data = aligned_alloc (ALIGNMENT, rounded (bytes, ALIGNMENT));
    arena->now.reserved += data != NULL ? rounded (bytes, ALIGNMENT) : 0;
  } else {
    data = take_chunk (arena, bytes);
  }
  if (data != NULL) {
    arena->now.live += bytes;
    arena->most.live = MAX (arena->most.live, arena->now.live);
    arena->most.reserved = MAX (arena->most.reserved, arena->now.reserved);
  }
  g_mutex_unlock (&arena->lock);
  return data;
}

/**
 * nf_arena_alloc:
 * @bytes: how many, at least 1
 *
 * Returns: (nullable): as many, 64-byte aligned; NULL where there are no more
 */
gpointer
nf_arena_alloc (NfArena *arena, gsize bytes)
{
  return take (arena, bytes, !arena->keep || bytes < SMALL);
}

/**
 * nf_arena_alloc_lasting:
 * @bytes: how many, at least 1
 *
 * nf_arena_alloc() for what stays longer than a run of the network.
 */
gpointer
nf_arena_alloc_lasting (NfArena *arena, gsize bytes)
{
  return take (arena, bytes, TRUE);
}

/**
 * nf_arena_release:
 * @data: from nf_arena_alloc() or nf_arena_alloc_lasting()
 * @bytes: what it was asked for with
 */
void
nf_arena_release (NfArena *arena, gpointer data, gsize bytes)
{
  gpointer c = NULL;

  g_mutex_lock (&arena->lock);
  arena->now.live -= bytes;
  if (g_hash_table_steal_extended (arena->taken, data, NULL, &c)) {
    release_chunk (arena, c);
  } else {
    arena->now.reserved -= rounded (bytes, ALIGNMENT);
    free (data);
  }
  g_mutex_unlock (&arena->lock);
}

/**
 * nf_arena_memory:
 * @restart: whether the peaks begin anew, at what is there now
 * @memory: (out): the peaks until now
 */
void
nf_arena_memory (NfArena *arena, gboolean restart, NfDeviceMemory *memory)
{
  g_mutex_lock (&arena->lock);
  *memory = arena->most;
  if (restart)
    arena->most = arena->now;
  g_mutex_unlock (&arena->lock);
}
