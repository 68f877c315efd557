/* SPDX-License-Identifier: MIT
 *
 * decision-bench — what decisions by regions and by clips give
 *
 *   decision-bench --checkpoint FILE --seed 7 --clips 20    synthetic scenes
 *   decision-bench --checkpoint FILE --data DIR             labelled clips
 *   decision-bench --damage --seed 7 --clips 20             a made-up network
 *
 * Runs a UNet++ over the frames of clips and decides about the same
 * probabilities pixel by pixel, region by region and by the votes of a clip
 * (nfsegment's property `decision`). Prints of each:
 *
 *   pooled     Jaccard index of all pixels of all clips
 *   clips      mean of the clips' Jaccard indices
 *   true       mean of the clips' Jaccard indices over their true classes alone
 *   invented   classes a clip that are in its masks, but not in the truth
 *   missed     true classes a clip that are not in its masks
 *   ms         time of a processor a frame, without the network's */
#include "damagedtruth.h"

#include "io/nfdataset.h"
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/metrics/nfscoreboard.h>
#include <nextframe/nets/nfsegmenter.h>
#include <nextframe/regions/nfregionvotes.h>
#include <nextframe/scene/render/nfrender.h>

#include <math.h>
#include <stdio.h>
#include <time.h>

static gchar *opt_checkpoint, *opt_data;
static gint64 opt_seed = 1;
static gint opt_clips = 10, opt_frames = NF_SCENE_FRAMES, opt_step = 1;
static gint opt_width = 240, opt_height = 160;
static gboolean opt_many, opt_f32, opt_damage;

static const GOptionEntry entries[] = {
  { "checkpoint", 'c', 0, G_OPTION_ARG_FILENAME, &opt_checkpoint,
      "A UNet++ of 49 classes", "FILE" },
  { "seed", 's', 0, G_OPTION_ARG_INT64, &opt_seed, "Seed of the scenes", "S" },
  { "clips", 'n', 0, G_OPTION_ARG_INT, &opt_clips, "How many scenes", "N" },
  { "data", 'd', 0, G_OPTION_ARG_FILENAME, &opt_data,
      "Take the labelled clips of this data set instead", "DIR" },
  { "damage", 0, 0, G_OPTION_ARG_NONE, &opt_damage,
      "Damage true masks in place of running a network", NULL },
  { "frames", 0, 0, G_OPTION_ARG_INT, &opt_frames, "Of a clip, at most", "N" },
  { "step", 0, 0, G_OPTION_ARG_INT, &opt_step, "Take every Nth frame", "N" },
  { "width", 0, 0, G_OPTION_ARG_INT, &opt_width, "Of scenes, pixels", "N" },
  { "height", 0, 0, G_OPTION_ARG_INT, &opt_height, "Of scenes, pixels", "N" },
  { "many", 0, 0, G_OPTION_ARG_NONE, &opt_many,
      "A class may be several objects", NULL },
  { "f32", 0, 0, G_OPTION_ARG_NONE, &opt_f32, "Compute in f32, not bf16",
      NULL },
  { NULL },
};

typedef struct
{
  const gchar *name;
  NfScoreboard *board;
  gdouble of_true, invented, missed; /* sums over clips */
  gdouble seconds;
} Row;

enum
{
  PIXEL,
  REGION,
  CLIP,
  PAST,
  N_ROWS
};

static Row rows[N_ROWS] = {
  { "pixel" },
  { "region" },
  { "clip" },
  { "clip, past frames alone" },
};

typedef struct
{
  NfSegmenter *segmenter;
  NfDevice *device;
} Bench;

/* Jaccard index over the true classes of a clip, and the other classes */
static void
end_clip (Row *row, const gchar *name)
{
  const NfConfusion *clip = nf_scoreboard_get_clip (row->board);
  gdouble sum = 0.0;
  guint n = 0;

  for (guint k = 0; k < NF_N_CLASSES; k++) {
    NfClassCounts c = nf_confusion_class_counts (clip, k);

    if (c.true_positives + c.false_negatives > 0) {
      sum += nf_class_counts_iou (c);
      n++;
      row->missed += c.true_positives + c.false_positives == 0;
    } else {
      row->invented += c.false_positives > 0;
    }
  }
  row->of_true += n > 0 ? sum / n : 0.0;
  nf_scoreboard_end_clip (row->board, name);
}

