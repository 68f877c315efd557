/* SPDX-License-Identifier: MIT
 *
 * nfrender — a ray caster for scenes
 *
 * A picture is rendered in bands of rows, each of them independently by one
 * thread. The first step finds the object that each pixel's centre shows, and
 * those of four points around it. Then comes the light of the ground, at one
 * point of a pixel, and of the objects, at four points. The film
 * (nfrenderfilm.c) turns light into bytes. */
#include <nextframe/scene/render/nfrender.h>

#include "scene/render/nfrenderfilm.h"
#include "scene/render/nfrenderstage.h"
#include "scene/render/nfrenderteam.h"

#include <math.h>
#include <string.h>

#define BAND 8 /* rows */
#define POINTS 5 /* a pixel; the first is its centre, for the mask */
#define FAR 1e29f
#define NOBODY (-1)

/* where in a pixel the points lie */
static const gfloat places[POINTS][2] = { { 0.5f, 0.5f }, { 0.375f, 0.125f },
  { 0.875f, 0.375f }, { 0.625f, 0.875f }, { 0.125f, 0.625f } };

/* what one thread needs for a band: (BAND, POINTS, row) numbers each */
typedef struct
{
  gfloat *distance;
  gint32 *who; /* number of the solid, or NOBODY */
} Scratch;

struct _NfRenderer
{
  gint width, height;
  gint row; /* width and the rest of a packet */
  guint threads;
  NfTeam *team;
  NfStage stage;
  NfFilm film;
  NfFilm bare; /* the ground of bare_view without objects */
  NfView bare_view;
  gboolean has_bare;
  Scratch *scratch; /* one a thread */
};

static gboolean
has_memory (const NfRenderer *self)
{
  for (guint k = 0; k < 3; k++)
    if (self->film.planes[k] == NULL || self->bare.planes[k] == NULL)
      return FALSE;
  for (guint i = 0; i < self->threads; i++)
    if (self->scratch[i].distance == NULL || self->scratch[i].who == NULL)
      return FALSE;

  return TRUE;
}

NfRenderer *
nf_renderer_new (guint width, guint height, guint threads)
{
  NfRenderer *self;
  gsize points;

  g_return_val_if_fail (width >= 1 && width <= 1 << 15, NULL);
  g_return_val_if_fail (height >= 1 && height <= 1 << 15, NULL);

  self = g_new0 (NfRenderer, 1);
  self->width = (gint) width;
  self->height = (gint) height;
  self->row = self->width + NF_PACKET;
  self->threads = threads > 0 ? threads : g_get_num_processors ();
  self->team = nf_team_new (self->threads);
  nf_film_init (&self->film, self->width, self->height);
  nf_film_init (&self->bare, self->width, self->height);
  self->scratch = g_new0 (Scratch, self->threads);
  points = (gsize) BAND * POINTS * self->row;
  for (guint i = 0; i < self->threads; i++) {
    self->scratch[i].distance = g_try_new (gfloat, points);
    self->scratch[i].who = g_try_new (gint32, points);
  }
  if (!has_memory (self))
    g_clear_pointer (&self, nf_renderer_free);

  return self;
}

void
nf_renderer_free (NfRenderer *renderer)
{
  if (renderer == NULL)
    return;
  nf_team_free (renderer->team);
  for (guint i = 0; i < renderer->threads; i++) {
    g_free (renderer->scratch[i].distance);
    g_free (renderer->scratch[i].who);
  }
  g_free (renderer->scratch);
  nf_film_clear (&renderer->film);
  nf_film_clear (&renderer->bare);
  nf_stage_clear (&renderer->stage);
  g_free (renderer);
}

/* the rays through a row's pixels from column @x on */
static void
rays (const NfStage *stage, gfloat x, gfloat y, NfPacket *along)
{
  const gfloat *c = stage->corner, *a = stage->across, *d = stage->down;

  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat column = x + (gfloat) i;

    along->x[i] = c[0] + y * d[0] + column * a[0];
    along->y[i] = c[1] + y * d[1] + column * a[1];
    along->z[i] = c[2] + y * d[2] + column * a[2];
  }
}

static void
set_all (NfPacket *packet, const gfloat v[3])
{
  for (guint i = 0; i < NF_PACKET; i++) {
    packet->x[i] = v[0];
    packet->y[i] = v[1];
    packet->z[i] = v[2];
  }
}

/* casts a solid's rays into the band's rows */
static void
find_solid (const NfRenderer *self, Scratch *scratch, gint32 number, gint top,
    gint bottom)
{
  const NfSolid *solid = &self->stage.solids[number];
  NfPacket eye, along;
  NfLanes t;

  set_all (&eye, self->stage.eye);
  for (gint y = MAX (top, solid->top); y < MIN (bottom, solid->bottom); y++)
    for (guint p = 0; p < POINTS; p++)
      for (gint x = solid->left; x < solid->right; x += NF_PACKET) {
        gsize at = ((gsize) (y - top) * POINTS + p) * self->row + x;
        gfloat *distance = scratch->distance + at;
        gint32 *who = scratch->who + at;

        rays (&self->stage, x + places[p][0], y + places[p][1], &along);
        nf_solid_cast (solid, &eye, &along, t);
        for (guint i = 0; i < NF_PACKET; i++) {
          gboolean nearer = t[i] < distance[i];

          distance[i] = nearer ? t[i] : distance[i];
          who[i] = nearer ? number : who[i];
        }
      }
}

