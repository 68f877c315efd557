/* SPDX-License-Identifier: MIT
 *
 * augment — frames and masks as training sees them
 *
 * The set is that of the published pipeline, and two things that real frames
 * have and synthetic ones have not: crops lie where objects are, since nine
 * pixels in ten are ground, and frames are compressed as a video is. */
#include "data/augment.h"

#include "data/augmentcolor.h"
#include "data/codec.h"
#include "video/gstnfvideo.h"

#include <math.h>
#include <string.h>

/* Which number of a sample's stream decides what; each kind of change has two,
 * whether and how much, and a few have more. */
enum
{
  DRAW_MIRROR,
  DRAW_BLUR,
  DRAW_BLUR_FACTOR,
  DRAW_NOISE_LEVEL,
  DRAW_NOISE,
  DRAW_AROUND,
  DRAW_CROP_X,
  DRAW_CROP_Y,
  DRAW_AFFINE,
  DRAW_SHIFT_X,
  DRAW_SHIFT_Y,
  DRAW_SCALE,
  DRAW_ROTATE,
  DRAW_LIGHT,
  DRAW_BRIGHTNESS,
  DRAW_CONTRAST,
  DRAW_COLOR,
  DRAW_HUE,
  DRAW_SATURATION,
  DRAW_VALUE,
  DRAW_GAMMA,
  DRAW_GAMMA_VALUE,
  DRAW_CLAHE,
  DRAW_CLAHE_LIMIT,
  DRAW_CODEC,
  DRAW_QUALITY
};

void
nf_augment_init (NfAugment *augment)
{
  *augment = (NfAugment){ .scale = 1, .contrast = 1, .gamma = 1 };
}

/* Whether one of the sample's numbers says so. */
static gboolean
happens (const NfRngKey *key, guint number, gdouble share)
{
  return nf_rng_uniform (key, number) < share;
}

/* Evenly between -most and most. */
static gdouble
change (const NfRngKey *key, guint number, gdouble most)
{
  return most * (2 * (gdouble) nf_rng_uniform (key, number) - 1);
}

static gdouble
between (const NfRngKey *key, guint number, const NfFloatList *range)
{
  return range->v[0]
      + (range->v[1] - range->v[0]) * (gdouble) nf_rng_uniform (key, number);
}

static void
draw_moves (
    NfAugment *augment, const NfConfigAugment *config, const NfRngKey *key)
{
  augment->mirror = happens (key, DRAW_MIRROR, config->mirror);
  augment->moves = happens (key, DRAW_AFFINE, config->affine);
  if (!augment->moves)
    return;
  augment->shift_x = change (key, DRAW_SHIFT_X, config->shift);
  augment->shift_y = change (key, DRAW_SHIFT_Y, config->shift);
  augment->scale = 1 + change (key, DRAW_SCALE, config->scale);
  augment->rotate = change (key, DRAW_ROTATE, config->rotate) * G_PI / 180;
}

static void
draw_colors (
    NfAugment *augment, const NfConfigAugment *config, const NfRngKey *key)
{
  if (happens (key, DRAW_LIGHT, config->light)) {
    augment->brightness = change (key, DRAW_BRIGHTNESS, config->brightness);
    augment->contrast = 1 + change (key, DRAW_CONTRAST, config->contrast);
  }
  if (happens (key, DRAW_COLOR, config->color)) {
    augment->hue = change (key, DRAW_HUE, config->hue) / 360;
    augment->saturation = change (key, DRAW_SATURATION, config->saturation);
    augment->value = change (key, DRAW_VALUE, config->value);
  }
  if (happens (key, DRAW_GAMMA, config->gamma))
    augment->gamma = between (key, DRAW_GAMMA_VALUE, &config->gamma_range);
  if (happens (key, DRAW_CLAHE, config->clahe))
    augment->clahe = between (key, DRAW_CLAHE_LIMIT, &config->clahe_limit);
}

static void
draw_losses (
    NfAugment *augment, const NfConfigAugment *config, const NfRngKey *key)
{
  if (happens (key, DRAW_BLUR, config->blur))
    augment->blur = between (key, DRAW_BLUR_FACTOR, &config->blur_factor);
  if (happens (key, DRAW_NOISE, config->noise))
    augment->noise = between (key, DRAW_NOISE_LEVEL, &config->noise_levels);
  if (happens (key, DRAW_CODEC, config->codec))
    augment->quality =
        (gint) lround (between (key, DRAW_QUALITY, &config->codec_quality));
}

