/* SPDX-License-Identifier: MIT
 *
 * guided — predictions with a guide: what the masks that are given make of it,
 * and the draws of an ensemble
 *
 * The network is untrained; with a guide start of 1 it draws nothing.
 * Siblings: guide.c (what guides look like), nfpredictguide.c (the element) */
#include <nextframe/core/ops/nfobserve.h>
#include <nextframe/diffusion/nfensemble.h>
#include <nextframe/diffusion/nfguided.h>
#include "nftestmodels.h"
#include <nextframe/scene/render/nfrender.h>
#include <nextframe/scene/world/nfscene.h>

#include <math.h>
#include <string.h>

#define WIDTH 240
#define HEIGHT 160
#define PIXELS (WIDTH * HEIGHT)
#define BYTES (3 * PIXELS)
#define CONTEXT 11
#define HORIZON 11
#define ENSEMBLE 3

typedef struct
{
  gchar *folder;
  NfDevice *device;
  NfPredictor *predictor;
  guint8 *frames; /* (CONTEXT + HORIZON, HEIGHT, WIDTH, 3) */
  guint8 *masks; /* (CONTEXT + HORIZON, HEIGHT, WIDTH) */
  NfTensor *context[CONTEXT];
} Place;

/* a scene in which something moves */
static void
draw_scene (Place *place)
{
  g_autoptr (NfRenderer) renderer = nf_renderer_new (WIDTH, HEIGHT, 1);
  g_autoptr (NfScene) scene = NULL;
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = 31;
  params.clip = 2;
  scene = nf_scene_new (&params, NULL);
  for (guint t = 0; t < CONTEXT + HORIZON; t++) {
    guint n;
    const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

    nf_renderer_render (renderer, nf_scene_view (scene), objects, n,
        place->frames + t * BYTES, 3 * WIDTH, place->masks + t * PIXELS, WIDTH);
  }
}

static void
set_up (Place *place, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  NfUnetConfig config;

  place->folder = nf_test_folder_new ();
  path = g_build_filename (place->folder, "guided.safetensors", NULL);
  nf_test_unet_config (&config);
  config.num_frames_cond = CONTEXT;
  config.num_frames = 1;
  config.future_gap = HORIZON - 1;
  config.spade = FALSE;
  config.target = NF_TARGET_V;
  config.guide = TRUE;
  nf_test_save_unet (path, &config, 1);
  place->device = nf_device_open ("cpu", &error);
  g_assert_no_error (error);
  place->predictor = nf_predictor_load (path, place->device, &error);
  g_assert_no_error (error);
  place->frames = g_malloc ((CONTEXT + HORIZON) * BYTES);
  place->masks = g_malloc ((CONTEXT + HORIZON) * PIXELS);
  draw_scene (place);
  for (guint i = 0; i < CONTEXT; i++) {
    place->context[i] = nf_tensor_new_from_nhwc (place->device, NF_U8, 1, 3,
        HEIGHT, WIDTH, place->frames + i * BYTES, &error);
    g_assert_no_error (error);
  }
}

static void
tear_down (Place *place, gconstpointer unused)
{
  for (guint i = 0; i < CONTEXT; i++)
    nf_tensor_clear (&place->context[i]);
  nf_predictor_unref (place->predictor);
  nf_device_unref (place->device);
  nf_test_folder_remove (place->folder);
  g_free (place->folder);
  g_free (place->frames);
  g_free (place->masks);
}

static NfGuided
by_dynamics (const Place *place)
{
  return (NfGuided){ .predictor = place->predictor,
    .kind = NF_GUIDE_DYNAMICS,
    .sharpen = TRUE,
    .masks = place->masks };
}

/* (transfer full): the last frame */
static guint8 *
predict (const Place *place, const NfGuided *how, gdouble start, guint64 stream,
    guint ensemble)
{
  NfTensor *out[HORIZON];
  guint8 *frame = g_malloc (BYTES);
  g_autoptr (GError) error = NULL;
  NfPrediction prediction;

  nf_prediction_init_for (&prediction, nf_predictor_config (how->predictor));
  prediction.horizon = HORIZON;
  prediction.steps = 2;
  prediction.stream = stream;
  prediction.guide_start = start;
  nf_guided_predict (how, &prediction, ensemble, NF_ENSEMBLE_MEAN,
      place->context, out, &error);
  g_assert_no_error (error);
  nf_tensor_to_nhwc (out[HORIZON - 1], frame, &error);
  g_assert_no_error (error);
  for (guint t = 0; t < HORIZON; t++)
    nf_tensor_clear (&out[t]);
  return frame;
}

static gdouble
difference (const guint8 *a, const guint8 *b)
{
  gdouble sum = 0;

  for (gsize i = 0; i < BYTES; i++)
    sum += pow (a[i] - b[i], 2);
  return sqrt (sum / BYTES);
}

/* each draw has another future for its guide, and another noise; an ensemble
 * combines just these draws */
