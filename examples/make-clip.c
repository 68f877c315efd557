/* SPDX-License-Identifier: MIT
 *
 * make-clip — renders the clip that ships in examples/data
 *
 * make-clip FOLDER writes image_0.png .. image_21.png and mask.npy: five
 * objects on a gray ground, seen by the camera of the real clips (focal length
 * 262 px, horizon at row -85, about 6.4 object sizes above the ground).
 * A plain ray caster: spheres, cubes and upright cylinders, one area light,
 * soft shadows, matt rubber and mirroring metal. Object sizes are the unit. */
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "io/nfnpy.h"

#define WIDTH 240
#define HEIGHT 160
#define FRAMES 22
#define FOCAL 262.0
#define HORIZON -85.0
#define CAMERA_HEIGHT 6.4
#define SUBPIXELS 3 /* each way */
#define SHADOW_RAYS 6

typedef struct
{
  gdouble x, y, z; /* right, up, away */
} Vec;

typedef enum
{
  CUBE,
  SPHERE,
  CYLINDER,
} Shape;

typedef struct
{
  Shape shape;
  gboolean rubber;
  gint color; /* index into colors */
  gdouble x, z; /* place on the ground in frame 1 */
  gdouble vx, vz; /* sizes a frame in frame 1 */
  gdouble keep; /* share of the speed kept from frame to frame */
  gdouble turn; /* of a cube, radians */
} Object;

/* gray red blue green brown cyan purple yellow */
static const Vec colors[8] = { { .36, .36, .35 }, { .56, .16, .16 },
  { .19, .28, .58 }, { .15, .42, .13 }, { .50, .30, .14 }, { .20, .60, .60 },
  { .44, .17, .55 }, { .70, .66, .20 } };

static const Object objects[] = {
  { SPHERE, FALSE, 5, -2.0, 7.9, 0.0, 0.0, 1.0, 0.0 },
  { CUBE, TRUE, 1, 4.4, 10.6, -0.32, 0.02, 0.90, 0.5 },
  { CYLINDER, TRUE, 6, -6.2, 11.6, 0.36, 0.03, 0.91, 0.0 },
  { SPHERE, TRUE, 7, 3.3, 8.2, -0.20, 0.09, 0.98, 0.0 },
  { CUBE, FALSE, 2, -1.0, 13.8, 0.0, 0.0, 1.0, 0.9 },
};

static Vec
add (Vec a, Vec b, gdouble s)
{
  return (Vec){ a.x + s * b.x, a.y + s * b.y, a.z + s * b.z };
}

