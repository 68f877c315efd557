/* SPDX-License-Identifier: MIT
 *
 * loader — makes the next batches while the step computes
 *
 * Threads fill batches with samples, in order, some batches ahead of the one
 * that the step uses. A thread that waits for a batch helps to make it. A
 * sample depends on its number alone, so a batch is the same with any number of
 * threads.
 * See: clips/nfclipsource.h, which reads or renders; train/segment.c and
 * train/diffusion.c, which make samples */
#pragma once

#include "clips/nfclipsource.h"
#include "data/badclips.h"
#include "parallel/share.h"

G_BEGIN_DECLS

#define NF_LOADER_PARTS 2

/**
 * NfLoadSample:
 * @task: of the setup; not to be changed
 * @reader: the thread's reader
 * @sample: number of the training sample
 * @item: which item of an epoch it is; @sample where epochs have no end
 * @parts: where the sample's parts go, each of the size in the setup
 * @error: return location
 *
 * Makes a sample. Called by several threads at once.
 */
typedef gboolean (*NfLoadSample) (gconstpointer task, NfClipReader *reader,
    guint64 sample, guint64 item, guint8 *const parts[NF_LOADER_PARTS],
    GError **error);

/**
 * NfLoaderSetup:
 * @load: makes a sample
 * @task: its first argument
 * @part_bytes: size of a sample's parts
 * @seed: of the order of items
 * @n_items: of an epoch; 0: no item comes twice
 * @batch_size: samples of a batch, of this process's part of it, at least 1
 * @n_samples: of the whole run, all parts together; none after it is made
 * @threads: how many make samples while one waits for a batch, at least 1; all
 *   but that one go on while the step computes
 * @bad_clips: (nullable): hears of clips that cannot be read; a sample is then
 *   made of the next item that can be. %NULL: the sample is an error
 * @share: the part of every batch that this process makes; the parts are equally
 *   large
 */
typedef struct
{
  NfLoadSample load;
  gconstpointer task;
  gsize part_bytes[NF_LOADER_PARTS];
  guint64 seed;
  guint n_items;
  guint batch_size;
  guint64 n_samples;
  guint threads;
  NfBadClips *bad_clips;
  NfShare share;
} NfLoaderSetup;

typedef struct _NfLoader NfLoader;

NfLoader *nf_loader_new (
    NfClipSource *source, const NfLoaderSetup *setup, GError **error);
gboolean nf_loader_get (NfLoader *loader, guint64 first_sample,
    const guint8 *parts[NF_LOADER_PARTS], GError **error);
void nf_loader_free (NfLoader *loader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfLoader, nf_loader_free)

G_END_DECLS
