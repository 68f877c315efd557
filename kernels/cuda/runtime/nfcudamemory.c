/* SPDX-License-Identifier: MIT
 *
 * nfcudamemory — device memory, and who uses which piece of it
 *
 * Each stream has a pool of its own: what its work is done with is used again
 * by its later work, in order, so nothing has to wait. Pools keep what they
 * got from the driver until the device is closed or memory runs short.
 *
 * A block carries marks: the stream that wrote it last, those that have waited
 * for that, and those that read it since. From them follows what a stream of
 * another thread has to wait for before it reads, writes or gets the block. */
#include "cuda/runtime/nfcudamemory.h"

#define UNIT 512 /* bytes; blocks of 1 MiB and more are whole 64 KiB */
#define LARGE (1 << 20)
#define LARGE_UNIT (64 << 10)
#define SPARE 8 /* a block that is this part larger than needed will do */

/**
 * NfCudaPool:
 * @cuda: its device
 * @stream: the one whose work uses it
 * @free: size -> GPtrArray of NfCudaBlock, smallest first, none empty
 * @workspaces: for cuBLAS and cuDNN, the last one used by turns
 * @workspace_bytes: its size
 */
struct _NfCudaPool
{
  NfCuda *cuda;
  NfCudaStream *stream;
  GTree *free;
  GPtrArray *workspaces;
  gsize workspace_bytes;
};

/**
 * NfCudaBlock:
 * @held: somebody has it
 * @taken: somebody has had it since it came to its pool
 * @writer: index of the stream that wrote it last
 * @seen: streams, as bits, that waited for @writer
 * @used: streams, as bits, that used it since it was written
 */
struct _NfCudaBlock
{
  gpointer data;
  gsize bytes;
  NfCudaPool *pool;
  gboolean held, taken;
  guint writer;
  guint64 seen, used;
};

G_STATIC_ASSERT (NF_CUDA_MAX_STREAMS <= 64);

static gint
compare_sizes (gconstpointer a, gconstpointer b, gpointer data)
{
  const gsize left = GPOINTER_TO_SIZE (a), right = GPOINTER_TO_SIZE (b);

  return (left > right) - (left < right);
}

static guint64
bit (guint index)
{
  return G_GUINT64_CONSTANT (1) << index;
}

/**
 * nf_cuda_pool_new:
 * @stream: where what uses the memory runs
 *
 * Returns: (transfer full): an empty pool
 */
