/* SPDX-License-Identifier: MIT
 *
 * task — what the training loop trains
 *
 * A task has a network and its data, and makes the loss of any batch. Siblings:
 * segment.c, diffusion.c (the tasks), loop.c (what trains them). */
#pragma once

#include "config/runconfig.h"
#include <nextframe/core/ops/nfgraph.h>
#include <nextframe/core/params/nfparams.h>
#include "data/loader.h"
#include "parallel/parallel.h"
#include <nextframe/metrics/nfscoreboard.h>

G_BEGIN_DECLS

typedef struct _NfTask NfTask;

/**
 * NfTaskLoad:
 * @task: a task
 * @first_sample: number of the first training sample of this process's part of
 *   the batch
 * @in: (out): the task's inputs, to be released also where it fails
 * @error: return location
 *
 * A batch of samples, from @first_sample on, and all else that the loss takes
 * from the host. It depends on the seed and @first_sample alone.
 *
 * Returns: FALSE with @error set
 */
typedef gboolean (*NfTaskLoad) (
    NfTask *task, guint64 first_sample, NfTensor **in, GError **error);

/**
 * NfTaskLoss:
 * @task: a task
 * @in: what NfTaskLoad made
 * @error: return location
 *
 * The mean loss of the batch, by ops alone: it may be captured, see nfgraph.h.
 * Called while a tape records.
 *
 * Returns: (transfer full) (nullable): a scalar
 */
typedef NfTensor *(*NfTaskLoss) (
    NfTask *task, NfTensor *const *in, GError **error);

/**
 * NfTile: pictures of a sample
 * @NF_TILE_SEEN: what the network sees
 * @NF_TILE_MADE: what it makes of that
 * @NF_TILE_TRUE: the truth
 */
typedef enum
{
  NF_TILE_SEEN,
  NF_TILE_MADE,
  NF_TILE_TRUE,
  NF_N_TILES
} NfTile;

/**
 * NfTaskJudge:
 * @masks: whether clips need masks, and the network is judged by its own
 * @check: (nullable): whether clips suit the task
 * @n_samples: samples of a clip of so many frames that judge
 * @load: makes sample number @index of a clip, parts of the sizes in #NfTask;
 *   called by several threads at once
 * @begin: makes a second network; returns its parameters (transfer none), or
 *   %NULL with @error set
 * @score: runs that network, not in training, on @n samples of @clip from
 *   @first on: their mean loss, and where there are masks pixels for the board
 * @end: frees that network; it may not be there
 * @tiles: how many pictures of the frames' size a sample has, of each #NfTile
 * @paint: runs that network, not in training, on a sample of @clip and paints
 *   these pictures, (tiles, height, width, 3), one kind after another
 *
 * How a task's network is judged by clips, see validate.h.
 */
typedef struct
{
  gboolean masks;
  gboolean (*check) (NfTask *task, const NfClipSource *source, GError **error);
  guint (*n_samples) (const NfTask *task, guint n_frames);
  gboolean (*load) (gconstpointer task, NfClipReader *reader, guint64 clip,
      guint index, guint8 *const parts[NF_LOADER_PARTS], GError **error);
  NfParams *(*begin) (NfTask *task, GError **error);
  gboolean (*score) (NfTask *task, guint64 clip, guint first, guint n,
      const guint8 *const parts[NF_LOADER_PARTS], NfScoreboard *board,
      gdouble *loss, GError **error);
  void (*end) (NfTask *task);
  void (*tiles) (const NfTask *task, guint counts[NF_N_TILES]);
  gboolean (*paint) (NfTask *task, guint64 clip,
      const guint8 *const parts[NF_LOADER_PARTS], guint8 *tiles,
      GError **error);
} NfTaskJudge;

/**
 * NfTask:
 * @arch: the network's name in checkpoints
 * @params: (transfer none): its parameters
 * @facts: (element-type utf8 utf8): what checkpoints note
 * @n_in: tensors that @load makes, at most %NF_GRAPH_MAX_INPUTS
 * @load: makes a batch
 * @loss: its loss
 * @part_bytes: size of a sample's parts
 * @judge_bytes: size of the parts of a sample that judges; 0: as @part_bytes
 * @judge: (nullable): how its network is judged
 * @sums: (nullable): sums of gradients over the batches of a step, one for each
 *   parameter or NULL, where a step has several; made by the loop
 * @step: (nullable): loss and gradients of a batch, made by the loop
 * @epoch_samples: samples of an epoch; 0: epochs have no end
 * @bad_clips: (nullable): clips that cannot be read, where they are left out
 * @data_id: (nullable): what identifies the clips
 * @parallel: (nullable) (transfer none): the job of several processes that train
 *   together, each on its part of every batch
 * @free: frees the task's own struct, which begins with this one
 */
struct _NfTask
{
  const gchar *arch;
  NfParams *params;
  GHashTable *facts;
  guint n_in;
  NfTaskLoad load;
  NfTaskLoss loss;
  gsize part_bytes[NF_LOADER_PARTS];
  gsize judge_bytes[NF_LOADER_PARTS];
  const NfTaskJudge *judge;
  GPtrArray *sums;
  NfGraph *step;
  guint64 epoch_samples;
  NfBadClips *bad_clips;
  gchar *data_id;
  NfParallel *parallel;
  void (*free) (NfTask *task);
};

void nf_task_init (NfTask *task, guint n_in, NfTaskLoad load, NfTaskLoss loss,
    void (*free) (NfTask *task));
void nf_task_free (NfTask *task);
void nf_task_add_fact (NfTask *task, const gchar *name, const gchar *format,
    ...) G_GNUC_PRINTF (3, 4);

gboolean nf_task_begin_judging (NfTask *task, GError **error);
gsize nf_task_judge_bytes (const NfTask *task, guint part);

gboolean nf_task_read_loss (
    const NfTensor *loss, gdouble *value, GError **error);

NfClipSource *nf_task_open_data (
    NfTask *task, NfTrainConfig *config, gboolean masks, GError **error);
NfLoader *nf_task_start_loader (NfTask *task, const NfTrainConfig *config,
    NfClipSource *source, NfLoaderSetup *setup, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NfTask, nf_task_free)

G_END_DECLS
