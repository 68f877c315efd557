/* SPDX-License-Identifier: MIT
 *
 * diffusiondraws — what is drawn for each sample of a noise predictor: which window
 * of its clip, and which label of noise
 *
 * Every one of them comes, about as often as the others. Sibling: maskedtraining.c,
 * which of the known frames are masked */
#include "testclips.h"
#include "testruns.h"
#include "train/diffusion.h"
#include <nextframe/nets/nfunet.h>

#include <gst/gst.h>
#include <math.h>
#include <string.h>

#define BATCH 4
#define DRAWS 2400
#define LABELS 20
#define EMBEDDING 8 /* numbers of a label */
#define STARTS 4 /* windows of a clip */

/* which tensors of a batch these are */
enum
{
  IN_CONTEXT = 0,
  IN_EMBEDDING = 4
};

static NfTask *
new_task (NfTestPlace *place, NfTrainConfig *config, const gchar *more)
{
  g_autofree gchar *settings = g_strdup_printf (NF_TEST_TINY_DIFFUSION
      "|data.path=%s|model.num-frames-cond=2|model.future-gap=0|"
      "model.num-classes=%d|augment.mirror=0|train.batch-size=%d|"
      "train.steps=%d|%s",
      place->data, LABELS, BATCH, DRAWS / BATCH, more);
  g_auto (GStrv) sets = g_strsplit (settings, "|", -1);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;
  NfTask *task;

  for (guint i = 0; sets[i]; i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  task = nf_diffusion_task_new (device, config, &error);
  g_assert_no_error (error);
  return task;
}

/* (transfer full): a tensor of the batch from a sample on */
static gfloat *
load (NfTask *task, guint64 sample, guint which, gsize *n, gint64 *rows)
{
  NfTensor *in[NF_GRAPH_MAX_INPUTS] = { NULL };
  g_autoptr (GError) error = NULL;
  gfloat *values;

  g_assert_true (task->load (task, sample, in, &error));
  *n = nf_tensor_elements (in[which]);
  *rows = in[which]->n;
  values = g_new (gfloat, *n);
  g_assert_true (nf_tensor_to_nchw (in[which], values, &error));
  for (guint i = 0; i < task->n_in; i++)
    nf_tensor_clear (&in[i]);
  return values;
}

static void
assert_evenly (const guint *counts, guint n, guint all, const gchar *what)
{
  for (guint i = 0; i < n; i++)
    if (!(counts[i] > 0.6 * all / n && counts[i] < 1.4 * all / n))
      g_error ("%s %u came %u times of %u", what, i, counts[i], all);
}

/* All clips show the same, so that their first frames tell the windows apart. */
static void
test_windows (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
  g_autoptr (NfTask) task = new_task (place, config, "train.seed=3");
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  guint counts[STARTS] = { 0 };

  for (guint64 sample = 0; sample < DRAWS; sample += BATCH) {
    gint64 rows;
    gsize n;
    g_autofree gfloat *context = load (task, sample, IN_CONTEXT, &n, &rows);
    const gsize window = n / BATCH, frame = window / 2;

    g_assert_cmpint (rows, ==, BATCH);
    for (guint i = 0; i < BATCH; i++) {
      const gfloat *first = context + i * window;
      guint k = 0;

      while (k < seen->len
          && memcmp (seen->pdata[k], first, frame * sizeof *first) != 0)
        k++;
      g_assert_cmpuint (k, <, STARTS);
      if (k == seen->len)
        g_ptr_array_add (seen, g_memdup2 (first, frame * sizeof *first));
      counts[k]++;
    }
  }
  g_assert_cmpuint (seen->len, ==, STARTS);
  assert_evenly (counts, STARTS, DRAWS, "window");
}

/* which label an embedding is of */
static guint
label_of (const gfloat *embedding, const gfloat *all)
{
  for (guint k = 0; k < LABELS; k++)
    if (memcmp (embedding, all + k * EMBEDDING, EMBEDDING * sizeof *all) == 0)
      return k;
  g_assert_not_reached ();
}

static void
test_labels (NfTestPlace *place, gconstpointer data)
{
  const gboolean stratified = GPOINTER_TO_INT (data);
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
  g_autoptr (NfTask) task = new_task (place, config,
      stratified ? "train.labels=stratified" : "train.labels=independent");
  g_autoptr (NfTensor) embeddings = NULL;
  g_autofree gfloat *all = g_new (gfloat, LABELS * EMBEDDING);
  gfloat labels[LABELS];
  guint counts[LABELS] = { 0 };

  for (guint k = 0; k < LABELS; k++)
    labels[k] = (gfloat) k;
  embeddings =
      nf_time_embedding (task->params->device, labels, LABELS, EMBEDDING, NULL);
  g_assert_true (nf_tensor_to_nchw (embeddings, all, NULL));
  for (guint64 sample = 0; sample < DRAWS; sample += BATCH) {
    gint64 rows;
    gsize n;
    g_autofree gfloat *embedding = load (task, sample, IN_EMBEDDING, &n, &rows);

    for (guint i = 0; i < BATCH; i++) {
      /* one row stands for all where their labels are the same */
      const guint label =
          label_of (embedding + (rows > 1 ? i * EMBEDDING : 0), all);

      if (stratified)
        g_assert_cmpuint (label / (LABELS / BATCH), ==, i);
      counts[label]++;
    }
  }
  assert_evenly (counts, LABELS, DRAWS, "label");
}

#define WINDOWS 4 /* of a clip that judge */
#define CLIPS 60

/* how much a window of each clip weighs, by which noise labels can be told apart: a
 * network that tells no noise has the same loss but for that */
static void
judge_weights (NfTestPlace *place, gdouble *weights)
{
  static const gchar *const sets[] = { "train.loss-weight=none",
    "train.loss-weight=min-snr-v" };

  for (guint k = 0; k < G_N_ELEMENTS (sets); k++) {
    g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_DIFFUSION);
    g_autoptr (NfTask) task = new_task (place, config, sets[k]);
    g_autofree guint8 *context = g_malloc0 (task->part_bytes[0]);
    g_autofree guint8 *future = g_malloc0 (task->part_bytes[1]);
    const guint8 *const parts[NF_LOADER_PARTS] = { context, future };
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (task->judge->begin (task, &error));
    for (guint i = 0; i < CLIPS * WINDOWS; i++) {
      gdouble loss;

      task->judge->score (
          task, i / WINDOWS, i % WINDOWS, 1, parts, NULL, &loss, &error);
      g_assert_no_error (error);
      weights[i] = k == 0 ? loss : loss / weights[i];
    }
    task->judge->end (task);
  }
}

