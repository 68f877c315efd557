/* SPDX-License-Identifier: MIT
 *
 * sampler-steps — what few steps of each sampler give
 *
 *   sampler-steps CHECKPOINT FOLDER...    data sets of clips (nfdataset.h)
 *
 * From the same start noise, every method draws the frames that follow the
 * context of every clip. Prints a row for each: evaluations of the network, the
 * root mean square distance to a long run of DDIM, and the PSNR to the true
 * frames (mean over the draws), both at the network's frame size, in levels of
 * 0 to 255 and in decibels. */
#include <nextframe/diffusion/nfprediction.h>
#include <nextframe/io/nfcheckpoint.h>
#include "io/nfdataset.h"
#include "video/gstnfvideo.h"

#include <gst/gst.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 127.5 /* of 255 for a difference of 1 in pixels of -1 to 1 */

static gint opt_draws = 1, opt_reference = 1000;
static gboolean opt_free;

static const GOptionEntry entries[] = {
  { "draws", 'n', 0, G_OPTION_ARG_INT, &opt_draws,
      "Draws of each clip, each from other noise", "N" },
  { "reference", 'r', 0, G_OPTION_ARG_INT, &opt_reference,
      "Steps of the long run of DDIM", "N" },
  { "free", 'f', 0, G_OPTION_ARG_NONE, &opt_free,
      "Leave the estimates of the clean frames unclipped", NULL },
  { NULL },
};

static const struct
{
  NfSamplerMethod method;
  guint steps;
} rows[] = {
  { NF_SAMPLER_DDIM, 10 },
  { NF_SAMPLER_DDIM, 15 },
  { NF_SAMPLER_DDIM, 20 },
  { NF_SAMPLER_DDIM, 50 },
  { NF_SAMPLER_FPNDM, 10 },
  { NF_SAMPLER_FPNDM, 15 },
  { NF_SAMPLER_FPNDM, 20 },
  { NF_SAMPLER_DPM_SOLVER, 10 },
  { NF_SAMPLER_DPM_SOLVER, 15 },
  { NF_SAMPLER_DPM_SOLVER, 20 },
  { NF_SAMPLER_DPM_SOLVER, 50 },
};

typedef struct
{
  NfDevice *device;
  NfUnet *net;
  NfSchedule *schedule;
  guint n; /* clips x draws */
  GByteArray *context; /* (n, H, W, num_frames_cond * 3) */
  GByteArray *truth; /* (n, H, W, 3): the last frame of the horizon */
  guint evaluations;
} Bench;

static void
count (gpointer data, guint done, guint total)
{
  ((Bench *) data)->evaluations = done;
}

static gboolean
load_net (Bench *bench, const gchar *path, GError **error)
{
  g_autoptr (NfCheckpoint) checkpoint = nf_checkpoint_open (path, error);
  NfUnetConfig config;

  if (checkpoint == NULL
      || !nf_unet_config_from_json (
          &config, nf_checkpoint_config (checkpoint), error))
    return FALSE;
  bench->net = nf_unet_new (bench->device, &config, error);
  if (bench->net == NULL)
    return FALSE;
  bench->schedule = nf_schedule_new (&config);
  return nf_checkpoint_load_params (
      checkpoint, nf_unet_params (bench->net), error);
}

/* the context and the true frame of a clip, once for each draw */
static gboolean
add_clip (Bench *bench, const NfClip *clip, guint horizon, GError **error)
{
  const NfUnetConfig *c = nf_unet_config (bench->net);
  gsize area = (gsize) c->width * c->height;
  guint n = (guint) c->num_frames_cond;
  g_autofree guint8 *frame = g_malloc (3 * area);
  g_autofree guint8 *stacked = g_malloc (3 * n * area);

  for (guint t = 0; t < n; t++) {
    if (!gst_nf_video_resize_rgb (nf_clip_frame (clip, t), clip->width,
            clip->height, frame, c->width, c->height, error))
      return FALSE;
    for (gsize p = 0; p < area; p++)
      memcpy (stacked + 3 * (p * n + t), frame + 3 * p, 3);
  }
  if (!gst_nf_video_resize_rgb (nf_clip_frame (clip, n + horizon - 1),
          clip->width, clip->height, frame, c->width, c->height, error))
    return FALSE;
  for (gint i = 0; i < opt_draws; i++) {
    g_byte_array_append (bench->context, stacked, 3 * n * area);
    g_byte_array_append (bench->truth, frame, 3 * area);
    bench->n++;
  }
  return TRUE;
}

static gboolean
add_folder (Bench *bench, const gchar *folder, guint horizon, GError **error)
{
  NfDatasetOptions options = { .splits = "train val unlabeled" };
  g_autoptr (NfDataset) dataset = nf_dataset_open (folder, &options, error);
  guint least = nf_unet_config (bench->net)->num_frames_cond + horizon;

  if (dataset == NULL)
    return FALSE;
  for (guint i = 0; i < nf_dataset_n_clips (dataset); i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, error);

    if (clip == NULL)
      return FALSE;
    if (clip->n_frames < least) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "%s has %u frames, expected %u",
          nf_dataset_clip_info (dataset, i)->name, clip->n_frames, least);
      return FALSE;
    }
    if (!add_clip (bench, clip, horizon, error))
      return FALSE;
  }
  return TRUE;
}

