/* SPDX-License-Identifier: MIT
 *
 * augment — what training does to frames and masks: each change does what its
 * settings say and nothing else, in the shares asked for */
#include "config/runconfig.h"
#include "data/augment.h"
#include "data/augmentcolor.h"

#include <gst/gst.h>
#include <math.h>
#include <string.h>

#define W 48
#define H 32

/* A frame with a colour of its own at every pixel, and a mask likewise. */
typedef struct
{
  guint8 rgb[3 * W * H], mask[W * H];
  guint8 rgb_out[3 * W * H], mask_out[W * H];
} Picture;

static void
picture_fill (Picture *picture)
{
  for (guint i = 0; i < W * H; i++) {
    guint x = i % W, y = i / W;

    picture->rgb[3 * i] = 40 + 2 * x;
    picture->rgb[3 * i + 1] = 60 + 3 * y;
    picture->rgb[3 * i + 2] = 90;
    picture->mask[i] = x >= 30 && x < 36 && y >= 20 && y < 26 ? 7 : 0;
  }
}

static void
apply (const NfAugment *augment, Picture *picture)
{
  g_autoptr (GError) error = NULL;

  nf_augment_apply (augment, picture->rgb, picture->mask, W, H, W, H,
      picture->rgb_out, picture->mask_out, &error);
  g_assert_no_error (error);
}

static void
test_nothing (void)
{
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  nf_augment_init (&augment);
  apply (&augment, &picture);
  g_assert_cmpmem (
      picture.rgb, sizeof picture.rgb, picture.rgb_out, sizeof picture.rgb_out);
  g_assert_cmpmem (picture.mask, sizeof picture.mask, picture.mask_out,
      sizeof picture.mask_out);
}

/* Frame and mask are mirrored alike. */
static void
test_mirror (void)
{
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  nf_augment_init (&augment);
  augment.mirror = TRUE;
  apply (&augment, &picture);
  for (guint y = 0; y < H; y++)
    for (guint x = 0; x < W; x++) {
      guint to = y * W + x, from = y * W + W - 1 - x;

      g_assert_cmpuint (picture.mask_out[to], ==, picture.mask[from]);
      g_assert_cmpuint (picture.rgb_out[3 * to], ==, picture.rgb[3 * from]);
    }
}

/* A mask keeps its classes in any size. */
static void
test_size (void)
{
  Picture picture;
  NfAugment augment;
  guint8 rgb[12 * W * H], mask[4 * W * H];
  g_autoptr (GError) error = NULL;

  picture_fill (&picture);
  nf_augment_init (&augment);
  nf_augment_apply (&augment, picture.rgb, picture.mask, W, H, 2 * W, 2 * H,
      rgb, mask, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 4 * W * H; i++)
    g_assert_cmpuint (
        mask[i], ==, picture.mask[i / (4 * W) * W + i % (2 * W) / 2]);
}

/* A crop is a part of the frame, in it, with its own mask; around an object it
 * holds some of one. */
static void
test_crop (void)
{
  Picture picture;
  NfAugment augment;
  guint with_object = 0;

  picture_fill (&picture);
  nf_augment_init (&augment);
  augment.crop_width = 16;
  augment.crop_height = 12;
  for (guint i = 0; i < 200; i++) {
    const NfRngKey key = { 1, i, NF_RNG_TEST };
    gint left, top, objects = 0;

    augment.around = i % 2;
    augment.place[0] = nf_rng_uniform (&key, 0);
    augment.place[1] = nf_rng_uniform (&key, 1);
    apply (&augment, &picture);
    left = (picture.rgb_out[0] - 40) / 2;
    top = (picture.rgb_out[1] - 60) / 3;
    g_assert_cmpint (left, >=, 0);
    g_assert_cmpint (left + 16, <=, W);
    g_assert_cmpint (top + 12, <=, H);
    for (gint y = 0; y < 12; y++)
      for (gint x = 0; x < 16; x++) {
        guint8 mask = picture.mask_out[y * 16 + x];

        g_assert_cmpuint (mask, ==, picture.mask[(top + y) * W + left + x]);
        objects += mask != 0;
      }
    if (i % 2)
      g_assert_cmpint (objects, >, 0);
    else
      with_object += objects > 0;
  }
  g_assert_cmpuint (with_object, >, 10);
  g_assert_cmpuint (with_object, <, 90);
}

