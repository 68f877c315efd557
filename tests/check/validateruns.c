/* SPDX-License-Identifier: MIT
 *
 * validateruns — whole runs that are validated: training does not notice, the
 * best checkpoint, resuming, interruption
 *
 * Sibling: validate.c, how networks are judged */
#include <nextframe/io/nfcheckpoint.h>
#include "testruns.h"

#include <string.h>

/* The tensors of a safetensors file, without what it says of itself. */
static GBytes *
read_tensors (NfTestPlace *place, const gchar *run, const gchar *name)
{
  g_autofree gchar *path = nf_test_run_file (place, run, name);
  g_autoptr (GError) error = NULL;
  guint64 head;
  gchar *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  memcpy (&head, data, sizeof head);
  head = GUINT64_FROM_LE (head) + sizeof head;
  g_assert_cmpuint (head, <, size);
  {
    g_autoptr (GBytes) file = g_bytes_new_take (data, size);

    return g_bytes_new_from_bytes (file, head, size - head);
  }
}

static void
assert_same_tensors (NfTestPlace *place, const gchar *run_a,
    const gchar *name_a, const gchar *run_b, const gchar *name_b)
{
  g_autoptr (GBytes) a = read_tensors (place, run_a, name_a);
  g_autoptr (GBytes) b = read_tensors (place, run_b, name_b);

  g_assert_true (g_bytes_equal (a, b));
}

typedef struct
{
  NfTrainKind kind;
  const gchar *more;
} Case;

static const Case cases[] = {
  { NF_TRAIN_SEGMENT, "train.ema-rate=0" },
  { NF_TRAIN_SEGMENT, "train.precision=bf16|train.ema-rate=0.5" },
  { NF_TRAIN_DIFFUSION, "train.threads=2" },
  { NF_TRAIN_DIFFUSION, "train.precision=bf16|train.ema-rate=0" },
};

/* A run that is validated has the weights, moments and losses of one that is
 * not. */
static void
test_training_unchanged (NfTestPlace *place, gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *plain = g_strdup_printf ("%s|train.steps=6", c->more);
  g_autofree gchar *judged = g_strdup_printf ("%s|validate.every=2", plain);
  const gchar *state = "state-00000006.safetensors";

  nf_test_train_tiny (place, c->kind, "plain", FALSE, plain);
  nf_test_train_tiny (place, c->kind, "judged", FALSE, judged);
  g_assert_false (nf_test_has_file (place, "plain", "best.safetensors"));
  g_assert_true (nf_test_has_file (place, "judged", "best.safetensors"));
  nf_test_same_file (place, "plain", "judged", "final.safetensors");
  nf_test_same_file (
      place, "plain", "judged", "checkpoint-00000006.safetensors");
  assert_same_tensors (place, "plain", state, "judged", state);
  nf_test_same_metric (place, "plain", "judged", "loss", 6);
  nf_test_same_metric (place, "plain", "judged", "gradient-norm", 6);
}

/* The best checkpoint is that of the best step, and says so. */
static void
test_best (NfTestPlace *place, gconstpointer data)
{
  const Case *c = data;
  gboolean masks = c->kind == NF_TRAIN_SEGMENT;
  const gchar *name = masks ? "validation-jaccard" : "validation-loss";
  g_autofree gchar *more = g_strdup_printf ("%s|train.steps=5|"
                                            "validate.every=1|train.keep=5|"
                                            "train.checkpoint-every=1",
      c->more);
  g_autofree gchar *path = nf_test_run_file (place, "run", "best.safetensors");
  g_autofree gchar *checkpoint = NULL;
  g_autoptr (NfCheckpoint) best = NULL;
  g_autoptr (GArray) points = NULL;
  g_autoptr (GError) error = NULL;
  NfTestPoint want;

  nf_test_train_tiny (place, c->kind, "run", FALSE, more);
  points = nf_test_read_metric (place, "run", name);
  want = nf_test_point_at (points, 0);
  for (guint i = 1; i < 5; i++) {
    NfTestPoint p = nf_test_point_at (points, i);

    if (masks ? p.value > want.value : p.value < want.value)
      want = p;
  }
  g_test_message ("best at step %" G_GUINT64_FORMAT, want.step);
  checkpoint = g_strdup_printf (
      "checkpoint-%08" G_GUINT64_FORMAT ".safetensors", want.step);
  assert_same_tensors (place, "run", "best.safetensors", "run", checkpoint);
  best = nf_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (
      g_ascii_strtod (nf_checkpoint_fact (best, name), NULL), ==, want.value);
  g_assert_cmpuint (
      g_ascii_strtoull (nf_checkpoint_fact (best, "step"), NULL, 10), ==,
      want.step);
}

