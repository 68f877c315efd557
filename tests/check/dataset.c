/* SPDX-License-Identifier: MIT
 *
 * dataset — folders of clips: order, pixels, masks, memory, and every error */
#include "clips/nfclipsource.h"
#include "io/nfpng.h"
#include "testclips.h"
#include "video/gstnfvideo.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <png.h>
#include <string.h>

#define WIDTH 6
#define HEIGHT 4

static const NfDatasetOptions with_masks = { "train", NF_MASKS_REQUIRED, 49, 0,
  G_MAXSIZE };
static const NfDatasetOptions frames_only = { "train unlabeled", NF_MASKS_NONE,
  49, 0, G_MAXSIZE };

static gchar *
write_clip (const gchar *root, const gchar *name, guint n, gboolean mask)
{
  return nf_test_write_clip (root, name, n, WIDTH, HEIGHT, mask);
}

static void
test_natural_order (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDataset) dataset = NULL;
  g_autoptr (NfDataset) two = NULL;
  NfDatasetOptions options = frames_only;
  const gchar *names[] = { "unlabeled/video_3", "train/video_10",
    "train/video_9", "train/video_0", "val/video_1" };
  const gchar *want[] = { "train/video_0", "train/video_9", "train/video_10",
    "unlabeled/video_3" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (write_clip (root, names[i], 2, i == 3));
  g_free (write_clip (root, "train/other", 0, FALSE));
  g_free (write_clip (root, "train/video_07", 0, FALSE));
  dataset = nf_dataset_open (root, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_dataset_n_clips (dataset), ==, G_N_ELEMENTS (want));
  for (guint i = 0; i < G_N_ELEMENTS (want); i++) {
    const NfClipInfo *info = nf_dataset_clip_info (dataset, i);

    g_assert_cmpstr (info->name, ==, want[i]);
    g_assert_cmpuint (info->n_frames, ==, 2);
    g_assert_cmpint (info->has_mask, ==, i == 0);
  }
  options.max_clips = 2;
  two = nf_dataset_open (root, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_dataset_n_clips (two), ==, 2);
  nf_test_folder_remove (root);
}

static void
test_load (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *folder = write_clip (root, "train/video_0", 12, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDataset) dataset = nf_dataset_open (root, &with_masks, &error);
  g_autoptr (NfClip) clip = NULL;

  g_assert_no_error (error);
  clip = nf_dataset_load_clip (dataset, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip->n_frames, ==, 12);
  g_assert_cmpint (clip->width, ==, WIDTH);
  g_assert_cmpint (clip->height, ==, HEIGHT);
  for (guint t = 0; t < 12; t++)
    for (guint i = 0; i < WIDTH * HEIGHT; i++) {
      guint x = i % WIDTH, y = i / WIDTH;
      guint class = nf_test_clip_class (t, x, y);

      for (guint c = 0; c < 3; c++)
        g_assert_cmpuint (nf_clip_frame (clip, t)[3 * i + c], ==,
            nf_test_clip_pixel (t, x, y, c));
      g_assert_cmpuint (nf_clip_mask (clip, t)[i], ==, class < 49 ? class : 0);
    }
  g_assert_cmpuint (nf_clip_bytes (clip), ==, 12 * 4 * WIDTH * HEIGHT);
  nf_test_folder_remove (root);
}

/* Masks where there are some, and none where there are none. */
static void
test_masks_present (void)
{
  static const NfDatasetOptions options = { "train", NF_MASKS_PRESENT, 49, 0,
    0 };
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *one = write_clip (root, "train/video_0", 2, TRUE);
  g_autofree gchar *two = write_clip (root, "train/video_1", 2, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfClipSource) source =
      nf_clip_source_open (root, &options, &error);
  g_autoptr (NfClipReader) reader = NULL;

  g_assert_no_error (error);
  reader = nf_clip_reader_new (source);
  for (guint i = 0; i < 2; i++) {
    NfClipShape shape;
    NfFrame frame;

    nf_clip_source_shape (source, i, &shape);
    g_assert_cmpuint (shape.n_frames, ==, 2);
    g_assert_cmpint (shape.masks, ==, i == 0);
    g_assert_true (nf_clip_reader_open (reader, i, &error));
    nf_clip_reader_frame (reader, 1, &frame);
    g_assert_cmpint (frame.width, ==, WIDTH);
    g_assert_cmpint (frame.height, ==, HEIGHT);
    g_assert_cmpint (frame.mask != NULL, ==, i == 0);
  }
  nf_test_folder_remove (root);
}

