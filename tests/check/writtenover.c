/* SPDX-License-Identifier: MIT
 *
 * writtenover — checkpoints that another program writes into, cuts short or
 * replaces while elements use them
 *
 * An element that has its weights in memory goes on as if nothing had been; one
 * that has yet to read some says that the file was written into. Nothing crashes,
 * and no frame is made from a mixture of two networks. */
#include "nfmodelrig.h"
#include "nftestmodels.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENOUGH 8 /* frames, for any element to push one */

typedef struct
{
  const gchar *name;
  void (*damage) (const gchar *path, const gchar *other);
} Damage;

/* the bytes of the file @other, written over those of @path */
static void
write_over (const gchar *path, const gchar *other, gint flags)
{
  g_autofree gchar *bytes = NULL;
  gsize size;
  gint fd = g_open (path, O_WRONLY | flags, 0666);

  fail_unless (fd >= 0);
  fail_unless (g_file_get_contents (other, &bytes, &size, NULL));
  fail_unless_equals_int64 (write (fd, bytes, size), (gssize) size);
  close (fd);
}

static void
overwrite (const gchar *path, const gchar *other)
{
  write_over (path, other, 0);
}

/* as cp does it */
static void
copy_over (const gchar *path, const gchar *other)
{
  write_over (path, other, O_TRUNC);
}

/* as cp -p does it where the other file is as old */
static void
copy_with_time (const gchar *path, const gchar *other)
{
  GStatBuf before;

  fail_unless (g_stat (path, &before) == 0);
  write_over (path, other, O_TRUNC);
  fail_unless (utimensat (AT_FDCWD, path,
                   (struct timespec[2]){ before.st_atim, before.st_mtim }, 0)
      == 0);
}

static void
truncate_short (const gchar *path, const gchar *other)
{
  fail_unless (truncate (path, 100) == 0);
}

static void
truncate_empty (const gchar *path, const gchar *other)
{
  fail_unless (truncate (path, 0) == 0);
}

static const Damage damages[] = {
  { "overwritten", overwrite },
  { "copied over", copy_over },
  { "copied over, with the time of before", copy_with_time },
  { "cut short", truncate_short },
  { "emptied", truncate_empty },
};

/* an element, and a network for it with the same shapes and other weights */
typedef struct
{
  GstHarness *(*harness) (const gchar *settings, GstBus **bus);
  const gchar *(*checkpoint) (void);
  void (*save_other) (const gchar *path);
} ElementCase;

static void
save_other_segmenter (const gchar *path)
{
  NfUnetppConfig config;

  nf_test_unetpp_config (&config);
  nf_test_save_unetpp (path, &config, 77);
}

static void
save_other_predictor (const gchar *path)
{
  NfUnetConfig config;

  nf_test_unet_config (&config);
  nf_test_save_unet (path, &config, 77);
}

static const ElementCase elements[] = {
  { nf_segment_harness_new, nf_models_segmenter, save_other_segmenter },
  { nf_predict_harness_new, nf_models_predictor, save_other_predictor },
};

#define CASES ((gint) (G_N_ELEMENTS (elements) * G_N_ELEMENTS (damages)))

typedef struct
{
  gchar *path; /* of the network that the element has */
  gchar *other;
  GstHarness *h;
  GstBus *bus;
} Rig;

/* starts the element with a copy of its network */
static void
rig_start (Rig *rig, const ElementCase *c)
{
  g_autofree gchar *settings = NULL;
  g_autofree gchar *bytes = NULL;
  gsize size;

  rig->path = nf_models_path ("in-use.safetensors");
  rig->other = nf_models_path ("other.safetensors");
  c->save_other (rig->other);
  fail_unless (g_file_get_contents (c->checkpoint (), &bytes, &size, NULL));
  fail_unless (g_file_set_contents (rig->path, bytes, size, NULL));
  settings = g_strdup_printf ("checkpoint=%s", rig->path);
  rig->h = c->harness (settings, &rig->bus);
  gst_harness_set_src_caps_str (rig->h, NF_MODELS_CAPS);
}

static void
rig_stop (Rig *rig)
{
  nf_test_harness_drop (rig->h, rig->bus);
  g_free (rig->path);
  g_free (rig->other);
}

/* pushes the first frames of a clip, until one comes out (transfer full), or the
 * element refuses one */
static GstBuffer *
next_output (Rig *rig, GstFlowReturn *flow)
{
  *flow = GST_FLOW_OK;
  gst_harness_push_event (rig->h, gst_event_new_stream_start ("again"));
  for (guint i = 0; i < ENOUGH && *flow == GST_FLOW_OK; i++) {
    *flow = gst_harness_push (rig->h, nf_test_next_frame (rig->h, i));
    if (gst_harness_buffers_in_queue (rig->h) > 0)
      return gst_harness_pull (rig->h);
  }

  return NULL;
}