NfCudaPool *
nf_cuda_pool_new (NfCuda *cuda, NfCudaStream *stream)
{
  NfCudaPool *pool = g_new0 (NfCudaPool, 1);

  pool->cuda = cuda;
  pool->stream = stream;
  pool->free = g_tree_new_full (
      compare_sizes, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  pool->workspaces = g_ptr_array_new ();
  return pool;
}

static void
block_free (NfCudaBlock *block)
{
  NfCuda *cuda = block->pool->cuda;

  cudaFree (block->data);
  cuda->now.reserved -= block->bytes;
  g_tree_remove (cuda->blocks, block->data);
  g_free (block);
}

/* takes what is free in a pool out of it; without @all, what nobody has had since
 * it came there. Returns: (transfer container) */
static GPtrArray *
pool_take (NfCudaPool *pool, gboolean all)
{
  GPtrArray *taken = g_ptr_array_new ();
  GTreeNode *node = g_tree_node_first (pool->free);

  while (node != NULL) {
    gpointer size = g_tree_node_key (node);
    GPtrArray *list = g_tree_node_value (node);

    node = g_tree_node_next (node);
    for (guint i = list->len; i-- > 0;) {
      NfCudaBlock *block = g_ptr_array_index (list, i);

      if (all || !block->taken)
        g_ptr_array_add (taken, g_ptr_array_remove_index_fast (list, i));
    }
    if (list->len == 0)
      g_tree_remove (pool->free, size);
  }
  return taken;
}

/* gives back to the driver what a pool does not use; of a graph's pool what
 * captured work has used has to stay */
static void
pool_trim (NfCudaPool *pool)
{
  g_autoptr (GPtrArray) blocks = pool_take (pool, pool == pool->stream->own);

  for (guint i = 0; i < blocks->len; i++)
    block_free (g_ptr_array_index (blocks, i));
}

/* the smallest free block of at least so many bytes, not much larger, taken out
 * of the pool; NULL: there is none */
static NfCudaBlock *
pool_find (NfCudaPool *pool, gsize bytes)
{
  GTreeNode *node = g_tree_lower_bound (pool->free, GSIZE_TO_POINTER (bytes));
  gpointer size = node != NULL ? g_tree_node_key (node) : NULL;
  GPtrArray *list;
  NfCudaBlock *block;

  if (node == NULL || GPOINTER_TO_SIZE (size) > bytes + bytes / SPARE)
    return NULL;
  list = g_tree_node_value (node);
  block = g_ptr_array_steal_index_fast (list, list->len - 1);
  if (list->len == 0)
    g_tree_remove (pool->free, size);
  return block;
}

typedef struct
{
  const NfCudaPool *pool;
  GPtrArray *found;
} Search;

static gboolean
add_if_in (gpointer key, gpointer value, gpointer data)
{
  Search *search = data;

  if (((NfCudaBlock *) value)->pool == search->pool)
    g_ptr_array_add (search->found, value);
  return FALSE;
}

/* all blocks of a pool, free or not */
static GPtrArray *
blocks_of (const NfCudaPool *pool)
{
  Search search = { .pool = pool, .found = g_ptr_array_new () };

  g_tree_foreach (pool->cuda->blocks, add_if_in, &search);
  return search.found;
}

/* not to be held any more: nothing uses it, or what does comes before */
static void
block_keep (NfCudaPool *pool, NfCudaBlock *block)
{
  gpointer size = GSIZE_TO_POINTER (block->bytes);
  GPtrArray *list = g_tree_lookup (pool->free, size);

  if (list == NULL) {
    list = g_ptr_array_new ();
    g_tree_insert (pool->free, size, list);
  }
  block->pool = pool;
  block->held = FALSE;
  g_ptr_array_add (list, block);
}

static void
pool_done (NfCudaPool *pool)
{
  g_ptr_array_unref (pool->workspaces);
  g_tree_unref (pool->free);
  g_free (pool);
}

/**
 * nf_cuda_pool_free:
 * @pool: nothing in it is used any more
 *
 * Frees it with all its memory.
 */
void
nf_cuda_pool_free (NfCudaPool *pool)
{
  NfCuda *cuda = pool->cuda;
  g_autoptr (GPtrArray) blocks = NULL;

  g_mutex_lock (&cuda->lock);
  blocks = blocks_of (pool);
  for (guint i = 0; i < blocks->len; i++)
    block_free (g_ptr_array_index (blocks, i));
  g_mutex_unlock (&cuda->lock);
  pool_done (pool);
}

/**
 * nf_cuda_pool_move:
 * @from: of a stream
 * @to: another one of the same stream
 * @all: also what has been in use since it came to @from
 *
 * Lets @to have what is free in @from.
 */
void
nf_cuda_pool_move (NfCudaPool *from, NfCudaPool *to, gboolean all)
{
  g_autoptr (GPtrArray) blocks = NULL;

  g_mutex_lock (&from->cuda->lock);
  blocks = pool_take (from, all);
  for (guint i = 0; i < blocks->len; i++) {
    NfCudaBlock *block = g_ptr_array_index (blocks, i);

    block->taken = FALSE;
    block_keep (to, block);
  }
  g_mutex_unlock (&from->cuda->lock);
}

/**
 * nf_cuda_pool_return:
 * @from: (transfer full): a pool
 * @to: gets its memory
 *
 * Frees a pool without its memory; what somebody has goes to @to when it is
 * released. The stream of @to waits, on the device, for that of @from, as soon
 * as it may.
 */
void
nf_cuda_pool_return (NfCudaPool *from, NfCudaPool *to)
{
  NfCuda *cuda = from->cuda;
  g_autoptr (GPtrArray) blocks = NULL;
  gboolean late;

  g_mutex_lock (&cuda->lock);
  late = to->stream->graph != NULL && to->stream != from->stream;
  if (!late)
    nf_cuda_stream_wait (to->stream, from->stream, NULL);
  for (guint i = 0; i < from->workspaces->len; i++) {
    NfCudaBlock *block =
        g_tree_lookup (cuda->blocks, from->workspaces->pdata[i]);

    cuda->now.live -= block->bytes;
    block_keep (from, block);
  }
  blocks = blocks_of (from);
  for (guint i = 0; i < blocks->len; i++) {
    NfCudaBlock *block = g_ptr_array_index (blocks, i);

    if (late)
      block->used |= bit (from->stream->index);
    if (late && !block->held)
      g_ptr_array_add (to->stream->late, block);
    if (late || block->held)
      block->pool = to;
    else
      block_keep (to, block);
  }
  g_mutex_unlock (&cuda->lock);
  pool_done (from);
}

/**
 * nf_cuda_pool_acquire:
 * @pool: of a graph
 * @stream: where the graph is started
 * @error: return location
 *
 * Everything in the pool counts as written by @stream from now on, which waits,
 * on the device, for the stream before.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_pool_acquire (NfCudaPool *pool, NfCudaStream *stream, GError **error)
{
  NfCuda *cuda = pool->cuda;
  gboolean ok = TRUE;

  if (pool->stream == stream)
    return TRUE;
  g_mutex_lock (&cuda->lock);
  ok = nf_cuda_stream_wait (stream, pool->stream, error);
  if (ok) {
    g_autoptr (GPtrArray) blocks = blocks_of (pool);

    for (guint i = 0; i < blocks->len; i++) {
      NfCudaBlock *block = g_ptr_array_index (blocks, i);

      block->writer = stream->index;
      block->seen = 0;
    }
    pool->stream = stream;
  }
  g_mutex_unlock (&cuda->lock);
  return ok;
}

/* FALSE with NEXTFRAME_NO_POOL: memory checkers shall see every block's end */
static gboolean
keeps_blocks (void)
{
  static gsize answer;

  if (g_once_init_enter (&answer))
    g_once_init_leave (&answer, g_getenv ("NEXTFRAME_NO_POOL") ? 2 : 1);
  return answer == 1;
}

static gsize
block_size (gsize bytes)
{
  gsize unit = bytes < LARGE ? UNIT : LARGE_UNIT;

  if (!keeps_blocks ())
    return MAX (bytes, 1);
  return (MAX (bytes, 1) + unit - 1) / unit * unit;
}

static NfCudaBlock *
block_new (NfCudaPool *pool, gsize bytes, GError **error)
{
  NfCuda *cuda = pool->cuda;
  gpointer data = NULL;
  cudaError_t status = cudaMalloc (&data, bytes);
  gsize available = 0, total = 0;
  NfCudaBlock *block;

  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError ();
    for (guint i = 0; i < cuda->streams->len; i++)
      pool_trim (((NfCudaStream *) cuda->streams->pdata[i])->own);
    pool_trim (pool);
    status = cudaMalloc (&data, bytes);
  }
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError ();
    cudaMemGetInfo (&available, &total);
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "device cuda:%d: out of memory: %.1f MiB more were needed, %.1f of "
        "%.1f "
        "MiB are free, this process holds %.1f; use a smaller batch, frame or "
        "network, precision bf16, or device cpu",
        cuda->index, (gdouble) bytes / 1048576, (gdouble) available / 1048576,
        (gdouble) total / 1048576, (gdouble) cuda->now.reserved / 1048576);
    return NULL;
  }
  if (!nf_cuda_ok (status, "cannot allocate memory", error))
    return NULL;
  block = g_new0 (NfCudaBlock, 1);
  block->data = data;
  block->bytes = bytes;
  block->pool = pool;
  cuda->now.reserved += bytes;
  cuda->peak.reserved = MAX (cuda->peak.reserved, cuda->now.reserved);
  g_tree_insert (cuda->blocks, data, block);
  return block;
}