void
nf_augment_draw (NfAugment *augment, const NfTrainConfig *config, guint64 seed,
    guint64 sample)
{
  const NfRngKey key = {
    .seed = seed, .stream = sample, .purpose = NF_RNG_AUGMENT
  };
  const NfConfigTrain *train = &config->train;

  nf_augment_init (augment);
  augment->crop_height = (gint) train->crop.v[0];
  augment->crop_width = (gint) train->crop.v[1];
  augment->around = happens (&key, DRAW_AROUND, train->crop_objects);
  augment->place[0] = nf_rng_uniform (&key, DRAW_CROP_X);
  augment->place[1] = nf_rng_uniform (&key, DRAW_CROP_Y);
  draw_moves (augment, &config->augment, &key);
  draw_colors (augment, &config->augment, &key);
  draw_losses (augment, &config->augment, &key);
  augment->noise_key = (NfRngKey){
    .seed = seed, .stream = sample, .purpose = NF_RNG_AUGMENT_NOISE
  };
}

static void
mirror_rows (guint8 *pixels, gint width, gint height, guint bytes)
{
  guint8 swap[3];

  for (gint y = 0; y < height; y++) {
    guint8 *left = pixels + (gsize) y * width * bytes;
    guint8 *right = left + (gsize) (width - 1) * bytes;

    for (; left < right; left += bytes, right -= bytes) {
      memcpy (swap, left, bytes);
      memcpy (left, right, bytes);
      memcpy (right, swap, bytes);
    }
  }
}

static void
add_noise (const NfAugment *augment, guint8 *pixels, gsize n)
{
  g_autofree gfloat *noise = g_new (gfloat, n);

  nf_rng_normal (&augment->noise_key, 0, n, noise);
  for (gsize i = 0; i < n; i++) {
    gdouble value = pixels[i] + augment->noise * noise[i];

    pixels[i] = (guint8) lround (CLAMP (value, 0, 255));
  }
}

/* Shrinks the frame to 1 / blur of each side and grows it again. */
static gboolean
blur (const NfAugment *augment, guint8 *pixels, gint width, gint height,
    GError **error)
{
  gint w = MAX (1, lround (width / augment->blur));
  gint h = MAX (1, lround (height / augment->blur));
  g_autofree guint8 *small = g_malloc ((gsize) 3 * w * h);

  return gst_nf_video_resize_rgb (pixels, width, height, small, w, h, error)
      && gst_nf_video_resize_rgb (small, w, h, pixels, width, height, error);
}

/* The class at each pixel's centre, of a mask of another size. */
static void
resize_mask (const guint8 *src, gint src_width, gint src_height, guint8 *dst,
    gint width, gint height)
{
  for (gint y = 0; y < height; y++) {
    const guint8 *row =
        src + (gsize) ((2 * y + 1) * src_height / (2 * height)) * src_width;

    for (gint x = 0; x < width; x++)
      dst[(gsize) y * width + x] = row[(2 * x + 1) * src_width / (2 * width)];
  }
}

/* A frame and its mask, at the size that the network sees. */
typedef struct
{
  const guint8 *rgb, *mask;
  gint width, height;
} Picture;

/* Where a crop's first column or row is: so that @middle is in its middle, but
 * all of it in the frame. */
static gint
crop_start (gint middle, gint size, gint whole)
{
  return CLAMP (middle - size / 2, 0, whole - size);
}

/* Number @index of the mask's pixels of objects. */
static gsize
find_object_pixel (const guint8 *mask, gsize n, gsize index)
{
  for (gsize i = 0; i < n; i++)
    if (mask[i] != 0 && index-- == 0)
      return i;
  return n / 2;
}

static void
place_crop (const NfAugment *augment, const Picture *picture, gint width,
    gint height, gint *x, gint *y)
{
  const gsize n = (gsize) picture->width * picture->height;
  gsize n_object = 0, pixel;

  for (gsize i = 0; augment->around && i < n; i++)
    n_object += picture->mask[i] != 0;
  if (n_object == 0) {
    *x = (gint) (augment->place[0] * (picture->width - width + 1));
    *y = (gint) (augment->place[1] * (picture->height - height + 1));
    return;
  }
  pixel = find_object_pixel (
      picture->mask, n, (gsize) (augment->place[0] * n_object));
  /* the object anywhere in the middle half of the crop */
  *x = crop_start ((gint) (pixel % picture->width)
          + (gint) ((augment->place[1] - 0.5) * width / 2),
      width, picture->width);
  *y = crop_start ((gint) (pixel / picture->width)
          + (gint) ((fmod (7 * augment->place[1], 1) - 0.5) * height / 2),
      height, picture->height);
}

