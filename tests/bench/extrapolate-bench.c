/* SPDX-License-Identifier: MIT
 *
 * extrapolate-bench — how well masks are predicted without a network
 *
 *   extrapolate-bench --seed 1 --clips 500      synthetic scenes
 *   extrapolate-bench --data DIR                clips with masks (nfdataset.h)
 *   extrapolate-bench --damage 0.5              masks as wrong as a network's
 *
 * Prints the Jaccard index of every method at the target frame, pooled over
 * all clips and as the mean of the clips', and the time that one processor needs
 * for that frame; of scenes also what the true states of the newest frame would
 * have. likeliest, jaccard, pooled and picture are dynamics with these decisions. */
#include "io/nfdataset.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfscoreboard.h>
#include <nextframe/scene/render/nfrender.h>
#include "scene/guide/nfdamage.h"
#include "scene/track/nfbodies.h"
#include <nextframe/scene/track/nfextrapolate.h>

#include <math.h>
#include <stdio.h>
#include <time.h>

static gint64 opt_seed = 1;
static gint opt_clips = 100, opt_context = 11, opt_target = 22;
static gint opt_width = 240, opt_height = 160;
static gint opt_futures = NF_EXTRAPOLATE_FUTURES;
static gdouble opt_damage;
static gchar *opt_data;

static const GOptionEntry entries[] = {
  { "seed", 's', 0, G_OPTION_ARG_INT64, &opt_seed, "Seed of the scenes", "S" },
  { "clips", 'n', 0, G_OPTION_ARG_INT, &opt_clips, "How many scenes", "N" },
  { "data", 'd', 0, G_OPTION_ARG_FILENAME, &opt_data,
      "Score the labelled clips of this data set instead", "DIR" },
  { "context", 'c', 0, G_OPTION_ARG_INT, &opt_context,
      "Masks that are given, from the first on", "N" },
  { "target", 't', 0, G_OPTION_ARG_INT, &opt_target,
      "Frame to predict, counted from 1", "N" },
  { "width", 0, 0, G_OPTION_ARG_INT, &opt_width, "Of scenes, pixels", "N" },
  { "height", 0, 0, G_OPTION_ARG_INT, &opt_height, "Of scenes, pixels", "N" },
  { "futures", 'f', 0, G_OPTION_ARG_INT, &opt_futures,
      "How many futures dynamics simulates", "N" },
  { "damage", 0, 0, G_OPTION_ARG_DOUBLE, &opt_damage,
      "How wrong the given masks are, 0 to 1 as a poor network's", "SHARE" },
  { NULL },
};

typedef struct
{
  const gchar *name;
  NfExtrapolateMethod method;
  NfDecide decide; /* of dynamics */
  NfScoreboard *board;
  gdouble time; /* seconds of a processor, for all clips */
} Row;

enum
{
  METHODS = 6,
  TRUE_STATES = METHODS
};

static Row rows[] = {
  { "hold", NF_EXTRAPOLATE_HOLD },
  { "linear", NF_EXTRAPOLATE_LINEAR },
  { "likeliest", NF_EXTRAPOLATE_DYNAMICS, NF_DECIDE_LIKELIEST },
  { "jaccard", NF_EXTRAPOLATE_DYNAMICS, NF_DECIDE_JACCARD },
  { "pooled", NF_EXTRAPOLATE_DYNAMICS, NF_DECIDE_POOLED },
  { "picture", NF_EXTRAPOLATE_DYNAMICS, NF_DECIDE_PICTURE },
  { "true states" },
};

static gboolean
predict (const Row *row, const guint8 *const *past, guint width, guint height,
    guint horizon, guint8 *future, GError **error)
{
  const NfFuturesParams params = { .futures = opt_futures,
    .decide = row->decide };

  if (row->method != NF_EXTRAPOLATE_DYNAMICS)
    return nf_extrapolate (
        row->method, past, opt_context, width, height, horizon, future, error);
  return nf_extrapolate_futures (&params, past, opt_context, width, height,
      horizon, horizon, future, error);
}

/* masks: (frames, height, width) with the target frame in it; those of the
 * context are damaged */
static gboolean
score (
    guint8 *masks, guint width, guint height, const gchar *name, GError **error)
{
  gsize size = (gsize) width * height;
  guint horizon = opt_target - opt_context;
  g_autofree const guint8 **past = g_new (const guint8 *, opt_context);
  g_autofree guint8 *future = g_malloc (size * horizon);
  NfMask truth = { masks + (opt_target - 1) * size, width };
  NfMask prediction = { future + (horizon - 1) * size, width };

  if (opt_damage > 0) {
    NfDamage damage;

    nf_damage_draw (
        &damage, opt_seed, nf_scoreboard_get_scores (rows[0].board).clips);
    damage.strength = opt_damage;
    nf_damage_masks (&damage, masks, opt_context, width, height);
  }
  for (gint i = 0; i < opt_context; i++)
    past[i] = masks + i * size;
  for (guint i = 0; i < METHODS; i++) {
    clock_t start = clock ();

    if (!predict (&rows[i], past, width, height, horizon, future, error))
      return FALSE;
    rows[i].time += (gdouble) (clock () - start) / CLOCKS_PER_SEC;
    nf_scoreboard_add_frame (
        rows[i].board, truth, prediction, width, height, 0);
    nf_scoreboard_end_clip (rows[i].board, name);
  }

  return TRUE;
}

