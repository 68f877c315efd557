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
#include "cuda/nfcuda.h"

#define UNIT 512 /* bytes; blocks of 1 MiB and more are whole 64 KiB */
#define LARGE (1 << 20)
#define LARGE_UNIT (64 << 10)

/**
 * NfCudaPool:
 * @cuda: its device
 * @stream: the one whose work uses it
 * @free: size -> GPtrArray of NfCudaBlock
 * @workspace: (nullable): for cuBLAS and cuDNN, used by turns
 * @workspace_bytes: its size
 */
struct _NfCudaPool
{
  NfCuda *cuda;
  NfCudaStream *stream;
  GHashTable *free;
  gpointer workspace;
  gsize workspace_bytes;
};

/**
 * NfCudaBlock:
 * @writer: index of the stream that wrote it last
 * @seen: streams, as bits, that waited for @writer
 * @used: streams, as bits, that used it since it was written
 */
struct _NfCudaBlock
{
  gpointer data;
  gsize bytes;
  NfCudaPool *pool;
  guint writer;
  guint64 seen, used;
};

G_STATIC_ASSERT (NF_CUDA_MAX_STREAMS <= 64);

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
  pool->free = g_hash_table_new_full (
      NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  return pool;
}

static void
block_free (NfCudaBlock *block)
{
  NfCuda *cuda = block->pool->cuda;

  cudaFree (block->data);
  cuda->reserved -= block->bytes;
  g_tree_remove (cuda->blocks, block->data);
  g_free (block);
}

/* gives back to the driver what a pool does not use */
static void
pool_trim (NfCudaPool *pool)
{
  GHashTableIter iter;
  gpointer blocks;

  g_hash_table_iter_init (&iter, pool->free);
  while (g_hash_table_iter_next (&iter, NULL, &blocks)) {
    GPtrArray *list = blocks;

    for (guint i = 0; i < list->len; i++)
      block_free (g_ptr_array_index (list, i));
    g_ptr_array_set_size (list, 0);
  }
}

static gboolean
add_if_in (gpointer key, gpointer value, gpointer data)
{
  GPtrArray *blocks = data;
  NfCudaBlock *block = value;

  if (block->pool == g_ptr_array_index (blocks, 0))
    g_ptr_array_add (blocks, block);
  return FALSE;
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
  g_autoptr (GPtrArray) blocks = g_ptr_array_new ();

  g_mutex_lock (&cuda->lock);
  g_ptr_array_add (blocks, pool);
  g_tree_foreach (cuda->blocks, add_if_in, blocks);
  for (guint i = 1; i < blocks->len; i++)
    block_free (g_ptr_array_index (blocks, i));
  g_mutex_unlock (&cuda->lock);
  g_hash_table_unref (pool->free);
  g_free (pool);
}

static gsize
block_size (gsize bytes)
{
  gsize unit = bytes < LARGE ? UNIT : LARGE_UNIT;

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

  if (status == cudaErrorMemoryAllocation && pool == pool->stream->own) {
    cudaGetLastError ();
    for (guint i = 0; i < cuda->streams->len; i++)
      pool_trim (((NfCudaStream *) cuda->streams->pdata[i])->own);
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
        (gdouble) total / 1048576, (gdouble) cuda->reserved / 1048576);
    return NULL;
  }
  if (!nf_cuda_ok (status, "cannot allocate memory", error))
    return NULL;
  block = g_new0 (NfCudaBlock, 1);
  block->data = data;
  block->bytes = bytes;
  block->pool = pool;
  cuda->reserved += bytes;
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
  GPtrArray *list;

  g_mutex_lock (&stream->cuda->lock);
  list = g_hash_table_lookup (pool->free, GSIZE_TO_POINTER (size));
  if (list != NULL && list->len > 0)
    block = g_ptr_array_steal_index_fast (list, list->len - 1);
  else
    block = block_new (pool, size, error);
  if (block != NULL) {
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

/**
 * nf_cuda_release:
 * @data: from nf_cuda_alloc()
 *
 * Gives memory back to its pool. Its stream first waits, on the device, for
 * other streams that use it.
 */
void
nf_cuda_release (NfCuda *cuda, gpointer data)
{
  NfCudaBlock *block;
  NfCudaPool *pool;
  GPtrArray *list;

  g_mutex_lock (&cuda->lock);
  block = g_tree_lookup (cuda->blocks, data);
  pool = block->pool;
  wait_for (pool->stream, block->used | bit (block->writer), NULL);
  list = g_hash_table_lookup (pool->free, GSIZE_TO_POINTER (block->bytes));
  if (list == NULL) {
    list = g_ptr_array_new ();
    g_hash_table_insert (pool->free, GSIZE_TO_POINTER (block->bytes), list);
  }
  g_ptr_array_add (list, block);
  g_mutex_unlock (&cuda->lock);
}

/**
 * nf_cuda_reads:
 * @stream: the calling thread's
 * @data: an address in device memory
 * @error: return location
 *
 * To be called before work that reads @data is queued: the stream waits, on the
 * device, for the one that wrote it.
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
  if (block != NULL && block->writer != stream->index
      && !(block->seen & bit (stream->index))) {
    ok = wait_for (stream, bit (block->writer), error);
    block->seen |= bit (stream->index);
  }
  if (block != NULL)
    block->used |= bit (stream->index);
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
 * the device, for all others that read or write it.
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
  if (block != NULL) {
    ok = wait_for (stream, block->used | bit (block->writer), error);
    block->writer = stream->index;
    block->seen = block->used = 0;
  }
  g_mutex_unlock (&cuda->lock);
  return ok;
}

/**
 * nf_cuda_workspace:
 * @stream: the calling thread's
 * @bytes: how much is needed
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * A smaller one from before is kept: captured graphs go on using it.
 *
 * Returns: (transfer none) (nullable): memory that the stream's work uses by
 *   turns
 */
gpointer
nf_cuda_workspace (NfCudaStream *stream, gsize bytes, GError **error)
{
  NfCudaPool *pool = stream->pool;
  gpointer larger;

  if (bytes <= pool->workspace_bytes)
    return pool->workspace;
  bytes = MAX (bytes, 2 * pool->workspace_bytes);
  larger = nf_cuda_alloc (stream, bytes, error);
  if (larger == NULL)
    return NULL;
  pool->workspace = larger;
  pool->workspace_bytes = bytes;
  return larger;
}
