/* SPDX-License-Identifier: MIT
 *
 * recipe — how a training goes: learning rates and their parts, running means,
 * batches that make a step together, warm starts, an early end */
#include "testclips.h"
#include "testruns.h"

#include <nextframe/io/nfsafetensors.h>
#include "train/loop.h"
#include "train/segment.h"
#include "train/warmstart.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <math.h>
#include <string.h>

/* From the first step on there is a rate, and after the warm-up it is whole. */
static void
test_warmup (void)
{
  NfConfigTrain train = {
    .learning_rate = 2e-4, .warmup = 5000, .schedule = (gchar *) "constant"
  };

  g_assert_cmpfloat_with_epsilon (
      nf_loop_learning_rate (&train, 0), 2e-4 / 5000, 1e-18);
  g_assert_cmpfloat_with_epsilon (
      nf_loop_learning_rate (&train, 2499), 1e-4, 1e-18);
  g_assert_cmpfloat (nf_loop_learning_rate (&train, 4999), ==, 2e-4);
  g_assert_cmpfloat (nf_loop_learning_rate (&train, 9000), ==, 2e-4);
  train.warmup = 0;
  g_assert_cmpfloat (nf_loop_learning_rate (&train, 0), ==, 2e-4);
}

static void
assert_rate (const NfConfigTrain *train, guint64 step, gdouble rate)
{
  g_assert_cmpfloat_with_epsilon (
      nf_loop_learning_rate (train, step), rate, 1e-12);
}

static void
test_schedules (void)
{
  NfConfigTrain train = { .learning_rate = 1,
    .least_rate = 0.1,
    .warmup = 100,
    .steps = 1100,
    .period = 200,
    .factor = 2,
    .schedule = (gchar *) "cosine" };

  assert_rate (&train, 100, 1);
  assert_rate (&train, 350, 0.1 + 0.9 * 0.5 * (1 + sqrt (0.5)));
  assert_rate (&train, 600, 0.55);
  assert_rate (&train, 1100, 0.1);
  assert_rate (&train, 5000, 0.1);
  /* cosines of 200, 400, 800 steps after the warm-up */
  train.schedule = (gchar *) "restarts";
  assert_rate (&train, 100, 1);
  assert_rate (&train, 200, 0.55);
  assert_rate (&train, 300, 1);
  assert_rate (&train, 500, 0.55);
  assert_rate (&train, 700, 1);
  assert_rate (&train, 1100, 0.55);
  train.schedule = (gchar *) "step";
  train.factor = 0.1;
  assert_rate (&train, 299, 1);
  assert_rate (&train, 300, 0.1);
  assert_rate (&train, 501, 0.01);
}

/* A cosine that gets shorter and shorter ends, too. */
static void
test_restarts_shorter (void)
{
  NfConfigTrain train = { .learning_rate = 1,
    .period = 100,
    .factor = 0.5,
    .steps = 100000,
    .schedule = (gchar *) "restarts" };

  for (guint64 step = 0; step < 100000; step += 37) {
    gdouble rate = nf_loop_learning_rate (&train, step);

    g_assert_true (rate >= 0 && rate <= 1);
  }
}

static void
test_ema_rate (void)
{
  const NfConfigTrain train = { .ema_rate = 0.999, .ema_warmup = TRUE };
  const NfConfigTrain plain = { .ema_rate = 0.999 };
  const NfConfigTrain none = { .ema_rate = 0, .ema_warmup = TRUE };

  g_assert_cmpfloat (nf_loop_ema_rate (&train, 0), ==, 0.1);
  g_assert_cmpfloat (nf_loop_ema_rate (&train, 90), ==, 0.91);
  g_assert_cmpfloat (nf_loop_ema_rate (&train, 1000000), ==, 0.999);
  g_assert_cmpfloat (nf_loop_ema_rate (&plain, 0), ==, 0.999);
  g_assert_cmpfloat (nf_loop_ema_rate (&none, 90), ==, 0);
}

static NfTrainConfig *
new_config (const NfTestPlace *place, const gchar *const *more)
{
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autofree gchar *path = g_strconcat ("data.path=", place->data, NULL);
  g_auto (GStrv) sets = g_strsplit (NF_TEST_TINY_SEGMENT, "|", -1);
  g_autoptr (GError) error = NULL;

  nf_train_config_set (config, path, &error);
  for (guint i = 0; sets[i]; i++)
    nf_train_config_set (config, sets[i], &error);
  for (guint i = 0; more[i]; i++)
    nf_train_config_set (config, more[i], &error);
  g_assert_no_error (error);
  return g_steal_pointer (&config);
}

