/* SPDX-License-Identifier: MIT
 *
 * loader — makes the next batches while the step computes */
#include "data/loader.h"
#include "io/nfdataset.h"

#define N_SLOTS 3 /* the batch in use, and two ahead */

/* A batch, or room for one. */
typedef struct
{
  guint8 *parts[NF_LOADER_PARTS];
  guint n_done; /* samples */
  GError *error; /* of the first sample that could not be made */
} Slot;

struct _NfLoader
{
  NfLoaderSetup setup;
  NfClipSource *source;
  NfClipReader *reader; /* of who waits for a batch */
  NfOrder *order; /* NULL: no epochs */
  GPtrArray *threads; /* GThread */

  GMutex lock;
  GCond work; /* there are samples to make, or it is time to stop */
  GCond done; /* a sample is made */
  /* the rest, and the order, under the lock */
  Slot slots[N_SLOTS]; /* batch b is in slot b % N_SLOTS */
  guint64 batch; /* the one in use */
  guint64 next; /* the next sample that nobody makes yet; samples of this
                   process's parts are counted here, from 0 */
  guint n_busy; /* samples being made */
  GHashTable
      *bad_items; /* (element-type guint64): of clips that cannot be read */
  gboolean stop;
};

/* A sample that a thread makes. */
typedef struct
{
  guint64 sample, item;
  Slot *slot;
  guint8 *parts[NF_LOADER_PARTS];
} Job;

static guint
n_parts (const NfLoader *loader)
{
  return MAX (loader->setup.share.count, 1);
}

/* Which training sample a sample of this process's parts is. */
static guint64
global_sample (const NfLoader *loader, guint64 sample)
{
  const guint size = loader->setup.batch_size;

  return (sample / size * n_parts (loader) + loader->setup.share.index) * size
      + sample % size;
}

/* Takes the next sample below @limit that there is room for; FALSE if there is
 * none now. Under the lock. */
static gboolean
take_job (NfLoader *loader, guint64 limit, Job *job)
{
  const NfLoaderSetup *setup = &loader->setup;
  guint64 room = (loader->batch + N_SLOTS) * setup->batch_size;
  guint64 local;
  guint place;

  if (loader->stop || loader->next >= MIN (limit, room))
    return FALSE;
  local = loader->next++;
  job->sample = global_sample (loader, local);
  job->item =
      loader->order ? nf_order_item (loader->order, job->sample) : job->sample;
  job->slot = &loader->slots[local / setup->batch_size % N_SLOTS];
  place = local % setup->batch_size;
  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    job->parts[i] = job->slot->parts[i] + place * setup->part_bytes[i];
  loader->n_busy++;
  return TRUE;
}

static gboolean
is_bad_item (NfLoader *loader, guint64 item)
{
  gboolean bad;

  g_mutex_lock (&loader->lock);
  bad = g_hash_table_contains (loader->bad_items, &item);
  g_mutex_unlock (&loader->lock);
  return bad;
}

static void
add_bad_item (NfLoader *loader, guint64 item, const gchar *why)
{
  guint64 *key = g_memdup2 (&item, sizeof item);

  g_mutex_lock (&loader->lock);
  g_hash_table_add (loader->bad_items, key);
  g_mutex_unlock (&loader->lock);
  nf_bad_clips_add (loader->setup.bad_clips, why);
}

/* Makes a sample of its item, or where clips may be left out of the next one
 * that can be read: the same one whoever makes it, and whenever. */
static void
load_item (
    NfLoader *loader, NfClipReader *reader, const Job *job, GError **error)
{
  const NfLoaderSetup *setup = &loader->setup;
  const guint tries = setup->bad_clips ? MAX (setup->n_items, 1) : 1;
  g_autoptr (GError) cause = NULL;

  for (guint i = 0; i < tries; i++) {
    guint64 item =
        setup->n_items > 0 ? (job->item + i) % setup->n_items : job->item;

    if (setup->bad_clips && is_bad_item (loader, item))
      continue;
    g_clear_error (&cause);
    if (setup->load (
            setup->task, reader, job->sample, item, job->parts, &cause))
      return;
    if (!setup->bad_clips || !nf_clip_is_bad (cause))
      break;
    add_bad_item (loader, item, cause->message);
  }
  if (cause && !(setup->bad_clips && nf_clip_is_bad (cause)))
    g_propagate_error (error, g_steal_pointer (&cause));
  else
    g_set_error (error, NF_ERROR, NF_ERROR_NOT_FOUND,
        "none of the clips can be read%s%s", cause ? "; the last one: " : "",
        cause ? cause->message : "");
}

/* Makes a sample. Under the lock, which is open meanwhile. */
static void
do_job (NfLoader *loader, NfClipReader *reader, const Job *job)
{
  GError *error = NULL;

  g_mutex_unlock (&loader->lock);
  load_item (loader, reader, job, &error);
  g_mutex_lock (&loader->lock);
  loader->n_busy--;
  job->slot->n_done++;
  if (error && !job->slot->error)
    job->slot->error = error;
  else
    g_clear_error (&error);
  g_cond_broadcast (&loader->done);
}

static gpointer
loader_thread (gpointer data)
{
  NfLoader *loader = data;
  g_autoptr (NfClipReader) reader = nf_clip_reader_new (loader->source);
  Job job;

  g_mutex_lock (&loader->lock);
  while (!loader->stop)
    if (take_job (loader, loader->setup.n_samples / n_parts (loader), &job))
      do_job (loader, reader, &job);
    else
      g_cond_wait (&loader->work, &loader->lock);
  g_mutex_unlock (&loader->lock);
  return NULL;
}