static void
decide_pixels (const gfloat *p, gsize n, guint8 *mask)
{
  for (gsize i = 0; i < n; i++, p += NF_N_CLASSES) {
    mask[i] = 0;
    for (guint8 k = 1; k < NF_N_CLASSES; k++)
      if (p[k] > p[mask[i]])
        mask[i] = k;
  }
}

static void
add_mask (Row *row, const guint8 *truth, const guint8 *mask, guint width,
    guint height, clock_t start)
{
  row->seconds += (gdouble) (clock () - start) / CLOCKS_PER_SEC;
  nf_scoreboard_add_frame (row->board, (NfMask){ truth, width },
      (NfMask){ mask, width }, width, height, 0);
}

/* (transfer full): the probabilities of the run's next frame */
static gfloat *
damage_truth (const guint8 *truth, guint width, guint height)
{
  static const NfDamage damage = { 1, 1.0, 1.0, 1.0, 6 };
  static guint64 frame = 0;
  gfloat *p = g_new (gfloat, (gsize) width * height * NF_N_CLASSES);

  nf_damage (&damage, frame++, truth, width, height, p);

  return p;
}

/* (transfer full) (nullable): the probabilities of a frame */
static gfloat *
run_network (const Bench *bench, const guint8 *rgb, guint width, guint height,
    GError **error)
{
  g_autoptr (NfTensor) pixels = nf_tensor_new_from_nhwc (
      bench->device, NF_U8, 1, 3, height, width, rgb, error);
  g_autoptr (NfTensor) p = pixels != NULL
      ? nf_segmenter_probabilities (bench->segmenter,
          opt_f32 ? NF_F32 : NF_BF16, FALSE, pixels, NULL, error)
      : NULL;
  g_autofree gfloat *host = NULL;

  if (p == NULL)
    return NULL;
  host = g_malloc (p->bytes);

  return nf_tensor_to_nhwc (p, host, error) ? g_steal_pointer (&host) : NULL;
}

/* frames: (n, height, width, 3), masks: (n, height, width) */
static gboolean
score (const Bench *bench, const guint8 *frames, const guint8 *masks, guint n,
    guint width, guint height, const gchar *name, GError **error)
{
  const gsize size = (gsize) width * height;
  const gboolean unique = !opt_many;
  g_autoptr (GPtrArray) held =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nf_regions_free);
  g_autoptr (NfRegionVotes) votes = nf_region_votes_new (NF_N_CLASSES, unique);
  g_autofree guint8 *mask = g_malloc (size);
  g_autofree guint *chosen = g_new (guint, G_MAXUINT16);
  clock_t start;

  for (guint t = 0; t < n; t += opt_step) {
    const guint8 *truth = masks + t * size;
    g_autofree gfloat *p = opt_damage
        ? damage_truth (truth, width, height)
        : run_network (bench, frames + 3 * t * size, width, height, error);
    NfRegions *regions;

    if (p == NULL)
      return FALSE;
    start = clock ();
    decide_pixels (p, size, mask);
    add_mask (&rows[PIXEL], truth, mask, width, height, start);
    start = clock ();
    regions = nf_regions_new (p, width, height, NF_N_CLASSES, error);
    if (regions == NULL)
      return FALSE;
    nf_regions_choose (regions, unique, chosen);
    nf_regions_paint (regions, chosen, mask);
    add_mask (&rows[REGION], truth, mask, width, height, start);
    start = clock ();
    nf_region_votes_add (votes, regions);
    nf_region_votes_choose (votes, regions, chosen);
    nf_regions_paint (regions, chosen, mask);
    add_mask (&rows[PAST], truth, mask, width, height, start);
    g_ptr_array_add (held, regions);
  }
  for (guint i = 0; i < held->len; i++) {
    start = clock ();
    nf_region_votes_choose (votes, held->pdata[i], chosen);
    nf_regions_paint (held->pdata[i], chosen, mask);
    add_mask (&rows[CLIP], masks + (gsize) i * opt_step * size, mask, width,
        height, start);
  }
  for (guint i = 0; i < N_ROWS; i++)
    end_clip (&rows[i], name);

  return TRUE;
}

