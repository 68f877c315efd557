/* SPDX-License-Identifier: MIT
 *
 * allocators — where the next element brings memory of its own, frames lie in it,
 * and nothing of it is kept when an element has stopped
 *
 * Siblings: leaks.sh (what elements leave with plain memory), nfformats.c */
#include "nfmodelrig.h"

#define ARRAY "video/x-npy"
#define MASKS "video/x-raw,format=GRAY8,width=24,height=16,framerate=25/1"

static const struct
{
  const gchar *launch;
  const gchar *(*network) (void); /* (nullable): whose path follows */
  const gchar *caps; /* of frames that are pushed; NULL: a source */
} rows[] = {
  { "nfscenesrc clips=1 width=24 height=16", NULL, NULL },
  { "nfsegment device=cpu checkpoint=", nf_models_segmenter, NF_MODELS_CAPS },
  { "nfpredict device=cpu steps=1 horizon=3 checkpoint=", nf_models_predictor,
      NF_MODELS_CAPS },
  { "nfextrapolate method=hold context=3 horizon=1", NULL, MASKS },
  { "nfnpydec", NULL, ARRAY },
};

/* the usual memory, counted */
typedef struct
{
  GstAllocator parent;
  guint asked;
} Counting;

typedef GstAllocatorClass CountingClass;

static GType counting_get_type (void);
G_DEFINE_TYPE (Counting, counting, GST_TYPE_ALLOCATOR)

static GstMemory *
counting_alloc (
    GstAllocator *allocator, gsize size, GstAllocationParams *params)
{
  ((Counting *) allocator)->asked++;

  return gst_allocator_alloc (NULL, size, params);
}

static void
counting_class_init (CountingClass *klass)
{
  klass->alloc = counting_alloc;
}

static void
counting_init (Counting *self)
{
}

static void
feed (GstHarness *h, guint row)
{
  static const guint64 shape[] = { 3, 16, 24 };

  if (rows[row].caps == NULL) {
    gst_harness_play (h);
  } else if (g_str_equal (rows[row].caps, ARRAY)) {
    g_autoptr (GBytes) array = nf_test_npy_counting (shape, 3);

    fail_unless_equals_int (
        gst_harness_push (
            h, nf_test_slice (array, 0, g_bytes_get_size (array))),
        GST_FLOW_OK);
  } else {
    nf_test_push_frames (h, 0, 4);
  }
}

GST_START_TEST (test_allocator_is_given_back)
{
  g_autofree gchar *launch = g_strconcat (rows[__i__].launch,
      rows[__i__].network != NULL ? rows[__i__].network () : "", NULL);
  GstHarness *h = gst_harness_new_parse (launch);
  Counting *allocator =
      gst_object_ref_sink (g_object_new (counting_get_type (), NULL));
  GstBuffer *frame;
  GWeakRef weak;

  g_weak_ref_init (&weak, allocator);
  gst_harness_set_propose_allocator (
      h, GST_ALLOCATOR (gst_object_ref (allocator)), NULL);
  if (rows[__i__].caps != NULL)
    gst_harness_set_src_caps_str (h, rows[__i__].caps);
  feed (h, __i__);
  frame = gst_harness_pull (h);
  fail_unless (frame != NULL);
  fail_unless (allocator->asked > 0, "%s: the frame lies elsewhere", launch);
  gst_buffer_unref (frame);
  gst_object_unref (allocator);
  gst_harness_teardown (h);
  fail_unless (
      g_weak_ref_get (&weak) == NULL, "%s keeps the allocator", launch);
  g_weak_ref_clear (&weak);
}
GST_END_TEST

static Suite *
allocators_suite (void)
{
  Suite *suite = suite_create ("allocators");
  TCase *tcase = tcase_create ("allocators");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, nf_models_make, nf_models_remove);
  tcase_add_loop_test (
      tcase, test_allocator_is_given_back, 0, G_N_ELEMENTS (rows));

  return suite;
}

GST_CHECK_MAIN (allocators);