/* Number and middle of an object's pixels near a place; the frame goes on as its
 * mirror image, which may show the object once more elsewhere. */
static void
measure (const guint8 *mask, gdouble near_x, gdouble near_y, guint *n,
    gdouble *x, gdouble *y)
{
  *n = 0;
  *x = *y = 0;
  for (guint i = 0; i < W * H; i++)
    if (mask[i] == 7 && ABS (i % W - near_x) <= 7
        && ABS (i / W - near_y) <= 7) {
      (*n)++;
      *x += i % W;
      *y += i / W;
    }
  *x /= *n;
  *y /= *n;
}

/* The object goes where shift, turn and growth say, and its mask with it. */
static void
test_moves (void)
{
  static const struct
  {
    gdouble shift_x, shift_y, scale, rotate, area, x, y;
  } cases[] = {
    { 0.125, 0, 1, 0, 36, 38.5, 22.5 },
    { 0, -0.125, 1, 0, 36, 32.5, 18.5 },
    { 0, 0, 1.5, 0, 81, 37, 26 },
    /* a quarter turn about (23.5, 15.5), counter-clockwise as it is seen */
    { 0, 0, 1, G_PI / 2, 36, 30.5, 6.5 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Picture picture;
    NfAugment augment;
    guint n;
    gdouble x, y;

    picture_fill (&picture);
    nf_augment_init (&augment);
    augment.moves = TRUE;
    augment.shift_x = cases[i].shift_x;
    augment.shift_y = cases[i].shift_y;
    augment.scale = cases[i].scale;
    augment.rotate = cases[i].rotate;
    apply (&augment, &picture);
    measure (picture.mask_out, cases[i].x, cases[i].y, &n, &x, &y);
    g_assert_cmpfloat_with_epsilon (n, cases[i].area, 1.5);
    g_assert_cmpfloat_with_epsilon (x, cases[i].x, 0.6);
    g_assert_cmpfloat_with_epsilon (y, cases[i].y, 0.6);
  }
}

/* One pixel of each change of colour, by hand; masks stay. */
static void
test_colors (void)
{
  Picture picture;
  NfAugment augment;
  const guint at = 10 * W + 10; /* 60 90 90 */
  gdouble mean = 0;

  picture_fill (&picture);
  for (guint i = 0; i < sizeof picture.rgb; i++)
    mean += picture.rgb[i];
  mean /= sizeof picture.rgb;

  nf_augment_init (&augment);
  augment.brightness = 0.1;
  augment.contrast = 1.5;
  apply (&augment, &picture);
  g_assert_cmpint (picture.rgb_out[3 * at], ==,
      (gint) lround (mean + (60 - mean) * 1.5 + 25.5));
  g_assert_cmpmem (picture.mask, sizeof picture.mask, picture.mask_out,
      sizeof picture.mask_out);

  nf_augment_init (&augment);
  augment.gamma = 2;
  apply (&augment, &picture);
  g_assert_cmpint (
      picture.rgb_out[3 * at], ==, (gint) lround (255 * pow (60 / 255.0, 2)));

  /* a third of the circle: red becomes green, green blue, blue red */
  nf_augment_init (&augment);
  augment.hue = 1.0 / 3;
  apply (&augment, &picture);
  g_assert_cmpint (picture.rgb_out[3 * at], ==, 90);
  g_assert_cmpint (picture.rgb_out[3 * at + 1], ==, 60);
  g_assert_cmpint (picture.rgb_out[3 * at + 2], ==, 90);

  /* saturation 1/3 to 2/3 at value 90 */
  nf_augment_init (&augment);
  augment.saturation = 1.0 / 3;
  apply (&augment, &picture);
  g_assert_cmpint (picture.rgb_out[3 * at], ==, 30);
  g_assert_cmpint (picture.rgb_out[3 * at + 1], ==, 90);

  nf_augment_init (&augment);
  augment.value = 90 / 255.0;
  apply (&augment, &picture);
  g_assert_cmpint (picture.rgb_out[3 * at], ==, 120);
  g_assert_cmpint (picture.rgb_out[3 * at + 1], ==, 180);
}

/* Gray has no hue to change. */
static void
test_gray_stays (void)
{
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  for (guint i = 0; i < W * H; i++)
    memset (picture.rgb + 3 * i, i % 256, 3);
  nf_augment_init (&augment);
  augment.hue = 0.2;
  augment.saturation = 0.5;
  apply (&augment, &picture);
  g_assert_cmpmem (
      picture.rgb, sizeof picture.rgb, picture.rgb_out, sizeof picture.rgb_out);
}

static gdouble
deviation (const guint8 *rgb, guint n)
{
  gdouble sum = 0, squares = 0;

  for (guint i = 0; i < n; i++) {
    sum += rgb[i];
    squares += (gdouble) rgb[i] * rgb[i];
  }
  return sqrt (squares / n - sum * sum / ((gdouble) n * n));
}

/* Local contrast: a flat frame with a faint pattern gets a stronger one, and a
 * limit of 1 leaves it nearly as it is. */
static void
test_clahe (void)
{
  Picture picture;
  NfAugment augment;
  gdouble before, gentle, strong;

  picture_fill (&picture);
  for (guint i = 0; i < W * H; i++)
    memset (picture.rgb + 3 * i, 100 + (i % W + i / W) % 8, 3);
  before = deviation (picture.rgb, sizeof picture.rgb);
  nf_augment_init (&augment);
  augment.clahe = 1;
  apply (&augment, &picture);
  gentle = deviation (picture.rgb_out, sizeof picture.rgb_out);
  augment.clahe = 40;
  apply (&augment, &picture);
  strong = deviation (picture.rgb_out, sizeof picture.rgb_out);
  g_assert_cmpfloat (gentle, <=, 2.5 * before);
  g_assert_cmpfloat (strong, >=, 4 * before);
}

/* What is cut off a histogram's peaks is spread: pictures of one gray keep it at the
 * lowest limit, and white is white at any. */
static void
test_clahe_even (void)
{
  static const guint8 levels[] = { 0, 1, 60, 127, 128, 200, 254, 255 };
  NfAugment augment;

  nf_augment_init (&augment);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    for (guint limit = 1; limit <= 64; limit *= 4) {
      guint8 rgb[3 * W * H];

      memset (rgb, levels[i], sizeof rgb);
      augment.clahe = limit;
      nf_augment_colors (&augment, rgb, W, H);
      for (guint k = 0; k < sizeof rgb; k++) {
        if (limit == 1)
          g_assert_cmpint (ABS (rgb[k] - levels[i]), <=, 2);
        else
          g_assert_cmpint (rgb[k], >=, levels[i] - 2);
      }
    }
}

/* Blurring takes a chequered pattern away and leaves its mean. */
static void
test_blur (void)
{
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  for (guint i = 0; i < W * H; i++)
    memset (picture.rgb + 3 * i, (i + i / W) % 2 ? 160 : 80, 3);
  nf_augment_init (&augment);
  augment.blur = 4;
  apply (&augment, &picture);
  for (guint i = 0; i < sizeof picture.rgb_out; i++)
    g_assert_cmpint (ABS (picture.rgb_out[i] - 120), <=, 12);
}

/* Noise of the deviation asked for, on a frame that is not blurred. */
static void
test_noise (void)
{
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  memset (picture.rgb, 128, sizeof picture.rgb);
  nf_augment_init (&augment);
  augment.noise = 5;
  augment.noise_key = (NfRngKey){ 1, 2, NF_RNG_AUGMENT_NOISE };
  apply (&augment, &picture);
  g_assert_cmpfloat_with_epsilon (
      deviation (picture.rgb_out, sizeof picture.rgb_out), 5, 0.4);
}

/* Compression changes little at high quality, and more at low. */
static void
test_codec (void)
{
  Picture picture;
  NfAugment augment;
  gdouble error[2] = { 0 };

  picture_fill (&picture);
  nf_augment_init (&augment);
  for (guint k = 0; k < 2; k++) {
    augment.quality = k == 0 ? 95 : 10;
    apply (&augment, &picture);
    for (guint i = 0; i < sizeof picture.rgb; i++)
      error[k] += ABS (picture.rgb_out[i] - picture.rgb[i]);
    error[k] /= sizeof picture.rgb;
  }
  g_assert_cmpfloat (error[0], >, 0);
  g_assert_cmpfloat (error[0], <=, 2);
  g_assert_cmpfloat (error[1], >=, 1.5 * error[0]);
  g_assert_cmpfloat (error[1], <=, 20);
}

#define N_DRAWS 4000

/* How often each change is drawn; and that shares, strengths and the number
 * that decides do not hang together. */
typedef struct
{
  guint mirror, around, moves, light, color, gamma, clahe, codec, blur, noise;
  guint strong_blur, blur_and_noise;
} Counts;

static Counts
count_draws (const NfTrainConfig *config)
{
  Counts n = { 0 };

  for (guint i = 0; i < N_DRAWS; i++) {
    NfAugment a, b;

    nf_augment_draw (&a, config, 5, i);
    nf_augment_draw (&b, config, 5, i);
    g_assert_true (memcmp (&a, &b, sizeof a) == 0);
    n.mirror += a.mirror;
    n.around += a.around;
    n.moves += a.moves;
    n.light += a.brightness != 0;
    n.color += a.hue != 0;
    n.gamma += a.gamma != 1;
    n.clahe += a.clahe > 0;
    n.codec += a.quality > 0;
    n.blur += a.blur > 1;
    n.noise += a.noise > 0;
    n.strong_blur += a.blur > 3;
    n.blur_and_noise += a.blur > 1 && a.noise > 0;
    if (a.blur > 1)
      g_assert_true (a.blur >= 2 && a.blur <= 4);
    if (a.noise > 0)
      g_assert_true (a.noise >= 1 && a.noise <= 3);
    if (a.quality > 0)
      g_assert_true (a.quality >= 60 && a.quality <= 80);
    if (a.gamma != 1)
      g_assert_true (a.gamma >= 0.5 && a.gamma <= 0.9);
    if (a.clahe > 0)
      g_assert_true (a.clahe >= 2 && a.clahe <= 3);
    g_assert_true (ABS (a.brightness) <= 0.3 && ABS (a.contrast - 1) <= 0.4);
    g_assert_true (ABS (a.rotate) <= 10 * G_PI / 180 + 1e-12);
  }
  return n;
}

static void
assert_share (guint n, gdouble share)
{
  g_assert_cmpfloat_with_epsilon ((gdouble) n / N_DRAWS, share, 0.03);
}

static void
test_shares (void)
{
  static const gchar *const sets[] = { "augment.mirror=0.3",
    "augment.affine=0.4", "augment.rotate=10", "augment.light=0.5",
    "augment.brightness=0.3", "augment.contrast=0.4", "augment.color=0.6",
    "augment.gamma=0.7", "augment.gamma-range=0.5 0.9", "augment.clahe=0.2",
    "augment.clahe-limit=2 3", "augment.codec=0.35",
    "augment.codec-quality=60 80", "augment.blur=0.45",
    "augment.blur-factor=2 4", "augment.noise=0.55", "augment.noise-levels=1 3",
    "train.crop-objects=0.8" };
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (GError) error = NULL;
  Counts n;

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  n = count_draws (config);
  assert_share (n.mirror, 0.3);
  assert_share (n.around, 0.8);
  assert_share (n.moves, 0.4);
  assert_share (n.light, 0.5);
  assert_share (n.color, 0.6);
  assert_share (n.gamma, 0.7);
  assert_share (n.clahe, 0.2);
  assert_share (n.codec, 0.35);
  assert_share (n.blur, 0.45);
  assert_share (n.noise, 0.55);
  assert_share (n.strong_blur, 0.45 / 2);
  assert_share (n.blur_and_noise, 0.45 * 0.55);
}

/* A third of the circle of hues makes red green, green blue and blue red, or the
 * other way round; half of it and back again changes nothing. */
static void
test_hues (void)
{
  static const guint8 colors[][3] = { { 200, 40, 20 }, { 200, 20, 40 },
    { 40, 200, 20 }, { 20, 200, 40 }, { 40, 20, 200 }, { 20, 40, 200 },
    { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 }, { 255, 255, 0 },
    { 90, 91, 90 }, { 0, 0, 0 } };
  NfAugment augment;

  nf_augment_init (&augment);
  for (guint i = 0; i < G_N_ELEMENTS (colors); i++) {
    const guint8 *c = colors[i];
    guint8 on[3], back[3], round[3];

    memcpy (on, c, 3);
    memcpy (back, c, 3);
    memcpy (round, c, 3);
    augment.hue = 1 / 3.0;
    nf_augment_colors (&augment, on, 1, 1);
    augment.hue = -1 / 3.0;
    nf_augment_colors (&augment, back, 1, 1);
    augment.hue = -0.5;
    nf_augment_colors (&augment, round, 1, 1);
    augment.hue = 0.5;
    nf_augment_colors (&augment, round, 1, 1);
    for (guint k = 0; k < 3; k++) {
      g_assert_cmpint (ABS (on[(k + 1) % 3] - c[k]), <=, 1);
      g_assert_cmpint (ABS (back[k] - c[(k + 1) % 3]), <=, 1);
      g_assert_cmpint (ABS (round[k] - c[k]), <=, 2);
    }
  }
}

/* What is drawn of one strength: which quarter of its range, of those samples that
 * it changes. */
typedef struct
{
  const gchar *name;
  gdouble least, most;
  guint n, quarters[4];
} Strength;

static void
note_strength (Strength *strength, gboolean happens, gdouble value)
{
  const gdouble part =
      (value - strength->least) / (strength->most - strength->least);

  if (!happens)
    return;
  g_assert_true (part >= -1e-9 && part <= 1 + 1e-9);
  strength->n++;
  strength->quarters[CLAMP ((gint) (4 * part), 0, 3)]++;
}

/* Every strength is drawn evenly from its whole range, whatever decided that there
 * is a change at all. */
static void
test_strengths (void)
{
  static const gchar *const sets[] = { "augment.affine=0.3",
    "augment.shift=0.25", "augment.scale=0.5", "augment.rotate=90",
    "augment.light=0.3", "augment.brightness=0.5", "augment.contrast=0.5",
    "augment.color=0.3", "augment.hue=90", "augment.saturation=0.5",
    "augment.value=0.5", "augment.gamma=0.3", "augment.gamma-range=2 3",
    "augment.clahe=0.3", "augment.clahe-limit=2 3", "augment.codec=0.3",
    "augment.codec-quality=1 100", "augment.blur=0.3",
    "augment.blur-factor=2 4", "augment.noise=0.3", "augment.noise-levels=1 3",
    "train.crop-objects=0.3" };
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (GError) error = NULL;
  Strength s[] = { { "shift_x", -0.25, 0.25 }, { "shift_y", -0.25, 0.25 },
    { "scale", 0.5, 1.5 }, { "rotate", -G_PI / 2, G_PI / 2 },
    { "brightness", -0.5, 0.5 }, { "contrast", 0.5, 1.5 },
    { "hue", -0.25, 0.25 }, { "saturation", -0.5, 0.5 }, { "value", -0.5, 0.5 },
    { "gamma", 2, 3 }, { "clahe", 2, 3 }, { "codec", 1, 100 }, { "blur", 2, 4 },
    { "noise", 1, 3 }, { "place of crops", 0, 1 },
    { "place of crops around objects", 0, 1 },
    { "other place of crops", 0, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < N_DRAWS; i++) {
    guint k = 0;
    NfAugment a;

    nf_augment_draw (&a, config, 9, i);
    note_strength (&s[k++], a.moves, a.shift_x);
    note_strength (&s[k++], a.moves, a.shift_y);
    note_strength (&s[k++], a.moves, a.scale);
    note_strength (&s[k++], a.moves, a.rotate);
    note_strength (&s[k++], a.brightness != 0, a.brightness);
    note_strength (&s[k++], a.brightness != 0, a.contrast);
    note_strength (&s[k++], a.hue != 0, a.hue);
    note_strength (&s[k++], a.hue != 0, a.saturation);
    note_strength (&s[k++], a.hue != 0, a.value);
    note_strength (&s[k++], a.gamma != 1, a.gamma);
    note_strength (&s[k++], a.clahe > 0, a.clahe);
    note_strength (&s[k++], a.quality > 0, a.quality);
    note_strength (&s[k++], a.blur > 1, a.blur);
    note_strength (&s[k++], a.noise > 0, a.noise);
    note_strength (&s[k++], !a.around, a.place[0]);
    note_strength (&s[k++], a.around, a.place[0]);
    note_strength (&s[k++], TRUE, a.place[1]);
    g_assert_cmpuint (k, ==, G_N_ELEMENTS (s));
  }
  for (guint k = 0; k < G_N_ELEMENTS (s); k++)
    for (guint q = 0; q < 4; q++) {
      const gdouble share = (gdouble) s[k].quarters[q] / s[k].n;

      g_assert_cmpuint (s[k].n, >, N_DRAWS / 5);
      if (!(fabs (share - 0.25) <= 0.06))
        g_error ("%s: %g of all in quarter %u", s[k].name, share, q);
    }
}

/* Crops lie anywhere in the frame, its first and its last column and row
 * included, each place as often as the others. */
static void
test_crop_places (void)
{
  enum
  {
    PLACES = 4, /* each way */
    EACH = 200
  };
  guint counts[PLACES][PLACES] = { { 0 } };
  Picture picture;
  NfAugment augment;

  picture_fill (&picture);
  nf_augment_init (&augment);
  augment.crop_width = W - PLACES + 1;
  augment.crop_height = H - PLACES + 1;
  for (guint i = 0; i < PLACES * PLACES * EACH; i++) {
    const NfRngKey key = { 1, i, NF_RNG_TEST };

    augment.place[0] = nf_rng_uniform (&key, 0);
    augment.place[1] = nf_rng_uniform (&key, 1);
    apply (&augment, &picture);
    counts[(picture.rgb_out[1] - 60) / 3][(picture.rgb_out[0] - 40) / 2]++;
  }
  for (guint y = 0; y < PLACES; y++)
    for (guint x = 0; x < PLACES; x++) {
      g_assert_cmpuint (counts[y][x], >, EACH / 2);
      g_assert_cmpuint (counts[y][x], <, EACH * 3 / 2);
    }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment/nothing", test_nothing);
  g_test_add_func ("/augment/mirror", test_mirror);
  g_test_add_func ("/augment/size", test_size);
  g_test_add_func ("/augment/crop", test_crop);
  g_test_add_func ("/augment/moves", test_moves);
  g_test_add_func ("/augment/colors", test_colors);
  g_test_add_func ("/augment/gray-stays", test_gray_stays);
  g_test_add_func ("/augment/clahe", test_clahe);
  g_test_add_func ("/augment/clahe-even", test_clahe_even);
  g_test_add_func ("/augment/blur", test_blur);
  g_test_add_func ("/augment/noise", test_noise);
  g_test_add_func ("/augment/codec", test_codec);
  g_test_add_func ("/augment/shares", test_shares);
  g_test_add_func ("/augment/hues", test_hues);
  g_test_add_func ("/augment/strengths", test_strengths);
  g_test_add_func ("/augment/crop-places", test_crop_places);
  return g_test_run ();
}