/* what goes on as the bodies of the tracks do, from the true states of the newest
 * frame given, of all that is seen until then: what a perfect fit would have */
static void
score_true_states (const NfScene *scene, NfRenderer *renderer,
    const guint8 *masks, guint8 *mask)
{
  gsize size = (gsize) opt_width * opt_height;
  NfSceneObject objects[NF_N_CLASSES];
  gboolean seen[256] = { FALSE };
  NfBody bodies[NF_N_CLASSES];
  NfBodyParams params;
  guint n, k = 0;
  const NfMotion *motions = nf_scene_motions (scene, opt_context - 1, &n);
  const NfSceneObject *all = nf_scene_objects (scene, opt_context - 1, &n);

  for (gsize i = 0; i < opt_context * size; i++)
    seen[masks[i]] = TRUE;
  for (guint i = 0; i < n; i++)
    if (seen[all[i].id]) {
      const NfMotion *m = &motions[i];
      NfSceneShape shape = nf_scene_shape (all[i].id);

      objects[k] = all[i];
      bodies[k] = (NfBody){ shape, m->position[0], m->position[2],
        m->velocity[0], m->velocity[2] };
      if (shape != NF_SCENE_SPHERE) {
        bodies[k].turn = -2 * atan2 (m->rotation[2], m->rotation[0]);
        bodies[k].spin = -m->spin[1];
      }
      k++;
    }
  nf_body_params_init (&params);
  nf_bodies_advance (bodies, k, &params, opt_target - opt_context);
  for (guint i = 0; i < k; i++) {
    const gdouble half = bodies[i].turn / 2;

    objects[i] = (NfSceneObject){ objects[i].id,
      { bodies[i].x, 0.5, bodies[i].z }, { cos (half), 0, -sin (half), 0 } };
  }
  nf_renderer_render (
      renderer, nf_scene_view (scene), objects, k, NULL, 0, mask, opt_width);
  nf_scoreboard_add_frame (rows[TRUE_STATES].board,
      (NfMask){ masks + (opt_target - 1) * size, opt_width },
      (NfMask){ mask, opt_width }, opt_width, opt_height, 0);
  nf_scoreboard_end_clip (rows[TRUE_STATES].board, NULL);
}

static gboolean
score_scenes (GError **error)
{
  gsize size = (gsize) opt_width * opt_height;
  g_autoptr (NfRenderer) renderer = nf_renderer_new (opt_width, opt_height, 1);
  g_autofree guint8 *masks = g_malloc (size * opt_target);
  g_autofree guint8 *mask = g_malloc (size);
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = opt_seed;
  params.frames = opt_target;
  for (gint clip = 0; clip < opt_clips; clip++) {
    g_autoptr (NfScene) scene = NULL;

    params.clip = clip;
    scene = nf_scene_new (&params, error);
    if (scene == NULL)
      return FALSE;
    for (gint t = 0; t < opt_target; t++) {
      guint n;
      const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

      nf_renderer_render (renderer, nf_scene_view (scene), objects, n, NULL, 0,
          masks + t * size, opt_width);
    }
    score_true_states (scene, renderer, masks, mask);
    if (!score (masks, opt_width, opt_height, NULL, error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
score_data (GError **error)
{
  NfDatasetOptions options = {
    .splits = "train val", .masks = NF_MASKS_REQUIRED, .classes = NF_N_CLASSES
  };
  g_autoptr (NfDataset) dataset = nf_dataset_open (opt_data, &options, error);

  if (dataset == NULL)
    return FALSE;
  for (guint i = 0; i < nf_dataset_n_clips (dataset); i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, error);

    if (clip == NULL)
      return FALSE;
    if (clip->n_frames < opt_target) {
      g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
          "%s has %u frames, expected %d",
          nf_dataset_clip_info (dataset, i)->name, clip->n_frames, opt_target);
      return FALSE;
    }
    if (!score (clip->masks, clip->width, clip->height,
            nf_dataset_clip_info (dataset, i)->name, error))
      return FALSE;
  }

  return TRUE;
}

static void
print_table (void)
{
  printf ("%-10s %8s %14s %12s\n", "method", "pooled", "mean of clips",
      "ms a clip");
  for (guint i = 0; i < (opt_data != NULL ? METHODS : METHODS + 1); i++) {
    NfScores scores = nf_scoreboard_get_scores (rows[i].board);

    printf ("%-10s %8.3f %14.3f %12.2f\n", rows[i].name, scores.jaccard,
        scores.mean_clip_jaccard,
        rows[i].time * 1000.0 / MAX (scores.clips, 1));
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "extrapolate-bench: %s\n", error->message);
    return 1;
  }
  if (opt_clips < 1 || opt_context < 1 || opt_target <= opt_context
      || opt_target > 1000 || opt_width < 1 || opt_height < 1) {
    fprintf (stderr,
        "extrapolate-bench: wants clips and a context of at least"
        " 1, and a target behind the context\n");
    return 1;
  }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    rows[i].board = nf_scoreboard_new (NF_N_CLASSES, FALSE);
  ok = opt_data != NULL ? score_data (&error) : score_scenes (&error);
  if (ok)
    print_table ();
  else
    fprintf (stderr, "extrapolate-bench: %s\n", error->message);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    nf_scoreboard_free (rows[i].board);

  return ok ? 0 : 1;
}