static gdouble
dot (Vec a, Vec b)
{
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

static Vec
unit (Vec a)
{
  return add ((Vec){ 0, 0, 0 }, a, 1.0 / sqrt (dot (a, a)));
}

/* where an object stands in a frame, as an object that rests there */
static Object
at_frame (const Object *o, gint frame)
{
  gdouble way =
      o->keep < 1.0 ? (1.0 - pow (o->keep, frame)) / (1.0 - o->keep) : frame;
  Object placed = *o;

  placed.x += o->vx * way;
  placed.z += o->vz * way;
  placed.turn += (o->shape == CUBE ? 0.04 : 0.0) * way * (o->vx != 0.0);
  return placed;
}

static gboolean
hit_sphere (const Object *o, Vec from, Vec dir, gdouble *t, Vec *normal)
{
  Vec center = { o->x, 0.5, o->z }, to = add (from, center, -1.0);
  gdouble b = dot (to, dir), c = dot (to, to) - 0.25, root = b * b - c;

  if (root < 0.0 || -b - sqrt (root) < 1e-6)
    return FALSE;
  *t = -b - sqrt (root);
  *normal = unit (add (to, dir, *t));
  return TRUE;
}

/* slabs of a box turned about the upright axis */
static gboolean
hit_cube (const Object *o, Vec from, Vec dir, gdouble *t, Vec *normal)
{
  gdouble c = cos (o->turn), s = sin (o->turn);
  const Vec axes[3] = { { c, 0, s }, { 0, 1, 0 }, { -s, 0, c } };
  Vec center = { o->x, 0.5, o->z }, to = add (from, center, -1.0);
  gdouble near = -1e30, far = 1e30;

  for (gint i = 0; i < 3; i++) {
    gdouble p = dot (to, axes[i]), d = dot (dir, axes[i]);
    gdouble sign = d > 0.0 ? -1.0 : 1.0;

    if (fabs (d) < 1e-12) {
      if (fabs (p) > 0.5)
        return FALSE;
      continue;
    }
    if ((sign * 0.5 - p) / d > near) {
      near = (sign * 0.5 - p) / d;
      *normal = add ((Vec){ 0, 0, 0 }, axes[i], sign);
    }
    far = MIN (far, (-sign * 0.5 - p) / d);
  }
  *t = near;
  return near <= far && near > 1e-6;
}

static gboolean
hit_cylinder (const Object *o, Vec from, Vec dir, gdouble *t, Vec *normal)
{
  gdouble px = from.x - o->x, pz = from.z - o->z;
  gdouble a = dir.x * dir.x + dir.z * dir.z, b = px * dir.x + pz * dir.z;
  gdouble root = b * b - a * (px * px + pz * pz - 0.25);

  if (dir.y != 0.0) {
    gdouble top = (1.0 - from.y) / dir.y;
    gdouble x = px + top * dir.x, z = pz + top * dir.z;

    if (top > 1e-6 && from.y > 1.0 && x * x + z * z <= 0.25) {
      *t = top;
      *normal = (Vec){ 0, 1, 0 };
      return TRUE;
    }
  }
  if (root < 0.0 || a < 1e-12)
    return FALSE;
  *t = (-b - sqrt (root)) / a;
  if (*t < 1e-6 || from.y + *t * dir.y < 0.0 || from.y + *t * dir.y > 1.0)
    return FALSE;
  *normal = unit ((Vec){ px + *t * dir.x, 0.0, pz + *t * dir.z });
  return TRUE;
}

/* the nearest object along a ray, or -1 */
static gint
nearest (const Object *scene, Vec from, Vec dir, gdouble *t, Vec *normal)
{
  static gboolean (*const hit[]) (const Object *, Vec, Vec, gdouble *,
      Vec *) = { hit_cube, hit_sphere, hit_cylinder };
  gint found = -1;

  *t = 1e30;
  for (gint i = 0; i < (gint) G_N_ELEMENTS (objects); i++) {
    gdouble here;
    Vec n = { 0, 0, 0 };

    if (hit[scene[i].shape](&scene[i], from, dir, &here, &n) && here < *t) {
      *t = here;
      *normal = n;
      found = i;
    }
  }
  return found;
}

/* share of the light that a point sees */
static gdouble
lit (const Object *scene, Vec point)
{
  gdouble sum = 0.0, t;
  Vec n;

  for (gint i = 0; i < SHADOW_RAYS; i++) {
    gdouble a = 2.0 * G_PI * i / SHADOW_RAYS;
    Vec light = { -9.0 + 2.0 * cos (a), 14.0, 3.0 + 2.0 * sin (a) };
    Vec dir = unit (add (light, point, -1.0));

    sum += nearest (scene, add (point, dir, 1e-3), dir, &t, &n) < 0;
  }
  return sum / SHADOW_RAYS;
}

static gdouble
diffuse (const Object *scene, Vec point, Vec normal)
{
  Vec key = unit ((Vec){ -9.0 - point.x, 14.0, 3.0 - point.z });

  return 0.62 + 0.15 * MAX (dot (normal, (Vec){ 0.3, 0.3, -0.9 }), 0.0)
      + 0.32 * MAX (dot (normal, key), 0.0) * lit (scene, point);
}

static Vec
shade (const Object *scene, Vec from, Vec dir, gint depth, gint *id)
{
  static const Vec ground_color = { 0.54, 0.535, 0.53 };
  Vec normal = { 0, 1, 0 }, point, color, light = { -9.0, 14.0, 3.0 };
  gdouble t, gloss;
  gint i = nearest (scene, from, dir, &t, &normal);

  *id = i;
  if (i < 0) {
    if (dir.y > -1e-3)
      return (Vec){ 0.55, 0.55, 0.57 };
    point = add (from, dir, -from.y / dir.y);
    return add ((Vec){ 0, 0, 0 }, ground_color,
        diffuse (scene, point, (Vec){ 0, 1, 0 }));
  }
  point = add (from, dir, t);
  color = add (
      (Vec){ 0, 0, 0 }, colors[scene[i].color], diffuse (scene, point, normal));
  gloss = dot (add (dir, normal, -2.0 * dot (dir, normal)),
      unit (add (light, point, -1.0)));
  if (scene[i].rubber || depth > 0)
    return add (color, (Vec){ 1, 1, 1 }, 0.1 * pow (MAX (gloss, 0), 8));
  {
    Vec mirror = add (dir, normal, -2.0 * dot (dir, normal)), seen;
    gint other;

    seen = shade (scene, add (point, mirror, 1e-3), mirror, 1, &other);
    color = (Vec){ (0.4 * color.x
                       + 0.6 * seen.x * (0.3 + colors[scene[i].color].x)),
      0.4 * color.y + 0.6 * seen.y * (0.3 + colors[scene[i].color].y),
      0.4 * color.z + 0.6 * seen.z * (0.3 + colors[scene[i].color].z) };
    return add (color, (Vec){ 1, 1, 1 }, 0.8 * pow (MAX (gloss, 0), 40));
  }
}

static Vec
ray_of (gdouble x, gdouble y)
{
  gdouble pitch = atan ((HEIGHT / 2.0 - HORIZON) / FOCAL);
  gdouble u = (x - WIDTH / 2.0) / FOCAL, v = (y - HEIGHT / 2.0) / FOCAL;

  return unit ((Vec){
      u, -sin (pitch) - v * cos (pitch), cos (pitch) - v * sin (pitch) });
}

static guint8
byte_of (gdouble v)
{
  return (guint8) lrint (255.0 * CLAMP (v, 0.0, 1.0));
}

static void
render (const Object *scene, guint8 *rgb, guint8 *mask)
{
  static const Vec camera = { 0, CAMERA_HEIGHT, 0 };

  for (gint p = 0; p < WIDTH * HEIGHT; p++) {
    gdouble x = p % WIDTH, y = p / WIDTH, t;
    Vec sum = { 0, 0, 0 }, normal;
    gint id;

    for (gint s = 0; s < SUBPIXELS * SUBPIXELS; s++) {
      Vec dir = ray_of (x + (s % SUBPIXELS + 0.5) / SUBPIXELS,
          y + (s / SUBPIXELS + 0.5) / SUBPIXELS);

      sum = add (sum, shade (scene, camera, dir, 0, &id),
          1.0 / (SUBPIXELS * SUBPIXELS));
    }
    rgb[3 * p] = byte_of (sum.x);
    rgb[3 * p + 1] = byte_of (sum.y);
    rgb[3 * p + 2] = byte_of (sum.z);
    id = nearest (scene, camera, ray_of (x + 0.5, y + 0.5), &t, &normal);
    mask[p] = id < 0 ? 0
                     : (guint8) (1 + 16 * (gint) scene[id].shape
                         + 8 * scene[id].rubber + scene[id].color);
  }
}

static gboolean
write_png (const gchar *folder, gint frame, const guint8 *rgb)
{
  g_autofree gchar *path = g_strdup_printf ("%s/image_%d.png", folder, frame);
  png_image image = { .version = PNG_IMAGE_VERSION,
    .width = WIDTH,
    .height = HEIGHT,
    .format = PNG_FORMAT_RGB };

  if (png_image_write_to_file (&image, path, 0, rgb, 0, NULL))
    return TRUE;
  g_printerr ("make-clip: %s: %s\n", path, image.message);
  return FALSE;
}

static gboolean
write_masks (const gchar *folder, const guint8 *masks)
{
  const guint64 shape[3] = { FRAMES, HEIGHT, WIDTH };
  g_autofree gchar *path = g_build_filename (folder, "mask.npy", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) text = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  NfNpyHeader header;

  if (nf_npy_header_init (&header, NF_NPY_U8, FALSE, shape, 3, &error)) {
    text = nf_npy_format_header (&header);
    g_byte_array_append (
        all, g_bytes_get_data (text, NULL), (guint) g_bytes_get_size (text));
    g_byte_array_append (all, masks, FRAMES * HEIGHT * WIDTH);
    if (g_file_set_contents (
            path, (const gchar *) all->data, (gssize) all->len, &error))
      return TRUE;
  }
  g_printerr ("make-clip: %s: %s\n", path, error->message);
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autofree guint8 *rgb = g_malloc (3 * WIDTH * HEIGHT);
  g_autofree guint8 *masks = g_malloc (FRAMES * WIDTH * HEIGHT);

  if (argc != 2 || argv[1][0] == '-') {
    g_printerr ("Usage: make-clip FOLDER\n"
                "Renders image_0.png .. image_21.png and mask.npy into it.\n");
    return 2;
  }
  if (g_mkdir_with_parents (argv[1], 0755) != 0) {
    g_printerr ("make-clip: %s: %s\n", argv[1], g_strerror (errno));
    return 1;
  }
  for (gint t = 0; t < FRAMES; t++) {
    Object scene[G_N_ELEMENTS (objects)];

    for (guint i = 0; i < G_N_ELEMENTS (objects); i++)
      scene[i] = at_frame (&objects[i], t);
    render (scene, rgb, masks + t * WIDTH * HEIGHT);
    if (!write_png (argv[1], t, rgb))
      return 1;
  }
  return write_masks (argv[1], masks) ? 0 : 1;
}