/* (transfer full) (nullable): n frames (H, W, 3) in [-1, 1] */
static gfloat *
predict (Bench *bench, NfSamplerMethod method, guint steps, guint horizon,
    GError **error)
{
  static const NfNormalizeParams to_signed = {
    .period = 1, .scale = { 2.0f / 255.0f }, .shift = { -1.0f }
  };
  const NfUnetConfig *c = nf_unet_config (bench->net);
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (bench->device, NF_U8,
      bench->n, 3 * (gint64) c->num_frames_cond, c->height, c->width,
      bench->context->data, error);
  g_autoptr (NfTensor) context = nf_op_normalize (pixels, &to_signed, error);
  g_autofree NfTensor **frames = g_new0 (NfTensor *, horizon);
  g_autofree gfloat *values = NULL;
  gboolean ok = context != NULL;
  NfPrediction prediction;

  nf_prediction_init_for (&prediction, c);
  prediction.method = method;
  prediction.steps = steps;
  if (opt_free)
    prediction.clip = NF_CLAMP_NONE;
  prediction.horizon = horizon;
  prediction.progress = count;
  prediction.progress_data = bench;
  ok = ok
      && nf_prediction_run (
          &prediction, bench->net, bench->schedule, context, frames, error);
  if (ok) {
    values = g_malloc (frames[horizon - 1]->bytes);
    ok = nf_tensor_to_nhwc (frames[horizon - 1], values, error);
  }
  for (guint t = 0; t < horizon; t++)
    nf_tensor_clear (&frames[t]);
  return ok ? g_steal_pointer (&values) : NULL;
}

static void
print_row (const Bench *bench, const gfloat *predicted, const gfloat *reference,
    const gchar *name, guint steps)
{
  gsize size = bench->truth->len / bench->n;
  gdouble to_reference = 0.0, psnr = 0.0;

  for (guint i = 0; i < bench->n; i++) {
    gdouble to_truth = 0.0;

    for (gsize k = i * size; k < (i + 1) * size; k++) {
      gdouble true_value = bench->truth->data[k] / LEVELS - 1.0;

      to_reference += pow ((gdouble) (predicted[k] - reference[k]), 2.0);
      to_truth += pow ((gdouble) predicted[k] - true_value, 2.0);
    }
    psnr += 10.0 * log10 (4.0 * size / to_truth) / bench->n;
  }
  printf ("%-13s %5u %11u %9.2f %8.2f\n", name, steps, bench->evaluations,
      LEVELS * sqrt (to_reference / bench->truth->len), psnr);
}

static gboolean
print_table (Bench *bench, guint horizon, GError **error)
{
  g_autofree gfloat *reference =
      predict (bench, NF_SAMPLER_DDIM, opt_reference, horizon, error);

  if (reference == NULL)
    return FALSE;
  printf ("%u draws of %dx%d\n%-13s %5s %11s %9s %8s\n", bench->n,
      nf_unet_config (bench->net)->width, nf_unet_config (bench->net)->height,
      "sampler", "steps", "evaluations", "RMS", "PSNR");
  print_row (bench, reference, reference, "ddim", opt_reference);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gfloat *predicted =
        predict (bench, rows[i].method, rows[i].steps, horizon, error);

    if (predicted == NULL)
      return FALSE;
    print_row (bench, predicted, reference,
        nf_sampler_method_name (rows[i].method), rows[i].steps);
  }
  return TRUE;
}

static gboolean
run (Bench *bench, gchar **arguments, GError **error)
{
  NfPrediction prediction;

  nf_prediction_init (&prediction);
  if (!load_net (bench, arguments[0], error)
      || !nf_prediction_check (&prediction, nf_unet_config (bench->net), error))
    return FALSE;
  for (gchar **folder = arguments + 1; *folder != NULL; folder++)
    if (!add_folder (bench, *folder, prediction.horizon, error))
      return FALSE;
  return print_table (bench, prediction.horizon, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("CHECKPOINT FOLDER...");
  g_autoptr (GError) error = NULL;
  Bench bench = { .context = g_byte_array_new (),
    .truth = g_byte_array_new () };
  gboolean ok;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  ok = g_option_context_parse (context, &argc, &argv, &error);
  if (ok && (argc < 3 || opt_draws < 1 || opt_reference < 1)) {
    ok = FALSE;
    g_set_error (&error, NF_ERROR, NF_ERROR_INVALID,
        "wants a checkpoint, folders, and at least 1 draw and 1 step");
  }
  bench.device = ok ? nf_device_open ("cpu", &error) : NULL;
  ok = bench.device != NULL && run (&bench, argv + 1, &error);
  if (!ok)
    fprintf (stderr, "sampler-steps: %s\n", error->message);
  g_byte_array_unref (bench.context);
  g_byte_array_unref (bench.truth);
  g_clear_pointer (&bench.schedule, nf_schedule_free);
  g_clear_pointer (&bench.net, nf_unet_free);
  g_clear_pointer (&bench.device, nf_device_unref);
  return ok ? 0 : 1;
}
