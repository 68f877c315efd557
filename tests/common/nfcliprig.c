/* SPDX-License-Identifier: MIT
 *
 * nfcliprig — a source of clips with both pads linked to sinks that are
 * pulled */
#include "nfcliprig.h"

#define PATIENCE (20 * GST_SECOND)

static const gchar *const names[NF_CLIP_RIG_PADS] = { "video", "mask" };

/**
 * nf_clip_rig_open:
 * @rig: (out): prerolled and PLAYING; frames wait in it until they are pulled
 * @source: an element and its properties, as gst-launch-1.0 takes them
 */
void
nf_clip_rig_open (NfClipRig *rig, const gchar *source)
{
  g_autofree gchar *description = g_strdup_printf (
      "%s name=src src.video ! queue max-size-buffers=4 ! appsink name=video "
      "sync=false max-buffers=4 src.mask ! queue max-size-buffers=4 ! appsink "
      "name=mask sync=false max-buffers=4",
      source);
  g_autoptr (GError) error = NULL;

  rig->pipeline = gst_parse_launch (description, &error);
  fail_unless (error == NULL, "%s", error != NULL ? error->message : "");
  rig->bus = gst_element_get_bus (rig->pipeline);
  rig->src = gst_bin_get_by_name (GST_BIN (rig->pipeline), "src");
  for (guint i = 0; i < NF_CLIP_RIG_PADS; i++)
    rig->sinks[i] = gst_bin_get_by_name (GST_BIN (rig->pipeline), names[i]);
  gst_element_set_state (rig->pipeline, GST_STATE_PLAYING);
  gst_element_get_state (rig->pipeline, NULL, NULL, PATIENCE);
}

/**
 * nf_clip_rig_close:
 * @rig: stopped and freed, whatever waits in it
 */
void
nf_clip_rig_close (NfClipRig *rig)
{
  fail_unless_equals_int (gst_element_set_state (rig->pipeline, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  nf_test_expect_no_error (rig->bus);
  for (guint i = 0; i < NF_CLIP_RIG_PADS; i++)
    gst_object_unref (rig->sinks[i]);
  gst_object_unref (rig->src);
  gst_object_unref (rig->bus);
  gst_object_unref (rig->pipeline);
}

/**
 * nf_clip_rig_seek:
 * @element: the pipeline, or the source
 * @event: (transfer full): a seek
 *
 * Sends it, and waits until the pipeline is PLAYING again: another seek must not
 * come before.
 *
 * Returns: whether it was taken
 */
gboolean
nf_clip_rig_seek (NfClipRig *rig, GstElement *element, GstEvent *event)
{
  gboolean taken = gst_element_send_event (element, event);

  fail_unless_equals_int (
      gst_element_get_state (rig->pipeline, NULL, NULL, PATIENCE),
      GST_STATE_CHANGE_SUCCESS);

  return taken;
}

/**
 * nf_clip_rig_pull:
 * @pad: which one
 *
 * Returns: (transfer full) (nullable): the next frame of the pad; NULL at EOS,
 *   or when none came
 */
GstSample *
nf_clip_rig_pull (NfClipRig *rig, guint pad)
{
  GstSample *sample = NULL;

  g_signal_emit_by_name (rig->sinks[pad], "try-pull-sample", PATIENCE, &sample);

  return sample;
}

/**
 * nf_clip_rig_expect_frame:
 * @frame: number through all clips, at 25 frames a second
 * @begins_clip: whether it is marked DISCONT
 *
 * Pulls a frame from both pads, which must have these times and numbers.
 */
void
nf_clip_rig_expect_frame (NfClipRig *rig, guint64 frame, gboolean begins_clip)
{
  for (guint i = 0; i < NF_CLIP_RIG_PADS; i++) {
    GstSample *sample = nf_clip_rig_pull (rig, i);
    GstBuffer *buffer;

    fail_unless (
        sample != NULL, "frame %u of %s did not come", (guint) frame, names[i]);
    buffer = gst_sample_get_buffer (sample);
    fail_unless_equals_uint64 (
        GST_BUFFER_PTS (buffer), frame * 40 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 40 * GST_MSECOND);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET (buffer), frame);
    fail_unless_equals_uint64 (GST_BUFFER_OFFSET_END (buffer), frame + 1);
    fail_unless_equals_int (
        GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT), begins_clip);
    gst_sample_unref (sample);
  }
}

/**
 * nf_clip_rig_expect_eos:
 *
 * Fails unless both pads are at their end.
 */
void
nf_clip_rig_expect_eos (NfClipRig *rig)
{
  for (guint i = 0; i < NF_CLIP_RIG_PADS; i++) {
    GstSample *sample = nf_clip_rig_pull (rig, i);
    gboolean eos = FALSE;

    fail_unless (sample == NULL, "%s goes on", names[i]);
    g_object_get (rig->sinks[i], "eos", &eos, NULL);
    fail_unless (eos, "%s does not end", names[i]);
  }
}

/**
 * nf_clip_sample_digest:
 *
 * Returns: (transfer full): of the bytes of a frame
 */
gchar *
nf_clip_sample_digest (GstSample *sample)
{
  GstMapInfo map;
  gchar *digest;

  fail_unless (
      gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ));
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, map.data, map.size);
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);

  return digest;
}

/**
 * nf_clip_rig_digest:
 * @n_frames: how many
 *
 * Pulls frames from both pads.
 *
 * Returns: (transfer full): of all their bytes and times
 */
gchar *
nf_clip_rig_digest (NfClipRig *rig, guint n_frames)
{
  GString *all = g_string_new (NULL);
  gchar *digest;

  for (guint i = 0; i < n_frames * NF_CLIP_RIG_PADS; i++) {
    GstSample *sample = nf_clip_rig_pull (rig, i % NF_CLIP_RIG_PADS);
    g_autofree gchar *one = NULL;

    fail_unless (sample != NULL, "frame %u did not come", i / 2);
    one = nf_clip_sample_digest (sample);
    g_string_append_printf (all, "%s %" G_GUINT64_FORMAT " ", one,
        GST_BUFFER_PTS (gst_sample_get_buffer (sample)));
    gst_sample_unref (sample);
  }
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all->str, -1);
  g_string_free (all, TRUE);

  return digest;
}
