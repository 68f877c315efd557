/* SPDX-License-Identifier: MIT
 *
 * nfscenes — clips that are rendered instead of read, as a source of clips */
#include "clips/nfscenes.h"
#include <nextframe/core/nferror.h>
#include <nextframe/metrics/nfclasses.h>
#include <nextframe/scene/render/nfrender.h>

#define PREFIX "scenes:"
#define WIDTH 240
#define HEIGHT 160
/* added to the seed of held-out scenes; no location can name such a seed */
#define HELD_OUT_SEED (G_GUINT64_CONSTANT (1) << 63)

typedef struct
{
  NfClipSource parent;
  NfScenes scenes;
  guint classes; /* masks have no others */
} Source;

typedef struct
{
  NfClipReader parent;
  NfScene *scene; /* (nullable): that of the open clip */
  NfRenderer *renderer;
  guint8 *rgb; /* (height, width, 3) */
  guint8 *mask; /* (height, width) */
} Reader;

/**
 * nf_scenes_init:
 * @scenes: (out): endless clips of seed 0, of the real clips' size
 */
void
nf_scenes_init (NfScenes *scenes)
{
  *scenes = (NfScenes){ .n_clips = 0, .width = WIDTH, .height = HEIGHT };
  nf_scene_params_init (&scenes->clip);
}

/* What `scenes:SEED` or `scenes:SEED:CLIPS` means. */
static gboolean
parse (const gchar *location, NfScenes *scenes, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (location, ":", -1);
  guint n = g_strv_length (parts);
  guint64 n_clips = 0;

  nf_scenes_init (scenes);
  if ((n == 2 || n == 3)
      && g_ascii_string_to_unsigned (
          parts[1], 10, 0, G_MAXINT64, &scenes->clip.seed, NULL)
      && (n == 2
          || g_ascii_string_to_unsigned (
              parts[2], 10, 1, NF_SCENES_MAX_CLIPS, &n_clips, NULL))) {
    scenes->n_clips = n_clips;
    return TRUE;
  }
  g_set_error (error, NF_ERROR, NF_ERROR_INVALID,
      "expected scenes:SEED or scenes:SEED:CLIPS, such as scenes:1 or "
      "scenes:1:500 (up to %d clips), got \"%s\" (a folder of that name is "
      "./%s)",
      NF_SCENES_MAX_CLIPS, location, location);
  return FALSE;
}

static gchar *
scenes_series (const gchar *location)
{
  g_auto (GStrv) parts = g_strsplit (location, ":", -1);

  return g_strconcat (parts[0], ":", parts[1], NULL);
}

static gboolean
scenes_check (const gchar *location, GError **error)
{
  NfScenes scenes;

  return parse (location, &scenes, error);
}

/**
 * nf_clip_source_new_scenes:
 * @scenes: what scenes
 *
 * Returns: (transfer full): a source of rendered clips
 */
NfClipSource *
nf_clip_source_new_scenes (const NfScenes *scenes)
{
  Source *self = g_new0 (Source, 1);

  self->parent.klass = &nf_clip_source_scenes;
  self->scenes = *scenes;
  self->classes = G_MAXUINT;
  return &self->parent;
}

static NfClipSource *
new_source (const NfScenes *scenes, const NfDatasetOptions *options)
{
  Source *self = (Source *) nf_clip_source_new_scenes (scenes);

  if (options->masks != NF_MASKS_NONE)
    self->classes = options->classes;
  if (options->height > 0) {
    self->scenes.height = options->height;
    self->scenes.width = options->width;
  }
  return &self->parent;
}

static NfClipSource *
scenes_open (
    const gchar *location, const NfDatasetOptions *options, GError **error)
{
  guint most = MIN (options->max_clips, NF_SCENES_MAX_CLIPS);
  NfScenes scenes;

  if (!parse (location, &scenes, error))
    return NULL;
  if (most && (!scenes.n_clips || most < scenes.n_clips))
    scenes.n_clips = most;
  return new_source (&scenes, options);
}

static gboolean
scenes_open_held_out (const gchar *location, const NfDatasetOptions *options,
    guint n_clips, NfClipSource **source, GError **error)
{
  NfScenes scenes;

  if (!parse (location, &scenes, error))
    return FALSE;
  scenes.n_clips = n_clips;
  scenes.clip.seed |= HELD_OUT_SEED;
  *source = new_source (&scenes, options);
  return TRUE;
}