/* A coordinate in the frame, beyond whose edges its mirror image follows. */
static gint
reflect (gint at, gint size)
{
  gint period = MAX (1, 2 * size - 2);

  at = ABS (at) % period;
  return at < size ? at : period - at;
}

static void
linear_pixel (const Picture *picture, gdouble x, gdouble y, guint8 *out)
{
  gint x0 = (gint) floor (x), y0 = (gint) floor (y);
  gdouble u = x - x0, v = y - y0;
  const guint8 *corner[4];

  for (gint i = 0; i < 4; i++)
    corner[i] = picture->rgb
        + 3
            * ((gsize) reflect (y0 + i / 2, picture->height) * picture->width
                + reflect (x0 + i % 2, picture->width));
  for (gint k = 0; k < 3; k++)
    out[k] =
        (guint8) lround ((1 - v) * ((1 - u) * corner[0][k] + u * corner[1][k])
            + v * ((1 - u) * corner[2][k] + u * corner[3][k]));
}

/* The part of a frame from (left, top) on, turned, scaled and shifted about its
 * middle. */
static void
move_crop (const NfAugment *augment, const Picture *picture, gint left,
    gint top, gint width, gint height, guint8 *rgb, guint8 *mask)
{
  const gdouble c = cos (augment->rotate) / augment->scale;
  const gdouble s = sin (augment->rotate) / augment->scale;
  const gdouble middle_x = (width - 1) / 2.0, middle_y = (height - 1) / 2.0;

  for (gint y = 0; y < height; y++)
    for (gint x = 0; x < width; x++) {
      gdouble dx = x - middle_x - augment->shift_x * width;
      gdouble dy = y - middle_y - augment->shift_y * height;
      gdouble from_x = left + middle_x + c * dx - s * dy;
      gdouble from_y = top + middle_y + s * dx + c * dy;
      gsize at = (gsize) y * width + x;

      linear_pixel (picture, from_x, from_y, rgb + 3 * at);
      mask[at] =
          picture
              ->mask[(gsize) reflect ((gint) lround (from_y), picture->height)
                      * picture->width
                  + reflect ((gint) lround (from_x), picture->width)];
    }
}

static void
cut_crop (const NfAugment *augment, const Picture *picture, gint width,
    gint height, guint8 *rgb, guint8 *mask)
{
  gint left = 0, top = 0;

  if (width < picture->width || height < picture->height)
    place_crop (augment, picture, width, height, &left, &top);
  if (augment->moves) {
    move_crop (augment, picture, left, top, width, height, rgb, mask);
    return;
  }
  for (gint y = 0; y < height; y++) {
    gsize from = (gsize) (top + y) * picture->width + left;

    memcpy (rgb + (gsize) 3 * y * width, picture->rgb + 3 * from, 3 * width);
    memcpy (mask + (gsize) y * width, picture->mask + from, width);
  }
}

gboolean
nf_augment_apply (const NfAugment *augment, const guint8 *rgb,
    const guint8 *mask, gint src_width, gint src_height, gint width,
    gint height, guint8 *rgb_out, guint8 *mask_out, GError **error)
{
  Picture picture = {
    .rgb = rgb, .mask = mask, .width = width, .height = height
  };
  gint w = augment->crop_width > 0 ? augment->crop_width : width;
  gint h = augment->crop_height > 0 ? augment->crop_height : height;
  g_autofree guint8 *sized = NULL;

  if (src_width != width || src_height != height) {
    gsize pixels = (gsize) width * height;

    sized = g_malloc (4 * pixels);
    if (!gst_nf_video_resize_rgb (
            rgb, src_width, src_height, sized, width, height, error))
      return FALSE;
    resize_mask (
        mask, src_width, src_height, sized + 3 * pixels, width, height);
    picture.rgb = sized;
    picture.mask = sized + 3 * pixels;
  }
  cut_crop (augment, &picture, w, h, rgb_out, mask_out);
  if (augment->mirror) {
    mirror_rows (rgb_out, w, h, 3);
    mirror_rows (mask_out, w, h, 1);
  }
  nf_augment_colors (augment, rgb_out, w, h);
  if (augment->blur > 1 && !blur (augment, rgb_out, w, h, error))
    return FALSE;
  if (augment->noise > 0)
    add_noise (augment, rgb_out, (gsize) 3 * w * h);
  return augment->quality == 0
      || nf_codec_distort (rgb_out, w, h, augment->quality, error);
}