static void
expect_same (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo x, y;

  fail_unless (a != NULL && b != NULL);
  fail_unless (gst_buffer_map (a, &x, GST_MAP_READ));
  fail_unless (gst_buffer_map (b, &y, GST_MAP_READ));
  fail_unless_equals_uint64 (x.size, y.size);
  fail_unless (memcmp (x.data, y.data, x.size) == 0, "the frames differ");
  gst_buffer_unmap (a, &x);
  gst_buffer_unmap (b, &y);
}

/* what comes of a network in use is what came of it before the damage */
GST_START_TEST (test_over_while_playing)
{
  const ElementCase *c = &elements[__i__ % G_N_ELEMENTS (elements)];
  const Damage *damage = &damages[__i__ / G_N_ELEMENTS (elements)];
  GstBuffer *out[2][2];
  GstFlowReturn flow;

  for (guint damaged = 0; damaged < 2; damaged++) {
    Rig rig;

    rig_start (&rig, c);
    for (guint clip = 0; clip < 2; clip++) {
      if (damaged == 1 && clip == 1)
        damage->damage (rig.path, rig.other);
      out[damaged][clip] = next_output (&rig, &flow);
      fail_unless (out[damaged][clip] != NULL, "%s: no output", damage->name);
    }
    nf_test_expect_no_error (rig.bus);
    rig_stop (&rig);
  }
  for (guint clip = 0; clip < 2; clip++) {
    expect_same (out[0][clip], out[1][clip]);
    gst_buffer_unref (out[0][clip]);
    gst_buffer_unref (out[1][clip]);
  }
}
GST_END_TEST

/* weights that have yet to be read cannot be taken from what stands there now */
GST_START_TEST (test_over_before_first_frame)
{
  const ElementCase *c = &elements[__i__ % G_N_ELEMENTS (elements)];
  const Damage *damage = &damages[__i__ / G_N_ELEMENTS (elements)];
  GstFlowReturn flow;
  GstBuffer *out;
  Rig rig;

  rig_start (&rig, c);
  damage->damage (rig.path, rig.other);
  out = next_output (&rig, &flow);
  fail_unless (out == NULL, "%s: a frame of what?", damage->name);
  fail_unless_equals_int (flow, GST_FLOW_ERROR);
  nf_test_expect_error (rig.bus, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
      "was written into while it was in use");
  rig_stop (&rig);
}
GST_END_TEST

/* another time, other rights and a second name change nothing of what it holds */
GST_START_TEST (test_over_touched)
{
  const ElementCase *c = &elements[__i__];
  g_autofree gchar *name = NULL;
  GstBuffer *expected, *out;
  GstFlowReturn flow;
  Rig rig;

  rig_start (&rig, c);
  expected = next_output (&rig, &flow);
  rig_stop (&rig);
  rig_start (&rig, c);
  name = g_strconcat (rig.path, ".link", NULL);
  fail_unless (utimensat (AT_FDCWD, rig.path, NULL, 0) == 0);
  fail_unless (chmod (rig.path, 0600) == 0);
  fail_unless (link (rig.path, name) == 0);
  out = next_output (&rig, &flow);
  expect_same (expected, out);
  gst_buffer_unref (expected);
  gst_buffer_unref (out);
  nf_test_expect_no_error (rig.bus);
  fail_unless (g_unlink (name) == 0);
  rig_stop (&rig);
}
GST_END_TEST

/* another file of the name does no harm, nor does a new name */
GST_START_TEST (test_over_replaced)
{
  const ElementCase *c = &elements[__i__];
  GstBuffer *expected, *out;
  GstFlowReturn flow;
  Rig rig;

  rig_start (&rig, c);
  expected = next_output (&rig, &flow);
  rig_stop (&rig);
  rig_start (&rig, c);
  fail_unless (g_rename (rig.other, rig.path) == 0);
  out = next_output (&rig, &flow);
  expect_same (expected, out);
  gst_buffer_unref (expected);
  gst_buffer_unref (out);
  nf_test_expect_no_error (rig.bus);
  rig_stop (&rig);
}
GST_END_TEST

static Suite *
written_over_suite (void)
{
  Suite *suite = suite_create ("written-over");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_unchecked_fixture (tc, nf_models_make, nf_models_remove);
  tcase_add_loop_test (tc, test_over_while_playing, 0, CASES);
  tcase_add_loop_test (tc, test_over_before_first_frame, 0, CASES);
  tcase_add_loop_test (
      tc, test_over_touched, 0, (gint) G_N_ELEMENTS (elements));
  tcase_add_loop_test (
      tc, test_over_replaced, 0, (gint) G_N_ELEMENTS (elements));

  return suite;
}

GST_CHECK_MAIN (written_over)