static void
test_ensemble (Place *place, gconstpointer unused)
{
  static const gdouble starts[] = { 1, 0.5 };

  for (guint s = 0; s < G_N_ELEMENTS (starts); s++) {
    g_autofree guint8 *wanted = g_malloc (BYTES);
    guint8 *draws[ENSEMBLE];
    NfGuided how = by_dynamics (place);
    g_autofree guint8 *ensemble = predict (place, &how, starts[s], 5, ENSEMBLE);

    for (how.draw = 0; how.draw < ENSEMBLE; how.draw++)
      draws[how.draw] =
          predict (place, &how, starts[s], 5 * ENSEMBLE + how.draw, 1);
    for (guint i = 1; i < ENSEMBLE; i++)
      g_assert_cmpfloat (difference (draws[i], draws[i - 1]), >, 0);
    nf_ensemble_combine (NF_ENSEMBLE_MEAN, (const guint8 *const *) draws,
        ENSEMBLE, BYTES, wanted);
    g_assert_cmpmem (ensemble, BYTES, wanted, BYTES);
    for (guint i = 0; i < ENSEMBLE; i++)
      g_free (draws[i]);
  }
}

/* true masks of the future make a guide that is nearer to it than dynamics,
 * empty ones make the newest frame */
static void
test_masks (Place *place, gconstpointer unused)
{
  const guint8 *newest = place->frames + (CONTEXT - 1) * BYTES;
  const guint8 *last = place->frames + (CONTEXT + HORIZON - 1) * BYTES;
  g_autofree guint8 *empty = g_malloc0 (CONTEXT * PIXELS);
  NfGuided how = by_dynamics (place);
  g_autofree guint8 *dynamics = predict (place, &how, 1, 0, 1);
  g_autofree guint8 *truth = NULL;
  g_autofree guint8 *blank = NULL;

  how.truth = place->masks + CONTEXT * PIXELS;
  truth = predict (place, &how, 1, 0, 1);
  how.truth = NULL;
  how.masks = empty;
  blank = predict (place, &how, 1, 0, 1);
  g_test_message ("levels: true %.2f, dynamics %.2f, newest %.2f",
      difference (truth, last), difference (dynamics, last),
      difference (newest, last));
  g_assert_cmpfloat (difference (truth, last), <, difference (newest, last));
  g_assert_cmpfloat (difference (truth, last), <=, difference (dynamics, last));
  g_assert_cmpfloat (difference (blank, newest), ==, 0);
}

typedef struct
{
  const gchar *sampler, *steps, *start;
  const gchar *refused; /* the fact that is named; NULL: none */
  NfSamplerMethod method;
  guint n_steps;
  gdouble starts;
} Recommended;

static const Recommended recommended[] = {
  { NULL, NULL, NULL, NULL, NF_SAMPLER_DDIM, 50, 0 },
  { "dpm-solver++", "5", "0.97", NULL, NF_SAMPLER_DPM_SOLVER, 5, 0.97 },
  { "ddpm", "1000", "1", NULL, NF_SAMPLER_DDPM, 1000, 1 },
  { "euler", NULL, NULL, "nextframe.sampler" },
  { "", NULL, NULL, "nextframe.sampler" },
  { NULL, "0", NULL, "nextframe.sampling-steps" },
  { NULL, "1001", NULL, "nextframe.sampling-steps" },
  { NULL, "nan", NULL, "nextframe.sampling-steps" },
  { NULL, "5x", NULL, "nextframe.sampling-steps" },
  { NULL, "2.9", NULL, "nextframe.sampling-steps" },
  { NULL, "", NULL, "nextframe.sampling-steps" },
  { NULL, NULL, "-0.1", "nextframe.guide-start" },
  { NULL, NULL, "nan", "nextframe.guide-start" },
};

/* what a checkpoint recommends is how predictions begin; what makes no sense is
 * refused, and named */