/* Which kind of source a location names, and what it has of each. */
static void
test_locations (void)
{
  static const struct
  {
    const gchar *location;
    gboolean is_folder;
    const gchar *fails; /* NULL: written correctly */
  } cases[] = {
    { "scenes:1", FALSE, NULL },
    { "scenes:1:500", FALSE, NULL },
    { "scenes:x", FALSE, "expected scenes:SEED or scenes:SEED:CLIPS" },
    { "./scenes:x", TRUE, NULL },
    { "scenes", TRUE, NULL },
    { "", TRUE, NULL },
  };
  g_autofree gchar *help = nf_clip_source_help ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (
        nf_clip_source_is_folder (cases[i].location), ==, cases[i].is_folder);
    g_assert_cmpint (nf_clip_source_check (cases[i].location, &error), ==,
        cases[i].fails == NULL);
    if (cases[i].fails) {
      g_assert_error (error, NF_ERROR, NF_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, cases[i].fails));
    }
  }
  g_assert_cmpstr (help, ==,
      "; or scenes:SEED[:CLIPS], synthetic clips that are rendered meanwhile");
}

/* Clips leave memory, the least recently used first. */
static void
test_cache (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDataset) dataset = NULL;
  NfDatasetOptions options = frames_only;
  const guint asked[] = { 0, 1, 0, 2, 0, 1 };
  const gboolean kept[] = { FALSE, FALSE, TRUE, FALSE, TRUE, FALSE };
  NfClip *last[3] = { NULL };

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", i);

    g_free (write_clip (root, name, 1, FALSE));
  }
  options.cache_bytes = 2 * 3 * WIDTH * HEIGHT;
  dataset = nf_dataset_open (root, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (asked); i++) {
    NfClip *clip = nf_dataset_load_clip (dataset, asked[i], &error);

    g_assert_no_error (error);
    g_assert_cmpint (clip == last[asked[i]], ==, kept[i]);
    g_clear_pointer (&last[asked[i]], nf_clip_unref);
    last[asked[i]] = clip;
  }
  for (guint i = 0; i < 3; i++)
    nf_clip_unref (last[i]);
  nf_test_folder_remove (root);
}

#define AT_ONCE 4 /* threads */

typedef struct
{
  NfDataset *dataset;
  GMutex lock;
  GCond changed;
  guint arrived; /* of all rounds */
} Race;

static gpointer
load_at_once (gpointer data)
{
  Race *race = data;

  for (guint round = 0; round < 9; round++) {
    g_autoptr (GError) error = NULL;
    NfClip *clip;

    g_mutex_lock (&race->lock);
    race->arrived++;
    g_cond_broadcast (&race->changed);
    while (race->arrived < (round + 1) * AT_ONCE)
      g_cond_wait (&race->changed, &race->lock);
    g_mutex_unlock (&race->lock);
    clip = nf_dataset_load_clip (race->dataset, round % 3, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (
        nf_clip_frame (clip, 0)[0], ==, nf_test_clip_pixel (0, 0, 0, 0));
    nf_clip_unref (clip);
  }
  return NULL;
}

/* Threads that read the same clip at the same time keep it once. */
static void
test_cache_at_once (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autoptr (GError) error = NULL;
  NfDatasetOptions options = frames_only;
  GThread *threads[AT_ONCE];
  Race race = { NULL };

  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *name = g_strdup_printf ("train/video_%u", i);

    /* long enough that threads read it side by side */
    g_free (
        nf_test_write_clip (root, name, 40, 20 * WIDTH, 20 * HEIGHT, FALSE));
  }
  options.cache_bytes = 40 * 3 * 20 * WIDTH * 20 * HEIGHT;
  race.dataset = nf_dataset_open (root, &options, &error);
  g_assert_no_error (error);
  g_mutex_init (&race.lock);
  g_cond_init (&race.changed);
  for (guint i = 0; i < AT_ONCE; i++)
    threads[i] = g_thread_new ("load", load_at_once, &race);
  for (guint i = 0; i < AT_ONCE; i++)
    g_thread_join (threads[i]);
  g_mutex_clear (&race.lock);
  g_cond_clear (&race.changed);
  nf_dataset_free (race.dataset);
  nf_test_folder_remove (root);
}

