/* SPDX-License-Identifier: MIT
 *
 * nfoutline — the outline of a cube, sphere or upright cylinder in the image */
#include <nextframe/scene/track/nfoutline.h>

#include "scene/world/nflook.h"

#include <math.h>

#define ROUND 32 /* corners of a circle; a cylinder has two */
#define STEP (2.0 * G_PI / ROUND)
#define MIN_DEPTH 0.8 /* of an object before the camera, sizes */

typedef struct
{
  gdouble x, y;
} Point;

/* corners of a polygon about a circle that has the circle's area: the first,
 * and from one to the next */
static void
first_corner (gdouble radius, Point *corner)
{
  *corner = (Point){ radius * sqrt (STEP / sin (STEP)), 0 };
}

static void
next_corner (Point *corner)
{
  *corner = (Point){ corner->x * cos (STEP) - corner->y * sin (STEP),
    corner->x * sin (STEP) + corner->y * cos (STEP) };
}

static gboolean
project (const NfCamera *camera, gdouble x, gdouble y, gdouble z, Point *point)
{
  const gdouble at[3] = { x, y, z };

  return nf_camera_project (camera, at, &point->x, &point->y, NULL);
}

/* the circle where lines of sight touch it, seen from the camera at distance d:
 * its centre is r^2 / d nearer, its radius r sqrt (1 - r^2 / d^2) */
static guint
sphere_points (const NfCamera *camera, const NfPose *pose, Point *points)
{
  gdouble c[3] = { pose->x, 0.5 - camera->tall, pose->z };
  gdouble flat = hypot (c[0], c[2]), d = hypot (flat, c[1]);
  gdouble nearer = 1.0 - 0.25 / (d * d), radius = 0.5 * sqrt (nearer);
  /* level, and upright against the line of sight */
  gdouble a[3] = { c[2] / flat, 0, -c[0] / flat };
  gdouble b[3] = { -c[1] * c[0] / (flat * d), flat / d,
    -c[1] * c[2] / (flat * d) };
  Point p;
  guint n = 0;

  if (flat < 1e-6)
    return 0;
  first_corner (radius, &p);
  for (guint i = 0; i < ROUND; i++, next_corner (&p))
    n += project (camera, c[0] * nearer + p.x * a[0] + p.y * b[0],
        camera->tall + c[1] * nearer + p.x * a[1] + p.y * b[1],
        c[2] * nearer + p.x * a[2] + p.y * b[2], &points[n]);

  return n;
}

static guint
cylinder_points (const NfCamera *camera, const NfPose *pose, Point *points)
{
  const NfForm *form = &nf_look_forms[NF_SCENE_CYLINDER];
  Point p;
  guint n = 0;

  first_corner (form->half, &p);
  for (guint i = 0; i < ROUND; i++, next_corner (&p))
    for (guint top = 0; top < 2; top++)
      n += project (camera, pose->x + p.x, top * 2.0 * form->high,
          pose->z + p.y, &points[n]);

  return n;
}

static guint
cube_points (const NfCamera *camera, const NfPose *pose, Point *points)
{
  const NfForm *form = &nf_look_forms[NF_SCENE_CUBE];
  gdouble c = form->half * cos (pose->turn), s = form->half * sin (pose->turn);
  guint n = 0;

  for (guint i = 0; i < 8; i++) {
    gdouble u = i & 1 ? 1 : -1, v = i & 2 ? 1 : -1;

    n += project (camera, pose->x + u * c - v * s, i & 4 ? 2.0 * form->high : 0,
        pose->z + u * s + v * c, &points[n]);
  }

  return n;
}

static gint
by_column (const Point *a, const Point *b)
{
  if (a->x != b->x)
    return a->x < b->x ? -1 : 1;
  return a->y < b->y ? -1 : a->y > b->y;
}

static void
sort_points (Point *points, guint n)
{
  for (guint i = 1; i < n; i++) {
    Point p = points[i];
    guint j = i;

    for (; j > 0 && by_column (&p, &points[j - 1]) < 0; j--)
      points[j] = points[j - 1];
    points[j] = p;
  }
}

static gboolean
turns_left (const NfOutline *o, Point p)
{
  gdouble x0 = o->x[o->n - 2], y0 = o->y[o->n - 2];
  gdouble x1 = o->x[o->n - 1], y1 = o->y[o->n - 1];

  return (x1 - x0) * (p.y - y0) - (y1 - y0) * (p.x - x0) > 0;
}

