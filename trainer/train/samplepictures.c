/* SPDX-License-Identifier: MIT
 *
 * samplepictures — what the network makes of a few clips, as a picture */
#include "train/samplepictures.h"
#include "data/trainclips.h"
#include "io/nfclip.h"
#include "io/nffile.h"
#include "io/nfpng.h"

#include <string.h>

#define GAP 2 /* between frames, pixels */
#define WIDE_GAP 8 /* between what is seen, made and true */
#define WHITE 255
#define NAME "samples" /* in TensorBoard */

struct _NfSamplePictures
{
  NfTask *task;
  const NfTrainConfig *config;
  NfClipSource *source; /* NULL: none are wanted */
  NfBadClips *bad; /* hears of clips that are left out; NULL: none are */
  guint n_clips;
  guint counts[NF_N_TILES];
  guint n_tiles;
};

/* A picture that is being made: (height, width, 3). */
typedef struct
{
  guint8 *rgb;
  gint width, height;
} Picture;

static gboolean
open_clips (NfSamplePictures *self, GError **error)
{
  const NfTaskJudge *judge = self->task->judge;
  const NfTrainConfig *config = self->config;
  guint n;

  if (!nf_train_clips_open_held_out (
          config, judge->masks, &self->source, error))
    return FALSE;
  if (!self->source) {
    self->bad = self->task->bad_clips;
    self->source = nf_train_clips_open (config, judge->masks, self->bad, error);
  }
  if (!self->source
      || (judge->check && !judge->check (self->task, self->source, error)))
    return FALSE;
  n = nf_clip_source_n_clips (self->source);
  self->n_clips = config->watch.sample_clips;
  if (n > 0)
    self->n_clips = MIN (self->n_clips, n);
  return TRUE;
}

/**
 * nf_sample_pictures_new:
 * @task: what is trained
 * @config: settings, outliving the pictures; the frames' size is resolved
 * @error: return location: why there will be none, which is no reason to end a
 *   run
 *
 * Clips that are trained on are left out where training leaves them out.
 *
 * Returns: (transfer full) (nullable): when and of what pictures are made
 */
NfSamplePictures *
nf_sample_pictures_new (
    NfTask *task, const NfTrainConfig *config, GError **error)
{
  g_autoptr (NfSamplePictures) self = g_new0 (NfSamplePictures, 1);

  self->task = task;
  self->config = config;
  if (!task->judge || config->watch.sample_every == 0)
    return g_steal_pointer (&self);
  if (!open_clips (self, error))
    return NULL;
  task->judge->tiles (task, self->counts);
  for (guint i = 0; i < NF_N_TILES; i++)
    self->n_tiles += self->counts[i];
  return g_steal_pointer (&self);
}

/**
 * nf_sample_pictures_free:
 * @pictures: (transfer full) (nullable): pictures
 */
void
nf_sample_pictures_free (NfSamplePictures *pictures)
{
  if (!pictures)
    return;
  nf_clip_source_free (pictures->source);
  g_free (pictures);
}

/**
 * nf_sample_pictures_due:
 * @pictures: (nullable): pictures
 * @step: steps done
 *
 * Returns: whether it is time for one: at every multiple of watch.sample-every
 *   and at the last step
 */
gboolean
nf_sample_pictures_due (const NfSamplePictures *pictures, guint64 step)
{
  if (!pictures || !pictures->source || step == 0)
    return FALSE;
  return step % pictures->config->watch.sample_every == 0
      || step == (guint64) pictures->config->train.steps;
}

static gboolean
make_picture (const NfSamplePictures *self, Picture *picture, GError **error)
{
  const NfTrainConfig *config = self->config;
  const gsize width = self->n_tiles * ((gsize) config->width + GAP) - GAP
      + (NF_N_TILES - 1) * (WIDE_GAP - GAP);
  const gsize height = self->n_clips * ((gsize) config->height + GAP) - GAP;

  if (width < G_MAXINT / 3 && height < G_MAXINT)
    picture->rgb = g_try_malloc_n (height, 3 * width);
  if (!picture->rgb) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "no memory for a picture of %" G_GSIZE_FORMAT "x%" G_GSIZE_FORMAT
        " pixels; lower watch.sample-clips",
        width, height);
    return FALSE;
  }
  memset (picture->rgb, WHITE, 3 * width * height);
  picture->width = (gint) width;
  picture->height = (gint) height;
  return TRUE;
}