/* At most as many clips as are asked for; never more than there are. */
static void
test_max_clips (void)
{
  static const struct
  {
    const gchar *location;
    guint most, n;
  } cases[] = { { "scenes:1:5", 0, 5 }, { "scenes:1:5", 3, 3 },
    { "scenes:1:5", 5, 5 }, { "scenes:1:5", 9, 5 }, { "scenes:1", 4, 4 },
    { "scenes:1", 0, 0 }, { "", 1, 1 }, { "", 2, 2 }, { "", 3, 2 },
    { "", 0, 2 } };
  g_autofree gchar *root = nf_test_folder_new ();

  g_free (write_clip (root, "train/video_0", 1, FALSE));
  g_free (write_clip (root, "train/video_1", 1, FALSE));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const gchar *location = cases[i].location;
    NfDatasetOptions options = frames_only;
    g_autoptr (GError) error = NULL;
    g_autoptr (NfClipSource) source = NULL;

    options.max_clips = cases[i].most;
    source = nf_clip_source_open (
        *location != '\0' ? location : root, &options, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (nf_clip_source_n_clips (source), ==, cases[i].n);
  }
  nf_test_folder_remove (root);
}

/* A folder with one clip that a case then spoils. */
typedef void (*Spoil) (const gchar *root, const gchar *clip);

static void
spoil_middle_frame (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "image_1.png", NULL);

  g_unlink (path);
}

static void
spoil_all_frames (const gchar *root, const gchar *clip)
{
  for (guint i = 0; i < 3; i++) {
    g_autofree gchar *path = g_strdup_printf ("%s/image_%u.png", clip, i);

    g_unlink (path);
  }
}

static void
spoil_size (const gchar *root, const gchar *clip)
{
  nf_test_write_frame (clip, 2, WIDTH, HEIGHT + 1);
}

static void
spoil_png (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "image_0.png", NULL);

  g_file_set_contents (path, "not a picture", -1, NULL);
}

static void
spoil_png_data (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "image_1.png", NULL);
  g_autofree gchar *data = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, NULL);
  g_file_set_contents (path, data, size / 2, NULL);
}

static void
spoil_depth (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "image_0.png", NULL);
  const guint16 pixels[3 * WIDTH * HEIGHT] = { 0 };
  png_image image = { .version = PNG_IMAGE_VERSION };

  image.width = WIDTH;
  image.height = HEIGHT;
  image.format = PNG_FORMAT_LINEAR_RGB;
  g_assert_true (png_image_write_to_file (&image, path, 0, pixels, 0, NULL));
}

static void
spoil_palette (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "image_0.png", NULL);
  const guint8 pixels[WIDTH * HEIGHT] = { 0 };
  const guint8 colors[3] = { 1, 2, 3 };
  png_image image = { .version = PNG_IMAGE_VERSION };

  image.width = WIDTH;
  image.height = HEIGHT;
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = 1;
  g_assert_true (png_image_write_to_file (&image, path, 0, pixels, 0, colors));
}