/* Trains some steps; returns all parameters, one after the other. */
static GArray *
train (const NfTestPlace *place, guint steps, const gchar *const *more,
    GPtrArray *names)
{
  g_autoptr (NfTrainConfig) config = new_config (place, more);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTask) task = nf_segment_task_new (device, config, &error);
  g_autoptr (NfTrainState) state = NULL;
  GArray *all = g_array_new (FALSE, FALSE, sizeof (gfloat));

  g_assert_no_error (error);
  g_assert_true (nf_params_reset (task->params, 1, NULL));
  nf_params_set_trainable (task->params, TRUE);
  state = nf_train_state_new (task->params, &error);
  for (guint i = 0; i < steps; i++) {
    gdouble norm;

    nf_loop_step (task, &config->train, state, 1e-3, &norm, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < nf_params_count (task->params); i++) {
    const NfParam *param = nf_params_index (task->params, i);
    gsize n = nf_tensor_elements (param->value);
    g_autofree gfloat *data = g_new (gfloat, n);

    if (!param->trainable)
      continue;
    g_assert_true (nf_tensor_to_nchw (param->value, data, NULL));
    g_array_append_vals (all, data, n);
    for (gsize k = 0; names && k < n; k++)
      g_ptr_array_add (names, g_strdup (param->name));
  }
  return all;
}

/* A part with rate 0 stays, the others move. */
static void
test_parts_of_rate (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const still[] = { "train.encoder-rate=0", NULL };
  static const gchar *const no_sets[] = { NULL };
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) start = train (place, 0, still, names);
  g_autoptr (GArray) end = train (place, 2, still, NULL);
  g_autoptr (GArray) all = train (place, 2, no_sets, NULL);
  guint moved = 0, encoder_moved = 0;

  for (guint i = 0; i < start->len; i++) {
    gfloat a = g_array_index (start, gfloat, i);

    if (g_str_has_prefix (names->pdata[i], "encoder.")) {
      g_assert_cmpfloat (g_array_index (end, gfloat, i), ==, a);
      encoder_moved += g_array_index (all, gfloat, i) != a;
    } else {
      moved += g_array_index (end, gfloat, i) != a;
    }
  }
  g_assert_cmpuint (moved, >, 100);
  g_assert_cmpuint (encoder_moved, >, 100);
}

/* Weights decay by their part of the learning rate, vectors where they are told to:
 * with the same gradient, that is all that differs after a step. */
static void
test_parts_of_decay (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const sets[][6] = {
    { "train.optimizer=adamw", "train.encoder-rate=0.5", "train.head-rate=1",
        "train.weight-decay=0", NULL },
    { "train.optimizer=adamw", "train.encoder-rate=0.5", "train.head-rate=1",
        "train.weight-decay=20", "train.decay-vectors=false", NULL },
    { "train.optimizer=adamw", "train.encoder-rate=0.5", "train.head-rate=1",
        "train.weight-decay=20", "train.decay-vectors=true", NULL },
  };
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (NfTrainConfig) config = new_config (place, sets[0]);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (NfTask) task = nf_segment_task_new (device, config, NULL);
  g_autoptr (GArray) start = train (place, 0, sets[0], names);
  g_autoptr (GArray) none = train (place, 1, sets[0], NULL);
  guint decayed[2] = { 0 };

  for (guint k = 1; k < 3; k++) {
    g_autoptr (GArray) end = train (place, 1, sets[k], NULL);

    for (guint i = 0; i < start->len; i++) {
      const gchar *name = names->pdata[i];
      const gboolean decays =
          k == 2 || nf_params_lookup (task->params, name)->rank > 1;
      const gdouble rate = g_str_has_prefix (name, "encoder.") ? 0.5e-3 : 1e-3;
      const gdouble wanted =
          decays ? -20 * rate * (gdouble) g_array_index (start, gfloat, i) : 0;
      const gdouble got = (gdouble) g_array_index (end, gfloat, i)
          - (gdouble) g_array_index (none, gfloat, i);

      if (!(fabs (got - wanted) <= 1e-6))
        g_error ("%s: moved by %g more, not %g", name, got, wanted);
      decayed[k - 1] += fabs (wanted) > 1e-5;
    }
  }
  g_assert_cmpuint (decayed[0], >, 1000);
  g_assert_cmpuint (decayed[1], >, decayed[0] + 10);
}

/* Two batches a step are steps on the mean of both gradients: not those of
 * single batches, and as many samples as two steps take. */
static void
test_accumulate (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const twice[] = { "train.accumulate=2", NULL };
  static const gchar *const twice_clipped[] = { "train.accumulate=2",
    "train.grad-clip=1e-3", NULL };
  static const gchar *const once[] = { NULL };
  g_autoptr (GArray) a = train (place, 1, twice, NULL);
  g_autoptr (GArray) again = train (place, 1, twice, NULL);
  g_autoptr (GArray) clipped = train (place, 1, twice_clipped, NULL);
  g_autoptr (GArray) b = train (place, 1, once, NULL);
  g_autoptr (GArray) start = train (place, 0, once, NULL);
  guint other = 0;

  g_assert_cmpmem (a->data, a->len * sizeof (gfloat), again->data,
      again->len * sizeof (gfloat));
  for (guint i = 0; i < a->len; i++) {
    gfloat before = g_array_index (start, gfloat, i);
    gfloat step = fabsf (g_array_index (a, gfloat, i) - before);

    other += g_array_index (a, gfloat, i) != g_array_index (b, gfloat, i);
    /* Adam's first step is at most the rate, whatever the gradient */
    g_assert_cmpfloat (step, <=, 1.01e-3f);
  }
  g_assert_cmpuint (other, >, 100);
  g_assert_cmpuint (clipped->len, ==, a->len);
}