static void
find_solids (const NfRenderer *self, Scratch *scratch, gint top, gint bottom)
{
  gsize points = (gsize) (bottom - top) * POINTS * self->row;

  for (gsize i = 0; i < points; i++) {
    scratch->distance[i] = FAR;
    scratch->who[i] = NOBODY;
  }
  for (guint s = 0; s < self->stage.n; s++)
    find_solid (self, scratch, (gint32) s, top, bottom);
}

static void
draw_mask (const NfRenderer *self, const Scratch *scratch, gint top,
    gint bottom, guint8 *mask, gsize stride)
{
  for (gint y = top; y < bottom; y++) {
    const gint32 *who = scratch->who + (gsize) (y - top) * POINTS * self->row;

    for (gint x = 0; x < self->width; x++)
      mask[y * stride + x] =
          who[x] == NOBODY ? 0 : self->stage.solids[who[x]].id;
  }
}

/* where the ground is looked at in a pixel: at its centre, or, where that shows
 * an object, at a point that does not */
static guint
free_place (const NfRenderer *self, const gint32 *who)
{
  for (guint p = 0; p < POINTS; p++)
    if (who[p * self->row] == NOBODY)
      return p;

  return 0;
}

/* the points of the ground in a row's pixels from column @x on */
static void
find_ground (
    const NfRenderer *self, const gint32 *who, gint x, gint y, NfPacket *points)
{
  const NfStage *stage = &self->stage;
  const gfloat *c = stage->corner, *a = stage->across, *d = stage->down;
  NfLanes column, row;

  for (gint i = 0; i < NF_PACKET; i++) {
    guint place = who == NULL ? 0 : free_place (self, who + x + i);

    column[i] = (gfloat) (x + i) + places[place][0];
    row[i] = (gfloat) y + places[place][1];
  }
  for (guint i = 0; i < NF_PACKET; i++) {
    gfloat fall = c[1] + row[i] * d[1] + column[i] * a[1];
    gfloat t = stage->eye[1] / (fall < -1e-3f ? -fall : 1e-3f);

    points->x[i] = t * (c[0] + row[i] * d[0] + column[i] * a[0]);
    points->y[i] = 0.0f;
    points->z[i] = t * (c[2] + row[i] * d[2] + column[i] * a[2]);
  }
}

/* the ground's light in a row's pixels */
static void
draw_ground (NfRenderer *self, const Scratch *scratch, gint top, gint y)
{
  const gint32 *who = scratch->who + (gsize) (y - top) * POINTS * self->row;

  for (gint x = 0; x < self->width; x += NF_PACKET) {
    NfPacket points, color;
    NfBall ball;

    find_ground (self, who, x, y, &points);
    nf_packet_ball (&points, &ball);
    if (!nf_stage_touches (&self->stage, &ball)) {
      nf_film_copy (&self->film, &self->bare, x, y);
      continue;
    }
    nf_stage_ground (&self->stage, &points, TRUE, &color);
    nf_film_encode (&color);
    nf_film_set_pixels (&self->film, x, y, &color);
  }
}

/* rays that meet the same solid, from anywhere in a band */
typedef struct
{
  NfPacket along;
  NfLanes distance;
  gint x[NF_PACKET], y[NF_PACKET];
  guint n;
} Batch;

static void
shade_batch (NfRenderer *self, const NfSolid *solid, Batch *batch)
{
  const gfloat *eye = self->stage.eye;
  NfPacket points, color;

  if (batch->n == 0)
    return;
  for (guint i = batch->n; i < NF_PACKET; i++) {
    batch->along.x[i] = batch->along.x[0];
    batch->along.y[i] = batch->along.y[0];
    batch->along.z[i] = batch->along.z[0];
    batch->distance[i] = batch->distance[0];
  }
  for (guint i = 0; i < NF_PACKET; i++) {
    points.x[i] = eye[0] + batch->distance[i] * batch->along.x[i];
    points.y[i] = eye[1] + batch->distance[i] * batch->along.y[i];
    points.z[i] = eye[2] + batch->distance[i] * batch->along.z[i];
  }
  nf_stage_shade (&self->stage, solid, &batch->along, &points, &color);
  nf_film_encode (&color);
  for (guint i = 0; i < batch->n; i++)
    nf_film_cover (
        &self->film, batch->x[i], batch->y[i], &color, i, 1.0f / (POINTS - 1));
  batch->n = 0;
}