/**
 * nf_cuda_alloc:
 * @stream: the calling thread's
 * @bytes: at least this many
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (nullable): uninitialised device memory, 512-byte aligned, that
 *   @stream may use at once
 */
gpointer
nf_cuda_alloc (NfCudaStream *stream, gsize bytes, GError **error)
{
  NfCudaPool *pool = stream->pool;
  gsize size = block_size (bytes);
  NfCudaBlock *block;

  g_mutex_lock (&stream->cuda->lock);
  block = pool_find (pool, size);
  if (block == NULL)
    block = block_new (pool, size, error);
  if (block != NULL) {
    block->held = block->taken = TRUE;
    stream->cuda->now.live += block->bytes;
    stream->cuda->peak.live =
        MAX (stream->cuda->peak.live, stream->cuda->now.live);
    block->writer = stream->index;
    block->seen = block->used = 0;
  }
  g_mutex_unlock (&stream->cuda->lock);
  return block != NULL ? block->data : NULL;
}

/* the block that an address lies in; NULL for memory of others */
static NfCudaBlock *
find_block (NfCuda *cuda, gconstpointer data)
{
  GTreeNode *above = g_tree_upper_bound (cuda->blocks, data);
  GTreeNode *node = above != NULL ? g_tree_node_previous (above)
                                  : g_tree_node_last (cuda->blocks);
  NfCudaBlock *block = node != NULL ? g_tree_node_value (node) : NULL;

  return block != NULL
          && (const guint8 *) data < (guint8 *) block->data + block->bytes
      ? block
      : NULL;
}

