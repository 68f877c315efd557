/* SPDX-License-Identifier: MIT
 *
 * guidesample — guides of training samples, made of scenes */
#include "data/guidesample.h"
#include "scene/guide/nfdamage.h"
#include <nextframe/scene/render/nfrender.h>

#include <string.h>

/* of the masks that tracks are found in: what the real clips have */
#define MASK_WIDTH 240
#define MASK_HEIGHT 160
/* how wrong the poses of a true guide are: standard deviations */
#define PLACE_NOISE 0.05f /* sizes */
#define TURN_NOISE 0.05f /* radians */

/* Which number of a sample's stream decides what. */
enum
{
  DRAW_KIND,
  DRAW_NEWEST, /* whether the newest frame stands for no guide */
  DRAW_POSES
};

/* what one thread works with */
typedef struct
{
  NfGuide *guide;
  NfRenderer *renderer; /* of masks */
  guint8 *masks; /* (num_frames_cond, MASK_HEIGHT, MASK_WIDTH) */
  guint8 *pixels; /* (height, width, NF_GUIDE_BYTES) */
} Scratch;

struct _NfGuideSamples
{
  const NfTrainConfig *config;
  GAsyncQueue *idle; /* Scratch */
};

/* a sample's guides */
typedef struct
{
  const NfTrainConfig *config;
  Scratch *scratch;
  const NfScene *scene;
  guint start; /* the first frame of the context */
  guint64 seed, sample;
  const guint8 *newest;
} Work;

static void
scratch_free (gpointer data)
{
  Scratch *scratch = data;

  nf_guide_free (scratch->guide);
  g_clear_pointer (&scratch->renderer, nf_renderer_free);
  g_free (scratch->masks);
  g_free (scratch->pixels);
  g_free (scratch);
}

static Scratch *
scratch_new (const NfTrainConfig *config, GError **error)
{
  gsize pixels = (gsize) config->width * config->height;
  Scratch *scratch = g_new0 (Scratch, 1);

  scratch->guide = nf_guide_new (config->width, config->height, error);
  if (scratch->guide == NULL) {
    scratch_free (scratch);
    return NULL;
  }
  scratch->renderer = nf_renderer_new (MASK_WIDTH, MASK_HEIGHT, 1);
  scratch->masks = g_malloc (
      (gsize) MASK_WIDTH * MASK_HEIGHT * config->diffusion.num_frames_cond);
  scratch->pixels = g_malloc (NF_GUIDE_BYTES * pixels);
  return scratch;
}

/**
 * nf_guide_samples_new:
 * @config: settings, outliving the result; the size is resolved
 *
 * Returns: (transfer full): what makes guides, for several threads at once
 */
NfGuideSamples *
nf_guide_samples_new (const NfTrainConfig *config)
{
  NfGuideSamples *self = g_new0 (NfGuideSamples, 1);

  self->config = config;
  self->idle = g_async_queue_new_full (scratch_free);
  return self;
}

/**
 * nf_guide_samples_free:
 * @self: (transfer full) (nullable): what makes guides
 */
void
nf_guide_samples_free (NfGuideSamples *self)
{
  if (self == NULL)
    return;
  g_async_queue_unref (self->idle);
  g_free (self);
}

/**
 * nf_guide_samples_check:
 * @config: settings
 * @error: return location
 *
 * Whether guides can be made of the data that the settings name.
 */
gboolean
nf_guide_samples_check (const NfTrainConfig *config, GError **error)
{
  if (!config->diffusion.guide
      || nf_clip_source_kind (config->data.path)->reader_scene)
    return TRUE;
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "model.guide: guides are made of scenes, whose masks and motions are "
      "known; train with --data scenes:SEED (got data.path=%s)",
      config->data.path);
  return FALSE;
}

static NfPoses
poses_at (const NfScene *scene, guint frame)
{
  NfPoses poses;

  poses.objects = nf_scene_objects (scene, frame, &poses.n);
  return poses;
}

/* the masks of the context as a network might see them */
static void
make_masks (const Work *work, guint n)
{
  gsize size = (gsize) MASK_WIDTH * MASK_HEIGHT;
  NfDamage damage;

  for (guint t = 0; t < n; t++) {
    NfPoses poses = poses_at (work->scene, work->start + t);

    nf_renderer_render (work->scratch->renderer, nf_scene_view (work->scene),
        poses.objects, poses.n, NULL, 0, work->scratch->masks + t * size,
        MASK_WIDTH);
  }
  nf_damage_draw (&damage, work->seed, work->sample);
  nf_damage_masks (&damage, work->scratch->masks, n, MASK_WIDTH, MASK_HEIGHT);
}

static NfFutures *
predict_futures (const Work *work, GError **error)
{
  const NfConfigDiffusion *model = &work->config->diffusion;
  guint n = (guint) model->num_frames_cond;
  g_autofree const guint8 **masks = g_new (const guint8 *, n);
  NfFuturesParams params;

  make_masks (work, n);
  for (guint t = 0; t < n; t++)
    masks[t] = work->scratch->masks + (gsize) t * MASK_WIDTH * MASK_HEIGHT;
  nf_futures_params_init (&params);
  return nf_futures_new (&params, masks, n, MASK_WIDTH, MASK_HEIGHT,
      (guint) (model->future_gap + model->num_frames), error);
}