/* Lays a clip's tiles side by side. */
static void
paste_row (const NfSamplePictures *self, Picture *picture, guint row,
    const guint8 *tiles)
{
  const gsize width = self->config->width, height = self->config->height;
  const gsize stride = 3 * (gsize) picture->width;
  guint8 *dst = picture->rgb + row * (height + GAP) * stride;

  for (guint kind = 0; kind < NF_N_TILES; kind++) {
    for (guint i = 0; i < self->counts[kind]; i++, dst += 3 * (width + GAP))
      for (gsize y = 0; y < height; y++, tiles += 3 * width)
        memcpy (dst + y * stride, tiles, 3 * width);
    dst += 3 * (WIDE_GAP - GAP);
  }
}

/* The sample in the middle of a clip. Where the clip is at fault and such ones
 * are left out, there is none, and no error. */
static gboolean
load_sample (NfSamplePictures *self, NfClipReader *reader, guint clip,
    guint8 *const parts[NF_LOADER_PARTS], gboolean *there, GError **error)
{
  const NfTaskJudge *judge = self->task->judge;
  const guint n = judge->n_samples (
      self->task, nf_clip_source_n_frames (self->source, clip));
  g_autoptr (GError) cause = NULL;

  *there = judge->load (self->task, reader, clip, n / 2, parts, &cause);
  if (*there)
    return TRUE;
  if (self->bad && nf_clip_is_bad (cause)) {
    nf_bad_clips_add (self->bad, cause->message);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* A row for each clip. Where the user interrupts, or all clips are left out,
 * @done stays FALSE. */
static gboolean
draw_rows (NfSamplePictures *self, Picture *picture, NfProgress *progress,
    gboolean *done, GError **error)
{
  const NfTaskJudge *judge = self->task->judge;
  const gsize tile = 3 * (gsize) self->config->width * self->config->height;
  g_autoptr (NfClipReader) reader = nf_clip_reader_new (self->source);
  g_autofree guint8 *tiles = g_malloc (self->n_tiles * tile);
  const guint clips = nf_clip_source_n_clips (self->source);
  guint8 *parts[NF_LOADER_PARTS];
  gboolean ok = TRUE, there;
  guint row = 0;

  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    parts[i] = g_malloc (nf_task_judge_bytes (self->task, i));
  for (guint clip = 0; ok && row < self->n_clips && (clips == 0 || clip < clips)
       && !nf_interrupt_requested ();
       clip++) {
    ok = load_sample (self, reader, clip, parts, &there, error)
        && (!there
            || judge->paint (
                self->task, clip, (const guint8 *const *) parts, tiles, error));
    if (!ok || !there)
      continue;
    paste_row (self, picture, row++, tiles);
    nf_progress_aside (progress, "samples", "clip", row, self->n_clips);
  }
  for (guint i = 0; i < NF_LOADER_PARTS; i++)
    g_free (parts[i]);
  *done = row > 0 && !nf_interrupt_requested ();
  return ok;
}

/* Writes samples-STEP.png, and the same into the event file. */
static gboolean
save (const Picture *picture, const gchar *run, guint64 step,
    NfEventFile *events, GError **error)
{
  g_autofree gchar *name =
      g_strdup_printf ("samples-%06" G_GUINT64_FORMAT ".png", step);
  g_autofree gchar *path = g_build_filename (run, name, NULL);
  g_autoptr (GBytes) png = nf_png_encode_rgb (
      picture->rgb, picture->width, picture->height, NF_PNG_SMALL, error);

  return png && nf_file_replace (path, png, error)
      && (!events
          || nf_event_file_add_picture (
              events, step, NAME, png, picture->width, picture->height, error));
}

/**
 * nf_sample_pictures_draw:
 * @pictures: pictures, one of which is due
 * @run: the run's folder
 * @step: steps done
 * @events: (nullable): gets the picture, too
 * @progress: shows how many clips are done
 * @error: return location
 *
 * Draws a picture and writes it. Where the user interrupts, or all clips are
 * left out, there is none.
 */
gboolean
nf_sample_pictures_draw (NfSamplePictures *pictures, const gchar *run,
    guint64 step, NfEventFile *events, NfProgress *progress, GError **error)
{
  Picture picture = { NULL };
  gboolean done = FALSE;
  gboolean ok = make_picture (pictures, &picture, error);

  if (ok) {
    ok = nf_task_begin_judging (pictures->task, error)
        && draw_rows (pictures, &picture, progress, &done, error);
    pictures->task->judge->end (pictures->task);
  }
  if (ok && done)
    ok = save (&picture, run, step, events, error);
  g_free (picture.rgb);
  return ok;
}