/* A run continues bit for bit with everything on. */
static void
test_resume (NfTestPlace *place, gconstpointer unused)
{
  const gchar *recipe =
      "train.accumulate=2|train.schedule=cosine|train.ema-rate=0.9|"
      "train.crop=8 12|train.dice-classes=present|train.object-weight=3|"
      "train.encoder-rate=0.5|train.decay-vectors=false|model.head=attributes|"
      "augment.affine=0.5|augment.light=0.5|augment.color=0.5|"
      "augment.gamma=0.5|augment.clahe=0.5|augment.codec=0.5|";
  g_autofree gchar *all = g_strconcat (recipe, "train.steps=4", NULL);
  g_autofree gchar *half =
      g_strconcat (recipe, "train.steps=4|train.checkpoint-every=2", NULL);
  g_autofree gchar *last = NULL, *state = NULL;

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "straight", FALSE, all);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "halves", FALSE, half);
  /* back to the savepoint in the middle */
  last = nf_test_run_file (place, "halves", "checkpoint-00000004.safetensors");
  state = nf_test_run_file (place, "halves", "state-00000004.safetensors");
  g_assert_cmpint (g_unlink (last), ==, 0);
  g_assert_cmpint (g_unlink (state), ==, 0);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "halves", TRUE, half);
  nf_test_same_file (place, "straight", "halves", "final.safetensors");
}

static void
test_warm_start (NfTestPlace *place, gconstpointer unused)
{
  static const gchar *const classes[] = { "model.classes=20", NULL };
  g_autoptr (NfTrainConfig) config = new_config (place, classes);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTask) task = nf_segment_task_new (device, config, &error);
  g_autofree gchar *from = NULL, *encoder = NULL, *other = NULL;
  g_auto (NfWarmStart) start = { 0 }, part = { 0 }, none = { 0 };
  guint n;

  g_assert_no_error (error);
  n = nf_params_count (task->params);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "first", FALSE, "train.steps=1");
  from = nf_test_run_file (place, "first", "final.safetensors");
  nf_warm_start (task->params, from, &start, &error);
  g_assert_no_error (error);
  /* all but the head's weight and bias, which have other classes */
  g_assert_cmpuint (start.matched, ==, n - 2);
  g_assert_cmpuint (start.kept, ==, 2);
  g_assert_nonnull (strstr (start.report, "segmentation_head.0.weight"));
  g_assert_nonnull (strstr (start.report, "expected"));

  encoder = g_strconcat (from, ":encoder", NULL);
  nf_warm_start (task->params, encoder, &part, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (part.matched, >, 20);
  g_assert_cmpuint (part.matched, <, start.matched);
  g_assert_cmpuint (part.kept, ==, 0);

  nf_test_train_tiny (
      place, NF_TRAIN_DIFFUSION, "second", FALSE, "train.steps=1");
  other = nf_test_run_file (place, "second", "final.safetensors");
  g_assert_false (nf_warm_start (task->params, other, &none, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "nextframe-train inspect"));
}

/* With a rate of 0 nothing gets better: the run ends after just so many more. */
static void
test_patience (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GArray) points = NULL;
  g_autoptr (GArray) scores = NULL;
  guint best = 0;

  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "run", FALSE,
      "train.learning-rate=0|train.ema-rate=0.9999|train.steps=40|"
      "validate.every=2|validate.clips=1|validate.frames=2|"
      "validate.patience=3");
  points = nf_test_read_metric (place, "run", "validation-loss");
  scores = nf_test_read_metric (place, "run", "validation-jaccard");
  g_assert_cmpuint (scores->len, ==, points->len);
  for (guint i = 1; i < scores->len; i++)
    if (nf_test_point_at (scores, i).value
        > nf_test_point_at (scores, best).value)
      best = i;
  g_assert_cmpuint (scores->len, ==, best + 1 + 3);
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe/warmup", test_warmup);
  g_test_add_func ("/recipe/schedules", test_schedules);
  g_test_add_func ("/recipe/restarts-shorter", test_restarts_shorter);
  g_test_add_func ("/recipe/ema-rate", test_ema_rate);
#define ADD(name, set_up, func)                                                \
  g_test_add ("/recipe/" name, NfTestPlace, NULL, set_up, func,                \
      nf_test_place_tear_down)
  ADD ("parts-of-rate", nf_test_place_set_up, test_parts_of_rate);
  ADD ("parts-of-decay", nf_test_place_set_up, test_parts_of_decay);
  ADD ("accumulate", nf_test_place_set_up, test_accumulate);
  ADD ("resume", nf_test_place_set_up, test_resume);
  ADD ("warm-start", nf_test_place_set_up, test_warm_start);
  ADD ("patience", nf_test_place_set_up_val, test_patience);
  return g_test_run ();
}