/* the true poses, a little displaced; (transfer full) objects */
static NfSceneObject *
displace (const Work *work, NfPoses poses, guint frame)
{
  NfRngKey key = {
    .seed = work->seed, .stream = work->sample, .purpose = NF_RNG_GUIDE
  };
  NfSceneObject *moved = g_new (NfSceneObject, MAX (poses.n, 1));

  for (guint i = 0; i < poses.n; i++) {
    gfloat normal[3];
    gdouble half;
    const gdouble *q = poses.objects[i].rotation;

    nf_rng_normal (&key, DRAW_POSES + 4 * (frame * 64 + i), 3, normal);
    half = TURN_NOISE * normal[2] / 2;
    moved[i] = poses.objects[i];
    moved[i].position[0] += PLACE_NOISE * normal[0];
    moved[i].position[2] += PLACE_NOISE * normal[1];
    /* a small turn about the upright axis comes last */
    moved[i].rotation[0] = q[0] - half * q[2];
    moved[i].rotation[1] = q[1] + half * q[3];
    moved[i].rotation[2] = q[2] + half * q[0];
    moved[i].rotation[3] = q[3] - half * q[1];
  }
  return moved;
}

static gboolean
draw_true (const Work *work, guint ahead, GError **error)
{
  const NfConfigDiffusion *model = &work->config->diffusion;
  guint newest = work->start + (guint) model->num_frames_cond - 1;
  NfPoses then = poses_at (work->scene, newest + ahead);
  g_autofree NfSceneObject *moved = displace (work, then, ahead);

  then.objects = moved;
  return nf_guide_render_poses (work->scratch->guide,
      nf_scene_view (work->scene), poses_at (work->scene, newest), then,
      work->newest, work->scratch->pixels, error);
}

static void
draw_none (const Work *work, gdouble draw)
{
  gsize pixels = (gsize) work->config->width * work->config->height;

  if (draw < 0.5 || work->config->diffusion.residual > 0)
    nf_guide_hold (work->newest, pixels, work->scratch->pixels);
  else
    memset (work->scratch->pixels, 0, NF_GUIDE_BYTES * pixels);
}

/* all guides of a sample, one for each predicted frame */
static gboolean
write_guides (const Work *work, guint8 *dst, gsize stride, GError **error)
{
  const NfConfigDiffusion *model = &work->config->diffusion;
  gsize pixels = (gsize) work->config->width * work->config->height;
  NfRngKey key = {
    .seed = work->seed, .stream = work->sample, .purpose = NF_RNG_GUIDE
  };
  gdouble kind = nf_rng_uniform (&key, DRAW_KIND);
  gboolean none = kind < model->no_guides;
  gboolean known = kind < model->no_guides + model->true_guides;
  g_autoptr (NfFutures) futures = known ? NULL : predict_futures (work, error);

  if (!known && futures == NULL)
    return FALSE;
  for (guint i = 0; i < (guint) model->num_frames; i++) {
    guint ahead = (guint) model->future_gap + 1 + i;

    if (none)
      draw_none (work, nf_rng_uniform (&key, DRAW_NEWEST));
    else if (!(known ? draw_true (work, ahead, error)
                     : nf_guide_render (work->scratch->guide, futures, 0, ahead,
                         work->newest, work->scratch->pixels, error)))
      return FALSE;
    for (gsize p = 0; p < pixels; p++)
      memcpy (dst + p * stride + NF_GUIDE_BYTES * i,
          work->scratch->pixels + NF_GUIDE_BYTES * p, NF_GUIDE_BYTES);
  }
  return TRUE;
}

/**
 * nf_guide_samples_write:
 * @self: what makes guides
 * @reader: at a clip that is a scene
 * @start: number of the context's first frame
 * @seed: of the run
 * @sample: number of the training sample
 * @newest: (H, W, 3): the newest frame of the context, as the network sees it
 * @dst: (out): where the first pixel's guide bytes go
 * @stride: bytes from pixel to pixel there
 * @error: return location
 *
 * Makes the guides of a sample: functions of the clip, seed and sample alone.
 *
 * Returns: %FALSE with @error set
 */
gboolean
nf_guide_samples_write (NfGuideSamples *self, NfClipReader *reader, guint start,
    guint64 seed, guint64 sample, const guint8 *newest, guint8 *dst,
    gsize stride, GError **error)
{
  Work work = { .config = self->config,
    .scratch = g_async_queue_try_pop (self->idle),
    .scene = nf_clip_reader_scene (reader),
    .start = start,
    .seed = seed,
    .sample = sample,
    .newest = newest };
  gboolean ok;

  if (work.scratch == NULL)
    work.scratch = scratch_new (self->config, error);
  if (work.scratch == NULL)
    return FALSE;
  ok = write_guides (&work, dst, stride, error);
  g_async_queue_push (self->idle, work.scratch);
  return ok;
}
