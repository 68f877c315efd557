/* SPDX-License-Identifier: MIT
 *
 * predictedframes — predicted frames that wait: in which order they are taken, and
 * that none is left behind, wherever a flush comes between them */
#include "predict/gstnfpredictedframes.h"

#include <nextframe/core/tensor/nfdevice.h>

#define BYTES 6

static NfDevice *device;

/* predictions of a frame, each of which has the number of both for its pixels */
static NfTensor *
new_frame (guint number, guint predictions)
{
  guint8 pixels[3 * BYTES];

  for (guint p = 0; p < predictions; p++)
    for (guint i = 0; i < BYTES; i++)
      pixels[p * BYTES + i] = (guint8) (10 * number + p);
  return nf_tensor_new_from_nhwc (
      device, NF_U8, predictions, 1, 2, 3, pixels, NULL);
}

static gsize
live_bytes (void)
{
  NfDeviceMemory memory;

  g_assert_true (nf_device_memory (device, TRUE, &memory));
  g_assert_true (nf_device_memory (device, FALSE, &memory));
  return memory.live;
}

static const struct
{
  guint first, last, step, predictions;
} rows[] = {
  { 11, 11, 1, 1 },
  { 1, 4, 1, 1 },
  { 1, 4, 1, 3 },
  { 2, 8, 2, 1 },
  { 4, 10, 3, 2 },
};

static void
fill (GstNfPredictedFrames *predicted, guint row)
{
  gst_nf_predicted_frames_alloc (
      predicted, rows[row].first, rows[row].last, rows[row].step);
  for (guint k = rows[row].first; k <= rows[row].last; k += rows[row].step)
    gst_nf_predicted_frames_set (
        predicted, k, new_frame (k, rows[row].predictions));
}

/* takes so many, and looks at each */
static void
take (GstNfPredictedFrames *predicted, guint row, guint n)
{
  for (guint i = 0; i < n; i++) {
    const guint predictions = rows[row].predictions;
    const guint wanted = rows[row].first + i / predictions * rows[row].step;
    g_autoptr (NfTensor) frame = NULL;
    GstNfEnsemblePlace place;
    guint8 pixels[BYTES];
    guint number;

    g_assert_true (gst_nf_predicted_frames_has_frame (predicted));
    frame = gst_nf_predicted_frames_take (predicted, &number, &place, NULL);
    g_assert_cmpuint (number, ==, wanted);
    g_assert_cmpuint (place.predictions, ==, predictions);
    g_assert_cmpuint (place.prediction, ==, i % predictions);
    g_assert_true (nf_tensor_to_nhwc (frame, pixels, NULL));
    g_assert_cmpuint (pixels[0], ==, 10 * wanted + i % predictions);
    g_assert_cmpuint (pixels[BYTES - 1], ==, pixels[0]);
  }
}

/* Forgotten after any number of them, or where others take their places, and taken
 * to the last one: no memory stays. */
static void
test_taken_and_forgotten (void)
{
  GstNfPredictedFrames predicted = { 0 };

  g_assert_false (gst_nf_predicted_frames_has_frame (&predicted));
  for (guint row = 0; row < G_N_ELEMENTS (rows); row++) {
    const guint all = ((rows[row].last - rows[row].first) / rows[row].step + 1)
        * rows[row].predictions;

    for (guint n = 0; n <= all; n++)
      for (guint again = 0; again < 2; again++) {
        fill (&predicted, row);
        take (&predicted, row, n);
        g_assert_true (
            gst_nf_predicted_frames_has_frame (&predicted) == (n < all));
        if (again)
          fill (&predicted, (row + 1) % G_N_ELEMENTS (rows));
        gst_nf_predicted_frames_clear (&predicted);
        g_assert_false (gst_nf_predicted_frames_has_frame (&predicted));
        g_assert_cmpuint (live_bytes (), ==, 0);
      }
  }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  device = nf_device_open ("cpu", NULL);
  g_test_add_func (
      "/predicted-frames/taken-and-forgotten", test_taken_and_forgotten);
  status = g_test_run ();
  nf_device_unref (device);
  return status;
}
