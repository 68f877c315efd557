/* SPDX-License-Identifier: MIT
 *
 * nftimestepembeddings — what a network makes of noise labels, some steps ahead
 *
 * The labels of a sampling run are known before it begins, and a part of the
 * network depends on them alone: one linear layer for each norm. For one label
 * these are products of a vector with many weights, which take as long as
 * reading them; for many labels at once hardly longer. */
#include "diffusion/nftimestepembeddings.h"

#define AHEAD 32 /* labels at once: a few megabytes in a large network */

struct _NfTimestepEmbeddings
{
  NfUnet *net;
  guint *labels; /* of the run, in its order */
  guint n;
  gfloat label[AHEAD]; /* those of the rows */
  guint n_rows;
  NfTensor *rows; /* from nf_unet_times() */
};

/**
 * nf_timestep_embeddings_new:
 * @net: outlives the result
 * @schedule: its noise levels
 * @method: of sampling
 * @start: the first label
 * @steps: at least 1
 *
 * Returns: (transfer full): for one sampling run after the other
 */
NfTimestepEmbeddings *
nf_timestep_embeddings_new (NfUnet *net, const NfSchedule *schedule,
    NfSamplerMethod method, guint start, guint steps)
{
  NfTimestepEmbeddings *times = g_new0 (NfTimestepEmbeddings, 1);

  times->net = net;
  times->labels = nf_sampler_labels (method, schedule, start, steps, &times->n);
  return times;
}

void
nf_timestep_embeddings_free (NfTimestepEmbeddings *times)
{
  nf_tensor_clear (&times->rows);
  g_free (times->labels);
  g_free (times);
}

/* the rows of a label and of those that follow it in the run; of itself alone
 * where the run does not visit it */
static gboolean
make_rows (NfTimestepEmbeddings *times, gfloat label, GError **error)
{
  guint at = 0;

  while (at < times->n && (gfloat) times->labels[at] != label)
    at++;
  times->label[0] = label;
  times->n_rows = 1;
  for (; times->n_rows < AHEAD && at + times->n_rows < times->n;
       times->n_rows++)
    times->label[times->n_rows] = (gfloat) times->labels[at + times->n_rows];
  nf_tensor_clear (&times->rows);
  times->rows = nf_unet_times (times->net, times->label, times->n_rows, error);
  return times->rows != NULL;
}

static gint64
find (const NfTimestepEmbeddings *times, gfloat label)
{
  for (guint i = 0; times->rows != NULL && i < times->n_rows; i++)
    if (times->label[i] == label)
      return i;
  return -1;
}

/**
 * nf_timestep_embeddings_get:
 * @label: a noise label
 * @error: return location
 *
 * Returns: (transfer full) (nullable): for nf_unet_forward_at()
 */
NfTensor *
nf_timestep_embeddings_get (
    NfTimestepEmbeddings *times, gfloat label, GError **error)
{
  gint64 row = find (times, label);

  if (row < 0 && !make_rows (times, label, error))
    return NULL;
  return nf_tensor_batch_slice (times->rows, MAX (row, 0), 1, error);
}