static void
scenes_free (NfClipSource *source)
{
  g_free (source);
}

static guint
scenes_n_clips (const NfClipSource *source)
{
  return ((const Source *) source)->scenes.n_clips;
}

static void
scenes_shape (const NfClipSource *source, guint64 clip, NfClipShape *shape)
{
  const NfScenes *scenes = &((const Source *) source)->scenes;

  *shape = (NfClipShape){ .n_frames = scenes->clip.frames,
    .width = scenes->width,
    .height = scenes->height,
    .masks = TRUE };
}

static gchar *
scenes_name (const NfClipSource *source, guint64 clip)
{
  const NfSceneParams *first = &((const Source *) source)->scenes.clip;

  return g_strdup_printf (PREFIX "%" G_GUINT64_FORMAT
                                 ", clip %" G_GUINT64_FORMAT,
      first->seed, first->clip + clip);
}

static const gchar *
scenes_place (const NfClipSource *source, guint64 clip)
{
  return "scenes";
}

static NfClipReader *
reader_new (NfClipSource *source)
{
  const NfScenes *scenes = &((Source *) source)->scenes;
  gsize pixels = (gsize) scenes->width * scenes->height;
  Reader *self = g_new0 (Reader, 1);

  self->renderer = nf_renderer_new (scenes->width, scenes->height, 1);
  self->rgb = g_try_malloc (3 * pixels);
  self->mask = g_try_malloc (pixels);
  return &self->parent;
}

static void
reader_free (NfClipReader *reader)
{
  Reader *self = (Reader *) reader;

  nf_scene_free (self->scene);
  nf_renderer_free (self->renderer);
  g_free (self->rgb);
  g_free (self->mask);
  g_free (self);
}

static gboolean
reader_open (NfClipReader *reader, guint64 clip, GError **error)
{
  Reader *self = (Reader *) reader;
  NfSceneParams params = ((Source *) reader->source)->scenes.clip;

  if (!self->renderer || !self->rgb || !self->mask) {
    g_set_error (error, NF_ERROR, NF_ERROR_NO_MEMORY,
        "scenes: no memory for a frame of %ux%u pixels",
        ((Source *) reader->source)->scenes.width,
        ((Source *) reader->source)->scenes.height);
    return FALSE;
  }
  g_clear_pointer (&self->scene, nf_scene_free);
  params.clip += clip;
  self->scene = nf_scene_new (&params, error);
  return self->scene != NULL;
}

/* Renders a frame; classes that there are not are background. */
static void
reader_frame (NfClipReader *reader, guint t, NfFrame *frame)
{
  Reader *self = (Reader *) reader;
  const Source *source = (Source *) reader->source;
  gsize width = source->scenes.width, height = source->scenes.height;
  guint n;
  const NfSceneObject *objects = nf_scene_objects (self->scene, t, &n);

  nf_renderer_render (self->renderer, nf_scene_view (self->scene), objects, n,
      self->rgb, 3 * width, self->mask, width);
  for (gsize i = 0; source->classes < NF_N_CLASSES && i < width * height; i++)
    if (self->mask[i] >= source->classes)
      self->mask[i] = 0;
  *frame = (NfFrame){ .rgb = self->rgb,
    .mask = self->mask,
    .width = (gint) width,
    .height = (gint) height };
}

static const NfScene *
reader_scene (const NfClipReader *reader)
{
  return ((const Reader *) reader)->scene;
}

const NfClipSourceClass nf_clip_source_scenes = {
  .prefix = PREFIX,
  .help = "scenes:SEED[:CLIPS], synthetic clips that are rendered meanwhile",
  .held_out = "of another seed",
  .equal = TRUE,
  .series = scenes_series,
  .check = scenes_check,
  .open = scenes_open,
  .open_held_out = scenes_open_held_out,
  .free = scenes_free,
  .n_clips = scenes_n_clips,
  .shape = scenes_shape,
  .name = scenes_name,
  .place = scenes_place,
  .reader_new = reader_new,
  .reader_free = reader_free,
  .reader_open = reader_open,
  .reader_frame = reader_frame,
  .reader_scene = reader_scene,
};