static void
test_no_best (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GArray) points = NULL;

  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      "train.steps=2|validate.every=1|validate.best=false");
  points = nf_test_read_metric (place, "run", "validation-loss");
  g_assert_cmpuint (points->len, ==, 2);
  g_assert_false (nf_test_has_file (place, "run", "best.safetensors"));
}

/* In two halves: the same validations, the same best one. */
static void
test_resume (NfTestPlace *place, gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *all =
      g_strdup_printf ("%s|train.steps=8|validate.every=2", c->more);
  g_autofree gchar *half =
      g_strdup_printf ("%s|train.steps=4|validate.every=2", c->more);

  nf_test_train_tiny (place, c->kind, "straight", FALSE, all);
  nf_test_train_tiny (place, c->kind, "halves", FALSE, half);
  nf_test_train_tiny (place, c->kind, "halves", TRUE, all);
  nf_test_same_file (place, "straight", "halves", "best.safetensors");
  nf_test_same_file (place, "straight", "halves", "state-00000008.safetensors");
  nf_test_same_metric (place, "straight", "halves", "validation-loss", 4);
}

/* A run that was not validated at the step where it ended is, once. */
static void
test_resume_validates (NfTestPlace *place, gconstpointer unused)
{
  nf_test_train_tiny (
      place, NF_TRAIN_DIFFUSION, "late", FALSE, "train.steps=4");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "straight", FALSE,
      "train.steps=4|validate.every=4");
  g_assert_false (nf_test_has_file (place, "late", "best.safetensors"));
  for (guint i = 0; i < 2; i++) {
    nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "late", TRUE,
        "train.steps=4|validate.every=4");
    nf_test_same_metric (place, "straight", "late", "validation-loss", 1);
    nf_test_same_file (place, "straight", "late", "best.safetensors");
    nf_test_same_file (place, "straight", "late", "state-00000004.safetensors");
  }
}

/* Scenes of another seed are judged, the same ones whatever is trained on. */
static void
test_scenes (NfTestPlace *place, gconstpointer unused)
{
  const gchar *more = "data.image-size=16 24|train.steps=2|validate.every=1|"
                      "validate.clips=2|train.threads=2";

  g_free (place->data);
  place->data = g_strdup ("scenes:3");
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "endless", FALSE, more);
  nf_test_same_metric (
      place, "endless", "endless", "validation-mean-clip-jaccard", 2);
  nf_test_train_tiny (place, NF_TRAIN_SEGMENT, "again", FALSE, more);
  nf_test_same_metric (place, "endless", "again", "validation-jaccard", 2);
}

/* A run that is interrupted during a validation ends soon and is saved. */
static void
test_interrupt_saves (NfTestPlace *place, gconstpointer unused)
{
  g_autoptr (GArray) points = NULL;
  GThread *thread = nf_test_interrupt_after (place, "run", 2);

  g_free (place->data);
  place->data = g_strdup ("scenes:3");
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "run", FALSE,
      "train.steps=9|validate.every=2|validate.clips=100000");
  g_thread_join (thread);
  g_assert_true (nf_test_has_file (place, "run", "state-00000002.safetensors"));
  g_assert_false (nf_test_has_file (place, "run", "best.safetensors"));
  points = nf_test_read_metric (place, "run", "validation-loss");
  g_assert_cmpuint (points->len, ==, 0);
  nf_test_train_tiny (place, NF_TRAIN_DIFFUSION, "run", TRUE,
      "train.steps=3|validate.every=0|validate.clips=100000");
  g_assert_true (nf_test_has_file (place, "run", "final.safetensors"));
}

#define ADD(name, data, func)                                                  \
  g_test_add (name, NfTestPlace, data, nf_test_place_set_up_val, func,         \
      nf_test_place_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *unchanged =
        g_strdup_printf ("/validate-runs/training-unchanged/%u", i);

    ADD (unchanged, &cases[i], test_training_unchanged);
  }
  ADD ("/validate-runs/best-segment", &cases[0], test_best);
  ADD ("/validate-runs/best-diffusion", &cases[2], test_best);
  ADD ("/validate-runs/resume-segment", &cases[1], test_resume);
  ADD ("/validate-runs/resume-diffusion", &cases[3], test_resume);
  ADD ("/validate-runs/no-best", NULL, test_no_best);
  ADD ("/validate-runs/resume-validates", NULL, test_resume_validates);
  ADD ("/validate-runs/scenes", NULL, test_scenes);
  ADD ("/validate-runs/interrupt-saves", NULL, test_interrupt_saves);
  return g_test_run ();
}