static gboolean
score_scenes (const Bench *bench, GError **error)
{
  const gsize size = (gsize) opt_width * opt_height;
  g_autoptr (NfRenderer) renderer = nf_renderer_new (opt_width, opt_height, 2);
  g_autofree guint8 *frames = g_malloc (3 * size * opt_frames);
  g_autofree guint8 *masks = g_malloc (size * opt_frames);
  NfSceneParams params;

  nf_scene_params_init (&params);
  params.seed = opt_seed;
  params.frames = opt_frames;
  for (gint clip = 0; clip < opt_clips; clip++) {
    g_autoptr (NfScene) scene = NULL;

    params.clip = clip;
    scene = nf_scene_new (&params, error);
    if (scene == NULL)
      return FALSE;
    for (gint t = 0; t < opt_frames; t++) {
      guint n;
      const NfSceneObject *objects = nf_scene_objects (scene, t, &n);

      nf_renderer_render (renderer, nf_scene_view (scene), objects, n,
          frames + 3 * t * size, 3 * opt_width, masks + t * size, opt_width);
    }
    if (!score (bench, frames, masks, opt_frames, opt_width, opt_height, NULL,
            error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
score_data (const Bench *bench, GError **error)
{
  NfDatasetOptions options = {
    .splits = "train val", .masks = TRUE, .classes = NF_N_CLASSES
  };
  g_autoptr (NfDataset) dataset = nf_dataset_open (opt_data, &options, error);

  for (guint i = 0; dataset != NULL && i < nf_dataset_n_clips (dataset); i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (dataset, i, error);

    if (clip == NULL
        || !score (bench, clip->frames, clip->masks,
            MIN (clip->n_frames, (guint) opt_frames), clip->width, clip->height,
            nf_dataset_clip_info (dataset, i)->name, error))
      return FALSE;
  }

  return dataset != NULL;
}

static void
print_table (void)
{
  printf ("%-24s %7s %7s %7s %9s %7s %7s\n", "decision", "pooled", "clips",
      "true", "invented", "missed", "ms");
  for (guint i = 0; i < N_ROWS; i++) {
    const NfScores scores = nf_scoreboard_get_scores (rows[i].board);
    const gdouble clips = MAX (scores.clips, 1);

    printf ("%-24s %7.4f %7.4f %7.4f %9.2f %7.2f %7.2f\n", rows[i].name,
        scores.jaccard, scores.mean_clip_jaccard, rows[i].of_true / clips,
        rows[i].invented / clips, rows[i].missed / clips,
        1000.0 * rows[i].seconds / MAX (scores.frames, 1));
  }
}

static gboolean
score_all (const Bench *bench, GError **error)
{
  return opt_data != NULL ? score_data (bench, error)
                          : score_scenes (bench, error);
}

static gboolean
run_checkpoint (GError **error)
{
  g_autoptr (NfDevice) device = nf_device_open ("cpu", error);
  g_autoptr (NfSegmenter) segmenter =
      device != NULL ? nf_segmenter_load (opt_checkpoint, device, error) : NULL;
  const Bench bench = { segmenter, device };
  NfSegmentSizes sizes;

  if (segmenter == NULL)
    return FALSE;
  nf_segment_sizes (nf_segmenter_net (segmenter), &sizes);
  if (sizes.classes != NF_N_CLASSES || sizes.channels != 3) {
    g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
        "%s has %d classes of %d channels, expected %d of 3", opt_checkpoint,
        sizes.classes, sizes.channels, NF_N_CLASSES);
    return FALSE;
  }

  return score_all (&bench, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "decision-bench: %s\n", error->message);
    return 1;
  }
  if ((opt_checkpoint == NULL && !opt_damage) || opt_clips < 1 || opt_frames < 1
      || opt_frames > 1000 || opt_step < 1 || opt_width < 1 || opt_height < 1) {
    fprintf (stderr,
        "decision-bench: wants --checkpoint or --damage, and numbers of at "
        "least 1\n");
    return 1;
  }
  for (guint i = 0; i < N_ROWS; i++)
    rows[i].board = nf_scoreboard_new (NF_N_CLASSES, FALSE);
  ok = opt_damage ? score_all (NULL, &error) : run_checkpoint (&error);
  if (ok)
    print_table ();
  else
    fprintf (stderr, "decision-bench: %s\n", error->message);
  for (guint i = 0; i < N_ROWS; i++)
    nf_scoreboard_free (rows[i].board);

  return ok ? 0 : 1;
}
