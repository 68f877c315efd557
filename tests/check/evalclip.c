/* SPDX-License-Identifier: MIT
 *
 * evalclip — one clip after the other in the same place: of those before nothing
 * is left
 *
 * The segmenter is the one that ships, so that masks have objects; the predictor
 * is untrained. Sibling: evalfigures.c */
#include "clips/nfscenes.h"
#include "eval/clip.h"
#include "nftestmodels.h"

#include <gst/gst.h>
#include <string.h>

#define WIDTH 120
#define HEIGHT 80
#define PIXELS (WIDTH * HEIGHT)
#define ENSEMBLE 2

typedef struct
{
  gchar *folder;
  NfEvalNetworkOptions options;
  NfEvalModels *models;
  NfClipSource *source;
} Place;

/* a network with a guide that draws frame 22 alone */
static gchar *
save_predictor (const gchar *folder)
{
  gchar *path = g_build_filename (folder, "guided.safetensors", NULL);
  NfUnetConfig config;

  nf_test_unet_config (&config);
  config.num_frames_cond = NF_EVAL_CONTEXT;
  config.num_frames = 1;
  config.future_gap = NF_EVAL_HORIZON - 1;
  config.guide = TRUE;
  nf_test_save_unet (path, &config, 1);
  return path;
}

static void
set_up (Place *place, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  NfScenes scenes;

  place->folder = nf_test_folder_new ();
  place->options = (NfEvalNetworkOptions){
    .segment = g_build_filename (g_getenv ("NF_SOURCE"), "examples",
        "checkpoints", "unetpp.safetensors", NULL),
    .predict = save_predictor (place->folder),
    .device = (gchar *) "cpu",
    .decision = NF_EVAL_DECISION_CLIP,
    .unique = TRUE,
    .sampler = -1,
    .steps = 2,
    .guide_start = 0.8,
    .ensemble = ENSEMBLE,
  };
  place->options.guide_segment = g_strdup (place->options.segment);
  place->models = nf_eval_models_load (&place->options,
      NF_EVAL_NEEDS_SEGMENTER | NF_EVAL_NEEDS_PREDICTOR | NF_EVAL_NEEDS_GUIDE,
      TRUE, &error);
  g_assert_no_error (error);
  nf_scenes_init (&scenes);
  scenes.clip.seed = 31;
  scenes.width = WIDTH;
  scenes.height = HEIGHT;
  place->source = nf_clip_source_new_scenes (&scenes);
}

static void
tear_down (Place *place, gconstpointer unused)
{
  nf_clip_source_free (place->source);
  nf_eval_models_free (place->models);
  g_free (place->options.segment);
  g_free (place->options.guide_segment);
  g_free (place->options.predict);
  nf_test_folder_remove (place->folder);
  g_free (place->folder);
}

/* bytes of a predicted frame */
static gsize
frame_bytes (const NfEvalClip *clip, NfEvalGuide guide)
{
  gint width, height;

  nf_eval_predictor_size (nf_eval_models_predictor (clip->models), guide, WIDTH,
      HEIGHT, &width, &height);
  return (gsize) 3 * width * height;
}

/* (transfer full): all that rows ask of a clip, one thing behind the other */
static GByteArray *
ask (NfEvalClip *clip, guint64 number)
{
  static const NfEvalGuide guides[] = { NF_EVAL_GUIDE_ITSELF,
    NF_EVAL_GUIDE_AUTO, NF_EVAL_GUIDE_HOLD, NF_EVAL_GUIDE_WRONG };
  GByteArray *all = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  const gsize frame = frame_bytes (clip, NF_EVAL_GUIDE_AUTO);
  const guint8 *made;

  nf_eval_clip_open (clip, number, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (guides); i++) {
    const gsize bytes = NF_EVAL_HORIZON * frame_bytes (clip, guides[i]);
    g_autofree guint8 *frames = g_malloc0 (bytes);

    nf_eval_clip_predict (clip, guides[i], frames, &error);
    g_assert_no_error (error);
    g_byte_array_append (all, frames, bytes);
    g_byte_array_append (
        all, (const guint8 *) &clip->expected, sizeof clip->expected);
  }
  made = nf_eval_clip_predictions (clip, &error);
  g_assert_no_error (error);
  for (guint i = 1; i <= ENSEMBLE; i++) /* frame 22 of each */
    g_byte_array_append (all, made + (i * NF_EVAL_HORIZON - 1) * frame, frame);
  made = nf_eval_clip_named (clip, NF_EVAL_CONTEXT, &error);
  g_assert_no_error (error);
  g_byte_array_append (all, made, NF_EVAL_CONTEXT * PIXELS);
  return all;
}

/* What is made of a clip is the same whether it is the first one or not. */
static void
test_another_clip (Place *place, gconstpointer unused)
{
  g_autoptr (NfEvalClip) used = nf_eval_clip_new (place->source, place->models);
  g_autoptr (NfEvalClip) fresh =
      nf_eval_clip_new (place->source, place->models);
  g_autoptr (GByteArray) first = ask (used, 0);
  g_autoptr (GByteArray) second = ask (used, 1);
  g_autoptr (GByteArray) alone = ask (fresh, 1);

  g_assert_cmpuint (first->len, ==, second->len);
  g_assert_true (memcmp (first->data, second->data, first->len) != 0);
  g_assert_cmpmem (second->data, second->len, alone->data, alone->len);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add (
      "/eval-clip/another", Place, NULL, set_up, test_another_clip, tear_down);
  return g_test_run ();
}