/* @stream waits for those of @others, as bits */
static gboolean
wait_for (NfCudaStream *stream, guint64 others, GError **error)
{
  GPtrArray *streams = stream->cuda->streams;

  for (guint i = 0; i < streams->len; i++)
    if ((others & bit (i)) && i != stream->index
        && !nf_cuda_stream_wait (stream, g_ptr_array_index (streams, i), error))
      return FALSE;
  return TRUE;
}

/* to its pool, whose stream first waits for others; what captures cannot wait */
static void
block_release (NfCudaBlock *block)
{
  NfCudaStream *stream = block->pool->stream;
  guint64 others = (block->used | bit (block->writer)) & ~bit (stream->index);

  if (others != 0 && stream->graph != NULL) {
    g_ptr_array_add (stream->late, block);
    return;
  }
  wait_for (stream, others, NULL);
  if (keeps_blocks () || block->pool != stream->own)
    block_keep (block->pool, block);
  else
    block_free (block);
}

/**
 * nf_cuda_release:
 * @data: from nf_cuda_alloc()
 *
 * Gives memory back to its pool. Its stream first waits, on the device, for
 * other streams that use it; while it captures that has to wait until the end.
 * Any thread may do this, also one that has not used the device before: the
 * runtime would start device 0 for it.
 */
void
nf_cuda_release (NfCuda *cuda, gpointer data)
{
  NfCudaBlock *block;

  cudaSetDevice (cuda->index);
  g_mutex_lock (&cuda->lock);
  block = g_tree_lookup (cuda->blocks, data);
  cuda->now.live -= block->bytes;
  block_release (block);
  g_mutex_unlock (&cuda->lock);
}

/**
 * nf_cuda_release_late:
 * @stream: has ended a capture
 *
 * Gives back what was to be given back meanwhile. The caller holds the device's
 * lock.
 */
void
nf_cuda_release_late (NfCudaStream *stream)
{
  g_autoptr (GPtrArray) late = stream->late;

  stream->late = g_ptr_array_new ();
  for (guint i = 0; i < late->len; i++)
    block_release (g_ptr_array_index (late, i));
}

/* whether it is from outside of what @stream captures */
static gboolean
is_outer (const NfCudaStream *stream, const NfCudaBlock *block)
{
  return stream->graph != NULL && block != NULL && block->pool != stream->pool;
}