static void
add_corner (NfOutline *o, guint least, Point p)
{
  while (o->n >= least && !turns_left (o, p))
    o->n--;
  o->x[o->n] = p.x;
  o->y[o->n] = p.y;
  o->n++;
}

/* the convex hull: from left to right along one side, back along the other */
static void
enclose (NfOutline *o, Point *points, guint n)
{
  guint half;

  sort_points (points, n);
  o->n = 0;
  for (guint i = 0; i < n; i++)
    add_corner (o, 2, points[i]);
  half = o->n + 1;
  for (guint i = n - 1; i-- > 0;)
    add_corner (o, half, points[i]);
  o->n--;
}

gboolean
nf_outline_init (NfOutline *outline, const NfCamera *camera, const NfPose *pose)
{
  Point points[NF_OUTLINE_MAX_POINTS];
  const gdouble centre[3] = { pose->x, 0.5, pose->z };
  gdouble x, y, depth;
  guint n;

  if (!nf_camera_project (camera, centre, &x, &y, &depth) || depth < MIN_DEPTH)
    return FALSE;
  switch (pose->shape) {
    case NF_SCENE_SPHERE:
      n = sphere_points (camera, pose, points);
      break;
    case NF_SCENE_CYLINDER:
      n = cylinder_points (camera, pose, points);
      break;
    default:
      n = cube_points (camera, pose, points);
  }
  if (n < 3)
    return FALSE;
  enclose (outline, points, n);
  outline->left = outline->right = outline->x[0];
  outline->top = outline->bottom = outline->y[0];
  for (guint i = 1; i < outline->n; i++) {
    outline->left = MIN (outline->left, outline->x[i]);
    outline->right = MAX (outline->right, outline->x[i]);
    outline->top = MIN (outline->top, outline->y[i]);
    outline->bottom = MAX (outline->bottom, outline->y[i]);
  }

  return outline->n >= 3;
}

gboolean
nf_outline_row (
    const NfOutline *outline, gdouble y, gdouble *left, gdouble *right)
{
  gboolean found = FALSE;

  for (guint i = 0, j = outline->n - 1; i < outline->n; j = i++) {
    gdouble y0 = outline->y[j], y1 = outline->y[i], x;

    if ((y0 > y) == (y1 > y))
      continue;
    x = outline->x[j] + (outline->x[i] - outline->x[j]) * (y - y0) / (y1 - y0);
    *left = found ? MIN (*left, x) : x;
    *right = found ? MAX (*right, x) : x;
    found = TRUE;
  }

  return found;
}

gboolean
nf_outline_init_rows (NfOutline *outline, const NfCamera *camera,
    const NfPose *pose, guint *first_row, guint *end_row)
{
  if (!nf_outline_init (outline, camera, pose))
    return FALSE;
  *first_row = CLAMP (ceil (outline->top - 0.5), 0, camera->height);
  *end_row = CLAMP (ceil (outline->bottom - 0.5), 0, camera->height);

  return TRUE;
}

void
nf_outline_span (const NfOutline *outline, const NfCamera *camera, guint y,
    guint *first, guint *end)
{
  gdouble left, right;

  *first = *end = 0;
  if (!nf_outline_row (outline, y + 0.5, &left, &right))
    return;
  *first = CLAMP (ceil (left - 0.5), 0, camera->width);
  *end = CLAMP (ceil (right - 0.5), 0, camera->width);
}

gdouble
nf_outline_area (const NfOutline *outline, gdouble *x, gdouble *y)
{
  gdouble x0 = outline->x[0], y0 = outline->y[0];
  gdouble area = 0, sx = 0, sy = 0;

  for (guint i = 2; i < outline->n; i++) {
    gdouble ax = outline->x[i - 1] - x0, ay = outline->y[i - 1] - y0;
    gdouble bx = outline->x[i] - x0, by = outline->y[i] - y0;
    gdouble part = (ax * by - ay * bx) / 2.0;

    area += part;
    sx += part * (ax + bx) / 3.0;
    sy += part * (ay + by) / 3.0;
  }
  *x = x0 + (area != 0 ? sx / area : 0);
  *y = y0 + (area != 0 ? sy / area : 0);

  return fabs (area);
}
