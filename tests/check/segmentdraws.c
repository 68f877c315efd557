/* SPDX-License-Identifier: MIT
 *
 * segmentdraws — which frame of a clip without end each sample of a segmenter shows
 *
 * Sibling: diffusiondraws.c, the same of a noise predictor */
#include "clips/nfclipsource.h"
#include "testruns.h"
#include "train/segment.h"
#include "video/gstnfvideo.h"

#include <gst/gst.h>
#include <string.h>

#define LOCATION "scenes:3"
#define WIDTH 48
#define HEIGHT 32
#define BYTES (3 * WIDTH * HEIGHT)
#define FRAMES 22
#define SAMPLES 132

static NfTask *
new_task (NfTrainConfig *config)
{
  g_auto (GStrv) sets = g_strsplit (NF_TEST_TINY_SEGMENT
      "|data.path=" LOCATION "|data.image-size=32 48|augment.mirror=0|"
      "augment.blur=0|augment.noise=0|train.batch-size=1|train.steps=1000",
      "|", -1);
  g_autoptr (NfDevice) device = nf_device_open ("cpu", NULL);
  g_autoptr (GError) error = NULL;
  NfTask *task;

  for (guint i = 0; sets[i]; i++) {
    nf_train_config_set (config, sets[i], &error);
    g_assert_no_error (error);
  }
  task = nf_segment_task_new (device, config, &error);
  g_assert_no_error (error);
  return task;
}

/* the frame that a sample shows */
static void
load (NfTask *task, guint64 sample, guint8 *rgb)
{
  NfTensor *in[NF_GRAPH_MAX_INPUTS] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (task->load (task, sample, in, &error));
  g_assert_cmpuint (in[0]->bytes, ==, BYTES);
  g_assert_true (nf_tensor_to_nhwc (in[0], rgb, &error));
  for (guint i = 0; i < task->n_in; i++)
    nf_tensor_clear (&in[i]);
}

/* a frame of the open clip as the task sees it */
static void
draw (NfClipReader *reader, guint t, guint8 *rgb)
{
  g_autoptr (GError) error = NULL;
  NfFrame frame;

  nf_clip_reader_frame (reader, t, &frame);
  g_assert_true (gst_nf_video_resize_rgb (
      frame.rgb, frame.width, frame.height, rgb, WIDTH, HEIGHT, &error));
}

/* whether @rgb is this frame, and not as well its neighbour, where all is at rest */
static gboolean
is_frame (NfClipReader *reader, const guint8 *rgb, guint t, guint neighbour)
{
  guint8 this[BYTES], other[BYTES];

  draw (reader, t, this);
  if (memcmp (rgb, this, BYTES) != 0)
    return FALSE;
  draw (reader, neighbour, other);
  return memcmp (this, other, BYTES) != 0;
}

/* The first and the last frame come, as all others do. */
static void
test_frames (void)
{
  const NfDatasetOptions options = { .masks = NF_MASKS_REQUIRED,
    .classes = 49 };
  g_autoptr (NfTrainConfig) config = nf_train_config_new (NF_TRAIN_SEGMENT);
  g_autoptr (NfTask) task = new_task (config);
  g_autoptr (GError) error = NULL;
  g_autoptr (NfClipSource) source =
      nf_clip_source_open (LOCATION, &options, &error);
  g_autoptr (NfClipReader) reader = NULL;
  guint first = 0, last = 0;

  g_assert_no_error (error);
  reader = nf_clip_reader_new (source);
  for (guint64 sample = 0; sample < SAMPLES; sample++) {
    guint8 rgb[BYTES];

    load (task, sample, rgb);
    g_assert_true (nf_clip_reader_open (reader, sample, &error));
    first += is_frame (reader, rgb, 0, 1);
    last += is_frame (reader, rgb, FRAMES - 1, FRAMES - 2);
  }
  g_test_message (
      "of %d: the first frame %u, the last one %u times", SAMPLES, first, last);
  g_assert_cmpuint (first, >, 0);
  g_assert_cmpuint (last, >, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/segment-draws/frames", test_frames);
  return g_test_run ();
}