/* Windows of a clip are judged at labels of their own parts of the schedule, each of
 * them at all of its part. */
static void
test_labels_of_judging (NfTestPlace *place, gconstpointer unused)
{
  gdouble weights[CLIPS * WINDOWS], found[LABELS];
  guint part[LABELS], n = 0;

  judge_weights (place, weights);
  for (guint i = 0; i < CLIPS * WINDOWS; i++) {
    guint k = 0;

    while (k < n && fabs (weights[i] / found[k] - 1) > 1e-4)
      k++;
    g_assert_cmpuint (k, <, LABELS);
    if (k == n) {
      found[n] = weights[i];
      part[n++] = i % WINDOWS;
    }
    g_assert_cmpuint (part[k], ==, i % WINDOWS);
  }
  g_assert_cmpuint (n, ==, LABELS);
}

#define ADD(name, func, data)                                                  \
  g_test_add ("/diffusion-draws/" name, NfTestPlace, GINT_TO_POINTER (data),   \
      nf_test_place_set_up, func, nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  ADD ("windows", test_windows, FALSE);
  ADD ("labels", test_labels, FALSE);
  ADD ("labels-stratified", test_labels, TRUE);
  ADD ("labels-of-judging", test_labels_of_judging, FALSE);
  return g_test_run ();
}