static void
spoil_mask_gone (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "mask.npy", NULL);

  g_unlink (path);
}

static void
spoil_mask_short (const gchar *root, const gchar *clip)
{
  nf_test_write_mask (clip, 3, HEIGHT, WIDTH, 1);
}

static void
spoil_mask_head (const gchar *root, const gchar *clip)
{
  g_autofree gchar *path = g_build_filename (clip, "mask.npy", NULL);

  g_file_set_contents (path, "\x93NUMPZ", -1, NULL);
}

static void
spoil_mask_frames (const gchar *root, const gchar *clip)
{
  nf_test_write_mask (clip, 2, HEIGHT, WIDTH, 0);
}

static void
spoil_mask_size (const gchar *root, const gchar *clip)
{
  nf_test_write_mask (clip, 3, WIDTH, HEIGHT, 0);
}

static void
spoil_split (const gchar *root, const gchar *clip)
{
  g_autofree gchar *from = g_build_filename (root, "train", NULL);
  g_autofree gchar *to = g_build_filename (root, "val", NULL);

  g_rename (from, to);
}

static void
spoil_root (const gchar *root, const gchar *clip)
{
  nf_test_folder_remove (root);
}

typedef struct
{
  Spoil spoil;
  NfError code;
  const gchar *says; /* parts with | between */
  gboolean at_load; /* found when the clip is read, not before */
} BadCase;

static const BadCase bad_cases[] = {
  { spoil_middle_frame, NF_ERROR_NOT_FOUND, "image_1.png|image_2.png" },
  { spoil_all_frames, NF_ERROR_NOT_FOUND, "train/video_0|image_0.png" },
  { spoil_png, NF_ERROR_FORMAT, "image_0.png|PNG" },
  { spoil_depth, NF_ERROR_FORMAT, "image_0.png|16 bits" },
  { spoil_palette, NF_ERROR_FORMAT, "image_0.png|palette" },
  { spoil_mask_gone, NF_ERROR_NOT_FOUND, "mask.npy|data.splits|--splits" },
  { spoil_mask_short, NF_ERROR_FORMAT, "mask.npy|bytes" },
  { spoil_mask_head, NF_ERROR_FORMAT, "mask.npy" },
  { spoil_mask_frames, NF_ERROR_SHAPE, "mask.npy|(3, 4, 6)|2" },
  { spoil_mask_size, NF_ERROR_SHAPE, "mask.npy|(3, 4, 6)|6" },
  { spoil_split, NF_ERROR_NOT_FOUND, "SPLIT/video_N|\"train\"" },
  { spoil_root, NF_ERROR_NOT_FOUND, "no such folder|train/" },
  { spoil_size, NF_ERROR_FORMAT, "image_2.png|6x4|6x5", TRUE },
  { spoil_png_data, NF_ERROR_FORMAT, "image_1.png", TRUE },
};

static void
test_bad_folder_fails (gconstpointer data)
{
  const BadCase *bad = data;
  g_auto (GStrv) says = g_strsplit (bad->says, "|", -1);
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *clip = write_clip (root, "train/video_0", 3, TRUE);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDataset) dataset = NULL;

  bad->spoil (root, clip);
  dataset = nf_dataset_open (root, &with_masks, &error);
  if (bad->at_load) {
    g_assert_no_error (error);
    g_assert_null (nf_dataset_load_clip (dataset, 0, &error));
  } else {
    g_assert_null (dataset);
  }
  g_assert_error (error, NF_ERROR, (gint) bad->code);
  for (guint i = 0; says[i]; i++)
    if (!strstr (error->message, says[i]))
      g_error ("\"%s\" is not in \"%s\"", says[i], error->message);
  nf_test_folder_remove (root);
}

