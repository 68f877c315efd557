/* SPDX-License-Identifier: MIT
 *
 * nfdataset — a folder of clips, and the order in which training sees them
 *
 * A data set is a folder of splits (train/, val/, unlabeled/, hidden/, any may
 * be missing), a split a folder of clips video_N. Opening looks at every clip's
 * file names, its first frame and the head of its mask; clips are read when
 * they are asked for and kept while memory is allowed to them.
 * Sibling: nfclip.c (one clip). */
#pragma once

#include <nextframe/core/nfapi.h>
#include "io/nfclip.h"

G_BEGIN_DECLS

/**
 * NfMasks:
 * @NF_MASKS_NONE: they are not read
 * @NF_MASKS_REQUIRED: every clip must have one
 * @NF_MASKS_PRESENT: those that are there are read
 *
 * What a clip's mask is wanted for.
 */
typedef enum
{
  NF_MASKS_NONE,
  NF_MASKS_REQUIRED,
  NF_MASKS_PRESENT
} NfMasks;

/**
 * NfDatasetOptions:
 * @splits: names of splits with spaces between, in order
 * @masks: which masks to read
 * @classes: mask values of so many and more become 0, the background
 * @max_clips: stop after so many clips; 0: all
 * @cache_bytes: memory for clips that nobody holds
 * @height: of a source of clips that are rendered: rows of their frames; 0: as
 *   many as the source sets
 * @width: columns, likewise
 * @left_out: (nullable) (element-type utf8): where it is there, clips that cannot
 *   be opened by their own fault, see nf_clip_is_bad(), are left out and what is
 *   wrong with them is added; %NULL: they are an error
 */
typedef struct
{
  const gchar *splits;
  NfMasks masks;
  guint classes;
  guint64 max_clips;
  gsize cache_bytes;
  gint height, width; /* pixels */
  GPtrArray *left_out;
} NfDatasetOptions;

/**
 * NfDataset: an open data set; any thread may load clips of it
 */
typedef struct _NfDataset NfDataset;

NF_API NfDataset *nf_dataset_open (
    const gchar *path, const NfDatasetOptions *options, GError **error);
NF_API void nf_dataset_free (NfDataset *dataset);
NF_API guint nf_dataset_n_clips (const NfDataset *dataset);
NF_API const NfClipInfo *nf_dataset_clip_info (
    const NfDataset *dataset, guint index);
NF_API NfClip *nf_dataset_load_clip (
    NfDataset *dataset, guint index, GError **error);

/**
 * NfOrder: the shuffled order of items, a new one each epoch
 */
typedef struct _NfOrder NfOrder;

NF_API NfOrder *nf_order_new (guint64 seed, guint n_items);
NF_API void nf_order_free (NfOrder *order);
NF_API guint nf_order_item (NfOrder *order, guint64 sample);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfDataset, nf_dataset_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfOrder, nf_order_free)

G_END_DECLS