static void
draw_solid (NfRenderer *self, const Scratch *scratch, gint32 number, gint top,
    gint bottom)
{
  const NfStage *stage = &self->stage;
  const NfSolid *solid = &stage->solids[number];
  const gfloat *c = stage->corner, *a = stage->across, *d = stage->down;
  Batch batch;

  batch.n = 0;
  for (gint y = MAX (top, solid->top); y < MIN (bottom, solid->bottom); y++)
    for (guint p = 1; p < POINTS; p++) {
      gsize at = ((gsize) (y - top) * POINTS + p) * self->row;

      for (gint x = solid->left; x < solid->right; x++) {
        gfloat column = x + places[p][0], row = y + places[p][1];

        if (scratch->who[at + x] != number)
          continue;
        batch.along.x[batch.n] = c[0] + row * d[0] + column * a[0];
        batch.along.y[batch.n] = c[1] + row * d[1] + column * a[1];
        batch.along.z[batch.n] = c[2] + row * d[2] + column * a[2];
        batch.distance[batch.n] = scratch->distance[at + x];
        batch.x[batch.n] = x;
        batch.y[batch.n] = y;
        if (++batch.n == NF_PACKET)
          shade_batch (self, solid, &batch);
      }
    }
  shade_batch (self, solid, &batch);
}

/* takes the ground's share away where objects cover it */
static void
make_room (NfRenderer *self, const Scratch *scratch, gint top, gint bottom)
{
  for (gint y = top; y < bottom; y++)
    for (gint x = 0; x < self->width; x++) {
      const gint32 *who =
          scratch->who + (gsize) (y - top) * POINTS * self->row + x;
      guint covered = 0;

      for (guint p = 1; p < POINTS; p++)
        covered += who[p * self->row] != NOBODY;
      if (covered > 0)
        nf_film_keep (&self->film, x, y, 1.0f - covered / (POINTS - 1.0f));
    }
}

/* what is to be rendered, and where to */
typedef struct
{
  NfRenderer *renderer;
  guint8 *rgb, *mask;
  gsize rgb_stride, mask_stride;
} Drawing;

static void
draw_band (gpointer data, guint worker, guint band)
{
  const Drawing *drawing = data;
  NfRenderer *self = drawing->renderer;
  Scratch *scratch = &self->scratch[worker];
  gint top = (gint) band * BAND, bottom = MIN (top + BAND, self->height);

  find_solids (self, scratch, top, bottom);
  if (drawing->mask != NULL)
    draw_mask (self, scratch, top, bottom, drawing->mask, drawing->mask_stride);
  if (drawing->rgb == NULL)
    return;
  for (gint y = top; y < bottom; y++)
    draw_ground (self, scratch, top, y);
  make_room (self, scratch, top, bottom);
  for (guint s = 0; s < self->stage.n; s++)
    draw_solid (self, scratch, (gint32) s, top, bottom);
}

/* a band of the ground without objects */
static void
draw_bare_band (gpointer data, guint worker, guint band)
{
  NfRenderer *self = data;
  NfStage stage = self->stage;
  gint top = (gint) band * BAND, bottom = MIN (top + BAND, self->height);

  stage.n = 0;
  for (gint y = top; y < bottom; y++)
    for (gint x = 0; x < self->width; x += NF_PACKET) {
      NfPacket points, color;

      find_ground (self, NULL, x, y, &points);
      nf_stage_ground (&stage, &points, TRUE, &color);
      nf_film_encode (&color);
      nf_film_set_pixels (&self->bare, x, y, &color);
    }
}

/* clips keep their view: most of the ground is the same in all their frames */
static void
need_bare (NfRenderer *self, const NfView *view, guint bands)
{
  if (self->has_bare && memcmp (view, &self->bare_view, sizeof *view) == 0)
    return;
  nf_team_do (self->team, bands, draw_bare_band, self);
  self->bare_view = *view;
  self->has_bare = TRUE;
}

static void
develop_band (gpointer data, guint worker, guint band)
{
  const Drawing *drawing = data;
  const NfRenderer *self = drawing->renderer;
  gint top = (gint) band * BAND, bottom = MIN (top + BAND, self->height);

  for (gint y = top; y < bottom; y++)
    nf_film_develop (&self->film, y, drawing->rgb + y * drawing->rgb_stride);
}

void
nf_renderer_render (NfRenderer *renderer, const NfView *view,
    const NfSceneObject *objects, guint n_objects, guint8 *rgb,
    gsize rgb_stride, guint8 *mask, gsize mask_stride)
{
  Drawing drawing = { .renderer = renderer,
    .rgb = rgb,
    .mask = mask,
    .rgb_stride = rgb_stride,
    .mask_stride = mask_stride };
  guint bands = (guint) (renderer->height + BAND - 1) / BAND;

  nf_stage_set (&renderer->stage, renderer->width, renderer->height, view,
      objects, n_objects);
  if (rgb != NULL)
    need_bare (renderer, view, bands);
  nf_team_do (renderer->team, bands, draw_band, &drawing);
  if (rgb != NULL)
    nf_team_do (renderer->team, bands, develop_band, &drawing);
}