static void
test_sizes_differ (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *one = write_clip (root, "train/video_0", 1, FALSE);
  g_autofree gchar *two = write_clip (root, "train/video_1", 0, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfClipSource) source = NULL;
  gint width, height;

  nf_test_write_frame (two, 0, 2 * WIDTH, HEIGHT);
  source = nf_clip_source_open (root, &frames_only, &error);
  g_assert_no_error (error);
  g_assert_false (nf_clip_source_common_size (source, &width, &height, &error));
  g_assert_error (error, NF_ERROR, NF_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "12x4"));
  nf_test_folder_remove (root);
}

/* Gray pixels become RGB, transparency is dropped as it is. */
static void
test_png_formats (void)
{
  g_autofree gchar *root = nf_test_folder_new ();
  g_autofree gchar *path = g_build_filename (root, "a.png", NULL);
  const guint8 gray[] = { 10, 200 };
  const guint8 rgba[] = { 1, 2, 3, 0, 250, 251, 252, 128 };
  g_autoptr (GError) error = NULL;
  png_image image = { .version = PNG_IMAGE_VERSION };
  guint8 got[6];

  image.width = 2;
  image.height = 1;
  image.format = PNG_FORMAT_GRAY;
  g_assert_true (png_image_write_to_file (&image, path, 0, gray, 0, NULL));
  nf_png_read_rgb (path, 2, 1, got, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, 6, ((guint8[]){ 10, 10, 10, 200, 200, 200 }), 6);
  image.format = PNG_FORMAT_RGBA;
  g_assert_true (png_image_write_to_file (&image, path, 0, rgba, 0, NULL));
  nf_png_read_rgb (path, 2, 1, got, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, 6, ((guint8[]){ 1, 2, 3, 250, 251, 252 }), 6);
  nf_test_folder_remove (root);
}

/* Each epoch has every item once, in an order that only its number decides. */
static void
test_order (void)
{
  const guint n = 50;
  g_autoptr (NfOrder) order = nf_order_new (3, n);
  g_autoptr (NfOrder) late = nf_order_new (3, n);
  g_autoptr (NfOrder) other = nf_order_new (4, n);
  guint seen[50] = { 0 }, in_place = 0, same = 0, same_other = 0;
  guint first[50];

  for (guint i = 0; i < n; i++) {
    first[i] = nf_order_item (order, i);
    same_other += first[i] == nf_order_item (other, i);
  }
  for (guint i = 0; i < n; i++) {
    guint item = nf_order_item (order, n + i);

    seen[item]++;
    in_place += item == i;
    same += item == first[i];
    g_assert_cmpuint (nf_order_item (late, n + i), ==, item);
  }
  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (seen[i], ==, 1);
    g_assert_cmpuint (nf_order_item (order, i), ==, first[i]);
  }
  g_assert_cmpuint (MAX (in_place, MAX (same, same_other)), <, n / 4);
}

static void
resize (const guint8 *src, gint sw, gint sh, guint8 *dst, gint dw, gint dh)
{
  g_autoptr (GError) error = NULL;

  gst_nf_video_resize_rgb (src, sw, sh, dst, dw, dh, &error);
  g_assert_no_error (error);
}

/* Odd sizes, whose rows GStreamer would pad; one colour stays that colour, and
 * halving is the mean of a ramp. */
static void
test_resize (void)
{
  guint8 flat[3 * 7 * 5], out[3 * 16 * 16], ramp[3 * 64];

  for (guint i = 0; i < sizeof flat; i++)
    flat[i] = 50 + 70 * (i % 3);
  resize (flat, 7, 5, out, 13, 3);
  for (guint i = 0; i < 3 * 13 * 3; i++)
    g_assert_cmpuint (out[i], ==, 50 + 70 * (i % 3));
  resize (flat, 7, 5, out, 1, 1);
  g_assert_cmpint (ABS (out[1] - 120), <=, 2);
  resize (flat, 7, 5, out, 7, 5);
  g_assert_cmpmem (flat, sizeof flat, out, sizeof flat);
  for (guint i = 0; i < sizeof ramp; i++)
    ramp[i] = 4 * (i / 3);
  resize (ramp, 64, 1, out, 32, 1);
  for (guint x = 1; x < 31; x++)
    g_assert_cmpint (ABS (out[3 * x] - (gint) (8 * x + 2)), <=, 1);
}

