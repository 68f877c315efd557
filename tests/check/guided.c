/* SPDX-License-Identifier: MIT
 *
 * guided — predictions with a guide: what the masks that are given make of it,
 * and the draws of an ensemble
 *
 * The network is untrained; with a guide start of 1 it draws nothing.
 * Siblings: guide.c (what guides look like), nfpredictguide.c (the element) */
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/guided/ensemble", Place, NULL, set_up, test_ensemble, tear_down);
  g_test_add ("/guided/masks", Place, NULL, set_up, test_masks, tear_down);
  return g_test_run ();
}
