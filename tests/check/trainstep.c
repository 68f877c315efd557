/* SPDX-License-Identifier: MIT
 *
 * trainstep — steps of both tasks as captured graphs, on every device
 *
 * Where the device captures, every step but the first must be a start of the
 * graph, so that nothing in a step waits for the host, and must lead to the
 * bits that steps without a graph lead to. See naivecheck.c for the choice of
 * devices. */
#include "train/diffusion.h"
#include "naivecheck.h"
#include "testclips.h"
#include "train/loop.h"
#include "train/segment.h"

#include <gst/gst.h>

#define STEPS 5

typedef struct
{
  const gchar *name;
  NfTrainKind kind;
  NfDevice *device;
  const gchar *settings; /* with | between them */
} StepCase;

/* a run's parameters after the steps, in their order */
typedef struct
{
  GByteArray *bytes;
  guint launches;
} Outcome;

static NfTrainConfig *
new_config (const StepCase *step, const gchar *data)
{
  NfTrainConfig *config = nf_train_config_new (step->kind);
  g_auto (GStrv) sets = g_strsplit (step->settings, "|", -1);
  g_autofree gchar *path = g_strconcat ("data.path=", data, NULL);
  g_autoptr (GError) error = NULL;

  nf_train_config_set (config, path, &error);
  g_assert_no_error (error);
  for (guint i = 0; sets[i] != NULL; i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  return config;
}

static void
append_params (GByteArray *bytes, NfParams *params)
{
  for (guint i = 0; i < nf_params_count (params); i++) {
    const NfTensor *value = nf_params_index (params, i)->value;
    g_autofree guint8 *data = g_malloc (value->bytes);

    g_assert_true (nf_tensor_to_nhwc (value, data, NULL));
    g_byte_array_append (bytes, data, (guint) value->bytes);
  }
}

/* trains; without graphs, every step's is forgotten before it is captured */
static Outcome
train (const StepCase *step, const gchar *data, gboolean graphs)
{
  g_autoptr (NfTrainConfig) config = new_config (step, data);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfTask) task = step->kind == NF_TRAIN_SEGMENT
      ? nf_segment_task_new (step->device, config, &error)
      : nf_diffusion_task_new (step->device, config, &error);
  g_autoptr (NfTrainState) state = NULL;
  Outcome outcome = { g_byte_array_new (), 0 };

  g_assert_no_error (error);
  g_assert_true (nf_params_reset (task->params, 1, NULL));
  g_assert_true (nf_params_start_ema (task->params, NULL));
  nf_params_set_trainable (task->params, TRUE);
  state = nf_train_state_new (task->params, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < STEPS; i++) {
    gdouble norm;

    nf_loop_step (task, &config->train, state, 1e-3, &norm, &error);
    g_assert_no_error (error);
    outcome.launches = nf_graph_launches (task->step);
    if (!graphs)
      g_clear_pointer (&task->step, nf_graph_free);
  }
  append_params (outcome.bytes, task->params);
  return outcome;
}

static void
test_captured (gconstpointer data)
{
  const StepCase *step = data;
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *clips = g_build_filename (root, "data", NULL);
  Outcome graphs, plain;

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", i);

    g_free (nf_test_write_clip (clips, name, 7, 24, 16, TRUE));
  }
  graphs = train (step, clips, TRUE);
  plain = train (step, clips, FALSE);
  g_assert_cmpuint (graphs.launches, ==,
      step->device->backend->graph != NULL ? STEPS - 1 : 0);
  g_assert_cmpuint (plain.launches, ==, 0);
  g_assert_cmpmem (graphs.bytes->data, graphs.bytes->len, plain.bytes->data,
      plain.bytes->len);
  g_byte_array_unref (graphs.bytes);
  g_byte_array_unref (plain.bytes);
  nf_test_folder_remove (root);
}

/* A first step whose clips are gone fails; the state is as before. */
static void
test_first_step_fails (gconstpointer data)
{
  const StepCase *step = data;
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *clips = g_build_filename (root, "data", NULL);
  g_autofree gchar *folder =
      nf_test_write_clip (clips, "train/video_0", 7, 24, 16, TRUE);
  g_autoptr (NfTrainConfig) config = new_config (step, clips);
  g_autoptr (NfTask) task = NULL;
  g_autoptr (NfTrainState) state = NULL;
  g_autoptr (GError) error = NULL;
  gdouble norm;

  task = step->kind == NF_TRAIN_SEGMENT
      ? nf_segment_task_new (step->device, config, &error)
      : nf_diffusion_task_new (step->device, config, &error);
  g_assert_no_error (error);
  g_assert_true (nf_params_reset (task->params, 1, NULL));
  nf_params_set_trainable (task->params, TRUE);
  state = nf_train_state_new (task->params, &error);
  g_assert_no_error (error);
  nf_test_folder_remove (root);
  g_assert_false (
      nf_loop_step (task, &config->train, state, 1e-3, &norm, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_NOT_FOUND);
  g_assert_true (state->sound);
  g_assert_cmpuint (state->step, ==, 0);
}

#define DIFFUSION                                                              \
  "data.splits=train|data.image-size=8 12|model.ngf=8|model.ch-mult=1 2|"      \
  "model.num-res-blocks=1|model.attn-resolutions=4|model.n-head-channels=8|"   \
  "model.spade-dim=4|model.num-frames-cond=3|model.num-frames=2|"              \
  "model.future-gap=1|model.dropout=0.2|train.batch-size=3|train.threads=1"
#define SEGMENT                                                                \
  "model.encoder=resnet18|model.encoder-width=8|"                              \
  "model.decoder-widths=4 4 4 4 4|train.batch-size=2|train.threads=1"

int
main (int argc, char **argv)
{
  static const StepCase cases[] = {
    { "diffusion", NF_TRAIN_DIFFUSION, NULL, DIFFUSION },
    { "diffusion-bf16", NF_TRAIN_DIFFUSION, NULL,
        DIFFUSION "|train.precision=bf16" },
    { "segment", NF_TRAIN_SEGMENT, NULL, SEGMENT },
    { "segment-bf16", NF_TRAIN_SEGMENT, NULL, SEGMENT "|train.precision=bf16" },
  };
  g_autoptr (GPtrArray) devices = NULL;
  StepCase *first_step;

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  devices = naive_devices ();
  first_step = g_memdup2 (&cases[2], sizeof *first_step);
  first_step->device = g_ptr_array_index (devices, 0);
  for (guint d = 0; d < devices->len; d++)
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
      StepCase *step = g_memdup2 (&cases[i], sizeof cases[i]);
      g_autofree gchar *path = NULL;

      step->device = g_ptr_array_index (devices, d);
      path =
          g_strdup_printf ("/train-step/%s/%s", step->device->name, step->name);
      g_test_add_data_func_full (path, step, test_captured, g_free);
    }
  g_test_add_data_func_full (
      "/train-step/first-fails", first_step, test_first_step_fails, g_free);
  return g_test_run ();
}