/* what is captured uses memory from outside of it */
static void
note_outer (NfCudaGraph *graph, gpointer data, gboolean writes)
{
  gpointer before = g_hash_table_lookup (graph->outer, data);

  g_hash_table_insert (
      graph->outer, data, GINT_TO_POINTER (writes || before != NULL));
}

/**
 * nf_cuda_reads:
 * @stream: the calling thread's
 * @data: an address in device memory
 * @error: return location
 *
 * To be called before work that reads @data is queued: the stream waits, on the
 * device, for the one that wrote it. What is captured waits when it is started.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_reads (NfCudaStream *stream, gconstpointer data, GError **error)
{
  NfCuda *cuda = stream->cuda;
  NfCudaBlock *block;
  gboolean ok = TRUE;

  g_mutex_lock (&cuda->lock);
  block = find_block (cuda, data);
  if (is_outer (stream, block)) {
    note_outer (stream->graph, block->data, FALSE);
  } else if (block != NULL) {
    if (block->writer != stream->index && !(block->seen & bit (stream->index)))
      ok = wait_for (stream, bit (block->writer), error);
    if (ok)
      block->seen |= bit (stream->index);
    block->used |= bit (stream->index);
  }
  g_mutex_unlock (&cuda->lock);
  return ok;
}

/**
 * nf_cuda_writes:
 * @stream: the calling thread's
 * @data: an address in device memory
 * @error: return location
 *
 * To be called before work that changes @data is queued: the stream waits, on
 * the device, for all others that read or write it. What is captured waits when
 * it is started.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_writes (NfCudaStream *stream, gpointer data, GError **error)
{
  NfCuda *cuda = stream->cuda;
  NfCudaBlock *block;
  gboolean ok = TRUE;

  g_mutex_lock (&cuda->lock);
  block = find_block (cuda, data);
  if (is_outer (stream, block)) {
    note_outer (stream->graph, block->data, TRUE);
  } else if (block != NULL) {
    ok = wait_for (stream, block->used | bit (block->writer), error);
    if (ok) {
      block->writer = stream->index;
      block->seen = block->used = 0;
    }
  }
  g_mutex_unlock (&cuda->lock);
  return ok;
}

/**
 * nf_cuda_memory:
 *
 * See nf_device_memory().
 */
void
nf_cuda_memory (NfDevice *device, gboolean restart, NfDeviceMemory *memory)
{
  NfCuda *cuda = nf_cuda_of (device);

  g_mutex_lock (&cuda->lock);
  *memory = cuda->peak;
  if (restart)
    cuda->peak = cuda->now;
  g_mutex_unlock (&cuda->lock);
}

/**
 * nf_cuda_workspace:
 * @stream: the calling thread's
 * @bytes: how much is needed, which may be none
 * @workspace: (out) (transfer none) (nullable): memory that the stream's work
 *   uses by turns; NULL where none is needed
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * A smaller one from before is kept: captured graphs go on using it. To have
 * few of them, a new one is twice as large where there is room for that.
 *
 * Returns: FALSE with @error set
 */
gboolean
nf_cuda_workspace (
    NfCudaStream *stream, gsize bytes, gpointer *workspace, GError **error)
{
  NfCudaPool *pool = stream->pool;
  gpointer larger;
  gsize room;

  *workspace = NULL;
  if (bytes == 0)
    return TRUE;
  if (bytes <= pool->workspace_bytes) {
    *workspace = pool->workspaces->pdata[pool->workspaces->len - 1];
    return TRUE;
  }
  room = MAX (bytes, 2 * pool->workspace_bytes);
  larger = nf_cuda_alloc (stream, room, room > bytes ? NULL : error);
  if (larger == NULL && room > bytes)
    larger = nf_cuda_alloc (stream, room = bytes, error);
  if (larger == NULL)
    return FALSE;
  g_ptr_array_add (pool->workspaces, larger);
  pool->workspace_bytes = room;
  *workspace = larger;
  return TRUE;
}