static void
test_real_clips (void)
{
  g_autofree gchar *root =
      g_build_filename (g_getenv ("NF_SHARED"), "data", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfDataset) masked = NULL;
  g_autoptr (NfClipSource) all = NULL;
  gint width, height;

  if (!g_file_test (root, G_FILE_TEST_IS_DIR)) {
    g_test_skip ("no clips at NF_SHARED/data");
    return;
  }
  masked = nf_dataset_open (root, &with_masks, &error);
  g_assert_no_error (error);
  all = nf_clip_source_open (root, &frames_only, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nf_dataset_n_clips (masked), ==, 3);
  g_assert_cmpuint (nf_clip_source_n_clips (all), ==, 6);
  nf_clip_source_common_size (all, &width, &height, &error);
  g_assert_no_error (error);
  g_assert_cmpint (width, ==, 240);
  g_assert_cmpint (height, ==, 160);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (NfClip) clip = nf_dataset_load_clip (masked, i, &error);
    gsize objects = 0, n = (gsize) 22 * 160 * 240;

    g_assert_no_error (error);
    for (gsize p = 0; p < n; p++) {
      g_assert_cmpuint (clip->masks[p], <, 49);
      objects += clip->masks[p] != 0;
    }
    g_assert_cmpuint (objects, >, n / 200);
    g_assert_cmpuint (objects, <, n / 4);
  }
}

/* which errors are a clip's own, so that others can be read in its place */
static void
test_bad_clips (void)
{
  static const struct
  {
    gint code;
    gboolean is_bad;
  } rows[] = {
    { NF_ERROR_INVALID, FALSE },
    { NF_ERROR_SHAPE, TRUE },
    { NF_ERROR_NOT_FOUND, TRUE },
    { NF_ERROR_FORMAT, TRUE },
    { NF_ERROR_IO, FALSE },
    { NF_ERROR_NO_DEVICE, FALSE },
    { NF_ERROR_NO_MEMORY, FALSE },
    { NF_ERROR_UNSUPPORTED, TRUE },
    { NF_ERROR_FAILED, FALSE },
    { NF_ERROR_CANCELLED, FALSE },
  };
  g_autoptr (GError) gone =
      g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOENT, "gone");
  g_autoptr (GError) denied =
      g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_ACCES, "denied");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error =
        g_error_new_literal (NF_ERROR, rows[i].code, "wrong");

    g_assert_cmpint (nf_clip_is_bad (error), ==, rows[i].is_bad);
  }
  g_assert_true (nf_clip_is_bad (gone));
  g_assert_false (nf_clip_is_bad (denied));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  g_test_add_func ("/dataset/natural-order", test_natural_order);
  g_test_add_func ("/dataset/load", test_load);
  g_test_add_func ("/dataset/masks-present", test_masks_present);
  g_test_add_func ("/dataset/locations", test_locations);
  g_test_add_func ("/dataset/cache", test_cache);
  g_test_add_func ("/dataset/cache-at-once", test_cache_at_once);
  g_test_add_func ("/dataset/max-clips", test_max_clips);
  for (guint i = 0; i < G_N_ELEMENTS (bad_cases); i++) {
    g_autofree gchar *name = g_strdup_printf ("/dataset/bad-folder/%u", i);

    g_test_add_data_func (name, &bad_cases[i], test_bad_folder_fails);
  }
  g_test_add_func ("/dataset/sizes-differ", test_sizes_differ);
  g_test_add_func ("/dataset/png-formats", test_png_formats);
  g_test_add_func ("/dataset/order", test_order);
  g_test_add_func ("/dataset/resize", test_resize);
  g_test_add_func ("/dataset/real-clips", test_real_clips);
  g_test_add_func ("/dataset/bad-clips", test_bad_clips);
  return g_test_run ();
}