static gboolean
alloc_slots (NfLoader *loader, GError **error)
{
  const NfLoaderSetup *setup = &loader->setup;

  for (guint i = 0; i < N_SLOTS * NF_LOADER_PARTS; i++) {
    gsize bytes = setup->part_bytes[i % NF_LOADER_PARTS];
    guint8 **part =
        &loader->slots[i / NF_LOADER_PARTS].parts[i % NF_LOADER_PARTS];

    *part = g_try_malloc_n (setup->batch_size, bytes);
    if (*part)
      continue;
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "%d batches need %.0f MiB that are not there; lower train.batch-size",
        N_SLOTS,
        (gdouble) N_SLOTS * setup->batch_size
            * ((gdouble) setup->part_bytes[0] + setup->part_bytes[1])
            / (1 << 20));
    return FALSE;
  }
  return TRUE;
}

/**
 * nf_loader_new:
 * @source: where clips come from, outliving the loader
 * @setup: what samples there are, and how they are made
 * @error: return location: %NF_ERROR_NO_MEMORY
 *
 * Returns: (transfer full) (nullable): a loader, to be asked by one thread
 */
NfLoader *
nf_loader_new (NfClipSource *source, const NfLoaderSetup *setup, GError **error)
{
  g_autoptr (NfLoader) loader = g_new0 (NfLoader, 1);

  loader->setup = *setup;
  loader->source = source;
  g_mutex_init (&loader->lock);
  g_cond_init (&loader->work);
  g_cond_init (&loader->done);
  loader->threads = g_ptr_array_new ();
  loader->bad_items =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  loader->next =
      G_MAXUINT64; /* nothing to do before the first batch is asked for */
  if (!alloc_slots (loader, error))
    return NULL;
  loader->reader = nf_clip_reader_new (source);
  if (setup->n_items)
    loader->order = nf_order_new (setup->seed, setup->n_items);
  for (guint i = 1; i < setup->threads; i++)
    g_ptr_array_add (
        loader->threads, g_thread_new ("loader", loader_thread, loader));
  return g_steal_pointer (&loader);
}

/* Makes the slots ready for batches from @batch on. Under the lock. */
static void
go_to (NfLoader *loader, guint64 batch)
{
  gboolean onwards = loader->next != G_MAXUINT64 && batch == loader->batch + 1;

  if (!onwards) {
    loader->next = G_MAXUINT64;
    while (loader->n_busy > 0)
      g_cond_wait (&loader->done, &loader->lock);
    loader->next = batch * loader->setup.batch_size;
  }
  for (guint i = 0; i < N_SLOTS; i++) {
    Slot *slot = &loader->slots[i];

    if (onwards && i != loader->batch % N_SLOTS)
      continue;
    slot->n_done = 0;
    g_clear_error (&slot->error);
  }
  loader->batch = batch;
  g_cond_broadcast (&loader->work);
}

/**
 * nf_loader_get:
 * @loader: a loader
 * @first_sample: number of the first sample of this process's part of a batch,
 *   below the run's samples
 * @parts: (out): the batch's parts, each sample after sample, until the next
 *   batch is asked for
 * @error: return location
 *
 * Returns: %FALSE where a sample of this batch could not be made
 */
gboolean
nf_loader_get (NfLoader *loader, guint64 first_sample,
    const guint8 *parts[NF_LOADER_PARTS], GError **error)
{
  guint batch_size = loader->setup.batch_size;
  guint64 batch = first_sample / batch_size / n_parts (loader);
  Slot *slot = &loader->slots[batch % N_SLOTS];
  gboolean good;
  Job job;

  g_mutex_lock (&loader->lock);
  if (loader->next == G_MAXUINT64 || batch != loader->batch)
    go_to (loader, batch);
  while (slot->n_done < batch_size)
    if (take_job (loader, (batch + 1) * batch_size, &job))
      do_job (loader, loader->reader, &job);
    else
      g_cond_wait (&loader->done, &loader->lock);
  good = slot->error == NULL;
  if (!good && error)
    *error = g_error_copy (slot->error);
  g_mutex_unlock (&loader->lock);
  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    parts[i] = slot->parts[i];
  return good;
}

/**
 * nf_loader_free:
 * @loader: (transfer full) (nullable): a loader
 */
void
nf_loader_free (NfLoader *loader)
{
  if (!loader)
    return;
  g_mutex_lock (&loader->lock);
  loader->stop = TRUE;
  g_cond_broadcast (&loader->work);
  g_mutex_unlock (&loader->lock);
  for (guint i = 0; i < loader->threads->len; i++)
    g_thread_join (loader->threads->pdata[i]);
  g_ptr_array_unref (loader->threads);
  for (guint i = 0; i < N_SLOTS; i++) {
    for (guint k = 0; k < NF_LOADER_PARTS; k++)
      g_free (loader->slots[i].parts[k]);
    g_clear_error (&loader->slots[i].error);
  }
  nf_clip_reader_free (loader->reader);
  g_clear_pointer (&loader->order, nf_order_free);
  g_hash_table_unref (loader->bad_items);
  g_mutex_clear (&loader->lock);
  g_cond_clear (&loader->work);
  g_cond_clear (&loader->done);
  g_free (loader);
}
