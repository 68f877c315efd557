/* SPDX-License-Identifier: MIT
 *
 * fuzz-caps — the elements with any properties, caps and buffers
 *
 * The input is text. The first line names an element; each line after it with an
 * equals sign sets a property, as gst-launch-1.0 does; a line of raw video is caps,
 * which are pushed with three buffers of the size that they say, and one of another
 * size. Paths are not set: an input would name files of the machine.
 * See: gst/ */
#include "fuzz.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <string.h>

#include "nftestmodels.h"

#if defined NF_FUZZ_ENGINE || defined __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable()
#define __lsan_enable()
#endif

/* of frames that are pushed; larger ones take long and show nothing more */
#define MOST_BYTES (64 * 64 * 8)

/* and of memory and time */
static const gchar *const left_alone[] = { "location", "checkpoint",
  "segment-checkpoint", "device", "threads", "steps", "ensemble", "horizon",
  "futures", "context", "name", "parent", "results", "clips", "frames", NULL };

static const gchar *const elements[] = { "nfsegment", "nfpredict",
  "nfextrapolate", "nfnpyenc", NULL };

static gchar *checkpoints[2]; /* of the first two elements */

static void
make_checkpoints (void)
{
  NfUnetConfig unet;
  NfUnetppConfig unetpp;

  gst_init (NULL, NULL);
  checkpoints[0] = g_strdup (nf_fuzz_file ("unetpp.safetensors", NULL, 0));
  checkpoints[1] = g_strdup (nf_fuzz_file ("next-frame.safetensors", NULL, 0));
  nf_test_unetpp_config (&unetpp);
  nf_test_save_unetpp (checkpoints[0], &unetpp, 1);
  nf_test_unet_config (&unet);
  nf_test_save_unet (checkpoints[1], &unet, 1);
}

/* A value that is outside of a property's range is GLib's affair: some versions of
 * it bring it into the range, and others end a program that has fatal criticals. */
static void
set_property (GstElement *element, const gchar *line)
{
  g_auto (GStrv) parts = g_strsplit (line, "=", 2);
  g_auto (GValue) value = G_VALUE_INIT;
  GParamSpec *spec =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), parts[0]);

  if (spec == NULL || (spec->flags & G_PARAM_WRITABLE) == 0
      || g_strv_contains (left_alone, parts[0]))
    return;
  g_value_init (&value, spec->value_type);
  if (gst_value_deserialize_with_pspec (&value, parts[1], spec)) {
    g_param_value_validate (spec, &value);
    g_object_set_property (G_OBJECT (element), parts[0], &value);
  }
}

/* The names in it become quarks, and GLib leaves each table of quarks behind that
 * has grown: no leak of ours. The copy is made outside, so that one is found. */
static GstCaps *
parse_caps (const gchar *line)
{
  g_autoptr (GstCaps) parsed = NULL;

  __lsan_disable ();
  parsed = gst_caps_from_string (line);
  __lsan_enable ();

  return parsed != NULL ? gst_caps_copy (parsed) : NULL;
}

static void
push_frames (GstHarness *h, const gchar *line)
{
  GstCaps *caps = parse_caps (line);
  GstVideoInfo info;

  if (caps == NULL || !gst_caps_is_fixed (caps)) {
    gst_clear_caps (&caps);
    return;
  }
  gst_video_info_init (&info);
  if (!gst_video_info_from_caps (&info, caps) || info.size > MOST_BYTES)
    info.size = 64;
  gst_harness_set_src_caps (h, caps);
  for (guint i = 0; i < 4; i++) {
    GstBuffer *buffer =
        gst_buffer_new_allocate (NULL, i < 3 ? info.size : info.size / 2, NULL);

    gst_buffer_memset (buffer, 0, (guint8) (40 * i), info.size);
    GST_BUFFER_PTS (buffer) = i * GST_SECOND / 25;
    gst_harness_push (h, buffer);
    while (gst_harness_buffers_in_queue (h) > 0)
      gst_buffer_unref (gst_harness_pull (h));
  }
}

/* what the element is to compute with: little */
static void
set_small (GstElement *element, guint which)
{
  if (which < G_N_ELEMENTS (checkpoints))
    g_object_set (element, "checkpoint", checkpoints[which], "device", "cpu",
        "threads", 1, NULL);
  if (g_str_equal (elements[which], "nfpredict"))
    g_object_set (element, "steps", 1, "horizon", 2, NULL);
  if (g_str_equal (elements[which], "nfextrapolate"))
    g_object_set (element, "context", 2, "horizon", 2, "futures", 2, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 12);
  GstElement *element;
  GstHarness *h;
  guint which = 0;

  if (checkpoints[0] == NULL)
    make_checkpoints ();
  if (lines[0] == NULL)
    return 0;
  while (elements[which] != NULL && !g_str_equal (elements[which], lines[0]))
    which++;
  if (elements[which] == NULL)
    return 0;
  element = gst_element_factory_make (elements[which], NULL);
  if (element == NULL)
    g_error ("no element %s: set GST_PLUGIN_PATH", elements[which]);
  set_small (element, which);
  h = gst_harness_new_with_element (element, "sink", "src");
  for (guint i = 1; lines[i] != NULL; i++) {
    /* the name of other caps may be one that GStreamer itself does not take */
    if (g_str_has_prefix (lines[i], "video/x-raw,"))
      push_frames (h, lines[i]);
    else if (strchr (lines[i], '=') != NULL)
      set_property (element, lines[i]);
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_harness_teardown (h);
  gst_object_unref (element);

  return 0;
}