static void
test_recommended (Place *place, gconstpointer data)
{
  const Recommended *wanted = data;
  g_autoptr (GHashTable) facts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree gchar *path =
      g_build_filename (place->folder, "recommended.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfPredictor) predictor = NULL;
  NfPrediction prediction;
  NfUnetConfig config;

  if (wanted->sampler)
    g_hash_table_insert (
        facts, (gpointer) "sampler", (gpointer) wanted->sampler);
  if (wanted->steps)
    g_hash_table_insert (
        facts, (gpointer) "sampling-steps", (gpointer) wanted->steps);
  if (wanted->start)
    g_hash_table_insert (
        facts, (gpointer) "guide-start", (gpointer) wanted->start);
  nf_test_unet_config (&config);
  nf_test_save_unet_with (path, &config, facts, 1);
  predictor = nf_predictor_load (path, place->device, &error);
  if (wanted->refused) {
    g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
    g_assert_nonnull (strstr (error->message, path));
    g_assert_nonnull (strstr (error->message, wanted->refused));
    return;
  }
  g_assert_no_error (error);
  nf_predictor_init_prediction (predictor, &prediction);
  g_assert_cmpint (prediction.method, ==, wanted->method);
  g_assert_cmpuint (prediction.steps, ==, wanted->n_steps);
  g_assert_cmpfloat (prediction.guide_start, ==, wanted->starts);
  g_assert_cmpint (prediction.clip, ==, NF_CLAMP_CLEAN);
}

static void
count_op (const NfOpCall *call, gboolean backward, const NfOpTime *time,
    gpointer count)
{
  ++*(guint *) count;
}

/* the masks of @n frames of the context from @first on; returns how many ops
 * that took */
static guint
find_masks_as (const Place *place, NfContextMasks *memory,
    NfSegmenter *segmenter, NfDType dtype, guint first, guint n, guint8 *masks)
{
  g_autoptr (GError) error = NULL;
  guint count = 0;

  nf_observe_begin (count_op, &count);
  nf_context_masks_find (
      memory, segmenter, dtype, NULL, place->context + first, n, masks, &error);
  nf_observe_end ();
  g_assert_no_error (error);
  return count;
}

static guint
find_masks (const Place *place, NfContextMasks *memory, NfSegmenter *segmenter,
    guint first, guint n, guint8 *masks)
{
  return find_masks_as (place, memory, segmenter, NF_F32, first, n, masks);
}

/* what another network saw, or the same one in another type, is looked at again */
static void
test_memory_of_another (Place *place, gconstpointer unused)
{
  static const struct
  {
    guint network;
    NfDType dtype;
    gboolean known;
  } steps[] = { { 0, NF_F32, FALSE }, { 0, NF_F32, TRUE },
    { 0, NF_BF16, FALSE }, { 0, NF_BF16, TRUE }, { 1, NF_BF16, FALSE },
    { 1, NF_F32, FALSE }, { 1, NF_F32, TRUE }, { 0, NF_F32, FALSE } };
  g_autofree guint8 *masks = g_malloc (2 * PIXELS);
  g_autofree guint8 *fresh = g_malloc (2 * PIXELS);
  g_autoptr (NfContextMasks) memory = nf_context_masks_new ();
  g_autoptr (GError) error = NULL;
  NfSegmenter *segmenters[2];

  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *path =
        g_strdup_printf ("%s/segmenter-%u.safetensors", place->folder, i);
    NfUnetppConfig config;

    nf_test_unetpp_config (&config);
    nf_test_save_unetpp (path, &config, 1 + i);
    segmenters[i] = nf_segmenter_load (path, place->device, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    NfSegmenter *segmenter = segmenters[steps[i].network];
    const guint count =
        find_masks_as (place, memory, segmenter, steps[i].dtype, 0, 2, masks);

    g_assert_true ((count == 0) == steps[i].known);
    find_masks_as (place, NULL, segmenter, steps[i].dtype, 0, 2, fresh);
    g_assert_cmpmem (masks, 2 * PIXELS, fresh, 2 * PIXELS);
  }
  for (guint i = 0; i < 2; i++)
    nf_segmenter_unref (segmenters[i]);
}

/* frames that were seen are not looked at again, and nothing else changes */
static void
test_memory (Place *place, gconstpointer unused)
{
  enum
  {
    N = 4
  };
  static const struct
  {
    guint first, new_frames;
  } steps[] = { { 0, 4 }, { 0, 0 }, { 1, 1 }, { 2, 1 }, { 4, 2 }, { 0, 4 },
    { 4, 4 } };
  g_autofree gchar *path =
      g_build_filename (place->folder, "segmenter.safetensors", NULL);
  g_autofree guint8 *fresh = g_malloc (N * PIXELS);
  g_autofree guint8 *remembered = g_malloc (N * PIXELS);
  g_autoptr (NfContextMasks) memory = nf_context_masks_new ();
  g_autoptr (GError) error = NULL;
  NfSegmenter *segmenter;
  NfUnetppConfig config;
  guint each;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (path, &config, 1);
  segmenter = nf_segmenter_load (path, place->device, &error);
  g_assert_no_error (error);
  each = find_masks (place, NULL, segmenter, 0, 1, fresh);
  g_assert_cmpuint (each, >, 0);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    g_assert_cmpuint (
        find_masks (place, NULL, segmenter, steps[i].first, N, fresh), ==,
        N * each);
    g_assert_cmpuint (
        find_masks (place, memory, segmenter, steps[i].first, N, remembered),
        ==, steps[i].new_frames * each);
    g_assert_cmpmem (fresh, N * PIXELS, remembered, N * PIXELS);
  }
  /* a frame that stands for a missing one, too */
  nf_tensor_unref (place->context[5]);
  place->context[5] = nf_tensor_ref (place->context[6]);
  g_assert_cmpuint (
      find_masks (place, memory, segmenter, 5, N, remembered), ==, each);
  nf_segmenter_unref (segmenter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/guided/ensemble", Place, NULL, set_up, test_ensemble, tear_down);
  g_test_add ("/guided/masks", Place, NULL, set_up, test_masks, tear_down);
  g_test_add ("/guided/memory", Place, NULL, set_up, test_memory, tear_down);
  g_test_add ("/guided/memory-of-another", Place, NULL, set_up,
      test_memory_of_another, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (recommended); i++) {
    g_autofree gchar *name = g_strdup_printf ("/guided/recommended/%u", i);

    g_test_add (
        name, Place, &recommended[i], set_up, test_recommended, tear_down);
  }
  return g_test_run ();
}
